"""The small addresses of the site: theme, health, problems, help for developers."""

import re
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import text

import tracelot
from tracelot.web.pages.site import local

ENGLISH = {"accept-language": "en", "accept": "text/html"}


def page(client: TestClient, address: str) -> str:
    answer = client.get(address, headers=ENGLISH)
    assert answer.status_code == 200, answer.text
    return str(answer.text)


def test_the_theme_is_kept_and_the_way_back_stays_here(client: TestClient) -> None:
    answer = client.post("/theme", data={"theme": "dark", "back": "/recalls?level=1"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/recalls?level=1")
    assert 'data-theme="dark"' in page(client, "/about")
    client.post("/theme", data={"theme": "system", "back": "/"})
    assert "data-theme=" not in page(client, "/about").split("<body>")[0]


@pytest.mark.parametrize(
    "path", ["//evil.test", "/\\evil.test", "https://evil.test", "", "evil", "/\tx", "/\nx"]
)
def test_no_way_back_leads_away(path: str) -> None:
    assert local(path) == "/"


def test_health_and_readiness(client: TestClient) -> None:
    assert client.get("/healthz").json() == {"status": "ok"}
    assert client.get("/readyz").json() == {"status": "ok"}


def test_a_store_that_takes_no_records_is_not_ready(client: TestClient, app: FastAPI) -> None:
    with app.state.engine.begin() as connection:
        connection.execute(text("ALTER TABLE bucket RENAME TO broken"))
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.headers["content-type"] == "application/problem+json"
    assert client.get("/healthz").status_code == 200


def test_robots_and_icon(client: TestClient) -> None:
    assert "Disallow: /app" in client.get("/robots.txt").text
    assert client.get("/favicon.ico").headers["content-type"] == "image/svg+xml"


def test_every_kind_of_problem_has_its_page(client: TestClient) -> None:
    refusal = (
        r'(?:Unfit|Conflict|Forbidden|Unknown|Unidentified|Stale|TooMany|Unavailable|unfit)\(\s*"([^"]+)"'
    )
    sources = Path(tracelot.__file__).parent.rglob("*.py")
    kinds = {kind for source in sources for kind in re.findall(refusal, source.read_text("utf-8"))}
    assert len(kinds) > 40
    for kind in kinds:
        assert kind in page(client, f"/problems/{kind}")
    assert client.get("/problems/<b>").status_code == 404


def test_a_problem_page_says_what_next_and_names_the_request(client: TestClient) -> None:
    answer = client.get("/nowhere", headers=ENGLISH)
    assert answer.status_code == 404
    assert "search for the batch code" in answer.text
    assert answer.headers["x-request-id"] in answer.text
