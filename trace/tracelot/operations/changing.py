"""What every registration and change of a record has in common."""

from typing import Protocol, TypeVar

from sqlalchemy import inspect
from sqlmodel import SQLModel

from tracelot.operations.visit import Visit
from tracelot.rules.refusals import Conflict, Stale, unfit


class Versioned(Protocol):
    version: int


class Originated(Protocol):
    origin_hash: str


Row = TypeVar("Row", bound=Originated)


def demand_same(row: Row, origin: str) -> Row:
    """A record sent again under its id is the same record, or refused."""
    if row.origin_hash != origin:
        raise Conflict("id-taken", "Another record stands under this id.")
    return row


def demand_version(row: Versioned, version: int | None) -> None:
    """The caller must have seen the version that it acts on, where it says which."""
    if version is not None and row.version != version:
        raise Stale("changed-meanwhile", "The record changed after you read it.")


def apply_change(visit: Visit, row: SQLModel, change: SQLModel) -> None:
    """Set the fields that a change names; a field that must be there cannot be emptied."""
    columns = inspect(type(row)).columns
    for name, value in change.model_dump(exclude_unset=True).items():
        if value is None and not columns[name].nullable:
            raise unfit("missing", "This field cannot be emptied.", name)
        setattr(row, name, value)
    visit.session.add(row)
    visit.session.flush()
