"""Who answers for what, on the firm's side and on the office's: named, handed on, and never erased from the list."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Literal, get_args
from uuid import UUID

from sqlmodel import Field, Index, Session, SQLModel, col, select

from tracelot.records.inputs import Shape

Side = Literal["firm", "office"]
SubjectKind = Literal["party", "area", "product", "batch", "recall", "tip"]
SUBJECT_KINDS: tuple[SubjectKind, ...] = get_args(SubjectKind)


class NewResponsible(Shape):
    """Who answers from now on; nobody is said by leaving the account out."""

    account_id: UUID | None = None


class Responsible(SQLModel, table=True):
    """Somebody of a party answers for a subject since a moment; `until` ends it when somebody else is named.

    A subject is named by its id, an area by its code. Of a party itself it is who answers where nobody else is named.
    """

    __table_args__ = (Index("ix_responsible_subject", "subject_kind", "subject_id", "side"),)

    id: UUID = Field(primary_key=True)
    subject_kind: str
    subject_id: str
    side: str
    party_id: UUID = Field(foreign_key="party.id", index=True)
    account_id: UUID | None = Field(default=None, index=True)
    since: datetime
    until: datetime | None = None
    recorded_by: UUID | None = None


class PersonView(SQLModel):
    """Who answers, of which party; without a name nobody is named yet."""

    party_zh: str
    party_en: str | None
    account_id: UUID | None = None
    name: str | None = None
    since: datetime | None = None


class BothView(SQLModel):
    """The two who answer for a subject."""

    firm: PersonView | None
    office: PersonView | None


def list_present(
    session: Session, side: str, kind: str, subjects: Collection[str], parties: Collection[UUID] = ()
) -> Sequence[Responsible]:
    """Who answers now for subjects of a kind; of some parties, or of any."""
    query = select(Responsible).where(
        Responsible.side == side,
        Responsible.subject_kind == kind,
        col(Responsible.subject_id).in_(subjects),
        col(Responsible.until).is_(None),
    )
    if parties:
        query = query.where(col(Responsible.party_id).in_(parties))
    return session.exec(query.order_by(col(Responsible.since), col(Responsible.id))).all()


def list_history(session: Session, kind: str, subject: str) -> Sequence[Responsible]:
    """Who answered for a subject, on either side, in the order of time."""
    query = select(Responsible).where(
        Responsible.subject_kind == kind, col(Responsible.subject_id) == subject
    )
    return session.exec(query.order_by(col(Responsible.since), col(Responsible.id))).all()


def list_of_party(session: Session, party_id: UUID, kind: str) -> Sequence[Responsible]:
    """Whom a party names now for subjects of a kind."""
    query = select(Responsible).where(Responsible.party_id == party_id, Responsible.subject_kind == kind)
    return session.exec(
        query.where(col(Responsible.until).is_(None)).order_by(col(Responsible.subject_id))
    ).all()
