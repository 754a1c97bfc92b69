"""What becomes of a shipment: confirmed, corrected, rejected, or its difference settled."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from tracelot.operations.acting import Act, begin, said_before, settle_act
from tracelot.operations.changing import demand_version
from tracelot.operations.goods import Item, Other, lock_goods, mine
from tracelot.operations.measuring import measure
from tracelot.operations.outputs import output_item
from tracelot.operations.posting import declare_void
from tracelot.operations.sending import open_shipment
from tracelot.operations.visit import Visit
from tracelot.records.acts import Answer, Confirmation, Measured, NewEvent, ReceiptCorrection, ReceivedLine
from tracelot.records.batches import Batch
from tracelot.records.contacts import Contact
from tracelot.records.events import Event
from tracelot.records.facilities import Facility
from tracelot.records.locking import HELD
from tracelot.records.paging import Page
from tracelot.records.parties import Party
from tracelot.records.products import Product
from tracelot.records.shipments import (
    RECEIVED,
    Shipment,
    ShipmentFilter,
    ShipmentLine,
    ShipmentLineView,
    ShipmentView,
    list_shipment_lines,
    search_shipments,
)
from tracelot.rules.ids import new_id
from tracelot.rules.places import aside_place, facility_place, lane_of, lane_place
from tracelot.rules.refusals import Conflict, Unknown, unfit


def shipments(visit: Visit, asked: ShipmentFilter, limit: int, cursor: str | None) -> Page[ShipmentView]:
    """What comes to the party or what it sent; a regulator reads what leaves or reaches its territory."""
    visit.demand("shipment.read")
    own = None if visit.actor.regulator else mine(visit)
    page = search_shipments(visit.session, own, asked, limit, cursor)
    if own is None:
        seen = {"shipments": [one.id for one in page.items]}
        visit.note("shipment.read", mine(visit), visit.actor.party_id, seen)
    return Page([view(visit, one) for one in page.items], page.total, page.cursor)


def find_shipment(visit: Visit, shipment_id: UUID) -> Shipment:
    visit.demand("shipment.read")
    shipment = visit.session.get(Shipment, shipment_id)
    if shipment is None:
        raise Unknown("unknown-shipment", "No such shipment.")
    if visit.actor.party_id != shipment.to_party_id:
        visit.remember("shipment.read", shipment, shipment.party_id)
    return shipment


def view(visit: Visit, shipment: Shipment) -> ShipmentView:
    """A shipment with its lines, and both its ends by name."""
    kernel = visit.kernel()
    sender = kernel.get_one(Party, shipment.party_id)
    getter = kernel.get(Party, shipment.to_party_id) if shipment.to_party_id else None
    contact = kernel.get(Contact, shipment.to_contact_id) if shipment.to_contact_id else None
    lines = list_shipment_lines(visit.session, shipment.id)
    return ShipmentView.model_validate(
        shipment.model_dump()
        | {
            "from_zh": sender.name_zh,
            "from_en": sender.name_en,
            "to_zh": getter.name_zh if getter else contact.name if contact else None,
            "to_en": getter.name_en if getter else None,
            "lines": [ShipmentLineView.model_validate(line, from_attributes=True) for line in lines],
        }
    )


@dataclass(frozen=True)
class Stage:
    """The states in which a shipment takes an answer, by which of its ends, and what is said in any other."""

    states: Collection[str]
    refusal: Conflict
    by_sender: bool = False


UNANSWERED = Stage(("in_transit",), Conflict("already-answered", "This shipment was answered already."))
WAS_RECEIVED = Stage(RECEIVED, Conflict("not-received", "Only what was received is corrected."))
DIFFERS = Stage(
    ("discrepancy",), Conflict("no-difference", "There is no open difference here."), by_sender=True
)


def _to_answer(
    visit: Visit, shipment_id: UUID, new: NewEvent, version: int | None, stage: Stage
) -> tuple[Shipment, bool]:
    """A shipment that the party may answer, held until this transaction ends, and whether it gave this very answer."""
    visit.demand("shipment.answer")
    shipment = visit.kernel().get(Shipment, shipment_id, with_for_update=HELD, populate_existing=True)
    end = (shipment.party_id if stage.by_sender else shipment.to_party_id) if shipment else None
    if shipment is None or end != mine(visit):
        raise Unknown("unknown-shipment", "No such shipment.")
    if _answered(visit, shipment, new):
        return shipment, True
    demand_version(shipment, version)
    if shipment.status not in stage.states:
        raise Conflict(stage.refusal.kind, stage.refusal.reason, facts={"state": shipment.status})
    return shipment, False


def confirm_shipment(
    visit: Visit, shipment_id: UUID, new: Confirmation, version: int | None = None
) -> Shipment:
    """Say what came: taken from the way, put into stock; goods that come back arrive set apart."""
    shipment, answered = _to_answer(visit, shipment_id, new, version, UNANSWERED)
    if answered:
        return shipment
    return _receive(visit, shipment, new)


def correct_receipt(
    visit: Visit, shipment_id: UUID, new: ReceiptCorrection, version: int | None = None
) -> Shipment:
    """Say anew what came; what was said before is void and stays on record."""
    shipment, answered = _to_answer(visit, shipment_id, new, version, WAS_RECEIVED)
    if answered:
        return shipment
    before = visit.session.get_one(Event, shipment.receipt_event_id)
    new_event_id = new.id or new_id()
    lock_goods(visit, {line.batch_id for line in list_shipment_lines(visit.kernel(), shipment.id)})
    declare_void(visit, before, "incorrect_data", new.reason, new_event_id)
    return _receive(visit, shipment, new.model_copy(update={"id": new_event_id}) if new.id is None else new)


def _answered(visit: Visit, shipment: Shipment, new: NewEvent) -> bool:
    """Whether this very answer was given already; the same id under another shipment is another record's."""
    event = said_before(visit, new)
    if event is None:
        return False
    if shipment.receipt_event_id != event.id and event.act != "count":
        raise Conflict("id-taken", "Another record stands under this id.")
    return True


