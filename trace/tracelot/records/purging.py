"""Finding what has passed its date, what still refers to it, and removing it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ColumnElement
from sqlmodel import Session, col, delete, func, select, update

from tracelot.records.accounts import OneTimeLink, SignInSession
from tracelot.records.batches import Batch, ShortCode
from tracelot.records.captures import CapturedEmptying, CapturedEvent, CapturedGoods
from tracelot.records.events import Event, EventVoid, Line, Posting, Sighting
from tracelot.records.journal import JournalEntry
from tracelot.records.outbox import KeptAnswer, Task
from tracelot.records.personal import PersonalValue
from tracelot.records.purging_inspections import (
    inspections_of,
    latest_kept,
    remove_inspections,
    remove_samples,
    samples_of,
)
from tracelot.records.recalls import Recall, RecallBatch
from tracelot.records.shelves import chunks
from tracelot.records.shipments import Shipment, ShipmentLine
from tracelot.records.tips import Tip
from tracelot.records.units import LogisticUnit, UnitStop
from tracelot.rules.retention import OPEN_RECALLS, SECURITY_ACTS
from tracelot.rules.tipping import OPEN_TIPS


@dataclass(frozen=True)
class Due:
    """How many records of a kind a party has whose date has passed, and the earliest of the dates."""

    party_id: UUID
    noun: str
    count: int
    since: date


@dataclass(frozen=True)
class Ties:
    """What holds a batch: recalls that name it, its events, and other batches that these moved."""

    open_recall: bool
    referred: bool
    events: Sequence[UUID]
    until: date


def list_due(session: Session, before: date, party_id: UUID | None = None) -> list[Due]:
    """What has passed its date, by party and kind; whether anything holds it is asked when it is purged."""
    found: list[Due] = []
    for model in (Batch, Recall, Tip):
        owner, until = col(getattr(model, "party_id")), col(getattr(model, "retain_until"))  # noqa: B009
        query = select(owner, func.count(), func.min(until)).where(until < before).group_by(owner)
        if model is Recall:
            query = query.where(col(Recall.state).not_in(OPEN_RECALLS) | col(Recall.closed_at).is_not(None))
        if model is Tip:
            query = query.where(col(Tip.state).not_in(OPEN_TIPS))
        if party_id is not None:
            query = query.where(owner == party_id)
        found += [Due(row[0], model.__name__.lower(), row[1], row[2]) for row in session.exec(query)]
    return sorted(found, key=lambda due: (str(due.party_id), due.noun))


def list_due_batches(
    session: Session, before: date, after: UUID | None, limit: int, party_id: UUID | None = None
) -> Sequence[Batch]:
    query = select(Batch).where(col(Batch.retain_until) < before)
    if party_id is not None:
        query = query.where(Batch.party_id == party_id)
    if after is not None:
        query = query.where(col(Batch.id) > after)
    return session.exec(query.order_by(col(Batch.id)).limit(limit)).all()


def ties_of(session: Session, batch: Batch) -> Ties:
    """All that decides whether a batch may go: it goes with its events and their entries, or not at all."""
    query = select(Recall).where(RecallBatch.batch_id == batch.id, RecallBatch.recall_id == Recall.id)
    naming = session.exec(query).all()
    events = _events_of(session, batch.id)
    ids = [event.id for event in events]
    others = select(Posting.id).where(_of(ids), Posting.batch_id != batch.id).limit(1)
    seen = select(Sighting.id).where(col(Sighting.event_id).in_(ids), Sighting.batch_id != batch.id).limit(1)
    told = select(func.max(JournalEntry.retain_until)).where(
        col(JournalEntry.subject_id).in_([batch.id, *ids])
    )
    dates = [batch.retain_until, *(event.retain_until for event in events)]
    dates += filter(None, [latest_kept(session, batch.id)])
    last = session.exec(told.where(JournalEntry.salt != "")).one()
    return Ties(
        open_recall=any(one.state in OPEN_RECALLS and one.closed_at is None for one in naming),
        referred=bool(naming) or any(session.exec(one).first() is not None for one in (others, seen)),
        events=ids,
        until=max([*dates, last] if last else dates),
    )


def _of(events: Sequence[UUID]) -> ColumnElement[bool]:
    """The postings of events, and those that other events added to their lines."""
    return col(Posting.event_id).in_(events) | col(Posting.record_id).in_(events)


def _events_of(session: Session, batch_id: UUID) -> Sequence[Event]:
    """Every event that moved a batch or saw it, whoever recorded it."""
    ids: set[UUID] = set()
    for column in (Posting.event_id, Posting.record_id):
        ids |= set(session.exec(select(column).where(Posting.batch_id == batch_id)))
    ids |= set(session.exec(select(Sighting.event_id).where(Sighting.batch_id == batch_id)))
    return session.exec(select(Event).where(col(Event.id).in_(ids)).order_by(col(Event.id))).all()


def remove_batch(session: Session, batch: Batch, events: Sequence[UUID], now: datetime) -> None:
    """Remove a batch with its events; of their entries the commitments stay."""
    reports, samples = inspections_of(session, batch.id), samples_of(session, batch.id)
    forget_entries(session, [batch.id, *events, *reports, *samples], now)
    remove_inspections(session, reports)
    remove_samples(session, batch.id)
    _remove_evidence(session, events)
    session.exec(delete(Posting).where(_of(events)))
    session.exec(delete(Line).where(col(Line.event_id).in_(events)))
    session.exec(delete(EventVoid).where(col(EventVoid.event_id).in_(events)))
    _remove_captured(session, batch.id, events)
    session.exec(delete(Event).where(col(Event.id).in_(events)))
    session.exec(delete(ShortCode).where(col(ShortCode.code) == batch.short_code))
    session.exec(delete(Batch).where(col(Batch.id) == batch.id))


def _remove_captured(session: Session, batch_id: UUID, events: Sequence[UUID]) -> None:
    """What documents said goes with the events that were made of it."""
    gone = session.exec(select(CapturedEvent.id).where(col(CapturedEvent.event_id).in_(events))).all()
    session.exec(delete(CapturedEmptying).where(col(CapturedEmptying.captured_id).in_(gone)))
    session.exec(delete(CapturedEvent).where(col(CapturedEvent.id).in_(gone)))
    session.exec(delete(CapturedGoods).where(col(CapturedGoods.batch_id) == batch_id))


def _remove_evidence(session: Session, events: Sequence[UUID]) -> None:
    """Shipments, sightings, units and stops go with the events that say so."""
    sent = select(Shipment.id).where(
        col(Shipment.event_id).in_(events) | col(Shipment.receipt_event_id).in_(events)
    )
    gone = session.exec(sent).all()
    session.exec(delete(ShipmentLine).where(col(ShipmentLine.shipment_id).in_(gone)))
    session.exec(delete(Shipment).where(col(Shipment.id).in_(gone)))
    session.exec(delete(Sighting).where(col(Sighting.event_id).in_(events)))
    session.exec(delete(UnitStop).where(col(UnitStop.event_id).in_(events)))
    session.exec(delete(LogisticUnit).where(col(LogisticUnit.event_id).in_(events)))


def forget_entries(session: Session, subjects: Iterable[UUID], now: datetime) -> None:
    """Let go of what the journal says of records, with the salts."""
    for ids in chunks(subjects):
        session.exec(delete(PersonalValue).where(col(PersonalValue.subject_id).in_(ids)))
        about = update(JournalEntry).where(col(JournalEntry.subject_id).in_(ids))
        session.exec(about.values(record="", salt="", reason=None, forgotten_at=now))


def forget_security(session: Session, before: date, now: datetime) -> int:
    """Let go of entries that only tell who came and who read, once their year is over."""
    old = update(JournalEntry).where(
        col(JournalEntry.act).in_(SECURITY_ACTS),
        col(JournalEntry.retain_until) < before,
        col(JournalEntry.salt) != "",
    )
    return session.exec(old.values(record="", salt="", forgotten_at=now)).rowcount


def remove_sessions(session: Session, before: date) -> int:
    """A session that still runs is always kept: its date lies a year past its end."""
    return session.exec(delete(SignInSession).where(col(SignInSession.retain_until) < before)).rowcount


def remove_leftovers(session: Session, links: datetime, answers: datetime) -> None:
    """Links and mail of long ago, and the text of kept answers; their keys stay, so that none is used twice."""
    session.exec(delete(OneTimeLink).where(col(OneTimeLink.ends_at) < links))
    session.exec(delete(Task).where(col(Task.done_at) < links))
    old = update(KeptAnswer).where(col(KeptAnswer.recorded_at) < answers, col(KeptAnswer.body) != "")
    session.exec(old.values(body="", headers={}))
