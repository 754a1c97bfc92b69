"""Until when a record must be kept, by which law, and whether it may go.

A date is set when a record is made and only ever moved later. Where several duties meet, the longest one
counts. Six months are counted as 184 days and two years as 731, which no calendar exceeds.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from tracelot.rules.refusals import Conflict, Unfit

Ground = Literal["shelf-life", "no-shelf-life", "recall", "fsma", "farm", "ledger", "sampling", "security"]

MONTH = timedelta(days=31)  # for files that nobody committed
SIX_MONTHS = timedelta(days=184)
A_YEAR = timedelta(days=366)
TWO_YEARS = timedelta(days=731)

LAWS: dict[Ground, str] = {
    "shelf-life": "Food Safety Law art. 50 and 51: six months past the end of the shelf life",
    "no-shelf-life": "Food Safety Law art. 50 and 51: two years where there is no shelf life",
    "recall": "Food Recall Measures art. 28: two years",
    "fsma": "21 CFR 1.1455: two years",
    "farm": "Law on the Quality and Safety of Agricultural Products art. 27: two years",
    "ledger": "Special Provisions of the State Council on Food Safety (2007) art. 5: two years",
    "sampling": "Measures for Food Safety Sampling and Testing art. 19: two years",
    "security": "Cybersecurity Law: logs of at least six months; Trace keeps a year",
}

# What tells of a person's coming and reading, and not of goods.
SECURITY_ACTS = frozenset(
    {
        "session.started",
        "session.ended",
        "password.changed",
        "party.read",
        "batch.read",
        "inspection.read",
        "recall.read",
        "tip.read",
        "event.read",
        "shipment.read",
        "notice.read",
        "trace.read",
        "trace.exported",
        "data.exported",
    }
)
OPEN_RECALLS = ("draft", "published")  # until it is closed


@dataclass(frozen=True, order=True)
class Kept:
    """The last day on which a record must be there, and the duty that asks for it."""

    until: date
    ground: Ground


def batch_kept(recorded: date, expiry: date | None, *, us_ftl: bool = False, farm: bool = False) -> Kept:
    """How long the record of a batch must be kept."""
    duties = [Kept(recorded + TWO_YEARS, "ledger" if expiry else "no-shelf-life")]
    if expiry:
        duties.append(Kept(expiry + SIX_MONTHS, "shelf-life"))
    if us_ftl:
        duties.append(Kept(recorded + TWO_YEARS, "fsma"))
    if farm:
        duties.append(Kept(recorded + TWO_YEARS, "farm"))
    return max(duties, key=lambda kept: kept.until)


def recall_kept(day: date) -> Kept:
    """How long a recall, and every batch that it names, must be kept from a step of the recall on."""
    return Kept(day + TWO_YEARS, "recall")


def entry_kept(act: str, day: date) -> Kept:
    """How long an entry of the journal must be kept on its own account, whatever it is about."""
    return Kept(day + A_YEAR, "security") if act in SECURITY_ACTS else Kept(day + TWO_YEARS, "ledger")


def session_kept(ends: date) -> Kept:
    return Kept(ends + A_YEAR, "security")


def later(present: date | None, other: date) -> date:
    """A date of keeping never moves nearer."""
    return other if present is None else max(present, other)


def over(retain_until: date, before: date) -> bool:
    """Whether the last day of keeping has passed."""
    return retain_until < before


def demand_reached(before: date, today: date) -> None:
    """Nobody purges by a date that has not come."""
    if before > today:
        raise Unfit("not-yet", "This date has not come yet: nothing is purged before its time.")


def demand_purgeable(retain_until: date, before: date, *, open_recall: bool, referred: bool) -> None:
    """Refuse to remove what must be kept, or what something that is kept refers to."""
    if not over(retain_until, before):
        raise Conflict("must-be-kept", "This record must still be kept.", facts={"until": f"{retain_until}"})
    if open_recall:
        raise Conflict("under-recall", "An open recall names this record.")
    if referred:
        raise Conflict("referred-to", "A record that must be kept refers to this one.")
