"""The acts on goods of one party: each puts its lines together, and `settle_act` does the rest."""

from collections.abc import Callable, Sequence
from functools import singledispatch
from uuid import UUID

from tracelot.operations.acting import Act, begin, said_before, settle_act
from tracelot.operations.goods import Item, contact_other, item_of
from tracelot.operations.outputs import output_item, supplier_item
from tracelot.operations.posting import Seen, Sheet, Side
from tracelot.operations.sending import lane_of_shipment, send
from tracelot.operations.stocks import contents, unit_of
from tracelot.operations.visit import Visit
from tracelot.records.acts import (
    Birth,
    Counting,
    Evidence,
    Goods,
    Manifest,
    Measured,
    NewAct,
    Output,
    Packing,
    Receipt,
    Removal,
    Sending,
    Setting,
    Thing,
    Transform,
    Unpacking,
)
from tracelot.records.events import Event, Line
from tracelot.records.products import lock_products
from tracelot.records.units import LogisticUnit
from tracelot.rules.ids import new_id
from tracelot.rules.places import UNKNOWN, aside_place, facility_place, lane_place, unit_place
from tracelot.rules.refusals import unfit


def record_event(visit: Visit, new: NewAct) -> Event:
    """Record an act. Sent again under its id it has no second effect, and the same answer."""
    visit.demand("event.record")
    return said_before(visit, new) or _record(new, visit)


@singledispatch
def _record(new: NewAct, visit: Visit) -> Event:
    raise AssertionError(f"{type(new).__name__} is no act for {visit.actor.id}.")


def _stock(act: Act, *, set_apart: bool = False) -> str:
    if act.facility is None:
        raise AssertionError("Every act of a party is at one of its facilities.")
    return aside_place(act.facility.id) if set_apart else facility_place(act.facility.id)


def _no_unit(goods: Thing, pointer: str) -> None:
    if goods.unit_id is not None:
        raise unfit(
            "unit-not-here", "Name batches here; what is in a unit is unpacked first.", f"{pointer}/unit_id"
        )


def _each(act: Act, lines: Sequence[Goods], name: str, do: Callable[[Item, Goods, str], None]) -> None:
    """Every line with what it names, told apart by its place in the body."""
    for number, goods in enumerate(lines):
        pointer = f"{name}/{number}"
        _no_unit(goods, pointer)
        do(item_of(act.visit, goods, pointer), goods, pointer)


@_record.register
def _born(new: Birth, visit: Visit) -> Event:
    """Harvest, landing, production without inputs: each output comes to be at the facility."""
    act = begin(visit, new, new.act)
    _lock_outputs(visit, new.outputs)
    for number, output in enumerate(new.outputs):
        item = output_item(act, output, f"outputs/{number}")
        act.line(act.entry("put", item, _stock(act), output, f"outputs/{number}"))
    return settle_act(act)


def _lock_outputs(visit: Visit, outputs: Sequence[Output]) -> None:
    """All products of new batches at once, in the order in which everybody locks them."""
    lock_products(visit.session, [output.product_id for output in outputs if output.product_id])


@_record.register
def _transformed(new: Transform, visit: Visit) -> Event:
    """One line joins all that was used and all that came of it, co-products and declared loss too."""
    act = begin(visit, new, new.act, new.kind)
    _lock_outputs(visit, new.outputs)
    entries = []
    for number, output in enumerate(new.outputs):
        item = output_item(act, output, f"outputs/{number}")
        entries.append(act.entry("put", item, _stock(act), output, f"outputs/{number}"))

    def used(item: Item, goods: Goods, pointer: str) -> None:
        place = _stock(act, set_apart=goods.set_apart)
        entries.append(act.entry("take", item, place, goods, pointer))

    _each(act, new.inputs, "inputs", used)
    _demand_distinct([(one.batch_id, one.place, one.side) for one in entries])
    joins = None if new.joins is None else _hub(visit, new.joins)
    act.draft.sheets.append(Sheet(entries, new.loss, new.loss_unit, joins))
    return settle_act(act)


def _demand_distinct(keys: Sequence[object]) -> None:
    if len(set(keys)) < len(keys):
        raise unfit("stock-twice", "The same stock stands on one side of the line twice.", "inputs")


def _hub(visit: Visit, event_id: UUID) -> tuple[UUID, int]:
    """The line of an earlier transformation of one's own, which this event adds to."""
    event = visit.session.get(Event, event_id)
    line = visit.session.get(Line, (event_id, 1))
    if event is None or line is None or event.party_id != visit.actor.party_id or event.act != "transform":
        raise unfit("unknown-event", "You have recorded no transformation of this id.", "joins")
    return event.id, 1


@_record.register
def _sent(new: Sending, visit: Visit) -> Event:
    return send(visit, new)


@_record.register
def _received(new: Receipt, visit: Visit) -> Event:
    """Goods from outside Trace: taken from the way from the supplier, whoever that is, and put into stock."""
    act = begin(visit, new, "receive", "return" if new.set_apart else None)
    if new.contact_id is not None:
        act.other = contact_other(visit, new.contact_id)
    source = act.other.end if act.other else UNKNOWN
    lane = lane_place(source, _stock(act))
    _lock_outputs(visit, [line.into for line in new.lines if line.into is not None])
    for number, line in enumerate(new.lines):
        pointer = f"lines/{number}"
        item = supplier_item(act, new.contact_id, line, pointer)
        kept = item if line.into is None else output_item(act, line.into, f"{pointer}/into")
        put = act.entry("put", kept, _stock(act, set_apart=new.set_apart), line, pointer)
        act.line(act.entry("take", item, lane, line, pointer), put)
    return settle_act(act)


