"""Correcting the books: a record is declared wrong, and another one may stand in its place."""

from uuid import UUID

from sqlmodel import select

from tracelot.operations.acting import refresh_states
from tracelot.operations.acts import record_event
from tracelot.operations.goods import lock_goods
from tracelot.operations.posting import declare_void
from tracelot.operations.receiving import differs, move_shipment
from tracelot.operations.visit import Visit
from tracelot.records.acts import Sending, VoidEvent
from tracelot.records.events import Event, EventVoid, Posting
from tracelot.records.locking import HELD
from tracelot.records.shipments import Shipment, find_receipt, list_shipment_lines
from tracelot.rules.ids import new_id
from tracelot.rules.refusals import Conflict, Unknown, unfit


def void_event(visit: Visit, event_id: UUID, asked: VoidEvent) -> Event:
    """Declare a record of one's own wrong, with the reason. What it moved is as if it had not been moved."""
    visit.demand("event.void")
    event = visit.session.get(Event, event_id)
    if event is None or event.party_id != visit.actor.party_id:
        raise Unknown("unknown-event", "No such event.")
    sent = visit.kernel().get(Shipment, event.id, with_for_update=HELD, populate_existing=True)
    received = find_receipt(visit.kernel(), event.id)
    moved = visit.session.exec(select(Posting.batch_id).where(Posting.record_id == event.id)).all()
    lock_goods(visit, set(moved))
    if visit.session.get(EventVoid, event.id, populate_existing=True) is not None:
        return _again(visit, event, asked)
    if event.kind == "settled":
        raise Conflict("correct-the-shipment", "This settles a shipment: what came is corrected there.")
    if received is not None:
        _reopen(visit, received, asked)
    replacement = asked.replacement
    if replacement is not None and replacement.id is None:
        replacement = replacement.model_copy(update={"id": new_id()})
    if replacement is not None and replacement.id == event.id:
        raise unfit("same-id", "What replaces a record has an id of its own.", "replacement/id")
    declare_void(visit, event, asked.kind, asked.reason, replacement.id if replacement else None)
    if replacement is not None:
        record_event(visit, replacement)
    if sent is not None:
        _withdraw(visit, sent, replacement if isinstance(replacement, Sending) else None)
    refresh_states(visit, set(moved))
    return event


def _again(visit: Visit, event: Event, asked: VoidEvent) -> Event:
    """A record is voided once; the same said again changes nothing."""
    void = visit.session.get_one(EventVoid, event.id)
    same_replacement = asked.replacement is None or asked.replacement.id in (None, void.replaced_by)
    if (void.kind, void.reason) != (asked.kind, asked.reason) or not same_replacement:
        raise Conflict("already-void", "This record was declared void already.")
    return event


def _reopen(visit: Visit, shipment: Shipment, asked: VoidEvent) -> None:
    """A receipt that did not happen leaves the goods on the way; other quantities correct the shipment."""
    if asked.replacement is not None:
        raise Conflict("correct-the-shipment", "This is the receipt of a shipment: correct it there.")
    if shipment.status == "rejected":
        raise Conflict("correct-the-shipment", "This is the receipt of a shipment: correct it there.")
    shipment.receipt_event_id = None
    for line in list_shipment_lines(visit.kernel(), shipment.id):
        line.received = line.received_unit = None
        visit.kernel().add(line)
    move_shipment(visit, shipment, "in_transit")


def _withdraw(visit: Visit, shipment: Shipment, replacement: Sending | None) -> None:
    """What was never sent, or is sent anew: a receipt of it belongs to what stands in its place."""
    kernel = visit.kernel()
    successor = kernel.get(Shipment, replacement.id) if replacement is not None else None
    if successor is not None and shipment.receipt_event_id is not None and successor.lane == shipment.lane:
        came = {(line.batch_id, line.unit_id): line for line in list_shipment_lines(kernel, shipment.id)}
        lines = list_shipment_lines(kernel, successor.id)
        for line in lines:
            before = came.get((line.batch_id, line.unit_id))
            if before is not None:
                line.received, line.received_unit = before.received, before.received_unit
        successor.receipt_event_id, shipment.receipt_event_id = shipment.receipt_event_id, None
        kernel.add_all([*lines, shipment])
        move_shipment(visit, successor, "discrepancy" if any(map(differs, lines)) else "received")
    move_shipment(visit, shipment, "withdrawn")
