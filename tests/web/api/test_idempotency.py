"""Sending again, sending at once, and acting on what one has read."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import Engine, event, func
from sqlalchemy.exc import OperationalError
from sqlmodel import Session, select

from conftest import ClientOf
from tracelot.records.batches import Batch
from tracelot.records.journal import JournalEntry
from tracelot.records.outbox import KeptAnswer
from world import World

URL = "/api/v1/batches"


def body(world: World, **given: Any) -> dict[str, Any]:
    start = {"product_id": str(world.product_id), "code": "I1", "production_date": "2026-09-15"}
    return start | given


def count(engine: Engine, model: Any) -> int:
    with Session(engine) as session:
        return int(session.exec(select(func.count()).select_from(model)).one())


def test_the_same_key_gets_the_same_answer_and_one_effect(
    program_of: ClientOf, world: World, engine: Engine
) -> None:
    program = program_of("zhenyang")
    first = program.post(URL, json=body(world), headers={"idempotency-key": "k1"})
    entries = count(engine, JournalEntry)
    again = program.post(URL, json=body(world), headers={"idempotency-key": "k1"})

    assert (first.status_code, again.status_code) == (201, 201)
    assert first.content == again.content
    assert first.headers["location"] == again.headers["location"]
    assert first.headers["etag"] == again.headers["etag"]
    assert again.headers["idempotency-replayed"] == "true"
    assert count(engine, JournalEntry) == entries


def test_the_same_key_with_another_body_is_refused(program_of: ClientOf, world: World) -> None:
    program = program_of("zhenyang")
    program.post(URL, json=body(world), headers={"idempotency-key": "k1"})
    other = program.post(URL, json=body(world, code="I2"), headers={"idempotency-key": "k1"})

    assert (other.status_code, other.json()["type"].rpartition("/")[2]) == (422, "key-reused")


def test_keys_of_two_callers_do_not_meet(program_of: ClientOf, world: World) -> None:
    first = program_of("zhenyang").post(URL, json=body(world), headers={"idempotency-key": "k1"})
    other = body(world) | {"product_id": str(world.elsewhere_id)}
    second = program_of("guhuai").post(URL, json=other, headers={"idempotency-key": "k1"})

    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json()["id"] != second.json()["id"]


def test_a_refusal_is_not_kept(program_of: ClientOf, world: World, engine: Engine) -> None:
    program = program_of("zhenyang")
    refused = program.post(URL, json=body(world, code=world.code), headers={"idempotency-key": "k1"})
    mended = program.post(URL, json=body(world), headers={"idempotency-key": "k1"})

    assert (refused.status_code, mended.status_code) == (409, 201)
    assert count(engine, KeptAnswer) == 1


@pytest.mark.parametrize("key", ["", "x" * 201, "a\tb"])
def test_a_key_that_is_none_is_refused(program_of: ClientOf, world: World, key: str) -> None:
    answer = program_of("zhenyang").post(URL, json=body(world), headers={"idempotency-key": key})

    assert answer.json()["type"].rpartition("/")[2] == "bad-idempotency-key"


def test_twenty_at_once_with_one_key_have_one_effect(
    program_of: ClientOf, world: World, engine: Engine
) -> None:
    program = program_of("zhenyang")
    before = count(engine, Batch)

    def send(_: int) -> tuple[int, bytes]:
        answer = program.post(URL, json=body(world), headers={"idempotency-key": "k1"})
        return answer.status_code, answer.content

    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(send, range(20)))

    assert {status for status, _ in answers} == {201}
    assert len({content for _, content in answers}) == 1
    assert count(engine, Batch) == before + 1


def test_an_outdated_etag_is_refused_and_changes_nothing(program_of: ClientOf, world: World) -> None:
    program = program_of("zhenyang")
    address = f"{URL}/{world.batch_id}"
    seen = program.get(address).headers["etag"]
    held = program.post(f"{address}/hold", json={"reason": "送检"}, headers={"if-match": seen})
    late = program.post(f"{address}/release", headers={"if-match": seen})

    assert (held.status_code, late.status_code) == (200, 412)
    assert program.get(address).json()["status"] == "held"


@pytest.mark.parametrize("tag", ["abc", '"１"', '"99999999999"'])
def test_an_etag_that_was_never_given_out_is_refused(program_of: ClientOf, world: World, tag: str) -> None:
    answer = program_of("zhenyang").post(
        f"{URL}/{world.batch_id}/hold", json={"reason": "送检"}, headers={"if-match": tag.encode()}
    )

    assert answer.status_code == 422


@pytest.fixture
def failing_commit(app: FastAPI) -> Iterator[list[int]]:
    """A store whose disk refuses: every COMMIT of a writer fails as long as the list is not empty."""
    failing: list[int] = []

    def fail(connection: Any) -> None:
        if failing and connection.get_execution_options().get("writes"):
            connection.connection.rollback()  # a COMMIT that fails leaves nothing open
            raise OperationalError("COMMIT", {}, OSError("No space left on device"))

    event.listen(app.state.engine, "commit", fail)
    yield failing
    event.remove(app.state.engine, "commit", fail)


def test_a_commit_that_fails_is_never_told_as_success(
    program_of: ClientOf, world: World, engine: Engine, failing_commit: list[int]
) -> None:
    program = program_of("zhenyang")
    before = count(engine, Batch)
    failing_commit.append(1)
    failed = program.post(URL, json=body(world), headers={"idempotency-key": "k1"})
    failing_commit.clear()

    assert failed.status_code == 503
    assert failed.headers["retry-after"]
    assert count(engine, Batch) == before
    assert program.post(URL, json=body(world), headers={"idempotency-key": "k1"}).status_code == 201


def test_a_body_is_told_in_problems_that_never_repeat_it(program_of: ClientOf, world: World) -> None:
    marker = "Zq7MARKER"
    answer = program_of("zhenyang").post(
        URL, json=body(world, kind=marker, code=marker + " " * 30, production_date=marker)
    )

    problem = answer.json()
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert {"type", "title", "status", "detail", "instance", "errors"} <= set(problem)
    assert {error["pointer"] for error in problem["errors"]} == {"#/kind", "#/code", "#/production_date"}
    assert marker not in str([error for error in problem["errors"] if error["pointer"] != "#/code"])


def test_a_stranger_is_asked_who_they_are(client: TestClient, world: World) -> None:
    answer = client.post(URL, json=body(world))

    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")


def test_what_belongs_to_another_firm_is_not_there(program_of: ClientOf, world: World) -> None:
    absent = program_of("guhuai").get(f"{URL}/00000000-0000-7000-8000-000000000000")
    foreign = program_of("guhuai").get(f"{URL}/{world.batch_id}")

    assert (absent.status_code, foreign.status_code) == (404, 404)
    assert absent.json() | {"instance": ""} == foreign.json() | {"instance": ""}
