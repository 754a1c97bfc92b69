"""The outermost door: host, size, origin, and the headers of every answer."""

from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from conftest import BASE, ClientOf
from tracelot.web.app import Site
from world import World

URL = "/api/v1/batches"


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "", "127.0.0.1@evil.example", "[::1", "x y"]
)
def test_the_site_answers_under_its_own_names_only(client: TestClient, host: str) -> None:
    assert client.get("/api/v1/recalls", headers={"host": host}).status_code == 421


@pytest.mark.parametrize("host", ["127.0.0.1:8000", "localhost", "LOCALHOST:9", "[::1]:8000"])
def test_its_own_names_are_heard_with_any_port(client: TestClient, host: str) -> None:
    assert client.get("/api/v1/recalls", headers={"host": host}).status_code == 200


def test_a_body_that_says_it_is_too_large_is_not_read(program_of: ClientOf) -> None:
    answer = program_of("zhenyang").post(
        URL, content=b"x" * (1 << 20) + b"x", headers={"content-type": "application/json"}
    )

    assert (answer.status_code, answer.json()["type"].rpartition("/")[2]) == (413, "too-large")


def test_a_body_that_does_not_say_is_counted(program_of: ClientOf) -> None:
    def chunks() -> Iterator[bytes]:
        for _ in range(17):
            yield b" " * (1 << 16)

    answer = program_of("zhenyang").post(URL, content=chunks(), headers={"content-type": "application/json"})

    assert answer.status_code == 413


@pytest.mark.parametrize("length", ["-1", "1e3", "１"])
def test_a_length_that_is_no_number_is_refused(client: TestClient, length: str) -> None:
    assert client.get("/api/v1/recalls", headers={"content-length": length.encode()}).status_code == 400


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": "http://["},
        {"origin": "http://127.0.0.1:9999"},
        {"sec-fetch-site": "cross-site", "origin": "http://127.0.0.1:8000"},
    ],
    ids=str,
)
def test_another_site_cannot_write_with_a_visitor_s_cookie(
    client_as: ClientOf, world: World, headers: dict[str, str]
) -> None:
    browser = client_as("quality")
    answer = browser.post(f"{URL}/{world.batch_id}/hold", json={"reason": "送检"}, headers=headers)

    assert answer.status_code == 403
    assert browser.get(f"{URL}/{world.batch_id}").json()["status"] == "released"


@pytest.mark.parametrize(
    "headers", [{}, {"sec-fetch-site": "same-origin"}, {"origin": "http://127.0.0.1:8000"}], ids=str
)
def test_the_site_s_own_pages_and_programs_can(
    client_as: ClientOf, world: World, headers: dict[str, str]
) -> None:
    answer = client_as("quality").post(
        f"{URL}/{world.batch_id}/hold", json={"reason": "送检"}, headers=headers
    )

    assert answer.status_code == 200


def test_links_from_elsewhere_may_be_followed(client: TestClient) -> None:
    assert client.get("/api/v1/recalls", headers={"sec-fetch-site": "cross-site"}).status_code == 200


@pytest.mark.parametrize("path", ["/api/v1/recalls", "/nowhere", "/01/1/10/x", "/static/nowhere"])
def test_every_answer_carries_the_safety_headers(client: TestClient, path: str) -> None:
    headers = client.get(path).headers

    assert "default-src 'none'" in headers["content-security-policy"]
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"


def test_two_requests_have_two_names(client: TestClient) -> None:
    assert len(client.get("/api/v1/recalls").headers["x-request-id"]) == 16
    assert client.get("/nowhere").headers["x-request-id"] != client.get("/nowhere").headers["x-request-id"]


@pytest.mark.parametrize("accept", ["application/json", "text/html"])
def test_a_mistake_of_ours_is_told_as_politely_as_a_refusal(app: Site, accept: str) -> None:
    def broken() -> None:
        raise KeyError("9876543210")

    app.add_api_route("/broken", broken)
    with TestClient(app, base_url=BASE, raise_server_exceptions=False) as client:
        answer = client.get("/broken", headers={"accept": accept})

    assert answer.status_code == 500
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-request-id"] in answer.text or accept == "text/html"
    assert "9876543210" not in answer.text
