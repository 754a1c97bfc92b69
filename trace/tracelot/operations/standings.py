"""How recalls of a list stand, at a glance: the time limit that ends first, who answered, and what is accounted for."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from sqlmodel import col, func, select

from tracelot.operations.clocks import clock_view
from tracelot.operations.visit import Visit
from tracelot.records.clocks import ClockView, RecallClock
from tracelot.records.consignees import RecallNotice
from tracelot.records.proceedings import RecallReport
from tracelot.records.recalls import Recall
from tracelot.rules.reaching import ANSWERED
from tracelot.rules.stages import OVER


@dataclass(frozen=True)
class Standing:
    """`accounted` is the share that the firm's last report told; None where there is no report, or nobody knows."""

    clock: ClockView | None = None
    told: int = 0
    answered: int = 0
    accounted: Decimal | None = None


def standings(visit: Visit, recalls: Collection[UUID]) -> dict[UUID, Standing]:
    """Of the recalls whose work the actor may see."""
    visit.demand("party.watch")
    clocks, told, shares = _clocks(visit, recalls), _told(visit, recalls), _accounted(visit, recalls)
    return {
        id_: Standing(clocks.get(id_), sum(states.values()), _answered(states), shares.get(id_))
        for id_ in recalls
        for states in [told.get(id_, {})]
    }


def _clocks(visit: Visit, recalls: Collection[UUID]) -> dict[UUID, ClockView]:
    """Of each recall the clock that ends first; one without a date only where there is no other."""
    query = select(RecallClock).where(
        col(RecallClock.recall_id).in_(recalls),
        col(RecallClock.begun_at).is_not(None),
        col(RecallClock.met_at).is_(None),
        RecallClock.recall_id == Recall.id,
        col(Recall.state).not_in(OVER),
    )
    found: dict[UUID, RecallClock] = {}
    for clock in visit.session.exec(query.order_by(col(RecallClock.recall_id), col(RecallClock.kind))):
        known = found.get(clock.recall_id)
        if known is None or known.ends_at is None or (clock.ends_at and clock.ends_at < known.ends_at):
            found[clock.recall_id] = clock
    return {id_: clock_view(visit, clock) for id_, clock in found.items()}


def _told(visit: Visit, recalls: Collection[UUID]) -> dict[UUID, dict[str, int]]:
    query = select(RecallNotice.recall_id, RecallNotice.state, func.count())
    query = query.where(col(RecallNotice.recall_id).in_(recalls))
    counts: defaultdict[UUID, dict[str, int]] = defaultdict(dict)
    for id_, state, count in visit.session.exec(
        query.group_by(col(RecallNotice.recall_id), col(RecallNotice.state))
    ):
        counts[id_][state] = count
    return counts


def _answered(states: dict[str, int]) -> int:
    return sum(count for state, count in states.items() if state in ANSWERED)


def _accounted(visit: Visit, recalls: Collection[UUID]) -> dict[UUID, Decimal]:
    """What the newest report of each says; its figures are those of its moment."""
    query = select(RecallReport).where(col(RecallReport.recall_id).in_(recalls))
    last = {one.recall_id: one for one in visit.session.exec(query.order_by(col(RecallReport.number)))}
    shares = {id_: one.figures.get("accounted") for id_, one in last.items()}
    return {id_: Decimal(str(share)) for id_, share in shares.items() if share is not None}
