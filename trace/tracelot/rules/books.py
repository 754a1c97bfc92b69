"""The books of goods: what was recorded, which of it holds, and what was known at a moment.

A book is a plain set of facts in any order: nothing in it was resolved when it was captured. Batches, units,
facilities and records are named by text. Quantities are in the base unit of their batch; None is unknown,
never zero. `event_time` is what a party claims, by its own clock; `recorded_at` is the server's time.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from typing import Literal, NamedTuple, Protocol, TypeVar

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


@dataclass(frozen=True, slots=True)
class Posting:
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
    """Everything in a place is taken out, and put into another or (None) nowhere. What it was is told elsewhere."""

    record: str
    event: str
    place: str
    target: str | None
    event_time: datetime
    recorded_at: datetime
    act: str = "unpack"


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
class Void:
    """A record declared wrong: it never happened, or its data are wrong; another record may replace it."""

    record: str
    reason: Reason
    recorded_at: datetime
    replaced: bool = False


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
        voids=known(book.voids),
    )


def unvoided(book: Book) -> Book:
    """The book without the records that were declared wrong."""
    if not book.voids:
        return book
    wrong = {void.record for void in book.voids}

    def held(facts: Iterable[_F]) -> tuple[_F, ...]:
        return tuple(fact for fact in facts if fact.record not in wrong)

    return replace(
        book,
        postings=held(book.postings),
        moves=held(book.moves),
        sightings=held(book.sightings),
        emptyings=held(book.emptyings),
        claims=held(book.claims),
        losses=held(book.losses),
        voids=(),
    )


def doubtful(book: Book) -> tuple[Posting, ...]:
    """Postings whose data were declared wrong while nothing took their place: something did happen."""
    settled = {void.record for void in book.voids if void.reason == "did_not_occur" or void.replaced}
    doubted = {void.record for void in book.voids} - settled
    return tuple(posting for posting in book.postings if posting.record in doubted)
