"""Links that no line tells, for one batch at a time, by the rules' own functions.

They never lead from one batch to another, but for the pool of a product: then all its batches are one family. A
family is derived when a walk comes to it, and forgotten when anything of it changes.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from tracelot.index.facts import facts_of, stocks_named
from tracelot.index.holdings import Holdings
from tracelot.rules.answers import Kind
from tracelot.rules.books import Book, Hub, Move, Posting, Sighting, Stock
from tracelot.rules.ledgers import Ledger, Totals, itineraries, places_by_batch
from tracelot.rules.links import Certainty, Joint, trace_links
from tracelot.rules.places import WHOLE, is_unit, lane_of, on_hand
from tracelot.rules.possibilities import recall_links

LinesAt = Callable[[Sequence[int]], Iterable[int]]
Journeys = Mapping[str, tuple[str, ...]]
TOLD = ("line", "voided", "whole")  # kinds that are followed by other means


@dataclass(eq=False, slots=True)
class Link:
    """A derived link over stocks by number; the whole of a batch is -1 less its number."""

    joint: Joint
    certainty: Certainty
    sources: tuple[int, ...]
    targets: tuple[int, ...]


@dataclass
class Family:
    """What is derived of one batch, or of all batches of a product: links by the stocks on each side."""

    stocks: Mapping[int, frozenset[int]]  # by batch
    leaving: dict[int, list[Link]] = field(default_factory=lambda: defaultdict(list))
    entering: dict[int, list[Link]] = field(default_factory=lambda: defaultdict(list))

    def add(self, link: Link) -> None:
        for stock in link.sources:
            self.leaving[stock].append(link)
        for stock in link.targets:
            self.entering[stock].append(link)


@dataclass
class Doubt:
    """What wrong records said of lines that happened all the same: their postings, and the links of these."""

    postings: dict[Hub, list[Posting]] = field(default_factory=dict)
    links: Family = field(default_factory=lambda: Family({}))
    hubs: dict[str, set[Hub]] = field(default_factory=lambda: defaultdict(set))  # by batch
    made: dict[int, list[Link]] = field(default_factory=lambda: defaultdict(list))  # by batch


class Families:
    """Families by kind, as far as anybody asked for them."""

    def __init__(self, holdings: Holdings, lines_at: LinesAt) -> None:
        self._holdings = holdings
        self._lines_at = lines_at
        self._known: dict[tuple[Kind, int], Family] = {}
        self._packed: set[int] = set()  # batches whose links depend on units
        self.doubt = Doubt()
        self.pooled: dict[int, list[int]] = {}  # product → batches, where there is a pool

    def of(self, kind: Kind, batch: int) -> Family:
        found = self._known.get((kind, batch))
        if found is None:
            members = self.members(kind, batch)
            found = self._derive(kind, members)
            for one in members:
                self._known[kind, one] = found
        return found

    def members(self, kind: Kind, batch: int) -> Sequence[int]:
        product = int(self._holdings.product_of.array[batch])
        return self.pooled.get(product, [batch]) if kind == "recall" and product else [batch]

    def forget(self, batches: Iterable[int]) -> None:
        for batch in batches:
            self._known.pop(("trace", batch), None)
            for one in self.members("recall", batch):
                self._known.pop(("recall", one), None)
            self._known.pop(("recall", batch), None)

    def forget_packed(self) -> None:
        self.forget(list(self._packed))
        self._packed.clear()

    def forget_all(self) -> None:
        self._known.clear()

    def ledger(self, kind: Kind, members: Iterable[int]) -> Ledger:
        """The members' own part of the books, enough for all that is derived of them."""
        holdings = self._holdings
        names = [holdings.batches.text(batch) for batch in members]
        numbers = {
            one for batch in members for one in holdings.stocks_of_batch(batch) if holdings.stands(one)
        }
        stocks = {stock: Totals() for stock in stocks_named(holdings, numbers)}
        facts = facts_of(holdings, self._lines_at(sorted(numbers)), numbers)
        hubs = {postings[0].hub: postings for postings in facts.values()}
        for posting in (one for postings in hubs.values() for one in postings):
            stocks[posting.stock].add(posting)
        doubted: list[Posting] = []
        if kind == "recall":
            for hub in {hub for name in names for hub in self.doubt.hubs.get(name, ())}:
                doubted += self.doubt.postings[hub]
                hubs[hub] = holdings.postings_at(hub)
        stops, lanes = self.journeys({stock.place for stock in stocks if is_unit(stock.place)})
        products = {name: product for name, batch in zip(names, members, strict=True)
                    if (product := holdings.product(batch)) is not None}  # fmt: skip
        claims = tuple(one for name in names for one in holdings.claims.get(name, ())
                       if not holdings.is_wrong(one.record))  # fmt: skip
        book = Book(claims=claims, products=products, owners=holdings.owners)
        return Ledger(book, stocks, hubs, places_by_batch(stocks), frozenset(), stops, lanes, tuple(doubted))

    def journeys(self, units: Collection[str]) -> tuple[Journeys, Journeys]:
        """For each unit the facilities where it stopped or for which it left, and its lanes."""
        if not units:
            return {}, {}
        holdings = self._holdings
        outer = holdings.outer(units)
        facts = list(holdings.standing(outer))
        moves = tuple(fact for fact in facts if isinstance(fact, Move))
        sightings = tuple(fact for fact in facts if isinstance(fact, Sighting))
        lines = {line for unit in outer for line in holdings.packed.get(unit, ())}
        hubs = {postings[0].hub: postings for postings in facts_of(holdings, lines).values()}
        went = itineraries(Book(moves=moves, sightings=sightings), hubs)
        ways = {unit: [(place, lane_of(place)) for place in went.get(unit, ())] for unit in units}
        stops = {
            unit: tuple(
                sorted({end for place, lane in ways[unit] if on_hand(end := lane.target if lane else place)})
            )
            for unit in units
        }
        return stops, {unit: tuple(sorted(p for p, lane in ways[unit] if lane)) for unit in units}

    def _derive(self, kind: Kind, members: Sequence[int]) -> Family:
        ledger = self.ledger(kind, members)
        if ledger.stops:
            self._packed.update(members)
        stocks, joints = (trace_links if kind == "trace" else recall_links)(ledger)
        names = {self._holdings.batches.text(batch) for batch in members}
        own: dict[int, set[int]] = {batch: set() for batch in members}
        for stock in stocks:
            if stock.batch in names and stock.place != WHOLE:
                own[self._holdings.batch_number(stock.batch)].add(self._holdings.stock_number(stock))
        family = Family({batch: frozenset(found) for batch, found in own.items()})
        for joint in joints:
            if joint.kind not in TOLD and joint.targets[0].batch in names:
                family.add(self.link(joint))
        return family

    def link(self, joint: Joint) -> Link:
        return Link(joint, joint.certainty, self._numbers(joint.sources), self._numbers(joint.targets))

    def _numbers(self, stocks: Iterable[Stock]) -> tuple[int, ...]:
        number, batch = self._holdings.stock_number, self._holdings.batch_number
        return tuple(-1 - batch(one.batch) if one.place == WHOLE else number(one) for one in stocks)

    def set_doubt(self, postings: Iterable[Posting]) -> set[str]:
        """Reckon with what wrong records said; gives the batches that it is about now, or was before."""
        before = set(self.doubt.hubs)
        self.doubt = Doubt()
        for posting in postings:
            self.doubt.postings.setdefault(posting.hub, []).append(posting)
        hubs = {hub: self._holdings.postings_at(hub) for hub in self.doubt.postings}
        doubted = tuple(one for told in self.doubt.postings.values() for one in told)
        for hub, told in hubs.items():
            for posting in (*told, *self.doubt.postings[hub]):
                self.doubt.hubs[posting.batch].add(hub)
        _, joints = (
            recall_links(Ledger(Book(), {}, hubs, {}, frozenset(), {}, {}, doubted)) if hubs else ({}, [])
        )
        for joint in joints:
            if joint.kind == "voided":
                link = self.link(joint)
                self.doubt.links.add(link)
                for target in link.targets:
                    if target < 0:
                        self.doubt.made[-1 - target].append(link)
        return before | set(self.doubt.hubs)
