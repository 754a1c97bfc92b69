"""What an import makes of a file: candidates for the books, each with what is wrong with it; and who can read which."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Protocol, Self
from uuid import UUID

from sqlalchemy import Dialect
from sqlmodel import SQLModel

from tracelot.formats.tables import Table
from tracelot.operations.spooling import Spool
from tracelot.operations.visit import Visit
from tracelot.records.filling import bound
from tracelot.records.imports import Problem
from tracelot.records.journal import Waiting


@dataclass(frozen=True)
class Candidate:
    """One record of a file. It is fit where there are no problems, and `known` where it stands in the books already.

    `told` is the hash of what it says; `record` is what its noun makes of it; `parts` is how much is in it.
    """

    row: int
    rows: int
    problems: Sequence[Problem]
    told: str = ""
    record: Any = None
    new: Any = None  # as somebody would send it by itself
    known: bool = False
    parts: int = 0
    failing: bool = False  # what it says stops goods


@dataclass(frozen=True)
class Reading:
    """A table as it was understood, and the candidates in it, some of them at a time."""

    layout: str
    unknown: Sequence[str]
    candidates: Iterator[Sequence[Candidate]]


@dataclass
class Harvest:
    """Records on their way into the books: their rows by table, what the journal tells of them, and their ids."""

    dialect: Dialect
    party_id: UUID
    rows: Mapping[type[SQLModel], Spool]
    told: Spool = field(default_factory=Spool)
    ids: Spool = field(default_factory=Spool)
    follow: Spool = field(default_factory=Spool)  # from what something follows

    @classmethod
    def of(cls, visit: Visit, models: Sequence[type[SQLModel]], party_id: UUID) -> Self:
        return cls(visit.connection.dialect, party_id, {model: Spool() for model in models})

    def put(self, model: type[SQLModel], rows: Sequence[Mapping[str, Any]]) -> None:
        """Rows of the party that writes; what guards the unit of work does not see them."""
        if any(row["party_id"] != self.party_id for row in rows):
            raise RuntimeError(f"A row of {model.__name__} does not belong to the party that writes.")
        self.rows[model].add(list(bound(self.dialect, model, rows)))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with ExitStack() as spools:
            for spool in (*self.rows.values(), self.told, self.ids, self.follow):
                spools.enter_context(spool)


class Noun(Protocol):
    """A kind of record that comes by files."""

    @property
    def act(self) -> str:
        """What one must be allowed to do, to bring such records."""

    @property
    def models(self) -> Sequence[type[SQLModel]]:
        """The tables of its rows, in the order in which they are written."""

    def read(self, visit: Visit, table: Table, import_id: UUID) -> Reading: ...

    def table(self, visit: Visit, table: Table) -> tuple[Sequence[str], Iterator[tuple[int, Sequence[str]]]]:
        """The titles of a table and its rows as they were sent, under their numbers."""

    def gather(self, visit: Visit, some: Sequence[Candidate], harvest: Harvest) -> None:
        """Add what becomes of candidates: rows and entries of the journal as if each was recorded by itself."""

    def follow(self, visit: Visit, told: Iterable[Sequence[Any]]) -> None:
        """Do what follows from records that were written, as the harvest has it."""

    def withdraw(self, visit: Visit, ids: Sequence[UUID], since: Any, reason: str) -> Sequence[Waiting]:
        """Take records back, or refuse where something builds on one; answers what the journal tells."""
