"""Urgent requests to set goods apart: to whoever got a batch that failed, and what each of them answered."""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Literal
from uuid import UUID

from pydantic import model_validator
from sqlmodel import Field, Session, SQLModel, col, select

from tracelot.records.inputs import MaybeTally, Millionths, Shape, Unit, Words
from tracelot.records.locking import versioned

HoldState = Literal["open", "answered", "withdrawn"]


class HoldAnswer(Shape):
    """What somebody says who was asked: that selling and using has stopped, and how much is on hand."""

    stop_sale: bool
    on_hand: MaybeTally = None
    unit: Unit | None = None
    note: Words = None

    @model_validator(mode="after")
    def _measured(self) -> "HoldAnswer":
        if self.on_hand is not None and self.unit is None:
            raise ValueError("A quantity needs its unit, and a unit its quantity.")
        return self


@versioned
class HoldRequest(SQLModel, table=True):
    """One who is asked. Its id is made of the report and of who it is, so nobody is asked twice.

    `party_id` is the firm whose batch failed. `direct` are those to whom it sent the goods itself: of others it is
    told nothing.
    """

    id: UUID = Field(primary_key=True)
    version: int = 1
    inspection_id: UUID = Field(foreign_key="inspection.id", index=True)
    batch_id: UUID = Field(index=True)
    party_id: UUID = Field(foreign_key="party.id", index=True)
    to_party_id: UUID | None = Field(default=None, foreign_key="party.id", index=True)
    direct: bool
    name: str
    name_en: str | None = None
    email: str | None = None
    region_code: str | None = None
    firm_zh: str
    firm_en: str | None = None
    product_zh: str
    product_en: str | None = None
    code: str
    what: str
    state: str
    stop_sale: bool | None = None
    on_hand: Decimal | None = Field(default=None, sa_type=Millionths)
    unit: str | None = None
    note: str | None = None
    told_at: datetime | None = None
    answered_at: datetime | None = None
    answered_by: UUID | None = None
    retain_until: date
    recorded_at: datetime


class HoldView(SQLModel):
    id: UUID
    version: int
    inspection_id: UUID
    batch_id: UUID
    name: str
    name_en: str | None
    firm_zh: str
    firm_en: str | None
    product_zh: str
    product_en: str | None
    code: str
    what: str
    state: HoldState
    stop_sale: bool | None
    on_hand: Decimal | None
    unit: Unit | None
    note: str | None
    answered_at: datetime | None
    recorded_at: datetime


def list_holds_of(session: Session, inspection_id: UUID) -> Sequence[HoldRequest]:
    query = select(HoldRequest).where(HoldRequest.inspection_id == inspection_id)
    return session.exec(query.order_by(col(HoldRequest.name), col(HoldRequest.id))).all()


def list_holds_to(session: Session, party_id: UUID, limit: int = 200) -> Sequence[HoldRequest]:
    """What a party is asked, what waits for its answer first."""
    query = select(HoldRequest).where(HoldRequest.to_party_id == party_id)
    order = (col(HoldRequest.answered_at).is_not(None), col(HoldRequest.recorded_at).desc())
    return session.exec(query.order_by(*order, col(HoldRequest.id)).limit(limit)).all()
