"""Whether anything about a recall moved since somebody looked: asked every few seconds, it reads nobody's books."""

from collections.abc import Sequence
from hashlib import sha256

from sqlalchemy import func
from sqlmodel import col, select

from tracelot.operations.visit import Visit
from tracelot.records.consignees import RecallNotice
from tracelot.records.effectiveness import list_disposals
from tracelot.records.events import EventVoid, Posting, Sighting
from tracelot.records.recalls import Recall, list_recall_batches


def stand_of(visit: Visit, recall: Recall, *more: object) -> str:
    """A mark that stays as long as the recall, its notices, its goods and whatever else is given stay as they are.

    Nothing of what moved can be told from it, so that looking at it again and again need not be remembered.
    """
    visit.demand("effectiveness.read")
    disposals = [(one.id, one.version) for one in list_disposals(visit.session, recall.id)]
    facts = (recall.version, recall.stage, disposals, _notices(visit, recall), _goods(visit, recall), more)
    return sha256(repr(facts).encode()).hexdigest()[:16]


def _notices(visit: Visit, recall: Recall) -> Sequence[object]:
    told = func.count(), func.sum(RecallNotice.version), func.sum(RecallNotice.answers)
    query = select(RecallNotice.state, *told).where(RecallNotice.recall_id == recall.id)
    rows = visit.kernel().exec(query.group_by(RecallNotice.state))
    return sorted((state, *map(int, counts)) for state, *counts in rows)


def _goods(visit: Visit, recall: Recall) -> Sequence[object]:
    kernel = visit.kernel()
    batches = [line.batch_id for line in list_recall_batches(visit.session, [recall.id])]
    moved = col(Posting.batch_id).in_(batches)
    records = select(Posting.record_id).where(moved)
    return [
        kernel.exec(
            select(func.count(), func.max(Posting.recorded_at)).select_from(Posting).where(moved)
        ).one(),
        kernel.exec(
            select(func.count()).select_from(EventVoid).where(col(EventVoid.event_id).in_(records))
        ).one(),
        kernel.exec(
            select(func.count()).select_from(Sighting).where(col(Sighting.batch_id).in_(batches))
        ).one(),
    ]
