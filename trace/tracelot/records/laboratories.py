"""What laboratories are certified for: their numbers, and from when to when these hold. Everybody may read it."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Literal, get_args
from uuid import UUID

from sqlmodel import Field, Session, SQLModel, col, select

from tracelot.records.inputs import Day, MaybeDay, Name, Reason, Shape

Scheme = Literal["CMA", "CNAS"]
SCHEMES: tuple[Scheme, ...] = get_args(Scheme)


class NewScope(Shape):
    """A certificate of a laboratory, as whoever confirms it read it."""

    scheme: Scheme
    number: Name
    valid_from: Day
    valid_to: MaybeDay = None
    reason: Reason


class LabScope(SQLModel, table=True):
    """A certificate of a laboratory; `party_id` is the laboratory."""

    id: UUID = Field(primary_key=True)
    party_id: UUID = Field(foreign_key="party.id", index=True)
    scheme: str
    number: str
    valid_from: date
    valid_to: date | None = None
    recorded_at: datetime
    recorded_by: UUID | None


class ScopeView(SQLModel):
    scheme: Scheme
    number: str
    valid_from: date
    valid_to: date | None


class LaboratoryView(SQLModel):
    id: UUID
    name_zh: str
    name_en: str | None
    region_code: str
    scopes: list[ScopeView]


def list_scopes(session: Session, lab_id: UUID) -> Sequence[LabScope]:
    query = select(LabScope).where(LabScope.party_id == lab_id)
    return session.exec(query.order_by(col(LabScope.valid_from).desc(), col(LabScope.id))).all()


def scope_on(session: Session, lab_id: UUID, scheme: Scheme, day: date) -> LabScope | None:
    """The certificate that held on a day, the newest of several."""
    for one in list_scopes(session, lab_id):
        if one.scheme == scheme and one.valid_from <= day and (one.valid_to is None or day <= one.valid_to):
            return one
    return None
