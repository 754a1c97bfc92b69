"""What a form says of a shipment: when and where it was answered, what came of each line, and under what it is kept."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeVar

from pydantic import ValidationError

from tracelot.operations.inbox import Kept
from tracelot.operations.visit import Visit
from tracelot.records.acts import NewEvent, ReceivedLine
from tracelot.records.shipments import Shipment, ShipmentLineView
from tracelot.web.forms import Form
from tracelot.web.pages.clock import BAD_TIME, not_before, read_local
from tracelot.web.rendering import reader_of
from tracelot.web.wording import N_, worded

Shape = TypeVar("Shape", bound=NewEvent)
Said = Mapping[str, Any]

NOTE_OF_DELIVERY = "desadv"  # CBV: the sender's notice of what it sends
NEEDED = N_("This field is needed.")
MOST_SHOWN = 20  # lines with fields of their own; a form has a bounded number of fields
# Where a person finds the field that a body names.
FIELDS = {
    "quantity": "quantity", "unit": "unit", "into": "code", "into/product_id": "product", "into/code": "code",
    "into/production_date": "made", "into/expiry_date": "expires", "into/kind": "kind",
}  # fmt: skip
INTO = {
    "product": "product_id",
    "code": "code",
    "made": "production_date",
    "expires": "expiry_date",
    "kind": "kind",
}


def read_answer(
    form: Form, visit: Visit, shipment: Shipment, shape: type[Shape], **more: Any
) -> Shape | None:
    """The answer, at the time on the clock of the site's zone."""
    typed = read_local(form["event_time"], visit.place.zone)
    number = form["document_no"].strip()
    papers = [{"type": NOTE_OF_DELIVERY, "no": number}] if number else []
    said = form.read(shape, event_time=not_before(typed, shipment.event_time), documents=papers, **more)
    if "event_time" in form.errors:
        form.errors["event_time"] = reader_of(form.request).gettext(BAD_TIME)
    return said


def counted(lines: Sequence[ShipmentLineView]) -> list[ShipmentLineView]:
    """The lines of which an amount can be told: what is in a unit is counted when it is unpacked."""
    return [line for line in lines if line.unit_id is None]


def chosen(lines: Sequence[ShipmentLineView], asked: str) -> list[ShipmentLineView]:
    """The lines that were asked for by their numbers; of few lines, all."""
    if len(lines) <= MOST_SHOWN:
        return list(lines)
    numbers = set(re.findall("[0-9]+", asked))
    named = [line for line in lines if str(line.number) in numbers]
    return (named or [line for line in lines if _differs(line)])[:MOST_SHOWN]


def _differs(line: ShipmentLineView) -> bool:
    told = line.received is not None or line.received_unit is not None
    return told and (line.quantity, line.unit) != (line.received, line.received_unit)


def values_of(lines: Sequence[ShipmentLineView], kept: Kept | None) -> dict[str, str]:
    """The fields as they stand before anything was typed: as it was sent, or as it was received."""
    values: dict[str, str] = {}
    for line in lines:
        amount, unit = (line.received, line.received_unit) if kept else (line.quantity, line.unit)
        came = "nothing" if amount == 0 else "unknown" if amount is None else "counted"
        own = kept.batches.get(line.number) if kept else None
        told = {
            "came": came,
            "quantity": f"{amount:f}" if amount else "",
            "unit": unit or line.unit or "",
            "product": own.product_id if own else "",
            "code": own.code if own else "",
            "made": line.production_date or "",
            "expires": line.expiry_date or "",
        }
        values |= {f"{part}-{line.number}": str(value) for part, value in told.items()}
    return values


def said_before(lines: Sequence[ShipmentLineView], kept: Kept | None) -> list[dict[str, Any]]:
    """What was said already of lines that a correction does not show: it goes on to hold."""
    return [] if kept is None else [_said_of(line, kept) for line in lines]


def _said_of(line: ShipmentLineView, kept: Kept) -> dict[str, Any]:
    own = kept.batches.get(line.number)
    told: dict[str, Any] = {"number": line.number, "into": {"batch_id": own.id} if own else None}
    if line.received == 0:
        return told | {"nothing": True}
    return told | {"quantity": line.received, "unit": line.received_unit}


def read_lines(form: Form, lines: Sequence[ShipmentLineView]) -> list[dict[str, Any]]:
    """What is said of each line; what is wrong with it is noted at its field."""
    told = []
    for line in lines:
        said = _typed(form, line.number)
        try:
            ReceivedLine.model_validate(said)
        except ValidationError as error:
            for field, text in _faults(form, error):
                form.errors.setdefault(f"{field}-{line.number}", text)
        told.append(said)
    return told


def _typed(form: Form, number: int) -> dict[str, Any]:
    def typed(part: str) -> str:
        return form[f"{part}-{number}"].strip()

    def need(part: str) -> None:
        if not typed(part):
            form.errors[f"{part}-{number}"] = reader_of(form.request).gettext(NEEDED)

    said: dict[str, Any] = {"number": number}
    if typed("came") == "nothing":
        return said | {"nothing": True}
    if typed("came") != "unknown":
        need("quantity")
        said |= {"quantity": typed("quantity") or None, "unit": typed("unit") if typed("quantity") else None}
    if typed("product") or typed("code"):
        need("product")
        need("code")
        said["into"] = {name: typed(part) for part, name in INTO.items() if typed(part)}
    return said


def _faults(form: Form, error: ValidationError) -> Iterator[tuple[str, str]]:
    gettext = reader_of(form.request).gettext
    for one in error.errors(include_url=False, include_input=False):
        path = "/".join(str(part) for part in one["loc"])
        yield FIELDS.get(path, "quantity"), worded(one, gettext)


def place_errors(form: Form, lines: Sequence[Said]) -> None:
    """What an operation said of a part of the body, at the field of the form that it came from."""
    for pointer in [name for name in form.errors if name.startswith("lines")]:
        text = form.errors.pop(pointer)
        place, _, path = pointer.removeprefix("lines").removeprefix("/").partition("/")
        known = place.isdigit() and int(place) < len(lines)
        field = f"{FIELDS.get(path, 'code')}-{lines[int(place)]['number']}" if known else ""
        form.errors.setdefault(field, text)