def _receive(visit: Visit, shipment: Shipment, new: Confirmation) -> Shipment:
    act = begin(visit, new, "receive", "return" if shipment.sent_back else None)
    act.other = _sender(visit, shipment)
    here = _at(act)
    place = aside_place(here.id) if shipment.sent_back else facility_place(here.id)
    lines = list_shipment_lines(visit.kernel(), shipment.id)
    said = _said(lines, new.lines)
    units: set[UUID] = set()
    for line in lines:
        _take(act, shipment, line, said.get(line.number), place)
        if line.unit_id is not None:
            units.add(line.unit_id)
    act.draft.stops += [(unit, place) for unit in sorted(units)]
    event = settle_act(act)
    shipment.receipt_event_id = event.id
    kernel = visit.kernel()
    kernel.add_all([shipment, *lines])
    move_shipment(visit, shipment, "discrepancy" if any(map(differs, lines)) else "received")
    return shipment


def _at(act: Act) -> Facility:
    if act.facility is None:
        raise AssertionError("Goods arrive at a facility.")
    return act.facility


def _said(
    lines: Sequence[ShipmentLine], said: Sequence[ReceivedLine]
) -> Mapping[int, tuple[int, ReceivedLine]]:
    """What was said of each line, with its place in the body."""
    packed = {line.number: line.unit_id for line in lines}
    found: dict[int, tuple[int, ReceivedLine]] = {}
    for place, one in enumerate(said):
        if one.number not in packed or one.number in found:
            raise unfit("unknown-line", "The shipment has no line of this number, or it stands here twice.",
                        f"lines/{place}/number")  # fmt: skip
        if packed[one.number] is not None:
            raise unfit("packed-line", "This is in a unit: unpack it, and count what came.",
                        f"lines/{place}/number")  # fmt: skip
        found[one.number] = (place, one)
    return found


def _take(
    act: Act, shipment: Shipment, line: ShipmentLine, said: tuple[int, ReceivedLine] | None, place: str
) -> None:
    """One line of what came. What is in a unit moved with it, and is counted when it is unpacked."""
    amount: Measured = said[1] if said else Measured(quantity=line.quantity, unit=line.unit)  # type: ignore[arg-type]
    pointer = f"lines/{said[0]}" if said else "lines"
    if said and said[1].nothing:
        line.received, line.received_unit = Decimal(0), line.unit
        return
    line.received, line.received_unit = amount.quantity, amount.unit
    item = item_of_line(act.visit, line)
    if line.unit_id is not None:
        act.carried.append(item)
        return
    into = said[1].into if said else None
    kept = item if into is None else output_item(act, into, f"{pointer}/into")
    act.line(
        act.entry("take", item, shipment.lane, amount, pointer),
        act.entry("put", kept, place, amount, pointer),
    )


