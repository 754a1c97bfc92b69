"""Where rows of the books are fetched by lists of keys.

Statements name keys and join nothing, so that a sharded store can answer each alone.
"""

from collections.abc import Callable, Collection, Iterable, Iterator
from itertools import islice
from operator import attrgetter
from typing import Any, TypeVar
from uuid import UUID

from sqlmodel import Session, col, or_, select

from tracelot.records.batches import Batch
from tracelot.records.contacts import Contact
from tracelot.records.database import one_of
from tracelot.records.events import Event, EventVoid, Line, Posting, Sighting
from tracelot.records.facilities import Facility
from tracelot.records.facts import (
    EventRow,
    HubKey,
    LossRow,
    PostingRow,
    SightingRow,
    StopRow,
    VoidRow,
)
from tracelot.records.units import UnitStop
from tracelot.rules.places import contact_end, facility_place, party_end, unit_place

EACH = 1000  # keys in one statement
T = TypeVar("T")
K = TypeVar("K")


def chunks(keys: Iterable[K]) -> Iterator[list[K]]:
    """The keys in order, some at a time."""
    found = set(keys)
    ids = isinstance(next(iter(found), None), UUID)  # two of them are compared slowly, their numbers are not
    order: Callable[[Any], Any] = attrgetter("int") if ids else lambda key: key
    waiting = iter(sorted(found, key=order))
    while some := list(islice(waiting, EACH)):
        yield some


def _columns(model: Any, row: Any) -> list[Any]:
    return [col(getattr(model, name)) for name in row._fields]


