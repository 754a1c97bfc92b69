"""EPCIS 2.0 documents (JSON, as plain values), read into the facts of a book.

ADD is a birth and OBSERVE never is: shipping and receiving move goods over a lane, any other OBSERVE is a
sighting, DELETE takes. A transformation is one line, pack and unpack are an aggregation's ADD and DELETE. What an
event says is never completed from others, so the order of events and of files cannot matter.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from tracelot.formats.epcis_acts import Act, Facts, tell
from tracelot.formats.epcis_shapes import Event, events_of, read_event
from tracelot.rules.books import Book, Void
from tracelot.rules.refusals import Fault, Unfit

MOST_FAULTS = 100  # more would tell nobody anything


@dataclass(frozen=True, slots=True)
class Flag:
    """What was kept as it is and somebody should look at: which event, what about it, and the words in question.

    Kinds: same-id-other-content, malformed-epc, place-unknown, void-of-other-content.
    """

    record: str
    kind: str
    text: str


@dataclass(frozen=True)
class Reading:
    """The facts of a document, what is odd about it, and the ids of events that it holds twice."""

    book: Book
    flags: tuple[Flag, ...]
    duplicates: tuple[str, ...]


@dataclass(frozen=True)
class Document:
    """The events of a document, each once, by record; `voiding` are those that declare an error.

    `contents` and `pointers` hold, under the same names, each event as it was written, and where.
    """

    told: Mapping[str, Event]
    voiding: Mapping[str, Event]
    duplicates: tuple[str, ...]
    contents: Mapping[str, object]
    pointers: Mapping[str, str]


def read_document(document: object) -> Document:
    """Read a document; one that is malformed is refused whole, with pointers to what is wrong."""
    faults: list[Fault] = []
    told: dict[str, Event] = {}
    voiding: dict[str, Event] = {}
    contents: dict[str, object] = {}
    pointers: dict[str, str] = {}
    duplicates: list[str] = []
    for pointer, content in events_of(document, faults):
        event = read_event(content, pointer, faults)
        if event is None:
            continue
        kept, name = (voiding, declared_as(event)) if event.error else (told, event.record)
        if name in kept:
            duplicates.append(event.name)
        kept[name], contents[name], pointers[name] = event, content, pointer
    if faults:
        raise refused(faults)
    return Document(told, voiding, tuple(sorted(duplicates)), contents, pointers)


def declared_as(event: Event) -> str:
    """What tells a declaration of an error apart: two of one event may give other reasons."""
    return f"{event.record} {event.error}"


def refused(faults: Sequence[Fault]) -> Unfit:
    return Unfit("bad-epcis", "This is no EPCIS 2.0 document that can be read.", faults=faults[:MOST_FAULTS])


def read_epcis(document: object, recorded_at: datetime) -> Reading:
    """Read a document into the facts of a book."""
    found = read_document(document)
    told, voiding = found.told, found.voiding
    ids: dict[str, list[str]] = defaultdict(list)
    for record in sorted(told):
        ids[told[record].name].append(record)
    facts = Facts(recorded_at)
    for record in sorted(told):
        tell(facts, Act(told[record]))
    flags = [*_same_ids(ids), *(Flag(*flag) for flag in facts.flags)]
    voids = [_void(voiding[name], ids, recorded_at, flags) for name in sorted(voiding)]
    book = replace(facts.book(), voids=tuple(void for some in voids for void in some))
    return Reading(
        book, tuple(sorted(flags, key=lambda flag: (flag.record, flag.kind, flag.text))), found.duplicates
    )


def _same_ids(ids: Mapping[str, list[str]]) -> list[Flag]:
    return [
        Flag(record, "same-id-other-content", name)
        for name, records in ids.items()
        if name and len(records) > 1
        for record in records
    ]


def _void(event: Event, ids: Mapping[str, list[str]], moment: datetime, flags: list[Flag]) -> list[Void]:
    """What an error declaration voids: the event with the same content, or else those under the same id."""
    error = event.error
    if error is None:
        raise AssertionError("Only a declaration of an error voids.")
    records = ids.get(event.name, []) if event.name else []
    wrong = [event.record]
    if records and event.record not in records:
        wrong = records
        flags.append(Flag(event.record, "void-of-other-content", event.name))
    successors = tuple(record for name in error.corrected_by for record in ids.get(name, [name]))
    return [Void(record, error.reason, moment, successors) for record in wrong]
