"""Which goods of others stand still for a party because a seller recalls them: the seller, and whoever it told."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlmodel import Session, col, select

from tracelot.records.consignees import RecallNotice, RecallNoticeLine
from tracelot.records.recalls import BY_SELLER, Recall, RecallBatch
from tracelot.records.shelves import chunks


@dataclass(frozen=True)
class Stop:
    """A seller's recall that stops a batch for a party; the notice by which it came to it, None of its own recall."""

    recall_id: UUID
    code: str
    notice_id: UUID | None
    since: datetime


def list_stops(session: Session, party_id: UUID, batch_ids: Iterable[UUID]) -> dict[UUID, list[Stop]]:
    """Of batches those that sellers' recalls stop for a party, each with these recalls, the earliest first.

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
    found: dict[UUID, list[Stop]] = {}
    for line in lines:
        recall, notice = recalls.get(line.recall_id), told.get((line.recall_id, line.batch_id))
        if recall is None or (recall.party_id != party_id and notice is None):
            continue
        since = max(line.added_at, recall.published_at or line.added_at)
        found.setdefault(line.batch_id, []).append(Stop(recall.id, recall.code, notice, since))
    return {id_: sorted(stops, key=lambda one: (one.since, one.code)) for id_, stops in found.items()}


def _told(session: Session, party_id: UUID, recalls: Iterable[UUID]) -> dict[tuple[UUID, UUID], UUID]:
    """The batches that notices of some recalls name to a party, with these notices."""
    query = select(RecallNotice.recall_id, RecallNoticeLine.batch_id, RecallNotice.id).where(
        RecallNotice.to_party_id == party_id,
        col(RecallNotice.recall_id).in_(list(recalls)),
        RecallNoticeLine.notice_id == RecallNotice.id,
    )
    return {(recall, batch): notice for recall, batch, notice in session.exec(query)}
