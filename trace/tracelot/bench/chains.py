"""Supply chains for measurements, from a seed: ten tiers of makers, each batch of about three others, sent on by lanes.

Few batches feed many and most feed few. Every batch is made by one line at a maker's facility, sent to one of the
next tier (the most used ones to all of them) and received there; the last tier sends to shops outside.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, Engine, insert
from sqlmodel import select

from tracelot.bench.data import NOW, _party, _product
from tracelot.records.database import allow_long_statements, connect
from tracelot.records.migrating import migrate
from tracelot.records.parties import Party
from tracelot.records.products import Product
from tracelot.records.sights import EVERYTHING
from tracelot.records.tenancy import ScopedSession
from tracelot.rules.access import Actor
from tracelot.rules.ids import new_id
from tracelot.rules.places import batch_id

TIERS, MAKERS = 10, 8
SEED = 20261126
PRODUCT = UUID("01a2186e-0000-7000-8000-000000000001")
MADE, USED = 1_000_000_000, 10_000  # millionths
STEEP = 3.0  # how unequally batches are used
COMMON = 0.002  # the share of batches that go to all makers of the next tier
CHUNK = 50_000
Rows = Iterable[tuple[Any, ...]]
IdBytes = NDArray[np.uint8]


@dataclass
class Chains:
    """Batches by number, tier after tier; `uses` are pairs of a batch and one that it was made into, with the line."""

    batches: int
    seed: int = SEED

    def __post_init__(self) -> None:
        chance = np.random.default_rng(self.seed)
        size = self.batches // TIERS
        self.batches = size * TIERS
        named = b"".join(batch_id(PRODUCT, code(number)).bytes for number in range(self.batches))
        self.ids = np.frombuffer(named, np.uint8).reshape(self.batches, 16)
        self.makers = [str(UUID(bytes=one.tobytes())) for one in _ids(chance, TIERS * MAKERS, version=8)]
        self.shops = [str(UUID(bytes=one.tobytes())) for one in _ids(chance, 200, version=8)]
        self.maker = chance.integers(0, MAKERS, self.batches)
        self.shop = chance.integers(0, len(self.shops), self.batches)
        self.target = chance.integers(0, MAKERS, self.batches)
        place = np.arange(self.batches) % size
        self.common = place < max(1, int(size * COMMON))
        self.inputs = [np.zeros(0, np.int64)] * TIERS
        self.counts = [np.zeros(size, np.int64)] * TIERS
        for tier in range(1, TIERS):
            self._use(chance, tier, size)

    def _use(self, chance: np.random.Generator, tier: int, size: int) -> None:
        """Choose what each batch of a tier is made of, among what came to its maker."""
        before = np.arange((tier - 1) * size, tier * size)
        counts = np.zeros(size, np.int64)
        chosen: list[NDArray[np.int64]] = [np.zeros(0, np.int64)] * size
        for maker in range(MAKERS):
            here = np.flatnonzero(self.maker[tier * size : (tier + 1) * size] == maker)
            came = before[(self.target[before] == maker) | self.common[before]]
            for own in here.tolist():
                wanted = int(chance.integers(1, 6))
                picked = np.unique((len(came) * chance.random(wanted) ** STEEP).astype(np.int64))
                chosen[own] = came[picked]
                counts[own] = len(picked)
        self.inputs[tier], self.counts[tier] = np.concatenate(chosen), counts

    def acts(self) -> Iterator[tuple[str, list[tuple[int, str, str, int]]]]:
        """Each act: its name, and its postings as (batch, place, side, amount)."""
        size = self.batches // TIERS
        for tier in range(TIERS):
            ends = np.cumsum(self.counts[tier])
            for own in range(size):
                batch = tier * size + own
                here = f"facility:{self.makers[tier * MAKERS + int(self.maker[batch])]}"
                inputs = self.inputs[tier][ends[own] - self.counts[tier][own] : ends[own]].tolist()
                taken = [(one, here, "take", USED) for one in inputs]
                yield "transform" if taken else "produce", [*taken, (batch, here, "put", MADE)]
                if tier == TIERS - 1:
                    lane = f"lane:{here}>contact:{self.shops[int(self.shop[batch])]}"
                    yield "ship", [(batch, here, "take", MADE), (batch, lane, "put", MADE)]
                    continue
                targets = range(MAKERS) if self.common[batch] else [int(self.target[batch])]
                share = MADE // len(targets)
                for target in targets:
                    there = f"facility:{self.makers[(tier + 1) * MAKERS + target]}"
                    lane = f"lane:{here}>{there}"
                    yield "ship", [(batch, here, "take", share), (batch, lane, "put", share)]
                    yield "receive", [(batch, lane, "take", share), (batch, there, "put", share)]

    def links(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Batch to batch: what was made into what."""
        size = self.batches // TIERS
        target = [
            np.repeat(np.arange(tier * size, (tier + 1) * size), self.counts[tier]) for tier in range(TIERS)
        ]
        return np.concatenate(self.inputs), np.concatenate(target)


def _ids(chance: np.random.Generator, count: int, version: int) -> IdBytes:
    found = chance.integers(0, 256, (count, 16), dtype=np.uint8)
    found[:, 6] = found[:, 6] & 0x0F | version << 4
    found[:, 8] = found[:, 8] & 0x3F | 0x80
    return found


def code(number: int) -> str:
    return f"L26-{number:07d}"


