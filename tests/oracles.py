"""The kernel's rules again, told as plainly as can be and as slowly: which stock feeds which, pair by pair.

It shares no code with the engines but the facts themselves. Only for small books.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import product

from tracelot.rules.books import Book, Hub, Posting, Stock, without

Pairs = set[tuple[Stock, Stock]]


def facility(place: str) -> str | None:
    kind, _, name = place.partition(":")
    return f"facility:{name}" if kind in ("facility", "aside") else None


def ends(place: str) -> tuple[str, str]:
    source, _, target = place.removeprefix("lane:").partition(">")
    return source, target


@dataclass
class Oracle:
    """The stocks and links of a book, those of a trace or those of a recall; emptyings must be spelled out."""

    book: Book
    recall: bool = False

    def __post_init__(self) -> None:
        whole, wrong = self.book, {void.record for void in self.book.voids}
        self.doubted = [
            one for one in whole.postings if one.record in wrong and not self.settled(one.record, whole)
        ]
        self.book = without(whole, wrong)
        self.sides: dict[tuple[Stock, str], list[Posting]] = {}
        for one in self.book.postings:
            self.sides.setdefault((Stock(one.batch, one.place), one.side), []).append(one)
        self.known_stops: dict[str, set[str]] = {}
        self.stocks = {Stock(one.batch, one.place) for one in self.book.postings}
        self.stocks |= {
            Stock(one.subject, one.place) for one in self.book.sightings if "unit:" not in one.subject
        }
        self.recorded = set(self.lines())
        self.one_sided: Pairs = {
            (Stock(one.batch, one.source), Stock(one.batch, one.target)) for one in self.book.claims
        }
        self.one_sided |= set(self.senders())
        self.stocks |= {stock for pair in self.one_sided for stock in pair}
        self.one_sided |= set(self.arrivals()) | set(self.joined())
        self.possible: Pairs = set(self.hidden()) if self.recall else set()

    def settled(self, record: str, whole: Book, met: frozenset[str] = frozenset()) -> bool:
        """Whether a wrong record never told of anything, or something that holds in the end replaced it."""
        voids = [void for void in whole.voids if void.record == record]
        return any(void.reason == "did_not_occur" for void in voids) or self.replaced(record, whole, met)

    def replaced(self, record: str, whole: Book, met: frozenset[str]) -> bool:
        wrong = {void.record for void in whole.voids}
        there = {one.record for one in (*whole.postings, *whole.notes)}
        others = {other for void in whole.voids if void.record == record for other in void.replaced_by} - met
        return any(
            self.replaced(other, whole, met | {record}) if other in wrong else other in there
            for other in others
        )

    # --- what stocks are ---

    def of(self, stock: Stock, side: str) -> list[Posting]:
        return self.sides.get((stock, side), [])

    def only(self, stock: Stock, side: str) -> bool:
        other = "take" if side == "put" else "put"
        return bool(self.of(stock, side)) and not self.of(stock, other)

    def lanes(self, side: str) -> list[Stock]:
        return [one for one in self.stocks if one.place.startswith("lane:") and self.only(one, side)]

    def hands(self) -> list[Stock]:
        return [one for one in self.stocks if facility(one.place)]

    def party(self, end: str) -> str | None:
        return end if end.startswith("party:") else self.book.owners.get(facility(end) or end)

    def same(self, one: str, other: str) -> bool:
        """Whether two ends of lanes may be the same."""
        if "?" in (one, other) or one == other:
            return True
        sides = [facility(one), facility(other)]
        if all(sides):
            return False
        mine, theirs = self.party(one), self.party(other)
        if any(sides):
            place, party = (one, theirs) if sides[0] else (other, mine)
            return party is not None and self.party(place) in (None, party)
        return mine is not None and mine == theirs

    def arrives(self, lane: str, place: str) -> bool:
        """Whether what is on a lane may come to a place on hand."""
        target = ends(lane)[1]
        if facility(target):
            return facility(target) == facility(place)
        return self.same(target, str(facility(place)))

    def stops(self, unit: str) -> set[str]:
        """Facilities at which a unit may have been, by itself or in others."""
        if unit not in self.known_stops:
            self.known_stops[unit] = self.found_stops(unit)
        return self.known_stops[unit]

    def found_stops(self, unit: str) -> set[str]:
        met = {unit}
        while True:
            places = {
                place
                for move in self.book.moves
                if move.unit in met
                for place in (move.source, move.target)
                if place is not None
            }
            places |= {one.place for one in self.book.sightings if one.subject in met}
            for one, other in product(self.book.postings, repeat=2):
                if one.hub == other.hub and one.place in met and facility(other.place):
                    places.add(other.place)
            if not (outer := {place for place in places if place.startswith("unit:")} - met):
                break
            met |= outer
        found = {ends(place)[1] if place.startswith("lane:") else place for place in places}
        return {str(facility(place)) for place in found if facility(place)}

    def sendings(self, place: str) -> set[tuple[str, str]]:
        """From whom and to whom the goods at a place went over a lane, by themselves or in units."""
        lanes, met = {place}, {place}
        while True:
            lanes |= {
                str(way) for move in self.book.moves if move.unit in met for way in (move.source, move.target)
            }
            if not (outer := {way for way in lanes if way.startswith("unit:")} - met):
                break
            met |= outer
        pairs = [ends(lane) for lane in lanes if lane.startswith("lane:")]
        return {(facility(source) or source, facility(target) or target) for source, target in pairs}

    def holders(self, place: str) -> set[str]:
        stops = self.stops(place) if place.startswith("unit:") else {facility(place)} - {None}
        return {str(stop) for stop in stops} | {target for _, target in self.sendings(place)}

    # --- the links ---

    def lines(self) -> Iterator[tuple[Stock, Stock]]:
        for one, other in product(self.book.postings, repeat=2):
            if one.hub == other.hub and one.side == "take" and other.side == "put":
                yield Stock(one.batch, one.place), Stock(other.batch, other.place)

    def senders(self) -> Iterator[tuple[Stock, Stock]]:
        for lane in self.lanes("take"):
            source = ends(lane.place)[0]
            if facility(source):
                yield Stock(lane.batch, source), lane
            else:
                for stock in self.hands():
                    if (
                        stock.batch == lane.batch
                        and self.party(source)
                        and self.party(stock.place) == self.party(source)
                    ):
                        yield stock, lane

    def arrivals(self) -> Iterator[tuple[Stock, Stock]]:
        for target, source in product(self.hands(), self.stocks):
            if (
                target.batch == source.batch
                and not self.of(target, "put")
                and self.came(source, target.place)
            ):
                yield source, target

    def came(self, source: Stock, place: str) -> bool:
        if source.place.startswith("unit:"):
            return facility(place) in self.stops(source.place)
        if not source.place.startswith("lane:"):
            return False
        target = ends(source.place)[1]
        if facility(target):
            return facility(target) == facility(place)
        party = self.party(target)
        return party is not None and party == self.party(place) and not self.of(source, "take")

    def joined(self) -> Iterator[tuple[Stock, Stock]]:
        for given, wanted in product(self.lanes("put"), self.lanes("take")):
            agree = [self.same(*pair) for pair in zip(ends(given.place), ends(wanted.place), strict=True)]
            if given.batch == wanted.batch and all(agree):
                yield given, wanted

    # --- what a lost record could hide ---

    def hidden(self) -> Iterator[tuple[Stock, Stock]]:
        hubs = {one.hub for one in self.doubted}
        lines = [[one for one in (*self.doubted, *self.book.postings) if one.hub == hub] for hub in hubs]
        voided = [line for line in lines if self.made(line)]
        self.voided = [one for line in voided for one in line]
        self.stocks |= {at(one) for one in self.voided}
        told = set(self.stocks)
        for source in told:
            target = ends(source.place)[1] if source.place.startswith("lane:") else ""
            if self.of(source, "put") and facility(target):
                self.stocks.add(Stock(source.batch, target))
        for source, target in product(self.stocks, repeat=2):
            if source.batch == target.batch and {source, target} <= told and self.needy(target):
                yield source, target
            if self.goes(source, target) or self.drawn(source, target):
                yield source, target
        for line in voided:
            yield from self.pairs(line)
        for line in [*voided, *(self.line(hub) for hub in {one.hub for one in self.book.postings})]:
            takes = {Stock(one.batch, one.place) for one in line if one.side == "take"}
            for made in self.made(line):
                yield from product(takes, [stock for stock in self.stocks if stock.batch == made])

    def needy(self, stock: Stock) -> bool:
        if stock.batch.startswith("product:") and facility(stock.place):
            return False
        puts, takes = self.of(stock, "put"), self.of(stock, "take")
        return not puts or self.short(puts, takes)

    def short(self, puts: Iterable[Posting], takes: Iterable[Posting]) -> bool:
        given = [one.quantity for one in puts]
        known = [one for one in given if one is not None]
        return len(known) == len(given) and sum(one.quantity or 0 for one in takes) > sum(known)

    def goes(self, source: Stock, target: Stock) -> bool:
        """From a lane or unit into what is on hand where it goes, of the batch or of the product's pool."""
        pool = f"product:{self.book.products.get(source.batch)}"
        if (
            not facility(target.place)
            or target.batch not in (source.batch, pool)
            or not self.of(source, "put")
        ):
            return False
        if source.place.startswith("lane:"):
            return self.arrives(source.place, target.place)
        return source.place.startswith("unit:") and facility(target.place) in self.stops(source.place)

    def drawn(self, source: Stock, pool: Stock) -> bool:
        """Goods of a product into what was taken without a batch."""
        taken = self.of(pool, "take") or [
            one for one in self.voided if one.side == "take" and at(one) == pool
        ]
        if not pool.batch.startswith("product:") or not taken:
            return False
        sort = pool.batch.removeprefix("product:")
        if sort not in (self.book.products.get(source.batch), source.batch.removeprefix("product:")):
            return False
        there = [
            one for one in self.book.postings if one.place == pool.place and self.sort(one.batch) == sort
        ]
        puts = [one for one in there if one.side == "put"]
        takes = [one for one in there if one.side == "take"]
        if not puts or self.short(puts, takes):
            return True
        return source.place == pool.place or (
            source.place.startswith("unit:") and pool.place in self.stops(source.place)
        )

    def sort(self, batch: str) -> str | None:
        return (
            batch.removeprefix("product:") if batch.startswith("product:") else self.book.products.get(batch)
        )

    def line(self, hub: Hub) -> list[Posting]:
        return [one for one in self.book.postings if one.hub == hub]

    def made(self, line: Iterable[Posting]) -> set[str]:
        """The batches that a line makes out of others: in a recall they are reached whole."""
        taken = {one.batch for one in line if one.side == "take"}
        return {one.batch for one in line if one.side == "put" and taken - {one.batch}}

    def pairs(self, line: Iterable[Posting]) -> Iterator[tuple[Stock, Stock]]:
        for one, other in product(line, repeat=2):
            if one.side == "take" and other.side == "put":
                yield Stock(one.batch, one.place), Stock(other.batch, other.place)


