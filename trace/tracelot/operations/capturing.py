"""Capturing EPCIS documents: every event becomes a record like any other act, in whatever order they come.

An event is one record by its id and the hash of its content. What it says is never completed from others, with one
exception that is reckoned anew whenever more becomes known: what is taken out where a place is emptied.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from tracelot.formats.epcis import Document, read_document
from tracelot.formats.epcis_acts import Act as Place
from tracelot.formats.epcis_acts import Facts, named_act
from tracelot.formats.epcis_labels import names_of
from tracelot.formats.epcis_shapes import Event as Written
from tracelot.formats.epcis_shapes import read_event
from tracelot.operations.acting import Act, demand_movable, event_of, refresh_states
from tracelot.operations.declaring import Declarations
from tracelot.operations.documents import captured_id, demand_fit, facts_of, local_time, papers_of, told_of
from tracelot.operations.emptying import Surroundings, spelled
from tracelot.operations.goods import lock_goods, mine
from tracelot.operations.posting import Draft, declare_void, write
from tracelot.operations.recognising import Known
from tracelot.operations.translating import Said, batch_of, drafted, same_sayings, stored, translated
from tracelot.operations.visit import Visit
from tracelot.records.acts import NewEvent
from tracelot.records.books import BookFields, books_of
from tracelot.records.captures import (
    CapturedEmptying,
    CapturedEvent,
    CapturedView,
    CaptureView,
    find_captured,
    find_hub,
    list_named,
)
from tracelot.records.events import Event
from tracelot.records.parties import lock_party
from tracelot.records.shelves import Shelf
from tracelot.rules.acts import EventAct
from tracelot.rules.ids import derived_id, new_id
from tracelot.rules.places import is_unit, lane_of
from tracelot.rules.refusals import Fault

# The acts of the reader that have another name in the books.
ACTS: Mapping[str, EventAct] = {
    "produce": "produce", "transform": "transform", "ship": "ship", "receive": "receive", "pack": "pack",
    "unpack": "unpack", "destroy": "destroy", "sell": "sell", "sample": "sample", "end": "lose",
    "count": "count", "inspect": "inspect", "hold": "inspect", "sight": "sight",
}  # fmt: skip
KNOWN_LATER = "后来查明了货物内容。Its contents became known later."


def capture(visit: Visit, document: object) -> CaptureView:
    """Record what is new in a document, all of it or nothing; the same document again changes nothing."""
    visit.demand("event.record")
    read = read_document(document)
    demand_fit(visit, read)
    lock_party(visit.kernel(), mine(visit))
    capturing = Capturing(visit, read, Known(visit, names_of(document), told_of(visit, read)))
    capturing.take_in()
    return capturing.view()


@dataclass
class Capturing:
    """One document on its way into the books of the party that captures it."""

    visit: Visit
    read: Document
    known: Known
    rows: dict[UUID, CapturedEvent] = field(default_factory=dict)  # what is new
    written: dict[UUID, Written] = field(default_factory=dict)  # what is read of a captured event
    touched: set[tuple[UUID | None, str]] = field(default_factory=set)
    moved: set[UUID] = field(default_factory=set)
    products: dict[str, UUID] = field(default_factory=dict)
    restoring: set[UUID] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.party_id = mine(self.visit)
        self.books: BookFields = books_of(self.visit.session, self.party_id)

    def id_of(self, name: str) -> UUID:
        return captured_id(self.party_id, name)

    def take_in(self) -> None:
        found = {self.id_of(name): name for name in self.read.pointers}
        known = find_captured(self.visit.session, found)
        for id_ in sorted(set(found) - set(known), key=found.__getitem__):
            self._begin(id_, found[id_])
        sayings = self._sayings()
        self._lock(sayings)
        for id_, said in sayings.items():
            if not said.emptyings:
                self.record(self.rows[id_], said, drafted(said, self.products, self._hub(self.rows[id_])))
        self._empty()
        self._settle_declarations()
        self._finish()

    def _settle_declarations(self) -> None:
        names = {row.name for row in self.rows.values()}
        declarations = Declarations(self.visit, list_named(self.visit.session, self.party_id, names))
        for row in declarations.wrong():
            self._touch(self._read(row))
            declarations.void(row)
        for row in declarations.restored():
            self._restore(row)
        self.visit.session.flush()
        if self.touched:
            self._empty()

    def _begin(self, id_: UUID, name: str) -> None:
        event = self.read.told.get(name) or self.read.voiding[name]
        content: Any = self.read.contents[name]
        digest = event.record.rpartition("#")[2]
        self.written[id_] = event
        self.rows[id_] = CapturedEvent(
            id=id_,
            party_id=self.party_id,
            name=event.name or event.record,
            digest=digest,
            content=content,
            transformation=event.transformation,
            recorded_at=self.visit.now,
            recorded_by=self.visit.actor.id,
        )
        self.visit.session.add(self.rows[id_])

    def _sayings(self) -> dict[UUID, Said]:
        """What the new events say, in the names of the store; goods and places that are new are kept first."""
        facts = {
            id_: facts_of(event, self.visit.now) for id_, event in self.written.items() if not event.error
        }
        self.known.prepare(_goods(facts.values()))
        sayings = {id_: self._translated(id_, each) for id_, each in facts.items()}
        self.visit.session.flush()
        for id_, said in sayings.items():
            self._note_emptyings(id_, said)
        self.visit.session.flush()
        return sayings

    def _translated(self, id_: UUID, facts: Facts) -> Said:
        said = translated(self.known, facts, str(id_))
        self.products |= {str(item.id): item.product.id for item in self.known.items.values()}
        row = self.rows.get(id_)
        if row is not None:
            flags = {f"{kind} {text}".strip() for _, kind, text in facts.flags}
            flags |= {"observed-only" for one in said.postings if batch_of(one.batch) in self.known.observed}
            row.flags = sorted(flags)
        return said

    def _note_emptyings(self, id_: UUID, said: Said) -> None:
        self.visit.session.add_all(
            CapturedEmptying(
                captured_id=id_, number=number, party_id=self.party_id, place=one.place,
                batch_id=None if one.batch is None else batch_of(one.batch),
            )
            for number, one in enumerate(said.emptyings)
        )  # fmt: skip

    def _lock(self, sayings: Mapping[UUID, Said]) -> None:
        """Own goods in the order in which everybody locks them; what others own is moved by no record of ours."""
        ours = [item for item in self.known.items.values() if item.product.party_id == self.party_id]
        self.own = lock_goods(
            self.visit,
            {item.id for item in ours if item.batch is not None},
            {item.product.id for item in ours if item.batch is None},
        )

    def _hub(self, row: CapturedEvent) -> UUID | None:
        if row.transformation is None:
            return None
        return row.hub_id or find_hub(self.visit.session, self.party_id, row.transformation)

    # --- records ---

    def record(self, row: CapturedEvent, said: Said, draft: Draft) -> Event:
        """Put what an event says on record; where something stood for it before, that is replaced."""
        act = self._act(row, draft, self._read_written(row))
        locked = {id_: self.own[id_] for id_ in _batches(draft) if id_ in self.own}
        before = self.visit.session.get(Event, row.event_id) if row.event_id else None
        if before is not None and row.declared_by is None:
            declare_void(self.visit, before, "incorrect_data", KNOWN_LATER, act.new.id)
        demand_movable(act, locked)
        event = event_of(act, self.books, locked)
        event.flags = sorted({*event.flags, *(flag.partition(" ")[0] for flag in row.flags)})
        write(self.visit, event, draft, captured={"name": row.name, "digest": row.digest})
        row.event_id, row.declared_by = event.id, None
        if row.transformation is not None and draft.sheets:
            row.hub_id = self._hub(row) or event.id
        self.visit.session.add(row)
        self.known.keep_units(said.units, event.id)
        self._touch(said)
        self.visit.session.flush()
        return event

    def _act(self, row: CapturedEvent, draft: Draft, event: Written) -> Act:
        new = NewEvent(
            id=new_id() if row.event_id else self._first_id(row),
            event_time=local_time(event.time, row.content),
            documents=papers_of(row.content),
            happened=True,
        )
        facility = self.known.facility(Place(event).place)
        act = ACTS[named_act(event)]
        kind = "return" if act == "receive" and event.disposition == "returned" else None
        lanes = [lane for entry in draft.entries() if (lane := lane_of(entry.place))]
        other = None
        if lanes and facility is not None:
            other = self.known.other(lanes[0], f"facility:{facility.id}")
        items = {item.id: item for item in self.known.items.values() if item.id in _batches(draft)}
        return Act(self.visit, new, act, kind, facility, other, draft, items)

    def _first_id(self, row: CapturedEvent) -> UUID:
        """The id of the first event under a name, which the name alone tells: what corrects may be captured later.

        No event has the id of what was captured: under that one `spelled` reckons what is to replace an event.
        """
        first = derived_id(self.party_id, f"event {row.name}")
        if self.visit.session.get(Event, first) is None:
            return first
        return derived_id(self.party_id, f"event {row.id}")

    def _read_written(self, row: CapturedEvent) -> Written:
        if row.id not in self.written:
            faults: list[Fault] = []
            event = read_event(row.content, "#", faults)
            if event is None:
                raise AssertionError("It was read when it was captured.")
            self.written[row.id] = event
        return self.written[row.id]

    def _read(self, row: CapturedEvent) -> Said:
        return self._translated(row.id, facts_of(self._read_written(row), self.visit.now))

    def _touch(self, said: Said) -> None:
        self.touched |= {(batch_of(one.batch), one.place) for one in said.postings}
        self.touched |= {(None, place) for place in said.places() if place.startswith("unit:")}
        self.touched |= {
            (None if one.batch is None else batch_of(one.batch), one.place) for one in said.emptyings
        }
        self.moved |= {batch_of(one.batch) for one in said.postings}

    def _restore(self, row: CapturedEvent) -> None:
        """What was declared wrong by mistake of its id is recorded again."""
        said = self._read(row)
        if said.emptyings:
            self.restoring.add(row.id)
            self._touch(said)
        else:
            self.record(row, said, drafted(said, self.products, self._hub(row)))

    # --- emptyings ---

    def _empty(self) -> None:
        """Reckon anew what is taken out of the places that changed."""
        for row in self.rows.values():
            if row.event_id is None and not self.written[row.id].error:
                self._touch(self._read(row))
        around = Surroundings(Shelf(self.visit.session), self.party_id, set(self.touched))
        around.gather()
        self.touched.clear()
        rows = self._standing({one.captured_id for one in around.emptyings.values()})
        told = {row.id: self._read(row) for row in rows}
        self.products |= {
            str(one.batch_id): one.product_id for one in around.postings.values() if one.product_id
        }
        book = around.book({row.event_id for row in rows if row.event_id})
        for row, said in zip(rows, spelled(book, list(told.values())), strict=True):
            draft = drafted(said, self.products, self._hub(row))
            before = None if row.id in self.restoring else row.event_id
            if before is None or not same_sayings(draft, stored(self.visit.session, before)):
                self.record(row, said, draft)
        self.touched.clear()
        self.restoring.clear()

    def _standing(self, ids: Collection[UUID]) -> list[CapturedEvent]:
        """Captured events that nobody declared wrong."""
        rows = find_captured(self.visit.session, ids).values()
        void = Shelf(self.visit.session).voids({row.event_id for row in rows if row.event_id})
        wrong = {one.event_id for one in void}
        sound = [row for row in rows if row.id in self.restoring or row.event_id not in wrong]
        return sorted(sound, key=lambda row: row.id)

    # --- the end ---

    def _finish(self) -> None:
        """Released batches of which nothing is left are used up, as after any act."""
        self.visit.session.flush()
        released = {
            id_ for id_ in self.moved if (batch := self.own.get(id_)) is not None and batch.released_at
        }
        refresh_states(self.visit, released)

    def view(self) -> CaptureView:
        """What stands of the document, the same whenever it is asked."""
        ids = [self.id_of(name) for name in self.read.pointers]
        rows = find_captured(self.visit.session, ids)
        return CaptureView(
            events=[
                CapturedView(name=rows[id_].name, event_id=rows[id_].event_id, declares=rows[id_].declares,
                             void=rows[id_].declared_by is not None, flags=rows[id_].flags)
                for id_ in ids
            ]
        )  # fmt: skip


def _batches(draft: Draft) -> set[UUID]:
    return {entry.batch_id for entry in draft.entries()}


def _goods(told: Collection[Facts]) -> set[str]:
    """The names of all goods in facts."""
    found = {one.batch for facts in told for one in facts.postings}
    found |= {one.batch for facts in told for one in facts.emptyings if one.batch}
    return found | {one.subject for facts in told for one in facts.sightings if not is_unit(one.subject)}
