"""Logistic units: pallets and cases, as places that move, with the stops of their way."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import func
from sqlmodel import Field, Index, Session, SQLModel, col, select

from tracelot.records.contacts import place_of
from tracelot.records.events import EventVoid
from tracelot.records.inputs import OwnCode, Sscc
from tracelot.records.paging import Page, write_cursor
from tracelot.records.shipments import RECEIVED, Shipment, ShipmentLine


class LogisticUnit(SQLModel, table=True):
    """One filling of a pallet or case, under its SSCC or an own code: a carrier used again is another unit."""

    __table_args__ = (Index("ix_logisticunit_party_id_code", "party_id", "code"),)

    id: UUID = Field(primary_key=True)
    party_id: UUID = Field(foreign_key="party.id")
    sscc: Sscc = Field(default=None, index=True)
    code: OwnCode = None
    event_id: UUID = Field(index=True)  # the packing that made it
    recorded_at: datetime
    recorded_by: UUID | None


class UnitStop(SQLModel, table=True):
    """Where a unit came to be: a facility, a lane, or another unit that carries it from then on.

    `source` is where it left, if that was told: the empty text where it began there. An empty place is its end.
    """

    id: UUID = Field(primary_key=True)
    unit_id: UUID = Field(index=True)
    event_id: UUID = Field(foreign_key="event.id", index=True)
    party_id: UUID = Field(foreign_key="party.id")
    place: str = Field(index=True)
    source: str | None = None
    event_time: datetime
    recorded_at: datetime


class UnitView(SQLModel):
    id: UUID
    party_id: UUID
    sscc: str | None
    code: str | None
    place: str | None = None
    recorded_at: datetime


class StopView(SQLModel):
    place: str
    event_id: UUID
    event_time: datetime


def search_units(
    session: Session, party_id: UUID, code: str | None, limit: int, cursor: str | None
) -> Page[LogisticUnit]:
    """The units that a party packed or received, the newest first; `code` is an SSCC or an own code."""
    came = select(ShipmentLine.unit_id).where(
        ShipmentLine.shipment_id == Shipment.id,
        Shipment.to_party_id == party_id,
        col(Shipment.status).in_(RECEIVED),
    )
    where = [(col(LogisticUnit.party_id) == party_id) | col(LogisticUnit.id).in_(came)]
    if code:
        where.append((col(LogisticUnit.code) == code) | (col(LogisticUnit.sscc) == code))
    total = session.exec(select(func.count()).select_from(LogisticUnit).where(*where)).one()
    query = select(LogisticUnit).where(*where)
    if cursor:
        query = query.where(col(LogisticUnit.id) < place_of(cursor))
    rows = session.exec(query.order_by(col(LogisticUnit.id).desc()).limit(limit + 1)).all()
    more = write_cursor(rows[limit - 1].id) if len(rows) > limit else None
    return Page(rows[:limit], total, more)


def find_by_sscc(session: Session, party_id: UUID, sscc: str) -> LogisticUnit | None:
    """The latest filling of a party's own under an SSCC."""
    query = select(LogisticUnit).where(LogisticUnit.party_id == party_id, LogisticUnit.sscc == sscc)
    return session.exec(query.order_by(col(LogisticUnit.recorded_at).desc()).limit(1)).first()


def list_stops(session: Session, unit_ids: Iterable[UUID]) -> Sequence[UnitStop]:
    """The stops of units that still stand, in the order of their time."""
    query = select(UnitStop).where(
        col(UnitStop.unit_id).in_(list(unit_ids)), col(UnitStop.event_id).not_in(select(EventVoid.event_id))
    )
    order = (col(UnitStop.event_time), col(UnitStop.recorded_at), col(UnitStop.id))
    return session.exec(query.order_by(*order)).all()


def list_inside(session: Session, places: Collection[str]) -> Sequence[UUID]:
    """The units that ever were at one of some places."""
    return session.exec(select(UnitStop.unit_id).where(col(UnitStop.place).in_(places)).distinct()).all()
