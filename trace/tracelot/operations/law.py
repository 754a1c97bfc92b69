"""The table of recall laws and the calendar: read by everybody, changed by the operator of the site."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from tracelot.operations.changing import demand_version
from tracelot.operations.clocks import SCOPE
from tracelot.operations.visit import Visit
from tracelot.records.journal import JournalEntry, list_history
from tracelot.records.law import (
    CalendarDay,
    LawView,
    LimitChange,
    NewYear,
    RuleLimit,
    RulePack,
    list_days,
    list_limits,
    list_packs,
)
from tracelot.records.locking import HELD
from tracelot.rules.calendars import demand_arrangement
from tracelot.rules.ids import derived_id
from tracelot.rules.recall_law import ANY_SCOPE, JURISDICTIONS, demand_limits
from tracelot.rules.refusals import Unknown

HOME = "CN"  # the jurisdiction whose working days are counted
NOBODY = UUID(int=0)


@dataclass(frozen=True)
class Year:
    """What is known of the days of a year: `arranged` where its arrangement was announced in full."""

    year: int
    arranged: bool
    off: Sequence[date]
    working: Sequence[date]
    source: str


def laws(visit: Visit) -> list[LawView]:
    """Every law with its limits; of one place the newest first."""
    visit.demand("law.read")
    limits = list_limits(visit.session)
    return [
        LawView(
            pack=pack,
            limits=[one for one in limits if one.pack_id == pack.id],
            counted=pack.jurisdiction in JURISDICTIONS and pack.product_scope in (SCOPE, ANY_SCOPE),
        )
        for pack in list_packs(visit.session)
    ]


def years(visit: Visit) -> list[Year]:
    """The calendar by year, the newest first."""
    visit.demand("law.read")
    days = list_days(visit.session, HOME)
    return [
        _year(number, [one for one in days if one.day.year == number])
        for number in sorted({one.day.year for one in days}, reverse=True)
    ]


def _year(number: int, days: Sequence[CalendarDay]) -> Year:
    return Year(
        number,
        any(one.arranged for one in days),
        [one.day for one in days if not one.working],
        [one.day for one in days if one.working],
        days[0].source,
    )


def find_law(visit: Visit, pack_id: str, level: int) -> tuple[RulePack, RuleLimit]:
    """A law, and its limits of one level, to be changed."""
    visit.demand("law.change")
    return _law(visit, pack_id, level)


def _law(visit: Visit, pack_id: str, level: int) -> tuple[RulePack, RuleLimit]:
    known = any(one.id == pack_id for one in list_packs(visit.kernel()))
    limit = visit.kernel().get(RuleLimit, (pack_id, level)) if known else None
    if limit is None:
        raise Unknown("unknown-law", "No such law, or no such level of it.")
    return visit.kernel().get_one(RulePack, pack_id, with_for_update=HELD), limit


def change_limit(
    visit: Visit, pack_id: str, level: int, change: LimitChange, version: int | None = None
) -> RuleLimit:
    """Set the limits of a level anew, with the reason; recalls that were opened before keep theirs."""
    visit.demand("law.change")
    pack, limit = _law(visit, pack_id, level)
    demand_version(limit, version)
    demand_limits(change.status_every_days_least, change.status_every_days_most)
    before = limit.model_dump(mode="json")
    for name, value in change.model_dump(exclude={"reason"}).items():
        setattr(limit, name, value)
    kernel = visit.kernel()
    kernel.add(limit)
    kernel.flush()
    pack.verified = not any(one.to_check for one in list_limits(kernel, pack.id))
    kernel.add(pack)
    kernel.flush()
    facts = {"pack": pack.id, "level": level, "before": before, "after": limit.model_dump(mode="json")}
    visit.note("law.changed", subject_of(pack.id), None, facts, change.reason)
    return limit


def find_year(visit: Visit, number: int) -> Year | None:
    """What is known of a year, to be changed."""
    visit.demand("law.change")
    return next((year for year in years(visit) if year.year == number), None)


def arrange_year(visit: Visit, number: int, new: NewYear) -> Year:
    """Take the arrangement of a year as announced, in the place of what was known; running clocks stay as set."""
    visit.demand("law.change")
    demand_arrangement(number, new.off, new.working)
    kernel = visit.kernel()
    kernel.get_one(
        RulePack, list_packs(kernel)[0].id, with_for_update=HELD
    )  # one change of the law at a time
    before = [one.model_dump(mode="json") for one in list_days(kernel, HOME) if one.day.year == number]
    for one in list_days(kernel, HOME):
        if one.day.year == number:
            kernel.delete(one)
    kernel.flush()
    for day, working in (
        (day, kind) for kind, days in ((False, new.off), (True, new.working)) for day in days
    ):
        kernel.add(CalendarDay(jurisdiction=HOME, day=day, working=working, arranged=True, source=new.source))
    kernel.flush()
    facts = {"year": number, "before": before, "after": new.model_dump(mode="json", exclude={"reason"})}
    visit.note("calendar.changed", subject_of(f"{HOME} {number}"), None, facts, new.reason)
    return Year(number, True, new.off, new.working, new.source)


def subject_of(name: str) -> UUID:
    """Under which id the journal speaks of a law or of a year."""
    return derived_id(NOBODY, f"law {name}")


def changes(visit: Visit, name: str) -> Sequence[JournalEntry]:
    """What was changed of a law or of a year, oldest first."""
    visit.demand("law.change")
    return list_history(visit.kernel(), subject_of(name))
