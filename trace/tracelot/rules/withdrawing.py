"""Taking a published recall back and changing its level: by whom, and how a batch stands that nobody recalls any more.

Scenario of the law: a re-test overturns what was found (Food Safety Law art. 88), so the recall rests on nothing.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tracelot.rules.recalls import DRILL, demand_state
from tracelot.rules.refusals import Conflict, unfit

RECALLED = "batch.recalled"
LAST_BEFORE = "held"  # where nobody knows how a batch stood, it stands still


@dataclass(frozen=True)
class Stood:
    """How a batch stood: its state, why, and since when it stands still."""

    status: str
    reason: str | None = None
    stopped_at: datetime | None = None


def demand_public(state: str, kind: str) -> None:
    """Refuse unless it is a recall that everybody was told of."""
    demand_state(state, "published")
    if kind == DRILL:
        raise Conflict("drill-stays", "A drill is the firm's own affair: close it.")


def demand_own_word(mode: str) -> None:
    """Refuse that a firm takes back what an office ordered."""
    if mode == "ordered":
        raise Conflict("recall-ordered", "An office ordered this recall: the firm cannot drop it.")


def demand_own_order(state: str, kind: str, mode: str) -> None:
    """Refuse that an office takes back what no office ordered."""
    demand_public(state, kind)
    if mode != "ordered":
        raise Conflict("recall-voluntary", "The firm began this recall by itself: it withdraws it.")


def demand_other_level(present: int, wanted: int) -> None:
    if wanted == present:
        raise unfit("same-level", "The recall has this level already.", "level")


def demand_graver(present: int, wanted: int) -> None:
    """Refuse that a firm makes its recall milder: that is for an office."""
    demand_other_level(present, wanted)
    if wanted > present:
        raise Conflict("only-graver", "A firm makes its recall graver; only an office makes it milder.")


def stood_before(entries: Iterable[tuple[str, Mapping[str, Any]]]) -> Stood:
    """How a batch stood before it was recalled at last, by the acts on it with what was recorded of it then."""
    known, before = Stood(LAST_BEFORE), Stood(LAST_BEFORE)
    for act, record in entries:
        if act == RECALLED:
            before = known
        elif record.get("status") not in (None, "recalled"):
            stopped = record.get("stopped_at")
            known = Stood(
                record["status"],
                record.get("status_reason"),
                datetime.fromisoformat(stopped) if stopped else None,
            )
    return before
