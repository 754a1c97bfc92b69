"""A wholesaler holds a drill with goods that it only sold on: by form, on its pages, and by the API."""

import re
from typing import Any
from uuid import UUID

import pytest
from fastapi.testclient import TestClient
from pypdfium2 import PdfDocument

from acts import firm, new_firm
from builders import SIGNED
from conftest import ClientOf
from peanuts import deliver, produce
from tracelot.records.database import connect
from world import Scene, World, visits

ENGLISH = {"accept-language": "en"}


def tell(url: str, world: World) -> dict[str, UUID]:
    """Zhenyang sent sixty cases of oil to a wholesaler."""
    engine = connect(url)
    visit_as = visits(engine, world)
    maker = firm(visit_as, world, "zhenyang")
    produce(maker)
    seller = new_firm(visit_as, world, engine, "wholesaler", "wholesaler", name_zh="天中粮油批发部")
    deliver(maker, seller, "bottled", 60)
    engine.dispose()
    return {**maker.products, "batch": maker.batch("bottled")}


@pytest.fixture
def seller(client_as: ClientOf) -> TestClient:
    client = client_as("wholesaler")
    client.headers.update(ENGLISH)
    return client


def filled(scene: Scene, **given: str) -> dict[str, str]:
    return {
        "ranges": "1", "range-0-product": str(scene.told["bottled"]), "range-0-codes": "X1", "follow": "1",
        "level": "2", "kind": "mock_drill", "reason_code": "mycotoxin", "knowledge_at": "2026-10-01T08:00",
        "reason_zh": "黄曲霉毒素B1超标", "harm_zh": "可损害肝脏", "remedy_zh": "停止食用", "contact": "0396-0000071",
        "planned_end": "2026-12-31", "jurisdiction": "CN",
    } | given  # fmt: skip


def test_the_stock_page_leads_to_a_drill_that_names_the_goods(seller: TestClient, scene: Scene) -> None:
    shown = seller.get("/app/stock").text
    link = f"/app/recalls/new?kind=mock_drill&batch={scene.told['batch']}"
    assert link in shown.replace("&amp;", "&")
    form = seller.get(link).text
    assert "<h1>New drill</h1>" in form
    assert re.search(rf'value="{scene.told["bottled"]}" selected', form)
    assert ">X1</textarea>" in form


def test_who_made_nothing_is_led_from_a_recall_to_a_drill(seller: TestClient) -> None:
    assert "/app/recalls/new?kind=mock_drill" in seller.get("/app/recalls/new").text


def test_a_drill_goes_from_the_form_to_its_report(seller: TestClient, scene: Scene) -> None:
    proposed = seller.post("/app/recalls", data=filled(scene, look="1")).text
    assert "came in 60" in re.sub(r"\s+", " ", proposed)
    opened = seller.post("/app/recalls", data=filled(scene), follow_redirects=False)
    assert opened.status_code == 303
    page = opened.headers["location"].partition("?")[0]
    begun = seller.post(
        f"{page}/publish", data={"read": "1", "version": "1", **SIGNED}, follow_redirects=False
    )
    assert begun.headers["location"].endswith("done=drill")
    shown = seller.get(page).text
    assert f"kind=recall&batch={scene.told['batch']}" in shown.replace("&amp;", "&")
    assert "Came in" in shown
    ledger = seller.get(f"{page}/effectiveness").text
    assert "of what came in" in ledger
    report = PdfDocument(seller.get(f"{page}/effectiveness.pdf").content)
    assert "of what came in" in re.sub(r"\s+", " ", report[0].get_textpage().get_text_range())
    told: dict[str, Any] = seller.get(f"/api/v1/recalls/{page.rpartition('/')[2]}/effectiveness").json()
    assert [(one["bought"], one["made"]) for one in told["figures"]] == [(True, "60")]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"range-0-codes": "NEVER"}, "No goods under one of these codes came to the firm that recalls them."),
        ({"kind": "recall"}, "Others made these goods: say why it is their seller who recalls them."),
    ],
)
def test_what_may_not_be_named_is_said_on_the_form(
    seller: TestClient, scene: Scene, given: dict[str, str], said: str
) -> None:
    answer = seller.post("/app/recalls", data=filled(scene, **given))
    assert answer.status_code == 422
    assert said in answer.text


def test_programs_are_refused_alike(seller: TestClient, scene: Scene) -> None:
    new = {"level": 2, "kind": "mock_drill", "knowledge_at": "2026-10-01T00:00:00Z",
           "ranges": [{"product_id": str(scene.told["bottled"]), "codes": ["NEVER"]}]}  # fmt: skip
    assert seller.post("/api/v1/recalls", json=new).json()["type"].endswith("not-held")
    new |= {"ranges": [{"product_id": str(scene.told["packs"]), "codes": ["X1"]}]}
    assert seller.post("/api/v1/recalls", json=new).json()["type"].endswith("unknown-product")
    new |= {"ranges": [{"product_id": str(scene.told["bottled"]), "codes": ["X1"]}]}
    assert seller.post("/api/v1/recalls", json=new).status_code == 201
