"""Where the books of regular batches do not close: goods still on their way, and lines that tell one side alone.

Regular ones have no mark but `GAP`, so nothing about them came beside the arrays; all others are opened one by one.
"""

from collections.abc import Iterator

import numpy as np

from tracelot.index.adjacency import SINK, Bits, Way, spans
from tracelot.index.columns import UNKNOWN, told_each
from tracelot.index.facts import stocks_named
from tracelot.index.keeping import Arrays
from tracelot.index.numbers import MASK, Small
from tracelot.index.places import SINKING, WAY
from tracelot.rules.gaps import Gap, GapKind


def loose_ends(arrays: Arrays, stocks: Small) -> Iterator[Gap]:
    """The gaps at stocks of regular batches."""
    holdings = arrays.holdings
    place = (holdings.stocks.keys[stocks] & MASK).astype(np.int32)
    kind = holdings.places.kinds(holdings.owners)[place]
    lanes = stocks[((kind == WAY) | (kind == SINKING)) & (holdings.puts.array[stocks] > 0)]
    yield from _on_the_way(arrays, lanes)
    yield from _half_told(arrays, stocks)


def _on_the_way(arrays: Arrays, lanes: Small) -> Iterator[Gap]:
    """What was put on lanes and not all taken from them."""
    holdings, columns = arrays.holdings, arrays.holdings.columns
    row = _rows_at(arrays, lanes)
    slot, unit = np.searchsorted(lanes, columns.stock[row]), columns.unit[row]
    unknown, put = columns.amount[row] == UNKNOWN, columns.put[row]
    amount = np.where(unknown, 0, np.where(put, columns.amount[row], -columns.amount[row]))
    left = np.zeros(len(lanes), np.int64)
    np.add.at(left, slot, amount)
    lowest, highest = np.full(len(lanes), 1 << 15, np.int32), np.full(len(lanes), -1, np.int32)
    np.minimum.at(lowest, slot, unit)
    np.maximum.at(highest, slot, unit)
    unsure_put, unsure_take = (
        _marked(len(lanes), slot[unknown & put]),
        _marked(len(lanes), slot[unknown & ~put]),
    )
    vague = unsure_put | (lowest != highest)  # nobody can say how much is left
    untaken = holdings.postings.array[lanes] == holdings.puts.array[lanes]
    ends = np.flatnonzero(untaken | (~vague & (left > 0)))
    most = np.where(vague | unsure_take, UNKNOWN, np.maximum(left, 0))[ends]
    for stock, quantity in zip(stocks_named(holdings, lanes[ends].tolist()), told_each(most), strict=True):
        yield Gap("sent_never_came", stock, quantity=quantity)


def _rows_at(arrays: Arrays, stocks: Small) -> Small:
    """The rows of the columns that hold at stocks, which are sorted."""
    holdings, columns = arrays.holdings, arrays.holdings.columns
    met = np.zeros(columns.lines, np.bool_)
    for way in (arrays.adjacency.forward, arrays.adjacency.backward):
        first = way.pointers.take(stocks)
        met[way.via.take(spans(first, way.pointers.take(stocks + 1) - first)) >> 1] = True
    lines = np.flatnonzero(met)
    first = columns.pointers.take(lines)
    rows = spans(first, columns.pointers.take(lines + 1) - first)
    at = np.searchsorted(stocks, columns.stock[rows])
    mine = (
        stocks.take(at, mode="clip") == columns.stock[rows] if len(stocks) else np.zeros(len(rows), np.bool_)
    )
    kept: Small = rows[mine & ~holdings.wrong.array[columns.record[rows]]]
    return kept


def _half_told(arrays: Arrays, stocks: Small) -> Iterator[Gap]:
    """Lines that made something, of which one side was never told."""
    holdings, reached = arrays.holdings, set(stocks.tolist())
    ways: tuple[tuple[Way, GapKind], ...] = (
        (arrays.adjacency.forward, "output_unknown"),
        (arrays.adjacency.backward, "input_unknown"),
    )
    for way, kind in ways:
        first = way.pointers.take(stocks)
        places = spans(first, way.pointers.take(stocks + 1) - first)
        lines = np.unique(way.via.take(places[way.to.take(places) == SINK]) >> 1)
        for line in lines[_making(arrays, lines)].tolist():
            stock = min(posting.stock for posting in holdings.postings_of(line, holdings.rows(line)))
            if holdings.find_stock(stock) in reached:
                yield Gap(kind, stock, holdings.hub(line).event)


def _making(arrays: Arrays, lines: Small) -> Bits:
    """Which lines made something."""
    holdings, columns = arrays.holdings, arrays.holdings.columns
    if not len(lines):
        return np.zeros(0, np.bool_)
    first = columns.pointers.take(lines)
    counts = columns.pointers.take(lines + 1) - first
    record = columns.record[spans(first, counts)]
    making = holdings.making.array[record] & ~holdings.wrong.array[record]
    found: Bits = np.logical_or.reduceat(making, np.cumsum(counts) - counts)
    return found


def _marked(size: int, slots: Small) -> Bits:
    found = np.zeros(size, np.bool_)
    found[slots] = True
    return found
