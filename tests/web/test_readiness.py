"""Readiness: true to the store, answered in bounded time, and one check for all who ask."""

import asyncio
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import Engine

from tracelot.records.database import connect
from tracelot.web.readiness import Readiness


@contextmanager
def stuck(store: str) -> Iterator[Engine]:
    """A store that takes a writer's word and never answers: somebody else holds what every writer needs."""
    engine = connect(store)
    with engine.connect().execution_options(writes=True) as connection, connection.begin():
        if engine.dialect.name == "postgresql":
            connection.exec_driver_sql("LOCK TABLE bucket IN ACCESS EXCLUSIVE MODE")
        yield engine
    engine.dispose()


def test_a_stuck_store_is_told_within_two_seconds_and_a_free_one_again(
    client: TestClient, store: str
) -> None:
    with stuck(store):
        began = time.monotonic()
        answer = client.get("/readyz")
        assert time.monotonic() - began < 2
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")
        assert answer.json()["type"].endswith("/problems/not-ready")
        began = time.monotonic()
        assert {client.get("/readyz").status_code for _ in range(20)} == {503}
        assert time.monotonic() - began < 2  # who asks after the first does not wait again
        assert client.get("/healthz").status_code == 200

    end = time.monotonic() + 20
    while client.get("/readyz").status_code != 200:
        assert time.monotonic() < end


def test_a_stuck_store_holds_up_no_other_page(client: TestClient, store: str) -> None:
    with stuck(store):
        asking = [threading.Thread(target=client.get, args=("/readyz",)) for _ in range(60)]
        for one in asking:
            one.start()
        began = time.monotonic()
        assert client.get("/about").status_code == 200
        assert time.monotonic() - began < 4  # a writer waits longer
        for one in asking:
            one.join()


def test_readiness_leaves_the_journal_as_it_was(client: TestClient, app: FastAPI) -> None:
    def stands() -> list[tuple[int, int]]:
        with app.state.engine.connect() as connection:
            return [
                tuple(row) for row in connection.exec_driver_sql("SELECT id, seq FROM bucket ORDER BY id")
            ]

    before = stands()
    assert client.get("/readyz").status_code == 200
    assert stands() == before


def test_a_server_that_is_about_to_stop_is_not_ready(client: TestClient, app: FastAPI) -> None:
    assert client.get("/readyz").status_code == 200
    app.state.readiness.leave()
    answer = client.get("/readyz")

    assert answer.status_code == 503
    assert answer.json()["type"].endswith("/problems/stopping")
    assert client.get("/recalls").status_code == 200  # it still answers whoever comes


@pytest.mark.parametrize("callers", [1, 200])
def test_many_who_ask_at_once_cost_one_check(callers: int) -> None:
    checks: list[float] = []

    async def all_ask(readiness: Readiness) -> list[bool]:
        first = await asyncio.gather(*(readiness.ask() for _ in range(callers)))
        return [*first, *await asyncio.gather(*(readiness.ask() for _ in range(callers)))]

    answers = asyncio.run(all_ask(Readiness(lambda: checks.append(time.monotonic()))))

    assert answers == [True] * (2 * callers)
    assert len(checks) == 1


def test_a_failure_is_forgotten_after_a_second() -> None:
    broken = [True]

    def check() -> None:
        if broken:
            broken.clear()
            raise OSError

    async def ask_until_ready() -> list[bool]:
        readiness, began, answers = Readiness(check), time.monotonic(), [False]
        while time.monotonic() - began < 0.5 or not answers[-1]:
            answers.append(await readiness.ask())
        assert time.monotonic() - began > 0.9  # nobody asked the store again before
        return answers

    answers = asyncio.run(ask_until_ready())
    assert set(answers[:-1]) == {False}
    assert answers[-1]
