"""The API only grows: what its first version had is still there, and whatever came since is told on its page."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from conftest import ClientOf
from tracelot.web.change_log import CHANGES
from tracelot.web.changes import DEPRECATED
from world import World

HERE = Path(__file__).parent
FIRST = json.loads((HERE / "first_version.json").read_text(encoding="utf-8"))
INNER = json.loads((HERE / "of_new_operations.json").read_text(encoding="utf-8"))  # what came with them
METHODS = ("get", "post", "put", "patch", "delete")


def names_of(document: dict[str, Any]) -> set[str]:
    """Every operation, parameter and field, under the name that `changes.py` describes."""
    return {
        name
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
        if method in METHODS
        for name in of_operation(document, f"{method.upper()} {path}", operation)
    }


def of_operation(document: dict[str, Any], name: str, operation: dict[str, Any]) -> Iterator[str]:
    yield name
    for parameter in operation.get("parameters", ()):
        mark = {"query": "?", "header": "header ", "path": "path "}[parameter["in"]]
        yield f"{name} {mark}{parameter['name']}"
    for kind, place in [("body", operation.get("requestBody"))] + [
        (status, answer) for status, answer in operation["responses"].items() if status.startswith("2")
    ]:
        for media in (place or {}).get("content", {}).values():
            for field in fields(document, media.get("schema", {}), ()):
                yield f"{name} {kind} {field}"


def fields(document: dict[str, Any], schema: dict[str, Any], above: tuple[str, ...]) -> Iterator[str]:
    """The properties of a schema, those of inner ones behind a dot; a list is named as its items are."""
    if "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    inside = [*schema.get("anyOf", ()), *schema.get("allOf", ()), *filter(None, [schema.get("items")])]
    for inner in inside:
        yield from fields(document, inner, above)
    for name, inner in schema.get("properties", {}).items():
        yield ".".join((*above, name))
        yield from fields(document, inner, (*above, name))


@pytest.fixture
def names(app: FastAPI) -> set[str]:
    return names_of(app.openapi())


ADDED = [name for change in CHANGES for name in change.adds]


def test_nothing_that_was_there_is_gone(names: set[str]) -> None:
    assert len(FIRST) > 300
    assert sorted({*FIRST, *INNER, *ADDED} - names) == []


def test_whatever_came_since_is_named_among_the_changes(names: set[str]) -> None:
    assert sorted(names - {*FIRST, *INNER, *ADDED}) == [], "Name these under a change in web/changes.py."


def test_what_came_with_a_new_operation_is_that_operation_s() -> None:
    assert [name for name in INNER if " ".join(name.split(" ")[:2]) not in ADDED] == []
    assert set(INNER) & {*FIRST, *ADDED} == set()


def test_a_change_names_only_what_is_new_and_once() -> None:
    assert len(ADDED) == len(set(ADDED))
    assert set(ADDED) & set(FIRST) == set()
    assert all(later.day >= earlier.day for later, earlier in pairwise(CHANGES))


def test_what_is_deprecated_works_for_at_least_a_year_more(names: set[str]) -> None:
    for one in DEPRECATED:
        assert one.name in names
        assert one.sunset is None or one.sunset >= one.since + timedelta(days=365)


def test_the_description_marks_what_is_deprecated(app: FastAPI) -> None:
    marked = set()
    for path, methods in app.openapi()["paths"].items():
        for method, operation in methods.items():
            name = f"{method.upper()} {path}"
            marked |= {name} if operation.get("deprecated") else set()
            marked |= {
                f"{name} ?{one['name']}" for one in operation.get("parameters", ()) if one.get("deprecated")
            }
    assert marked == {one.name for one in DEPRECATED}


def test_who_uses_it_is_told_in_the_headers(program_of: ClientOf, world: World) -> None:
    program = program_of("zhenyang")
    first = program.get("/api/v1/journal?limit=1")
    old = program.get(f"/api/v1/journal?after={first.json()[0]['id']}")

    assert "deprecation" not in first.headers
    assert "sunset" not in first.headers
    assert old.headers["deprecation"] == f"@{int(datetime(2026, 11, 25, tzinfo=UTC).timestamp())}"
    assert parsedate_to_datetime(old.headers["sunset"]) == datetime(2028, 1, 1, tzinfo=UTC)
    links = old.headers.get_list("link")
    assert '<http://127.0.0.1:8000/developers/changes>; rel="deprecation"; type="text/html"' in links
    assert any('rel="next"' in link for link in links)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_page_tells_every_change_and_what_is_deprecated(client: TestClient, language: str) -> None:
    page = client.get(f"/developers/changes?lang={language}")
    assert page.status_code == 200
    for name in [*ADDED, *(one.name for one in DEPRECATED)]:
        assert name in page.text
    for change in CHANGES:
        assert (change.what in page.text) == (language == "en")
