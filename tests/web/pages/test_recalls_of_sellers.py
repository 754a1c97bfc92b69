"""A wholesaler recalls what it sold of goods that others made: by form, on every public page, and by the API."""

import re
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from fastapi.testclient import TestClient
from pypdfium2 import PdfDocument
from sqlalchemy import Engine

from acts import firm, new_firm
from builders import SIGNED
from conftest import ClientOf
from keeping import all_rows
from peanuts import deliver, produce
from tracelot.operations.digests import follow_change
from tracelot.records.batches import Batch
from tracelot.records.database import connect
from tracelot.records.recalls import Recall
from world import PLACE, Scene, World, visits

ENGLISH = {"accept-language": "en"}


def tell(url: str, world: World) -> dict[str, UUID]:
    """Zhenyang sent sixty cases of oil to a wholesaler, and this ten of them to a shop."""
    engine = connect(url)
    visit_as = visits(engine, world)
    maker = firm(visit_as, world, "zhenyang")
    produce(maker)
    seller = new_firm(
        visit_as,
        world,
        engine,
        "wholesaler",
        "wholesaler",
        name_zh="天中粮油批发部",
        name_en="Tianzhong Oils",
    )
    shop = new_firm(visit_as, world, engine, "shop", "retailer", name_zh="街角小店")
    deliver(maker, seller, "bottled", 60)
    seller.products = maker.products
    deliver(seller, shop, "bottled", 10)
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
        "seller": "1", "seller_cause": "own",
        "level": "2", "kind": "recall", "reason_code": "quality", "knowledge_at": "2026-10-01T08:00",
        "reason_zh": "贮存温度过高", "harm_zh": "可致腹泻", "remedy_zh": "停止食用", "contact": "0396-0000071",
        "planned_end": "2026-12-31", "jurisdiction": "CN",
    } | given  # fmt: skip


@pytest.fixture
def code(seller: TestClient, scene: Scene) -> str:
    """The recall of the wholesaler, out."""
    opened = seller.post("/app/recalls", data=filled(scene), follow_redirects=False)
    assert opened.status_code == 303, opened.text
    page = opened.headers["location"].partition("?")[0]
    assert "what you sold of it is recalled" in seller.get(page).text
    out = seller.post(f"{page}/publish", data={"read": "1", "version": "1", **SIGNED}, follow_redirects=False)
    assert out.headers["location"].endswith("done=published")
    told: dict[str, Any] = seller.get(f"/api/v1/recalls/{page.rpartition('/')[2]}").json()
    assert told["seller_cause"] == "own"
    return str(told["code"])


def test_the_stock_page_leads_to_a_form_that_asks_why(seller: TestClient, scene: Scene) -> None:
    link = f"/app/recalls/new?batch={scene.told['batch']}"
    assert link in seller.get("/app/stock").text.replace("&amp;", "&")
    form = seller.get(link).text
    assert "<h1>New recall as a seller</h1>" in form
    assert re.search(rf'value="{scene.told["bottled"]}" selected', form)
    assert ">X1</textarea>" in form
    assert 'name="seller_cause"' in form
    assert 'name="seller" value="1"' in form
    assert "/app/recalls/new?seller=1" in seller.get("/app/recalls/new").text
    assert 'name="seller_cause"' in seller.get("/app/recalls/new?seller=1").text


def place_of(seller: TestClient) -> str:
    (one,) = seller.get("/api/v1/facilities").json()
    return str(one["id"])


def test_without_a_cause_the_form_comes_back_and_says_so(seller: TestClient, scene: Scene) -> None:
    answer = seller.post("/app/recalls", data=filled(scene, seller_cause=""))
    assert answer.status_code == 422
    assert "say why it is their seller who recalls them" in answer.text
    assert "<h1>New recall as a seller</h1>" in answer.text
    there = {"range-0-product": "", "range-0-codes": "", "range-0-facility": place_of(seller),
             "range-0-since": "2026-01-01T08:00", "range-0-until": "2026-12-01T08:00", "seller_cause": ""}  # fmt: skip
    assert (
        "say why it is their seller who recalls them"
        in seller.post("/app/recalls", data=filled(scene, **there)).text
    )
    looked = seller.post("/app/recalls", data=filled(scene, seller_cause="", look="1")).text
    assert "came in 60" in re.sub(r"\s+", " ", looked)


