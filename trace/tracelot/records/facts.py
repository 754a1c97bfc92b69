"""Rows as facts: what is stored of goods, as the rules read it."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

from tracelot.rules.books import Book, Hub, Loss, Move, Note, Posting, Reason, Side, Sighting, Void
from tracelot.rules.places import batch_id, facility_of, facility_place, is_unit, lane_of, pool_of, unit_place
from tracelot.rules.quantities import FIXED

POOL = ""  # the code of goods whose batch is not known; no batch has it


class PostingRow(NamedTuple):
    id: UUID
    batch_id: UUID
    record_id: UUID
    event_id: UUID
    line: int
    party_id: UUID
    product_id: UUID | None
    pooled: bool
    place: str
    side: Side
    base_quantity: Decimal | None
    base_unit: str | None
    event_time: datetime
    recorded_at: datetime


class EventRow(NamedTuple):
    id: UUID
    act: str
    facility_id: UUID | None
    recorded_at: datetime


class StopRow(NamedTuple):
    id: UUID
    unit_id: UUID
    event_id: UUID
    party_id: UUID
    place: str
    source: str | None
    event_time: datetime
    recorded_at: datetime


class SightingRow(NamedTuple):
    id: UUID
    event_id: UUID
    batch_id: UUID | None
    unit_id: UUID | None
    place: str
    event_time: datetime
    recorded_at: datetime


class LossRow(NamedTuple):
    event_id: UUID
    number: int
    loss: Decimal
    loss_unit: str | None


class VoidRow(NamedTuple):
    event_id: UUID
    kind: Reason
    replaced_by: UUID | None
    recorded_at: datetime


HubKey = tuple[UUID, int]


def pool_id(product_id: UUID) -> UUID:
    """The id that stands for a batch in what is said of a product without one."""
    return batch_id(product_id, POOL)


@dataclass
class Rows:
    """Rows of the books, each once, with the events that say them; `owners` are parties of places and contacts."""

    postings: dict[UUID, PostingRow] = field(default_factory=dict)
    events: dict[UUID, EventRow] = field(default_factory=dict)
    stops: dict[UUID, StopRow] = field(default_factory=dict)
    sightings: dict[UUID, SightingRow] = field(default_factory=dict)
    losses: dict[HubKey, LossRow] = field(default_factory=dict)
    voids: dict[UUID, VoidRow] = field(default_factory=dict)
    products: dict[UUID, UUID] = field(default_factory=dict)  # of each batch, where it is known
    owners: dict[str, str] = field(default_factory=dict)

    def records(self) -> set[UUID]:
        """The events that say any of it, and those that are said to replace one of them."""
        found = {row.record_id for row in self.postings.values()}
        found |= {row.event_id for row in self.stops.values()}
        found |= {row.event_id for row in self.sightings.values()}
        return found | {event for event, _ in self.losses} | self.replacing()

    def replacing(self) -> set[UUID]:
        return {row.replaced_by for row in self.voids.values() if row.replaced_by is not None}

    def ends(self) -> set[str]:
        """Facilities, contacts and parties that the places name."""
        places = {row.place for row in self.postings.values()}
        places |= {row.place for row in self.stops.values()} | {row.place for row in self.sightings.values()}
        found: set[str] = set()
        for place in places:
            lane = lane_of(place)
            for end in (lane.source, lane.target) if lane else (place,):
                found.add(facility_of(end) or end)
        return found

    def book(self) -> Book:
        pools = {pool_id(product): pool_of(str(product)) for product in set(self.products.values())}
        ways = list(self._ways())
        seen = [_sighting(row, self.events[row.event_id].act, pools) for row in self.sightings.values()]
        return Book(
            postings=tuple(_posting(row, self.events[row.record_id].act) for row in self.postings.values()),
            moves=tuple(one for one in ways if isinstance(one, Move)),
            sightings=(*seen, *(one for one in ways if isinstance(one, Sighting))),
            losses=tuple(_loss(row, self.events[row.event_id]) for row in self.losses.values()),
            notes=tuple(self._notes()),
            voids=tuple(map(_void, self.voids.values())),
            products={
                str(batch): str(product) for batch, product in self.products.items() if batch not in pools
            },
            owners=dict(self.owners),
        )

    def _notes(self) -> Iterator[Note]:
        for event in self.replacing() & self.events.keys():
            yield Note(str(event), self.events[event].recorded_at)

    def _ways(self) -> Iterator[Move | Sighting]:
        stops: dict[UUID, list[StopRow]] = defaultdict(list)
        for stop in self.stops.values():
            stops[stop.unit_id].append(stop)
        for of_unit in stops.values():
            yield from ways(of_unit, self.events, self.voids)


def _posting(row: PostingRow, act: str) -> Posting:
    return Posting(
        record=str(row.record_id),
        hub=Hub(str(row.event_id), row.line),
        batch=pool_of(str(row.product_id)) if row.pooled else str(row.batch_id),
        place=row.place,
        side=row.side,
        quantity=row.base_quantity,
        event_time=row.event_time,
        recorded_at=row.recorded_at,
        act=act,
        unit=row.base_unit or "",
    )


def _sighting(row: SightingRow, act: str, pools: Mapping[UUID, str]) -> Sighting:
    if row.unit_id is not None:
        subject = unit_place(row.unit_id)
    else:
        subject = pools.get(row.batch_id, str(row.batch_id)) if row.batch_id else ""
    return Sighting(str(row.event_id), subject, row.place, row.event_time, row.recorded_at, act)


def _loss(row: LossRow, event: EventRow) -> Loss:
    """A loss in the base of its unit: a line is summed in base units."""
    base, size = FIXED.get(row.loss_unit or "", (row.loss_unit or "", Decimal(1)))
    hub = Hub(str(row.event_id), row.number)
    return Loss(str(row.event_id), hub, row.loss * size, base, event.recorded_at)


def _void(row: VoidRow) -> Void:
    replaced = () if row.replaced_by is None else (str(row.replaced_by),)
    return Void(str(row.event_id), row.kind, row.recorded_at, replaced)


# --- the way of a unit -------------------------------------------------------------------------------------


def ways(
    stops: Iterable[StopRow], events: Mapping[UUID, EventRow], voids: Mapping[UUID, VoidRow]
) -> Iterator[Move | Sighting]:
    """The moves of one unit. A stop says where it came to; where it left is told by the act and the stops before.

    Some say that themselves.

    Before means recorded before, and not declared wrong by then: no two clocks are compared, and a record that
    comes later changes no move.
    """
    before: list[StopRow] = []
    for stop in sorted(stops, key=lambda one: (one.recorded_at, one.id)):
        standing = [one for one in before if not _void_by(voids.get(one.event_id), stop.recorded_at)]
        before.append(stop)
        event = events[stop.event_id]
        told = stop.event_time, stop.recorded_at
        if stop.source is not None:
            yield Move(
                str(stop.event_id), unit_place(stop.unit_id), stop.source or None, stop.place or None, *told
            )
            continue
        source = _left(stop, event, standing)
        if source == stop.place:
            continue
        if source is None or is_unit(source) or event.act == "receive" or _goes_away(stop.place):
            yield Move(str(stop.event_id), unit_place(stop.unit_id), source, stop.place, *told)
        else:  # packed or opened here, wherever it was taken since
            yield Sighting(str(stop.event_id), unit_place(stop.unit_id), stop.place, *told)


def _goes_away(place: str) -> bool:
    """Whether a stop is on a way to somebody else, or in another unit."""
    return lane_of(place) is not None or is_unit(place)


def _void_by(void: VoidRow | None, moment: datetime) -> bool:
    return void is not None and void.recorded_at <= moment


def _left(stop: StopRow, event: EventRow, before: Sequence[StopRow]) -> str | None:
    """The place from which a unit came to a stop; None where it began there."""
    last = before[-1].place if before else None
    here = facility_place(event.facility_id) if event.facility_id else None
    if _goes_away(stop.place):
        if event.act == "return" and last is not None and _turned(last, stop.place):
            return last  # rejected at the door: from the way here onto the way back
        return last if last and (is_unit(last) or facility_of(last) == here) else here
    if event.act == "receive":
        return next((one.place for one in reversed(before) if lane_of(one.place)), last)
    return last


def _turned(way: str, back: str) -> bool:
    one, other = lane_of(way), lane_of(back)
    return one is not None and other is not None and (one.source, one.target) == (other.target, other.source)
