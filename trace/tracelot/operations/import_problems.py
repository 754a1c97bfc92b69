"""The rows of a file that were not fit, as they were sent, each with what is wrong with it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tracelot.formats.tables import open_table
from tracelot.operations.imports import NOUNS
from tracelot.operations.visit import Visit
from tracelot.records.imports import Import, Problem, read_file, read_problems
from tracelot.rules.refusals import Unknown


@dataclass(frozen=True)
class FaultyRow:
    """A row of a report with which something is wrong, in this row or another one of it."""

    number: int
    cells: Sequence[str]
    problems: Sequence[Problem]


def faulty_rows(visit: Visit, kept: Import) -> tuple[Sequence[str], Iterator[FaultyRow]]:
    """The titles, and all rows that have to be sent again."""
    visit.demand("import.read")
    content = read_file(visit.session, kept)
    if not content:
        raise Unknown("file-gone", "The file is not kept any more.")
    titles, rows = NOUNS[kept.noun].table(visit, open_table(content))
    return titles, _chosen(rows, read_problems(visit.session, kept))


def _chosen(rows: Iterator[tuple[int, Sequence[str]]], problems: Iterator[Problem]) -> Iterator[FaultyRow]:
    """Both come in the order of the rows, so neither is ever whole in memory."""
    waiting = next(problems, None)
    last = 0
    for number, cells in rows:
        found: list[Problem] = []
        while waiting is not None and waiting.first <= number:
            last = max(last, waiting.last)
            if waiting.row > number:
                break
            found.append(waiting)
            waiting = next(problems, None)
        if number <= last:
            yield FaultyRow(number, cells, found)
