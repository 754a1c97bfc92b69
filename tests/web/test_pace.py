"""How often, how much and how long: guesses, requests of the API, bodies, and waiting for a hash."""

import statistics
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from httpx2 import Response
from sqlalchemy import Engine

from builders import PASSWORD
from conftest import BASE, ClientOf
from tracelot.operations.working import writing
from tracelot.settings import Settings
from tracelot.web import pace, places
from tracelot.web.app import build
from world import World

WRONG = "guess-number-001"
ENGLISH = {"accept-language": "en"}
Guess = Callable[..., Response]


@pytest.fixture
def guess(client: TestClient, world: World) -> Guess:
    """`guess(login=…)`: somebody tries a password, from an address that they may choose."""

    def tried(login: str | None = None, password: str = WRONG, **more: Any) -> Response:
        form = {"login": login or world.logins["zhenyang"], "password": password}
        return client.post("/sign-in", data=form, headers=ENGLISH, **more)

    return tried


@contextmanager
def another(store: str, **settings: Any) -> Iterator[TestClient]:
    """Another process of the site on the same store; it knows nothing of this one's memory."""
    app = build(Settings(database_url=store, public_url=BASE, worker=False, **settings))
    pace.meter.cache_clear()
    with TestClient(app, base_url=BASE, follow_redirects=False) as client:
        yield client
    app.state.engine.dispose()


# Guesses


def guessed_too_often(ask: Callable[[int], Response]) -> list[Response]:
    """All answers up to the first that says so; a slow machine gives some time to refill."""
    answers = [ask(0)]
    while answers[-1].status_code != 429:
        answers.append(ask(len(answers)))
        assert len(answers) < 200
    return answers


def test_one_address_may_guess_so_often_whatever_the_account(guess: Guess) -> None:
    answers = guessed_too_often(lambda number: guess(login=f"person{number}@nowhere.test"))
    assert len(answers) > 20
    assert {answer.status_code for answer in answers[:-1]} == {422}
    assert int(answers[-1].headers["retry-after"]) >= 1
    assert "Too many requests" in answers[-1].text


def test_an_address_that_guessed_too_often_is_told_so_without_the_store(guess: Guess, engine: Engine) -> None:
    for _ in range(pace.PACES["sign-in"].most):
        pace.meter().take("sign-in", "", pace.PACES["sign-in"])
    with writing(engine):  # on SQLite nobody else could write now, nor wait for it without end
        began = time.monotonic()
        assert guess().status_code == 429
        assert time.monotonic() - began < 2


def test_guesses_at_an_account_are_counted_by_all_processes_together(
    guess: Guess, store: str, world: World
) -> None:
    assert [guess().status_code for _ in range(5)] == [422] * 5
    form = {"login": world.logins["zhenyang"].upper(), "password": "guess-number-002"}
    with another(store) as elsewhere:
        answers = [elsewhere.post("/sign-in", data=form).status_code for _ in range(6)]
    assert answers == [422] * 5 + [429]


def test_the_owner_s_own_slips_are_forgotten_once_they_are_in(guess: Guess) -> None:
    for _ in range(2):
        assert [guess().status_code for _ in range(8)] == [422] * 8
        pace.meter.cache_clear()
        assert guess(password=PASSWORD).status_code == 303


def test_a_known_and_an_unknown_account_cannot_be_told_apart(guess: Guess, world: World) -> None:
    tries: dict[str, list[tuple[int, list[str]]]] = {"nobody@trace.test": [], world.logins["zhenyang"]: []}
    seconds: dict[str, list[float]] = {login: [] for login in tries}
    for _ in range(12):
        pace.meter.cache_clear()
        for login, seen in tries.items():
            began = time.perf_counter()
            answer = guess(login=login)
            seconds[login].append(time.perf_counter() - began)
            seen.append((answer.status_code, sorted(answer.headers)))
    unknown, known = tries.values()
    assert unknown == known
    assert [status for status, _ in known] == [422] * 10 + [429] * 2
    slow, fast = sorted((statistics.median(each[1:10]) for each in seconds.values()), reverse=True)
    assert slow < 2.5 * fast


def test_who_changes_a_password_guesses_at_the_old_one(client_as: ClientOf, guess: Guess) -> None:
    browser = client_as("zhenyang")
    form = {"old": "not the present one", "password": "an altogether new one"}
    answers = [browser.post("/settings/password", data=form).status_code for _ in range(11)]
    assert answers == [422] * 10 + [429]
    assert guess(password=PASSWORD).status_code == 429


def test_every_address_that_is_paced_is_one_of_the_site(app: FastAPI, client: TestClient) -> None:
    for address, kind in pace.PACED.items():
        path = f"{address}some-secret" if address.endswith("/") else address
        assert kind in pace.PACES
        answer = client.post(path, headers=ENGLISH)
        assert answer.status_code != 405
        assert answer.status_code != 404 or "This link" in answer.text  # a secret was looked for


