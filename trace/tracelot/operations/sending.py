"""Goods that leave for somebody: shipped, or given back; and the shipment that both ends see."""

from collections.abc import Iterator, Sequence
from uuid import UUID

from tracelot.operations.acting import Act, begin, settle_act
from tracelot.operations.goods import Item, Other, item_of, mine, other_of
from tracelot.operations.posting import Entry
from tracelot.operations.stocks import contents, nested, unit_of
from tracelot.operations.visit import Visit
from tracelot.records.acts import Sending
from tracelot.records.batches import Batch
from tracelot.records.events import Event
from tracelot.records.facilities import Facility
from tracelot.records.products import Product
from tracelot.records.shipments import Shipment, ShipmentLine
from tracelot.records.stocks import Stock
from tracelot.rules.places import aside_place, facility_place, lane_place
from tracelot.rules.refusals import Unknown, unfit

NOT_KNOWN = "?"  # the code of goods whose batch is not known


def send(visit: Visit, new: Sending) -> Event:
    """From stock onto the way to whoever gets it; units go as they are, with all that is in them."""
    act = begin(visit, new, new.act)
    act.other = other_of(visit, new.to)
    here = _facility(act)
    lane = lane_place(facility_place(here.id), act.other.end)
    packed: list[tuple[UUID, Stock]] = []
    for number, goods in enumerate(new.lines):
        pointer = f"lines/{number}"
        if goods.unit_id is not None:
            packed += _load_unit(act, goods.unit_id, lane, f"{pointer}/unit_id")
            continue
        item = item_of(visit, goods, pointer)
        place = aside_place(here.id) if goods.set_apart else facility_place(here.id)
        act.line(act.entry("take", item, place, goods, pointer), act.entry("put", item, lane, goods, pointer))
    return settle_act(act, lambda event: _ship(act, event, lane, packed))


def _facility(act: Act) -> Facility:
    if act.facility is None:
        raise AssertionError("Goods leave from a facility.")
    if act.other is not None and act.other.facility_id == act.facility.id:
        raise unfit("same-place", "The goods are there already.", "to/facility_id")
    return act.facility


def _load_unit(act: Act, unit_id: UUID, lane: str, pointer: str) -> Iterator[tuple[UUID, Stock]]:
    """A unit moves as a whole; what the books know to be in it goes along."""
    unit = unit_of(act.visit, unit_id, pointer)
    act.draft.stops.append((unit.id, lane))
    inside = [
        stock
        for stock in contents(act.visit, nested(act.visit, [unit.id])[unit.id])
        if stock.quantity or stock.unknown
    ]
    if not inside:
        act.flags.append("unit-without-contents")
    for stock in inside:
        item = _item(act.visit, stock)
        if item is not None:
            act.carried.append(item)
        else:
            act.loose.append(stock)
        yield unit.id, stock


def _item(visit: Visit, stock: Stock) -> Item | None:
    batch = visit.kernel().get(Batch, stock.batch_id)
    return None if batch is None else Item(batch.id, visit.kernel().get_one(Product, batch.product_id), batch)


def _ship(act: Act, event: Event, lane: str, packed: Sequence[tuple[UUID, Stock]]) -> None:
    if act.other is None or act.facility is None:
        raise AssertionError("A shipment has two ends.")
    entries = [entry for entry in act.draft.entries() if entry.side == "put"]
    open_shipment(act.visit, event, act.facility, act.other, lane)
    shipment_id = event.id
    rows = [_line(act.visit, shipment_id, number, event, one) for number, one in enumerate(entries, 1)]
    rows += [
        _unit_line(act.visit, shipment_id, number, event, unit_id, stock)
        for number, (unit_id, stock) in enumerate(packed, len(rows) + 1)
        if not stock.pooled
    ]
    act.visit.session.add_all(rows)
    act.visit.session.flush()


def open_shipment(
    visit: Visit, event: Event, facility: Facility, other: Other, lane: str, *, note: str | None = None
) -> Shipment:
    """What is on the way, under the id of the event that sent it."""
    shipment = Shipment(
        id=event.id,
        party_id=mine(visit),
        to_party_id=other.party_id,
        to_contact_id=other.contact_id,
        from_facility_id=facility.id,
        to_facility_id=other.facility_id,
        from_region=facility.region_code,
        to_region=other.region,
        lane=lane,
        sent_back=event.act == "return",
        event_id=event.id,
        event_time=event.event_time,
        documents=event.documents,
        status="in_transit",
        note=note,
        retain_until=event.retain_until,
        recorded_at=visit.now,
        recorded_by=visit.actor.id,
    )
    visit.session.add(shipment)
    visit.session.flush()
    visit.record("shipment.sent", shipment, party_id=shipment.party_id)
    if other.party_id not in (None, shipment.party_id):
        visit.note("shipment.announced", shipment.id, other.party_id, {"from": shipment.party_id})
    return shipment


def _line(visit: Visit, shipment_id: UUID, number: int, event: Event, entry: Entry) -> ShipmentLine:
    kernel = visit.kernel()
    batch, product = kernel.get(Batch, entry.batch_id), kernel.get_one(Product, entry.product_id)
    return ShipmentLine(
        shipment_id=shipment_id,
        number=number,
        party_id=event.party_id,
        batch_id=entry.batch_id,
        product_id=entry.product_id,
        pooled=entry.pooled,
        code=batch.code if batch else NOT_KNOWN,
        product_zh=product.name_zh,
        product_en=product.name_en,
        production_date=batch.production_date if batch else None,
        expiry_date=batch.expiry_date if batch else None,
        quantity=entry.amount.quantity,
        unit=entry.amount.unit,
    )


def _unit_line(
    visit: Visit, shipment_id: UUID, number: int, event: Event, unit_id: UUID, stock: Stock
) -> ShipmentLine:
    kernel = visit.kernel()
    batch = kernel.get_one(Batch, stock.batch_id)
    product = kernel.get_one(Product, batch.product_id)
    return ShipmentLine(
        shipment_id=shipment_id,
        number=number,
        party_id=event.party_id,
        batch_id=batch.id,
        product_id=product.id,
        unit_id=unit_id,
        code=batch.code,
        product_zh=product.name_zh,
        product_en=product.name_en,
        production_date=batch.production_date,
        expiry_date=batch.expiry_date,
        quantity=None if stock.unknown else stock.quantity,
        unit=None if stock.unknown else stock.unit,
    )


def lane_of_shipment(visit: Visit, shipment_id: UUID) -> str:
    """The way of a shipment that the party sent or that comes to it."""
    shipment = visit.session.get(Shipment, shipment_id)
    if shipment is None or mine(visit) not in (shipment.party_id, shipment.to_party_id):
        raise Unknown("unknown-shipment", "No such shipment.")
    return shipment.lane
