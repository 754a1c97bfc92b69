"""Parties: enterprises, laboratories and regulators."""

from datetime import date, datetime
from uuid import UUID

from sqlmodel import JSON, Field, Session, SQLModel, col, select

from tracelot.records.inputs import (
    Degrees,
    Gln,
    Label,
    MaybeDay,
    Name,
    RegionCode,
    ScLicence,
    Shape,
    Uscc,
)
from tracelot.records.locking import versioned
from tracelot.rules.parties import PartyStatus, PartyType


class PartyFields(SQLModel):
    type: PartyType
    name_zh: Name
    name_en: Label = None
    short_name: Label = None
    uscc: Uscc
    legal_rep: Label = None
    main_responsible_person: Label = None
    address_zh: Name
    address_en: Label = None
    region_code: RegionCode
    longitude: Degrees = Field(default=None, ge=-180, le=180)
    latitude: Degrees = Field(default=None, ge=-90, le=90)
    phone: Name
    email: Label = None
    gln: Gln = None
    sc_no: ScLicence = None
    jy_no: Label = None
    licence_expiry: MaybeDay = None


class NewParty(PartyFields, Shape):
    """What a party says of itself when it joins."""


class PartyChange(Shape):
    """What a party may change of itself; its name, USCC and region are confirmed facts and stay."""

    name_en: Label = None
    short_name: Label = None
    legal_rep: Label = None
    main_responsible_person: Label = None
    address_zh: Name | None = None
    address_en: Label = None
    longitude: Degrees = Field(default=None, ge=-180, le=180)
    latitude: Degrees = Field(default=None, ge=-90, le=90)
    phone: Name | None = None
    email: Label = None


@versioned
class Party(PartyFields, table=True):
    """A party as kept. `uscc_claim` is its USCC once verified: the code then has this one owner."""

    type: str
    id: UUID = Field(primary_key=True)
    version: int = 1
    status: str = Field(index=True)
    uscc_claim: str | None = Field(default=None, unique=True)
    region_code: str = Field(index=True)
    territory: list[str] = Field(default_factory=list, sa_type=JSON)
    origin_hash: str
    recorded_at: datetime
    recorded_by: UUID | None
    decided_at: datetime | None = None
    decided_by: UUID | None = None
    decision_note: str | None = None


class PartyView(PartyFields):
    id: UUID
    version: int
    status: PartyStatus
    territory: list[str]
    recorded_at: datetime
    decided_at: datetime | None
    decision_note: str | None


class PublicParty(SQLModel):
    """What anyone may know of a verified party: who it is and where to reach it, no person's data."""

    id: UUID
    name_zh: str
    name_en: str | None
    region_code: str
    sc_no: str | None
    jy_no: str | None
    licence_expiry: date | None


def find_claimant(session: Session, uscc: str) -> Party | None:
    """The verified party that owns a USCC."""
    return session.exec(select(Party).where(Party.uscc_claim == uscc)).one_or_none()


def list_parties(session: Session, status: str | None, limit: int) -> list[Party]:
    """Parties that the session may see, those waiting longest first."""
    query = select(Party).order_by(col(Party.recorded_at), col(Party.id)).limit(limit)
    if status:
        query = query.where(Party.status == status)
    return list(session.exec(query))
