"""What an EPCIS event says of goods, told as postings, moves and sightings."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from tracelot.formats.epcis_names import Item, item_of
from tracelot.formats.epcis_shapes import Amount, Event
from tracelot.rules.books import Book, Emptying, Hub, Move, Posting, Side, Sighting
from tracelot.rules.places import UNKNOWN, is_unit, lane_place, named_party, named_place

NOWHERE = named_place(UNKNOWN)

SEEN: Mapping[str, str] = {
    "stock_taking": "count",
    "cycle_counting": "count",
    "holding": "hold",
    "inspecting": "inspect",
}
GONE: Mapping[str, str] = {
    "destroying": "destroy",
    "retail_selling": "sell",
    "dispensing": "sell",
    "sampling": "sample",
}


@dataclass
class Facts:
    """Facts as they are collected, and what is odd about them: record, kind and words."""

    recorded_at: datetime
    postings: list[Posting] = field(default_factory=list)
    moves: list[Move] = field(default_factory=list)
    sightings: list[Sighting] = field(default_factory=list)
    emptyings: list[Emptying] = field(default_factory=list)
    products: dict[str, str] = field(default_factory=dict)
    flags: set[tuple[str, str, str]] = field(default_factory=set)

    def book(self) -> Book:
        return Book(
            postings=tuple(self.postings),
            moves=tuple(self.moves),
            sightings=tuple(self.sightings),
            emptyings=tuple(self.emptyings),
            products=dict(sorted(self.products.items())),
        )


@dataclass(frozen=True)
class Act:
    """An event with the place where it happened."""

    event: Event

    @property
    def place(self) -> str:
        return named_place(self.event.place) if self.event.place else NOWHERE


def tell(facts: Facts, act: Act) -> None:
    """Add what one event says to the facts."""
    event = act.event
    if event.place is None and not (event.source or event.destination):
        facts.flags.add((event.record, "place-unknown", event.step))
    match event.type, event.action:
        case "TransformationEvent", _:
            _transform(facts, act)
        case ("ObjectEvent", "ADD"):
            _come_to_be(facts, act)
        case ("ObjectEvent", "OBSERVE") if event.step == "shipping":
            _travel(
                facts, act, "ship", act.place, lane_place(_here(act, event.source), _end(event.destination))
            )
        case ("ObjectEvent", "OBSERVE") if event.step == "receiving":
            _receive(facts, act)
        case ("ObjectEvent", "DELETE"):
            _end_goods(facts, act)
        case (("AggregationEvent" | "AssociationEvent"), ("ADD" | "DELETE")):
            _pack(facts, act)
        case _:
            _sight(facts, act)


def _end(end: tuple[str, str] | None) -> str:
    if end is None:
        return UNKNOWN
    kind, name = end
    return named_place(name) if kind == "facility" else named_party(name)


def _here(act: Act, named: tuple[str, str] | None) -> str:
    """The own end of a lane: the place of the event, or what else the event names."""
    return act.place if act.event.place else _end(named)


# --- the kinds of events ---------------------------------------------------------------------------------


def _come_to_be(facts: Facts, act: Act) -> None:
    for line, amount in enumerate(act.event.amounts):
        item = _item(facts, act, amount)
        if item.kind == "unit":
            _move(facts, act, item.name, None, act.place)
        else:
            _post(facts, act, _Line(line, "produce"), (item, amount), ("put", act.place))


def _receive(facts: Facts, act: Act) -> None:
    """Returned goods do not mix back into stock: they arrive set apart."""
    place = act.place
    if act.event.disposition == "returned":
        place = place.replace("facility:", "aside:", 1)
    _travel(
        facts, act, "receive", lane_place(_end(act.event.source), _here(act, act.event.destination)), place
    )


def _travel(facts: Facts, act: Act, name: str, source: str, target: str) -> None:
    for line, amount in enumerate(act.event.amounts):
        _carry(facts, act, _Line(line, name), amount, source, target)


def _end_goods(facts: Facts, act: Act) -> None:
    """Goods end; a unit with all that is in it, unless only its number is given back."""
    name = GONE.get(act.event.step, "end")
    for line, amount in enumerate(act.event.amounts):
        item = _item(facts, act, amount)
        if item.kind == "unit":
            _move(facts, act, item.name, act.place, None)
            if act.event.step != "decommissioning":
                facts.emptyings.append(_emptying(facts, act, item.name, None, name))
        elif amount.quantity is None:
            everything = _emptying(facts, act, act.place, None, name)
            facts.emptyings.append(replace(everything, batch=item.name))
        else:
            _post(facts, act, _Line(line, name), (item, amount), ("take", act.place))


def _transform(facts: Facts, act: Act) -> None:
    """One line, and one hub over several events where they share an id; a unit goes in with all that is in it."""
    event = act.event
    hub = Hub(f"transformation:{event.transformation}" if event.transformation else event.record, 0)
    for amount in event.amounts:
        item = _item(facts, act, amount)
        if item.kind == "unit":
            contents = _emptying(facts, act, item.name, None, "transform")
            facts.emptyings.append(replace(contents, hub=hub))
            _move(facts, act, item.name, act.place, None)
        else:
            _post(facts, act, _Line(0, "transform", hub), (item, amount), ("take", act.place))
    for amount in event.outputs:
        item = _item(facts, act, amount)
        if item.kind == "unit":
            _move(facts, act, item.name, None, act.place)
        else:
            _post(facts, act, _Line(0, "transform", hub), (item, amount), ("put", act.place))


def _pack(facts: Facts, act: Act) -> None:
    """Into a parent or out of it; out without naming anything is everything. A parent may be a place."""
    event = act.event
    inside = _parent(act)
    ends = (act.place, inside) if event.action == "ADD" else (inside, act.place)
    name = "pack" if event.action == "ADD" else "unpack"
    if not event.amounts:
        facts.emptyings.append(_emptying(facts, act, inside, act.place, name))
    for line, amount in enumerate(event.amounts):
        _carry(facts, act, _Line(line, name), amount, *ends)


def _sight(facts: Facts, act: Act) -> None:
    event = act.event
    seen = SEEN.get(event.step, "sight")
    where = act.place
    if event.parent is not None and event.type in ("AggregationEvent", "AssociationEvent"):
        where = _parent(act)
        if is_unit(where):
            _see(facts, act, where, act.place, seen)
    for amount in event.amounts:
        item = _item(facts, act, amount)
        if item.kind != "pool":
            _see(facts, act, item.name, where, seen)
        if amount.single and item.kind == "batch":
            _see(facts, act, f"unit:{item.name}", where, seen)


# --- the facts -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Line:
    number: int
    act: str
    hub: Hub | None = None


def _item(facts: Facts, act: Act, amount: Amount) -> Item:
    item = item_of(amount.epc)
    if item.flawed:
        facts.flags.add((act.event.record, "malformed-epc", amount.epc))
    if item.product is not None and item.kind == "batch":
        facts.products[item.name] = item.product
    return item


def _parent(act: Act) -> str:
    """The place that a parent is: a unit, or a location."""
    name = act.event.parent or UNKNOWN
    if name.lower().startswith("urn:epc:id:sgln:") or "/414/" in name:
        return named_place(name)
    item = item_of(name)
    return item.name if item.kind == "unit" else f"unit:{item.name}"


def _carry(facts: Facts, act: Act, line: _Line, amount: Amount, source: str, target: str) -> None:
    """Goods, or a unit with whatever is in it, leave one place for another.

    A single thing may hold others: its moves are kept as a unit's too.
    """
    item = _item(facts, act, amount)
    if item.kind == "unit":
        _move(facts, act, item.name, source, target)
        return
    if amount.single:
        _move(facts, act, f"unit:{item.name}", source, target)
    _post(facts, act, line, (item, amount), ("take", source))
    _post(facts, act, line, (item, amount), ("put", target))


def _post(facts: Facts, act: Act, line: _Line, goods: tuple[Item, Amount], end: tuple[Side, str]) -> None:
    event = act.event
    item, amount = goods
    side, place = end
    hub = line.hub or Hub(event.record, line.number)
    told = event.time, facts.recorded_at, line.act, amount.unit
    facts.postings.append(Posting(event.record, hub, item.name, place, side, amount.quantity, *told))


def _move(facts: Facts, act: Act, unit: str, source: str | None, target: str | None) -> None:
    facts.moves.append(Move(act.event.record, unit, source, target, act.event.time, facts.recorded_at))


def _see(facts: Facts, act: Act, subject: str, place: str, seen: str) -> None:
    facts.sightings.append(
        Sighting(act.event.record, subject, place, act.event.time, facts.recorded_at, seen)
    )


def _emptying(facts: Facts, act: Act, place: str, target: str | None, name: str) -> Emptying:
    return Emptying(act.event.record, place, target, act.event.time, facts.recorded_at, name)


def named_act(event: Event) -> str:
    """What an event is called where it says nothing that has the name of its own, such as a pallet that leaves."""
    match event.type, event.action:
        case "TransformationEvent", _:
            return "transform"
        case ("ObjectEvent", "ADD"):
            return "produce"
        case ("ObjectEvent", "OBSERVE") if event.step == "shipping":
            return "ship"
        case ("ObjectEvent", "OBSERVE") if event.step == "receiving":
            return "receive"
        case ("ObjectEvent", "DELETE"):
            return GONE.get(event.step, "end")
        case (("AggregationEvent" | "AssociationEvent"), ("ADD" | "DELETE")):
            return "pack" if event.action == "ADD" else "unpack"
        case _:
            return SEEN.get(event.step, "sight")
