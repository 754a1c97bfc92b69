"""Declarations of errors in documents: which captured events they mean, in whatever order both came."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from uuid import UUID

from tracelot.formats.epcis_shapes import Error, read_event
from tracelot.operations.posting import declare_void
from tracelot.operations.visit import Visit
from tracelot.records.captures import CapturedEvent
from tracelot.records.events import Event, EventVoid
from tracelot.rules.books import Reason
from tracelot.rules.ids import derived_id

REASON = "EPCIS errorDeclaration"
SAME_ID = "same-id-other-content"
OTHER_CONTENT = "void-of-other-content"


class Declarations:
    """All that was captured under some ids of events.

    A declaration means the event with the same content, or else all those under the same id: which they are may
    change when another one comes.
    """

    def __init__(self, visit: Visit, rows: Iterable[CapturedEvent]) -> None:
        self._visit = visit
        self._meant: dict[UUID, CapturedEvent] = {}
        self._events: list[CapturedEvent] = []
        named: dict[str, list[CapturedEvent]] = defaultdict(list)
        for row in rows:
            named[row.name].append(row)
        for name, of_it in named.items():
            self._sort(name, of_it)

    def _sort(self, name: str, rows: list[CapturedEvent]) -> None:
        events = [row for row in rows if not row.declares]
        self._events += events
        for row in events if len(events) > 1 else ():
            _flag(row, f"{SAME_ID} {name}")
        for declaration in (row for row in rows if row.declares):
            exact = [row for row in events if row.digest == declaration.digest]
            if events and not exact:
                _flag(declaration, f"{OTHER_CONTENT} {name}")
            for row in exact or events:
                self._meant.setdefault(row.id, declaration)

    def wrong(self) -> Iterator[CapturedEvent]:
        """Events that are declared wrong and stand yet."""
        for row in self._events:
            meant = row.id in self._meant and row.declared_by is None and row.event_id is not None
            if meant and self._visit.session.get(EventVoid, row.event_id) is None:
                yield row

    def restored(self) -> list[CapturedEvent]:
        """Events that were taken to be meant, until the one that is meant came."""
        return [row for row in self._events if row.declared_by is not None and row.id not in self._meant]

    def void(self, row: CapturedEvent) -> None:
        declaration = self._meant[row.id]
        error = _error(declaration)
        event = self._visit.session.get_one(Event, row.event_id)
        kind: Reason = error.reason if error else "incorrect_data"
        declare_void(self._visit, event, kind, REASON, self._successor(error, event.id))
        row.declared_by = declaration.id
        self._visit.session.add(row)

    def _successor(self, error: Error | None, wrong: UUID) -> UUID | None:
        """The event that takes its place; it may not be captured yet, and then only its name tells its id."""
        session = self._visit.session
        names = error.corrected_by if error else ()
        party = self._visit.actor.party_id
        found = [derived_id(party, f"event {name}") for name in names if party is not None]
        there = [one for one in found if session.get(Event, one) is not None]
        return next((one for one in (*there, *found) if one != wrong), None)


def _flag(row: CapturedEvent, flag: str) -> None:
    if flag not in row.flags:
        row.flags = sorted([*row.flags, flag])


def _error(row: CapturedEvent) -> Error | None:
    event = read_event(row.content, "#", [])
    return event.error if event else None