def test_a_draft_is_read_again_with_its_cause(seller: TestClient, scene: Scene) -> None:
    opened = seller.post(
        "/app/recalls", data=filled(scene, seller_cause="maker_gone"), follow_redirects=False
    )
    page = opened.headers["location"].partition("?")[0]
    assert re.search(r'value="maker_gone" selected', seller.get(f"{page}/edit").text)
    changed = filled(scene, version="1")
    assert seller.post(f"{page}/edit", data=changed, follow_redirects=False).status_code == 303
    assert re.search(r'value="own" selected', seller.get(f"{page}/edit").text)
    plan = seller.get(f"{page}/plan").text
    assert 'name="initiator_role"' not in plan
    assert "its own cause" in plan


@pytest.mark.parametrize("language", ["en", "zh"])
def test_everybody_reads_who_sold_it_and_never_that_it_is_recalled_as_such(
    seller: TestClient, client: TestClient, scene: Scene, code: str, engine: Engine, language: str
) -> None:
    (batch,) = all_rows(engine, Batch, id=scene.told["batch"])
    client.headers["accept-language"] = language
    page = client.get(f"/b/{batch.short_code}").text
    notice, register = client.get(f"/recalls/{code}").text, client.get("/recalls").text
    said = {"en": "Recalled by a seller", "zh": "经营者召回"}[language]
    if language == "en":
        assert "If Tianzhong Oils sold it: do not eat or use it." in page
        assert "recalls as a seller what it sold of these batches" in notice
        assert "its own cause" in notice
        assert "as a seller: what it sold" in register
    else:
        assert "如购自天中粮油批发部：请勿食用或使用。" in page
        assert "天中粮油批发部作为经营者召回其销售的下列批次" in notice
    assert said in page
    assert f"/recalls/{code}" in page
    assert "街角小店" not in page + notice + register
    told = client.get(f"/b/{batch.short_code}?format=json").json()
    assert (told["verdict"], told["level"], told["batch"]["status"]) == ("seller_recall", 2, "released")
    assert [one["seller_zh"] for one in told["recalls"]] == ["天中粮油批发部"]
    listed = client.post("/api/v1/lookup", json=[f"http://127.0.0.1:8000/b/{batch.short_code}"]).json()
    assert listed["answers"][0]["answer"]["verdict"] == "seller_recall"
    checked = client.post("/check", data={"codes": f"http://127.0.0.1:8000/b/{batch.short_code}"}).text
    assert said in checked
    assert {"en": "Tianzhong Oils", "zh": "天中粮油批发部"}[language] in checked
    links = client.get(f"/b/{batch.short_code}?linkType=linkset").json()["linkset"][0]
    assert code in str(links["https://gs1.org/voc/recallStatus"])


def test_programs_and_papers_say_that_it_is_a_seller_s(client: TestClient, code: str) -> None:
    client.headers.update(ENGLISH)
    (one,) = client.get("/api/v1/recalls").json()["items"]
    assert (one["seller_cause"], one["firm_zh"]) == ("own", "天中粮油批发部")
    (record,) = client.get(f'/api/v1/openfda/food/enforcement.json?search=event_id:"{code}"').json()[
        "results"
    ]
    assert "recalled by the seller" in record["reason_for_recall"]
    message = client.get(f"/api/v1/recalls/{code}?format=gs1").json()
    assert message["issuer"]["role"] == "SELLER"
    feed = client.get("/recalls.atom?lang=en").text
    assert "as a seller: what it sold" in feed
    paper = PdfDocument(client.get(f"/recalls/{code}.pdf?lang=en").content)
    words = re.sub(r"\s+", " ", paper[0].get_textpage().get_text_range())
    assert "Why the seller" in words


