"""A wholesaler recalls what it sold, on a phone; whoever scans a package of the batch reads whose goods are meant."""

import pytest
from sqlalchemy import Engine

from acts import Firm, firm, new_firm
from browser.visitors import VisitPage, fill, keep_picture, violations, zh
from builders import PASSWORD
from keeping import all_rows
from peanuts import deliver, produce
from tracelot.records.batches import Batch
from tracelot.records.database import connect
from world import World, visits

PHONE = {"width": 360, "height": 740}


@pytest.fixture(scope="module")
def seller(cast_store: str, cast: World) -> Firm:
    engine = connect(cast_store)
    try:
        return _scenario(engine, cast)
    finally:
        engine.dispose()


def _scenario(engine: Engine, cast: World) -> Firm:
    visit_as = visits(engine, cast)
    maker = firm(visit_as, cast, "zhenyang")
    produce(maker)
    sold = new_firm(visit_as, cast, engine, "wholesaler", "wholesaler", name_zh="天中粮油批发部")
    deliver(maker, sold, "bottled", 60)
    sold.products = maker.products
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
