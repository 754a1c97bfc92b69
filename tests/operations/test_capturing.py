"""EPCIS documents through the store: the same answers as from the document itself, in whatever order they come."""

import json
from random import Random
from typing import Any

from sqlalchemy import Engine

from captured import Sets, captured, document, own_names, reached, read_back
from conftest import Rounds
from databases import Databases
from epcis_events import FARM, NOW, SHOP, UNIT, A, B, at, event, goods
from epcis_worlds import random_events
from tracelot.formats.epcis import read_epcis
from tracelot.records.database import connect
from vectors import vector
from world import VisitAs, World, actor_of, visiting


def by_itself(told: Any) -> Sets:
    book = read_epcis(told, NOW).book
    return reached(book, own_names(book))


def through_the_store(databases: Databases, cast: World, parts: list[Any]) -> Sets:
    """What a store of its own answers after it captured the parts of a document one after the other."""
    url = databases.make("world")
    engine = connect(url)
    try:
        for part in parts:
            captured(lambda who: visiting(engine, actor_of(engine, cast.people[who])), part)
        return reached(*read_back(engine))
    finally:
        engine.dispose()
        databases.drop(url)


def test_a_document_from_the_field_gives_the_right_sets(visit_as: VisitAs, engine: Engine) -> None:
    told, expected = vector("epcis-trace.jsonld"), vector("epcis-trace-expected.json")

    view = captured(visit_as, told)
    found = reached(*read_back(engine))

    assert len(view.events) == 21
    for way in ("forward", "backward"):
        right = {short(start): sorted(map(short, reach)) for start, reach in expected[way].items()}
        assert {short(start): sorted(map(short, reach)) for start, reach in found[way].items()} == right


def short(name: str) -> str:
    return name.removeprefix("unit:").rpartition(":")[2]


def test_a_document_may_come_in_any_order_and_in_any_parts(
    databases: Databases, cast: World, random: Random, rounds: Rounds
) -> None:
    told = vector("epcis-trace.jsonld")
    right = by_itself(told)
    events = told["epcisBody"]["eventList"]

    for number in range(rounds(3, 300)):
        random.shuffle(events)
        size = 1 if number == 0 else random.randint(1, 21)
        parts = [document(events[start : start + size]) for start in range(0, len(events), size)]

        assert through_the_store(databases, cast, parts) == right


def test_random_documents_answer_as_the_reader_does_in_any_order(
    databases: Databases, cast: World, random: Random, rounds: Rounds
) -> None:
    for _ in range(rounds(12, 400)):
        events = random_events(random)
        right = by_itself(document(events))
        random.shuffle(events)
        size = random.randint(1, len(events))
        parts = [document(events[start : start + size]) for start in range(0, len(events), size)]

        found = through_the_store(databases, cast, parts)

        assert differing(found, right) == [], json.dumps(parts)


def test_an_event_under_an_id_that_stands_twice_is_reckoned_anew_more_than_once(
    databases: Databases, cast: World
) -> None:
    """What a unit held becomes known in two steps; each replaces what was recorded of its use."""
    name = {"eventID": f"urn:uuid:{6:032x}"}
    made = {"inputEPCList": [UNIT], "inputQuantityList": goods(A), "outputQuantityList": goods(B)}
    unit: dict[str, Any] = {"type": "AggregationEvent", "parentID": UNIT, "bizLocation": at(SHOP)}
    told = [
        event(**name, bizStep="inspecting", quantityList=goods(B), bizLocation=at(SHOP)),
        {**name, "type": "TransformationEvent", "eventTime": "2026-01-14T08:00:00Z", **made, "bizLocation": at(FARM)},
        event(**unit, action="DELETE", eventID=f"urn:uuid:{2:032x}", eventTime="2026-01-16T08:00:00Z"),
        event(**unit, action="ADD", eventID=f"urn:uuid:{8:032x}", childQuantityList=goods("urn:x:lot:c")),
    ]  # fmt: skip

    found = through_the_store(databases, cast, [document([one]) for one in told])

    assert found["backward"][B] == [A, "urn:x:lot:c"]
    assert differing(found, by_itself(document(told))) == []


def test_what_was_taken_out_of_an_empty_unit_takes_the_place_of_another_event(
    databases: Databases, cast: World
) -> None:
    """It says nothing of goods, and is on record all the same: what it replaces is reached by no recall."""
    empty = {"type": "AggregationEvent", "action": "DELETE", "parentID": UNIT, "bizLocation": at(SHOP)}
    emptied = {**empty, "eventID": f"urn:uuid:{1:032x}", "eventTime": "2026-01-16T08:00:00Z"}
    made = {"inputQuantityList": goods(A), "outputQuantityList": goods(B), "bizLocation": at(FARM)}
    wrong = {"type": "TransformationEvent", "eventID": f"urn:uuid:{2:032x}", **made}
    wrong["eventTime"] = "2026-01-14T08:00:00Z"
    declaration = {"declarationTime": "2026-02-01T00:00:00Z", "reason": "incorrect_data"}
    declared = {**wrong, "errorDeclaration": {**declaration, "correctiveEventIDs": [emptied["eventID"]]}}
    orders = [[[emptied, declared], [wrong]], [[wrong], [declared], [emptied]], [[wrong, declared, emptied]]]

    for told in orders:
        right = by_itself(document([event for part in told for event in part]))

        found = through_the_store(databases, cast, [document(part) for part in told])

        assert right["recall"] == {A: [], B: []}
        assert differing(found, right) == []


def differing(found: Sets, right: Sets) -> list[tuple[str, str, object, object]]:
    """Where two answers differ: the question, the start, and both answers to it."""
    return [
        (way, start, found[way].get(start), right[way].get(start))
        for way in right
        for start in sorted(found[way].keys() | right[way])
        if found[way].get(start) != right[way].get(start)
    ]