def test_the_maker_is_told_on_its_pages_and_nothing_of_customers(
    client_as: ClientOf, scene: Scene, code: str, engine: Engine
) -> None:
    (recall,) = all_rows(engine, Recall, code=code)
    follow_change(engine, recall.id, PLACE.zone, datetime.now(UTC))
    maker = client_as("zhenyang")
    maker.headers.update(ENGLISH)
    pages = [
        maker.get(f"/app/batches/{scene.told['batch']}").text,
        maker.get("/settings/notifications").text,
    ]
    for page in pages:
        assert code in page
        assert "街角小店" not in page
    assert "Tianzhong Oils recalls as a seller what it sold of this batch." in pages[0]
    assert "A seller recalls goods that you made or supplied" in pages[1]
    shop = client_as("shop")
    shop.headers.update(ENGLISH)
    notice = re.search(r"/app/notices/[0-9a-f-]+", shop.get("/app").text)
    assert notice
    assert "It recalls as a seller what it sold of these batches" in shop.get(notice[0]).text


def test_programs_are_refused_alike(seller: TestClient, scene: Scene) -> None:
    new = {"level": 2, "knowledge_at": "2026-10-01T00:00:00Z",
           "ranges": [{"product_id": str(scene.told["bottled"]), "codes": ["X1"]}]}  # fmt: skip
    assert seller.post("/api/v1/recalls", json=new).json()["type"].endswith("seller-cause-needed")
    bad = seller.post("/api/v1/recalls", json=new | {"seller_cause": "whim"})
    assert bad.status_code == 422
    made = seller.post("/api/v1/recalls", json=new | {"seller_cause": "maker_gone"})
    assert made.status_code == 201
    assert made.json()["seller_cause"] == "maker_gone"
    own = seller.patch(f"/api/v1/recalls/{made.json()['id']}", json={"seller_cause": None})
    assert own.json()["type"].endswith("goods-of-others")


def test_its_office_reads_on_its_page_that_it_is_a_seller_s(client_as: ClientOf, code: str) -> None:
    office = client_as("county")
    office.headers.update(ENGLISH)
    page = office.get(f"/gov/recalls/{code}").text
    assert "A seller's recall of goods of others." in page.replace("&#39;", "'")
    assert "its own cause" in page


def test_its_draft_is_worded_as_everybody_will_read_it(seller: TestClient, scene: Scene) -> None:
    opened = seller.post("/app/recalls", data=filled(scene), follow_redirects=False)
    draft = seller.get(opened.headers["location"].partition("?")[0]).text
    (preview,) = re.findall(r'<article class="notice">.*?</section>', draft, re.DOTALL)
    assert "If Tianzhong Oils sold it: do not eat or use it." in preview
    assert "stop selling, and say that the recall has started" in draft
    assert "stop making" not in draft


def test_its_maker_reads_what_whoever_scans_the_batch_reads(
    client_as: ClientOf, seller: TestClient, scene: Scene
) -> None:
    page, maker = f"/app/batches/{scene.told['batch']}", client_as("zhenyang")
    before = maker.get(page, headers=ENGLISH).text
    assert "whoever scans it sees that no recall is on record" in before
    opened = seller.post("/app/recalls", data=filled(scene), follow_redirects=False).headers["location"]
    out = {"read": "1", "version": "1", **SIGNED}
    seller.post(f"{opened.partition('?')[0]}/publish", data=out)
    after = maker.get(page, headers=ENGLISH).text
    assert "no recall is on record" not in after
    assert "whoever scans it reads that a seller recalls what it sold of it" in after


@pytest.mark.parametrize(
    ("who", "page"), [("wholesaler", "/app/recalls"), ("shop", "/app/notices"), ("county", "/gov/recalls")]
)
def test_lists_say_whose_goods_are_meant(client_as: ClientOf, code: str, who: str, page: str) -> None:
    table = client_as(who).get(page, headers=ENGLISH).text
    assert code in table
    assert "as a seller: what it sold" in table
    assert "The producer gave" not in client_as(who).get(f"/recalls/{code}", headers=ENGLISH).text


def test_the_form_marks_the_cause_as_needed(seller: TestClient, scene: Scene) -> None:
    form = seller.get(f"/app/recalls/new?batch={scene.told['batch']}").text
    (field,) = re.findall(r'<select[^>]* name="seller_cause"[^>]*>', form)
    assert "required" in field
