"""Facilities: the places where goods are made, kept and sold."""

from collections.abc import Sequence
from datetime import datetime
from typing import ClassVar, Literal
from uuid import UUID

from sqlmodel import Field, Session, SQLModel, UniqueConstraint, col, select

from tracelot.records.inputs import Degrees, Gln, Label, Name, OwnCode, RegionCode, Shape
from tracelot.records.locking import versioned

FacilityKind = Literal["plant", "farm", "warehouse", "shop", "office", "laboratory", "other"]


class FacilityFields(SQLModel):
    name_zh: Name
    name_en: Label = None
    kind: FacilityKind = "plant"
    code: OwnCode = None
    gln: Gln = None
    address_zh: Name
    address_en: Label = None
    region_code: RegionCode
    longitude: Degrees = Field(default=None, ge=-180, le=180)
    latitude: Degrees = Field(default=None, ge=-90, le=90)
    phone: Label = None


class NewFacility(FacilityFields, Shape):
    id: UUID | None = None


class FacilityChange(Shape):
    name_zh: Name | None = None
    name_en: Label = None
    kind: FacilityKind | None = None
    address_zh: Name | None = None
    address_en: Label = None
    region_code: RegionCode | None = None
    longitude: Degrees = Field(default=None, ge=-180, le=180)
    latitude: Degrees = Field(default=None, ge=-90, le=90)
    phone: Label = None
    closed: bool | None = None


@versioned
class Facility(FacilityFields, table=True):
    COMMITTED: ClassVar[frozenset[str]] = frozenset({"phone"})

    __table_args__ = (UniqueConstraint("party_id", "code"), UniqueConstraint("party_id", "gln"))

    kind: str
    id: UUID = Field(primary_key=True)
    version: int = 1
    party_id: UUID = Field(foreign_key="party.id", index=True)
    closed: bool = False
    origin_hash: str
    recorded_at: datetime
    recorded_by: UUID | None


class FacilityView(FacilityFields):
    id: UUID
    version: int
    closed: bool
    recorded_at: datetime


def list_facilities(session: Session, party_id: UUID) -> Sequence[Facility]:
    query = select(Facility).where(Facility.party_id == party_id)
    return session.exec(query.order_by(col(Facility.name_zh), col(Facility.id))).all()
