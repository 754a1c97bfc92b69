"""What may be kept of an answer, and by whom; and what a caller is told who has it already."""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import TypeVar

import pytest
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from fastapi.testclient import TestClient
from httpx2 import Response

from builders import new_recall
from conftest import ClientOf, Rounds
from tracelot.operations import recalls
from tracelot.records.database import connect
from tracelot.web.caching import ASK, DAY, FOR_EVER, NEVER, RULES, TABLE
from world import Scene, VisitAs, World, visits

JSON = {"accept": "application/json"}
Asked = TypeVar("Asked")
PUBLIC = [
    "/", "/recalls", "/recalls/{code}", "/recalls.csv", "/recalls.atom", "/search?q=x", "/check", "/scan", "/law",
    "/about", "/privacy", "/developers", "/problems/bug", "/api/docs", "/robots.txt", "/01/{gtin}",
    "/api/v1/recalls", "/api/v1/recalls?since=0", "/api/v1/recalls/{code}", "/api/v1/divisions?text=%E6%AD%A3%E9%98%B3",
    "/api/v1/openapi.json", "/api/v1/openfda/food/enforcement.json",
]  # fmt: skip
SHARED = (
    "/static/",
    "/qr.svg",
    "/favicon.ico",
    "/b/",
    "/robots.txt",
    "/api/v1/openapi.json",
)  # nothing there depends on who asks


def tell(url: str, world: World) -> str:
    """A recall is published; its code."""
    engine = connect(url)
    with visits(engine, world)("quality") as visit:
        recall = recalls.open_recall(visit, new_recall(world.product_id, world.code))
        code = recalls.publish_recall(visit, recall.id).code
    engine.dispose()
    return code


@pytest.fixture
def code(scene: Scene) -> str:
    return str(scene.told)


def in_one_minute(ask: Callable[[], Asked]) -> Asked:
    """Pages tell as of which minute they are: answers that are compared must be of the same one."""
    while True:
        before = datetime.now(UTC).minute
        answers = ask()
        if datetime.now(UTC).minute == before:
            return answers


def routes(app: FastAPI, world: World, code: str) -> Iterator[str]:
    """An address for every route that answers to GET; where a record is named, one that exists."""
    given = {
        "batch_id": world.batch_id, "product_id": world.product_id, "facility_id": world.facility_id,
        "party_id": world.parties["zhenyang"], "recall_id": code, "code": code, "gtin": world.gtin, "kind": "bug",
    }  # fmt: skip
    for context in iter_route_contexts(app.routes):
        if context.path and "GET" in (context.methods or ()):
            yield re.sub(r"\{(\w+)[^}]*\}", lambda found: str(given.get(found[1], "x")), context.path)


def test_nothing_told_to_somebody_known_is_ever_kept(
    app: FastAPI, client_as: ClientOf, program_of: ClientOf, world: World, code: str, rounds: Rounds
) -> None:
    """Each of four asks for a part of all addresses, another one each; in the long form for all of them."""
    asked = [*routes(app, world, code), "/nowhere", "/api/v1/nowhere"]
    assert len(asked) > 60
    kept = {}
    known = [client_as("zhenyang"), client_as("county"), client_as("site"), program_of("zhenyang")]
    for number, who in enumerate(known):
        for address in asked if rounds(0, 1) else asked[number::4]:
            answer = who.get(address)
            assert answer.status_code < 500
            if not address.startswith(SHARED):
                kept[number, address] = answer.headers["cache-control"]

    assert {address: rule for address, rule in kept.items() if rule != NEVER} == {}


def test_a_stranger_may_keep_only_what_the_table_names(
    app: FastAPI, client: TestClient, world: World, code: str
) -> None:
    named = tuple(path for rule in RULES for path in rule.paths)
    for address in routes(app, world, code):
        answer = client.get(address)
        rule = answer.headers["cache-control"]
        assert rule in {one.cache_control for one in TABLE}
        assert rule == NEVER or any(
            address == one or (one != "/" and one.endswith("/") and address.startswith(one)) for one in named
        )
        assert rule == NEVER or answer.status_code == 200


@pytest.mark.parametrize("address", PUBLIC)
def test_a_public_answer_is_kept_and_asked_for_again(
    client: TestClient, world: World, code: str, address: str
) -> None:
    address = address.format(code=code, gtin=world.gtin)
    first = client.get(address)
    assert (first.status_code, first.headers["cache-control"]) == (200, ASK)
    tag = first.headers["etag"]
    assert re.fullmatch(r'"[0-9a-f.]+"', tag)
    assert {"Cookie", "Authorization"} <= set(first.headers["vary"].split(", "))

    def known_already() -> list[tuple[str, Response]]:
        tag = client.get(address).headers["etag"]
        known = (tag, f"W/{tag}", f'"other", W/{tag}', "*")
        return [(tag, client.get(address, headers={"if-none-match": one})) for one in known]

    for tag, again in in_one_minute(known_already):
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == tag
        assert again.headers["cache-control"] == ASK
        assert "content-type" not in again.headers
    assert client.get(address, headers={"if-none-match": '"other"'}).status_code == 200