@pytest.mark.parametrize(
    ("client_address", "counted_as"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("2001:db8:1:2:aaaa::1", "2001:db8:1:2::"),
        ("2001:db8:1:2:bbbb:cccc:dddd:eeee", "2001:db8:1:2::"),
        ("2001:db8:1:3::1", "2001:db8:1:3::"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("unix:", ""),
        ("203.0.113.9, 1", ""),
    ],
)
def test_an_address_is_counted_by_its_network(client_address: str, counted_as: str) -> None:
    assert pace.address_of({"client": (client_address, 1)}) == counted_as


def test_a_flood_is_told_no_in_a_line(guess: Guess) -> None:
    answers = [guess(login=f"person{number}@nowhere.test") for number in range(40)]
    plain = [answer for answer in answers if answer.headers["content-type"].startswith("text/plain")]
    assert plain
    for answer in plain:
        assert answer.status_code == 429
        assert answer.text.splitlines() == ["请求过于频繁，请稍候。", "Too many requests; wait a little."]
        assert "default-src 'none'" in answer.headers["content-security-policy"]


# Hashing


@contextmanager
def all_places_taken(app: FastAPI, client: TestClient) -> Iterator[None]:
    """Somebody else hashes, for as long as the block lasts."""
    assert client.portal is not None
    for _ in range(places.HASHED_AT_ONCE):
        client.portal.call(app.state.hashing.acquire)
    yield
    for _ in range(places.HASHED_AT_ONCE):
        client.portal.call(app.state.hashing.release)  # type: ignore[arg-type]


def test_while_a_password_waits_to_be_hashed_others_write_and_read(
    app: FastAPI, client: TestClient, guess: Guess, program_of: ClientOf, world: World
) -> None:
    found: list[Response] = []
    signing_in = threading.Thread(target=lambda: found.append(guess(password=PASSWORD)))
    with all_places_taken(app, client):
        signing_in.start()
        held = program_of("zhenyang").post(f"/api/v1/batches/{world.batch_id}/hold", json={"reason": "送检"})
        assert held.status_code == 200
        assert client.get("/recalls").status_code == 200
        assert not found
    signing_in.join(20)
    assert found[0].status_code == 303


def test_nobody_waits_for_a_hash_without_end(
    app: FastAPI, client: TestClient, guess: Guess, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(places, "SECONDS_FOR_A_HASH", 0.2)
    with all_places_taken(app, client):
        answer = guess(password=PASSWORD)
    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) >= 1
    assert "The site is busy" in answer.text
    assert guess(password=PASSWORD).status_code == 303


# The API


def policy(answer: Response) -> tuple[str, int, int]:
    """The policy that an answer tells, what is left, and for how many seconds."""
    left, seconds = answer.headers["ratelimit"].removeprefix('"api";r=').split(";t=")
    return answer.headers["ratelimit-policy"], int(left), int(seconds)


@pytest.fixture
def hurried(store: str) -> Iterator[TestClient]:
    """A site where a caller has five requests a minute."""
    with another(store, api_pace=5) as client:
        yield client


def test_every_answer_of_the_api_tells_the_pace(hurried: TestClient, world: World) -> None:
    head = {"authorization": f"Bearer {world.keys['zhenyang']}"}
    answers = [
        hurried.get("/api/v1/batches", headers=head),
        hurried.get(f"/api/v1/batches/{world.product_id}", headers=head),
        hurried.post("/api/v1/batches", headers=head, json={}),
        hurried.post("/api/v1/batches", headers=head | {"content-type": "application/json"}, content=b"["),
    ]
    assert [answer.status_code for answer in answers] == [200, 404, 422, 422]
    assert [policy(answer) for answer in answers] == [
        ('"api";q=5;w=60', 4 - number, 12 * (number + 1)) for number in range(4)
    ]


def test_a_caller_in_a_hurry_is_told_when_to_come_back(hurried: TestClient, world: World) -> None:
    head = {"authorization": f"Bearer {world.keys['zhenyang']}"}
    answers = [hurried.get("/api/v1/batches", headers=head) for _ in range(6)]
    assert [answer.status_code for answer in answers] == [200] * 5 + [429]
    refused = answers[-1]
    assert refused.headers["content-type"] == "application/problem+json"
    assert refused.json()["type"].endswith("/problems/too-many-requests")
    _, left, seconds = policy(refused)
    assert left == 0
    assert 1 <= seconds <= int(refused.headers["retry-after"]) <= 12


def test_keys_accounts_and_addresses_are_counted_apart(hurried: TestClient, world: World) -> None:
    callers: list[dict[str, str]] = [
        {"authorization": f"Bearer {world.keys['zhenyang']}"},
        {"authorization": f"Bearer {world.keys['guhuai']}"},
        {"cookie": f"trace={world.cookies['quality']}"},
        {},
    ]
    for head in callers:
        answers = [hurried.get("/api/v1/recalls", headers=head) for _ in range(6)]
        assert [answer.status_code for answer in answers] == [200] * 5 + [429]


def test_a_hurried_program_takes_no_writer_s_place(hurried: TestClient, engine: Engine, world: World) -> None:
    head = {"authorization": f"Bearer {world.keys['zhenyang']}"}
    for _ in range(5):
        hurried.get("/api/v1/batches", headers=head)
    with writing(engine):
        began = time.monotonic()
        answer = hurried.post(f"/api/v1/batches/{world.batch_id}/hold", json={"reason": "x"}, headers=head)
        assert answer.status_code == 429
        assert time.monotonic() - began < 2


def test_guesses_at_keys_are_counted_and_good_keys_still_work(client: TestClient, world: World) -> None:
    bad = {"authorization": "Bearer trc_000000000000_guess"}
    answers = guessed_too_often(lambda _: client.get("/api/v1/batches", headers=bad))
    assert len(answers) > 60
    assert {answer.status_code for answer in answers[:-1]} == {401}
    good = {"authorization": f"Bearer {world.keys['zhenyang']}"}
    assert client.get("/api/v1/batches", headers=good).status_code == 200


@pytest.mark.parametrize("path", ["/01/09520001000027/10/X", "/recalls", "/static/trace.css"])
def test_pages_and_scans_tell_no_pace(client: TestClient, path: str) -> None:
    assert "ratelimit" not in client.get(path).headers
