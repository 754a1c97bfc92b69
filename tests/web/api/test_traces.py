"""Traces over HTTP: what is refused and at which field, pages, and graphs made to hurt."""

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import Engine

from conftest import ClientOf
from diaries import Diary
from stored import batch_name, written_for
from tracelot.rules.ids import new_id
from tracelot.rules.places import batch_id
from world import World

PATH = "/api/v1/traces"
WHEN = "2026-09-20T10:00:00+08:00"


def kind_of(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json().get("type", "").rpartition("/")[2]


@pytest.fixture
def program(program_of: ClientOf, world: World) -> TestClient:
    assert world.batch_id
    return program_of("zhenyang")


def test_a_trace_of_an_own_batch(program: TestClient, world: World) -> None:
    answer = program.get(PATH, params={"batch": str(world.batch_id), "direction": "both", "edges": "1"})
    told = answer.json()

    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    assert [one["direction"] for one in told["items"]] == ["forward", "backward"]
    (held,) = told["items"][0]["on_hand"]
    assert (held["least"], held["most"], held["unit"]) == ("5000", "5000", "bottle")
    assert told["upstream"] == {"tiers": 0, "complete": True, "shared": []}
    assert told["complete"] is True


def test_any_written_code_is_a_start(program: TestClient, world: World) -> None:
    link = f"https://id.gs1.org/01/{world.gtin}/10/{world.code}"
    for text in (world.code, f"(01){world.gtin}(10){world.code}", link):
        answer = program.get(PATH, params={"code": text})

        assert answer.status_code == 200, answer.text
        assert answer.json()["items"][0]["batch"]["id"] == str(world.batch_id)


BAD: list[tuple[dict[str, Any], int, str]] = [
    ({}, 422, "one-start"),
    ({"batch": "{own}", "code": "X"}, 422, "one-start"),
    ({"batch": "{own}", "since": "2026-09-01T00:00:00Z"}, 422, "window-needs-facility"),
    ({"facility": "{place}"}, 422, "window-needed"),
    (
        {"facility": "{place}", "since": "2026-09-02T00:00:00Z", "until": "2026-09-01T00:00:00Z"},
        422,
        "window-backwards",
    ),
    ({"facility": "{place}", "since": "2026-09-02", "until": "soon"}, 422, ""),
    ({"batch": "nonsense"}, 422, ""),
    ({"batch": "{own}", "depth": "0"}, 422, ""),
    ({"batch": "{own}", "depth": "-1"}, 422, ""),
    ({"batch": "{own}", "depth": "9" * 30}, 422, ""),
    ({"batch": "{own}", "depth": "1e2"}, 422, ""),
    ({"batch": "{own}", "as_of": "2026-09-01"}, 422, ""),
    ({"batch": "{own}", "as_of": "2026-09-01T00:00:00"}, 422, ""),
    ({"batch": "{own}", "direction": "sideways"}, 422, ""),
    ({"batch": "{own}", "kind": "guess"}, 422, ""),
    ({"batch": "{own}", "limit": "0"}, 422, ""),
    ({"batch": "{own}", "cursor": "abc"}, 422, "bad-cursor"),
    ({"batch": ["{new}"] * 1_000}, 422, ""),
    ({"batch": "{new}"}, 404, "unknown-batch"),
    ({"code": "(01)09520001000027(10)NONE"}, 404, "unknown-batch"),
    ({"code": "%00"}, 404, "unknown-batch"),
    ({"shipment": "{new}"}, 404, "unknown-shipment"),
    ({"unit": "{new}"}, 404, "unknown-unit"),
    (
        {"facility": "{new}", "since": "2026-09-01T00:00:00Z", "until": "2026-09-02T00:00:00Z"},
        404,
        "unknown-facility",
    ),
]


def test_what_cannot_be_meant_is_refused(program: TestClient, world: World) -> None:
    def filled(text: str) -> str:
        return text.format(own=world.batch_id, place=world.facility_id, new=new_id())

    wrong = []
    for asked, status, kind in BAD:
        params = {
            name: [filled(one) for one in value] if isinstance(value, list) else filled(value)
            for name, value in asked.items()
        }
        answer = program.get(PATH, params=params)
        if answer.status_code != status or (kind and kind_of(answer)[1] != kind):
            wrong.append((asked.keys(), status, kind, answer.status_code, answer.text[:200]))

    assert wrong == []


def test_a_stranger_s_batch_and_none_look_alike(program_of: ClientOf, world: World) -> None:
    stranger = program_of("guhuai")
    for path in (f"{PATH}?batch={{}}", "/api/v1/batches/{}/balance"):
        answers = [stranger.get(path.format(id_)) for id_ in (world.batch_id, new_id())]
        assert [one.status_code for one in answers] == [404, 404]
        bodies = [{**one.json(), "instance": ""} for one in answers]
        assert bodies[0] == bodies[1]


def test_a_cursor_belongs_to_its_question_and_its_party(
    program: TestClient, program_of: ClientOf, world: World
) -> None:
    asked = {"batch": str(world.batch_id), "direction": "both", "limit": "1"}
    first = program.get(PATH, params=asked).json()
    second = program.get(PATH, params=asked | {"cursor": first["cursor"]}).json()
    other = program.get(PATH, params=asked | {"kind": "recall", "cursor": first["cursor"]})

    assert (len(first["items"]), len(second["items"]), second["cursor"]) == (1, 1, None)
    assert first["total"] == second["total"] == 2
    assert kind_of(other) == (422, "bad-cursor")


def test_an_office_s_trace_is_remembered(client_as: ClientOf, world: World) -> None:
    office = client_as("county")
    assert office.get(PATH, params={"batch": str(world.batch_id)}).status_code == 200
    entries = office.get("/api/v1/journal?limit=200").json()
    told = [json.loads(one["record"]) for one in entries if one["act"] == "trace.read"]

    assert told[-1]["batches"] == [str(world.batch_id)]
    assert told[-1]["parties"] == [str(world.parties["zhenyang"])]
    assert client_as("site").get(PATH, params={"batch": str(world.batch_id)}).status_code == 403


def test_a_circle_that_two_writers_make_at_once_is_legal_and_ends(program: TestClient, world: World) -> None:
    codes = ["CIRCLE-1", "CIRCLE-2"]
    made = {"act": "produce", "event_time": WHEN, "facility_id": str(world.facility_id)}
    for code in codes:
        outputs = [{"product_id": str(world.product_id), "code": code, "quantity": "10", "unit": "bottle"}]
        assert program.post("/api/v1/events", json=made | {"outputs": outputs}).status_code == 201
    ids = [str(batch_id(world.product_id, code)) for code in codes]

    def half(number: int) -> int:
        goods = {"quantity": "1", "unit": "bottle"}
        event = made | {
            "act": "transform",
            "inputs": [{"batch_id": ids[number]} | goods],
            "outputs": [{"product_id": str(world.product_id), "code": codes[1 - number]} | goods],
        }
        return program.post("/api/v1/events", json=event).status_code

    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(half, (0, 1))) == [201, 201]
    for start in ids:
        told = program.get(PATH, params={"batch": start, "direction": "both", "kind": "recall"}).json()
        assert [one["batch"]["id"] for one in told["items"] if one["distance"] == 0] == [start, start]
        assert {one["batch"]["id"] for one in told["items"]} == set(ids)
        assert told["complete"] is True


