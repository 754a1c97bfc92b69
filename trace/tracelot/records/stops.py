"""Which goods of others stand still for a party because a seller recalls them: the seller, and whoever it told."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from sqlmodel import Session, col, or_, select

from tracelot.records.consignees import RecallNotice, RecallNoticeLine
from tracelot.records.recalls import BY_SELLER, Recall, RecallBatch
from tracelot.records.shelves import chunks


def list_stops(session: Session, party_id: UUID, batch_ids: Iterable[UUID]) -> dict[UUID, datetime]:
    """Of batches those that sellers' recalls stop for a party, each with the moment from which on.

    A maker's recall stops a batch for everybody, and stands on the batch itself.
    """
    told = (
        select(RecallNoticeLine.batch_id)
        .where(RecallNoticeLine.notice_id == RecallNotice.id, RecallNotice.to_party_id == party_id)
        .where(RecallNotice.recall_id == Recall.id, RecallNoticeLine.batch_id == RecallBatch.batch_id)
    )
    query = (
        select(RecallBatch.batch_id, RecallBatch.added_at, Recall.published_at)
        .where(RecallBatch.recall_id == Recall.id, *BY_SELLER)
        .where(or_(Recall.party_id == party_id, told.exists()))
    )
    found: dict[UUID, datetime] = {}
    for some in chunks(batch_ids):
        for batch, added, published in session.exec(query.where(col(RecallBatch.batch_id).in_(some))):
            since = max(added, published or added)
            found[batch] = min(since, found.get(batch, since))
    return found
