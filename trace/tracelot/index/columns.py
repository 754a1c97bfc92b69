"""Postings as columns, sorted by line: what stood when the arrays were built, voided records too."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tracelot.index.adjacency import Bits, Lines, pointers
from tracelot.index.numbers import Ints, Small
from tracelot.rules.quantities import STEP, plain

UNKNOWN = np.iinfo(np.int64).min  # an amount that nobody told


class Row(NamedTuple):
    """One posting; the amount is in millionths."""

    stock: int
    put: bool
    amount: int
    unit: int
    record: int


def counted(amount: Decimal | None) -> int:
    return int(UNKNOWN) if amount is None else int(amount / STEP)


def told(amount: int) -> Decimal | None:
    return None if amount == UNKNOWN else Decimal(plain(Decimal(amount) * STEP))


def told_each(amounts: Ints) -> list[Decimal | None]:
    """Many amounts; those that are alike are made once."""
    found, places = np.unique(amounts, return_inverse=True)
    each = [told(amount) for amount in found.tolist()]
    return [each[place] for place in places.tolist()]


@dataclass(frozen=True)
class Columns:
    """`pointers` tell where the postings of each line begin."""

    pointers: Small
    stock: Small
    put: Bits
    amount: Ints
    unit: NDArray[np.int16]
    record: Small

    def __len__(self) -> int:
        return len(self.stock)

    @property
    def lines(self) -> int:
        return len(self.pointers) - 1

    @property
    def nbytes(self) -> int:
        parts = (self.pointers, self.stock, self.put, self.amount, self.unit, self.record)
        return sum(part.nbytes for part in parts)

    def rows(self, line: int) -> list[Row]:
        found = slice(int(self.pointers[line]), int(self.pointers[line + 1]))
        parts = (self.stock, self.put, self.amount, self.unit, self.record)
        return [Row(*row) for row in zip(*(part[found].tolist() for part in parts), strict=True)]

    @property
    def line(self) -> Small:
        """The line of each posting."""
        return np.repeat(np.arange(self.lines, dtype=np.int32), np.diff(self.pointers))

    def sides(self, wrong: Bits) -> Lines:
        """The sides of the lines, without what wrong records say; `wrong` is over records."""
        kept = ~wrong[self.record] if wrong.any() else np.ones(len(self), np.bool_)
        line = self.line
        twice = np.zeros(len(self), np.bool_)
        here = kept.nonzero()[0]
        same = (np.diff(line[here]) == 0) & (np.diff(self.stock[here]) == 0) & ~np.diff(self.put[here])
        twice[here[1:]] = same
        takes, puts = kept & ~self.put & ~twice, kept & self.put & ~twice
        return Lines(self.lines, line[takes], self.stock[takes], line[puts], self.stock[puts])


def columns_of(
    lines: int,
    line: NDArray[Any],
    stock: NDArray[Any],
    put: NDArray[Any],
    rest: tuple[NDArray[Any], NDArray[Any], NDArray[Any]],
) -> Columns:
    """Columns in the order of lines, sides and stocks, from columns in any order."""
    order = np.lexsort((stock, put, line))
    ordered = [part[order] for part in rest]
    return Columns(pointers(np.bincount(line, minlength=lines)), stock[order], put[order], *ordered)


def merged(old: Columns, lines: int, gone: Bits, rows: Iterable[tuple[int, Row]]) -> Columns:
    """The columns with the rows of some lines told anew; `gone` is over the old lines."""
    kept = ~gone[old.line] if len(old) else np.zeros(0, np.bool_)
    new = [(line, *row) for line, row in rows]
    parts = zip(*new, strict=True) if new else ([], [], [], [], [], [])
    line, stock, put, amount, unit, record = parts
    joined: list[NDArray[Any]] = [
        np.concatenate((part[kept], np.array(list(more), part.dtype)))
        for part, more in (
            (old.line, line), (old.stock, stock), (old.put, put),
            (old.amount, amount), (old.unit, unit), (old.record, record),
        )
    ]  # fmt: skip
    return columns_of(lines, joined[0], joined[1], joined[2], (joined[3], joined[4], joined[5]))


EMPTY = Columns(
    np.zeros(1, np.int32), np.zeros(0, np.int32), np.zeros(0, np.bool_),
    np.zeros(0, np.int64), np.zeros(0, np.int16), np.zeros(0, np.int32),
)  # fmt: skip
