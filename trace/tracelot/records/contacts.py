"""Contacts: partners that are not in Trace, as the enterprise that trades with them keeps them."""

from collections.abc import Sequence
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from sqlalchemy import func
from sqlmodel import Field, Session, SQLModel, UniqueConstraint, col, select

from tracelot.records.inputs import Gln, Label, MaybeEmail, Name, OwnCode, RegionCode, Shape, Uscc
from tracelot.records.locking import versioned
from tracelot.records.paging import Page, read_cursor, write_cursor
from tracelot.rules.refusals import unfit


class ContactFields(SQLModel):
    name: Name
    code: OwnCode = None
    uscc: Uscc | None = None
    licence_no: Label = None
    address: Label = None
    region_code: RegionCode | None = None
    phone: Label = None
    email: MaybeEmail = None
    gln: Gln = None


class NewContact(ContactFields, Shape):
    id: UUID | None = None


class ContactChange(Shape):
    name: Name | None = None
    uscc: Uscc | None = None
    licence_no: Label = None
    address: Label = None
    region_code: RegionCode | None = None
    phone: Label = None
    email: MaybeEmail = None
    gln: Gln = None


@versioned
class Contact(ContactFields, table=True):
    """A partner as kept by one enterprise; `claimed_by` is the party that showed that it is this partner.

    The secret of the one-time link is kept only as its SHA-256.
    """

    COMMITTED: ClassVar[frozenset[str]] = frozenset({"phone", "email"})

    __table_args__ = (UniqueConstraint("party_id", "code"),)

    id: UUID = Field(primary_key=True)
    version: int = 1
    party_id: UUID = Field(foreign_key="party.id", index=True)
    claimed_by: UUID | None = Field(default=None, foreign_key="party.id", index=True)
    claimed_at: datetime | None = None
    digest: str | None = Field(default=None, index=True)
    link_ends_at: datetime | None = None
    origin_hash: str
    recorded_at: datetime
    recorded_by: UUID | None


class ContactView(ContactFields):
    id: UUID
    version: int
    claimed_by: UUID | None
    claimed_at: datetime | None
    recorded_at: datetime


def list_contacts(session: Session, party_id: UUID) -> Sequence[Contact]:
    query = select(Contact).where(Contact.party_id == party_id)
    return session.exec(query.order_by(col(Contact.name), col(Contact.id))).all()


def search_contacts(
    session: Session, party_id: UUID, text: str | None, limit: int, cursor: str | None
) -> Page[Contact]:
    """A party's contacts, the last added first."""
    where = [Contact.party_id == party_id]
    if text:
        pattern = f"%{text.replace('!', '!!').replace('%', '!%').replace('_', '!_')}%"
        where.append(col(Contact.name).ilike(pattern, escape="!"))  # type: ignore[arg-type]
    total = session.exec(select(func.count()).select_from(Contact).where(*where)).one()
    query = select(Contact).where(*where)
    if cursor:
        query = query.where(col(Contact.id) < place_of(cursor))
    rows = session.exec(query.order_by(col(Contact.id).desc()).limit(limit + 1)).all()
    more = write_cursor(rows[limit - 1].id) if len(rows) > limit else None
    return Page(rows[:limit], total, more)


def place_of(cursor: str) -> UUID:
    """The id at which a page of rows in the order of their ids ended."""
    try:
        return UUID(read_cursor(cursor, 1)[0])
    except ValueError:
        raise unfit("bad-cursor", "This cursor was not given out here.", "cursor") from None
