"""Samples that a firm keeps of its batches: how much, where, until when, and what became of them."""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlmodel import Field, Session, SQLModel, col, select

from tracelot.records.inputs import Amount, Day, MaybeDay, Millionths, Name, Reason, Shape, Unit
from tracelot.records.locking import versioned


class NewRetained(Shape):
    """A sample of a batch that is kept back; without a day it is kept until the batch expires."""

    id: UUID | None = None
    batch_id: UUID
    quantity: Amount
    unit: Unit
    place: Name
    taken_on: Day
    until: MaybeDay = None


class Disposed(Shape):
    disposed_on: Day
    reason: Reason


@versioned
class RetainedSample(SQLModel, table=True):
    id: UUID = Field(primary_key=True)
    batch_id: UUID = Field(foreign_key="batch.id", index=True)
    party_id: UUID = Field(foreign_key="party.id", index=True)
    version: int = 1
    quantity: Decimal = Field(sa_type=Millionths)
    unit: str
    place: str
    taken_on: date
    until: date
    disposed_on: date | None = None
    disposed_note: str | None = None
    origin_hash: str
    retain_until: date
    recorded_at: datetime
    recorded_by: UUID | None


class RetainedView(SQLModel):
    id: UUID
    version: int
    batch_id: UUID
    quantity: Decimal
    unit: Unit
    place: str
    taken_on: date
    until: date
    disposed_on: date | None
    disposed_note: str | None
    recorded_at: datetime


def list_retained(session: Session, batch_id: UUID) -> Sequence[RetainedSample]:
    query = select(RetainedSample).where(RetainedSample.batch_id == batch_id)
    return session.exec(query.order_by(col(RetainedSample.taken_on), col(RetainedSample.id))).all()
