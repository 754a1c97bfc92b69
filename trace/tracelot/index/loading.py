"""The index out of the store: loaded in bulk within one snapshot, then kept fresh from the feed."""

import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
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
from tracelot.index.reading import claimed, others, owners, read
from tracelot.records.batches import Batch
from tracelot.records.bulk import UNTOLD, Packed, newest, read_makings, read_postings
from tracelot.records.database import snapshot
from tracelot.records.events import Posting
from tracelot.records.feed import Recorded, read_since
from tracelot.records.journal import Position
from tracelot.records.sights import EVERYTHING
from tracelot.records.tenancy import ScopedSession

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
    """An index and how far it has read; whoever holds the lock has it for itself."""

    index: Index
    position: Position
    lock: AbstractContextManager[bool] = field(default_factory=threading.RLock)

    @property
    def postings(self) -> int:
        return len(self.index.arrays.holdings.columns)

    def refresh(self, session: Session) -> int:
        """Take in what was committed since; gives how many records that were."""
        came = 0
        with self.lock:
            while self._behind(session):
                found, position = read_since(session, self.position, AT_ONCE)
                told = read(session, found, self._renamed(session, found))
                self.index.take_in(told.book, told.parties, told.units)
                self.position = newest(session) if position == self.position else position
                came += len(found)
        return came

    def is_at(self, session: Session) -> bool:
        """Whether the index holds just what the session sees, which may be older than what others saw meanwhile."""
        self.refresh(session)
        return self.position == newest(session)

    def _behind(self, session: Session) -> bool:
        """Whether the session sees more; one that lacks anything is of no use to catch up."""
        there = newest(session)
        return there != self.position and all(map(int.__ge__, there, self.position))

    def _renamed(self, session: Session, found: list[Recorded]) -> dict[str, str]:
        """Owners that changed: contacts show who they are at any time, facilities are new with the first place."""
        holdings = self.index.arrays.holdings
        places = {row.place for one in found for row in one.postings}
        places |= {row.place for one in found for row in one.sightings}
        places |= {row.place for one in found for row in one.stops}
        met = all(holdings.places.find(place) is not None for place in places)
        now = claimed(session) if met else owners(session)
        return {end: party for end, party in now.items() if holdings.owners.get(end) != party}


def load(engine: Engine) -> Kept:
    """Everything that is committed now."""
    with snapshot(engine) as connection:
        return load_from(connection)


def load_from(connection: Connection) -> Kept:
    with ScopedSession(connection, EVERYTHING) as session:
        position = newest(session)
        holdings = Holdings(owners(session))
        _fill(holdings, read_postings(session), read_makings(session))
        index = Index(arrays=Arrays(holdings=holdings))
        rest = others(session)
        index.take_in(rest.book, rest.parties)
        _products(holdings, session)
        index.compact()
    return Kept(index, position)


def _products(holdings: Holdings, session: Session) -> None:
    """The product of each batch, which the pool of a product asks for."""
    for batch, product in session.exec(select(Batch.id, Batch.product_id)):
        number = holdings.batches.find(str(batch))
        if number is not None:
            holdings.set_product(number, str(product))


def _fill(holdings: Holdings, parts: Iterator[Packed], makings: bytes) -> None:
    """Number what postings name, and put them into columns."""
    party, place, put, unit, blocks, counts = [], [], [], [], [], []
    for part in parts:
        party.append(holdings.parties.number(str(part.party)) + 1)
        place.append(holdings.places.number(part.place))
        unit.append(holdings.units_of_measure.number(part.unit))
        put.append(part.put)
        blocks.append(np.frombuffer(part.rows, ROW))
        counts.append(len(blocks[-1]))
    if not blocks:
        return
    rows = np.concatenate(blocks)
    blocks.clear()
    record, event, making = _records(holdings, rows, np.frombuffer(makings, ">u8").reshape(-1, 2))
    ids, batch = _by_record(*_numbered(rows["batch"]), record)
    holdings.batches = Names(ids.tobytes())
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
    holdings.making.array[making] = True
    holdings.party_of.array[record] = np.repeat(np.array(party, np.int32), counts)


def _records(
    holdings: Holdings, rows: NDArray[Any], making: NDArray[Any]
) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int32]]:
    """Number the records of rows, the events of whose lines they speak, and those that made something."""
    apart = (rows["record"] != rows["event"]).any(axis=1)  # few: most speak of lines of their own
    ids, every = _numbered(np.concatenate((rows["record"], rows["event"][apart], making)))
    holdings.records = Names(ids.tobytes())
    record, others, made = np.split(every, (len(rows), len(every) - len(making)))
    event = record.copy()
    event[apart] = others
    return record, event, made


def _note(
    holdings: Holdings, record: NDArray[Any], event: NDArray[Any], line: NDArray[Any], place: NDArray[Any]
) -> None:
    """Lines that a record adds to which are not its own, and lines that fill or empty a unit."""
    for one in np.flatnonzero(record != event).tolist():
        holdings.lines_of[int(record[one])].add(int(line[one]))
    units = np.isin(place, np.flatnonzero(holdings.places.kinds({}) == UNIT))
    for one in np.flatnonzero(units).tolist():
        holdings.packed[holdings.places.text(int(place[one]))].add(int(line[one]))


def _numbered(ids: NDArray[Any]) -> tuple[NDArray[Any], NDArray[np.int32]]:
    """The ids in their order, each once, and the number of each row's."""
    high, low = ids[:, 0].astype(np.uint64), ids[:, 1].astype(np.uint64)
    order = np.lexsort((low, high))
    high, low = high[order], low[order]
    fresh = np.ones(len(order), np.bool_)
    fresh[1:] = (np.diff(high) != 0) | (np.diff(low) != 0)
    numbers = np.empty(len(order), np.int32)
    numbers[order] = np.cumsum(fresh, dtype=np.int32) - 1
    return np.stack((high[fresh], low[fresh]), axis=1).astype(">u8"), numbers


def _by_record(
    ids: NDArray[Any], batch: NDArray[np.int32], record: NDArray[np.int32]
) -> tuple[NDArray[Any], NDArray[np.int32]]:
    """Ids and numbers in the order of the first records that name them: a walk goes on to what was made soon after.

    The ids of batches are hashes, so that their own order would scatter a walk over the whole memory.
    """
    first = np.full(len(ids), len(record), np.int32)
    np.minimum.at(first, batch, record)
    order = np.argsort(first, kind="stable")
    number = np.empty(len(ids), np.int32)
    number[order] = np.arange(len(ids), dtype=np.int32)
    return ids[order], number[batch]


def _paired(first: NDArray[Any], second: NDArray[Any]) -> tuple[Pairs, NDArray[np.int32]]:
    keys, numbers = np.unique(first.astype(np.int64) << 32 | second.astype(np.int64), return_inverse=True)
    return Pairs(keys), numbers.astype(np.int32)


def count_postings(session: Session, most: int) -> int:
    """How many postings there are, counted up to a bound."""
    some = select(Posting.id).limit(most).subquery()
    return session.exec(select(func.count()).select_from(some)).one()
