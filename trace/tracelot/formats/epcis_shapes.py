"""The shape of EPCIS 2.0 events: what must be there, in which form, and where it is wrong."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Literal

from tracelot.formats.epcis_names import BASE_UNITS, word
from tracelot.rules.books import Reason
from tracelot.rules.refusals import Fault

Type = Literal[
    "ObjectEvent", "TransformationEvent", "AggregationEvent", "AssociationEvent", "TransactionEvent"
]
Action = Literal["ADD", "OBSERVE", "DELETE"]

ACTIONS: Mapping[str, Action] = {"ADD": "ADD", "OBSERVE": "OBSERVE", "DELETE": "DELETE"}
TYPES: Mapping[str, Type] = {
    "ObjectEvent": "ObjectEvent",
    "TransformationEvent": "TransformationEvent",
    "AggregationEvent": "AggregationEvent",
    "AssociationEvent": "AssociationEvent",
    "TransactionEvent": "TransactionEvent",
}
# The lists of EPCs and of quantities of each type of event; a transformation has a second pair.
LISTS: Mapping[Type, tuple[str, ...]] = {
    "ObjectEvent": ("epcList", "quantityList"),
    "TransformationEvent": ("inputEPCList", "inputQuantityList", "outputEPCList", "outputQuantityList"),
    "AggregationEvent": ("childEPCs", "childQuantityList"),
    "AssociationEvent": ("childEPCs", "childQuantityList"),
    "TransactionEvent": ("epcList", "quantityList"),
}
LONGEST_NAME = 512
LARGEST = Decimal(10) ** 12  # in base units: what can be kept, and summed


@dataclass(frozen=True, slots=True)
class Amount:
    """An EPC with how much of it, in a base unit; None is unknown. `single` ones come from a list of EPCs."""

    epc: str
    quantity: Decimal | None
    unit: str
    single: bool


@dataclass(frozen=True, slots=True)
class Error:
    reason: Reason
    corrected_by: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Event:
    """One event. `record` is its id with a hash of its content: the same id may stand over different contents."""

    record: str
    name: str
    type: Type
    action: Action
    time: datetime
    step: str
    disposition: str
    place: str | None
    parent: str | None
    amounts: tuple[Amount, ...]
    outputs: tuple[Amount, ...]
    transformation: str | None
    source: tuple[str, str] | None  # kind of end and its name
    destination: tuple[str, str] | None
    error: Error | None


class Wrong(Exception):
    """A value has not the form that it must have."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.detail)
        self.fault = fault


def events_of(document: object, faults: list[Fault]) -> Iterator[tuple[str, object]]:
    """The events of a capture document or of a query's answer, each with a pointer to it."""
    path = ["epcisBody", "eventList"]
    if isinstance(document, dict) and document.get("type") == "EPCISQueryDocument":
        path = ["epcisBody", "queryResults", "resultsBody", "eventList"]
    elif not isinstance(document, dict) or document.get("type") != "EPCISDocument":
        faults.append(Fault("#/type", "This is no EPCISDocument."))
        return
    found: object = document
    for step in path:
        found = found.get(step) if isinstance(found, dict) else None
    pointer = "#/" + "/".join(path)
    if not isinstance(found, list):
        faults.append(Fault(pointer, "The list of events is missing."))
        return
    for index, event in enumerate(found):
        yield f"{pointer}/{index}", event


def read_event(content: object, pointer: str, faults: list[Fault]) -> Event | None:
    """One event; what is wrong with it is added to the faults."""
    try:
        if not isinstance(content, dict):
            raise Wrong(Fault(pointer, "An event is an object."))
        return _read(content, pointer)
    except Wrong as wrong:
        faults.append(wrong.fault)
        return None


def _read(content: Mapping[str, object], pointer: str) -> Event:
    named = content.get("type")
    kind = TYPES.get(named) if isinstance(named, str) else None
    if kind is None:
        raise Wrong(Fault(f"{pointer}/type", "This type of event is unknown."))
    lists = [_amounts(content, key, pointer) for key in LISTS[kind]]
    name = _name(content, "eventID", pointer) or ""
    event = Event(
        record=f"{name}#{_hash(content, pointer)}",
        name=name,
        type=kind,
        action=_action(content, kind, pointer),
        time=_time(content, pointer),
        step=word(_name(content, "bizStep", pointer)),
        disposition=word(_name(content, "disposition", pointer)),
        place=_place(content, "bizLocation", pointer) or _place(content, "readPoint", pointer),
        parent=_name(content, "parentID", pointer),
        amounts=(*lists[0], *lists[1]),
        outputs=tuple(amount for more in lists[2:] for amount in more),
        transformation=_name(content, "transformationID", pointer),
        source=_end(content, "source", pointer),
        destination=_end(content, "destination", pointer),
        error=_error(content, pointer),
    )
    _demand_complete(event, pointer)
    return event


def _hash(content: Mapping[str, object], pointer: str) -> str:
    """Tells contents apart; when an event was captured and whether it was declared wrong do not count."""
    told = {key: value for key, value in content.items() if key not in ("recordTime", "errorDeclaration")}
    try:
        text = json.dumps(told, sort_keys=True, separators=(",", ":"))
    except (TypeError, ValueError, RecursionError):
        raise Wrong(Fault(pointer, "An event is plain JSON, and not nested without end.")) from None
    return hashlib.sha256(text.encode()).hexdigest()[:24]


