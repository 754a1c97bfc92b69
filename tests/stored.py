"""Books of the tests written to a real store, under ids of the store's kind, and read back whole."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from typing import Any
from uuid import NAMESPACE_OID, UUID, uuid5

from sqlalchemy import Engine
from sqlmodel import SQLModel, col, select

from tracelot.records import events as kept
from tracelot.records.batches import Batch
from tracelot.records.facilities import Facility
from tracelot.records.facts import EventRow, LossRow, PostingRow, Rows, SightingRow, StopRow, VoidRow, pool_id
from tracelot.records.parties import Party
from tracelot.records.products import Product
from tracelot.records.shelves import Shelf
from tracelot.records.shipments import Shipment, ShipmentLine
from tracelot.records.sights import EVERYTHING
from tracelot.records.tenancy import ScopedSession
from tracelot.records.units import UnitStop
from tracelot.rules.books import Book, Move
from tracelot.rules.places import facility_of, is_unit, lane_of

NOW = datetime(2026, 1, 1, tzinfo=UTC)
Name = Callable[[str], UUID]


def id_of(name: str) -> UUID:
    return uuid5(NAMESPACE_OID, name)


def named(text: str) -> str:
    """A place, an end, a unit or a pool of a test's book, as the store names it."""
    if text.startswith("lane:"):
        return "lane:" + ">".join(named(end) for end in text.removeprefix("lane:").split(">"))
    kind, colon, name = text.partition(":")
    whose = "facility" if kind == "aside" else kind
    return f"{kind}:{id_of(f'{whose}:{name}')}" if colon else text


def batch_name(batch: str) -> UUID:
    if batch.startswith("product:"):
        return pool_id(id_of(batch))
    return id_of(f"batch:{batch}")


def stored_batch(batch: str) -> str:
    return named(batch) if batch.startswith("product:") else str(batch_name(batch))


def record_name(record: str) -> UUID:
    """Ids in the order of the records, as those of the store are."""
    return UUID(int=(0x7 << 76) | (0x2 << 62) | int(record.removeprefix("r")))


