"""The acts on goods: which sides each has, what may be done with stopped stock, and when it can have happened.

The table is that of double entry: a line takes quantities out of stocks and puts quantities into stocks. What
neither takes nor puts is evidence, or changes what may happen next.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Literal, get_args

from tracelot.rules.refusals import Conflict, unfit

EventAct = Literal[
    "harvest",
    "cooling",
    "initial_packing",
    "landing",
    "produce",
    "receive",
    "transform",
    "pack",
    "unpack",
    "ship",
    "return",
    "sell",
    "sample",
    "lose",
    "count",
    "destroy",
    "set_apart",
    "put_back",
    "inspect",
    "sight",
    "manifest",
]
EVENT_ACTS: tuple[EventAct, ...] = get_args(EventAct)
TransformKind = Literal["process", "blend", "split", "merge", "repack", "rework"]
ManifestStage = Literal["loading", "carriage", "unloading"]
CountResult = Literal["short", "found"]
VoidKind = Literal["did_not_occur", "incorrect_data"]  # the reasons of an error that EPCIS knows

Need = Literal["no", "may", "must"]


@dataclass(frozen=True)
class ActRule:
    """The sides of an act's lines. `planned`: it is refused with stopped stock; `ends`: it can use a batch up."""

    takes: Need
    puts: Need
    planned: bool = False
    ends: bool = False


ACTS: Mapping[EventAct, ActRule] = {
    "harvest": ActRule("no", "must"),
    "landing": ActRule("no", "must"),
    "produce": ActRule("no", "must"),
    "initial_packing": ActRule("may", "must", planned=True, ends=True),
    "transform": ActRule("must", "must", planned=True, ends=True),
    "ship": ActRule("must", "must", planned=True, ends=True),
    "receive": ActRule("must", "must"),
    "return": ActRule("must", "must", ends=True),
    "pack": ActRule("must", "must"),
    "unpack": ActRule("must", "must"),
    "sell": ActRule("must", "no", planned=True, ends=True),
    "sample": ActRule("must", "no", ends=True),
    "lose": ActRule("must", "no", ends=True),
    "destroy": ActRule("must", "no", ends=True),
    "count": ActRule("may", "may", ends=True),
    "set_apart": ActRule("must", "must"),
    "put_back": ActRule("must", "must", planned=True),
    "cooling": ActRule("no", "no"),
    "inspect": ActRule("no", "no"),
    "sight": ActRule("no", "no"),
    "manifest": ActRule("no", "no"),
}

# A state in which goods stand still: they are neither sent nor used nor sold until somebody frees them.
STOPPED = frozenset({"held", "recalled", "void", "expired"})
UNRELEASED = frozenset({"draft", "pending_inspection"})
LEAVING = frozenset({"ship", "sell"})

AHEAD = timedelta(days=1)
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)


def demand_moment(event_time: datetime, now: datetime) -> None:
    """Refuse what cannot have happened: clocks may differ by a day, and no record is older than 2000."""
    if event_time > now + AHEAD:
        raise unfit("in-the-future", "The time lies more than a day in the future.", "event_time")
    if event_time < EARLIEST:
        raise unfit("too-long-ago", "The time lies before the year 2000.", "event_time")


@dataclass(frozen=True)
class Stopped:
    """The state of a batch that an act would move: since when it stands still, and when it expires."""

    status: str
    since: datetime | None = None
    expiry: date | None = None


def violation(
    act: EventAct, batch: Stopped, event_time: datetime, day: date, *, happened: bool
) -> str | None:
    """What an act on stopped goods breaks; it is refused unless it has happened already.

    Enforcement does not destroy evidence: what happened before the stop, or what somebody admits to have done
    all the same, is recorded and flagged. `day` is the day of the event where the goods are.
    """
    if not ACTS[act].planned:
        return None
    if batch.status == "expired":
        if batch.expiry is not None and day <= batch.expiry:
            return None  # at that time it was still good
    elif batch.status not in STOPPED:
        return None
    before = batch.since is not None and event_time < batch.since
    if before or happened:
        return f"moved-{'before' if before else 'while'}-{batch.status}"
    raise Conflict(
        "goods-stopped",
        "These goods are on hold, recalled, void or expired: they may be returned, set apart, sampled, counted or"
        " destroyed. If it has happened already, say so.",
        facts={"state": batch.status},
    )


def unreleased(act: EventAct, status: str, *, inspects: bool, happened: bool) -> str | None:
    """Food Safety Law art. 52: what a producer makes leaves after its inspection and not before."""
    if act not in LEAVING or not inspects or status not in UNRELEASED:
        return None
    if happened:
        return "left-unreleased"
    raise Conflict(
        "not-released",
        "This batch was not released yet: release it before it leaves.",
        facts={"state": status},
    )
