"""What the tests of keeping share: a clock that can be set, and what is left in a store."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Engine
from sqlmodel import SQLModel, select

from tracelot.records.sights import EVERYTHING
from tracelot.records.tenancy import ScopedSession
from tracelot.rules.access import STORE_HOLDER as HOLDER

__all__ = ["HOLDER", "all_rows", "noon"]


def noon(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 4, tzinfo=UTC)  # noon in Shanghai


def all_rows(engine: Engine, model: type[SQLModel], **wanted: Any) -> Sequence[Any]:
    """Every row of a table with these values, detached."""
    with engine.connect() as connection, ScopedSession(connection, EVERYTHING) as session:
        rows = session.exec(select(model).filter_by(**wanted)).all()
        session.expunge_all()
        return rows


def ids(rows: Sequence[Any]) -> set[UUID]:
    return {row.id for row in rows}
