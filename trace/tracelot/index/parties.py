"""Whose records tell of some batches: what decides whether one may see all that there is of them."""

from collections import defaultdict
from collections.abc import Iterator

import numpy as np

from tracelot.index.adjacency import spans
from tracelot.index.keeping import Arrays
from tracelot.index.marks import EXTRA
from tracelot.index.numbers import MASK, Small, distinct
from tracelot.index.places import UNIT


def parties_of(arrays: Arrays, batches: Small) -> frozenset[str]:
    """The parties of all records on which links and sums of the batches rest, wrong ones too."""
    holdings = arrays.holdings
    numbers = _with_families(arrays, batches)
    stocks = _stocks(arrays, numbers)
    found = np.zeros(len(holdings.parties) + 1, np.bool_)
    found[holdings.party_of.array[_in_arrays(arrays, stocks)]] = True
    found[holdings.party_of.array[sorted(set(_beside(arrays, numbers, stocks)))]] = True
    return frozenset(
        holdings.parties.text(party - 1) if party else "" for party in np.flatnonzero(found).tolist()
    )


def _with_families(arrays: Arrays, batches: Small) -> Small:
    """With all batches of a product of which goods were moved without one."""
    pooled = arrays.families.pooled
    if not pooled:
        return batches
    products = np.unique(arrays.holdings.product_of.array[batches]).tolist()
    members = [np.array(pooled[one], np.int32) for one in products if one in pooled]
    return np.unique(np.concatenate((batches, *members)))


def _stocks(arrays: Arrays, batches: Small) -> Small:
    """All stocks of the batches."""
    loaded = batches[batches < len(arrays.batch_pointers) - 1]
    first = arrays.batch_pointers.take(loaded)
    base = spans(first, arrays.batch_pointers.take(loaded + 1) - first)
    late = batches[arrays.holdings.late.array[batches]].tolist()
    later = [stock for batch in late for stock in arrays.holdings.stocks_of.get(batch, ())]
    return np.concatenate((base, np.array(later, np.int32)))


def _in_arrays(arrays: Arrays, stocks: Small) -> Small:
    """The records of all lines that the arrays have at the stocks."""
    holdings = arrays.holdings
    base = stocks[stocks < arrays.adjacency.stocks]
    met = np.zeros(holdings.columns.lines, np.bool_)
    for way in (arrays.adjacency.forward, arrays.adjacency.backward):
        first = way.pointers.take(base)
        met[way.via.take(spans(first, way.pointers.take(base + 1) - first)) >> 1] = True
    lines = np.flatnonzero(met)
    first = holdings.columns.pointers.take(lines)
    return holdings.columns.record.take(spans(first, holdings.columns.pointers.take(lines + 1) - first))


def _beside(arrays: Arrays, batches: Small, stocks: Small) -> Iterator[int]:
    """Records of lines beside the arrays, wrong ones with what replaces them, sightings, and those of units."""
    holdings = arrays.holdings
    marked = stocks[(arrays.marks.array.take(stocks) & EXTRA) != 0]
    for line in {line for stock in marked.tolist() for line in holdings.lines_at.get(stock, ())}:
        yield from _of_line(arrays, line)
    wronged = set(batches.tolist()) & holdings.wronged.keys() if holdings.wronged else set[int]()
    yield from _replacing(arrays, {record for batch in wronged for record in holdings.wronged[batch]})
    for stock in set(stocks.tolist()) & holdings.sightings.keys() if holdings.sightings else ():
        yield from (holdings.record_number(seen.record) for seen in holdings.sightings[stock])
    place = distinct(holdings.stocks.keys[stocks] & MASK, len(holdings.places))
    kinds = holdings.places.kinds({})
    units = {holdings.places.text(one) for one in place[kinds[place] == UNIT].tolist()}
    for unit in holdings.outer(units):
        yield from (holdings.record_number(fact.record) for fact in holdings.whereabouts.get(unit, ()))
        for line in holdings.packed.get(unit, ()):
            yield from _of_line(arrays, line)


def _of_line(arrays: Arrays, line: int) -> Iterator[int]:
    return (row.record for row in arrays.holdings.all_rows(line))


def _replacing(arrays: Arrays, records: set[int]) -> Iterator[int]:
    """Wrong records, all of the lines that they spoke of, and whatever was told in their place."""
    holdings = arrays.holdings
    met, waiting = set(records), list(records)
    instead: dict[int, list[str]] = defaultdict(list)
    for void in holdings.voids if records else ():
        instead[holdings.record_number(void.record)] += void.replaced_by
    while waiting:
        record = waiting.pop()
        for line in holdings.own_lines(record):
            yield from _of_line(arrays, line)
        found = {holdings.record_number(name) for name in instead.get(record, ())} - met
        met |= found
        waiting += found
    yield from met
