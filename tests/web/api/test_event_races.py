"""Acts of many at once: one effect for an id, one receipt for a shipment, no deadlock, and sums that add up."""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from random import Random
from threading import Barrier
from typing import Any

import pytest
from fastapi import FastAPI
from sqlalchemy import Engine

from acts import WHEN
from conftest import Rounds
from keeping import all_rows
from serving import served
from tracelot.records.events import Event, Posting
from tracelot.records.shipments import Shipment
from tracelot.rules.ids import new_id
from tracelot.rules.places import batch_id
from wire import Answer, Caller, Sent
from world import World

TYPE = ("content-type", b"application/json")
Post = Callable[..., Sent]
Together = Callable[[list[Sent]], list[Answer]]


@pytest.fixture
def site(store: str) -> Iterator[str]:
    with served(store) as address:
        yield address


@pytest.fixture
def post(world: World) -> Post:
    def made(name: str, path: str, body: Any) -> Sent:
        bearer = ("authorization", f"Bearer {world.keys[name]}".encode())
        return Sent("POST", f"/api/v1{path}", (TYPE, bearer), json.dumps(body).encode())

    return made


@pytest.fixture
def together(site: str) -> Together:
    """Sends all at the same moment, each over a connection of its own."""

    def sent(requests: list[Sent]) -> list[Answer]:
        barrier = Barrier(len(requests))

        def go(one: Sent) -> Answer:
            caller = Caller(site)
            caller.ask(Sent("GET", "/healthz"))
            barrier.wait()
            answer = caller.ask(one)
            caller.hang_up()
            return answer

        with ThreadPoolExecutor(len(requests)) as pool:
            return list(pool.map(go, requests))

    return sent


def event(act: str, **given: Any) -> dict[str, Any]:
    return {"act": act, "event_time": WHEN.isoformat()} | given


def line(id_: object, quantity: int, unit: str = "kg") -> dict[str, Any]:
    return {"batch_id": str(id_), "quantity": str(quantity), "unit": unit}


def two_batches(together: Together, post: Post, world: World, number: int) -> list[str]:
    outputs = [
        {
            "product_id": str(world.product_id),
            "code": f"C{number}-{half}",
            "quantity": "100",
            "unit": "kg",
            "release": True,
        }
        for half in (1, 2)
    ]
    (answer,) = together([post("zhenyang", "/events", event("produce", outputs=outputs))])
    assert answer.status == 201, answer.body
    return [str(batch_id(world.product_id, f"C{number}-{half}")) for half in (1, 2)]


def test_two_halves_of_a_circle_meet_without_a_deadlock(
    together: Together, post: Post, world: World, engine: Engine, rounds: Rounds, app: FastAPI
) -> None:
    assert app
    for number in range(rounds(3, 40)):
        first, second = two_batches(together, post, world, number)

        def turn(source: str, target: str) -> Sent:
            out = {"batch_id": target, "quantity": "5", "unit": "kg"}
            return post(
                "zhenyang",
                "/events",
                event("transform", kind="rework", inputs=[line(source, 5)], outputs=[out]),
            )

        answers = together([turn(first, second), turn(second, first)] * 4)
        assert Counter(answer.status for answer in answers) == {201: 8}
        for batch in (first, second):
            rows = [row for row in all_rows(engine, Posting) if str(row.batch_id) == batch]
            assert sum(row.base_quantity * (1 if row.side == "put" else -1) for row in rows) == 100


def test_one_id_sent_by_many_at_once_has_one_effect(
    together: Together, post: Post, world: World, engine: Engine
) -> None:
    body = event("sell", id=str(new_id()), lines=[line(world.batch_id, 7, "bottle")])
    answers = together([post("zhenyang", "/events", body)] * 12)

    assert {answer.status for answer in answers} <= {201, 409}
    assert sum(answer.status == 201 for answer in answers) >= 1
    assert len({answer.body for answer in answers if answer.status == 201}) == 1
    assert len(all_rows(engine, Event, act="sell")) == 1


def test_a_shipment_confirmed_by_many_at_once_is_received_once(
    together: Together, post: Post, world: World, engine: Engine, rounds: Rounds
) -> None:
    place = {"name_zh": "库", "address_zh": "路1号", "region_code": "411723"}
    together([post("guhuai", "/facilities", place)])
    for number in range(rounds(2, 20)):
        to = {"party_id": str(world.parties["guhuai"])}
        ship = event("ship", id=str(new_id()), to=to, lines=[line(world.batch_id, 10, "bottle")])
        assert together([post("zhenyang", "/events", ship)])[0].status == 201
        way = f"/shipments/{ship['id']}"
        answers = together(
            [
                post("guhuai", f"{way}/confirm", {"id": str(new_id()), "event_time": WHEN.isoformat()})
                for _ in range(6)
            ]
            + [post("guhuai", f"{way}/reject", {"event_time": WHEN.isoformat(), "reason": "破损"})] * 2
        )

        assert Counter(answer.status for answer in answers) == {200: 1, 409: 7}
        taken = [row for row in all_rows(engine, Posting, side="take") if row.place.startswith("lane:")]
        assert len(taken) == number + 1
        assert {row.status for row in all_rows(engine, Shipment)} <= {"received", "rejected", "in_transit"}


def test_a_hold_and_sales_at_once_leave_no_sale_after_the_hold(
    together: Together, post: Post, world: World, engine: Engine, random: Random
) -> None:
    now = event("sell", lines=[line(world.batch_id, 1, "bottle")]) | {"event_time": _now()}
    sales = [post("zhenyang", "/events", now) for _ in range(10)]
    hold = post("zhenyang", f"/batches/{world.batch_id}/hold", {"reason": "复检"})
    mixed = [*sales, hold]
    random.shuffle(mixed)
    answers = together(mixed)
    sold = sum(answer.status == 201 for answer in answers)

    assert {answer.status for answer in answers} <= {200, 201, 409}
    assert len(all_rows(engine, Event, act="sell")) == sold
    late = together([post("zhenyang", "/events", now | {"event_time": _now()})])
    assert late[0].status == 409
    rows = all_rows(engine, Posting, batch_id=world.batch_id, side="take")
    assert sum((row.base_quantity for row in rows), Decimal(0)) == sold


def _now() -> str:
    from datetime import UTC, datetime  # noqa: PLC0415

    return datetime.now(UTC).isoformat()
