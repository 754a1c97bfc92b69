"""Which goods stand still for a party because they are recalled: by their maker, or by a seller who told it."""

from collections.abc import Iterable
from datetime import datetime
from typing import Literal, cast
from uuid import UUID

from sqlmodel import Session, SQLModel, col, select

from tracelot.records.consignees import RecallNotice, RecallNoticeLine
from tracelot.records.recalls import PUBLISHED, Recall, RecallBatch
from tracelot.records.shelves import chunks
from tracelot.rules.recalls import RecallLevel


class StopOfGoods(SQLModel):
    """A recall that stops a batch for a party: the maker's stops it for everybody, a seller's for it and whom it told.

    `own`: the party recalls them itself; `notice_id`: the notice by which it heard of it, None where none came to it.
    """

    recall_id: UUID
    code: str
    level: RecallLevel
    by: Literal["maker", "seller"]
    own: bool
    notice_id: UUID | None
    since: datetime


def list_stopped_goods(
    session: Session, party_id: UUID, batch_ids: Iterable[UUID]
) -> dict[UUID, list[StopOfGoods]]:
    """Of batches those that published recalls stop for a party, each with these recalls, the earliest first.

    Most goods are named by no recall at all: then this is one statement.
    """
    lines: list[RecallBatch] = []
    for some in chunks(batch_ids):
        lines += session.exec(select(RecallBatch).where(col(RecallBatch.batch_id).in_(some)))
    if not lines:
        return {}
    by_id = select(Recall).where(col(Recall.id).in_({line.recall_id for line in lines}), *PUBLISHED)
    recalls = {one.id: one for one in session.exec(by_id)}
    told = _told(session, party_id, recalls)
    found: dict[UUID, list[StopOfGoods]] = {}
    for line in lines:
        recall, notice = recalls.get(line.recall_id), told.get((line.recall_id, line.batch_id))
        if recall is None:
            continue
        stop = _stop(recall, line, party_id, notice)
        if stop.by == "maker" or stop.own or notice is not None:
            found.setdefault(line.batch_id, []).append(stop)
    return {id_: sorted(stops, key=lambda one: (one.since, one.code)) for id_, stops in found.items()}


def _stop(recall: Recall, line: RecallBatch, party_id: UUID, notice: UUID | None) -> StopOfGoods:
    return StopOfGoods(
        recall_id=recall.id,
        code=recall.code,
        level=cast("RecallLevel", recall.level),
        by="seller" if recall.seller_cause else "maker",
        own=recall.party_id == party_id,
        notice_id=notice,
        since=max(line.added_at, recall.published_at or line.added_at),
    )


def _told(session: Session, party_id: UUID, recalls: Iterable[UUID]) -> dict[tuple[UUID, UUID], UUID]:
    """The batches that notices of some recalls name to a party, with these notices."""
    query = select(RecallNotice.recall_id, RecallNoticeLine.batch_id, RecallNotice.id).where(
        RecallNotice.to_party_id == party_id,
        col(RecallNotice.recall_id).in_(list(recalls)),
        RecallNoticeLine.notice_id == RecallNotice.id,
    )
    return {(recall, batch): notice for recall, batch, notice in session.exec(query)}
