"""Batches: as registered, kept, corrected and shown."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from pydantic import model_validator
from sqlalchemy import ColumnElement, and_, func, or_, tuple_
from sqlmodel import Field, Index, Session, SQLModel, col, select

from tracelot.records.inputs import (
    Amount,
    BatchCode,
    Day,
    Label,
    MaybeAmount,
    MaybeDay,
    Millionths,
    Name,
    Reason,
    RegionCode,
    Shape,
    Unit,
)
from tracelot.records.locking import versioned
from tracelot.records.paging import Page, read_cursor, write_cursor
from tracelot.rules.batches import BatchKind, BatchStatus, Custody
from tracelot.rules.places import batch_id
from tracelot.rules.refusals import unfit


class BatchFields(SQLModel):
    product_id: UUID
    code: BatchCode
    printed_text: Label = None
    production_date: Day
    production_line: Label = None
    expiry_date: MaybeDay = None
    kind: BatchKind = "finished"
    origin_region_code: RegionCode | None = None
    custody_model: Custody | None = None
    certificate_no: Label = None


class NewBatch(BatchFields, Shape):
    """A batch to register. A quantity is put into stock at a facility by a `produce` event."""

    quantity: MaybeAmount = None
    unit: Unit | None = None
    facility_id: UUID | None = None
    event_id: UUID | None = None
    release: bool = False

    @model_validator(mode="after")
    def _quantity_is_whole(self) -> "NewBatch":
        if (self.quantity is None) != (self.unit is None):
            raise ValueError("A quantity needs its unit, and a unit its quantity.")
        return self


class BatchChange(Shape):
    """A correction: the fields to change, and why. The code and the product of a batch never change."""

    reason: Reason
    printed_text: Label = None
    production_date: Day | None = None
    production_line: Label = None
    expiry_date: MaybeDay = None
    kind: BatchKind | None = None
    origin_region_code: RegionCode | None = None
    certificate_no: Label = None
    quantity: Amount | None = None
    unit: Unit | None = None
    facility_id: UUID | None = None


class StatusChange(Shape):
    reason: Reason


class Lift(Shape):
    """Why a hold is lifted, and the number of the report on the re-test that overturns what was found."""

    reason: Reason
    report_no: Name


@versioned
class Batch(BatchFields, table=True):
    """A batch as kept. Its id is made of product and code, so the primary key alone keeps a code unique."""

    __table_args__ = (Index("ix_batch_product_id_production_date", "product_id", "production_date"),)

    id: UUID = Field(primary_key=True)
    product_id: UUID = Field(foreign_key="product.id")
    version: int = 1
    party_id: UUID = Field(foreign_key="party.id", index=True)
    kind: str
    custody_model: str | None = None
    code: str = Field(index=True)
    short_code: str
    status: str = Field(index=True)
    status_reason: str | None = None
    released_at: datetime | None = None
    outgoing_passed: bool = False  # its outgoing inspection, as everybody may read
    stopped_at: datetime | None = None  # since when it is held, recalled or void
    quantity: Decimal | None = Field(default=None, sa_type=Millionths)
    unit: str | None = None
    facility_id: UUID | None = Field(default=None, foreign_key="facility.id")
    retain_until: date = Field(index=True)
    recorded_at: datetime = Field(index=True)
    recorded_by: UUID | None


class ShortCode(SQLModel, table=True):
    """Which batch a private short code stands for; a table of its own, so that the code alone leads there."""

    code: str = Field(primary_key=True)
    batch_id: UUID


class BatchView(BatchFields):
    id: UUID
    version: int
    party_id: UUID
    key: str = ""
    short_code: str
    status: BatchStatus
    status_reason: str | None
    released_at: datetime | None
    quantity: Decimal | None
    unit: str | None
    facility_id: UUID | None
    retain_until: date
    recorded_at: datetime


@dataclass(frozen=True)
class BatchFilter:
    """Which of its batches an enterprise asks for; dates include both ends."""

    text: str | None = None
    product_id: UUID | None = None
    status: str | None = None
    made_from: date | None = None
    made_to: date | None = None
    expires_to: date | None = None


def find_batch_by_code(session: Session, product_id: UUID, code: str) -> Batch | None:
    return session.get(Batch, batch_id(product_id, code))


def search_batches(
    session: Session, party_id: UUID, asked: BatchFilter, today: date, limit: int, cursor: str | None
) -> Page[Batch]:
    """A party's batches, the latest made first."""
    where = [Batch.party_id == party_id, *_conditions(asked, today)]
    total = session.exec(select(func.count()).select_from(Batch).where(*where)).one()
    query = select(Batch).where(*where)
    if cursor:
        query = query.where(tuple_(Batch.production_date, Batch.id) < _place(cursor))
    query = query.order_by(col(Batch.production_date).desc(), col(Batch.id).desc()).limit(limit + 1)
    rows = session.exec(query).all()
    last = rows[limit - 1] if len(rows) > limit else None
    cursor = write_cursor(last.production_date.isoformat(), last.id) if last else None
    return Page(rows[:limit], total, cursor)


def _place(cursor: str) -> tuple[Any, ...]:
    day, row = read_cursor(cursor, 2)
    try:
        return date.fromisoformat(day), UUID(row)
    except ValueError:
        raise unfit("bad-cursor", "This cursor was not given out here.", "cursor") from None


def _conditions(asked: BatchFilter, today: date) -> list[ColumnElement[bool] | bool]:
    where: list[ColumnElement[bool] | bool] = []
    if asked.text:
        pattern = f"%{asked.text.replace('!', '!!').replace('%', '!%').replace('_', '!_')}%"
        where.append(
            or_(
                col(Batch.code).ilike(pattern, escape="!"), col(Batch.printed_text).ilike(pattern, escape="!")
            )
        )
    if asked.product_id:
        where.append(Batch.product_id == asked.product_id)
    if asked.made_from:
        where.append(col(Batch.production_date) >= asked.made_from)
    if asked.made_to:
        where.append(col(Batch.production_date) <= asked.made_to)
    if asked.expires_to:
        where.append(col(Batch.expiry_date) <= asked.expires_to)
    if asked.status:
        where.append(_stands(asked.status, today))
    return where


def _stands(status: str, today: date) -> ColumnElement[bool]:
    """The states as read today: a released batch past its last day counts as expired."""
    over = and_(col(Batch.status) == "released", col(Batch.expiry_date) < today)
    if status == "expired":
        return over
    plain = col(Batch.status) == status
    return (
        and_(plain, or_(col(Batch.expiry_date).is_(None), col(Batch.expiry_date) >= today))
        if (status == "released")
        else plain
    )


def list_made_within(
    session: Session, product_id: UUID, made_from: date | None, made_to: date | None
) -> Sequence[Batch]:
    """Batches of a product by production date, voided ones left out."""
    query = select(Batch).where(Batch.product_id == product_id, Batch.status != "void")
    if made_from:
        query = query.where(Batch.production_date >= made_from)
    if made_to:
        query = query.where(Batch.production_date <= made_to)
    return session.exec(query).all()
