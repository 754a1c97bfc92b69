"""Facts for the index out of the store's records: what the feed tells, as a book."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlmodel import Session, col, select

from tracelot.records import events, units
from tracelot.records.contacts import Contact
from tracelot.records.facilities import Facility
from tracelot.records.facts import EventRow, SightingRow, StopRow, pool_id, ways
from tracelot.records.feed import Recorded
from tracelot.records.products import Product
from tracelot.records.shelves import Shelf
from tracelot.rules.books import Book, Hub, Move, Note, Posting, Sighting, Void
from tracelot.rules.places import contact_end, facility_place, party_end, pool_of, unit_place

NO_POOLS: Mapping[UUID, str] = {}


@dataclass(frozen=True)
class Read:
    """Facts, who recorded them, and the units of whose ways all is told anew."""

    book: Book
    parties: dict[str, str]
    units: frozenset[str] = frozenset()


def read(session: Session, records: Iterable[Recorded], owners: dict[str, str]) -> Read:
    """Records as facts; of each unit that they are about the whole way, since one stop explains another."""
    told = list(records)
    acts = {one.event.id: one.event.act for one in told if one.event is not None}
    rows = [row for one in told for row in one.postings]
    went = _ways(session, told)
    seen = [one for record in told for one in record.sightings if _told(one)]
    pools = _pools(session, seen)
    products = {row.batch_id: row.product_id for row in rows if row.product_id and not row.pooled}
    products |= Shelf(session).products_of({one.batch_id for one in seen if one.batch_id})
    parties = {str(one.event.id): str(one.event.party_id) for one in told if one.event is not None}
    return Read(
        Book(
            postings=tuple(posting_of(row, acts[row.record_id]) for row in rows),
            moves=went.book.moves,
            sightings=(*(sighting_of(one, acts[one.event_id], pools) for one in seen), *went.book.sightings),
            notes=tuple(_note(one.event) for one in told if one.event is not None and not one.postings),
            voids=tuple(void_of(one.void) for one in told if one.void is not None),
            products={str(batch): str(product) for batch, product in products.items()},
            owners=owners,
        ),
        went.parties | parties,
        went.units,
    )


def _ways(session: Session, records: Iterable[Recorded]) -> Read:
    """The ways of the units of which records tell a stop, or declare one wrong."""
    told = list(records)
    units = {stop.unit_id for one in told for stop in one.stops}
    units |= {seen.unit_id for one in told for seen in one.sightings if seen.unit_id is not None}
    shelf = Shelf(session)
    wrong = {one.void.event_id for one in told if one.void is not None}
    units |= {stop.unit_id for stop in shelf.stops_by(wrong)}
    return ways_of(shelf, shelf.stops_of(units), seen=shelf.seen_units(units))


def ways_of(shelf: Shelf, stops: Iterable[StopRow], seen: Iterable[SightingRow]) -> Read:
    """What stops tell of where units were, as the gathered books have it."""
    by_unit: dict[UUID, list[StopRow]] = defaultdict(list)
    for stop in stops:
        by_unit[stop.unit_id].append(stop)
    sighted = list(seen)
    records = {one.event_id for some in by_unit.values() for one in some} | {one.event_id for one in sighted}
    events = {row.id: row for row in shelf.events(records)}
    voids = {row.event_id: row for row in shelf.voids(records)}
    facts = [fact for some in by_unit.values() for fact in ways(some, events, voids)]
    facts += [sighting_of(one, events[one.event_id].act) for one in sighted]
    parties = {str(one.event_id): str(one.party_id) for some in by_unit.values() for one in some}
    units = {unit_place(unit) for unit in by_unit} | {
        unit_place(one.unit_id) for one in sighted if one.unit_id
    }
    return Read(
        Book(
            moves=tuple(fact for fact in facts if isinstance(fact, Move)),
            sightings=tuple(fact for fact in facts if isinstance(fact, Sighting)),
        ),
        parties,
        frozenset(units),
    )


def _told(seen: events.Sighting) -> bool:
    """Whether a batch was seen; sightings of units are told with their ways."""
    return seen.unit_id is None and seen.batch_id is not None


def posting_of(row: events.Posting, act: str) -> Posting:
    return Posting(
        record=str(row.record_id),
        hub=Hub(str(row.event_id), row.line),
        batch=pool_of(str(row.product_id)) if row.pooled else str(row.batch_id),
        place=row.place,
        side="put" if row.side == "put" else "take",
        quantity=row.base_quantity,
        event_time=row.event_time,
        recorded_at=row.recorded_at,
        act=act,
        unit=row.base_unit or "",
    )


def sighting_of(
    seen: events.Sighting | SightingRow, act: str, pools: Mapping[UUID, str] = NO_POOLS
) -> Sighting:
    if seen.unit_id is not None:
        subject = unit_place(seen.unit_id)
    else:
        subject = pools.get(seen.batch_id, str(seen.batch_id)) if seen.batch_id else ""
    return Sighting(str(seen.event_id), subject, seen.place, seen.event_time, seen.recorded_at, act)


def _note(event: events.Event | EventRow) -> Note:
    return Note(str(event.id), event.recorded_at)


def void_of(void: events.EventVoid) -> Void:
    reason = "did_not_occur" if void.kind == "did_not_occur" else "incorrect_data"
    replaced = () if void.replaced_by is None else (str(void.replaced_by),)
    return Void(str(void.event_id), "did_not_occur" if reason == "did_not_occur" else "incorrect_data",
                void.recorded_at, replaced)  # fmt: skip


def owners(session: Session) -> dict[str, str]:
    """The party of each facility, and of each contact that showed that it is one."""
    facilities = session.exec(select(Facility.id, Facility.party_id)).all()
    return {facility_place(id_): party_end(party) for id_, party in facilities} | claimed(session)


def claimed(session: Session) -> dict[str, str]:
    """The parties of contacts that showed who they are."""
    query = select(Contact.id, Contact.claimed_by).where(col(Contact.claimed_by).is_not(None))
    return {contact_end(id_): party_end(party) for id_, party in session.exec(query).all() if party}


def others(session: Session) -> Read:
    """All facts that are not postings of batches, for the first loading."""
    shelf = Shelf(session)
    pooled = session.exec(select(events.Posting).where(col(events.Posting.pooled).is_(True))).all()
    seen = session.exec(select(events.Sighting)).all()
    stops = [StopRow(*row) for row in session.exec(_columns(units.UnitStop, StopRow))]
    of_units = [SightingRow(*row) for row in session.exec(
        _columns(events.Sighting, SightingRow).where(col(events.Sighting.unit_id).is_not(None)))]  # fmt: skip
    told = ways_of(shelf, stops, of_units)
    voids = session.exec(select(events.EventVoid)).all()
    instead = shelf.events({one.replaced_by for one in voids if one.replaced_by is not None})
    goods = [one for one in seen if _told(one)]
    records = {one.event_id for one in goods} | {one.record_id for one in pooled}
    acts = {row.id: row.act for row in shelf.events(records)}
    pools = _pools(session, goods)
    parties = {str(row.record_id): str(row.party_id) for row in pooled}
    parties |= {str(row.event_id): str(row.party_id) for row in seen}
    return Read(
        Book(
            postings=tuple(posting_of(row, acts[row.record_id]) for row in pooled),
            moves=told.book.moves,
            sightings=(*told.book.sightings, *(sighting_of(one, acts[one.event_id], pools) for one in goods)),
            notes=tuple(map(_note, instead)),
            voids=tuple(map(void_of, voids)),
        ),
        told.parties | parties,
    )


def _columns(model: Any, row: Any) -> Any:
    chosen: Any = select
    return chosen(*(col(getattr(model, name)) for name in row._fields))


def _pools(session: Session, seen: Iterable[events.Sighting]) -> dict[UUID, str]:
    """Those of the seen goods of which no batch was told, by the name of their product."""
    ids = {one.batch_id for one in seen if one.batch_id is not None}
    strange = ids - Shelf(session).products_of(ids).keys()
    products = session.exec(select(Product.id)).all() if strange else ()
    return {pool: pool_of(str(product)) for product in products if (pool := pool_id(product)) in strange}
