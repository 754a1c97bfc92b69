"""Facts for the index out of the store's records: what the feed tells, as a book."""

from collections.abc import Iterable, Sequence

from sqlmodel import Session, col, select

from tracelot.records import events, units
from tracelot.records.contacts import Contact
from tracelot.records.facilities import Facility
from tracelot.records.feed import Recorded
from tracelot.rules.books import Book, Hub, Move, Posting, Sighting, Void
from tracelot.rules.places import contact_end, facility_place, party_end, pool_of, unit_place


def book_of(records: Iterable[Recorded], owners: dict[str, str]) -> Book:
    """Records as facts."""
    told = list(records)
    rows = [row for one in told for row in one.postings]
    return Book(
        postings=tuple(map(posting_of, rows)),
        moves=tuple(move_of(stop) for one in told for stop in one.stops),
        sightings=tuple(sighting_of(seen) for one in told for seen in one.sightings if _told(seen)),
        voids=tuple(void_of(one.void) for one in told if one.void is not None),
        products={
            str(row.batch_id): str(row.product_id) for row in rows if row.product_id and not row.pooled
        },
        owners=owners,
    )


def _told(seen: events.Sighting) -> bool:
    return seen.batch_id is not None or seen.unit_id is not None


def posting_of(row: events.Posting) -> Posting:
    return Posting(
        record=str(row.record_id),
        hub=Hub(str(row.event_id), row.line),
        batch=pool_of(str(row.product_id)) if row.pooled else str(row.batch_id),
        place=row.place,
        side="put" if row.side == "put" else "take",
        quantity=row.base_quantity,
        event_time=row.event_time,
        recorded_at=row.recorded_at,
        unit=row.base_unit or "",
    )


def move_of(stop: units.UnitStop) -> Move:
    """A stop is where a unit came to be; where it came from is the stop before, if anybody told it."""
    told = stop.event_time, stop.recorded_at
    return Move(str(stop.event_id), unit_place(stop.unit_id), stop.source or None, stop.place or None, *told)


def sighting_of(seen: events.Sighting) -> Sighting:
    subject = str(seen.batch_id) if seen.unit_id is None else unit_place(seen.unit_id)
    return Sighting(str(seen.event_id), subject, seen.place, seen.event_time, seen.recorded_at)


def void_of(void: events.EventVoid) -> Void:
    reason = "did_not_occur" if void.kind == "did_not_occur" else "incorrect_data"
    replaced = () if void.replaced_by is None else (str(void.replaced_by),)
    return Void(str(void.event_id), "did_not_occur" if reason == "did_not_occur" else "incorrect_data",
                void.recorded_at, replaced)  # fmt: skip


def owners(session: Session) -> dict[str, str]:
    """The party of each facility, and of each contact that showed that it is one."""
    found = {
        facility_place(id_): party_end(party)
        for id_, party in session.exec(select(Facility.id, Facility.party_id)).all()
    }
    claimed = select(Contact.id, Contact.claimed_by).where(col(Contact.claimed_by).is_not(None))
    found |= {contact_end(id_): party_end(party) for id_, party in session.exec(claimed).all() if party}
    return found


def others(session: Session) -> Book:
    """All facts that are not postings of batches, for the first loading."""
    pooled = session.exec(select(events.Posting).where(col(events.Posting.pooled).is_(True))).all()
    seen: Sequence[events.Sighting] = session.exec(select(events.Sighting)).all()
    stops = session.exec(select(units.UnitStop)).all()
    return Book(
        postings=tuple(map(posting_of, pooled)),
        moves=tuple(map(move_of, stops)),
        sightings=tuple(sighting_of(one) for one in seen if _told(one)),
        voids=tuple(map(void_of, session.exec(select(events.EventVoid)).all())),
    )
