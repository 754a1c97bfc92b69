"""The postings of many lines at once, as facts: each name and amount that they share is made once for all of them."""

from collections.abc import Collection, Iterable, Mapping
from itertools import pairwise

import numpy as np

from tracelot.index.adjacency import spans
from tracelot.index.columns import told_each
from tracelot.index.holdings import EPOCH, MADE_BY, Holdings
from tracelot.index.numbers import MASK, Ints, Names, Small, distinct
from tracelot.rules.books import Hub, Posting, Stock


def stocks_named(holdings: Holdings, numbers: Collection[int]) -> list[Stock]:
    """Stocks by their numbers, in their order."""
    keys = holdings.stocks.keys[np.fromiter(numbers, np.int64, len(numbers))]
    batches, places = named(holdings.batches, keys >> 32), named(holdings.places, keys & MASK)
    pairs = zip((keys >> 32).tolist(), (keys & MASK).tolist(), strict=True)
    return [Stock(batches[batch], places[place]) for batch, place in pairs]


def named(names: Names, numbers: Small) -> dict[int, str]:
    """The texts of numbers, each made once."""
    found = distinct(numbers, len(names))
    return dict(zip(found.tolist(), names.texts(found), strict=True))


def facts_of(
    holdings: Holdings, lines: Iterable[int], stocks: Collection[int] | None = None
) -> dict[int, tuple[Posting, ...]]:
    """What holds of each line, or of it at these stocks alone, as `Holdings.postings_of` has it for one line.

    A line of which nothing holds is not among them.
    """
    wanted = np.array(sorted(lines), np.int64)
    beside = [*holdings.later, *holdings.spelled]
    apart = (wanted >= holdings.columns.lines) | np.isin(wanted, np.array(beside, np.int64))
    found = _in_columns(holdings, wanted[~apart], stocks)
    for line in wanted[apart].tolist():
        rows = [row for row in holdings.rows(line) if stocks is None or row.stock in stocks]
        if rows:
            found[line] = holdings.postings_of(line, rows)
    return found


def _in_columns(
    holdings: Holdings, lines: Ints, stocks: Collection[int] | None
) -> dict[int, tuple[Posting, ...]]:
    columns = holdings.columns
    first = columns.pointers.take(lines)
    counts = columns.pointers.take(lines + 1) - first
    rows = spans(first, counts)
    kept = ~holdings.wrong.array[columns.record[rows]]
    if stocks is not None:
        kept &= np.isin(columns.stock[rows], np.fromiter(stocks, np.int64, len(stocks)))
    line, rows = np.repeat(lines, counts)[kept], rows[kept]
    postings = _postings(holdings, line, rows)
    ends = [*np.flatnonzero(np.diff(line, prepend=-1)).tolist(), len(line)]
    return {int(line[start]): tuple(postings[start:end]) for start, end in pairwise(ends)}


def _postings(holdings: Holdings, line: Ints, rows: Small) -> list[Posting]:
    """Rows of the columns, each with its line."""
    columns = holdings.columns
    met = distinct(columns.stock[rows], len(holdings.stocks)).tolist()
    stock = dict(zip(met, stocks_named(holdings, met), strict=True))
    record = named(holdings.records, columns.record[rows])
    unit = named(holdings.units_of_measure, columns.unit[rows])
    hub = _hubs(holdings, np.unique(line))
    making = holdings.making.array[columns.record[rows]]
    amounts = told_each(columns.amount[rows])
    parts = line, columns.stock[rows], columns.put[rows], columns.unit[rows], columns.record[rows], making
    told = zip(amounts, *(part.tolist() for part in parts), strict=True)
    return [
        Posting(record[by], hub[at], stock[where].batch, stock[where].place, "put" if put else "take",
                amount, EPOCH, EPOCH, MADE_BY if makes else "", unit[measure])
        for amount, at, where, put, measure, by, makes in told
    ]  # fmt: skip


def _hubs(holdings: Holdings, lines: Ints) -> Mapping[int, Hub]:
    keys = holdings.hubs.keys[lines]
    events = named(holdings.records, keys >> 32)
    pairs = zip((keys >> 32).tolist(), (keys & MASK).tolist(), strict=True)
    return {
        line: Hub(events[event], number) for line, (event, number) in zip(lines.tolist(), pairs, strict=True)
    }
