"""From the form of an act to the shape that is recorded, and back from its faults to the fields."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import ValidationError

from tracelot.formats.gs1 import LONGEST_CODE, read_code
from tracelot.operations import contacts, reading
from tracelot.operations.visit import Visit
from tracelot.records.acts import NewEvent
from tracelot.records.contacts import NewContact
from tracelot.records.events import Event
from tracelot.rules.batches import shelf_life_end
from tracelot.rules.ids import new_id
from tracelot.rules.key_data import TOLD
from tracelot.rules.refusals import Unknown
from tracelot.web.pages.event_drafts import ActForm
from tracelot.web.pages.event_rows import GOODS, PAPERS, Group, ReadRows, Row, amount, read_rows
from tracelot.web.rendering import reader_of
from tracelot.web.wording import N_, field_errors, worded

NO_UNIT = N_("You have no pallet or case under this number.")
BAD_TIME = N_("A date and time are needed.")
NEEDED = N_("This field is needed.")
PARTNER = {"name": "partner_name", "address": "partner_address", "phone": "partner_phone"}
PLAIN = ("event_time", "facility_id", "contact_id", "loss", "loss_unit", "kind", "reason", "shipment_id")


@dataclass
class Shaped:
    """The act of a form as it would be recorded; `partner` is a contact that is added with it."""

    form: ActForm
    read: list[ReadRows] = field(default_factory=list)
    partner: NewContact | None = None

    def act(self) -> NewEvent | None:
        """The shape, or None with what is wrong noted at the fields."""
        errors = self.form.form.errors
        body = _head(self.form) | self._lines() | _rest(self.form)
        self.partner = _partner(self.form)
        if self.partner is not None:
            named = {"contact_id": self.partner.id}
            body |= named if self.form.act == "receive" else {"to": named}
        if errors:
            return None
        try:
            return self.form.plan.shape.model_validate(body)
        except ValidationError as error:
            gettext = reader_of(self.form.form.request).gettext
            for one in error.errors(include_url=False, include_input=False):
                errors.setdefault(self.field_of([str(part) for part in one["loc"]]), worded(one, gettext))
            if "event_time" in errors:
                errors["event_time"] = gettext(BAD_TIME)
            return None

    def _lines(self) -> dict[str, Any]:
        body: dict[str, Any] = {}
        for group in self.form.groups:
            rows = self.form.rows[group.name]
            entry, blank = _reader(self.form, group)
            read = read_rows(group, rows, entry, blank=blank)
            self.read.append(read)
            body[self._name(group)] = read.entries
        return body

    def _name(self, group: Group) -> str:
        plan = self.form.plan
        return "documents" if group is PAPERS else plan.goods if group is GOODS else plan.made

    def field_of(self, path: Sequence[str]) -> str:
        """The field of the form at which a fault of the shape is shown; "" where there is none."""
        for read in self.read:
            if path and path[0] == self._name(read.group):
                return read.field_of(path[1:])
        match path[:1]:
            case ["key_data"] if len(path) > 1:
                return f"kd-{path[1]}"
            case ["carrier"] | ["unit_id"]:
                return "carrier"
            case ["to"] | ["uscc"]:
                return "to"
            case [name] if name in PLAIN:
                return name
        return ""


def attempt(form: ActForm, do: Callable[[NewEvent], Event]) -> Event | None:
    """Do it with the act of a form, or note at its fields why it is refused."""
    shaped = Shaped(form)
    new = shaped.act()
    if new is None:
        return None

    def done() -> Event:
        if shaped.partner is not None:
            contacts.add_contact(form.visit, shaped.partner)
        return do(new)

    event = form.form.attempt(done)
    if event is None:
        _place_faults(form, shaped)
    return event


def _place_faults(form: ActForm, shaped: Shaped) -> None:
    errors = form.form.errors
    faults = list(errors.items())
    errors.clear()
    for pointer, text in faults:
        errors.setdefault(shaped.field_of(pointer.removeprefix("replacement/").split("/")), text)
    if form.refused == "id-taken":
        form.recorded_as, form.id = form.id, str(new_id())


def _head(form: ActForm) -> dict[str, Any]:
    sent = form.form
    return {
        "id": form.id,
        "act": form.act,
        "event_time": _moment(form),
        "facility_id": sent["facility_id"] or None,
        "key_data": {name: sent[f"kd-{name}"] for name in TOLD if sent[f"kd-{name}"].strip()},
        "happened": sent["happened"] == "1",
    }


def _moment(form: ActForm) -> str:
    """The time that was typed. One that was left as proposed is now; sent twice, that of the first time."""
    if not form.untouched:
        return moment_text(form.form["event_time"], form.visit)
    try:
        moment = reading.find_event(form.visit, UUID(form.id)).event_time
    except (Unknown, ValueError):
        moment = form.visit.now
    return moment.astimezone(form.visit.place.zone).isoformat()


# --- lines ------------------------------------------------------------------------------------------------

Entry = Callable[[Row], dict[str, Any]]
Blank = Callable[[Row], bool]


def _reader(form: ActForm, group: Group) -> tuple[Entry, Blank]:
    """How the rows of a group are read, and which of them say nothing."""
    match group.name:
        case "goods":
            return lambda row: _goods(form, row), lambda row: not row["what"]
        case "made":
            chosen = ("product", "unit", "release")
            return lambda row: _made(form, row), lambda row: _unsaid(form, group, row, chosen)
        case "came":
            return _came, lambda row: _unsaid(form, group, row, ("unit",))
    return dict, lambda row: not row["no"].strip()


def _unsaid(form: ActForm, group: Group, row: Row, chosen: Sequence[str]) -> bool:
    """A row in which only what was chosen beforehand stands; the first one is meant all the same."""
    if row is form.rows[group.name][0] and form.act != "transform":
        return False
    return not any(value.strip() for part, value in row.items() if part not in chosen)


def _goods(form: ActForm, row: Row) -> dict[str, Any]:
    kind, _, id_ = row["what"].partition(":")
    told: dict[str, Any] = {f"{kind}_id": id_}
    if form.plan.measured and kind != "unit":
        told |= amount(row)
    if form.plan.apart and row["apart"] and kind != "unit":
        told["set_apart"] = True
    return told | ({"result": row["result"]} if form.act == "count" else {})


def _made(form: ActForm, row: Row) -> dict[str, Any]:
    told = {
        "product_id": row["product"], "code": row["code"].strip(), "production_date": row["made"],
        "expiry_date": row["expiry"] or _expiry(form, row), "printed_text": row["printed"],
    }  # fmt: skip
    release = {"release": True} if row["release"] == "1" else {}
    return {name: value for name, value in told.items() if value} | release | amount(row)


def _expiry(form: ActForm, row: Row) -> str | None:
    """Where no expiry date is given, the one that the product's shelf life leads to."""
    product = next((one for one in form.products if str(one.id) == row["product"]), None)
    try:
        made = datetime.fromisoformat(row["made"] or form.form["event_time"]).date()
    except ValueError:
        return None
    if product is None or product.shelf_life is None:
        return None
    end = shelf_life_end(made, product.shelf_life, product.shelf_life_unit)
    return None if end is None else end.isoformat()