@dataclass
class Writing:
    """The rows of one book."""

    book: Book
    rows: list[SQLModel] = field(default_factory=list)
    acts: dict[str, str] = field(default_factory=dict)
    places: dict[str, str] = field(default_factory=dict)  # of records: the facility where they were made
    times: dict[str, tuple[datetime, datetime]] = field(default_factory=dict)
    everybody: UUID | None = None  # a party of the store to whom all of it belongs

    def write(self) -> list[list[SQLModel]]:
        for fact in (*self.book.postings, *self.book.sightings):
            self._know(fact.record, fact.act, fact.event_time, fact.recorded_at)
            self._at(fact.record, fact.place)
        for move in self.book.moves:
            self._know(move.record, act_of(move), move.event_time, move.recorded_at)
            for place in (move.source, move.target):
                self._at(move.record, place or "")
        for note in self.book.notes:
            self._know(note.record, "unpack", note.recorded_at, note.recorded_at)
        for posting in self.book.postings:
            self._know(posting.hub.event, posting.act, posting.event_time, posting.recorded_at)
        return [self._parties(), self._facilities(), self._goods(), self._batches(),
                self._events(), self._lines(), self._shipments(), self._shipped(), [*self._facts()]]  # fmt: skip

    def _know(self, record: str, act: str, event_time: datetime, recorded_at: datetime) -> None:
        self.acts.setdefault(record, act or "sight")
        self.times.setdefault(record, (event_time, recorded_at))

    def _at(self, record: str, place: str) -> None:
        if (facility := facility_of(place)) is not None:
            self.places.setdefault(record, facility)

    def _owner(self, facility: str) -> UUID:
        return self.everybody or id_of(
            self.book.owners.get(facility) or "party:" + facility.removeprefix("facility:")
        )

    def _ends(self) -> Iterator[str]:
        places = [one.place for one in (*self.book.postings, *self.book.sightings)]
        places += [place for one in self.book.moves for place in (one.source, one.target) if place]
        for place in places:
            lane = lane_of(place)
            yield from (lane.source, lane.target) if lane else (place,)

    def _facility_names(self) -> set[str]:
        named_ones = {one for end in self._ends() if (one := facility_of(end)) is not None}
        return named_ones | {"facility:A"} | set(self.book.owners)

    def _parties(self) -> list[SQLModel]:
        ids = {self._owner(one) for one in self._facility_names()} | {id_of("party:A")}
        ids |= {id_of(end) for end in self._ends() if end.startswith("party:")}
        ids -= {self.everybody}
        return [
            Party(id=one, type="producer", name_zh=str(one), uscc="-", address_zh="-", region_code="411724",
                  phone="-", status="verified", origin_hash="", recorded_at=NOW, recorded_by=None)
            for one in sorted(ids)
        ]  # fmt: skip

    def _facilities(self) -> list[SQLModel]:
        return [
            Facility(id=id_of(one), party_id=self._owner(one), name_zh=one, address_zh="-", region_code="411724",
                     kind="plant", origin_hash="", recorded_at=NOW, recorded_by=None)
            for one in sorted(self._facility_names())
        ]  # fmt: skip

    def _batch_names(self) -> set[str]:
        facts = {one.batch for one in self.book.postings}
        facts |= {one.subject for one in self.book.sightings if not is_unit(one.subject)}
        return facts

    def _product(self, batch: str) -> UUID:
        if batch.startswith("product:"):
            return id_of(batch)
        product = self.book.products.get(batch)
        return id_of(f"alone:{batch}" if product is None else f"product:{product}")

    def _goods(self) -> list[SQLModel]:
        ids = {self._product(batch) for batch in self._batch_names()}
        return [
            Product(id=one, party_id=id_of("party:A"), name_zh=str(one), own_code=str(one), shelf_life_unit="day",
                    packaging="prepacked", origin_hash="", recorded_at=NOW, recorded_by=None)
            for one in sorted(ids)
        ]  # fmt: skip

    def _batches(self) -> list[SQLModel]:
        return [
            Batch(id=batch_name(one), product_id=self._product(one), party_id=id_of("party:A"), code=one,
                  short_code=one, production_date=date(2026, 1, 1), kind="finished", status="released",
                  retain_until=date(2030, 1, 1), recorded_at=NOW, recorded_by=None)
            for one in sorted(self._batch_names()) if not one.startswith("product:")
        ]  # fmt: skip

    def _recorder(self, record: str) -> UUID:
        return self._owner(self.places.get(record, "facility:A"))

    def _events(self) -> list[SQLModel]:
        return [
            kept.Event(id=record_name(record), party_id=self._recorder(record), act=act,
                       facility_id=id_of(self.places.get(record, "facility:A")), event_time=self.times[record][0],
                       origin_hash="", retain_until=date(2030, 1, 1), recorded_at=self.times[record][1],
                       recorded_by=None)
            for record, act in sorted(self.acts.items())
        ]  # fmt: skip

    def _lines(self) -> list[SQLModel]:
        hubs = {one.hub for one in self.book.postings}
        lost = {loss.hub: loss for loss in self.book.losses if loss.hub in hubs}
        return [
            kept.Line(event_id=record_name(hub.event), number=hub.line, party_id=self._recorder(hub.event),
                      loss=lost[hub].quantity if hub in lost else None, loss_unit="kg" if hub in lost else None)
            for hub in sorted(hubs)
        ]  # fmt: skip

    def _sendings(self) -> dict[str, str]:
        """The lane of each record that puts goods on one."""
        return {
            one.record: one.place
            for one in self.book.postings
            if one.side == "put" and lane_of(one.place) and one.act in ("ship", "return")
        }

    def _shipments(self) -> list[SQLModel]:
        return [
            Shipment(id=record_name(record), party_id=self._recorder(record), to_party_id=self._target(lane),
                     from_facility_id=id_of(self.places.get(record, "facility:A")), from_region="411724",
                     lane=named(lane), event_id=record_name(record), event_time=self.times[record][0],
                     status="in_transit", retain_until=date(2030, 1, 1), recorded_at=NOW, recorded_by=None)
            for record, lane in sorted(self._sendings().items())
        ]  # fmt: skip

    def _target(self, lane: str) -> UUID | None:
        ends = lane_of(lane)
        target = ends.target if ends else "?"
        if target.startswith("party:"):
            return id_of(target)
        facility = facility_of(target)
        return None if facility is None else self._owner(facility)

    def _shipped(self) -> list[SQLModel]:
        sent = self._sendings()
        return [
            ShipmentLine(shipment_id=record_name(one.record), number=number, party_id=self._recorder(one.record),
                         batch_id=batch_name(one.batch), product_id=self._product(one.batch), code=one.batch,
                         product_zh="-")
            for number, one in enumerate(self.book.postings) if sent.get(one.record) == one.place
        ]  # fmt: skip

    def _facts(self) -> Iterator[SQLModel]:
        for number, one in enumerate(self.book.postings):
            yield kept.Posting(
                batch_id=batch_name(one.batch), id=id_of(f"posting {number}"), record_id=record_name(one.record),
                event_id=record_name(one.hub.event), line=one.hub.line, party_id=self._recorder(one.record),
                product_id=self._product(one.batch), pooled=one.batch.startswith("product:"),
                place=named(one.place), side=one.side, quantity=one.quantity, base_quantity=one.quantity,
                unit="kg", base_unit="kg", event_time=one.event_time, recorded_at=one.recorded_at,
            )  # fmt: skip
        for number, seen in enumerate(self.book.sightings):
            unit = UUID(named(seen.subject)[5:]) if is_unit(seen.subject) else None
            yield kept.Sighting(
                id=id_of(f"sighting {number}"), event_id=record_name(seen.record), party_id=self._recorder(seen.record),
                batch_id=None if unit else batch_name(seen.subject), unit_id=unit, place=named(seen.place),
                event_time=seen.event_time, recorded_at=seen.recorded_at,
            )  # fmt: skip
        for number, move in enumerate(self.book.moves):
            yield UnitStop(
                id=id_of(f"stop {number}"), unit_id=UUID(named(move.unit)[5:]), event_id=record_name(move.record),
                party_id=self._recorder(move.record), place=named(move.target or ""), event_time=move.event_time,
                recorded_at=move.recorded_at,
            )  # fmt: skip
        for void in {one.record: one for one in self.book.voids}.values():
            if void.record in self.acts:
                yield kept.EventVoid(
                    event_id=record_name(void.record), party_id=self._recorder(void.record), kind=void.reason,
                    reason="-", replaced_by=next(map(record_name, void.replaced_by), None),
                    recorded_at=void.recorded_at, recorded_by=None,
                )  # fmt: skip


