"""A wholesaler recalls what it sold, on a phone; whoever scans a package of the batch reads whose goods are meant."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page
from sqlalchemy import Engine

from acts import Firm, firm, new_firm
from browser.visitors import VisitPage, fill, keep_picture, violations, zh
from builders import PASSWORD, new_recall
from keeping import all_rows
from peanuts import deliver, produce
from tracelot.operations import recalls
from tracelot.records.batches import Batch
from tracelot.records.consignees import RecallNotice
from tracelot.records.database import connect
from tracelot.records.recalls import Recall
from world import World, visits

PHONE, SMALL = {"width": 360, "height": 740}, {"width": 320, "height": 640}
DESK = {"width": 1280, "height": 800}
SPACED = re.compile(r"[。；：，？！、] +\S+")
LINES = """all => all.map(one => { const text = document.createRange(); text.selectNodeContents(one);
  return [one.innerText, text.getClientRects().length] })"""


@pytest.fixture(scope="module")
def seller(cast_store: str, cast: World) -> Iterator[Firm]:
    engine = connect(cast_store)
    yield _scenario(engine, cast)
    engine.dispose()


def _scenario(engine: Engine, cast: World) -> Firm:
    visit_as = visits(engine, cast)
    maker = firm(visit_as, cast, "zhenyang")
    produce(maker)
    sold = new_firm(visit_as, cast, engine, "wholesaler", "wholesaler", name_zh="天中粮油批发部")
    deliver(maker, sold, "bottled", 60)
    sold.products = maker.products
    deliver(sold, new_firm(visit_as, cast, engine, "shop", "retailer", name_zh="街角小店"), "bottled", 10)
    return sold


def test_it_goes_from_the_stock_to_the_scan(visit_page: VisitPage, seller: Firm, cast_store: str) -> None:
    page = visit_page("/app/stock", "wholesaler", viewport=PHONE)
    page.get_by_role("link", name=zh("recall as its seller")).click()
    page.locator("[name='seller_cause']").select_option("own")
    page.locator("[name='level'][value='2']").check()
    page.locator("[name='reason_code']").select_option("quality")
    told = {
        "reason_zh": "贮存温度过高",
        "harm_zh": "可致腹泻",
        "remedy_zh": "停止食用",
        "planned_end": "2026-12-31",
    }
    fill(page, **told, contact="0396-1")
    keep_picture(page, "recall-form-seller-360")
    assert violations(page) == []
    page.get_by_role("button", name=zh("Save draft and read it")).click()
    page.locator("[name='read']").check()
    page.locator("[name='sign_password']").first.fill(PASSWORD)
    page.get_by_role("button", name=zh("Publish now")).click()
    page.get_by_role("link", name=zh("Public notice")).click()
    keep_picture(page, "notice-seller-360")
    assert violations(page) == []
    engine = connect(cast_store)
    (batch,) = all_rows(engine, Batch, id=seller.batch("bottled"))
    engine.dispose()
    scanned = visit_page(f"/b/{batch.short_code}", viewport=PHONE)
    keep_picture(scanned, "scan-seller-360")
    assert zh("Recalled by a seller") in scanned.locator("h1").inner_text()
    assert "天中粮油批发部" in scanned.locator(".verdict").inner_text()
    assert violations(scanned) == []


def pages_of(recall: Recall, notice: RecallNotice, batch: Batch) -> list[tuple[str, str]]:
    own = f"/app/recalls/{recall.id}"
    return [
        ("wholesaler", "/app/stock"),
        ("wholesaler", "/app/recalls"),
        ("wholesaler", own),
        ("wholesaler", f"{own}/reach"),
        ("wholesaler", f"{own}/reach/{notice.id}"),
        ("wholesaler", f"{own}/effectiveness"),
        ("shop", "/app/stock"),
        ("shop", "/app/notices"),
        ("shop", f"/app/notices/{notice.id}"),
        ("zhenyang", f"/app/batches/{batch.id}"),
        ("", "/recalls"),
        ("", f"/recalls/{recall.code}"),
        ("", f"/b/{batch.short_code}"),
    ]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_its_pages_fit_the_smallest_phone_and_read_well(
    visit_page: VisitPage, seller: Firm, cast_store: str, language: str
) -> None:
    new = new_recall(seller.products["bottled"], "X1", seller_cause="own", planned_end="2026-12-31")
    with seller.visit_as("wholesaler") as visit:
        opened = recalls.open_recall(visit, new).id
    with seller.visit_as("wholesaler") as visit:
        recalls.publish_recall(visit, opened)
    engine = connect(cast_store)
    (recall,), (notice,) = (
        all_rows(engine, Recall, id=opened),
        all_rows(engine, RecallNotice, recall_id=opened),
    )
    (batch,) = all_rows(engine, Batch, id=seller.batch("bottled"))
    engine.dispose()
    for who, path in pages_of(recall, notice, batch):
        page = visit_page(path, who, language, viewport=SMALL, color_scheme="dark")
        assert page.evaluate("document.documentElement.scrollWidth") <= SMALL["width"], path
        assert language == "en" or spaced(page) == [], path
        for label, lines in page.locator(".track li > span:last-child").evaluate_all(LINES):
            assert lines == 1, label

    register = visit_page("/gov/recalls", "county", language, viewport=DESK)
    assert register.locator(".table-frame").evaluate("one => one.scrollWidth <= one.clientWidth")


def spaced(page: Page) -> list[str]:
    """Where a space follows a mark of Chinese, which brings its own."""
    return SPACED.findall(page.locator("main").inner_text())
