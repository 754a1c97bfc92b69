"""The frontier: level by level in SQL, the part of the books that a question needs.

A level is a set of batches. All that is recorded of them is fetched by their ids, then the lines that move them,
the units that held them with their ways; whatever these lines made of them (forward) or out of what they made
them (backward) is the next level. It ends by itself, since no batch is asked for twice, or by its budget. The
meaning stays with the rules: what is gathered here gives the answer that all the books together would give.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from uuid import UUID

from tracelot.records.facts import HubKey, PostingRow, Rows, SightingRow, StopRow, pool_id
from tracelot.records.shelves import Shelf
from tracelot.rules.answers import Direction
from tracelot.rules.books import Book
from tracelot.rules.ledgers import open_book
from tracelot.rules.places import is_unit, pooled_product
from tracelot.rules.questions import Question, Start
from tracelot.rules.starting import of_facility


@dataclass(frozen=True)
class Budget:
    """How much one question may read: postings, and levels, each of which costs some statements.

    The lines of what was read are read on to their end, so that what is told is whole, up to twice as much.
    """

    postings: int = 10_000
    levels: int = 200


RECALL = Budget(postings=400_000)  # a recall reaches everybody, however many they are


def _id_of(batch: str) -> UUID:
    """The id of a batch as the rules name it, or that of a product's pool."""
    product = pooled_product(batch)
    return UUID(batch) if product is None else pool_id(UUID(product))


