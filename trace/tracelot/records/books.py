"""How an enterprise keeps its books of goods: under which law, what it refuses, and what it lets customers see."""

from uuid import UUID

from sqlmodel import JSON, Field, Session, SQLModel

from tracelot.records.inputs import Shape
from tracelot.records.locking import versioned
from tracelot.rules.key_data import Jurisdiction


class BookFields(SQLModel):
    jurisdictions: list[Jurisdiction] = Field(default=["CN"], min_length=1, max_length=2)
    refuse_incomplete: bool = False
    refuse_overdrawn: bool = False
    share_origin: bool = False  # customers see of which batches their goods were made


class BookChange(BookFields, Shape):
    """The settings as they shall be from now on."""


@versioned
class BookSetting(BookFields, table=True):
    jurisdictions: list[str] = Field(default_factory=list, sa_type=JSON)
    party_id: UUID = Field(primary_key=True, foreign_key="party.id")
    version: int = 1


class BookView(BookFields):
    """The settings that hold; those of whoever chose nothing are the usual ones."""


def books_of(session: Session, party_id: UUID) -> BookFields:
    return session.get(BookSetting, party_id) or BookFields()


def share_origin(session: Session, party_id: UUID) -> bool:
    return books_of(session, party_id).share_origin
