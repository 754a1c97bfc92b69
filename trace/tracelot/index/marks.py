"""Which batches have links that no line tells: found for all at once, and sooner one too many than one too few.

A batch without a mark is regular: all that a trace or recall follows of it is told by lines, by the wholes of made
batches, and by lanes whose goods were received where the lane leads.
"""

import numpy as np
from numpy.typing import NDArray

from tracelot.index.adjacency import MADE, Adjacency, Bits, Lines
from tracelot.index.columns import UNKNOWN, Columns
from tracelot.index.holdings import Holdings
from tracelot.index.numbers import Small
from tracelot.index.places import HERE, OTHER, SINKING, UNIT, WAY

EXTRA = 1  # of a stock: lines changed since the arrays were built, or told by doubted records
TRACE, RECALL = 2, 4  # of all stocks of a batch: a trace, or a recall, has more links than lines tell
GAP = 8  # of all stocks of a batch: its books may not close
CLOSED = 16  # of all stocks of a batch: whoever comes to where it was made comes to all of them, by lines
ROUNDS = 64
EXACT = 2.0**52  # sums above are not exact in floating point


def marks_of(
    holdings: Holdings, columns: Columns, adjacency: Adjacency, lines: Lines, wrong: Bits
) -> NDArray[np.uint8]:
    """The marks of each batch."""
    batch_of, stocks = holdings.batch_of, len(holdings.stocks)
    puts, postings = holdings.puts.array[:stocks], holdings.postings.array[:stocks]
    stands = postings > 0
    stands[[number for number, facts in holdings.sightings.items() if facts]] = True
    unsourced = stands & (puts == 0)
    place = (holdings.stocks.keys & 0xFFFFFFFF).astype(np.int32)
    kind = holdings.places.kinds(holdings.owners)[place]
    overdrawn, left = _overdrawn_and_left(columns, stocks, wrong)
    odd = unsourced | (stands & ((kind == OTHER) | (kind == UNIT))) | overdrawn
    odd |= (puts > 0) & (kind == WAY) & ~_received(holdings, adjacency, batch_of, place)
    odd |= _twins(holdings, batch_of, place, stands & (kind == HERE))
    batches = len(holdings.batches)
    found = np.zeros(batches, np.uint8)
    found[batch_of[unsourced]] |= TRACE
    found[batch_of[odd]] |= RECALL
    found[batch_of[((kind == WAY) | (kind == SINKING)) & (left | (puts == postings))]] |= GAP
    found[batch_of[_half_told(holdings, columns, lines)]] |= GAP
    found[_closed(adjacency, batch_of, stands, batches)] |= CLOSED
    claimed = [number for name in holdings.claims if (number := holdings.batches.find(name)) is not None]
    found[claimed] |= TRACE | RECALL
    return found


def _overdrawn_and_left(columns: Columns, stocks: int, wrong: Bits) -> tuple[Bits, Bits]:
    """Stocks of which more may have been taken than was put, and those of which something may be left."""
    held = ~wrong[columns.record] & (columns.amount != UNKNOWN)
    put, taken = (
        np.bincount(columns.stock[side], columns.amount[side], stocks)
        for side in (held & columns.put, held & ~columns.put)
    )
    unsure = np.zeros(stocks, np.bool_)
    unsure[columns.stock[~wrong[columns.record] & (columns.amount == UNKNOWN)]] = True
    over: Bits = (taken > put) | (taken > EXACT)
    left: Bits = (put > taken) | (put > EXACT) | unsure
    return over, left


def _closed(adjacency: Adjacency, batch_of: Small, stands: Bits, batches: int) -> Bits:
    """Batches that were made at one stock, from which lines within the batch lead to all others."""
    way = adjacency.forward
    source = np.repeat(np.arange(adjacency.stocks, dtype=np.int32), np.diff(way.pointers))
    direct = way.to >= 0
    met = np.zeros(len(batch_of), np.bool_)
    met[way.to[direct & ((way.via & MADE) != 0)]] = True
    met[way.junction_to[way.junction_made]] = True
    found: Bits = np.bincount(batch_of[met], minlength=batches) == 1
    inside = direct & (batch_of[source] == batch_of[way.to])
    source, target = source[inside], way.to[inside]
    for _ in range(ROUNDS):  # what lies further on counts as not reached
        onward = target[met[source] & ~met[target]]
        if not len(onward):
            break
        met[onward] = True
    found[batch_of[stands & ~met]] = False
    return found


def _half_told(holdings: Holdings, columns: Columns, lines: Lines) -> Small:
    """The stocks of lines that made something, and of which one side was never told."""
    takes = np.bincount(lines.take_line, minlength=lines.lines) > 0
    puts = np.bincount(lines.put_line, minlength=lines.lines) > 0
    half = (takes != puts)[columns.line] & holdings.making.array[columns.record]
    making = np.zeros(lines.lines, np.bool_)
    making[columns.line[half]] = True
    return columns.stock[making[columns.line]]


def _received(holdings: Holdings, adjacency: Adjacency, batch_of: Small, place: Small) -> Bits:
    """Lanes whose goods a line puts just where the lane leads."""
    found = np.zeros(len(holdings.stocks), np.bool_)
    way = adjacency.forward
    source = np.repeat(np.arange(adjacency.stocks, dtype=np.int32), np.diff(way.pointers))
    direct = way.to >= 0
    source, target = source[direct], way.to[direct]
    ends = holdings.places.ends[place]
    fits = (batch_of[source] == batch_of[target]) & (ends[source] == place[target])
    found[source[fits]] = True
    return found


def _twins(holdings: Holdings, batch_of: Small, place: Small, here: Bits) -> Bits:
    """Stocks of one batch at one facility: in stock, and set apart."""
    found = np.zeros(len(here), np.bool_)
    stocks = np.flatnonzero(here)
    key = batch_of[stocks].astype(np.int64) << 32 | holdings.places.ends[place[stocks]]
    order = np.argsort(key, kind="stable")
    same = np.flatnonzero(np.diff(key[order]) == 0)
    found[stocks[order[same]]] = True
    return found
