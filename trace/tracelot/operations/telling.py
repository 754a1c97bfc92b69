"""Events as people read them: goods and places by name, and which of them the reader may open."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlmodel import col, select

from tracelot.operations.naming import Names, rows_of
from tracelot.operations.visit import Visit
from tracelot.records.acts import EventView
from tracelot.records.batches import Batch
from tracelot.records.events import EventVoid, Posting, Sighting
from tracelot.records.facilities import Facility
from tracelot.records.products import Product
from tracelot.records.traces import PlaceView
from tracelot.records.units import LogisticUnit
from tracelot.rules.books import Book
from tracelot.rules.ledgers import open_book
from tracelot.rules.places import facility_of, facility_place, lane_of, party_end


@dataclass(frozen=True)
class NamedGoods:
    """A batch by name; of goods whose batch is not known only the product."""

    batch_id: UUID | None = None
    code: str | None = None
    product_zh: str | None = None
    product_en: str | None = None


NAMELESS = NamedGoods()


@dataclass(frozen=True)
class Telling:
    """What an event's page needs beside its view."""

    places: dict[str, PlaceView]
    units: dict[UUID, str]
    batches: dict[UUID, NamedGoods]
    open_to: set[UUID]  # batches that the reader may open
    replaced: UUID | None  # the record in whose place this one stands


def goods_of(visit: Visit, event_ids: Collection[UUID]) -> dict[UUID, list[NamedGoods]]:
    """The goods that events name, each once."""
    postings = visit.session.exec(
        select(Posting.record_id, Posting.batch_id, Posting.product_id).where(
            col(Posting.record_id).in_(event_ids)
        )
    ).all()
    seen = visit.session.exec(
        select(Sighting.event_id, Sighting.batch_id).where(
            col(Sighting.event_id).in_(event_ids), col(Sighting.batch_id).is_not(None)
        )
    ).all()
    products = {batch: product for _, batch, product in postings}
    named = _named(visit, {*products, *(batch for _, batch in seen if batch)}, products)
    found: dict[UUID, dict[UUID, NamedGoods]] = defaultdict(dict)
    for event, batch in [*((row[0], row[1]) for row in postings), *seen]:
        if batch is not None:
            found[event][batch] = named.get(batch, NAMELESS)
    return {event: list(goods.values()) for event, goods in found.items()}


def _named(visit: Visit, ids: Iterable[UUID], products: dict[UUID, UUID | None]) -> dict[UUID, NamedGoods]:
    kernel = visit.kernel()  # what a party recorded something of may be named to whoever reads the record
    batches = rows_of(kernel, Batch, ids)
    makes = {batch.product_id for batch in batches.values()} | {one for one in products.values() if one}
    goods = rows_of(kernel, Product, makes)
    named: dict[UUID, NamedGoods] = {}
    for id_ in {*batches, *products}:
        batch = batches.get(id_)
        product = goods.get(batch.product_id if batch else products[id_] or id_)
        named[id_] = NamedGoods(
            batch.id if batch else None,
            batch.code if batch else None,
            product.name_zh if product else None,
            product.name_en if product else None,
        )
    return named


def tell(visit: Visit, view: EventView) -> Telling:
    """The names in an event that the actor may read."""
    visit.demand("event.read")
    moved = [posting for line in view.lines for posting in line.postings]
    seen = [*view.sightings, *view.stops]
    sighted = {one.batch_id for one in seen if one.batch_id is not None}
    places = {one.place for one in moved} | {one.place for one in seen}
    if view.facility_id:
        places.add(facility_place(view.facility_id))
    named = _places(visit, places)
    units = {one.unit_id for one in seen} | {one.unit_id for one in named.values()}
    found = rows_of(visit.kernel(), LogisticUnit, {one for one in units if one is not None})
    before = select(EventVoid.event_id).where(EventVoid.replaced_by == view.id)
    return Telling(
        named,
        {id_: unit.sscc or unit.code or "" for id_, unit in found.items()},
        _named(visit, sighted, {}),
        set(rows_of(visit.session, Batch, sighted | {one.batch_id for one in moved if one.batch_id})),
        visit.session.exec(before.limit(1)).first(),
    )


def _places(visit: Visit, places: Collection[str]) -> dict[str, PlaceView]:
    ends = {facility_of(end) or end for place in places for end in _ends(place)}
    ids = {UUID(end.removeprefix("facility:")) for end in ends if end.startswith("facility:")}
    known = rows_of(visit.kernel(), Facility, ids).values()
    owners = {facility_place(one.id): party_end(one.party_id) for one in known}
    names = Names(visit, open_book(Book(owners=owners)), [], places)
    return {place: names.place(place) for place in places}


def _ends(place: str) -> Sequence[str]:
    lane = lane_of(place)
    return (lane.source, lane.target) if lane else (place,)
