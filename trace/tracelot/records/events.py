"""Critical tracking events, their lines and postings: the double-entry books of goods.

Append-only. A hub (event, line) joins its own postings and nothing else; a stock is a batch at a place. Lines,
postings and voids are kept as long as their event.
"""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import ColumnElement, String, cast, exists, func, or_, tuple_
from sqlalchemy.orm import aliased
from sqlmodel import (
    JSON,
    Field,
    ForeignKeyConstraint,
    Index,
    Session,
    SQLModel,
    UniqueConstraint,
    col,
    select,
)

from tracelot.records.inputs import Millionths
from tracelot.records.paging import Page, read_cursor, write_cursor
from tracelot.rules.refusals import unfit

Side = Literal["take", "put"]
BIRTH_ACTS = ("harvest", "landing", "produce", "initial_packing", "transform")


class Event(SQLModel, table=True):
    """One act on goods. `event_time` is what the party claims, `recorded_at` the server's time.

    `bucket` and `seq` are its place in the journal: inside a bucket they are the order of the commits.
    """

    __table_args__ = (
        Index("ix_event_bucket_seq", "bucket", "seq"),
        Index("ix_event_party_id_event_time", "party_id", "event_time"),
    )

    id: UUID = Field(primary_key=True)
    party_id: UUID = Field(foreign_key="party.id", index=True)
    act: str
    kind: str | None = None
    facility_id: UUID | None = Field(default=None, foreign_key="facility.id")
    event_time: datetime
    utc_offset: int | None = None  # minutes, as the time was written
    key_data: dict[str, str] = Field(default_factory=dict, sa_type=JSON)
    documents: list[dict[str, str]] = Field(default_factory=list, sa_type=JSON)
    missing: list[str] = Field(default_factory=list, sa_type=JSON)
    flags: list[str] = Field(default_factory=list, sa_type=JSON)
    bucket: int | None = None
    seq: int | None = None
    origin_hash: str
    retain_until: date
    recorded_at: datetime
    recorded_by: UUID | None


class EventVoid(SQLModel, table=True):
    """A record declared wrong, with the reason; it may name the record that replaces it."""

    __table_args__ = (Index("ix_eventvoid_bucket_seq", "bucket", "seq"),)

    event_id: UUID = Field(primary_key=True, foreign_key="event.id")
    party_id: UUID = Field(foreign_key="party.id")
    kind: str = "incorrect_data"
    reason: str
    replaced_by: UUID | None = None
    bucket: int | None = None
    seq: int | None = None
    recorded_at: datetime
    recorded_by: UUID | None


class Line(SQLModel, table=True):
    """A hub: what joins its own postings and nothing else. A loss that was declared belongs to it."""

    event_id: UUID = Field(primary_key=True, foreign_key="event.id")
    number: int = Field(primary_key=True)
    party_id: UUID = Field(foreign_key="party.id")
    loss: Decimal | None = Field(default=None, sa_type=Millionths)
    loss_unit: str | None = None


class Posting(SQLModel, table=True):
    """A quantity taken out of a stock or put into it; quantity None means unknown, never zero.

    The hub is (event, line); `record_id` is the event that says so, since a hub may gain postings later. A
    pooled posting is of a product and no known batch: its batch id is the one of the product's empty code.
    """

    __table_args__ = (
        ForeignKeyConstraint(["event_id", "line"], ["line.event_id", "line.number"], name="fk_posting_line"),
        UniqueConstraint("batch_id", "record_id", "event_id", "line", "place", "side"),
        Index("ix_posting_event_id_line", "event_id", "line"),
    )

    batch_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    record_id: UUID = Field(foreign_key="event.id", index=True)
    event_id: UUID
    line: int
    party_id: UUID = Field(foreign_key="party.id")
    product_id: UUID | None = Field(default=None, foreign_key="product.id")
    pooled: bool = False
    place: str = Field(index=True)
    side: str
    quantity: Decimal | None = Field(default=None, sa_type=Millionths)
    unit: str | None = None
    factor: str | None = None  # exact: it can be finer than an amount is kept
    base_quantity: Decimal | None = Field(default=None, sa_type=Millionths)
    base_unit: str | None = None
    event_time: datetime
    recorded_at: datetime


