"""The time limits of recalls on pages: of one recall, and of all that an office watches."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tracelot.operations import clocks, extensions
from tracelot.operations.visit import Visit
from tracelot.records.clocks import ClockView
from tracelot.records.recalls import RecallView
from tracelot.rules.recall_law import EXTENDABLE, Left, left

MOST_DEADLINES = 50
MOST_OWN = 8


@dataclass(frozen=True)
class Shown:
    """A clock and the time that is left of it, while it runs."""

    clock: ClockView
    left: Left | None


def shown(clock: ClockView, now: datetime) -> Shown:
    runs = clock.begun_at is not None and clock.met_at is None and clock.state != "stopped"
    return Shown(clock, left(clock.ends_at, now) if runs and clock.ends_at else None)


def law_values(visit: Visit, recall: RecallView) -> dict[str, Any]:
    """What `recall/_clocks.html` and the firm's request for more time need."""
    dropped = recall.state == "cancelled"
    asked = any(one.state == "asked" for one in recall.extensions)
    running = [one.kind for one in recall.clocks if one.begun_at and not one.met_at]
    sent = recall.state == "published" and recall.closed_at is None
    return {
        "clocks": [] if dropped else [shown(one, visit.now) for one in recall.clocks],
        "extendable": [one for one in running if one in EXTENDABLE] if sent and not asked else [],
    }


def own_deadlines(visit: Visit) -> list[tuple[extensions.Deadline, Shown]]:
    """For a firm's home: its own clocks that run, the first to end first."""
    found, _ = extensions.deadlines(visit, MOST_OWN)
    return [(one, shown(one.clock, visit.now)) for one in found]


def lacks_plan(recall: RecallView) -> bool:
    """Whether the notice still has to name the firm's own end, since the law's is to be checked."""
    return recall.planned_end is None and clocks.needs_plan(recall.clocks)


@dataclass(frozen=True)
class Watched:
    """The clocks of an office's territory, and whoever waits for its answer."""

    deadlines: Sequence[tuple[extensions.Deadline, Shown]]
    total: int
    requests: Sequence[extensions.Request]


def watched(visit: Visit) -> Watched | None:
    """For the overview of an office; the operator of the site watches no recalls."""
    if not visit.actor.regulator:
        return None
    found, total = extensions.deadlines(visit, MOST_DEADLINES)
    told = [(one, shown(one.clock, visit.now)) for one in found]
    return Watched(told, total, extensions.requests(visit, MOST_DEADLINES))
