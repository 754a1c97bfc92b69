"""EPCIS documents before they are captured: whether they can be, in which parts, and what they tell of goods."""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any
from uuid import UUID

from tracelot.formats.epcis import Document, Flag, read_document, read_epcis, refused
from tracelot.formats.epcis_acts import Act as Place
from tracelot.formats.epcis_acts import Facts, tell
from tracelot.formats.epcis_labels import label, labels_of, names_of
from tracelot.formats.epcis_names import item_of, word
from tracelot.formats.epcis_shapes import Event as Written
from tracelot.operations.goods import mine
from tracelot.operations.recognising import Told
from tracelot.operations.visit import Visit
from tracelot.records.acts import Document as Paper
from tracelot.records.captures import find_captured
from tracelot.rules.acts import demand_moment
from tracelot.rules.ids import derived_id
from tracelot.rules.refusals import Fault, Unfit

MOST_EVENTS = 500  # in one transaction, for which other writers wait
MOST_GOODS = 500
AT_ONCE = 200  # events, or goods, of a document that is taken in by parts
MOST_DOCUMENTS = 20
SHOWN = 5  # goods of an event that a preview names
_ZONE = re.compile(r"([+-])([01][0-9]):([0-5][0-9])")


def parts(document: Any) -> Iterator[dict[str, Any]]:
    """A large document as several, of which each can be captured alone; a malformed one is refused whole."""
    read = read_document(document)
    some: list[object] = []
    goods: set[str] = set()
    for name in read.pointers:
        event = read.told.get(name) or read.voiding[name]
        named = {amount.epc for amount in (*event.amounts, *event.outputs)}
        if some and (len(some) == AT_ONCE or len(goods | named) > AT_ONCE):
            yield _part(document, some)
            some, goods = [], set()
        some.append(read.contents[name])
        goods |= named
    if some:
        yield _part(document, some)


def _part(document: Mapping[str, Any], events: list[object]) -> dict[str, Any]:
    return {
        "type": "EPCISDocument",
        "epcisHeader": document.get("epcisHeader"),
        "epcisBody": {"eventList": events},
    }


def demand_fit(visit: Visit, read: Document) -> None:
    """Times that cannot be are told at their events; a document is as large as one act may be."""
    if len(read.pointers) > MOST_EVENTS:
        raise Unfit("too-many-events", "A document tells at most 500 events: send it in parts.")
    goods = {amount.epc for one in read.told.values() for amount in (*one.amounts, *one.outputs)}
    if len(goods) > MOST_GOODS:
        raise Unfit("too-many-goods", "A document names at most 500 different goods: send it in parts.")
    faults = []
    for name, event in (*read.told.items(), *read.voiding.items()):
        try:
            demand_moment(event.time, visit.now)
        except Unfit as refusal:
            faults.append(Fault(f"{read.pointers[name]}/eventTime", refusal.reason))
    if faults:
        raise refused(faults)


def told_of(visit: Visit, read: Document) -> dict[str, Told]:
    """What the events of a document tell of each of its goods."""
    found: dict[str, Told] = defaultdict(Told)
    for record, event in read.told.items():
        labels, day = labels_of(read.contents[record]), event.time.astimezone(visit.place.zone).date()
        born = event.outputs if event.type == "TransformationEvent" else event.amounts
        for amount in (*event.amounts, *event.outputs):
            name = item_of(amount.epc).name
            before = found[name]
            told = labels if amount in born and before.labels.made is None else before.labels
            found[name] = Told(told, min(before.day, day))
    return dict(found)


def facts_of(written: Written, recorded_at: datetime) -> Facts:
    facts = Facts(recorded_at)
    tell(facts, Place(written))
    return facts


def local_time(moment: datetime, content: Mapping[str, object]) -> datetime:
    """A moment in the zone in which the document tells it."""
    zone = content.get("eventTimeZoneOffset")
    match = _ZONE.fullmatch(zone) if isinstance(zone, str) else None
    if match is None:
        return moment
    away = timedelta(hours=int(match[2]), minutes=int(match[3]))
    return moment.astimezone(timezone(-away if match[1] == "-" else away))


def papers_of(content: Mapping[str, object]) -> list[Paper]:
    """The business documents that an event names."""
    found = content.get("bizTransactionList")
    told = [one for one in found if isinstance(one, Mapping)] if isinstance(found, list) else []
    papers = [(label(word(str(one.get("type") or ""))), label(one.get("bizTransaction"))) for one in told]
    return [Paper(type=type_ or "other", no=number) for type_, number in papers if number][:MOST_DOCUMENTS]


@dataclass(frozen=True)
class Row:
    """An event of a document as it would be captured: what it names by the names that the document gives."""

    time: datetime
    type: str
    step: str
    declares: bool
    place: str | None
    goods: tuple[str, ...]
    more: int
    known: bool
    flags: tuple[Flag, ...]


def preview(visit: Visit, document: object) -> list[Row]:
    """What capturing a document would record; nothing is written."""
    visit.demand("event.record")
    read, names = read_document(document), names_of(document)
    demand_fit(visit, read)
    flags: dict[str, list[Flag]] = defaultdict(list)
    for flag in read_epcis(document, visit.now).flags:
        flags[flag.record].append(flag)
    ids = {captured_id(mine(visit), name): name for name in read.pointers}
    known = {ids[one] for one in find_captured(visit.session, ids)}
    rows = []
    for name in read.pointers:
        event = read.told.get(name) or read.voiding[name]
        goods = [amount.epc for amount in (*event.amounts, *event.outputs)] or [event.parent or ""]
        rows.append(
            Row(event.time, event.type, event.step, event.error is not None,
                names.get(event.place or "", event.place), tuple(names.get(one, one) for one in goods[:SHOWN]),
                len(goods[SHOWN:]), name in known, tuple(flags[event.record]))
        )  # fmt: skip
    return rows


def captured_id(party_id: UUID, name: str) -> UUID:
    """The id under which a party captures an event, by what tells the event apart."""
    return derived_id(party_id, f"captured {name}")
