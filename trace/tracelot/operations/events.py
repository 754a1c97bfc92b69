"""The event by which a registered batch comes to be, and its correction."""

from datetime import UTC, datetime, time
from uuid import UUID

from tracelot.operations.measuring import measure
from tracelot.operations.posting import Draft, Entry, Sheet, declare_void, write
from tracelot.operations.visit import Visit
from tracelot.records.batches import Batch
from tracelot.records.events import Event
from tracelot.records.products import Product
from tracelot.rules.ids import new_id
from tracelot.rules.places import facility_place


def produce(visit: Visit, batch: Batch, origin: str, event_id: UUID | None) -> Event:
    """Record that a batch came to be at a facility: one line with one posting that puts its quantity there."""
    made = datetime.combine(batch.production_date, time(), visit.place.zone).astimezone(UTC)
    event = Event(
        id=event_id or new_id(),
        party_id=batch.party_id,
        act="produce",
        facility_id=batch.facility_id,
        event_time=made,
        origin_hash=origin,
        retain_until=batch.retain_until,
        recorded_at=visit.now,
        recorded_by=visit.actor.id,
    )
    return write(visit, event, Draft([Sheet([_put(visit, batch)])]))


def _put(visit: Visit, batch: Batch) -> Entry:
    if batch.facility_id is None:
        raise AssertionError("A quantity is always at a facility.")
    product = visit.session.get_one(Product, batch.product_id)
    amount = measure(visit, product, batch.id, batch.quantity, batch.unit, "")
    return Entry("put", batch.id, product.id, facility_place(batch.facility_id), amount)


def replace_birth(visit: Visit, event: Event, reason: str, successor: UUID | None) -> None:
    """Void an event with the reason; the record that replaces it may be named."""
    declare_void(visit, event, "incorrect_data", reason, successor)
