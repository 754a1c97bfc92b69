"""The figures: closed without the token, counted by route and kind, and never by whose they are."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from prometheus_client.parser import text_string_to_metric_families
from pydantic import SecretStr, ValidationError

from builders import PASSWORD
from conftest import BASE, ClientOf
from tracelot.operations.working import writing
from tracelot.records.outbox import Task
from tracelot.records.sights import EVERYTHING
from tracelot.records.tenancy import ScopedSession
from tracelot.rules.ids import new_id
from tracelot.settings import Settings
from tracelot.web.app import Site, build
from world import World

TOKEN = "a-token-for-the-collector"  # noqa: S105
BEARER = {"authorization": f"Bearer {TOKEN}"}


@pytest.fixture
def settings(store: str) -> Settings:
    return Settings(database_url=store, public_url=BASE, worker=False, metrics_token=SecretStr(TOKEN))


def figures(client: TestClient) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    answer = client.get("/metrics", headers=BEARER)
    assert answer.status_code == 200
    families = text_string_to_metric_families(answer.text)
    return {
        (one.name, tuple(sorted(one.labels.items()))): one.value
        for family in families
        for one in family.samples
    }


def figure(client: TestClient, name: str, **labels: str) -> float:
    return figures(client).get((name, tuple(sorted(labels.items()))), 0.0)


@pytest.fixture
def closed(store: str) -> Iterator[TestClient]:
    """A site whose settings name no token."""
    app = build(Settings(database_url=store, public_url=BASE, worker=False))
    with TestClient(app, base_url=BASE) as client:
        yield client


def test_without_a_token_in_the_settings_there_is_no_such_address(closed: TestClient) -> None:
    assert closed.get("/metrics", headers=BEARER).status_code == 404
    assert closed.get("/metrics", headers={"authorization": "Bearer "}).status_code == 404


@pytest.mark.parametrize(
    "sent", [None, "", "Bearer", "Bearer x", f"Basic {TOKEN}", f"Bearer {TOKEN}x", TOKEN, "Bearer é"]
)
def test_a_stranger_learns_nothing_of_it(client: TestClient, sent: str | None) -> None:
    headers: Any = {} if sent is None else {"authorization": sent.encode("latin-1")}

    def told(path: str) -> tuple[int, dict[str, str]]:
        answer = client.get(path, headers={"accept": "application/json", **headers})
        return answer.status_code, answer.json() | {"instance": ""}

    assert told("/metrics") == told("/no-such-address")


def test_a_short_token_is_refused_at_the_start() -> None:
    with pytest.raises(ValidationError):
        Settings(metrics_token=SecretStr("short"))


def test_requests_are_counted_by_their_route_and_kind_of_status(client: TestClient, world: World) -> None:
    client.get("/api/v1/recalls")
    client.get("/recalls")
    for _ in range(3):
        client.get(f"/api/v1/batches/{world.batch_id}")
    client.get("/nowhere-at-all")

    count = "trace_request_seconds_count"
    assert figure(client, count, method="GET", route="/api/v1/recalls", status="2xx") == 1
    assert figure(client, count, method="GET", route="/recalls", status="2xx") == 1
    assert figure(client, count, method="GET", route="/api/v1/batches/{batch_id}", status="4xx") == 3
    assert figure(client, count, method="GET", route="none", status="4xx") == 1
    assert figure(client, "trace_refusals_total", kind="sign-in-needed") == 3


def test_lookups_are_counted_with_what_they_were_answered(client: TestClient, world: World) -> None:
    known = f"/01/{world.gtin}/10/{world.code}"
    tag = client.get(known).headers["etag"]
    client.get(known, headers={"if-none-match": tag})
    client.get(known + "-never")

    seen = {status: figure(client, "trace_lookups_total", status=status) for status in ("2xx", "3xx", "4xx")}
    assert seen == {"2xx": 1, "3xx": 1, "4xx": 1}


def test_a_wrong_password_is_counted_and_a_right_one_is_not(client: TestClient, world: World) -> None:
    login = world.logins["quality"]
    client.post("/sign-in", data={"login": login, "password": "wrong-wrong-wrong"})
    client.post("/sign-in", data={"login": login, "password": PASSWORD})

    assert figure(client, "trace_sign_in_failures_total") == 1
    assert figure(client, "trace_refusals_total", kind="bad-sign-in") == 1


def test_the_outbox_and_the_journal_tell_where_they_stand(
    client: TestClient, app: Site, world: World
) -> None:
    assert world
    before = figure(client, "trace_outbox_waiting")
    now = datetime.now(UTC)
    long_ago = datetime(2026, 1, 1, tzinfo=UTC)
    with writing(app.state.engine) as connection, ScopedSession(connection, EVERYTHING) as kernel:
        kernel.add(
            Task(
                id=new_id(), kind="x", due_at=now, recorded_at=long_ago, outcome="failed: OSError", attempts=2
            )
        )
        kernel.add(
            Task(id=new_id(), kind="x", due_at=now, recorded_at=now, outcome="failed: OSError", done_at=now)
        )
        kernel.add(Task(id=new_id(), kind="x", due_at=now, recorded_at=now, outcome="sent", done_at=now))
        kernel.flush()

    assert figure(client, "trace_outbox_waiting") == before + 1
    assert figure(client, "trace_outbox_retried") == 1
    assert figure(client, "trace_outbox_given_up") == 1
    assert figure(client, "trace_outbox_oldest_seconds") >= (now - long_ago).total_seconds()
    assert figure(client, "trace_journal_entries_total") > 5


def test_the_process_tells_of_itself(client: TestClient) -> None:
    assert figure(client, "trace_processes") == 1
    assert figure(client, "trace_resident_memory_bytes") > 10_000_000
    assert figure(client, "trace_cpu_seconds_total") > 0
    assert figure(client, "trace_open_files") > 2
    assert figure(client, "trace_pool_connections") >= 0


def test_no_label_says_whose_it_is(
    client: TestClient, program_of: ClientOf, app: FastAPI, world: World
) -> None:
    """Labels hold only what the sources name: routes, methods, classes of status and kinds of refusal."""
    program_of("zhenyang").get(f"/api/v1/batches/{world.batch_id}")
    client.get(f"/01/{world.gtin}/10/{world.code}?who=canary")
    client.get("/join/canary-secret")
    client.get("/canary/canary")
    client.request("CANARY", "/recalls")

    text = client.get("/metrics", headers=BEARER).text
    hidden = ["canary", "CANARY", world.code, world.gtin, str(world.batch_id), *world.logins.values()]
    assert [word for word in hidden if word in text] == []
    assert 'route="/join/{secret}"' in text
    assert app
