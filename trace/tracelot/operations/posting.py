"""Writing an event with its lines, postings, sightings and stops, and its entry in the journal."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal
from uuid import UUID

from tracelot.operations.visit import Visit
from tracelot.records.events import Event, EventVoid, Line, Posting, Sighting
from tracelot.records.units import UnitStop
from tracelot.rules.acts import VoidKind
from tracelot.rules.ids import new_id
from tracelot.rules.quantities import plain

Side = Literal["take", "put"]


@dataclass(frozen=True)
class Amount:
    """A quantity as stated, and in the unit of its stock by a factor that is frozen here; None is unknown."""

    quantity: Decimal | None = None
    unit: str | None = None
    factor: Decimal | None = None
    base: Decimal | None = None
    base_unit: str | None = None


@dataclass(frozen=True)
class Entry:
    """A quantity that a line takes out of a stock or puts into it."""

    side: Side
    batch_id: UUID
    product_id: UUID
    place: str
    amount: Amount
    pooled: bool = False


@dataclass(frozen=True)
class Sheet:
    """The entries of one hub: a line of this event, or (`joins`) of an earlier one."""

    entries: Sequence[Entry]
    loss: Decimal | None = None
    loss_unit: str | None = None
    joins: tuple[UUID, int] | None = None


@dataclass(frozen=True)
class Seen:
    """Where a batch, a product's pool or a unit was seen."""

    place: str
    batch_id: UUID | None = None
    unit_id: UUID | None = None


@dataclass
class Draft:
    """All that an event says beside its head. `moves` are of units: from where, and to where, where that is told."""

    sheets: list[Sheet] = field(default_factory=list)
    seen: list[Seen] = field(default_factory=list)
    stops: list[tuple[UUID, str]] = field(default_factory=list)
    moves: list[tuple[UUID, str | None, str | None]] = field(default_factory=list)

    def entries(self) -> Iterator[Entry]:
        for sheet in self.sheets:
            yield from sheet.entries


def write(visit: Visit, event: Event, draft: Draft, **more: Any) -> Event:
    """Put an event on record; its hubs, postings and evidence go with it, and into the journal what is told more."""
    session = visit.session
    session.add(event)
    session.flush()
    own = [sheet for sheet in draft.sheets if sheet.joins is None]
    session.add_all(
        Line(
            event_id=event.id,
            number=number,
            party_id=event.party_id,
            loss=sheet.loss,
            loss_unit=sheet.loss_unit,
        )
        for number, sheet in enumerate(own, 1)
    )
    session.flush()
    postings = list(_postings(event, draft))
    marks: dict[str, Any] = {"event_id": event.id, "party_id": event.party_id}
    times: dict[str, Any] = {"event_time": event.event_time, "recorded_at": event.recorded_at}
    sightings = [
        Sighting(id=new_id(), batch_id=one.batch_id, unit_id=one.unit_id, place=one.place, **marks, **times)
        for one in draft.seen
    ]
    stops = [
        UnitStop(id=new_id(), unit_id=unit, place=place, **marks, **times) for unit, place in draft.stops
    ]
    stops += [
        UnitStop(id=new_id(), unit_id=unit, source=source or "", place=target or "", **marks, **times)
        for unit, source, target in draft.moves
    ]
    session.add_all([*postings, *sightings, *stops])
    session.flush()
    visit.record(
        "event.recorded", event, party_id=event.party_id, placed=event, **_told(postings, draft), **more
    )
    return event


def _postings(event: Event, draft: Draft) -> Iterator[Posting]:
    number = 0
    for sheet in draft.sheets:
        number += sheet.joins is None
        hub = sheet.joins or (event.id, number)
        for entry in sheet.entries:
            yield Posting(
                batch_id=entry.batch_id,
                id=new_id(),
                record_id=event.id,
                event_id=hub[0],
                line=hub[1],
                party_id=event.party_id,
                product_id=entry.product_id,
                pooled=entry.pooled,
                place=entry.place,
                side=entry.side,
                quantity=entry.amount.quantity,
                unit=entry.amount.unit,
                factor=None if entry.amount.factor is None else plain(entry.amount.factor),
                base_quantity=entry.amount.base,
                base_unit=entry.amount.base_unit,
                event_time=event.event_time,
                recorded_at=event.recorded_at,
            )


def _told(postings: Sequence[Posting], draft: Draft) -> dict[str, Any]:
    """What the journal keeps of an event beside its head: without it an entry would prove no quantity."""
    names = {
        "batch_id",
        "event_id",
        "line",
        "place",
        "side",
        "quantity",
        "unit",
        "base_quantity",
        "base_unit",
    }
    told: dict[str, Any] = {"postings": [posting.model_dump(include=names) for posting in postings]}
    losses = [(sheet.loss, sheet.loss_unit) for sheet in draft.sheets if sheet.loss is not None]
    if losses:
        told["losses"] = losses
    if draft.seen:
        told["seen"] = [[one.batch_id, one.unit_id, one.place] for one in draft.seen]
    if draft.stops:
        told["stops"] = draft.stops
    if draft.moves:
        told["moves"] = draft.moves
    return told


def declare_void(
    visit: Visit, event: Event, kind: VoidKind, reason: str, replaced_by: UUID | None = None
) -> EventVoid:
    """Declare a record wrong, with the reason; the record that replaces it may be named."""
    void = EventVoid(
        event_id=event.id,
        party_id=event.party_id,
        kind=kind,
        reason=reason,
        replaced_by=replaced_by,
        recorded_at=visit.now,
        recorded_by=visit.actor.id,
    )
    visit.session.add(void)
    visit.session.flush()
    told = {"void_kind": kind, "replaced_by": replaced_by}
    visit.record("event.voided", event, party_id=event.party_id, reason=reason, placed=void, **told)
    return void
