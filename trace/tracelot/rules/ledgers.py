"""A book opened for questions: its stocks with their totals, its hubs, and its units settled."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from tracelot.rules.books import (
    Book,
    Emptying,
    Hub,
    Move,
    Posting,
    Stock,
    as_of,
    doubted,
    nested,
    nesting,
    voided,
    without,
)
from tracelot.rules.places import facility_of, is_unit, lane_of, on_hand

ZERO = Decimal(0)


@dataclass(slots=True)
class Totals:
    """What went into a stock and out of it: known sums in the base unit, and how many are unknown."""

    puts: int = 0
    takes: int = 0
    put: Decimal = ZERO
    taken: Decimal = ZERO
    unknown_puts: int = 0
    unknown_takes: int = 0
    unit: str | None = None
    mixed: bool = False  # two base units, whose sum says nothing

    def add(self, posting: Posting) -> None:
        if self.unit not in (None, posting.unit):
            self.mixed = True
        self.unit = posting.unit
        known = posting.quantity is not None
        if posting.side == "put":
            self.puts += 1
            self.put += posting.quantity or ZERO
            self.unknown_puts += not known
        else:
            self.takes += 1
            self.taken += posting.quantity or ZERO
            self.unknown_takes += not known

    def include(self, other: "Totals") -> None:
        """Add what went in and out of another stock."""
        apart = None not in (self.unit, other.unit) and self.unit != other.unit
        self.mixed = self.mixed or other.mixed or apart
        self.unit = self.unit or other.unit
        self.puts, self.takes = self.puts + other.puts, self.takes + other.takes
        self.put, self.taken = self.put + other.put, self.taken + other.taken
        self.unknown_puts += other.unknown_puts
        self.unknown_takes += other.unknown_takes

    @property
    def least(self) -> Decimal:
        """The least that can be left, never below zero."""
        return ZERO if self.mixed or self.unknown_takes else max(ZERO, self.put - self.taken)

    @property
    def most(self) -> Decimal | None:
        """The most that can be left; None where nobody can say."""
        return None if self.mixed or self.unknown_puts else max(ZERO, self.put - self.taken)

    @property
    def overdrawn(self) -> bool:
        """More was taken than was put; never said where a put is unknown."""
        return not self.mixed and not self.unknown_puts and self.puts > 0 and self.taken > self.put

    @property
    def emptied(self) -> bool:
        return self.most == ZERO


NOTHING = Totals()


@dataclass(frozen=True)
class Ledger:
    """The facts of a book that hold, indexed. Made by `open_book`."""

    book: Book
    stocks: Mapping[Stock, Totals]
    hubs: Mapping[Hub, tuple[Posting, ...]]
    places: Mapping[str, tuple[str, ...]]  # batch → the places of its stocks, sorted
    sighted: frozenset[Stock]
    stops: Mapping[str, tuple[str, ...]]  # unit → the facilities where it was or for which it left
    lanes: Mapping[str, tuple[str, ...]]  # unit → the lanes on which it travelled
    doubted: tuple[Posting, ...]

    def totals(self, stock: Stock) -> Totals:
        return self.stocks.get(stock, NOTHING)

    def product(self, batch: str) -> str | None:
        """The product of a batch, where the book tells it."""
        return self.book.products.get(batch)

    def owner(self, end: str) -> str | None:
        """The party behind an end of a lane or a place on hand, where it is known."""
        if end.startswith("party:"):
            return end
        return self.book.owners.get(facility_of(end) or end)


def consignee_of(ledger: Ledger, end: str) -> str:
    """Who stands behind an end: the party where it is known, or else the end itself."""
    return ledger.owner(end) or facility_of(end) or end


def open_book(book: Book, moment: datetime | None = None) -> Ledger:
    """Index what holds of a book, as it stood at a moment or stands now."""
    known = book if moment is None else as_of(book, moment)
    wrong, unsure = voided(known), doubted(known)
    held = _emptied(without(known, wrong) if wrong else known)
    stocks: dict[Stock, Totals] = {}
    hubs: dict[Hub, list[Posting]] = defaultdict(list)
    for posting in held.postings:
        stocks.setdefault(posting.stock, Totals()).add(posting)
        hubs[posting.hub].append(posting)
    sighted = frozenset(
        Stock(sighting.subject, sighting.place)
        for sighting in held.sightings
        if not is_unit(sighting.subject)
    )
    for stock in sighted:
        stocks.setdefault(stock, Totals())
    journeys = itineraries(held, hubs)
    return Ledger(
        held,
        stocks,
        {hub: tuple(sorted(hubs[hub], key=_order)) for hub in sorted(hubs)},
        places_by_batch(stocks),
        sighted,
        {unit: _stops(places) for unit, places in journeys.items()},
        {
            unit: tuple(sorted(place for place in places if lane_of(place)))
            for unit, places in journeys.items()
        },
        _postings_of(known, wrong, unsure) if unsure else (),
    )


def _postings_of(book: Book, wrong: frozenset[str], unsure: frozenset[str]) -> tuple[Posting, ...]:
    """What the records say whose data are wrong."""
    told = _emptied(without(book, wrong - unsure))
    return tuple(posting for posting in told.postings if posting.record in unsure)


def _order(posting: Posting) -> tuple[str, str, str, str]:
    return posting.batch, posting.place, posting.side, posting.record


def places_by_batch(stocks: Iterable[Stock]) -> dict[str, tuple[str, ...]]:
    places: dict[str, list[str]] = defaultdict(list)
    for stock in sorted(stocks):
        places[stock.batch].append(stock.place)
    return {batch: tuple(found) for batch, found in places.items()}


def itineraries(book: Book, hubs: Mapping[Hub, Iterable[Posting]]) -> dict[str, frozenset[str]]:
    """Where each unit was: by its own moves, sightings and packing, and by those of the units that it was in.

    In which of two stops an inner unit was taken out is not asked: that would compare the clocks of two
    facilities.
    """
    places: dict[str, set[str]] = defaultdict(set)
    for unit, place in (*_whereabouts(book), *packings(hubs)):
        places[unit].add(place)
    return {unit: _places_of(unit, places) for unit in sorted(places)}


def _whereabouts(book: Book) -> Iterator[tuple[str, str]]:
    for move in book.moves:
        for place in (move.source, move.target):
            if place is not None:
                yield move.unit, place
    for sighting in book.sightings:
        if is_unit(sighting.subject):
            yield sighting.subject, sighting.place


def packings(hubs: Mapping[Hub, Iterable[Posting]]) -> Iterator[tuple[str, str]]:
    """Units, and the places on hand where goods went into them or came out."""
    for postings in hubs.values():
        units = {posting.place for posting in postings if is_unit(posting.place)}
        here = {posting.place for posting in postings if on_hand(posting.place)} if units else set()
        yield from ((unit, place) for unit in units for place in here)


def _places_of(unit: str, places: Mapping[str, set[str]]) -> frozenset[str]:
    found: set[str] = set()
    met, waiting = {unit}, [unit]
    while waiting:
        here = places.get(waiting.pop(), set())
        found |= here
        outer = {place for place in here if is_unit(place)} - met
        met |= outer
        waiting.extend(outer)
    return frozenset(found)


def _stops(places: Iterable[str]) -> tuple[str, ...]:
    """The facilities among places, and those for which a unit left."""
    lanes = [lane for place in places if (lane := lane_of(place))]
    return tuple(sorted({place for place in (*places, *(lane.target for lane in lanes)) if on_hand(place)}))


def _emptied(book: Book) -> Book:
    """Emptyings spelled out: a line for each batch in the place, a move for each unit in it."""
    if not book.emptyings:
        return book
    within: dict[str, dict[str, Totals]] = defaultdict(dict)
    for posting in book.postings:
        within[posting.place].setdefault(posting.batch, Totals()).add(posting)
    # What ends or is used with a unit, ends or is used with the units in it.
    inward = nesting(book)
    spelled = [
        replace(emptying, place=place)
        for emptying in book.emptyings
        for place in ([emptying.place] if emptying.target else sorted(nested(inward, [emptying.place])))
    ]
    times = Counter((emptying.place, emptying.batch) for emptying in spelled)
    postings = [posting for emptying in spelled for posting in _taken_out(emptying, within, times)]
    moves = list(_moved_out(book))
    return replace(
        book, postings=book.postings + tuple(postings), moves=book.moves + tuple(moves), emptyings=()
    )


def _moved_out(book: Book) -> Iterator[Move]:
    units: dict[str, set[str]] = defaultdict(set)
    for move in book.moves:
        units[str(move.target)].add(move.unit)
    left = {(move.unit, move.source) for move in book.moves}
    for emptying in book.emptyings:
        for unit in sorted(units.get(emptying.place, ())):
            if emptying.batch is None and (unit, emptying.place) not in left:
                told = emptying.event_time, emptying.recorded_at
                yield Move(emptying.record, unit, emptying.place, emptying.target, *told)


def _taken_out(
    emptying: Emptying,
    within: Mapping[str, Mapping[str, Totals]],
    times: Mapping[tuple[str, str | None], int],
) -> Iterator[Posting]:
    place = emptying.place
    for batch, totals in sorted(within.get(place, {}).items()):
        alone = times.get((place, None), 0) + times.get((place, batch), 0) == 1
        rest = totals.most if alone and totals.most == totals.least else None
        if emptying.batch not in (None, batch) or (rest == ZERO and totals.takes):
            continue
        hub = emptying.hub or Hub(f"{emptying.record} {batch}", 0)  # a line of its own for each batch
        told = (emptying.event_time, emptying.recorded_at, emptying.act, totals.unit or "")
        yield Posting(emptying.record, hub, batch, place, "take", rest, *told)
        if emptying.target is not None:
            yield Posting(emptying.record, hub, batch, emptying.target, "put", rest, *told)
