"""Personal values of the journal: each stands in its record as a commitment, and here in clear with its salt.

Erasing a row here leaves every commitment as it was: the record still proves itself, and nobody can tell any
more, or guess, what the value was.
"""

from collections.abc import Iterable, Sequence
from uuid import UUID

from sqlmodel import Field, Session, SQLModel, col, select


class PersonalValue(SQLModel, table=True):
    """`value` is canonical JSON; SHA-256 over salt and value stands in the record under the field's name."""

    entry_id: UUID = Field(primary_key=True)
    field: str = Field(primary_key=True)
    party_id: UUID | None = Field(default=None, index=True)
    subject_id: UUID = Field(index=True)
    value: str
    salt: str


def list_personal(session: Session, entry_ids: Iterable[UUID]) -> Sequence[PersonalValue]:
    query = select(PersonalValue).where(col(PersonalValue.entry_id).in_(list(entry_ids)))
    return session.exec(query.order_by(col(PersonalValue.entry_id), col(PersonalValue.field))).all()


def list_personal_of(session: Session, subject_ids: Iterable[UUID]) -> Sequence[PersonalValue]:
    """All that the journal still says in clear of people behind these records."""
    query = select(PersonalValue).where(col(PersonalValue.subject_id).in_(list(subject_ids)))
    return session.exec(query).all()