# --- graphs made to hurt -----------------------------------------------------------------------------------


def diamond(layers: int) -> Diary:
    """Each layer mixes both goods of the one before into both of its own: 2 to the power of its depth ways."""
    diary = Diary()
    diary.produce("b0", "A")
    diary.transform({("b0", "A"): 1}, {("l1", "A"): 1, ("r1", "A"): 1})
    for number in range(1, layers):
        both = {(f"l{number}", "A"): 1, (f"r{number}", "A"): 1}
        for side in "lr":
            diary.transform(both, {(f"{side}{number + 1}", "A"): 1})
    return diary


def star(size: int) -> Diary:
    diary = Diary()
    diary.produce("b0", "A")
    for number in range(size):
        diary.transform({("b0", "A"): 1}, {(f"s{number}", "A"): 1})
    return diary


def chain(size: int) -> Diary:
    diary = Diary()
    diary.produce("b0", "A")
    for number in range(size):
        diary.transform({(f"b{number}", "A"): 1}, {(f"b{number + 1}", "A"): 1})
    return diary


@pytest.mark.parametrize(
    ("diary", "reached", "complete"),
    [
        (diamond(60), 121, True),
        (star(2000), 2001, True),
        (chain(150), 151, True),
        (chain(400), 202, False),
    ],
    ids=["diamond", "star", "chain", "long chain"],
)
def test_graphs_made_to_hurt_have_an_answer_or_a_clean_limit(
    app: FastAPI,
    engine: Engine,
    program: TestClient,
    world: World,
    diary: Diary,
    reached: int,
    complete: bool,
) -> None:
    app.state.memory.close()  # from the store alone
    written_for(engine, diary.book(), world.parties["zhenyang"])

    answer = program.get(PATH, params={"batch": str(batch_name("b0")), "kind": "recall", "limit": "200"})
    told = answer.json()

    assert answer.status_code == 200
    assert (told["total"], told["complete"]) == (reached, complete)
    assert told["reason"] == (None if complete else "budget")
