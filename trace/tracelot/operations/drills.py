"""Recall drills of a firm: with the stopwatch, their score, and when the next one is due."""

from uuid import UUID

from sqlmodel import col, select

from tracelot.operations.effectiveness import Reckoning, recall_in_work, reckon, unexplained
from tracelot.operations.visit import Visit
from tracelot.records.effectiveness import DrillsView, DrillView
from tracelot.records.recalls import Recall
from tracelot.rules.drilling import Score, next_drill, took
from tracelot.rules.recalls import DRILL

MOST = 20


def score_of(visit: Visit, found: Reckoning) -> Score:
    """The score of a recall, drill or not: by its worst batch."""
    recall = found.recall
    shares = [one.accounted_share for one in found.figures]
    worst = [share for one in found.figures if (share := unexplained(found, one.batch)) is not None]
    known = [share for share in shares if share is not None]
    return Score(
        scope=took(recall.knowledge_at, recall.recorded_at),
        notify=took(recall.knowledge_at, recall.published_at),
        accounted=max(known, key=lambda share: abs(1 - share))
        if found.complete and known and len(known) == len(shares)
        else None,
        unexplained=max(worst, default=None),
    )


def drill_view(visit: Visit, named: str | UUID) -> DrillView:
    """How a recall went, measured as a drill is."""
    return _view(visit, recall_in_work(visit, named))


def _view(visit: Visit, recall: Recall) -> DrillView:
    score = score_of(visit, reckon(visit, recall))
    met = score.met
    return DrillView(
        id=recall.id,
        code=recall.code,
        state=recall.state,
        began_at=recall.knowledge_at,
        closed_at=recall.closed_at,
        scope_seconds=None if score.scope is None else int(score.scope.total_seconds()),
        notify_seconds=None if score.notify is None else int(score.notify.total_seconds()),
        accounted=score.accounted,
        unexplained=score.unexplained,
        met=sum(one is True for one in met.values()),
        known=sum(one is not None for one in met.values()),
        goals=met,
    )


def drills(visit: Visit) -> DrillsView:
    """The firm's last drills, the newest first."""
    visit.demand("drill.read")
    query = select(Recall).where(
        Recall.party_id == visit.actor.party_id, Recall.kind == DRILL, Recall.state != "cancelled"
    )
    found = visit.session.exec(
        query.order_by(col(Recall.knowledge_at).desc(), col(Recall.id)).limit(MOST)
    ).all()
    begun = [one.published_at.astimezone(visit.place.zone).date() for one in found if one.published_at]
    due = next_drill(max(begun, default=None), visit.today)
    return DrillsView(
        due_on=due, overdue=due <= visit.today, items=[_view(visit, recall) for recall in found]
    )
