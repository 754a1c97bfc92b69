"""What the public is told of a code, on the very next request after anything changed."""

import pytest
from fastapi.testclient import TestClient

from builders import new_batch, new_recall
from conftest import ClientOf
from tracelot.operations import batches, recalls
from tracelot.records.batches import StatusChange
from world import VisitAs, World

JSON = {"accept": "application/json"}


def publish(visit_as: VisitAs, world: World, *codes: str) -> None:
    with visit_as("quality") as visit:
        recall = recalls.open_recall(visit, new_recall(world.product_id, *codes))
        recalls.publish_recall(visit, recall.id)


def verdict(client: TestClient, world: World, code: str) -> tuple[int, str]:
    answer = client.get(f"/01/{world.gtin}/10/{code}", headers=JSON)
    return answer.status_code, answer.json()["verdict"]


def test_a_recall_by_another_process_shows_on_the_very_next_request(
    client: TestClient, visit_as: VisitAs, world: World
) -> None:
    """`visit_as` writes through an engine of its own, as another process would."""
    assert verdict(client, world, world.code) == (200, "no_recall")
    publish(visit_as, world, world.code)
    assert verdict(client, world, world.code) == (200, "recalled")


def test_a_hold_and_its_release_show_too(client: TestClient, visit_as: VisitAs, world: World) -> None:
    with visit_as("quality") as visit:
        batches.hold_batch(visit, world.batch_id, StatusChange(reason="送检"))
    assert verdict(client, world, world.code) == (200, "held")
    with visit_as("quality") as visit:
        batches.release_batch(visit, world.batch_id)
    assert verdict(client, world, world.code) == (200, "no_recall")


def test_a_recalled_code_that_is_not_registered_is_recalled(
    client: TestClient, visit_as: VisitAs, world: World
) -> None:
    assert verdict(client, world, "GHOST") == (404, "unknown")
    publish(visit_as, world, "GHOST")
    assert verdict(client, world, "GHOST") == (200, "recalled")


def test_a_recall_outlives_the_record_of_its_batch(
    client: TestClient, visit_as: VisitAs, world: World
) -> None:
    with visit_as("quality") as visit:
        batches.void_batch(visit, world.batch_id, StatusChange(reason="录入错误"))
    assert verdict(client, world, world.code) == (200, "withdrawn_record")
    publish(visit_as, world, world.code)
    assert verdict(client, world, world.code) == (200, "recalled")


def test_a_batch_that_was_never_released_is_unknown(
    client: TestClient, visit_as: VisitAs, world: World
) -> None:
    with visit_as("recorder") as visit:
        batches.register_batch(visit, new_batch(world.product_id, code="SECRET"))

    assert verdict(client, world, "SECRET") == (404, "unknown")


def test_an_answer_that_did_not_change_is_not_sent_again(
    client: TestClient, visit_as: VisitAs, world: World
) -> None:
    address = f"/01/{world.gtin}/10/{world.code}"
    first = client.get(address, headers=JSON)
    same = client.get(address, headers=JSON | {"if-none-match": first.headers["etag"]})
    publish(visit_as, world, world.code)
    changed = client.get(address, headers=JSON | {"if-none-match": first.headers["etag"]})

    assert first.headers["cache-control"] == "no-cache"
    assert (same.status_code, same.content) == (304, b"")
    assert (changed.status_code, changed.json()["verdict"]) == (200, "recalled")


def test_every_written_form_of_a_code_finds_the_batch(
    client: TestClient, visit_as: VisitAs, world: World
) -> None:
    with visit_as("quality") as visit:
        short = batches.find_batch(visit, world.batch_id).short_code
    forms = [
        f"https://id.example.org/01/{world.gtin}/10/{world.code}",
        f"(01){world.gtin}(10){world.code}",
        f"01{world.gtin}10{world.code}",
        f"http://127.0.0.1:8000/b/{short}",
        short,
        short.lower(),
    ]

    answers = {form: client.get("/api/v1/lookup", params={"code": form}).json() for form in forms}

    assert {form: answer["verdict"] for form, answer in answers.items()} == dict.fromkeys(forms, "no_recall")


def test_a_bare_text_needs_the_product_or_the_firm(client: TestClient, world: World) -> None:
    alone = client.get("/api/v1/lookup", params={"code": world.code}).json()
    named = client.get("/api/v1/lookup", params={"code": world.code, "product": "花生"}).json()
    firm = client.get("/api/v1/lookup", params={"code": world.code, "firm": "正阳"}).json()
    wrong = client.get("/api/v1/lookup", params={"code": world.code, "firm": "古槐"}).json()

    assert (alone["verdict"], alone["needs_product_or_firm"], alone["matches"]) == ("unknown", True, [])
    assert (named["verdict"], firm["verdict"], wrong["verdict"]) == ("no_recall", "no_recall", "unknown")


def test_a_firm_finds_its_own_batches_in_every_state(
    program_of: ClientOf, visit_as: VisitAs, world: World
) -> None:
    with visit_as("recorder") as visit:
        batches.register_batch(visit, new_batch(world.product_id, code="SECRET"))
    own = program_of("zhenyang").get("/api/v1/lookup", params={"code": "SECRET"}).json()["own"]
    foreign = program_of("guhuai").get("/api/v1/lookup", params={"code": "SECRET"}).json()["own"]

    assert [batch["code"] for batch in own] == ["SECRET"]
    assert foreign == []


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_the_public_address_only_answers_questions(client: TestClient, world: World, method: str) -> None:
    assert client.request(method, f"/01/{world.gtin}/10/{world.code}", headers=JSON).status_code == 405
