"""Deciding about a recall's scope on its page, and what everybody reads of it afterwards."""

import re
from dataclasses import replace
from uuid import UUID

import pytest
from fastapi.testclient import TestClient

from acts import Firm, firm, goods, output
from builders import PASSWORD, SIGNED, new_recall
from conftest import ClientOf
from peanuts import produce
from tracelot.operations import recalls
from tracelot.records.database import connect
from world import Scene, VisitAs, World, visits


def tell(url: str, world: World) -> dict[str, UUID]:
    """Scenario A as far as its maker."""
    engine = connect(url)
    made = firm(visits(engine, world), world, "zhenyang")
    produce(made)
    engine.dispose()
    return made.products


@pytest.fixture
def maker(visit_as: VisitAs, scene: Scene) -> Firm:
    return replace(firm(visit_as, scene.world, "zhenyang"), products=scene.told)


@pytest.fixture
def published(maker: Firm) -> tuple[str, str]:
    """The page of a published recall of a farm lot and all that was made of it, and its notice."""
    with maker.visit_as("quality") as visit:
        recall = recalls.open_recall(visit, new_recall(maker.products["raw"], "F1", follow=True))
        recalls.publish_recall(visit, recall.id)
        return f"/app/recalls/{recall.id}", f"/recalls/{recall.code}"


def version_in(page: str) -> str:
    found = re.search(r'id="scope-form"><input type="hidden" name="version" value="(\d+)"', page)
    assert found
    return found.group(1)


def test_a_batch_is_taken_out_under_a_signature_and_the_notice_says_so(
    client_as: ClientOf, client: TestClient, maker: Firm, published: tuple[str, str]
) -> None:
    quality, (url, notice) = client_as("quality"), published
    sent = {
        "version": version_in(quality.get(url).text),
        "act": "narrow",
        "batch": str(maker.batch("cake")),
        "scope_reason": "未使用该批原料",
    }

    unsigned = quality.post(f"{url}/scope", data=sent)
    nothing = quality.post(f"{url}/scope", data=SIGNED | sent | {"batch": ""})
    silent = quality.post(f"{url}/scope", data=SIGNED | sent | {"scope_reason": ""})
    assert [answer.status_code for answer in (unsigned, nothing, silent)] == [422, 422, 422]
    assert 'href="#field-sign_password"' in unsigned.text
    assert "未使用该批原料" not in client.get(notice).text

    assert quality.post(f"{url}/scope", data=SIGNED | sent).status_code == 303
    assert "未使用该批原料" in client.get(notice).text
    assert "未使用该批原料" in quality.get(url).text


def test_a_page_warns_of_what_was_recorded_later_and_takes_it_in(
    client_as: ClientOf, client: TestClient, maker: Firm, published: tuple[str, str]
) -> None:
    quality, (url, notice) = client_as("quality"), published
    assert 'id="missed"' not in quality.get(url).text
    maker.does("transform", inputs=[goods(maker.batch("kernels"), 10)],
               outputs=[output(maker.products["oil"], "LATE", 4)])  # fmt: skip

    page = quality.get(url).text
    assert 'id="missed"' in page
    sent = {"version": version_in(page), "act": "widen", "batch": str(maker.batch("oil", "LATE"))}
    told = {"scope_reason": "后补记录的批次", "sign_password": PASSWORD}
    assert quality.post(f"{url}/scope", data=sent | told).status_code == 303

    assert 'id="missed"' not in quality.get(url).text
    assert "LATE" in client.get(notice).text


def test_the_api_tells_and_changes_the_scope(
    program_of: ClientOf, client_as: ClientOf, maker: Firm, published: tuple[str, str]
) -> None:
    program, recall_id = program_of("zhenyang"), published[0].rpartition("/")[2]
    path = f"/api/v1/recalls/{recall_id}/scope"
    change = {"act": "narrow", "batch_ids": [str(maker.batch("shells"))], "reason": "壳不作食用"}

    before = program.get(path).json()
    assert {line["verdict"] for line in before["lines"]} == {"chosen"}
    assert program.post(path, json=change).status_code == 200
    after = program.get(path).json()
    assert [one["act"] for one in after["versions"]] == ["narrowed", "published", "opened"]
    assert after["versions"][0]["left_out"] == ["X1"]
    assert client_as("county").get(path).status_code == 200
    assert client_as("guhuai").get(path).status_code == 404
    assert program.post(path, json=change | {"reason": ""}).status_code == 422