def reach(
    starts: Iterable[Stock], pairs: Iterable[tuple[Stock, Stock]], *, forward: bool = True
) -> set[Stock]:
    met, before = set(starts), -1
    turned = [pair if forward else pair[::-1] for pair in pairs]
    while len(met) != before:
        before = len(met)
        met |= {target for source, target in turned if source in met}
    return met


def distances(starts: Iterable[Stock], pairs: Iterable[tuple[Stock, Stock]]) -> Mapping[Stock, int]:
    known = dict.fromkeys(starts, 0)
    for _ in range(len(known) + 200):
        for source, target in pairs:
            if source in known:
                known[target] = min(known.get(target, 10**9), known[source] + 1)
    return known


def reach_in_time(book: Book, start: Stock, one_sided: Pairs) -> set[Stock]:
    """Forward, a take joining the earlier puts of its stock on hand, told put by put and take by take.

    What holds goods is a put of a stock, or the stock as a whole where time is not asked.
    """
    puts = [one for one in book.postings if one.side == "put"]
    takes = [one for one in book.postings if one.side == "take"]
    met: set[tuple[Stock, Posting | None]] = {
        (start, None),
        *((start, one) for one in puts if at(one) == start),
    }
    before = -1
    while len(met) != before:
        before = len(met)
        for stock, came in list(met):
            for take in takes:
                if at(take) == stock and joins(book, came, take):
                    met |= {(at(one), one) for one in puts if one.hub == take.hub}
            met |= {(target, None) for source, target in one_sided if source == stock}
    return {stock for stock, _ in met}


def at(posting: Posting) -> Stock:
    return Stock(posting.batch, posting.place)


def joins(book: Book, came: Posting | None, take: Posting) -> bool:
    if came is None or not facility(take.place) or came.event_time <= take.event_time:
        return True
    same = [one for one in book.postings if at(one) == at(take)]
    earlier = [one for one in same if one.side == "put" and one.event_time <= take.event_time]
    if not earlier:
        return True
    if any(one.quantity is None for one in earlier):
        return False
    used = [one for one in same if one.side == "take" and order(one) < order(take)]
    left = sum(one.quantity or 0 for one in earlier) - sum(one.quantity or 0 for one in used)
    return (take.quantity or 0) > left


def order(posting: Posting) -> tuple[object, ...]:
    return posting.event_time, posting.hub, posting.record