@_record.register
def _packed(new: Packing, visit: Visit) -> Event:
    """From stock into a unit; a unit inside a unit moves along with it from then on."""
    act = begin(visit, new, "pack")
    made = new.carrier.unit_id is None
    unit_id = (
        new_id() if new.carrier.unit_id is None else unit_of(visit, new.carrier.unit_id, "carrier/unit_id").id
    )
    for number, goods in enumerate(new.lines):
        pointer = f"lines/{number}"
        if goods.unit_id is not None:
            child = unit_of(visit, goods.unit_id, f"{pointer}/unit_id").id
            if child == unit_id:
                raise unfit("unit-in-itself", "A unit cannot be packed into itself.", f"{pointer}/unit_id")
            act.draft.stops.append((child, unit_place(unit_id)))
            continue
        item = item_of(visit, goods, pointer)
        place = _stock(act, set_apart=goods.set_apart)
        act.line(
            act.entry("take", item, place, goods, pointer),
            act.entry("put", item, unit_place(unit_id), goods, pointer),
        )
    act.draft.stops.append((unit_id, _stock(act)))

    def keep(event: Event) -> None:
        if made:
            visit.session.add(_filling(visit, new, unit_id, event))
            visit.session.flush()

    return settle_act(act, keep)


def _filling(visit: Visit, new: Packing, unit_id: UUID, event: Event) -> LogisticUnit:
    return LogisticUnit(
        id=unit_id,
        party_id=event.party_id,
        sscc=new.carrier.sscc,
        code=new.carrier.code,
        event_id=event.id,
        recorded_at=visit.now,
        recorded_by=visit.actor.id,
    )


@_record.register
def _unpacked(new: Unpacking, visit: Visit) -> Event:
    """Out of a unit into stock: what is named, or all that the books know to be in it."""
    act = begin(visit, new, "unpack")
    unit = unit_of(visit, new.unit_id, "unit_id")
    inside, here = unit_place(unit.id), _stock(act)
    lines = list(new.lines) or [
        Goods.model_validate(
            {"batch_id": stock.batch_id, "quantity": None, "unit": None}
            if stock.unknown
            else {"batch_id": stock.batch_id, "quantity": stock.quantity, "unit": stock.unit}
        )
        for stock in contents(visit, [unit.id])
        if not stock.pooled and stock.quantity > 0
    ]

    def out(item: Item, goods: Goods, pointer: str) -> None:
        act.line(
            act.entry("take", item, inside, goods, pointer), act.entry("put", item, here, goods, pointer)
        )

    _each(act, lines, "lines", out)
    act.draft.stops.append((unit.id, here))
    return settle_act(act)


@_record.register
def _removed(new: Removal, visit: Visit) -> Event:
    """Sold to consumers, sampled, lost, destroyed: it leaves the books."""
    act = begin(visit, new, new.act)

    def out(item: Item, goods: Goods, pointer: str) -> None:
        act.line(act.entry("take", item, _stock(act, set_apart=goods.set_apart), goods, pointer))

    _each(act, new.lines, "lines", out)
    return settle_act(act)


@_record.register
def _moved_apart(new: Setting, visit: Visit) -> Event:
    """Into the set-apart area of the facility, or back from it."""
    act = begin(visit, new, new.act)
    if new.act == "put_back":
        visit.demand("stock.free")
    apart = new.act == "set_apart"

    def over(item: Item, goods: Goods, pointer: str) -> None:
        act.line(
            act.entry("take", item, _stock(act, set_apart=not apart), goods, pointer),
            act.entry("put", item, _stock(act, set_apart=apart), goods, pointer),
        )

    _each(act, new.lines, "lines", over)
    return settle_act(act)


@_record.register
def _counted(new: Counting, visit: Visit) -> Event:
    """Short is taken out of the books, found is put into them; the count confirms what is left."""
    act = begin(visit, new, "count")
    for number, goods in enumerate(new.lines):
        pointer = f"lines/{number}"
        _no_unit(goods, pointer)
        item = item_of(visit, goods, pointer)
        side: Side = "take" if goods.result == "short" else "put"
        place = _stock(act, set_apart=goods.set_apart)
        act.line(act.entry(side, item, place, Measured(quantity=goods.quantity, unit=goods.unit), pointer))
        act.draft.seen.append(Seen(place, item.id))
    return settle_act(act)


@_record.register
def _witnessed(new: Evidence, visit: Visit) -> Event:
    """Goods were seen at the facility: cooled, inspected, or just there."""
    act = begin(visit, new, new.act)
    _see(act, new.lines, _stock(act))
    return settle_act(act)


def _see(act: Act, lines: Sequence[Thing], place: str) -> None:
    for number, thing in enumerate(lines):
        pointer = f"lines/{number}"
        if thing.unit_id is not None:
            unit = unit_of(act.visit, thing.unit_id, f"{pointer}/unit_id")
            act.draft.seen.append(Seen(place, unit_id=unit.id))
            continue
        item = item_of(act.visit, thing, pointer)
        act.items[item.id] = item
        act.draft.seen.append(Seen(place, item.id))


@_record.register
def _carried(new: Manifest, visit: Visit) -> Event:
    """A stage of a tanker trip: seen at the facility, or on the way of the shipment that it belongs to."""
    act = begin(visit, new, "manifest", new.kind)
    place = _stock(act)
    if new.shipment_id is not None and new.kind == "carriage":
        place = lane_of_shipment(visit, new.shipment_id)
    _see(act, new.lines, place)
    return settle_act(act)
