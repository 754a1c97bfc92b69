"""The books of goods: what was recorded, which of it holds, and what was known at a moment.

A book is a plain set of facts in any order: nothing in it was resolved when it was captured. Batches, units,
facilities and records are named by text. Quantities are in the base unit of their batch; None is unknown,
never zero. `event_time` is what a party claims, by its own clock; `recorded_at` is the server's time.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from typing import Literal, NamedTuple, Protocol, TypeVar

from tracelot.rules.places import is_unit

Side = Literal["take", "put"]
Reason = Literal["did_not_occur", "incorrect_data"]


class Stock(NamedTuple):
    """A batch at a place. The batch may be the pool of a product (`places.pool_of`)."""

    batch: str
    place: str


class Hub(NamedTuple):
    """What joins postings: a line of an event, never the event. A transformation is one line."""

    event: str
    line: int


class Posting(NamedTuple):
    """A quantity that a line takes out of a stock or puts into it.

    A hub may gain postings by later records. `unit` is the base unit; sums across two units are unknown.
    """

    record: str
    hub: Hub
    batch: str
    place: str
    side: Side
    quantity: Decimal | None
    event_time: datetime
    recorded_at: datetime
    act: str = ""
    unit: str = ""

    @property
    def stock(self) -> Stock:
        return Stock(self.batch, self.place)


@dataclass(frozen=True, slots=True)
class Move:
    """A logistic unit leaves one place for another; a place may be a lane or a larger unit.

    A source or target of None is the unit's beginning or end.
    """

    record: str
    unit: str
    source: str | None
    target: str | None
    event_time: datetime
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class Sighting:
    """Evidence that a batch, or a unit (`unit:…`), was at a place; `count` and `seal` confirm a stock."""

    record: str
    subject: str
    place: str
    event_time: datetime
    recorded_at: datetime
    act: str = "sight"


@dataclass(frozen=True, slots=True)
class Emptying:
    """Everything in a place, or all that is there of one batch, is taken out; how much it was is told elsewhere.

    It is put into the target. Without one it goes into the line `hub`, or ends where there is none either.
    """

    record: str
    place: str
    target: str | None
    event_time: datetime
    recorded_at: datetime
    act: str = "unpack"
    batch: str | None = None
    hub: Hub | None = None


@dataclass(frozen=True, slots=True)
class Claim:
    """What somebody who is not its holder says about goods: that they went from one place to another.

    It widens what is reached. It debits nobody and gives nobody sight of anything.
    """

    record: str
    batch: str
    source: str
    target: str
    event_time: datetime
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class Loss:
    """A loss that the makers declare for a line; it belongs to the line and to no batch."""

    record: str
    hub: Hub
    quantity: Decimal | None
    unit: str
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class Note:
    """A record that says nothing of goods: what was taken out of a place where nothing was. It may replace another."""

    record: str
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class Void:
    """A record declared wrong: it never happened, or its data are wrong and other records take its place."""

    record: str
    reason: Reason
    recorded_at: datetime
    replaced_by: tuple[str, ...] = ()


@dataclass(frozen=True)
class Book:
    """Facts in any order.

    `products` names the product of a batch; `owners` the party (`party:…`) of a facility or of a contact,
    where it is known.
    """

    postings: tuple[Posting, ...] = ()
    moves: tuple[Move, ...] = ()
    sightings: tuple[Sighting, ...] = ()
    emptyings: tuple[Emptying, ...] = ()
    claims: tuple[Claim, ...] = ()
    losses: tuple[Loss, ...] = ()
    notes: tuple[Note, ...] = ()
    voids: tuple[Void, ...] = ()
    products: Mapping[str, str] = field(default_factory=dict)
    owners: Mapping[str, str] = field(default_factory=dict)


class _Recorded(Protocol):
    @property
    def recorded_at(self) -> datetime: ...


class _OfRecord(Protocol):
    @property
    def record(self) -> str: ...


_R = TypeVar("_R", bound=_Recorded)
_F = TypeVar("_F", bound=_OfRecord)


def as_of(book: Book, moment: datetime) -> Book:
    """The book as it stood at a moment: what was recorded by then, voids too."""

    def known(facts: Iterable[_R]) -> tuple[_R, ...]:
        return tuple(fact for fact in facts if fact.recorded_at <= moment)

    return replace(
        book,
        postings=known(book.postings),
        moves=known(book.moves),
        sightings=known(book.sightings),
        emptyings=known(book.emptyings),
        claims=known(book.claims),
        losses=known(book.losses),
        notes=known(book.notes),
        voids=known(book.voids),
    )


def without(book: Book, records: Collection[str]) -> Book:
    """The book as if some records had not been made."""

    def held(facts: Iterable[_F]) -> tuple[_F, ...]:
        return tuple(fact for fact in facts if fact.record not in records)

    return replace(
        book,
        postings=held(book.postings),
        moves=held(book.moves),
        sightings=held(book.sightings),
        emptyings=held(book.emptyings),
        claims=held(book.claims),
        losses=held(book.losses),
        notes=held(book.notes),
    )


def voided(book: Book) -> frozenset[str]:
    """The records that were declared wrong."""
    return frozenset(void.record for void in book.voids)


def doubted(book: Book) -> frozenset[str]:
    """Records whose data were declared wrong while nothing took their place: something did happen.

    A replacement that is not in the book, or was itself declared wrong, replaces nothing; one that was in turn
    replaced does.
    """
    wrong = voided(book)
    replaces: dict[str, list[str]] = defaultdict(list)
    for void in book.voids:
        for record in void.replaced_by:
            replaces[record].append(void.record)
    sound = {record for record in _records(book) if record not in wrong}
    waiting = list(sound)
    while waiting:
        found = set(replaces.get(waiting.pop(), ())) - sound
        sound |= found
        waiting += found
    never = {void.record for void in book.voids if void.reason == "did_not_occur"}
    return wrong - sound - never


def _records(book: Book) -> Iterator[str]:
    told = (book.postings, book.moves, book.sightings, book.emptyings, book.claims, book.losses, book.notes)
    for facts in told:
        for fact in facts:
            yield fact.record


def inner_units(book: Book, units: Iterable[str]) -> frozenset[str]:
    """The units themselves and those that were ever put into them."""
    return nested(nesting(book), units)


def outer_units(book: Book, units: Iterable[str]) -> frozenset[str]:
    """The units themselves and those that they were ever put into."""
    return nested(outward(book), units)


def outward(book: Book) -> dict[str, list[str]]:
    """For each unit those into which it was ever put."""
    found: dict[str, list[str]] = defaultdict(list)
    for outer, inner in nesting(book).items():
        for unit in inner:
            found[unit].append(outer)
    return found


def nesting(book: Book) -> dict[str, list[str]]:
    """For each unit those that were ever put into it."""
    inward: dict[str, list[str]] = defaultdict(list)
    for move in book.moves:
        if move.target is not None and is_unit(move.target):
            inward[move.target].append(move.unit)
    return inward


def nested(onward: Mapping[str, list[str]], units: Iterable[str]) -> frozenset[str]:
    """The units themselves and all those to which they lead, step by step."""
    met = set(units)
    waiting = list(met)
    while waiting:
        found = set(onward.get(waiting.pop(), ())) - met
        met |= found
        waiting += found
    return frozenset(met)
