"""What was recorded of goods since a position, in each bucket in the order of the commits: what an index follows.

A position is the last number read in each bucket. The numbers are the journal's, so they have gaps here: most
entries are of other things. A session sees what its sight allows; the index reads with a sight of everything.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar
from uuid import UUID

from sqlmodel import Session, SQLModel, col, select

from tracelot.records.events import Event, EventVoid, Posting, Sighting
from tracelot.records.journal import Position
from tracelot.records.units import UnitStop

EACH = 500
Row = TypeVar("Row", bound=SQLModel)


@dataclass
class Recorded:
    """One record: an event with all that it says, or the void of an earlier one."""

    bucket: int
    seq: int
    event: Event | None = None
    void: EventVoid | None = None
    postings: list[Posting] = field(default_factory=list)
    sightings: list[Sighting] = field(default_factory=list)
    stops: list[UnitStop] = field(default_factory=list)


def read_since(session: Session, since: Position, limit: int) -> tuple[list[Recorded], Position]:
    """At most so many records of each bucket after a position, and the position after these."""
    found: list[Recorded] = []
    position = list(since)
    for bucket, seen in enumerate(since):
        records = _of_bucket(session, bucket, seen, limit)
        if records:
            position[bucket] = records[-1].seq
        found += records
    _fill(session, {one.event.id: one for one in found if one.event is not None})
    return found, tuple(position)


def _of_bucket(session: Session, bucket: int, seen: int, limit: int) -> list[Recorded]:
    events = session.exec(
        select(Event)
        .where(Event.bucket == bucket, col(Event.seq) > seen)
        .order_by(col(Event.seq))
        .limit(limit)
    ).all()
    voids = session.exec(
        select(EventVoid)
        .where(EventVoid.bucket == bucket, col(EventVoid.seq) > seen)
        .order_by(col(EventVoid.seq))
        .limit(limit)
    ).all()
    both = [Recorded(bucket, one.seq or 0, event=one) for one in events]
    both += [Recorded(bucket, one.seq or 0, void=one) for one in voids]
    return sorted(both, key=lambda one: one.seq)[:limit]


def _fill(session: Session, records: dict[UUID, Recorded]) -> None:
    """The rows of each record, fetched by lists of keys: they may lie on other nodes than their event."""
    ids = list(records)
    for start in range(0, len(ids), EACH):
        some = ids[start : start + EACH]
        for posting in _rows(session, Posting, "record_id", some):
            records[posting.record_id].postings.append(posting)
        for sighting in _rows(session, Sighting, "event_id", some):
            records[sighting.event_id].sightings.append(sighting)
        for stop in _rows(session, UnitStop, "event_id", some):
            records[stop.event_id].stops.append(stop)


def _rows(session: Session, model: type[Row], key: str, ids: Iterable[UUID]) -> Sequence[Row]:
    column = col(getattr(model, key))
    return session.exec(
        select(model).where(column.in_(list(ids))).order_by(column, col(getattr(model, "id")))  # noqa: B009
    ).all()
