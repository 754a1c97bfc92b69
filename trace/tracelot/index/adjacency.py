"""Told lines as compressed sparse rows: from each stock the stocks beyond its lines, in both directions.

A line with one stock on a side joins directly. A line that joins several to several goes over a junction, so that
n goods that went into m cost n + m. A line without a second side leads to the sink, which nothing leaves.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tracelot.index.numbers import Small

Bits = NDArray[np.bool_]
SINK = -1  # junction j is -2 - j: negative numbers count from the end of an array over all nodes
MADE = 1  # lowest bit of `via`: the line makes the batch of the stock it puts into out of another batch


@dataclass(frozen=True)
class Lines:
    """The sides of lines, sorted by line, each stock once for each line and side."""

    lines: int
    take_line: Small
    take_stock: Small
    put_line: Small
    put_stock: Small


@dataclass(frozen=True)
class Way:
    """One direction. The entries of a stock lie between its two pointers; `via` is twice the line, and MADE."""

    pointers: Small
    to: Small
    via: Small
    junction_pointers: Small
    junction_to: Small
    junction_made: Bits

    @property
    def nbytes(self) -> int:
        parts = (
            self.pointers,
            self.to,
            self.via,
            self.junction_pointers,
            self.junction_to,
            self.junction_made,
        )
        return sum(part.nbytes for part in parts)


@dataclass(frozen=True)
class Adjacency:
    """Both directions, and the line of each junction."""

    forward: Way
    backward: Way
    junction_line: Small

    @property
    def stocks(self) -> int:
        return len(self.forward.pointers) - 1

    @property
    def junctions(self) -> int:
        return len(self.junction_line)

    @property
    def nbytes(self) -> int:
        return self.forward.nbytes + self.backward.nbytes + self.junction_line.nbytes


@dataclass(frozen=True)
class Entries:
    """Pairs of a source and a target with their `via`, in any order."""

    source: Small
    target: Small
    via: Small


def build(lines: Lines, batch_of: Small) -> Adjacency:
    """`batch_of` tells the batch of each stock."""
    takes = np.bincount(lines.take_line, minlength=lines.lines).astype(np.int32)
    puts = np.bincount(lines.put_line, minlength=lines.lines).astype(np.int32)
    made = _made(lines, batch_of, takes)
    joining = (takes > 1) & (puts > 1)
    number = np.full(lines.lines, SINK, np.int32)
    junction_line = np.flatnonzero(joining).astype(np.int32)
    number[junction_line] = -2 - np.arange(len(junction_line), dtype=np.int32)
    forward, backward = _entries(lines, takes, puts, made, number)
    into = joining[lines.put_line]
    out = joining[lines.take_line]
    return Adjacency(
        _way(forward.source, forward.target, forward.via, len(batch_of),
             (puts[junction_line], lines.put_stock[into], made[into])),
        _way(backward.target, backward.source, backward.via, len(batch_of),
             (takes[junction_line], lines.take_stock[out], np.zeros(int(out.sum()), np.bool_))),
        junction_line,
    )  # fmt: skip


def _made(lines: Lines, batch_of: Small, takes: Small) -> Bits:
    """For each put, whether its line took of another batch."""
    if not len(lines.take_line):
        return np.zeros(len(lines.put_line), np.bool_)
    taken = batch_of[lines.take_stock]
    first = np.zeros(lines.lines, np.int32)
    last = np.zeros(lines.lines, np.int32)
    starts = np.flatnonzero(np.diff(lines.take_line, prepend=-1))
    first[lines.take_line[starts]] = np.minimum.reduceat(taken, starts)
    last[lines.take_line[starts]] = np.maximum.reduceat(taken, starts)
    put, line = batch_of[lines.put_stock], lines.put_line
    made: Bits = (takes[line] > 0) & ((first[line] != put) | (last[line] != put))
    return made


def _entries(lines: Lines, takes: Small, puts: Small, made: Bits, number: Small) -> tuple[Entries, Entries]:
    """What leads out of each stock, and what leads into each."""
    only_take = _only(lines.lines, lines.take_line, lines.take_stock, number)
    only_put = _only(lines.lines, lines.put_line, lines.put_stock, number)
    made_first = np.zeros(lines.lines, np.bool_)
    made_first[lines.put_line] = made
    fans = (takes == 1) & (puts >= 1)  # told by the puts; the other lines by their takes
    by_put, by_take = fans[lines.put_line], ~fans[lines.take_line]
    line, taken = lines.take_line[by_take], lines.take_stock[by_take]
    single = made_first[line] & (puts[line] == 1)
    fan_line, fan_stock = lines.put_line[by_put], lines.put_stock[by_put]
    fan_via = fan_line * 2 + made[by_put]
    forward = _joined(
        (only_take[fan_line], fan_stock, fan_via),
        (taken, np.where(puts[line] == 1, only_put[line], number[line]), line * 2 + single),
    )
    gather = (takes > 1) & (puts == 1)  # told by the takes; the other lines by their puts
    of_take, of_put = gather[lines.take_line], ~gather[lines.put_line]
    line, put = lines.put_line[of_put], lines.put_stock[of_put]
    meet_line = lines.take_line[of_take]
    backward = _joined(
        (lines.take_stock[of_take], only_put[meet_line], meet_line * 2 + made_first[meet_line]),
        (np.where(takes[line] == 1, only_take[line], number[line]), put, line * 2 + made[of_put]),
    )
    return forward, backward


def _only(lines: int, line: Small, stock: Small, number: Small) -> Small:
    """The stock of each line that has one on this side; junctions and the sink where it has more or none."""
    found = number.copy()
    found[line] = stock
    return found


def _joined(one: tuple[Small, Small, Small], other: tuple[Small, Small, Small]) -> Entries:
    source, target, via = (np.concatenate(pair).astype(np.int32) for pair in zip(one, other, strict=True))
    return Entries(source, target, via)


def _way(start: Small, end: Small, via: Small, stocks: int, junctions: tuple[Small, Small, Bits]) -> Way:
    order = np.argsort(start, kind="stable")
    counts, to, made = junctions
    return Way(
        pointers(np.bincount(start, minlength=stocks)),
        end[order],
        via[order],
        pointers(counts),
        np.ascontiguousarray(to),
        np.ascontiguousarray(made),
    )


def pointers(counts: NDArray[np.integer]) -> Small:
    """Where the entries of each begin, and the end of the last."""
    found = np.zeros(len(counts) + 1, np.int32)
    np.cumsum(counts, out=found[1:])
    return found


def spans(first: Small, counts: Small) -> Small:
    """All the places from each of the first on, as many as are counted there."""
    ends = np.cumsum(counts, dtype=np.int32)
    found = np.arange(
        int(ends[-1]) if len(ends) else 0, dtype=np.intp
    )  # what `take` wants: it converts all else
    found += np.repeat(first - (ends - counts), counts)
    return found


class Scratch:
    """Marks over all nodes: stocks from the beginning, junctions and the sink from the end; clean between walks."""

    def __init__(self) -> None:
        self.seen: Bits = np.zeros(0, np.bool_)
        self.slot: Small = np.zeros(0, np.int32)
        self.wholes: Bits = np.zeros(0, np.bool_)

    def reach(self, stocks: int, junctions: int, batches: int) -> None:
        """Room for so many; what is marked stays marked."""
        if max(stocks, batches) + junctions + 1 > len(self.seen):
            room = max(stocks, batches)
            size = room + room // 8 + 1024 + junctions + 1
            seen = np.zeros(size, np.bool_)
            end = junctions + 1
            if len(self.seen) >= end:
                seen[: len(self.seen) - end] = self.seen[:-end]
                seen[-end:] = self.seen[-end:]
            self.seen, self.slot = seen, np.zeros(size, np.int32)
        if batches > len(self.wholes):
            wholes = np.zeros(batches + batches // 8 + 1024, np.bool_)
            wholes[: len(self.wholes)] = self.wholes
            self.wholes = wholes