def _came(row: Row) -> dict[str, Any]:
    number = row["number"].strip()
    named = "product_gtin" if number.isdigit() and len(number) in (8, 12, 13, 14) else "product_code"
    told: dict[str, Any] = {
        "product_name": row["name"], named: number, "code": row["code"].strip(),
        "production_date": row["made"], "expiry_date": row["expiry"],
    }  # fmt: skip
    if row["batch"]:
        told = {"batch_id": row["batch"]}
    if row["into"] or row["into_code"].strip():
        told["into"] = {"product_id": row["into"] or None, "code": row["into_code"].strip() or None}
        told["into"] |= amount(row)
    return {name: value for name, value in told.items() if value} | amount(row)


# --- what only some acts say ------------------------------------------------------------------------------


def _rest(form: ActForm) -> dict[str, Any]:
    sent = form.form
    match form.act:
        case "transform" | "initial_packing":
            loss = {"loss": sent["loss"], "loss_unit": sent["loss_unit"]} if sent["loss"].strip() else {}
            return {"kind": sent["kind"] or "process", "joins": sent["joins"] or None} | loss
        case "ship" | "return":
            return {"to": _recipient(form)}
        case "receive":
            return {"contact_id": sent["contact_id"] or None, "set_apart": sent["apart"] == "1"}
        case "pack":
            return {"carrier": _carrier(form)}
        case "unpack":
            return {"unit_id": _standing(form)}
        case "manifest":
            return {"kind": sent["kind"], "shipment_id": sent["shipment_id"] or None}
    return {}


def _recipient(form: ActForm) -> dict[str, Any]:
    if not form.to and form.form["to_text"].strip():
        form.find_firm()
    elif not form.to and not form.form["partner_name"].strip():
        form.wrong("to", NEEDED)
    kind, _, id_ = form.to.partition(":")
    named = {f"{kind}_id": id_} if kind in ("party", "contact", "facility") else {}
    if kind == "party" and form.form["to_facility"]:
        named["facility_id"] = form.form["to_facility"]
    return named


def _carrier(form: ActForm) -> dict[str, Any]:
    text = form.form["carrier"].strip()
    if form.form["carrier_as"] == "standing" or form.form["carrier_id"]:
        return {"unit_id": _standing(form)}
    if not text:
        form.wrong("carrier", NEEDED)
    sscc = read_code(text).sscc if len(text) <= LONGEST_CODE else None
    bare = text.isascii() and text.isdigit() and len(text) == 18  # noqa: PLR2004
    return {"sscc": sscc or text} if sscc or bare else {"code": text}


def _standing(form: ActForm) -> UUID | None:
    if form.unit_id is None:
        form.wrong("carrier", NO_UNIT if form.form["carrier"].strip() else NEEDED)
    return form.unit_id


def _partner(form: ActForm) -> NewContact | None:
    """A contact added with the act, under an id of the form: what is sent twice is added once."""
    sent = form.form
    chosen = sent["contact_id"] if form.act == "receive" else form.to or sent["to_text"].strip()
    if form.act not in ("ship", "return", "receive") or chosen or not sent["partner_name"].strip():
        return None
    told = {part: sent[name] for part, name in PARTNER.items()}
    try:
        return NewContact.model_validate(told | {"id": sent["partner_id"]})
    except ValidationError as error:
        for part, text in field_errors(error, reader_of(sent.request).gettext).items():
            sent.errors.setdefault(PARTNER.get(part, "partner_name"), text)
        return None


def moment_text(text: str, visit: Visit) -> str:
    """A time on a clock of the site's zone, with the zone."""
    try:
        local = datetime.fromisoformat(text.strip())
    except ValueError:
        return text
    return (local if local.tzinfo else local.replace(tzinfo=visit.place.zone)).isoformat()


def local_text(moment: datetime, visit: Visit) -> str:
    """A time as a field for it holds it; seconds stand only where there are some."""
    local = moment.astimezone(visit.place.zone)
    return f"{local:%Y-%m-%dT%H:%M:%S}" if local.second else f"{local:%Y-%m-%dT%H:%M}"
