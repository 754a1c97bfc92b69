"""What one visitor may know of the books: its own records, and what others say of goods between them.

Of others' records it holds the postings and stops on the lanes of shipments of which the session sees an end,
and the contents of the units that went with these, by whoever packed or sent them. Nothing else is read, not
even to be counted: whatever others do with goods before or after changes no row that comes from here.
"""

from collections.abc import Collection, Iterable
from typing import NamedTuple
from uuid import UUID

from sqlmodel import Session, col

from tracelot.records.contacts import Contact
from tracelot.records.facts import EventRow, PostingRow, StopRow, VoidRow
from tracelot.records.parties import Party
from tracelot.records.shelves import Shelf
from tracelot.records.shipments import Shipment, ShipmentLine
from tracelot.records.sights import Sight
from tracelot.records.units import LogisticUnit
from tracelot.rules.places import is_unit, unit_place


class SentRow(NamedTuple):
    shipment_id: UUID
    batch_id: UUID
    party_id: UUID
    unit_id: UUID | None


class WayRow(NamedTuple):
    id: UUID
    lane: str


class MakerRow(NamedTuple):
    id: UUID
    party_id: UUID


class PartialShelf(Shelf):
    """A shelf of what the session sees. `kernel` sees everything, and gives only what stands above."""

    def __init__(self, session: Session, kernel: Session, party_id: UUID | None) -> None:
        super().__init__(session)
        self._all = Shelf(kernel)
        self._party_id = party_id
        self._lanes: set[str] = set()
        self._packers: dict[UUID, set[UUID]] = {}  # units that went along, and who may have filled them
        self._went: dict[UUID, set[UUID]] = {}  # batch → such units

    # --- the lanes and units of shipments ---

    def _learn(self, batches: Collection[UUID]) -> None:
        lines = self.by(ShipmentLine, SentRow, col(ShipmentLine.batch_id), batches) + self._to_contact(
            batches
        )
        self._learn_lines(lines)
        for line in lines:
            if line.unit_id is not None:
                self._went.setdefault(line.batch_id, set()).add(line.unit_id)

    def _to_contact(self, batches: Collection[UUID]) -> list[SentRow]:
        """What was sent to a contact that turned out to be the visitor's party."""
        contacts = [
            row[0] for row in self._pairs(Contact.id, Contact.id, self._mine(), by=Contact.claimed_by)
        ]
        if not contacts:
            return []
        sent = self._all.by(Shipment, WayRow, col(Shipment.to_contact_id), contacts)
        ours = col(ShipmentLine.shipment_id).in_(sorted(one.id for one in sent))
        return self._all.by(ShipmentLine, SentRow, col(ShipmentLine.batch_id), batches, ours)

    def _mine(self) -> list[UUID]:
        return [] if self._party_id is None else [self._party_id]

    def _learn_lines(self, lines: Iterable[SentRow]) -> None:
        told = list(lines)
        ways = self._all.by(Shipment, WayRow, col(Shipment.id), {line.shipment_id for line in told})
        self._lanes |= {way.lane for way in ways}
        units = {line.unit_id for line in told if line.unit_id is not None}
        makers = self._all.by(LogisticUnit, MakerRow, col(LogisticUnit.id), units)
        for line in told:
            if line.unit_id is not None:
                self._packers.setdefault(line.unit_id, set()).add(line.party_id)
        for maker in makers:
            self._packers[maker.id].add(maker.party_id)

    def learn_shipments(self, ids: Collection[UUID]) -> None:
        """Know the lanes and units of shipments that the visitor asks for."""
        self._learn_lines(self.by(ShipmentLine, SentRow, col(ShipmentLine.shipment_id), ids))

    def sees_all(self, parties: Collection[UUID]) -> bool:
        """Whether the records of all these parties may be seen, each whole; a sight of anything else does not count."""
        sight: Sight = self.session.info["sight"]
        if sight.published or sight.registry:
            return False
        found = self._pairs(Party.id, Party.id, parties)
        return len(found) == len(set(parties))

    # --- postings ---

    def of_batches(self, batches: Collection[UUID], most: int) -> list[PostingRow]:
        self._learn(batches)
        return super().of_batches(batches, most) + self._all.of_batches_at(batches, self._lanes)

    def of_events(self, events: Collection[UUID]) -> list[PostingRow]:
        told = [row for row in self._all.of_events(events) if row.place in self._lanes]
        return super().of_events(events) + told

    def in_units(self, units: Collection[UUID]) -> list[PostingRow]:
        known = set(units) & set(self._packers)
        places = {unit_place(unit): self._packers[unit] for unit in known}
        told = self._all.in_units(known)
        return super().in_units(units) + [row for row in told if row.party_id in places[row.place]]

    # --- units ---

    def units_sent(self, batches: Collection[UUID]) -> set[UUID]:
        return set[UUID]().union(*(self._went.get(batch, ()) for batch in batches))

    def stops_of(self, units: Collection[UUID]) -> list[StopRow]:
        told = self._all.stops_of(set(units) & set(self._packers))
        return super().stops_of(units) + [row for row in told if self._on_the_way(row)]

    def _on_the_way(self, stop: StopRow) -> bool:
        if is_unit(stop.place):
            return stop.party_id in self._packers.get(UUID(stop.place.removeprefix("unit:")), ())
        return stop.place in self._lanes

    def stops_at(self, places: Collection[str]) -> list[StopRow]:
        """The stops at places; who filled a unit that went along filled those in it too."""
        outer = {place for place in places if is_unit(place)}
        told = [row for row in self._all.stops_at(outer) if self._on_the_way(row)]
        for row in told:
            packers = self._packers[UUID(row.place.removeprefix("unit:"))]
            self._packers.setdefault(row.unit_id, set()).update(packers)
        return super().stops_at(places) + told

    def stops_by(self, events: Collection[UUID]) -> list[StopRow]:
        told = [row for row in self._all.stops_by(events) if row.place in self._lanes]
        return super().stops_by(events) + told

    # --- what belongs to the rows ---

    def events(self, ids: Collection[UUID]) -> list[EventRow]:
        """Of others' events only what they were and when; where is told by the lanes."""
        own = super().events(ids)
        others = self._all.events(set(ids) - {row.id for row in own})
        return own + [row._replace(facility_id=None) for row in others]

    def voids(self, events: Collection[UUID]) -> list[VoidRow]:
        own = super().voids(events)
        others = self._all.voids(set(events) - {row.event_id for row in own})
        return own + [row._replace(replaced_by=None) for row in others]

    def products_of(self, batches: Collection[UUID]) -> dict[UUID, UUID]:
        return self._all.products_of(batches)

    def batches_of(self, products: Collection[UUID]) -> set[UUID]:
        return self._all.batches_of(products)

    def owners(self, ends: Collection[str]) -> dict[str, str]:
        return self._all.owners(ends)
