"""Critical tracking events, their lines and postings: the double-entry books of goods.

Append-only. A hub (event, line) joins its own postings and nothing else; a stock is a batch at a place. Lines,
postings and voids are kept as long as their event.
"""

from datetime import date, datetime
from decimal import Decimal
from typing import Literal
from uuid import UUID

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

Side = Literal["take", "put"]


class Event(SQLModel, table=True):
    """One act on goods. `event_time` is what the party claims, `recorded_at` the server's time."""

    id: UUID = Field(primary_key=True)
    party_id: UUID = Field(foreign_key="party.id", index=True)
    act: str
    facility_id: UUID | None = Field(default=None, foreign_key="facility.id")
    event_time: datetime
    key_data: dict[str, str] = Field(default_factory=dict, sa_type=JSON)
    origin_hash: str
    retain_until: date
    recorded_at: datetime
    recorded_by: UUID | None


class EventVoid(SQLModel, table=True):
    """A record declared wrong, with the reason; it may name the record that replaces it."""

    event_id: UUID = Field(primary_key=True, foreign_key="event.id")
    party_id: UUID = Field(foreign_key="party.id")
    reason: str
    replaced_by: UUID | None = None
    recorded_at: datetime
    recorded_by: UUID | None


class Line(SQLModel, table=True):
    event_id: UUID = Field(primary_key=True, foreign_key="event.id")
    number: int = Field(primary_key=True)
    party_id: UUID = Field(foreign_key="party.id")


class Posting(SQLModel, table=True):
    """A quantity taken out of a stock or put into it; quantity None means unknown, never zero."""

    __table_args__ = (
        ForeignKeyConstraint(["event_id", "line"], ["line.event_id", "line.number"], name="fk_posting_line"),
        UniqueConstraint("batch_id", "event_id", "line", "place", "side"),
        Index("ix_posting_event_id_line", "event_id", "line"),
    )

    batch_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    event_id: UUID
    line: int
    party_id: UUID = Field(foreign_key="party.id")
    place: str = Field(index=True)
    side: str
    quantity: Decimal | None = Field(default=None, sa_type=Millionths)
    unit: str | None = None
    base_quantity: Decimal | None = Field(default=None, sa_type=Millionths)
    base_unit: str | None = None
    event_time: datetime
    recorded_at: datetime


def find_birth(session: Session, batch_id: UUID) -> tuple[Event, Posting] | None:
    """The unvoided produce event of a batch, with its posting."""
    voided = select(EventVoid.event_id)
    query = (
        select(Event, Posting)
        .where(Posting.batch_id == batch_id, Posting.event_id == Event.id, Event.act == "produce")
        .where(col(Event.id).not_in(voided))
    )
    row = session.exec(query).first()
    return None if row is None else (row[0], row[1])
