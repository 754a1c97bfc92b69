"""Writing events with their lines and postings."""

from datetime import UTC, datetime, time
from uuid import UUID

from tracelot.operations.visit import Visit
from tracelot.records.batches import Batch
from tracelot.records.events import Event, EventVoid, Line, Posting
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
    visit.session.add(event)
    visit.session.flush()
    visit.session.add(Line(event_id=event.id, number=1, party_id=batch.party_id))
    visit.session.flush()
    visit.session.add(_put(visit, batch, event))
    visit.session.flush()
    visit.record("event.recorded", event, party_id=event.party_id, batch_id=batch.id)
    return event


def _put(visit: Visit, batch: Batch, event: Event) -> Posting:
    if batch.facility_id is None:
        raise AssertionError("A quantity is always at a facility.")
    return Posting(
        batch_id=batch.id,
        id=new_id(),
        event_id=event.id,
        line=1,
        party_id=batch.party_id,
        place=facility_place(batch.facility_id),
        side="put",
        quantity=batch.quantity,
        unit=batch.unit,
        base_quantity=batch.quantity,
        base_unit=batch.unit,
        event_time=event.event_time,
        recorded_at=visit.now,
    )


def replace_birth(visit: Visit, event: Event, reason: str, successor: Event | None) -> None:
    """Void an event with the reason; the record that replaces it may be named."""
    void = EventVoid(
        event_id=event.id,
        party_id=event.party_id,
        reason=reason,
        replaced_by=successor.id if successor else None,
        recorded_at=visit.now,
        recorded_by=visit.actor.id,
    )
    visit.session.add(void)
    visit.session.flush()
    visit.record("event.voided", event, party_id=event.party_id, reason=reason)
