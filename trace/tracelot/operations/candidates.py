"""What an import makes of a file: candidates for the books, each with what is wrong with it; and who can read which."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import UUID

from tracelot.formats.tables import Table
from tracelot.operations.visit import Visit
from tracelot.records.imports import Problem


@dataclass(frozen=True)
class Candidate:
    """One record of a file. It is fit where there are no problems, and `known` where it stands in the books already.

    `told` is what it says, in a form of which a hash can be taken; `parts` is how many findings are in it.
    """

    row: int
    rows: int
    problems: Sequence[Problem]
    told: str = ""
    record: Any = None
    known: bool = False
    parts: int = 0


@dataclass(frozen=True)
class Reading:
    """A table as it was understood, and the candidates in it, some of them at a time."""

    layout: str
    unknown: Sequence[str]
    candidates: Iterator[Sequence[Candidate]]


class Noun(Protocol):
    """A kind of record that comes by files."""

    act: str  # what one must be allowed to do, to bring such records

    def read(self, visit: Visit, table: Table, import_id: UUID) -> Reading: ...

    def table(self, visit: Visit, table: Table) -> tuple[Sequence[str], Iterator[tuple[int, Sequence[str]]]]:
        """The titles of a table and its rows as they were sent, under their numbers."""

    def write(self, visit: Visit, some: Sequence[Candidate], import_id: UUID) -> None:
        """Put candidates into the books; all that each of them says goes into the journal."""

    def withdraw(self, visit: Visit, import_id: UUID, reason: str) -> int:
        """Take all records of an import back, or refuse where something builds on one; says how many they were."""
