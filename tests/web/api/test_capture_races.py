"""Documents that many capture at once: one effect for an event, one line for a transformation, no deadlock."""

import json
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from random import Random
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import Engine

from captured import document, own_names, reached, read_back
from conftest import Rounds
from epcis_events import NOW
from epcis_worlds import random_events
from keeping import all_rows
from serving import served
from tracelot.formats.epcis import read_epcis
from tracelot.records.captures import CapturedEvent
from tracelot.records.events import Event
from wire import Answer, Caller, Sent
from world import World

TYPE = ("content-type", b"application/json")


@pytest.fixture
def site(store: str) -> Iterator[str]:
    with served(store) as address:
        yield address


def together(site: str, world: World, parts: list[Any]) -> list[Answer]:
    """All parts at the same moment, each over a connection of its own; one of too many comes again."""
    barrier = Barrier(len(parts))
    bearer = ("authorization", f"Bearer {world.keys['zhenyang']}".encode())

    def go(part: Any) -> Answer:
        caller = Caller(site)
        caller.ask(Sent("GET", "/healthz"))
        barrier.wait()
        sent = Sent("POST", "/api/v1/events/epcis", (TYPE, bearer), json.dumps(part).encode())
        answer = caller.ask(sent)
        while answer.status in (429, 503):
            answer = caller.ask(sent)
        caller.hang_up()
        return answer

    with ThreadPoolExecutor(len(parts)) as pool:
        return list(pool.map(go, parts))


def test_one_document_captured_by_many_at_once_has_one_effect(
    site: str, engine: Engine, world: World, random: Random
) -> None:
    told = document(random_events(random))
    answers = together(site, world, [told] * 6)
    events = {json.dumps(one, sort_keys=True) for one in told["epcisBody"]["eventList"]}

    assert Counter(answer.status for answer in answers) == {201: 6}
    assert len({answer.body for answer in answers}) == 1
    assert len(all_rows(engine, CapturedEvent)) == len(events)


def test_parts_captured_at_once_give_the_answers_of_the_whole(
    site: str, engine: Engine, world: World, random: Random, rounds: Rounds
) -> None:
    told: list[Any] = []
    for number in range(rounds(2, 20)):
        events = random_events(random)
        for one in events:
            one["eventID"] += f":{number}"
            named = one.get("errorDeclaration", {}).get("correctiveEventIDs", [])
            named[:] = [f"{name}:{number}" for name in named]
        told += events
        size = max(1, len(events) // 4)
        parts = [document(events[start : start + size]) for start in range(0, len(events), size)]
        assert Counter(answer.status for answer in together(site, world, parts)) == {201: len(parts)}

    pure = read_epcis(document(told), NOW).book
    assert reached(*read_back(engine)) == reached(pure, own_names(pure))
    assert all_rows(engine, Event)