class Sighting(SQLModel, table=True):
    """Evidence that goods were somewhere: of a batch, of a product's pool, or of a unit; it moves nothing."""

    id: UUID = Field(primary_key=True)
    event_id: UUID = Field(foreign_key="event.id", index=True)
    party_id: UUID = Field(foreign_key="party.id")
    batch_id: UUID | None = Field(default=None, index=True)
    unit_id: UUID | None = Field(default=None, index=True)
    place: str = Field(index=True)
    event_time: datetime
    recorded_at: datetime


def find_birth(session: Session, batch_id: UUID) -> tuple[Event, Posting] | None:
    """The unvoided event that put a batch into stock when it was registered, with its posting."""
    query = (
        select(Event, Posting)
        .where(Posting.batch_id == batch_id, Posting.event_id == Event.id, Event.act == "produce")
        .where(col(Event.id).not_in(select(EventVoid.event_id)), _alone())
    )
    row = session.exec(query).first()
    return None if row is None else (row[0], row[1])


def _alone() -> ColumnElement[bool]:
    """An event of one posting: a registration makes no other."""
    other = aliased(Posting)
    return ~exists().where(col(other.record_id) == col(Posting.record_id), col(other.id) != col(Posting.id))


def count_births(session: Session, batch_id: UUID, but: UUID | None) -> int:
    """How many unvoided events made something of a batch, one left out."""
    query = (
        select(func.count())
        .select_from(Posting)
        .where(
            Posting.batch_id == batch_id,
            Posting.side == "put",
            Posting.record_id == Event.id,
            col(Event.act).in_(BIRTH_ACTS),
            col(Event.id).not_in(select(EventVoid.event_id)),
        )
    )
    return session.exec(query if but is None else query.where(Event.id != but)).one()


@dataclass(frozen=True)
class EventFilter:
    """Which of its events a party asks for; times include their ends."""

    act: str | None = None
    batch_id: UUID | None = None
    facility_id: UUID | None = None
    since: datetime | None = None
    until: datetime | None = None
    flagged: bool = False


def search_events(
    session: Session, party_id: UUID, asked: EventFilter, limit: int, cursor: str | None
) -> Page[Event]:
    """A party's events, the latest first."""
    where = [Event.party_id == party_id, *_conditions(asked)]
    total = session.exec(select(func.count()).select_from(Event).where(*where)).one()
    keys = (col(Event.event_time), col(Event.id))
    query = select(Event).where(*where)
    if cursor:
        query = query.where(tuple_(*keys) < _place(cursor))
    rows = session.exec(query.order_by(*(key.desc() for key in keys)).limit(limit + 1)).all()
    last = rows[limit - 1] if len(rows) > limit else None
    more = write_cursor(last.event_time.isoformat(), last.id) if last else None
    return Page(rows[:limit], total, more)


def _place(cursor: str) -> tuple[Any, ...]:
    moment, row = read_cursor(cursor, 2)
    try:
        read = datetime.fromisoformat(moment)
        if read.tzinfo is None:
            raise ValueError
        return read, UUID(row)
    except (ValueError, OverflowError):
        raise unfit("bad-cursor", "This cursor was not given out here.", "cursor") from None


def _conditions(asked: EventFilter) -> list[ColumnElement[bool] | bool]:
    where: list[ColumnElement[bool] | bool] = []
    if asked.act:
        where.append(Event.act == asked.act)
    if asked.batch_id:
        moved = select(Posting.record_id).where(Posting.batch_id == asked.batch_id)
        seen = select(Sighting.event_id).where(Sighting.batch_id == asked.batch_id)
        where.append(or_(col(Event.id).in_(moved), col(Event.id).in_(seen)))
    if asked.facility_id:
        where.append(Event.facility_id == asked.facility_id)
    if asked.since:
        where.append(col(Event.event_time) >= asked.since)
    if asked.until:
        where.append(col(Event.event_time) <= asked.until)
    if asked.flagged:
        where.append(cast(col(Event.flags), String) != "[]")
    return where
