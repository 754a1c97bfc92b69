"""Reading events back: one, many, and units with their way."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from uuid import UUID

from sqlmodel import col, select

from tracelot.operations.goods import mine
from tracelot.operations.naming import Names, rows_of
from tracelot.operations.stocks import contents, known_unit, nested, place_of_unit
from tracelot.operations.visit import Visit
from tracelot.records.acts import EventSummary, EventView, LineView, PostingView, SightingView, VoidView
from tracelot.records.batches import Batch
from tracelot.records.events import Event, EventFilter, EventVoid, Line, Posting, Sighting, search_events
from tracelot.records.facilities import Facility
from tracelot.records.paging import Page
from tracelot.records.products import Product
from tracelot.records.shipments import shipments_of
from tracelot.records.stocks import Stock
from tracelot.records.traces import PlaceView
from tracelot.records.units import LogisticUnit, StopView, UnitStop, UnitView, list_stops, search_units
from tracelot.rules.places import party_end
from tracelot.rules.refusals import Unknown


def events(visit: Visit, asked: EventFilter, limit: int, cursor: str | None) -> Page[EventSummary]:
    """The party's own events, the latest first."""
    visit.demand("event.read")
    return _events(visit, mine(visit), asked, limit, cursor)


def acts_on(visit: Visit, batch: Batch, limit: int) -> Page[EventSummary]:
    """What its firm did to a batch, as far as the actor sees it: an office follows the tanker that it came in."""
    visit.demand("event.read")
    return _events(visit, batch.party_id, EventFilter(batch_id=batch.id), limit, None)


def _events(
    visit: Visit, party_id: UUID, asked: EventFilter, limit: int, cursor: str | None
) -> Page[EventSummary]:
    page = search_events(visit.session, party_id, asked, limit, cursor)
    voids = _voids(visit, [event.id for event in page.items])
    return Page([_summary(event, voids.get(event.id)) for event in page.items], page.total, page.cursor)


def _voids(visit: Visit, ids: Sequence[UUID]) -> dict[UUID, VoidView]:
    found = visit.session.exec(select(EventVoid).where(col(EventVoid.event_id).in_(ids))).all()
    return {one.event_id: VoidView.model_validate(one, from_attributes=True) for one in found}


def _summary(event: Event, void: VoidView | None) -> EventSummary:
    return EventSummary.model_validate(_told(event, void))


def _told(event: Event, void: VoidView | None) -> dict[str, object]:
    return event.model_dump() | {"retain_until": event.retain_until.isoformat(), "void": void}


def find_event(visit: Visit, event_id: UUID) -> Event:
    """An event that the actor may see by role; who reads another's record is remembered."""
    visit.demand("event.read")
    event = visit.session.get(Event, event_id)
    if event is None:
        raise Unknown("unknown-event", "No such event.")
    visit.remember("event.read", event, event.party_id)
    return event


def view(visit: Visit, event: Event) -> EventView:
    """An event with all that it says."""
    session = visit.session
    seen = session.exec(select(Sighting).where(Sighting.event_id == event.id)).all()
    stops = session.exec(select(UnitStop).where(UnitStop.event_id == event.id)).all()
    told = _told(event, _voids(visit, [event.id]).get(event.id))
    return EventView.model_validate(
        told
        | {
            "lines": _lines(visit, event),
            "sightings": [SightingView.model_validate(one, from_attributes=True) for one in seen],
            "stops": [SightingView(batch_id=None, unit_id=one.unit_id, place=one.place) for one in stops],
            "shipment_ids": [one.id for one in shipments_of(session, event.id)],
        }
    )


def _lines(visit: Visit, event: Event) -> list[LineView]:
    session = visit.session
    order = (col(Posting.event_id), col(Posting.line), col(Posting.id))
    postings = session.exec(select(Posting).where(Posting.record_id == event.id).order_by(*order)).all()
    hubs: dict[tuple[UUID, int], list[PostingView]] = defaultdict(list)
    for posting in postings:
        hubs[posting.event_id, posting.line].append(_posting(visit, posting))
    views = []
    for (event_id, number), inside in hubs.items():
        line = session.get(Line, (event_id, number))
        views.append(
            LineView(
                event_id=event_id,
                number=number,
                loss=line.loss if line else None,
                loss_unit=line.loss_unit if line else None,
                postings=inside,
            )
        )
    return views


def _posting(visit: Visit, posting: Posting) -> PostingView:
    kernel = visit.kernel()  # what the party itself recorded a posting of may be named to it
    batch = None if posting.pooled else kernel.get(Batch, posting.batch_id)
    product = kernel.get(Product, posting.product_id) if posting.product_id else None
    return PostingView.model_validate(
        posting.model_dump()
        | {
            "batch_id": batch.id if batch else None,
            "code": batch.code if batch else None,
            "product_zh": product.name_zh if product else None,
            "product_en": product.name_en if product else None,
        }
    )


def units(visit: Visit, code: str | None, limit: int, cursor: str | None) -> Page[UnitView]:
    """The units that the party packed or that came to it, the newest first."""
    visit.demand("event.read")
    page = search_units(visit.kernel(), mine(visit), code, limit, cursor)
    return Page([unit_view(visit, one) for one in page.items], page.total, page.cursor)


def find_unit(visit: Visit, unit_id: UUID) -> LogisticUnit:
    visit.demand("event.read")
    unit = known_unit(visit, unit_id)
    if unit is None:
        raise Unknown("unknown-unit", "No such logistic unit.")
    return unit


def unit_view(visit: Visit, unit: LogisticUnit) -> UnitView:
    place = place_of_unit(visit, unit.id)
    return UnitView.model_validate(unit, from_attributes=True, update={"place": place})


def unit_contents(visit: Visit, *units: LogisticUnit) -> Sequence[Stock]:
    return [
        stock for stock in contents(visit, [unit.id for unit in units]) if stock.quantity or stock.unknown
    ]


def unit_stops(visit: Visit, unit: LogisticUnit) -> list[StopView]:
    """The way of a unit as far as the party itself saw it."""
    return [
        StopView.model_validate(one, from_attributes=True) for one in list_stops(visit.session, [unit.id])
    ]


def unit_names(visit: Visit, unit_ids: Collection[UUID]) -> dict[UUID, str]:
    """What stands on the labels of units, for whoever has to do with them."""
    found = rows_of(visit.kernel(), LogisticUnit, unit_ids)
    return {id_: unit.code or unit.sscc or "" for id_, unit in found.items()}


def units_inside(visit: Visit, unit: LogisticUnit) -> list[LogisticUnit]:
    """The units that are in a unit now, those inside of these too."""
    ids = nested(visit, [unit.id])[unit.id][1:]
    rows = rows_of(visit.kernel(), LogisticUnit, ids)
    return [rows[id_] for id_ in ids]


class _Facilities:
    """Whose a facility is, by the register; of batches it tells nothing."""

    def __init__(self, visit: Visit) -> None:
        self._kernel = visit.kernel()

    def product(self, batch: str) -> str | None:
        return None

    def owner(self, end: str) -> str | None:
        kind, _, id_ = end.partition(":")
        if kind == "party":
            return end
        facility = self._kernel.get(Facility, UUID(id_)) if kind == "facility" else None
        return party_end(facility.party_id) if facility else None


def name_places(visit: Visit, places: Collection[str]) -> dict[str, PlaceView]:
    """The names of places that the party's own records name."""
    names = Names(visit, _Facilities(visit), [], places)
    return {place: names.place(place) for place in places}
