"""The order in which recalls changed, and what changed after a position in it.

Each published recall has one place, that of its last change: a number from one of sixteen counters, which is
bumped in the transaction of the change and locked until its commit. In a counter the order of the numbers is
therefore the order of the commits. The counters are the feed's own: those of the journal would tell everybody
how much a firm records.
"""

from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import false, func, or_
from sqlmodel import Session, col, select

from tracelot.records.counters import Counter, next_number
from tracelot.records.journal import BUCKETS, Position, bucket_of
from tracelot.records.paging import Page
from tracelot.records.recall_search import RecallFilter, conditions, summaries
from tracelot.records.recalls import Recall, RecallSummary
from tracelot.rules.refusals import unfit


def _name(bucket: int) -> str:
    return f"recall-change:{bucket}"


def next_place(session: Session, party_id: UUID) -> tuple[int, int]:
    """The newest place in the order of changes; it holds its counter until the commit."""
    bucket = bucket_of(party_id)
    return bucket, next_number(session, _name(bucket))


def newest_position(session: Session) -> Position:
    """The position after all that is committed."""
    names = [_name(bucket) for bucket in range(BUCKETS)]
    query = select(Counter.name, Counter.value).where(col(Counter.name).in_(names))
    counted = dict(session.exec(query).all())
    return tuple(counted.get(name, 0) for name in names)


def search_changed(
    session: Session, asked: RecallFilter, zone: ZoneInfo, since: Position, limit: int
) -> tuple[Page[RecallSummary], Position]:
    """Recalls that changed after a position, each once and as it stands now, and the position after these."""
    heads = newest_position(session)
    if any(seen > head for seen, head in zip(since, heads, strict=True)):
        # The store was put back to an earlier day. Who went on from here would miss what comes next.
        raise unfit("cursor-ahead", "This position lies ahead of the record: begin again with 0.", "since")
    where = [*conditions(asked, zone), _between(since, heads)]
    total = session.exec(select(func.count()).select_from(Recall).where(*where)).one()
    query = select(Recall).where(*where).order_by(col(Recall.bucket), col(Recall.seq))
    rows = session.exec(query.limit(limit)).all()
    page = Page(summaries(session, rows), total, None)
    return page, heads if total <= len(rows) else _after(rows[-1], since, heads)


def _between(since: Position, heads: Position) -> Any:
    spans = (
        (col(Recall.bucket) == bucket) & (col(Recall.seq) > seen) & (col(Recall.seq) <= head)
        for bucket, (seen, head) in enumerate(zip(since, heads, strict=True))
        if seen < head
    )
    return or_(false(), *spans)


def _after(last: Recall, since: Position, heads: Position) -> Position:
    """Counters before the last recall's are read to their heads, those after it not at all."""
    bucket, seq = last.bucket or 0, last.seq or 0
    return (*heads[:bucket], seq, *since[bucket + 1 :])
