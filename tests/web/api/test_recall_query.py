"""The regulators' query: each filter, each order, pages without a gap, exact totals."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient

from builders import new_recall
from conftest import BASE, MANY, ClientOf
from tracelot.operations import recalls
from tracelot.records.database import connect
from tracelot.settings import Settings
from tracelot.web.app import build
from world import VisitAs, World, visits

URL = "/api/v1/recalls"
REASONS = ["mycotoxin", "labelling", "allergen"]


@pytest.fixture(scope="module")
def nine(cast_store: str, cast: World) -> list[str]:
    """The codes of nine recalls of three levels and reasons, one each day from 1 October, oldest first."""
    engine = connect(cast_store)
    visit_as, codes = visits(engine, cast), []
    for number in range(9):
        now = datetime(2026, 10, 1 + number, 2, tzinfo=UTC)
        firm, product = ("guhuai", cast.elsewhere_id) if number == 8 else ("quality", cast.product_id)
        new = new_recall(product, f"R{number}", level=number % 3 + 1, reason_code=REASONS[number // 3])
        with visit_as(firm, now) as visit:
            codes.append(recalls.publish_recall(visit, recalls.open_recall(visit, new).id).code)
    engine.dispose()
    return codes


@pytest.fixture
def register(cast_store: str) -> Iterator[TestClient]:
    """Somebody whom the site of the nine does not know."""
    site = build(Settings(database_url=cast_store, public_url=BASE, worker=False, api_pace=MANY))
    with TestClient(site, base_url=BASE) as opened:
        yield opened
    site.state.engine.dispose()


def query(client: TestClient, **asked: Any) -> tuple[list[str], int]:
    answer = client.get(URL, params=asked)
    assert answer.status_code == 200, answer.text
    return [item["code"] for item in answer.json()["items"]], answer.json()["total"]


CASES: list[tuple[dict[str, Any], list[int]]] = [
    ({}, [0, 1, 2, 3, 4, 5, 6, 7, 8]),
    ({"text": "花生"}, [0, 1, 2, 3, 4, 5, 6, 7]),
    ({"text": "aflatoxin"}, [0, 1, 2, 3, 4, 5, 6, 7, 8]),
    ({"text": "R3"}, [3]),
    ({"text": "。"}, []),
    ({"firm": "古槐"}, [8]),
    ({"firm": "guhuai"}, [8]),
    ({"product": "香油"}, [8]),
    ({"gtin": "9520001000027"}, [0, 1, 2, 3, 4, 5, 6, 7]),
    ({"batch": "R5"}, [5]),
    ({"batch": "r5"}, []),
    ({"level": 1}, [0, 3, 6]),
    ({"level": 2, "reason": "labelling"}, [4]),
    ({"kind": "market_withdrawal"}, []),
    ({"state": "published"}, [0, 1, 2, 3, 4, 5, 6, 7, 8]),
    ({"state": "draft"}, []),
    ({"region": "411723"}, [8]),
    ({"region": "411700"}, [0, 1, 2, 3, 4, 5, 6, 7, 8]),
    ({"region": "41"}, [0, 1, 2, 3, 4, 5, 6, 7, 8]),
    ({"region": "42"}, []),
    ({"published_from": "2026-10-05"}, [4, 5, 6, 7, 8]),
    ({"published_to": "2026-10-05"}, [0, 1, 2, 3, 4]),
    ({"published_from": "2026-10-05", "published_to": "2026-10-05"}, [4]),
]


@pytest.mark.parametrize(("asked", "expected"), CASES, ids=lambda case: str(case)[:60])
def test_a_filter_finds_just_what_fits(
    register: TestClient, nine: list[str], asked: dict[str, Any], expected: list[int]
) -> None:
    assert query(register, sort="oldest", **asked) == ([nine[number] for number in expected], len(expected))


@pytest.mark.parametrize("sort", ["newest", "oldest", "gravest"])
@pytest.mark.parametrize("limit", [1, 2, 4, 9])
def test_pages_hold_every_recall_once_in_order(
    register: TestClient, nine: list[str], sort: str, limit: int
) -> None:
    ordered = {
        "newest": nine[::-1],
        "oldest": nine,
        "gravest": [nine[number] for number in (6, 3, 0, 7, 4, 1, 8, 5, 2)],
    }[sort]
    found, cursor = [], None
    while True:
        asked = {"sort": sort, "limit": limit} | ({"cursor": cursor} if cursor else {})
        page = register.get(URL, params=asked).json()
        assert page["total"] == 9
        found += [item["code"] for item in page["items"]]
        cursor = page["cursor"]
        if cursor is None:
            break

    assert found == ordered


@pytest.mark.parametrize("cursor", ["x", "W10", "WyJhIiwiYiJd", "AAAA" * 50])
def test_a_cursor_that_was_not_given_out_is_refused(register: TestClient, cursor: str) -> None:
    assert register.get(URL, params={"cursor": cursor}).status_code == 422


def test_days_are_those_of_the_site_s_zone(client: TestClient, visit_as: VisitAs, world: World) -> None:
    late = datetime(2026, 10, 1, 15, 59, tzinfo=UTC)  # 23:59 in Shanghai
    codes = []
    for now in (late, late + timedelta(minutes=1)):
        with visit_as("quality", now) as visit:
            recall = recalls.open_recall(visit, new_recall(world.product_id, "R"))
            codes.append(recalls.publish_recall(visit, recall.id).code)

    assert query(client, published_to="2026-10-01") == ([codes[0]], 1)
    assert query(client, published_from="2026-10-02") == ([codes[1]], 1)


def test_a_draft_is_in_its_firm_s_query_alone(
    client: TestClient, program_of: ClientOf, client_as: ClientOf, visit_as: VisitAs, world: World
) -> None:
    with visit_as("quality") as visit:
        code = recalls.open_recall(visit, new_recall(world.product_id, "R")).code

    assert query(program_of("zhenyang"))[0] == [code]
    assert query(client)[0] == query(program_of("guhuai"))[0] == query(client_as("county"))[0] == []
