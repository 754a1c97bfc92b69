"""What is on hand: per facility, set-apart area and unit, by the party's own records."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from tracelot.operations.goods import mine
from tracelot.operations.visit import Visit
from tracelot.records.batches import Batch
from tracelot.records.contacts import place_of
from tracelot.records.facilities import list_facilities
from tracelot.records.paging import write_cursor
from tracelot.records.products import Product
from tracelot.records.shelves import chunks
from tracelot.records.stocks import Stock, StockView, list_moved, list_stocks
from tracelot.records.stops import StopOfGoods, list_stopped_goods
from tracelot.records.units import LogisticUnit, list_inside, list_stops
from tracelot.rules.places import facility_of, facility_place, lane_of, unit_place
from tracelot.rules.refusals import unfit


def contents(visit: Visit, unit_ids: Sequence[UUID], batch_ids: Sequence[UUID] = ()) -> Sequence[Stock]:
    """What is in units by whoever packed them; the one who received them reads the same books."""
    if not unit_ids:
        return []
    places = [unit_place(unit_id) for unit_id in unit_ids]
    return [
        stock
        for some in chunks(places)
        for stock in list_stocks(visit.kernel(), None, places=some, batch_ids=batch_ids)
    ]


def nested(visit: Visit, unit_ids: Iterable[UUID]) -> dict[UUID, list[UUID]]:
    """Units, each with itself first and all that are inside it now; asked once for each level of packing."""
    found = {root: [root] for root in unit_ids}
    roots = {root: [root] for root in found}
    while roots:
        deeper: dict[UUID, list[UUID]] = {}
        for child, outer in _directly_inside(visit, roots):
            new = [root for root in roots[outer] if child not in found[root]]
            for root in new:
                found[root].append(child)
            if new:
                deeper[child] = new
        roots = deeper
    return found


def _directly_inside(visit: Visit, units: Collection[UUID]) -> Iterator[tuple[UUID, UUID]]:
    """What is in units now, with the unit that it is in."""
    places = {unit_place(id_): id_ for id_ in units}
    children = [id_ for some in chunks(places) for id_ in list_inside(visit.kernel(), some)]
    for some in chunks(children):
        now = {stop.unit_id: stop.place for stop in list_stops(visit.kernel(), some)}  # the last one stands
        yield from ((id_, places[place]) for id_, place in now.items() if place in places)


def place_of_unit(visit: Visit, unit_id: UUID) -> str | None:
    """Where a unit is by what the party itself recorded; inside another unit, where that one is.

    Where others took it afterwards is theirs to know. Whoever got a pallet did not see its cases packed: that
    they are in it stands in the books of whoever packed them.
    """
    seen: set[UUID] = set()
    while unit_id not in seen:
        seen.add(unit_id)
        stops = list_stops(visit.session, [unit_id]) or list_stops(visit.kernel(), [unit_id])
        place = stops[-1].place if stops else None
        if place is None or (not place.startswith("unit:") and stops[-1].party_id != mine(visit)):
            return None
        if not place.startswith("unit:"):
            return place
        unit_id = UUID(place.removeprefix("unit:"))
    return None


def unit_of(visit: Visit, unit_id: UUID, field: str) -> LogisticUnit:
    """A unit that the actor's party made, or that came to it."""
    unit = known_unit(visit, unit_id)
    if unit is None:
        raise unfit("unknown-unit", "You have no logistic unit of this id.", field)
    return unit


def known_unit(visit: Visit, unit_id: UUID) -> LogisticUnit | None:
    unit = visit.kernel().get(LogisticUnit, unit_id)
    if unit is None or unit.party_id == visit.actor.party_id:
        return unit
    return None if place_of_unit(visit, unit_id) is None else unit


def held(visit: Visit, batch_ids: Sequence[UUID]) -> list[Stock]:
    """What the party has of batches at its facilities, set apart there, and in units that are there."""
    own, home = list_stocks(visit.session, mine(visit), batch_ids=batch_ids), _home(visit)
    return [one for one in own if facility_of(one.place) in home] + _packed(visit, batch_ids, home)


def left_of(visit: Visit, batch_ids: Sequence[UUID]) -> dict[UUID, Decimal]:
    """What the party still has of batches, what is on the way to it too.

    Where something is unknown, or nothing is on record, it is more than nothing.
    """
    own, home = list_stocks(visit.session, mine(visit), batch_ids=batch_ids), _home(visit)
    found: dict[UUID, list[Stock]] = {id_: [] for id_ in batch_ids}
    here = [one for one in own if _goes_to(one.place) in home]
    for one in here + _packed(visit, batch_ids, home):
        found[one.batch_id].append(one)
    return {id_: _sum(stocks) for id_, stocks in found.items()}