@pytest.mark.parametrize(
    "address", [*PUBLIC, "/01/{gtin}/10/A", "/healthz", "/app", "/nowhere", "/favicon.ico"]
)
def test_head_is_get_without_the_body(client: TestClient, world: World, code: str, address: str) -> None:
    address = address.format(code=code, gtin=world.gtin)
    whole, head = in_one_minute(lambda: (client.get(address), client.head(address)))

    assert (head.status_code, head.content) == (whole.status_code, b"")
    for name in ("content-type", "content-length", "cache-control", "etag"):
        assert head.headers.get(name) == whole.headers.get(name)


@pytest.mark.parametrize(
    "address", ["/recalls.csv", "/recalls.atom", "/api/v1/recalls", "/api/v1/recalls?since=0"]
)
def test_a_new_recall_changes_the_tag_at_once(
    client: TestClient, visit_as: VisitAs, world: World, code: str, address: str
) -> None:
    tag = client.get(address).headers["etag"]
    with visit_as("quality") as visit:
        recalls.publish_recall(visit, recalls.open_recall(visit, new_recall(world.product_id, "N")).id)

    assert client.get(address, headers={"if-none-match": tag}).status_code == 200


def test_a_record_that_others_write_to_does_not_change_the_tag_of_the_recalls(
    client: TestClient, program_of: ClientOf, world: World, code: str
) -> None:
    tag = client.get("/api/v1/recalls").headers["etag"]
    batch = {"product_id": str(world.product_id), "code": "QUIET", "production_date": "2025-01-01"}
    assert program_of("zhenyang").post("/api/v1/batches", json=batch).status_code == 201

    assert client.get("/api/v1/recalls", headers={"if-none-match": tag}).status_code == 304


def test_the_tag_of_a_public_recall_still_guards_a_change(
    client: TestClient, program_of: ClientOf, code: str
) -> None:
    tag = client.get(f"/api/v1/recalls/{code}").headers["etag"]
    own = program_of("zhenyang").get(f"/api/v1/recalls/{code}")
    assert tag.startswith(own.headers["etag"].rstrip('"') + ".")
    cancel = f"/api/v1/recalls/{own.json()['id']}/cancel"

    answers = [
        program_of("zhenyang").post(cancel, json={"reason": "不再需要"}, headers={"if-match": one})
        for one in (tag, '"77.abc"')
    ]
    assert [answer.status_code for answer in answers] == [409, 412]  # published already; another version


def test_files_stay_under_the_address_that_names_their_content(client: TestClient) -> None:
    styles = re.search(r'href="(/static/trace.css\?v=\w+)"', client.get("/about").text)
    assert styles
    assert client.get(styles[1]).headers["cache-control"] == FOR_EVER
    plain = client.get("/static/trace.css")
    assert plain.headers["cache-control"] == ASK
    assert (
        client.get("/static/trace.css", headers={"if-none-match": plain.headers["etag"]}).status_code == 304
    )
    assert client.get("/static/nowhere").headers["cache-control"] == NEVER


def test_qr_codes_may_be_kept_for_a_day(client: TestClient, code: str) -> None:
    assert client.get(f"/qr.svg?link=/recalls/{code}").headers["cache-control"] == DAY
    assert client.get("/qr.svg?link=/recalls/NO").headers["cache-control"] == NEVER


def test_refusals_changes_and_pages_that_set_a_cookie_are_not_kept(client: TestClient, world: World) -> None:
    for answer in (
        client.get("/recalls?lang=en"),
        client.get("/recalls?level=9"),
        client.post("/theme", data={"theme": "dark", "back": "/"}),
        client.get("/api/v1/recalls?level=9"),
        client.get("/api/v1/batches"),
        client.get("/recalls", headers={"host": "evil.test"}),
        client.post("/api/v1/batches", content=b"x" * 2_000_000),
    ):
        assert answer.headers["cache-control"] == NEVER


def test_an_unknown_batch_is_told_whole_again(client: TestClient, world: World) -> None:
    """RFC 9110 section 13.2.1: only what would be a success has a condition."""
    address = f"/01/{world.gtin}/10/NOBODY"
    first = client.get(address, headers=JSON)
    again = client.get(address, headers=JSON | {"if-none-match": first.headers.get("etag", "*")})
    assert (first.status_code, again.status_code) == (404, 404)


def test_a_batch_answers_to_every_way_of_naming_its_tag(client: TestClient, world: World) -> None:
    for accept in ("application/json", "text/html", "application/linkset+json"):
        first = client.get(f"/01/{world.gtin}/10/{world.code}", headers={"accept": accept})
        assert first.headers["cache-control"] == ASK
        assert "Accept" in first.headers["vary"]
        for known in (
            first.headers["etag"],
            f"W/{first.headers['etag']}",
            f'"a", {first.headers["etag"]}',
            "*",
        ):
            again = client.get(
                f"/01/{world.gtin}/10/{world.code}", headers={"accept": accept, "if-none-match": known}
            )
            assert (again.status_code, again.content) == (304, b"")
