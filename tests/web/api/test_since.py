"""Following recalls over HTTP: who sees what, and which positions are taken."""

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine

from builders import new_batch, new_range, new_recall
from conftest import ClientOf
from tracelot.operations import batches, parties, recalls
from tracelot.records.counters import Counter
from tracelot.records.paging import write_position
from tracelot.records.sights import EVERYTHING
from tracelot.records.tenancy import ScopedSession
from world import VisitAs, World

URL = "/api/v1/recalls"


def publish(visit_as: VisitAs, world: World, *codes: str, **given: object) -> str:
    with visit_as("quality") as visit:
        recall = recalls.open_recall(visit, new_recall(world.product_id, *codes, **given))
        return recalls.publish_recall(visit, recall.id).code


def follow(client: TestClient, since: str, **asked: object) -> tuple[list[tuple[str, int]], str]:
    """What changed after a position, and the next one."""
    found: list[tuple[str, int]] = []
    while True:
        answer = client.get(URL, params={"since": since, "limit": 1, **asked})
        assert answer.status_code == 200, answer.text
        page = answer.json()
        assert page["cursor"] is None
        found += [(one["code"], one["batches"]) for one in page["items"]]
        since = page["since"]
        if page["total"] == len(page["items"]):
            return found, since


def test_a_list_tells_from_where_to_follow(client: TestClient, visit_as: VisitAs, world: World) -> None:
    first = publish(visit_as, world, "A1")
    listed = client.get(URL).json()
    assert [one["code"] for one in listed["items"]] == [first]
    assert follow(client, listed["since"])[0] == []
    second = publish(visit_as, world, "B1")
    assert follow(client, listed["since"])[0] == [(second, 1)]
    assert [code for code, _ in follow(client, "0")[0]] == [first, second]


def test_a_batch_that_joins_later_is_a_change_and_told_once(
    client: TestClient, visit_as: VisitAs, world: World
) -> None:
    code = publish(visit_as, world)
    found, since = follow(client, "0")
    assert found == [(code, 1)]
    for number in range(3):
        with visit_as("recorder") as visit:
            batches.register_batch(visit, new_batch(world.product_id, code=f"LATE{number}"))
    found, since = follow(client, since)
    assert found == [(code, 4)]
    assert follow(client, since)[0] == []


def test_a_batch_that_was_named_before_it_was_registered_widens_nothing_twice(
    client: TestClient, visit_as: VisitAs, world: World
) -> None:
    both = [new_range(world.product_id, codes=["GHOST"]), new_range(world.product_id, made_from="2026-09-01")]
    code = publish(visit_as, world, ranges=[one.model_dump() for one in both])
    _, since = follow(client, "0")
    version = client.get(f"{URL}/{code}").json()["version"]
    with visit_as("recorder") as visit:
        batches.register_batch(visit, new_batch(world.product_id, code="GHOST"))
    assert len(follow(client, since)[0]) == 1
    assert client.get(f"{URL}/{code}").json()["version"] == version + 1


def test_drafts_leave_no_trace_in_the_order_of_changes(
    client: TestClient, program_of: ClientOf, visit_as: VisitAs, world: World
) -> None:
    publish(visit_as, world, "A1")
    before = client.get(URL).json()["since"]
    with visit_as("quality") as visit:
        recalls.open_recall(visit, new_recall(world.product_id, "SECRET"))
    with visit_as("quality") as visit:
        batches.register_batch(visit, new_batch(world.product_id, code="OTHER", production_date="2025-01-01"))

    assert client.get(URL).json()["since"] == before
    assert follow(program_of("zhenyang"), before)[0] == follow(client, before)[0] == []


def test_the_feed_takes_the_filters_of_the_query(
    client: TestClient, client_as: ClientOf, visit_as: VisitAs, world: World
) -> None:
    one = publish(visit_as, world, "A1", level=1)
    two = publish(visit_as, world, "B1", level=2)
    assert [code for code, _ in follow(client, "0", level=2)[0]] == [two]
    assert [code for code, _ in follow(client_as("county"), "0", region="411724")[0]] == [one, two]
    assert follow(client, "0", region="411723")[0] == []


@pytest.mark.parametrize(
    "since", ["x", "W10", "", "1", "WyIxIl0", write_position([-1] * 16), write_position([10**14] * 16)]
)
def test_a_position_that_was_not_given_out_is_refused(client: TestClient, world: World, since: str) -> None:
    refused = client.get(URL, params={"since": since})
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["pointer"] == "#/since"


def test_a_position_ahead_of_a_store_that_was_put_back_is_refused(
    client: TestClient, visit_as: VisitAs, world: World, engine: Engine
) -> None:
    publish(visit_as, world, "A1")
    _, since = follow(client, "0")
    with engine.connect().execution_options(writes=True) as connection, connection.begin():
        with ScopedSession(connection, EVERYTHING) as session:
            session.delete(
                session.get_one(
                    Counter,
                    next(
                        f"recall-change:{number}"
                        for number in range(16)
                        if session.get(Counter, f"recall-change:{number}")
                    ),
                )
            )
            session.flush()
    refused = client.get(URL, params={"since": since})
    assert refused.json()["type"].endswith("/problems/cursor-ahead")


def test_a_journal_is_followed_by_its_links(program_of: ClientOf, visit_as: VisitAs, world: World) -> None:
    program = program_of("zhenyang")
    address, seen = "/api/v1/journal?since=0&limit=3", []
    while True:
        answer = program.get(address)
        seen += [one["id"] for one in answer.json()]
        address = answer.headers["link"].partition(">")[0].removeprefix("<")
        if not answer.json():
            break
    assert len(seen) == len(set(seen)) > 5
    with visit_as("county") as visit:  # in another bucket, which the reader may have passed
        parties.decide_party(visit, world.parties["zhenyang"], "rejected", "营业执照已注销")
    assert [one["act"] for one in program.get(address).json()] == ["party.rejected", "record.signed"]
