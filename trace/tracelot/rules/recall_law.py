"""What the law asks of a recall by when: packs of limits with their dates of effect, and the clocks they set.

The pack that holds is that of the day on which the danger was known, on the clocks of the site's zone. What it
says is copied onto the recall; a later edit of the table reaches only recalls that are opened later.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from typing import Literal, Protocol, get_args

from tracelot.rules.batches import shelf_life_end
from tracelot.rules.calendars import Calendar, end_of, nth_working_day
from tracelot.rules.refusals import Conflict, unfit

Jurisdiction = Literal["CN", "US"]  # under whose law a recall can be opened here
JURISDICTIONS: tuple[Jurisdiction, ...] = get_args(Jurisdiction)
ANY_SCOPE, EVERY_LEVEL = "any", 0

ClockKind = Literal["start", "complete", "report", "status"]
CLOCKS: tuple[ClockKind, ...] = get_args(ClockKind)
Checked = Literal["start", "complete", "report", "status", "retention"]
CHECKED: tuple[Checked, ...] = get_args(Checked)
Unit = Literal["hours", "workdays", "days"]
EXTENDABLE: tuple[ClockKind, ...] = ("complete", "report")  # a start brooks no delay

ClockState = Literal["waiting", "unplanned", "running", "soon", "overdue", "met", "met_late", "stopped"]
SOON = timedelta(hours=24)
MOST_EXTENSION = timedelta(days=366)


@dataclass(frozen=True)
class Pack:
    """A law and the days on which it holds, both included; None leaves an end open."""

    id: str
    jurisdiction: str
    product_scope: str
    effective_from: date | None = None
    effective_to: date | None = None

    def holds(self, jurisdiction: str, scope: str, day: date) -> bool:
        if self.jurisdiction != jurisdiction or self.product_scope not in (scope, ANY_SCOPE):
            return False
        begun = self.effective_from is None or day >= self.effective_from
        return begun and (self.effective_to is None or day <= self.effective_to)


@dataclass(frozen=True)
class Span:
    """One limit: how long; None where the law sets none or, with `to_check`, where nobody has verified it."""

    kind: ClockKind
    amount: int | None
    unit: Unit
    to_check: bool = False

    @property
    def needs_plan(self) -> bool:
        """Whether the firm's own planned date stands in for a limit that could not be verified."""
        return self.kind == "complete" and self.amount is None and self.to_check


class Limit(Protocol):
    """How long something may last: a number of hours, days, working days or months."""

    @property
    def amount(self) -> int | None: ...
    @property
    def unit(self) -> str: ...


@dataclass(frozen=True)
class Left:
    """How long until a clock runs out, or (`late`) since it did."""

    late: bool
    days: int
    hours: int
    minutes: int


def choose(
    packs: Iterable[Pack], jurisdiction: str, scope: str, known_at: datetime, zone: tzinfo
) -> Pack | None:
    """The pack that held when the danger was known; of several the one that came last."""
    day = known_at.astimezone(zone).date()
    held = [pack for pack in packs if pack.holds(jurisdiction, scope, day)]
    return max(held, key=lambda pack: (pack.effective_from or date.min, pack.id), default=None)


def due(span: Limit, begins: datetime, zone: tzinfo, calendar: Calendar) -> tuple[datetime | None, bool]:
    """When a limit that begins then is over, and whether that is provisional. Hours know no holidays."""
    if span.amount is None:
        return None, False
    if span.unit == "hours":
        return begins + timedelta(hours=span.amount), False
    day = begins.astimezone(zone).date()
    if span.unit == "days":
        return end_of(day + timedelta(days=span.amount), zone), False
    if span.unit == "months":
        month = shelf_life_end(day, span.amount, "month")
        return (end_of(month, zone) if month else None), False
    last, provisional = nth_working_day(day, span.amount, calendar)
    return end_of(last, zone), provisional


def state_of(
    begun_at: datetime | None, ends_at: datetime | None, met_at: datetime | None, now: datetime
) -> ClockState:
    """How a clock stands; in the very instant of its end it is still in time."""
    if met_at is not None:
        return "met_late" if ends_at is not None and met_at > ends_at else "met"
    if begun_at is None:
        return "waiting"
    if ends_at is None:
        return "unplanned"
    if now > ends_at:
        return "overdue"
    return "soon" if ends_at - now <= SOON else "running"


def left(ends_at: datetime, now: datetime) -> Left:
    minutes = int(abs(ends_at - now).total_seconds()) // 60
    return Left(now > ends_at, minutes // 1440, minutes // 60 % 24, minutes % 60)


def demand_extension(kind: str, begun: bool, met: bool, ends_at: datetime | None, wanted: datetime) -> None:
    """Refuse an extension that the law does not know, or that would not give more time."""
    if kind not in EXTENDABLE:
        raise Conflict("clock-fixed", "This limit cannot be extended.")
    if not begun or met:
        raise Conflict("clock-not-running", "This clock is not running.")
    if ends_at is not None and wanted <= ends_at:
        raise unfit("not-later", "The new date must lie after the present one.", "until")
    if ends_at is not None and wanted > ends_at + MOST_EXTENSION:
        raise unfit("too-far", "An extension is for a year at most.", "until")


def demand_plan(needed: bool, planned: date | None, today: date) -> None:
    """Refuse to publish without the firm's own date where the law's could not be verified."""
    if planned is None and needed:
        raise unfit(
            "planned-end-needed",
            "The law's limit is still to be checked: name the date by which you plan to be done.",
            "planned_end",
        )
    if planned is not None and planned < today:
        raise unfit("planned-end-past", "The planned date has passed already.", "planned_end")
    if planned is not None and needed and planned > today + MOST_EXTENSION:
        raise unfit("planned-end-far", "Plan to be done within a year.", "planned_end")


def demand_limits(least: int | None, most: int | None) -> None:
    """Refuse a range of days that ends before it begins."""
    if least is not None and (most is None or most < least):
        raise unfit(
            "range-reversed",
            "The longest time must be given, and no less than the shortest.",
            "status_every_days_most",
        )