class Shelf:
    """All rows that the session sees. Every method gives each row at most once for each list of keys."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def _rows(self, model: Any, row: Callable[..., T], *where: Any, most: int | None = None) -> list[T]:
        chosen: Any = select
        query = chosen(*_columns(model, row)).where(*where)
        if most is not None:
            query = query.order_by(col(model.id)).limit(most)
        return [row(*one) for one in self.session.exec(query)]

    def by(self, model: Any, row: Callable[..., T], column: Any, keys: Iterable[Any], *more: Any) -> list[T]:
        wanted = (one_of(self.session, column, some) for some in chunks(keys))
        return [one for some in wanted for one in self._rows(model, row, some, *more)]

    # --- postings ---

    def of_batches(self, batches: Collection[UUID], most: int) -> list[PostingRow]:
        """At most so many postings of batches, and one more where there are more."""
        found: list[PostingRow] = []
        for some in chunks(batches):
            wanted = one_of(self.session, col(Posting.batch_id), some)
            found += self._rows(Posting, PostingRow, wanted, most=most + 1 - len(found))
            if len(found) > most:
                break
        return found

    def of_batches_at(self, batches: Collection[UUID], places: Collection[str]) -> list[PostingRow]:
        return [
            row
            for some in chunks(places)
            for row in self.by(
                Posting,
                PostingRow,
                col(Posting.batch_id),
                batches,
                one_of(self.session, col(Posting.place), some),
            )
        ]

    def of_hubs(self, hubs: Collection[HubKey]) -> list[PostingRow]:
        wanted = set(hubs)
        found = self.by(Posting, PostingRow, col(Posting.event_id), {event for event, _ in hubs})
        return [one for one in found if (one.event_id, one.line) in wanted]

    def some_of_hubs(self, hubs: Collection[HubKey], most: int) -> tuple[list[PostingRow], bool]:
        """The postings of lines, and whether that is all: no more than so many of their events are read."""
        wanted = set(hubs)
        found: list[PostingRow] = []
        for some in chunks({event for event, _ in hubs}):
            told = one_of(self.session, col(Posting.event_id), some)
            found += self._rows(Posting, PostingRow, told, most=most + 1 - len(found))
            if len(found) > most:
                break
        return [one for one in found if (one.event_id, one.line) in wanted], len(found) <= most

    def of_records(self, records: Collection[UUID]) -> list[PostingRow]:
        return self.by(Posting, PostingRow, col(Posting.record_id), records)

    def of_events(self, events: Collection[UUID]) -> list[PostingRow]:
        return self.by(Posting, PostingRow, col(Posting.event_id), events)

    def at_places(self, places: Collection[str], most: int) -> list[PostingRow]:
        found: list[PostingRow] = []
        for some in chunks(places):
            wanted = one_of(self.session, col(Posting.place), some)
            found += self._rows(Posting, PostingRow, wanted, most=most + 1 - len(found))
            if len(found) > most:
                break
        return found

    def in_units(self, units: Collection[UUID]) -> list[PostingRow]:
        return self.by(Posting, PostingRow, col(Posting.place), map(unit_place, units))

    # --- units ---

    def stops_of(self, units: Collection[UUID]) -> list[StopRow]:
        return self.by(UnitStop, StopRow, col(UnitStop.unit_id), units)

    def stops_at(self, places: Collection[str]) -> list[StopRow]:
        return self.by(UnitStop, StopRow, col(UnitStop.place), places)

    def stops_from(self, places: Collection[str]) -> list[StopRow]:
        """The stops on lanes that begin at places."""
        begins = [
            col(UnitStop.place).startswith(f"lane:{place}>", autoescape=True) for place in sorted(places)
        ]
        return self._rows(UnitStop, StopRow, or_(*begins))

    def stops_by(self, events: Collection[UUID]) -> list[StopRow]:
        return self.by(UnitStop, StopRow, col(UnitStop.event_id), events)

    def units_sent(self, batches: Collection[UUID]) -> set[UUID]:
        """Units whose contents only others told; a whole shelf knows them by their postings."""
        return set()

    # --- evidence and the rest ---

    def seen_batches(self, batches: Collection[UUID]) -> list[SightingRow]:
        return self.by(Sighting, SightingRow, col(Sighting.batch_id), batches)

    def seen_units(self, units: Collection[UUID]) -> list[SightingRow]:
        return self.by(Sighting, SightingRow, col(Sighting.unit_id), units)

    def seen_at(self, places: Collection[str]) -> list[SightingRow]:
        return self.by(Sighting, SightingRow, col(Sighting.place), places)

    def seen_by(self, events: Collection[UUID]) -> list[SightingRow]:
        return self.by(Sighting, SightingRow, col(Sighting.event_id), events)

    def losses(self, events: Collection[UUID]) -> list[LossRow]:
        return self.by(Line, LossRow, col(Line.event_id), events, col(Line.loss).is_not(None))

    def events(self, ids: Collection[UUID]) -> list[EventRow]:
        return self.by(Event, EventRow, col(Event.id), ids)

    def voids(self, events: Collection[UUID]) -> list[VoidRow]:
        return self.by(EventVoid, VoidRow, col(EventVoid.event_id), events)

    def products_of(self, batches: Collection[UUID]) -> dict[UUID, UUID]:
        pairs = self._pairs(Batch.id, Batch.product_id, batches)
        return dict(pairs)

    def batches_of(self, products: Collection[UUID]) -> set[UUID]:
        return {batch for batch, _ in self._pairs(Batch.id, Batch.product_id, products, by=Batch.product_id)}

    def owners(self, ends: Collection[str]) -> dict[str, str]:
        """The parties of facilities, and of contacts that were claimed."""
        found = {}
        named = {prefix: _ids(ends, prefix) for prefix in ("facility:", "contact:")}
        for id_, party in self._pairs(Facility.id, Facility.party_id, named["facility:"]):
            found[facility_place(id_)] = party_end(party)
        for id_, party in self._pairs(Contact.id, Contact.claimed_by, named["contact:"]):
            if party is not None:
                found[contact_end(id_)] = party_end(party)
        return found

    def _pairs(self, one: Any, other: Any, keys: Collection[UUID], by: Any = None) -> list[tuple[Any, Any]]:
        chosen: Any = select
        column = col(one if by is None else by)
        return [
            (row[0], row[1])
            for some in chunks(keys)
            for row in self.session.exec(chosen(one, other).where(one_of(self.session, column, some)))
        ]


def _ids(ends: Iterable[str], prefix: str) -> set[UUID]:
    return {UUID(end.removeprefix(prefix)) for end in ends if end.startswith(prefix)}
