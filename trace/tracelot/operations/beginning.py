"""Where a trace begins: what the visitor names, as far as it may know of it. What it may not is not there."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import col, select

from tracelot.formats.epcis_names import item_of
from tracelot.formats.gs1 import CodeReading, read_code
from tracelot.operations.stocks import known_unit
from tracelot.operations.visit import Visit
from tracelot.records.batches import Batch
from tracelot.records.captures import CapturedGoods
from tracelot.records.events import Posting
from tracelot.records.facilities import Facility
from tracelot.records.partial import PartialShelf
from tracelot.records.products import Product
from tracelot.records.shelves import chunks
from tracelot.records.shipments import Shipment, ShipmentLine
from tracelot.records.units import LogisticUnit
from tracelot.rules.places import facility_place, unit_place
from tracelot.rules.questions import Start
from tracelot.rules.refusals import Unknown, unfit
from tracelot.rules.starting import Window

MOST_BATCHES = 100


@dataclass(frozen=True)
class Named:
    """What a caller names as the beginning: one of these."""

    batches: Sequence[UUID] = ()
    code: str | None = None
    shipment: UUID | None = None
    unit: UUID | None = None
    facility: UUID | None = None
    since: datetime | None = None
    until: datetime | None = None


def start_of(visit: Visit, named: Named, shelf: PartialShelf) -> Start:
    sorts = [bool(named.batches), named.code is not None, named.shipment is not None, named.unit is not None,
             named.facility is not None]  # fmt: skip
    if sum(sorts) != 1:
        raise unfit(
            "one-start", "Name one start: batches, a code, a shipment, a unit, or a facility.", "batch"
        )
    if named.facility is None and (named.since or named.until):
        raise unfit("window-needs-facility", "A span of time belongs to a facility.", "since")
    if named.batches:
        return Start(batches=tuple(sorted(map(str, demand_known(visit, named.batches)))))
    if named.code is not None:
        return Start(batches=tuple(sorted(map(str, _by_code(visit, named.code)))))
    if named.shipment is not None:
        return _shipment(visit, named.shipment, shelf)
    if named.unit is not None:
        return _unit(visit, named.unit, shelf)
    return _facility(visit, named)


def demand_known(visit: Visit, ids: Iterable[UUID]) -> set[UUID]:
    """Batches that the visitor sees, moved or was sent; one that is not there and a stranger's look alike."""
    wanted = set(ids)
    if len(wanted) > MOST_BATCHES:
        raise unfit("too-many-batches", "A trace begins at no more than 100 batches.", "batch")
    if wanted - known(visit, wanted):
        raise Unknown("unknown-batch", "No such batch.")
    return wanted


def known(visit: Visit, ids: Iterable[UUID]) -> set[UUID]:
    wanted = set(ids)
    found: set[UUID] = set()
    for column in (col(Batch.id), col(Posting.batch_id), col(ShipmentLine.batch_id)):
        for some in chunks(wanted - found):
            found |= set(visit.session.exec(select(column).where(column.in_(some)).distinct()).all())
    return found


def _by_code(visit: Visit, text: str) -> set[UUID]:
    """The batches that a written code stands for, among those that the visitor knows."""
    reading = read_code(text)
    found: set[UUID] = set()
    for each in (reading, *reading.alternatives):
        found |= _read(visit, each)
    named = select(CapturedGoods.batch_id).where(CapturedGoods.name == item_of(text).name)
    found |= set(visit.session.exec(named.limit(MOST_BATCHES + 1)).all())
    if not found:
        raise Unknown("unknown-batch", "No such batch.")
    return demand_known(visit, found)


def _read(visit: Visit, reading: CodeReading) -> set[UUID]:
    if reading.short:
        mine: Any = select(Batch.id).where(Batch.short_code == reading.short)
        return set(visit.session.exec(mine.limit(MOST_BATCHES + 1)).all())
    code = reading.batch or reading.text
    own = select(Batch.id, Batch.product_id).where(
        (col(Batch.code) == code) | (col(Batch.printed_text) == code)
    )
    sent = select(ShipmentLine.batch_id, ShipmentLine.product_id).where(ShipmentLine.code == code)
    rows = [
        *visit.session.exec(own.limit(MOST_BATCHES + 1)),
        *visit.session.exec(sent.limit(MOST_BATCHES + 1)),
    ]
    if not reading.gtin:
        return {row[0] for row in rows}
    products = {row[1] for row in rows}
    fits = select(Product.id).where(col(Product.id).in_(sorted(products)), Product.gtin == reading.gtin)
    right = set(visit.kernel().exec(fits).all())
    return {row[0] for row in rows if row[1] in right}


def _shipment(visit: Visit, shipment_id: UUID, shelf: PartialShelf) -> Start:
    shipment = visit.session.get(Shipment, shipment_id)
    if shipment is None:
        raise Unknown("unknown-shipment", "No such shipment.")
    shelf.learn_shipments([shipment.id])
    return Start(events=(str(shipment.event_id),))


def _unit(visit: Visit, unit_id: UUID, shelf: PartialShelf) -> Start:
    unit = visit.session.get(LogisticUnit, unit_id)
    if unit is None and visit.actor.enterprise:
        unit = known_unit(visit, unit_id)
    if unit is None:
        raise Unknown("unknown-unit", "No such logistic unit.")
    lines = select(ShipmentLine.shipment_id).where(ShipmentLine.unit_id == unit.id).distinct()
    shelf.learn_shipments(visit.session.exec(lines).all())
    return Start(units=(unit_place(unit.id),))


def _facility(visit: Visit, named: Named) -> Start:
    if named.since is None or named.until is None:
        raise unfit("window-needed", "Say from when and until when goods were at the facility.", "since")
    if named.since > named.until:
        raise unfit("window-backwards", "The span ends before it begins.", "until")
    facility = None if named.facility is None else visit.session.get(Facility, named.facility)
    if facility is None:
        raise Unknown("unknown-facility", "No such facility.")
    return Start(facility=facility_place(facility.id), window=Window(named.since, named.until))
