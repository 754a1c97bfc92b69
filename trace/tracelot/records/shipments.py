"""Shipments: goods on their way from one party to another, as both of them see them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Literal, get_args
from uuid import UUID

from sqlalchemy import ColumnElement, and_, case, func, literal, or_
from sqlmodel import JSON, Field, Index, Session, SQLModel, col, select

from tracelot.records.inputs import Millionths
from tracelot.records.locking import versioned
from tracelot.records.paging import Page, read_cursor, write_cursor
from tracelot.rules.refusals import unfit

ShipmentStatus = Literal[
    "announced", "in_transit", "received", "discrepancy", "settled", "rejected", "withdrawn"
]
STATUSES: tuple[ShipmentStatus, ...] = get_args(ShipmentStatus)
RECEIVED: tuple[ShipmentStatus, ...] = ("received", "discrepancy", "settled")
Box = Literal["in", "out"]
# In which state a shipment waits for whoever looks into the box.
WAITS: dict[Box, ShipmentStatus] = {"in": "in_transit", "out": "discrepancy"}


@versioned
class Shipment(SQLModel, table=True):
    """What its sender says is on the way, and what became of it. The row is the sender's; both ends read it."""

    __table_args__ = (Index("ix_shipment_to_party_id_status", "to_party_id", "status"),)

    id: UUID = Field(primary_key=True)
    version: int = 1
    party_id: UUID = Field(foreign_key="party.id", index=True)
    to_party_id: UUID | None = Field(default=None, foreign_key="party.id")
    to_contact_id: UUID | None = Field(default=None, foreign_key="contact.id")
    from_facility_id: UUID = Field(foreign_key="facility.id")
    to_facility_id: UUID | None = Field(default=None, foreign_key="facility.id")
    from_region: str = Field(index=True)
    to_region: str | None = Field(default=None, index=True)
    lane: str
    sent_back: bool = False  # goods that go back arrive set apart
    event_id: UUID = Field(index=True)
    receipt_event_id: UUID | None = Field(default=None, index=True)
    event_time: datetime
    documents: list[dict[str, str]] = Field(default_factory=list, sa_type=JSON)
    status: str
    note: str | None = None
    retain_until: date
    recorded_at: datetime
    recorded_by: UUID | None


class ShipmentLine(SQLModel, table=True):
    """A batch on its way: its facts as they were when it left, what was sent, and what came."""

    shipment_id: UUID = Field(primary_key=True, foreign_key="shipment.id")
    number: int = Field(primary_key=True)
    party_id: UUID = Field(foreign_key="party.id")
    batch_id: UUID = Field(index=True)
    product_id: UUID = Field(foreign_key="product.id")
    unit_id: UUID | None = None
    pooled: bool = False
    code: str
    product_zh: str
    product_en: str | None = None
    production_date: date | None = None
    expiry_date: date | None = None
    quantity: Decimal | None = Field(default=None, sa_type=Millionths)
    unit: str | None = None
    received: Decimal | None = Field(default=None, sa_type=Millionths)
    received_unit: str | None = None


class ShipmentLineView(SQLModel):
    number: int
    batch_id: UUID
    unit_id: UUID | None
    code: str
    product_zh: str
    product_en: str | None
    production_date: date | None
    expiry_date: date | None
    quantity: Decimal | None
    unit: str | None
    received: Decimal | None
    received_unit: str | None


class ShipmentView(SQLModel):
    id: UUID
    version: int
    party_id: UUID
    from_zh: str
    from_en: str | None
    to_party_id: UUID | None
    to_contact_id: UUID | None
    to_zh: str | None
    to_en: str | None
    from_facility_id: UUID
    to_facility_id: UUID | None
    sent_back: bool
    event_id: UUID
    receipt_event_id: UUID | None
    event_time: datetime
    documents: list[dict[str, str]]
    status: ShipmentStatus
    note: str | None
    recorded_at: datetime
    lines: list[ShipmentLineView]


@dataclass(frozen=True)
class ShipmentFilter:
    """Which shipments a party asks for: what comes to it or what it sent, and in which state."""

    box: Box = "in"
    status: str | None = None
    batch_id: UUID | None = None
    code: str | None = None
    waiting_first: bool = False


def search_shipments(
    session: Session, party_id: UUID | None, asked: ShipmentFilter, limit: int, cursor: str | None
) -> Page[Shipment]:
    """A party's shipments, the newest first, or before all others those that wait for an answer.

    Without a party, all that the session sees.
    """
    where: list[ColumnElement[bool] | bool] = []
    if party_id is not None:
        where.append((Shipment.to_party_id if asked.box == "in" else Shipment.party_id) == party_id)
    if asked.status:
        where.append(Shipment.status == asked.status)
    if asked.batch_id:
        held = select(ShipmentLine.shipment_id).where(ShipmentLine.batch_id == asked.batch_id)
        where.append(col(Shipment.id).in_(held))
    if asked.code:
        of_code = and_(col(ShipmentLine.shipment_id) == Shipment.id, col(ShipmentLine.code) == asked.code)
        where.append(select(ShipmentLine.number).where(of_code).exists())
    total = session.exec(select(func.count()).select_from(Shipment).where(*where)).one()
    waits = (
        case((col(Shipment.status) == WAITS[asked.box], 1), else_=0) if asked.waiting_first else literal(0)
    )
    query = select(Shipment).where(*where)
    if cursor:
        rank, id_ = _place_of(cursor)
        query = query.where(or_(waits < rank, and_(waits == rank, col(Shipment.id) < id_)))
    rows = session.exec(query.order_by(waits.desc(), col(Shipment.id).desc()).limit(limit + 1)).all()
    more = write_cursor(_rank(rows[limit - 1], asked), rows[limit - 1].id) if len(rows) > limit else None
    return Page(rows[:limit], total, more)


def _rank(shipment: Shipment, asked: ShipmentFilter) -> int:
    return int(asked.waiting_first and shipment.status == WAITS[asked.box])


def _place_of(cursor: str) -> tuple[int, UUID]:
    rank, id_ = read_cursor(cursor, 2)
    try:
        return int(rank == "1"), UUID(id_)
    except ValueError:
        raise unfit("bad-cursor", "This cursor was not given out here.", "cursor") from None


def list_shipment_lines(session: Session, shipment_id: UUID) -> Sequence[ShipmentLine]:
    query = select(ShipmentLine).where(ShipmentLine.shipment_id == shipment_id)
    return session.exec(query.order_by(col(ShipmentLine.number))).all()


def shipments_of(session: Session, event_id: UUID) -> Sequence[Shipment]:
    """The shipments that an event sent."""
    return session.exec(select(Shipment).where(Shipment.event_id == event_id)).all()


def find_receipt(session: Session, event_id: UUID) -> Shipment | None:
    """The shipment that an event received."""
    return session.exec(select(Shipment).where(Shipment.receipt_event_id == event_id)).first()


def was_sent_to(session: Session, batch_id: UUID, party_id: UUID) -> bool:
    """Whether a batch was ever shipped to a party."""
    query = select(ShipmentLine.shipment_id).where(
        ShipmentLine.batch_id == batch_id,
        ShipmentLine.shipment_id == Shipment.id,
        Shipment.to_party_id == party_id,
    )
    return session.exec(query.limit(1)).first() is not None
