"""Books for tests, written act by act: short names, times that run on, and records to lose or void."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from tracelot.rules.books import (
    Book,
    Claim,
    Emptying,
    Hub,
    Loss,
    Move,
    Posting,
    Reason,
    Sighting,
    Stock,
    Void,
    without,
)  # fmt: skip
from tracelot.rules.places import UNKNOWN, lane_place, pool_of

START = datetime(2026, 1, 1, tzinfo=UTC)
Amount = int | str | Decimal | None


def place(name: str) -> str:
    """`F` is a facility, `F'` its set-apart area, `u:1` a unit; a full name stays as it is."""
    if ":" in name and not name.startswith("u:"):
        return name
    if name.startswith("u:"):
        return f"unit:{name.removeprefix('u:')}"
    return f"aside:{name[:-1]}" if name.endswith("'") else f"facility:{name}"


def end(name: str) -> str:
    return UNKNOWN if name == UNKNOWN else place(name)


def lane(source: str, target: str) -> str:
    return lane_place(end(source), end(target))


def stock(batch: str, where: str) -> Stock:
    return Stock(batch, place(where))


def minute(number: int) -> datetime:
    return START + timedelta(minutes=number)


@dataclass
class Diary:
    """Each act is a record of its own and gives its name; `at` is the claimed minute, else time runs on."""

    postings: list[Posting] = field(default_factory=list)
    moves: list[Move] = field(default_factory=list)
    sightings: list[Sighting] = field(default_factory=list)
    emptyings: list[Emptying] = field(default_factory=list)
    claims: list[Claim] = field(default_factory=list)
    losses: list[Loss] = field(default_factory=list)
    voids: list[Void] = field(default_factory=list)
    products: dict[str, str] = field(default_factory=dict)
    owners: dict[str, str] = field(default_factory=dict)
    clock: int = 0

    def book(self, without: Collection[str] = ()) -> Book:
        return lose(
            Book(
                tuple(self.postings), tuple(self.moves), tuple(self.sightings), tuple(self.emptyings),
                tuple(self.claims), tuple(self.losses), (), tuple(self.voids), dict(self.products), dict(self.owners),
            ),
            without,
        )  # fmt: skip

    def record(self) -> str:
        self.clock += 1
        return f"r{self.clock}"

    def line(
        self,
        act: str,
        taken: Mapping[Stock, Amount],
        put: Mapping[Stock, Amount],
        hub: Hub | None = None,
        at: int | None = None,
    ) -> str:
        record = self.record()
        now = minute(self.clock)
        claimed = now if at is None else minute(at)
        joined = hub or Hub(record, 1)
        for side, stocks in (("take", taken), ("put", put)):
            for one, amount in stocks.items():
                quantity = None if amount is None else Decimal(amount)
                self.postings.append(
                    Posting(record, joined, one.batch, one.place, "take" if side == "take" else "put", quantity,
                            claimed, now, act)
                )  # fmt: skip
        return record

    def produce(self, batch: str, where: str, amount: Amount = None, at: int | None = None) -> str:
        return self.line("produce", {}, {stock(batch, where): amount}, at=at)

    def transform(
        self,
        taken: Mapping[tuple[str, str], Amount],
        put: Mapping[tuple[str, str], Amount],
        hub: Hub | None = None,
        at: int | None = None,
    ) -> str:
        return self.line(
            "transform",
            {stock(*one): amount for one, amount in taken.items()},
            {stock(*one): amount for one, amount in put.items()},
            hub,
            at,
        )

    def ship(self, batch: str, source: str, way: str, amount: Amount = None, at: int | None = None) -> str:
        """`way` is the whole lane (`lane(…)`), or the destination's short name."""
        way = way if way.startswith("lane:") else lane(source, way)
        return self.line("ship", {stock(batch, source): amount}, {Stock(batch, way): amount}, at=at)

    def receive(self, batch: str, way: str, target: str, amount: Amount = None, at: int | None = None) -> str:
        way = way if way.startswith("lane:") else lane(way, target.removesuffix("'"))
        return self.line("receive", {Stock(batch, way): amount}, {stock(batch, target): amount}, at=at)

    def send(self, batch: str, source: str, target: str, amount: Amount = None) -> tuple[str, str]:
        return self.ship(batch, source, target, amount), self.receive(batch, source, target, amount)

    def shift(self, act: str, batch: str, source: str, target: str, amount: Amount = None) -> str:
        """Pack, unpack, release: from one place to another without a lane."""
        return self.line(act, {stock(batch, source): amount}, {stock(batch, target): amount})

    def take(self, act: str, batch: str, where: str, amount: Amount = None, at: int | None = None) -> str:
        return self.line(act, {stock(batch, where): amount}, {}, at=at)

    def take_any(self, act: str, product: str, where: str, amount: Amount = None) -> str:
        return self.take(act, pool_of(product), where, amount)

    def move(self, unit: str, source: str | None, target: str | None, at: int | None = None) -> str:
        record = self.record()
        ends = [None if one is None else place(one) for one in (source, target)]
        claimed = minute(self.clock if at is None else at)
        self.moves.append(Move(record, place(unit), ends[0], ends[1], claimed, minute(self.clock)))
        return record

    def drive(self, unit: str, source: str, target: str, way: str | None = None) -> tuple[str, str]:
        """A unit leaves for another facility and arrives there."""
        way = way or lane(source, target)
        return self.move(unit, source, way), self.move(unit, way, target)

    def empty(self, unit: str, target: str | None) -> str:
        record = self.record()
        now = minute(self.clock)
        self.emptyings.append(Emptying(record, place(unit), target and place(target), now, now))
        return record

    def sight(self, batch: str, where: str, act: str = "sight") -> str:
        record = self.record()
        now = minute(self.clock)
        subject = place(batch) if batch.startswith("u:") else batch
        self.sightings.append(Sighting(record, subject, place(where), now, now, act))
        return record

    def claim(self, batch: str, source: str, target: str) -> str:
        record = self.record()
        now = minute(self.clock)
        self.claims.append(Claim(record, batch, place(source), place(target), now, now))
        return record

    def void(self, record: str, reason: Reason, replaced_by: Iterable[str] = ()) -> None:
        self.clock += 1
        self.voids.append(Void(record, reason, minute(self.clock), tuple(replaced_by)))

    def lose_in(self, record: str, amount: Amount, unit: str = "") -> None:
        """A declared loss of the line of a record."""
        quantity = None if amount is None else Decimal(amount)
        self.losses.append(Loss(record, Hub(record, 1), quantity, unit, minute(self.clock)))


def lose(book: Book, records: Collection[str]) -> Book:
    """The book as if some records, and what was said of them, had never been made."""
    lost = frozenset(records)
    return replace(without(book, lost), voids=tuple(one for one in book.voids if one.record not in lost))
