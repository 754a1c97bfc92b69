"""Which goods of others stand still for a party because a seller recalls them: the seller, and whoever it told."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from sqlmodel import Session, col, select

from tracelot.records.consignees import RecallNotice, RecallNoticeLine
from tracelot.records.recalls import BY_SELLER, Recall, RecallBatch
from tracelot.records.shelves import chunks


def list_stops(session: Session, party_id: UUID, batch_ids: Iterable[UUID]) -> dict[UUID, datetime]:
    """Of batches those that sellers' recalls stop for a party, each with the moment from which on.

    A maker's recall stops a batch for everybody, and stands on the batch itself. Most goods are named by no recall at
    all: then this is one statement.
    """
    lines: list[RecallBatch] = []
    for some in chunks(batch_ids):
        lines += session.exec(select(RecallBatch).where(col(RecallBatch.batch_id).in_(some)))
    if not lines:
        return {}
    by_id = select(Recall).where(col(Recall.id).in_({line.recall_id for line in lines}), *BY_SELLER)
    recalls = {one.id: one for one in session.exec(by_id)}
    told = _told(session, party_id, recalls)
    found: dict[UUID, datetime] = {}
    for line in lines:
        recall = recalls.get(line.recall_id)
        if recall is None or (recall.party_id != party_id and (recall.id, line.batch_id) not in told):
            continue
        since = max(line.added_at, recall.published_at or line.added_at)
        found[line.batch_id] = min(since, found.get(line.batch_id, since))
    return found


def _told(session: Session, party_id: UUID, recalls: Iterable[UUID]) -> set[tuple[UUID, UUID]]:
    """The batches that notices of some recalls name to a party."""
    query = select(RecallNotice.recall_id, RecallNoticeLine.batch_id).where(
        RecallNotice.to_party_id == party_id,
        col(RecallNotice.recall_id).in_(list(recalls)),
        RecallNoticeLine.notice_id == RecallNotice.id,
    )
    return {(recall, batch) for recall, batch in session.exec(query)}
