"""Acts that cannot be meant, over HTTP: every amount of every act, more than there is, and what is somebody else's."""

import json
from typing import Any

import pytest
from fastapi.testclient import TestClient

from conftest import ClientOf
from tracelot.rules.ids import new_id
from world import World

WHEN = "2026-09-20T10:00:00+08:00"
HEAD = {"content-type": "application/json"}
# As they stand in a body: JSON's own numbers, and what some writers send instead of them.
AMOUNTS = ["-1", "-0.0", "0", "0.0000001", "1.0000001", "1000000000", "1e9", "1e400", "-1e400", "1e-400", "NaN",
           "Infinity", "-Infinity", "9007199254740993", '"-1"', '"0x1"', '"1,5"', '"1e3"', '"NaN"', "true",
           "[1]", "{}"]  # fmt: skip
MOMENTS = [
    "0001-01-01T00:00:00Z",
    "1969-12-31T23:59:59Z",
    "2101-01-01T00:00:00Z",
    "2026-09-20T10:00:00+99:00",
    "2026-02-30T00:00:00Z",
    "2026-09-20",
    "",
    None,
    1e18,
]


@pytest.fixture
def program(program_of: ClientOf, world: World) -> TestClient:
    assert world.batch_id
    return program_of("zhenyang")


def acts(batch: object, product: object, other: object) -> dict[str, dict[str, Any]]:
    """Every act that takes or puts an amount of a batch; `?` stands for the amount."""
    goods = {"batch_id": str(batch), "quantity": "?", "unit": "bottle"}
    made = {"product_id": str(product), "code": "NEW-1", "quantity": "?", "unit": "bottle"}
    lines = {
        act: {"lines": [goods]} for act in ("sell", "sample", "lose", "destroy", "set_apart", "put_back")
    }
    return lines | {
        "ship": {"to": {"contact_id": str(other)}, "lines": [goods]},
        "return": {"to": {"contact_id": str(other)}, "lines": [goods]},
        "pack": {"carrier": {"code": "P-1"}, "lines": [goods]},
        "count": {"lines": [goods | {"result": "short"}]},
        "receive": {"contact_id": str(other), "lines": [goods]},
        "produce": {"outputs": [made]},
        "harvest": {"outputs": [made]},
        "landing": {"outputs": [made]},
        "transform": {"inputs": [goods], "outputs": [made | {"quantity": "1"}]},
        "initial_packing": {"inputs": [goods], "outputs": [made | {"quantity": "1"}]},
    }


def body_of(act: str, told: dict[str, Any], amount: str) -> bytes:
    sent = json.dumps({"act": act, "event_time": WHEN} | told)
    return sent.replace('"?"', amount).encode()


def contact_of(program: TestClient) -> str:
    return str(program.post("/api/v1/contacts", json={"name": "老店"}).json()["id"])


def test_no_act_takes_an_amount_that_is_none(program: TestClient, world: World) -> None:
    before = program.get("/api/v1/events").json()["total"]
    told = acts(world.batch_id, world.product_id, contact_of(program))
    for act, parts in told.items():
        for amount in AMOUNTS:
            answer = program.post("/api/v1/events", content=body_of(act, parts, amount), headers=HEAD)

            assert answer.status_code == 422, (act, amount, answer.text)
            raw = "e400" in amount or amount.strip("-") in ("NaN", "Infinity", "9007199254740993")
            assert bool(answer.json().get("errors")) != raw, (act, amount, answer.text)
    assert program.get("/api/v1/events").json()["total"] == before
    assert program.get("/api/v1/batches").json()["total"] == 1


def test_more_than_there_is_is_recorded_and_flagged_or_refused_as_the_firm_wants(
    program: TestClient, client_as: ClientOf, world: World
) -> None:
    batch, contact = world.batch_id, contact_of(program)
    told = {
        act: parts
        for act, parts in acts(batch, world.product_id, contact).items()
        if act not in ("receive", "produce", "harvest", "landing", "put_back")
    }
    for number, (act, parts) in enumerate(told.items()):
        told[act] = json.loads(
            json.dumps(parts).replace("NEW-1", f"NEW-{number}").replace("P-1", f"P-{number}")
        )
        answer = program.post("/api/v1/events", content=body_of(act, told[act], '"999999999"'), headers=HEAD)
        assert (answer.status_code, "overdrawn" in answer.json()["flags"]) == (201, True), (act, answer.text)
    settings = {"jurisdictions": ["CN"], "refuse_incomplete": False, "refuse_overdrawn": True}
    assert client_as("zhenyang").put("/api/v1/parties/me/books", json=settings).status_code == 200
    before = program.get("/api/v1/events").json()["total"]
    for act, parts in told.items():
        answer = program.post("/api/v1/events", content=body_of(act, parts, '"1"'), headers=HEAD)
        assert (answer.status_code, answer.json()["type"].rpartition("/")[2]) == (409, "overdrawn"), act

    assert program.get("/api/v1/events").json()["total"] == before
    for path in (f"stocks?batch={batch}", f"traces?batch={batch}&kind=recall"):
        assert program.get(f"/api/v1/{path}").status_code == 200
    assert program.get(f"/api/v1/batches/{batch}/balance").status_code == 200


def test_what_others_own_looks_like_nothing_to_every_act(
    program: TestClient, program_of: ClientOf, world: World
) -> None:
    there = program_of("guhuai")
    new = {"product_id": str(world.elsewhere_id), "code": "GH1", "production_date": "2026-09-15"}
    foreign = [
        there.post("/api/v1/batches", json=new).json()["id"],
        str(world.elsewhere_id),
        contact_of(there),
    ]
    own = [str(world.batch_id), str(world.product_id), contact_of(program)]
    for place in range(3):
        asked = []
        for name in (foreign[place], str(new_id())):
            ids = [name if number == place else one for number, one in enumerate(own)]
            asked.append(acts(*ids))
        for act in asked[0]:
            answers = [
                program.post("/api/v1/events", content=body_of(act, one[act], '"1"'), headers=HEAD).json()
                for one in asked
            ]
            if asked[0][act] == acts(*own)[act]:
                continue
            for one in answers:
                one.pop("instance", None)
            assert answers[0] == answers[1], act
            assert answers[0]["status"] == 422, (act, answers[0])


def test_no_act_happened_at_a_time_that_cannot_be(program: TestClient, world: World) -> None:
    told = acts(world.batch_id, world.product_id, contact_of(program))
    for moment in MOMENTS:
        for act, parts in told.items():
            sent = json.loads(body_of(act, parts, '"1"')) | {"event_time": moment}
            answer = program.post("/api/v1/events", json=sent)

            assert answer.status_code == 422, (act, answer.text)
            assert "#/event_time" in [one["pointer"] for one in answer.json()["errors"]], (act, answer.text)
