"""An office orders a seller to recall what others made: on the page of the firm, and by the API."""

import re
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine

from acts import new_firm
from builders import PASSWORD, SIGNED
from conftest import ClientOf
from sampled import TOO_MUCH, Way, labs
from sellers import Trade, two_sellers
from world import Scene, VisitAs, World

tell = two_sellers
ENGLISH = {"accept-language": "en"}
MAKER = {"zh": "正阳花生油有限公司", "en": "Zhengyang Peanut Oil Co., Ltd."}


@pytest.fixture
def office(client_as: ClientOf) -> TestClient:
    client = client_as("county")
    client.headers.update(ENGLISH)
    return client


def address(world: World, who: str = "wholesaler") -> str:
    return f"/gov/parties/{world.parties[who]}/order"


def filled(scene: Scene, **given: str) -> dict[str, str]:
    return SIGNED | {
        "product_id": str(scene.told["bottled"]), "codes": "X1", "level": "2", "reason_code": "quality",
        "knowledge_at": "2026-10-01T08:00", "order_no": "正市监责召〔2026〕7号", "text": "生产者已注销",
        "reason_zh": "贮存温度过高", "seller_cause": "maker_gone",
    } | given  # fmt: skip


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_form_offers_what_came_to_the_firm_and_asks_why(
    office: TestClient, world: World, scene: Scene, language: str
) -> None:
    page = office.get(address(world), headers={"accept-language": language}).text
    (option,) = re.findall(rf'<option value="{scene.told["bottled"]}"[^>]*>([^<]*)<', page)
    assert option.endswith(f" · {MAKER[language]}")
    assert str(scene.told["packs"]) not in page
    assert {"zh": "由经营者召回的原因", "en": "Why it is the seller who recalls"}[language] in page
    assert {"zh": "产品由该企业生产", "en": "The firm made these goods"}[language] in page
    assert 'name="seller_cause"' not in office.get(address(world, "zhenyang")).text


def test_an_office_elsewhere_reads_nothing_of_what_came_to_the_firm(
    client_as: ClientOf, world: World, scene: Scene
) -> None:
    other = client_as("neighbour")
    assert str(scene.told["bottled"]) not in other.get(address(world)).text
    assert other.post(address(world), data=filled(scene), follow_redirects=False).status_code in (404, 422)


def test_it_is_ordered_and_the_seller_reads_it(
    office: TestClient, client_as: ClientOf, world: World, scene: Scene
) -> None:
    without = office.post(address(world), data=filled(scene, seller_cause=""))
    assert without.status_code == 422
    assert "say why it is their seller who recalls them" in without.text
    never = office.post(address(world), data=filled(scene, codes="X2"))
    assert (never.status_code, "No goods under one of these codes came" in never.text) == (422, True)
    assert 'id="field-codes-error"' in never.text
    done = office.post(address(world), data=filled(scene), follow_redirects=False)
    assert done.status_code == 303
    shown = office.get(done.headers["location"]).text.replace("&#39;", "'")
    assert "正市监责召〔2026〕7号" in shown
    assert "A seller's recall of goods of others." in shown
    seller = client_as("wholesaler")
    draft = re.search(r"/app/recalls/[0-9a-f-]{36}", seller.get("/app/recalls?state=draft").text)
    assert draft
    page = seller.get(draft[0]).text
    assert "不得取消" in page
    assert "生产者不明、已不存在或不履行召回义务" in page
    kept = seller.get(f"{draft[0]}/edit", headers=ENGLISH).text
    assert re.search(r'value="maker_gone" selected', kept)


def test_programs_read_it_and_a_person_orders_it_by_the_api(
    office: TestClient, client_as: ClientOf, world: World, scene: Scene
) -> None:
    new: dict[str, Any] = {
        "party_id": str(world.parties["wholesaler"]), "order_no": "7", "text": "生产者已注销", "level": 2,
        "knowledge_at": "2026-10-01T00:00:00Z",
        "ranges": [{"product_id": str(scene.told["bottled"]), "codes": ["X1"]}],
        "signature": {"password": PASSWORD},
    }  # fmt: skip
    assert office.post("/api/v1/recalls/orders", json=new).json()["type"].endswith("seller-cause-needed")
    bad = office.post("/api/v1/recalls/orders", json=new | {"seller_cause": "whim"})
    assert bad.status_code == 422
    made = office.post("/api/v1/recalls/orders", json=new | {"seller_cause": "own"})
    assert made.status_code == 201, made.text
    recall = client_as("wholesaler").get(made.headers["location"]).json()
    assert (recall["mode"], recall["seller_cause"], recall["state"]) == ("ordered", "own", "draft")
    assert client_as("zhenyang").get(made.headers["location"]).status_code == 404


def test_a_sample_that_failed_at_a_seller_leads_to_an_order_to_it(
    client_as: ClientOf, visit_as: VisitAs, engine: Engine, world: World, scene: Scene
) -> None:
    labs(engine, world)
    new_firm(visit_as, world, engine, "stranger", "retailer", name_zh="路边店")  # never had these goods
    way = Way(visit_as, world)
    bottles = Trade(visit_as, scene.told, {}).bottles
    words = {"firm_name": "店铺 粮油", "batch_id": bottles, "lot_no": "X1"}
    orders = {}
    for who in ("wholesaler", "stranger", "zhenyang"):
        taken = way.take(firm_id=world.parties[who], **words).id
        way.hand(taken)
        way.receive(taken)
        passed = way.report(taken, TOO_MUCH, report_no=f"SJ-{who}")
        page = client_as("county").get(f"/gov/samplings/{taken}", headers=ENGLISH).text
        orders[who] = re.findall(r'href="(/gov/parties/[^"]*/order[^"]*)"', page)
        assert ("Order the seller to recall" in page) == (who == "wholesaler")
        assert orders[who][0] == f"{address(world, 'zhenyang')}?inspection={passed.inspection_id}"
    (_, seller), (_,), (_,) = orders.values()
    form = client_as("county").get(seller, headers=ENGLISH).text
    assert f'<option value="{scene.told["bottled"]}" selected' in form
    assert re.search(r'name="codes"[^>]*>X1<', form)
    assert "Inspection report SJ-wholesaler failed" in form
    assert 'name="seller_cause"' in form