@dataclass
class Gathering:
    """Rows as they come in, indexed as the next level needs them."""

    shelf: Shelf
    question: Question
    budget: Budget = field(default_factory=Budget)
    rows: Rows = field(default_factory=Rows)
    complete: bool = True
    by_batch: dict[UUID, list[PostingRow]] = field(default_factory=lambda: defaultdict(list))
    by_hub: dict[HubKey, list[PostingRow]] = field(default_factory=lambda: defaultdict(list))
    loaded: set[UUID] = field(default_factory=set)  # batches, wholly
    hubs: set[HubKey] = field(default_factory=set)
    units: set[UUID] = field(default_factory=set)
    supplied: set[UUID] = field(default_factory=set)  # products of which goods were taken without a batch

    def book(self) -> Book:
        """Gather, and give what was gathered as a book."""
        starts = self._starts(self.question.start)
        for way in self.question.ways:
            self._spread(starts, way)
        self._finish()
        return self.rows.book()

    # --- rows come in ---

    @property
    def room(self) -> int:
        return max(0, self.budget.postings - len(self.rows.postings))

    def _add(self, postings: Iterable[PostingRow]) -> None:
        for row in postings:
            if row.id not in self.rows.postings:
                self.rows.postings[row.id] = row
                self.by_batch[row.batch_id].append(row)
                self.by_hub[row.event_id, row.line].append(row)
                if row.product_id is not None:
                    self.rows.products[row.batch_id] = row.product_id
        if len(self.rows.postings) > self.budget.postings:
            self.complete = False

    def _add_within(self, read: Callable[[int], list[PostingRow]]) -> None:
        """Read no more than there is room for; where there was more, some of it may be rows that were known."""
        room = self.room
        found = read(room)
        self._add(found)
        self.complete = self.complete and len(found) <= room

    def _stop(self, stops: Iterable[StopRow]) -> None:
        self.rows.stops.update((row.id, row) for row in stops)

    def _see(self, sightings: Iterable[SightingRow]) -> None:
        self.rows.sightings.update((row.id, row) for row in sightings)

    # --- starts ---

    def _starts(self, start: Start) -> set[UUID]:
        """The batches at which to begin; those of a place or a unit are found by what is recorded there."""
        found = set(map(_id_of, start.batches))
        if start.events:
            events = set(map(UUID, start.events))
            postings, stops = self.shelf.of_events(events), self.shelf.stops_by(events)
            self._add(postings)
            found |= {row.batch_id for row in postings}
            found |= self._inside({row.unit_id for row in stops})
        found |= self._inside({UUID(unit.removeprefix("unit:")) for unit in start.units})
        if start.facility is not None and start.window is not None:
            found |= self._standing(start)
        return found

    def _inside(self, units: set[UUID]) -> set[UUID]:
        """The batches that ever were in units, or in units inside these."""
        met, waiting = set(units), set(units)
        while waiting:
            inner = {row.unit_id for row in self.shelf.stops_at({f"unit:{unit}" for unit in waiting})}
            waiting = inner - met
            met |= waiting
        self._load_units(met)
        places = {f"unit:{unit}" for unit in met}
        return {row.batch_id for row in self.rows.postings.values() if row.place in places}

    def _standing(self, start: Start) -> set[UUID]:
        """The batches that were at a facility for a while, as the rules find them in what is recorded there."""
        name = str(start.facility).removeprefix("facility:")
        places = {f"facility:{name}", f"aside:{name}"}
        self._add_within(lambda room: self.shelf.at_places(places, room))
        self._see(self.shelf.seen_at(places))
        hubs = {(row.event_id, row.line) for row in self.rows.postings.values()}
        self._load_hubs(hubs)
        stops = [*self.shelf.stops_at(places), *self.shelf.stops_from(places)]
        units = {row.unit_id for row in stops}
        units |= {UUID(row.place[5:]) for row in self.rows.postings.values() if is_unit(row.place)}
        found = self._inside(units)
        self._finish()
        if start.facility is None or start.window is None:
            return found
        ledger = open_book(self.rows.book(), self.question.as_of)
        named = {stock.batch for stock in of_facility(ledger, start.facility, start.window)}
        return set(map(_id_of, named))

    # --- levels ---

    def _spread(self, starts: Collection[UUID], way: Direction) -> None:
        reached, level = set(starts), set(starts)
        distance = 0
        while level:
            self._load(level)
            if not self.complete or distance == self.question.depth:
                return
            level = self._onward(level, way) - reached
            reached |= level
            distance += 1
            if level and distance > self.budget.levels:
                self.complete = False
                return

    def _load(self, batches: Collection[UUID]) -> None:
        """All that is recorded of batches: postings and their lines, sightings, units and the units' ways."""
        wanted = set(batches) - self.loaded
        self.loaded |= wanted
        self._add_within(lambda room: self.shelf.of_batches(wanted, room))
        self._see(self.shelf.seen_batches(wanted))
        self._know_products(wanted)
        self._load_pools({self.rows.products[one] for one in wanted if one in self.rows.products})
        of_them = [row for one in wanted for row in self.by_batch.get(one, ())]
        self._load_hubs({(row.event_id, row.line) for row in of_them})
        units = {UUID(row.place.removeprefix("unit:")) for row in of_them if is_unit(row.place)}
        self._load_units(units | self.shelf.units_sent(wanted))

    def _know_products(self, batches: Collection[UUID]) -> None:
        self.rows.products |= self.shelf.products_of(
            {one for one in batches if one not in self.rows.products}
        )

    def _load_pools(self, products: Collection[UUID]) -> None:
        """What was said of the products without a batch, and for a recall what could supply it."""
        pools = {pool_id(product): product for product in products}
        fresh = set(pools) - self.loaded
        self.loaded |= fresh
        self._add_within(lambda room: self.shelf.of_batches(fresh, room))
        self._see(self.shelf.seen_batches(fresh))
        of_them = [row for one in fresh for row in self.by_batch.get(one, ())]
        self._load_hubs({(row.event_id, row.line) for row in of_them})
        self._load_units({UUID(row.place[5:]) for row in of_them if is_unit(row.place)})
        if self.question.kind == "recall":
            for pool, product in pools.items():
                self._supply(pool, product)

    def _supply(self, pool: UUID, product: UUID) -> None:
        """How much of a product there was where some was taken without a batch."""
        taken = {row.place for row in self.by_batch.get(pool, ()) if row.side == "take"}
        if taken and product not in self.supplied:
            self.supplied.add(product)
            self._add(self.shelf.of_batches_at(self.shelf.batches_of([product]), taken))

    def _load_hubs(self, hubs: Collection[HubKey]) -> None:
        fresh = set(hubs) - self.hubs
        self.hubs |= fresh
        room = max(0, 2 * self.budget.postings - len(self.rows.postings))
        found, whole = self.shelf.some_of_hubs(fresh, room)
        self._add(found)
        self.complete = self.complete and whole

    def _load_units(self, units: Collection[UUID]) -> None:
        """The ways of units, and of those that they were in, with all that shows where they were."""
        waiting = set(units) - self.units
        while waiting:
            self.units |= waiting
            stops = self.shelf.stops_of(waiting)
            self._stop(stops)
            self._see(self.shelf.seen_units(waiting))
            postings = self.shelf.in_units(waiting)
            self._add(postings)
            self._load_hubs({(row.event_id, row.line) for row in postings})
            waiting = {UUID(row.place[5:]) for row in stops if is_unit(row.place)} - self.units

    def _onward(self, level: Collection[UUID], way: Direction) -> set[UUID]:
        """The batches to which, or from which, the lines of a level lead; for a recall those of pools too."""
        here, there = ("take", "put") if way == "forward" else ("put", "take")
        found: set[UUID] = set()
        for batch in level:
            for row in self.by_batch.get(batch, ()):
                if row.side == here:
                    others = self.by_hub[row.event_id, row.line]
                    found |= {other.batch_id for other in others if other.side == there}
        if self.question.kind == "recall":
            found |= self._pooled(level, way)
        return found

    def _pooled(self, level: Collection[UUID], way: Direction) -> set[UUID]:
        products = {self.rows.products[one] for one in level if one in self.rows.products}
        pools = {pool_id(product): product for product in products}
        if way == "backward":
            met = set(level)
            return self.shelf.batches_of([product for pool, product in pools.items() if pool in met])
        seen = {row.batch_id for row in self.rows.sightings.values()}
        return {pool for pool in pools if self.by_batch.get(pool) or pool in seen}

    # --- what belongs to the rows ---

    def _finish(self) -> None:
        """Voids with what replaces them, losses, the events that say it all, products and owners."""
        asked: set[UUID] = set()
        while fresh := self.rows.records() - asked:
            asked |= fresh
            voids = self.shelf.voids(fresh)
            self.rows.voids.update((row.event_id, row) for row in voids)
            instead = {row.replaced_by for row in voids if row.replaced_by is not None} - asked
            self._add(self.shelf.of_records(instead))
            self._see(self.shelf.seen_by(instead))
            self._load_units({row.unit_id for row in self.shelf.stops_by(instead)})
            losses = self.shelf.losses({event for event, _ in self.by_hub} - self._lossy())
            self.rows.losses.update(((row.event_id, row.number), row) for row in losses)
        self.rows.events = {row.id: row for row in self.shelf.events(self.rows.records())}
        self._know_products(self.by_batch)
        self._know_products({row.batch_id for row in self.rows.sightings.values() if row.batch_id})
        self.rows.owners = self.shelf.owners(self.rows.ends())

    def _lossy(self) -> set[UUID]:
        return {event for event, _ in self.rows.losses}


def gather(shelf: Shelf, question: Question, budget: Budget | None = None) -> tuple[Book, bool]:
    """The part of the books that a question needs, and whether that is all that it needs."""
    gathering = Gathering(shelf, question, budget or Budget())
    book = gathering.book()
    return book, gathering.complete


def whole_book(shelf: Shelf, rows: Rows) -> Book:
    """All rows as a book: what a question is answered from where the books are small."""
    rows.events = {row.id: row for row in shelf.events(rows.records())}
    rows.owners = shelf.owners(rows.ends())
    return rows.book()