def _goes_to(place: str) -> str | None:
    """The facility at which goods are, or to which they are on the way."""
    lane = lane_of(place)
    return facility_of(place) if lane is None else lane.target


def _sum(stocks: Sequence[Stock]) -> Decimal:
    if not stocks or any(one.unknown for one in stocks):
        return Decimal(1)
    return sum((one.quantity for one in stocks), Decimal(0))


def _home(visit: Visit) -> set[str]:
    return {facility_place(one.id) for one in list_facilities(visit.session, mine(visit))}


def _packed(visit: Visit, batch_ids: Sequence[UUID], home: Collection[str]) -> list[Stock]:
    """What is in units at the party's facilities, whoever packed them."""
    found = list_stocks(visit.kernel(), None, batch_ids=batch_ids)
    return [one for one in found if one.place.startswith("unit:") and _at_home(visit, one, home)]


def _at_home(visit: Visit, stock: Stock, home: Collection[str]) -> bool:
    place = place_of_unit(visit, UUID(stock.place.removeprefix("unit:")))
    return place is not None and facility_of(place) in home


@dataclass(frozen=True)
class StockFilter:
    """Which stocks a party asks for."""

    batch_id: UUID | None = None
    product_id: UUID | None = None
    facility_id: UUID | None = None
    code: str | None = None


def on_hand(
    visit: Visit, asked: StockFilter, limit: int, cursor: str | None
) -> tuple[list[StockView], str | None]:
    """The party's stocks that are not empty, some batches at a time; lanes are no stock of anybody's."""
    visit.demand("stock.read")
    if asked.batch_id is not None:
        ids, more = [asked.batch_id], None
    else:
        after = place_of(cursor) if cursor else None
        known = visit.kernel() if asked.code else visit.session  # others' batches have their codes, too
        ids = list(list_moved(known, mine(visit), asked.product_id, after, limit + 1, asked.code))
        more = write_cursor(ids[limit - 1]) if len(ids) > limit else None
        ids = ids[:limit]
    stocks = [one for one in held(visit, ids) if one.quantity or one.unknown] if ids else []
    return [one for one in views(visit, stocks) if asked.facility_id in (None, one.facility_id)], more


def stopped(visit: Visit, batch_ids: Collection[UUID]) -> dict[UUID, list[StopOfGoods]]:
    """Of batches those that the party may not move on because they are recalled, with the recalls that bind it."""
    visit.demand("stock.read")
    return list_stopped_goods(visit.kernel(), mine(visit), batch_ids) if batch_ids else {}


def views(visit: Visit, stocks: Iterable[Stock]) -> list[StockView]:
    """Stocks with what they are of and where they are; the state of others' batches is told once they are recalled."""
    shown = list(stocks)
    stops = stopped(visit, {one.batch_id for one in shown if not one.pooled})
    return [_view(visit, one, stops.get(one.batch_id, [])) for one in shown]


def _view(visit: Visit, stock: Stock, stops: list[StopOfGoods]) -> StockView:
    kernel = visit.kernel()
    batch = None if stock.pooled else kernel.get(Batch, stock.batch_id)
    product = kernel.get(Product, batch.product_id if batch else stock.product_id)
    unit_id = UUID(stock.place.removeprefix("unit:")) if stock.place.startswith("unit:") else None
    place = stock.place if unit_id is None else place_of_unit(visit, unit_id)
    facility = facility_of(place) if place else None
    own = batch is not None and batch.party_id == mine(visit)
    return StockView(
        batch_id=batch.id if batch else None,
        product_id=product.id if product else None,
        code=batch.code if batch else None,
        product_zh=product.name_zh if product else None,
        product_en=product.name_en if product else None,
        own=own,
        status=batch.status if batch and (own or batch.status == "recalled") else None,
        recalls=stops,
        place=stock.place,
        facility_id=UUID(facility.removeprefix("facility:")) if facility else None,
        set_apart=stock.place.startswith("aside:"),
        unit_id=unit_id,
        quantity=stock.quantity,
        unit=stock.unit,
        unknown=stock.unknown,
        least=stock.least,
        most=stock.most,
    )
