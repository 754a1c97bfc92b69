"""The kernel's rules again, told as plainly as can be and as slowly: which stock feeds which, pair by pair.

It shares no code with the engines but the facts themselves. Only for small books.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import product

from tracelot.rules.books import Book, Posting, Stock

Pairs = set[tuple[Stock, Stock]]


def facility(place: str) -> str | None:
    kind, _, name = place.partition(":")
    return f"facility:{name}" if kind in ("facility", "aside") else None


def ends(place: str) -> tuple[str, str]:
    source, _, target = place.removeprefix("lane:").partition(">")
    return source, target


@dataclass
class Oracle:
    """The stocks and links of a book without voids and emptyings, those of a trace or those of a recall."""

    book: Book
    recall: bool = False

    def __post_init__(self) -> None:
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
        told = set(self.stocks)
        for source in told:
            if (
                source.place.startswith("lane:")
                and self.of(source, "put")
                and facility(ends(source.place)[1])
            ):
                self.stocks.add(Stock(source.batch, ends(source.place)[1]))
        for source, target in product(self.stocks, repeat=2):
            if source.batch == target.batch and {source, target} <= told and self.needy(target):
                yield source, target
            if self.goes(source, target) or self.drawn(source, target):
                yield source, target
        yield from self.wholes()

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
        if not pool.batch.startswith("product:") or not self.of(pool, "take"):
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

    def wholes(self) -> Iterator[tuple[Stock, Stock]]:
        """A batch made out of another is reached whole."""
        for hub in {one.hub for one in self.book.postings}:
            line = [one for one in self.book.postings if one.hub == hub]
            takes = {Stock(one.batch, one.place) for one in line if one.side == "take"}
            for made in {one.batch for one in line if one.side == "put"}:
                if any(one.batch != made for one in takes):
                    yield from product(takes, [stock for stock in self.stocks if stock.batch == made])


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
