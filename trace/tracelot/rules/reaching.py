"""A recall's notice to one consignee: whether it goes out, where it stands, and whether the answer adds up."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Literal, get_args

from tracelot.rules.quantities import plain
from tracelot.rules.recalls import DRILL

NoticeState = Literal["pending", "notified", "responded", "reconciled", "discrepancy", "unreachable"]
STATES: tuple[NoticeState, ...] = get_args(NoticeState)
ANSWERED: frozenset[NoticeState] = frozenset({"responded", "reconciled", "discrepancy"})

# What became of the letters to a consignee. `unsure`: the mail server had it, and did not say whether it took it.
Delivery = Literal["queued", "unsure", "sent", "failed", "handed", "in_app", "no_address", "kept_inside"]

# A letter that stands as `sending` while nobody sends it is one of which the outcome is not known.
LetterState = Literal["queued", "sending", "sent", "failed", "handed", "dropped"]
LetterKind = Literal["notice", "widened", "reminder", "again", "graver", "withdrawn"]

Amount = Literal["on_hand", "sold", "returned", "destroyed", "forwarded"]
AMOUNTS: tuple[Amount, ...] = get_args(Amount)

REMIND_AFTER = {1: timedelta(hours=24), 2: timedelta(hours=48), 3: timedelta(hours=72)}
REMINDERS = 3
ESCALATES = 2  # from which reminder on the regulators are told who is silent
APART = timedelta(hours=1)  # between two letters that somebody asks for by hand
LINK_LASTS = timedelta(days=90)
GIVE_UP = timedelta(days=3)  # how long a mail server that does not answer is tried
_WAITS = (1, 2, 5, 15, 30, 60)  # minutes


def reaches_outside(kind: str, *, chosen: bool = False) -> bool:
    """Whether a recall of this kind tells its consignees: a mock drill only where the firm chose so."""
    return kind != DRILL or chosen


def wait_before(tries: int) -> timedelta:
    """How long to wait before a letter is tried again."""
    return timedelta(minutes=_WAITS[min(max(tries, 1), len(_WAITS)) - 1])


def delivery_of(letters: Iterable[tuple[str, int]], *, in_app: bool) -> Delivery:
    """What became of several letters with their tries: one that arrived is enough."""
    found = list(letters)
    states = {state for state, _ in found}
    if "sent" in states:
        return "sent"
    if "handed" in states:
        return "handed"
    if any(state == "sending" and tries for state, tries in found):
        return "unsure"
    if "queued" in states:
        return "queued"
    if in_app:
        return "in_app"
    return "failed" if "failed" in states else "no_address"


def state_of(delivery: Delivery, *, in_app: bool) -> NoticeState:
    """Where a notice stands that nobody has answered."""
    if in_app or delivery in ("sent", "handed"):
        return "notified"
    return "unreachable" if delivery in ("failed", "no_address") else "pending"


@dataclass(frozen=True)
class Line:
    """What an answer says of one batch, beside what was shipped of it."""

    shipped: Decimal | None
    unit: str | None
    told: Mapping[Amount, Decimal | None]
    told_unit: str | None = None

    @property
    def total(self) -> Decimal | None:
        """All that became of it together; None where nothing is said."""
        known = [amount for amount in self.told.values() if amount is not None]
        return sum(known, Decimal(0)) if known else None

    @property
    def comparable(self) -> bool:
        return self.shipped is not None and self.total is not None and self.unit == self.told_unit

    @property
    def over(self) -> Decimal | None:
        """By how much more than was shipped; it may have come another way, so it is kept and looked into."""
        if not self.comparable or self.shipped is None or self.total is None or self.total <= self.shipped:
            return None
        return Decimal(plain(self.total - self.shipped))

    @property
    def open(self) -> Decimal | None:
        """How much is still to be told of; None where that cannot be said."""
        if not self.comparable or self.shipped is None or self.total is None:
            return None
        rest = self.shipped - self.total
        return Decimal(plain(rest)) if rest > 0 else Decimal(0)

    @property
    def closed(self) -> bool:
        return self.comparable and self.total == self.shipped


def judged(lines: Iterable[Line], *, stopped: bool) -> NoticeState:
    """Where an answered notice stands. Only who stopped selling and told of everything is reconciled."""
    found = list(lines)
    if any(line.over is not None for line in found):
        return "discrepancy"
    return "reconciled" if stopped and found and all(line.closed for line in found) else "responded"
