"""Bodies of requests: bounded in size, time and memory; JSON and forms bounded in what they hold."""

import asyncio
import json
from collections.abc import Iterable

import pytest
from fastapi.testclient import TestClient
from starlette.types import Message, Receive

from conftest import ClientOf
from tracelot.rules.refusals import Unfit
from tracelot.web.bodies import MOST_BYTES, SMALL, Bodies, Gone, TurnedAway
from tracelot.web.jsonguard import MOST_VALUES, check_json


def sending(parts: Iterable[bytes], *, ends: bool = True) -> Receive:
    """A client that sends the parts, and then is done or silent."""
    messages = [{"type": "http.request", "body": part, "more_body": True} for part in parts]
    left = iter([*messages, {"type": "http.request", "body": b"", "more_body": False}] if ends else messages)

    async def receive() -> Message:
        for message in left:
            return message
        await asyncio.Event().wait()
        raise AssertionError

    return receive


async def read(bodies: Bodies, receive: Receive) -> bytes:
    async with bodies.arrived(receive) as whole:
        return bytes((await whole())["body"])


def test_a_body_arrives_in_one_piece() -> None:
    assert asyncio.run(read(Bodies(), sending([b"a", b"", b"bc"]))) == b"abc"


def test_a_body_that_does_not_end_is_not_waited_for() -> None:
    with pytest.raises(TurnedAway) as refused:
        asyncio.run(read(Bodies(seconds=0.05), sending([b"a"], ends=False)))
    assert (refused.value.status, refused.value.closes) == (408, True)


@pytest.mark.parametrize(
    "parts", [[b"x" * (MOST_BYTES + 1)], [b"x" * SMALL] * 17], ids=["at once", "in parts"]
)
def test_a_body_beyond_the_bound_is_refused(parts: list[bytes]) -> None:
    with pytest.raises(TurnedAway) as refused:
        asyncio.run(read(Bodies(), sending(parts)))
    assert refused.value.status == 413


def test_a_body_of_just_the_bound_is_taken() -> None:
    assert len(asyncio.run(read(Bodies(), sending([b"x" * MOST_BYTES])))) == MOST_BYTES


def test_a_client_that_hangs_up_is_not_answered() -> None:
    async def receive() -> Message:
        return {"type": "http.disconnect"}

    with pytest.raises(Gone):
        asyncio.run(read(Bodies(), receive))


def test_large_bodies_share_their_memory_and_small_ones_always_have_room() -> None:
    async def all_at_once() -> None:
        bodies = Bodies(shared=2 * SMALL)
        async with bodies.arrived(sending([b"x" * 3 * SMALL])):
            assert await read(bodies, sending([b"x" * SMALL])) == b"x" * SMALL
            with pytest.raises(TurnedAway) as refused:
                await read(bodies, sending([b"x" * SMALL, b"x"]))
            assert refused.value.status == 503
        assert len(await read(bodies, sending([b"x" * 3 * SMALL]))) == 3 * SMALL

    asyncio.run(all_at_once())


def test_refused_bodies_give_their_memory_back() -> None:
    async def one_after_another() -> None:
        bodies = Bodies(seconds=0.05, shared=2 * SMALL)
        for _ in range(3):
            with pytest.raises(TurnedAway):
                await read(bodies, sending([b"x" * 2 * SMALL], ends=False))
            with pytest.raises(TurnedAway):
                await read(bodies, sending([b"x" * 4 * SMALL]))
        assert len(await read(bodies, sending([b"x" * 3 * SMALL]))) == 3 * SMALL

    asyncio.run(one_after_another())


# What a body may hold


@pytest.mark.parametrize(
    "text",
    [
        json.dumps([0] * MOST_VALUES),
        json.dumps({str(number): 0 for number in range(MOST_VALUES)}),
        json.dumps({"a": '[{,"\\' * 20_000}),
        json.dumps([[[0] * 100] * 90]),
        "[" * 32 + "]" * 32,
    ],
    ids=["list", "object", "text that looks like JSON", "nested", "deep"],
)
def test_large_bodies_that_are_sound_pass(text: str) -> None:
    check_json(text.encode())


@pytest.mark.parametrize(
    "text",
    [
        json.dumps([0] * (MOST_VALUES + 1)),
        json.dumps([[]] * (MOST_VALUES // 2 + 1)),
        json.dumps({str(number): 0 for number in range(MOST_VALUES + 1)}),
        "[" * 33 + "]" * 33,
        '"' + "\\" * 1_000_001,
        '{"a":"' + "x" * 1_000_000,
        '["' + '\\"' * 500_000,
        "1" * 1_000_000,
        "1e" + "9" * 1000,
        '{"a":1,"a":1}',
        '{"a":{"b":1,"\\u0062":2}}',
    ],
    ids=[str(number) for number in range(11)],
)
def test_bodies_that_would_cost_too_much_or_mean_two_things_are_refused(text: str) -> None:
    with pytest.raises(Unfit) as refused:
        check_json(text.encode())
    assert refused.value.kind == "unreadable-json"


def test_too_many_values_are_a_problem_and_not_a_long_wait(program_of: ClientOf) -> None:
    body = b'{"a":[' + b"1," * 500_000 + b"1]}"
    answer = program_of("zhenyang").post(
        "/api/v1/batches", content=body, headers={"content-type": "application/json"}
    )
    assert (answer.status_code, answer.json()["type"].rpartition("/")[2]) == (422, "unreadable-json")


@pytest.mark.parametrize("body", [b"&" * 1_000_000, b"a=&" * 300, b"a" + b"&a" * 300])
def test_a_form_of_too_many_fields_is_not_parsed(client: TestClient, body: bytes) -> None:
    answer = client.post(
        "/sign-up", content=body, headers={"content-type": "application/x-www-form-urlencoded"}
    )
    assert answer.status_code == 400