def fill(url: str, chains: Chains) -> Engine:
    """Make a store and put the chains into it as the operations would have recorded them."""
    engine = connect(url)
    migrate(engine)
    party, product = _party(), _product(0, UUID(int=0))
    product |= {"id": PRODUCT, "party_id": party["id"]}
    with engine.connect().execution_options(writes=True) as connection, connection.begin():
        connection.execute(insert(Party), [party])
        connection.execute(insert(Product), [product])
    writer = _Writer(engine, party["id"], product["id"])
    with engine.connect() as connection:
        sqlite = engine.dialect.name == "sqlite"
        if sqlite:
            connection.connection.driver_connection.execute("PRAGMA foreign_keys=OFF")  # type: ignore[union-attr]
        with connection.execution_options(writes=True).begin():
            allow_long_statements(connection)
            if not sqlite:
                connection.exec_driver_sql("SET LOCAL session_replication_role = replica")  # nor checked here
            writer.write(connection, chains)
    return engine


def holder(engine: Engine) -> Actor:
    """Somebody of the firm whose goods these are."""
    with engine.connect() as connection, ScopedSession(connection, EVERYTHING) as kernel:
        party = kernel.exec(select(Party).where(Party.name_zh == _party()["name_zh"])).one()
        return Actor(new_id(), "quality", party.id, "producer", verified=True)


EVENT = ("id", "party_id", "act", "event_time", "key_data", "documents", "missing", "flags", "origin_hash",
         "retain_until", "recorded_at", "bucket", "seq")  # fmt: skip
LINE = ("event_id", "number", "party_id")
POSTING = ("batch_id", "id", "record_id", "event_id", "line", "party_id", "product_id", "pooled", "place", "side",
           "quantity", "unit", "factor", "base_quantity", "base_unit", "event_time", "recorded_at")  # fmt: skip
BATCH = ("id", "version", "party_id", "product_id", "code", "short_code", "production_date", "kind", "status",
         "retain_until", "recorded_at", "released_at")  # fmt: skip


class _Writer:
    """Rows by the quickest way of each database."""

    def __init__(self, engine: Engine, party: UUID, product: UUID) -> None:
        self._sqlite = engine.dialect.name == "sqlite"
        self._party, self._product = self._id(party.bytes), self._id(product.bytes)
        self._now = NOW.strftime("%Y-%m-%d %H:%M:%S.000000") if self._sqlite else NOW
        self._bucket = party.bytes[-1] % 16
        self._none = 0 if self._sqlite else False

    def _id(self, raw: bytes) -> Any:
        return raw.hex() if self._sqlite else str(UUID(bytes=raw))

    def write(self, connection: Connection, chains: Chains) -> None:
        ids = [self._id(one.tobytes()) for one in chains.ids]
        self._load(connection, "batch", BATCH, self._batches(ids))
        chance = np.random.default_rng(chains.seed + 1)
        events: list[tuple[Any, ...]] = []
        lines: list[tuple[Any, ...]] = []
        postings: list[tuple[Any, ...]] = []
        seq, random = 0, iter(())
        for act, told in chains.acts():
            seq += 1
            if len(postings) >= CHUNK:
                self._flush(connection, events, lines, postings)
            event = self._id(_ordered(seq, chance))
            events.append((event, self._party, act, self._now, "{}", "[]", "[]", "[]", "", self._day(),
                           self._now, self._bucket, seq))  # fmt: skip
            lines.append((event, 1, self._party))
            for number, (batch, place, side, amount) in enumerate(told):
                own = self._id(_ordered(seq * 16 + number, chance))
                postings.append((ids[batch], own, event, event, 1, self._party, self._product, self._none, place,
                                 side, amount, "kg", "1", amount, "kg", self._now, self._now))  # fmt: skip
        self._flush(connection, events, lines, postings)
        del random
        connection.exec_driver_sql(f"UPDATE bucket SET seq = {seq} WHERE id = {self._bucket}")  # noqa: S608

    def _day(self) -> Any:
        return "2030-01-01" if self._sqlite else date(2030, 1, 1)

    def _batches(self, ids: Sequence[Any]) -> Iterator[tuple[Any, ...]]:
        for number, id_ in enumerate(ids):
            yield (id_, 1, self._party, self._product, code(number), f"{number:08d}", "2026-10-01" if self._sqlite
                   else date(2026, 10, 1), "finished", "released", self._day(), self._now, self._now)  # fmt: skip

    def _flush(self, connection: Connection, *parts: list[tuple[Any, ...]]) -> None:
        for name, columns, rows in zip(
            ("event", "line", "posting"), (EVENT, LINE, POSTING), parts, strict=True
        ):
            self._load(connection, name, columns, rows)
            rows.clear()

    def _load(self, connection: Connection, table: str, columns: Sequence[str], rows: Rows) -> None:
        cursor: Any = connection.connection.driver_connection.cursor()  # type: ignore[union-attr]
        names = ", ".join(columns)
        if self._sqlite:
            marks = ", ".join("?" for _ in columns)
            cursor.executemany(f"INSERT INTO {table} ({names}) VALUES ({marks})", rows)  # noqa: S608
            return
        with cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)


def _ordered(number: int, chance: np.random.Generator) -> bytes:
    """An id that sorts by its number, as those of the application do by time."""
    return number.to_bytes(6, "big") + b"\x70\x00\x80" + number.to_bytes(7, "big")