def _demand_complete(event: Event, pointer: str) -> None:
    if event.type == "TransformationEvent":
        if not event.transformation and not (event.amounts and event.outputs):
            raise Wrong(Fault(pointer, "A transformation has inputs and outputs, or an id that joins them."))
        if not (event.amounts or event.outputs):
            raise Wrong(Fault(pointer, "A transformation has inputs or outputs."))
    elif event.type in ("ObjectEvent", "TransactionEvent"):
        if not event.amounts and not event.parent:
            raise Wrong(Fault(pointer, "The event names no goods."))
    elif event.parent is None and event.action != "OBSERVE":
        raise Wrong(Fault(f"{pointer}/parentID", "Goods are put into something, or taken out of it."))
    elif event.action == "ADD" and not event.amounts:
        raise Wrong(Fault(pointer, "The event names no goods."))


def _action(content: Mapping[str, object], kind: Type, pointer: str) -> Action:
    if kind == "TransformationEvent":
        return "OBSERVE"
    named = content.get("action")
    action = ACTIONS.get(named) if isinstance(named, str) else None
    if action is None:
        raise Wrong(Fault(f"{pointer}/action", "An action is ADD, OBSERVE or DELETE."))
    return action


def _time(content: Mapping[str, object], pointer: str) -> datetime:
    text, zone = content.get("eventTime"), content.get("eventTimeZoneOffset")
    if isinstance(text, str):
        try:
            moment = datetime.fromisoformat(text)
            if moment.tzinfo is None and isinstance(zone, str):
                moment = datetime.fromisoformat(text + zone)
            if moment.tzinfo is not None:
                return moment.astimezone(UTC)
        except (ValueError, OverflowError):
            pass
    raise Wrong(Fault(f"{pointer}/eventTime", "The time of an event has a date, a time and a zone."))


def _name(content: Mapping[str, object], key: str, pointer: str) -> str | None:
    found = content.get(key)
    return None if found is None else _text(found, f"{pointer}/{key}")


def _text(found: object, pointer: str) -> str:
    if not isinstance(found, str) or not found.strip():
        raise Wrong(Fault(pointer, "A name is a text that is not empty."))
    if len(found) > LONGEST_NAME or not found.isprintable():
        raise Wrong(Fault(pointer, "A name has at most 512 characters, all of them printable."))
    return found


def _place(content: Mapping[str, object], key: str, pointer: str) -> str | None:
    found = content.get(key)
    if found is None:
        return None
    if not isinstance(found, dict):
        raise Wrong(Fault(f"{pointer}/{key}", "A place is an object with an id."))
    return _text(found.get("id"), f"{pointer}/{key}/id")


def _list(content: Mapping[str, object], key: str, pointer: str) -> Iterator[tuple[str, object]]:
    found = content.get(key)
    if found is None:
        return
    if not isinstance(found, list):
        raise Wrong(Fault(f"{pointer}/{key}", "This must be a list."))
    for index, entry in enumerate(found):
        yield f"{pointer}/{key}/{index}", entry


def _amounts(content: Mapping[str, object], key: str, pointer: str) -> list[Amount]:
    found = []
    for at, entry in _list(content, key, pointer):
        if "uantity" not in key:
            found.append(Amount(_text(entry, at), Decimal(1), "", single=True))
        elif not isinstance(entry, dict):
            raise Wrong(Fault(at, "A quantity is an object with an epcClass."))
        else:
            unit, factor = _unit(entry, at)
            base = _quantity(entry.get("quantity"), factor, f"{at}/quantity")
            found.append(Amount(_text(entry.get("epcClass"), f"{at}/epcClass"), base, unit, single=False))
    return found


def _unit(entry: Mapping[str, object], pointer: str) -> tuple[str, Decimal]:
    unit = entry.get("uom")
    if unit is None:
        return "", Decimal(1)
    return BASE_UNITS.get(text := _text(unit, f"{pointer}/uom"), (text, Decimal(1)))


def _quantity(found: object, factor: Decimal, pointer: str) -> Decimal | None:
    """A quantity in base units."""
    if found is None:
        return None
    if isinstance(found, int | float | Decimal) and not isinstance(found, bool):
        try:
            quantity = Decimal(str(found))
        except (InvalidOperation, ValueError):
            quantity = Decimal("NaN")
        if quantity.is_finite() and 0 <= quantity < LARGEST and quantity * factor < LARGEST:
            return quantity * factor
    raise Wrong(Fault(pointer, "A quantity is a number from 0 on."))


def _end(content: Mapping[str, object], key: str, pointer: str) -> tuple[str, str] | None:
    """The place where goods come from or go to; a party where no place is named; None where nobody is."""
    ends: dict[str, str] = {}
    for at, entry in _list(content, f"{key}List", pointer):
        if not isinstance(entry, dict):
            raise Wrong(Fault(at, "This must be an object."))
        ends[word(_text(entry.get("type"), f"{at}/type"))] = _text(entry.get(key), f"{at}/{key}")
    for kind, name in (("location", "facility"), ("possessing_party", "party"), ("owning_party", "party")):
        if kind in ends:
            return name, ends[kind]
    return None


def _error(content: Mapping[str, object], pointer: str) -> Error | None:
    """A declaration without a known reason counts as wrong data: that hides nothing from a recall."""
    found = content.get("errorDeclaration")
    if found is None:
        return None
    if not isinstance(found, dict):
        raise Wrong(Fault(f"{pointer}/errorDeclaration", "This must be an object."))
    at = f"{pointer}/errorDeclaration"
    never = word(_name(found, "reason", at)) == "did_not_occur"
    corrected = [_text(entry, where) for where, entry in _list(found, "correctiveEventIDs", at)]
    return Error("did_not_occur" if never else "incorrect_data", tuple(sorted(corrected)))
