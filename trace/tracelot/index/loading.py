"""The index out of the store: loaded in bulk within one snapshot, then kept fresh from the feed."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, Engine
from sqlmodel import Session, func, select

from tracelot.index.columns import UNKNOWN, columns_of
from tracelot.index.engine import Index
from tracelot.index.holdings import Holdings
from tracelot.index.keeping import Arrays
from tracelot.index.numbers import Names, Pairs
from tracelot.index.places import UNIT
from tracelot.index.reading import book_of, others, owners
from tracelot.records.batches import Batch
from tracelot.records.bulk import UNTOLD, Packed, newest, read_postings
from tracelot.records.database import snapshot
from tracelot.records.events import Posting
from tracelot.records.feed import read_since
from tracelot.records.journal import Position
from tracelot.records.tenancy import EVERYTHING, ScopedSession

ROW = np.dtype(
    [
        ("batch", ">u8", 2),
        ("record", ">u8", 2),
        ("event", ">u8", 2),
        ("line", ">i4"),
        ("amount", ">i8"),
        ("at", ">i8"),
    ]
)
BYTES_EACH = 75  # of a posting: 55 measured for a million and a half, and what walks mark
AT_ONCE = 5_000  # records of each bucket in one reading of the feed
Wide = NDArray[np.uint64]


@dataclass
class Kept:
    """An index and how far it has read."""

    index: Index
    position: Position

    def refresh(self, session: Session) -> int:
        """Take in what was committed since; gives how many records that were."""
        came = 0
        while newest(session) != self.position:
            found, position = read_since(session, self.position, AT_ONCE)
            if position == self.position:
                self.position = newest(session)
                break
            self.position = position
            if found:
                came += len(found)
                self.index.take_in(book_of(found, self._owners(session, found)))
        return came

    def _owners(self, session: Session, found: list[Any]) -> dict[str, str]:
        """Owners anew where a record names a place that the index has not met."""
        places = self.index.arrays.holdings.places
        met = all(places.find(row.place) is not None for one in found for row in one.postings)
        return {} if met else owners(session)


def load(engine: Engine) -> Kept:
    """Everything that is committed now."""
    with snapshot(engine) as connection:
        return load_from(connection)


def load_from(connection: Connection) -> Kept:
    with ScopedSession(connection, EVERYTHING) as session:
        position = newest(session)
        holdings = Holdings(owners(session))
        _fill(holdings, read_postings(session))
        _products(holdings, session)
        index = Index(arrays=Arrays(holdings=holdings))
        book = others(session)
        if book.postings or book.moves or book.sightings or book.voids:
            index.take_in(book)
            index.compact()
    return Kept(index, position)


def _products(holdings: Holdings, session: Session) -> None:
    """The product of each batch, which the pool of a product asks for."""
    for batch, product in session.exec(select(Batch.id, Batch.product_id)):
        number = holdings.batches.find(str(batch))
        if number is not None:
            holdings.set_product(number, str(product))


def _fill(holdings: Holdings, parts: Iterator[Packed]) -> None:
    """Number what postings name, and put them into columns."""
    place, put, unit, blocks, counts = [], [], [], [], []
    for part in parts:
        place.append(holdings.places.number(part.place))
        unit.append(holdings.units_of_measure.number(part.unit))
        put.append(part.put)
        blocks.append(np.frombuffer(part.rows, ROW))
        counts.append(len(blocks[-1]))
    if not blocks:
        return
    rows = np.concatenate(blocks)
    blocks.clear()
    holdings.batches, batch = _numbered(rows["batch"])
    holdings.records, both = _numbered(np.concatenate((rows["record"], rows["event"])))
    record, event = both[: len(rows)], both[len(rows) :]
    places = np.repeat(np.array(place, np.int32), counts)
    holdings.stocks, stock = _paired(batch, places)
    holdings.hubs, line = _paired(event, rows["line"])
    _note(holdings, record, event, line, places)
    amount = rows["amount"].astype(np.int64)
    amount[amount == UNTOLD] = UNKNOWN
    side = np.repeat(np.array(put), counts)
    rest = amount, np.repeat(np.array(unit, np.int16), counts), record
    holdings.columns = columns_of(len(holdings.hubs), line, stock, side, rest)
    holdings.count_all()
    holdings.recorded.array[record] = rows["at"]


def _note(
    holdings: Holdings, record: NDArray[Any], event: NDArray[Any], line: NDArray[Any], place: NDArray[Any]
) -> None:
    """Lines that a record adds to which are not its own, and lines that fill or empty a unit."""
    for one in np.flatnonzero(record != event).tolist():
        holdings.lines_of[int(record[one])].add(int(line[one]))
    units = np.isin(place, np.flatnonzero(holdings.places.kinds({}) == UNIT))
    for one in np.flatnonzero(units).tolist():
        holdings.packed[holdings.places.text(int(place[one]))].add(int(line[one]))


def _numbered(ids: NDArray[Any]) -> tuple[Names, NDArray[np.int32]]:
    """Names of ids in their order, and the number of each row's."""
    high, low = ids[:, 0].astype(np.uint64), ids[:, 1].astype(np.uint64)
    order = np.lexsort((low, high))
    high, low = high[order], low[order]
    fresh = np.ones(len(order), np.bool_)
    fresh[1:] = (np.diff(high) != 0) | (np.diff(low) != 0)
    numbers = np.empty(len(order), np.int32)
    numbers[order] = np.cumsum(fresh, dtype=np.int32) - 1
    pairs = np.stack((high[fresh], low[fresh]), axis=1).astype(">u8")
    return Names(pairs.tobytes()), numbers


def _paired(first: NDArray[Any], second: NDArray[Any]) -> tuple[Pairs, NDArray[np.int32]]:
    keys, numbers = np.unique(first.astype(np.int64) << 32 | second.astype(np.int64), return_inverse=True)
    return Pairs(keys), numbers.astype(np.int32)


def expected_bytes(session: Session) -> int:
    """What an index of the store would take; whoever loads one holds this against what a deployment allows."""
    return BYTES_EACH * session.exec(select(func.count()).select_from(Posting)).one()