def act_of(move: Move) -> str:
    if move.target is not None and is_unit(move.target):
        return "pack"
    return "ship" if move.target is not None and lane_of(move.target) else "receive"


def storable(book: Book) -> Book:
    """What the tables of the store can hold: no claims, nothing emptied without saying of what."""
    return replace(book, claims=(), emptyings=())


@contextmanager
def written(engine: Engine, book: Book) -> Iterator[ScopedSession]:
    """A session that sees the book in the store; nothing of it stays."""
    with engine.connect().execution_options(writes=True) as connection, connection.begin() as transaction:
        with ScopedSession(connection, EVERYTHING) as session:
            for rows in Writing(book).write():
                session.add_all(rows)
                session.flush()
            session.expunge_all()
            yield session
        transaction.rollback()


def read_whole(session: ScopedSession) -> Book:
    """All that the store holds of goods, as one book."""

    def rows(model: Any, row: Any, *where: Any) -> list[Any]:
        chosen: Any = select
        columns = [col(getattr(model, name)) for name in row._fields]
        return [row(*one) for one in session.exec(chosen(*columns).where(*where))]

    losses: Iterable[LossRow] = rows(kept.Line, LossRow, col(kept.Line.loss).is_not(None))
    found = Rows(
        postings={one.id: one for one in rows(kept.Posting, PostingRow)},
        events={one.id: one for one in rows(kept.Event, EventRow)},
        stops={one.id: one for one in rows(UnitStop, StopRow)},
        sightings={one.id: one for one in rows(kept.Sighting, SightingRow)},
        losses={(one.event_id, one.number): one for one in losses},
        voids={one.event_id: one for one in rows(kept.EventVoid, VoidRow)},
        products=dict(session.exec(select(Batch.id, Batch.product_id)).all()),
    )
    found.products |= {one.batch_id: one.product_id for one in found.postings.values() if one.product_id}
    found.owners = Shelf(session).owners(found.ends())
    return found.book()


def written_for(engine: Engine, book: Book, party: UUID) -> None:
    """Put a book into the store for good, as the records of a party that is there."""
    with engine.connect().execution_options(writes=True) as connection, connection.begin():
        with ScopedSession(connection, EVERYTHING) as session:
            for rows in Writing(book, everybody=party).write():
                session.add_all(rows)
                session.flush()