def item_of_line(visit: Visit, line: ShipmentLine) -> Item:
    kernel = visit.kernel()
    return Item(line.batch_id, kernel.get_one(Product, line.product_id), kernel.get(Batch, line.batch_id))


def differs(line: ShipmentLine) -> bool:
    return (line.quantity, line.unit) != (line.received, line.received_unit)


def move_shipment(visit: Visit, shipment: Shipment, status: str) -> None:
    """The next state of a shipment; both its ends find it in their journals."""
    kernel = visit.kernel()
    shipment.status = status
    kernel.add(shipment)
    kernel.flush()
    visit.record(f"shipment.{status.replace('_', '-')}", shipment, party_id=shipment.party_id)
    other = shipment.to_party_id
    if other is not None and other != shipment.party_id:
        visit.note(f"shipment.{status.replace('_', '-')}", shipment.id, other, {"status": status})
    visit.session.expire_all()


def _sender(visit: Visit, shipment: Shipment) -> Other:
    party = visit.kernel().get_one(Party, shipment.party_id)
    lane = lane_of(shipment.lane)
    return Other(
        lane.source if lane else "?", party.id, None, shipment.from_facility_id, party.name_zh, party.address_zh,
        party.phone, shipment.from_region,
    )  # fmt: skip


def reject_shipment(visit: Visit, shipment_id: UUID, new: Answer, version: int | None = None) -> Shipment:
    """Send everything back at the door: from the way here onto the way back, where it arrives set apart."""
    shipment, answered = _to_answer(visit, shipment_id, new, version, UNANSWERED)
    if answered:
        return shipment
    act = begin(visit, new, "return", "rejected")
    act.other = _sender(visit, shipment)
    ends = lane_of(shipment.lane)
    if ends is None:
        raise AssertionError("A shipment is on a lane.")
    back = lane_place(ends.target, ends.source)
    lines = list_shipment_lines(visit.kernel(), shipment.id)
    units = sorted({line.unit_id for line in lines if line.unit_id is not None})
    for line in lines:
        item, amount = item_of_line(visit, line), Measured(quantity=line.quantity, unit=line.unit)  # type: ignore[arg-type]
        if line.unit_id is None:
            act.line(act.entry("take", item, shipment.lane, amount, "lines"),
                     act.entry("put", item, back, amount, "lines"))  # fmt: skip
    act.draft.stops = [(unit, back) for unit in units]

    def send_back(event: Event) -> None:
        there = act.other or _sender(visit, shipment)
        open_shipment(visit, event, _at(act), there, back, note=new.reason)
        visit.session.add_all(_copied(line, event) for line in lines)
        visit.session.flush()

    event = settle_act(act, send_back)
    shipment.receipt_event_id, shipment.note = event.id, new.reason
    move_shipment(visit, shipment, "rejected")
    return shipment


def _copied(line: ShipmentLine, event: Event) -> ShipmentLine:
    fields = line.model_dump() | {"shipment_id": event.id, "party_id": event.party_id}
    return ShipmentLine(**fields | {"received": None, "received_unit": None})


def settle_shipment(visit: Visit, shipment_id: UUID, new: Answer, version: int | None = None) -> Shipment:
    """The sender agrees to what its counterpart received: the difference leaves the way, or was on it too.

    Whoever received agrees by correcting the receipt: nobody posts in another's name.
    """
    shipment, answered = _to_answer(visit, shipment_id, new, version, DIFFERS)
    if answered:
        return shipment
    act = begin(visit, new, "count", "settled")
    for line in list_shipment_lines(visit.kernel(), shipment.id):
        _settle_line(act, shipment, line)
    settle_act(act)
    shipment.note = new.reason
    move_shipment(visit, shipment, "settled")
    return shipment


def _settle_line(act: Act, shipment: Shipment, line: ShipmentLine) -> None:
    item = item_of_line(act.visit, line)
    sent = measure(act.visit, item.product, item.id, line.quantity, line.unit, "")
    came = line.received
    if came:
        came = measure(act.visit, item.product, item.id, line.received, line.received_unit, "").base
    if sent.base is None or came is None or sent.base == came:
        return
    more = came - sent.base
    amount = Measured.model_validate({"quantity": abs(more), "unit": sent.base_unit})
    act.line(act.entry("put" if more > Decimal(0) else "take", item, shipment.lane, amount, "lines"))
