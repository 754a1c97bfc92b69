"""What is taken out where all that is in a place leaves it: by all that the books know to have been put there."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from tracelot.operations.translating import Said
from tracelot.records.captures import CapturedEmptying, list_emptyings
from tracelot.records.facts import PostingRow, Rows, StopRow
from tracelot.records.shelves import Shelf
from tracelot.rules.books import Book
from tracelot.rules.ledgers import open_book
from tracelot.rules.places import is_unit

MOST_POSTINGS = 100_000


@dataclass
class Surroundings:
    """The units that hang together by what was put into what, with all that was told of their contents.

    `touched` are stocks (batch, place) that changed, so that an emptying of one batch at a large facility is not
    reckoned anew for every other.
    """

    shelf: Shelf
    party_id: UUID
    touched: set[tuple[UUID | None, str]]
    postings: dict[UUID, PostingRow] = field(default_factory=dict)
    stops: dict[UUID, StopRow] = field(default_factory=dict)
    emptyings: dict[tuple[UUID, int], CapturedEmptying] = field(default_factory=dict)

    def gather(self) -> None:
        """Follow units outward and inward, and emptyings to what else they empty, until nothing new comes."""
        met: set[tuple[UUID | None, str]] = set()
        while fresh := self.touched - met:
            met |= fresh
            places = {place for _, place in fresh}
            units = {UUID(place[5:]) for place in places if is_unit(place)}
            self.stops |= {one.id: one for one in self.shelf.stops_of(units)}
            inner = self.shelf.stops_at({place for place in places if is_unit(place)})
            self.stops |= {one.id: one for one in inner}
            self._empty(fresh, places)
            self._load(fresh)
            self.touched |= {(None, f"unit:{one.unit_id}") for one in self.stops.values()}
            self.touched |= {(None, one.place) for one in self.stops.values() if is_unit(one.place)}
            self.touched |= {(one.batch_id, one.place) for one in self.emptyings.values()}

    def _empty(self, fresh: Collection[tuple[UUID | None, str]], places: Collection[str]) -> None:
        for one in list_emptyings(self.shelf.session, self.party_id, places):
            if one.batch_id is None or is_unit(one.place) or (one.batch_id, one.place) in fresh:
                self.emptyings[one.captured_id, one.number] = one

    def _load(self, fresh: Collection[tuple[UUID | None, str]]) -> None:
        """What is in the places; of a facility only what is emptied there."""
        emptied = {(one.batch_id, one.place) for one in self.emptyings.values()}
        wanted = [one for one in fresh if is_unit(one[1]) or one in emptied]
        whole = {place for batch, place in wanted if batch is None or is_unit(place)}
        rows = self.shelf.at_places(whole, MOST_POSTINGS)
        for batch, place in wanted:
            if batch is not None and place not in whole:
                rows += self.shelf.of_batches_at([batch], [place])
        self.postings |= {row.id: row for row in rows}

    def book(self, but: Collection[UUID]) -> Book:
        """What the books say of these places, some records left out."""
        rows = Rows(
            postings={key: row for key, row in self.postings.items() if row.record_id not in but},
            stops={key: row for key, row in self.stops.items() if row.event_id not in but},
        )
        rows.products = {row.batch_id: row.product_id for row in rows.postings.values() if row.product_id}
        rows.voids = {one.event_id: one for one in self.shelf.voids(rows.records())}
        rows.events = {one.id: one for one in self.shelf.events(rows.records())}
        return rows.book()


def spelled(book: Book, told: Sequence[Said]) -> list[Said]:
    """The sayings of captured events with their emptyings spelled out, as the rules do it."""
    whole = Book(
        postings=book.postings + tuple(one for said in told for one in said.postings),
        moves=book.moves + tuple(one for said in told for one in said.moves),
        emptyings=tuple(one for said in told for one in said.emptyings),
        notes=book.notes,
        voids=book.voids,
    )
    opened = open_book(whole).book
    return [
        Said(
            said.record,
            [one for one in opened.postings if one.record == said.record],
            [one for one in opened.moves if one.record == said.record],
            said.sightings,
            said.emptyings,
            said.units,
        )
        for said in told
    ]
