"""Parties: enterprises, laboratories and regulators."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar
from uuid import UUID

from sqlalchemy import ColumnElement, and_, false, or_, tuple_
from sqlmodel import JSON, Field, Session, SQLModel, col, func, select

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
from tracelot.records.paging import Page, read_cursor, write_cursor
from tracelot.records.searching import holds_all
from tracelot.rules.parties import PartyStatus, PartyType
from tracelot.rules.refusals import unfit


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
    """A party as kept. `uscc_claim` is its USCC once verified: the code then has this one owner.

    An archived party has closed down or was merged: it stays readable, and nobody acts for it.
    """

    COMMITTED: ClassVar[frozenset[str]] = frozenset(
        {"legal_rep", "main_responsible_person", "phone", "email"}
    )

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
    second_factor_since: datetime | None = None  # from when on all its people need one
    archived_at: datetime | None = None
    archived_by: UUID | None = None
    archive_reason: str | None = None
    successor_id: UUID | None = None


class PartyView(PartyFields):
    id: UUID
    version: int
    status: PartyStatus
    territory: list[str]
    recorded_at: datetime
    decided_at: datetime | None
    decision_note: str | None
    archived_at: datetime | None
    archive_reason: str | None
    successor_id: UUID | None


class PublicParty(SQLModel):
    """What anyone may know of a verified party: who it is and where to reach it, no person's data."""

    id: UUID
    name_zh: str
    name_en: str | None
    region_code: str
    sc_no: str | None
    jy_no: str | None
    licence_expiry: date | None


def lock_party(session: Session, party_id: UUID) -> None:
    """Let only one at a time take documents into a party's books, until this transaction ends.

    Rows that name the party can be added meanwhile: nothing else waits for it.
    """
    session.exec(select(Party.id).where(Party.id == party_id).with_for_update(key_share=True)).all()


def find_claimant(session: Session, uscc: str) -> Party | None:
    """The verified party that owns a USCC."""
    return session.exec(select(Party).where(Party.uscc_claim == uscc)).one_or_none()


@dataclass(frozen=True)
class PartyFilter:
    """Which parties are asked for; `but` is left out."""

    status: str | None = None
    text: str | None = None
    but: UUID | None = None


def search_parties(session: Session, asked: PartyFilter, limit: int, cursor: str | None) -> Page[Party]:
    """Parties that the session may see, those waiting longest first."""
    where = _conditions(asked)
    total = session.exec(select(func.count()).select_from(Party).where(*where)).one()
    keys = (col(Party.recorded_at), col(Party.id))
    query = select(Party).where(*where).order_by(*keys).limit(limit + 1)
    if cursor:
        query = query.where(tuple_(*keys) > _place(cursor))
    rows = session.exec(query).all()
    more = len(rows) > limit
    rest = write_cursor(rows[limit - 1].recorded_at.isoformat(), rows[limit - 1].id) if more else None
    return Page(rows[:limit], total, rest)


def _conditions(asked: PartyFilter) -> list[ColumnElement[bool]]:
    where: list[ColumnElement[bool]] = []
    if asked.status:
        where.append(col(Party.status) == asked.status)
    if asked.but:
        where.append(col(Party.id) != asked.but)
    if asked.text:
        named = holds_all("party", col(Party.id), asked.text)
        where.append(or_(and_(*named) if named else false(), col(Party.uscc) == asked.text.strip().upper()))
    return where


def _place(cursor: str) -> tuple[datetime, UUID]:
    try:
        moment, row = read_cursor(cursor, 2)
        return datetime.fromisoformat(moment), UUID(row)
    except ValueError:
        raise unfit("bad-cursor", "This cursor was not given out here.", "cursor") from None
