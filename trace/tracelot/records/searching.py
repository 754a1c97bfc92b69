"""The table of search terms, one for all kinds of records and both databases."""

from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement
from sqlmodel import Field, Session, SQLModel, col, delete, select

from tracelot.rules.searching import query_terms, terms


class SearchTerm(SQLModel, table=True):
    kind: str = Field(primary_key=True)
    term: str = Field(primary_key=True)
    subject_id: UUID = Field(primary_key=True, index=True)


def index_text(session: Session, kind: str, subject_id: UUID, *texts: str | None) -> None:
    """Make a record findable by the texts, and by nothing else any more."""
    session.exec(
        delete(SearchTerm).where(col(SearchTerm.kind) == kind, col(SearchTerm.subject_id) == subject_id)
    )
    session.add_all(SearchTerm(kind=kind, term=term, subject_id=subject_id) for term in sorted(terms(*texts)))


def holds_all(kind: str, subject: Any, text: str) -> list[ColumnElement[bool]]:
    """Conditions that a record is findable by every term of the text."""
    return [
        subject.in_(select(SearchTerm.subject_id).where(SearchTerm.kind == kind, SearchTerm.term == term))
        for term in query_terms(text)
    ]
