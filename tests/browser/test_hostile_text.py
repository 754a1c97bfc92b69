"""Whatever a firm writes is text: in no page does it become markup or script."""

import pytest
from playwright.sync_api import expect
from sqlalchemy import Engine

from browser.visitors import VisitPage, violations
from builders import new_batch, new_facility, new_product, new_recall
from tracelot.operations import batches, parties, products, recalls
from tracelot.records.database import connect
from world import World, actor_of, visiting

IMAGE = "<img src=x onerror=alert(1)>"
BREAK = '"><script>alert(2)</script>'
CODE = "<b>-\"'&1"


@pytest.fixture(scope="module")
def hostile(cast_store: str, cast: World) -> dict[str, str]:
    """Pages about goods whose every text wants to be more than text."""
    engine = connect(cast_store)
    try:
        return _goods(engine, cast)
    finally:
        engine.dispose()


def _goods(engine: Engine, cast: World) -> dict[str, str]:
    with visiting(engine, actor_of(engine, cast.people["zhenyang"])) as visit:
        place = parties.register_facility(visit, new_facility(name_zh=IMAGE, address_zh=BREAK))
        product = products.register_product(
            visit, new_product(name_zh=IMAGE, name_en=BREAK, spec=BREAK, brand=IMAGE, gtin="09520001000034")
        )
        batch = batches.register_batch(
            visit, new_batch(product.id, code=CODE, printed_text=BREAK, production_line=IMAGE, release=True)
        )
        told = dict.fromkeys(("reason_zh", "harm_zh", "remedy_zh"), IMAGE)
        told |= dict.fromkeys(("reason_en", "harm_en", "remedy_en", "contact", "contact_hours"), BREAK)
        recall = recalls.open_recall(visit, new_recall(product.id, CODE, **told))
        code = recalls.publish_recall(visit, recall.id).code
    return {
        "public": "/01/09520001000034/10/%3Cb%3E-%22%27%261?lang=zh",
        "english": "/01/09520001000034/10/%3Cb%3E-%22%27%261?lang=en",
        "notice": f"/recalls/{code}",
        "recalls": "/recalls?q=onerror",
        "search": "/search?q=<script>alert(3)</script>",
        "home": "/",
        "product": f"/app/products/{product.id}",
        "edit": f"/app/products/{product.id}/edit",
        "batch": f"/app/batches/{batch.id}",
        "label": f"/app/batches/{batch.id}/label",
        "batches": "/app/batches",
        "recall": f"/app/recalls/{recall.id}",
        "new": f"/app/recalls/new?batch={batch.id}",
        "facility": f"/app/facilities/{place.id}",
        "facilities": "/app/facilities",
    }


def test_what_a_firm_writes_stays_text(visit_page: VisitPage, hostile: dict[str, str]) -> None:
    page = visit_page("/", "zhenyang")
    for name, path in hostile.items():
        page.goto(path)
        text = page.content()
        assert "onerror" in text or "&lt;script&gt;" in text, name
        expect(page.locator("main img[onerror], main script, main b b")).to_have_count(0)


def test_hostile_text_is_read_as_it_was_written(visit_page: VisitPage, hostile: dict[str, str]) -> None:
    page = visit_page(hostile["notice"])
    for text in (IMAGE, BREAK):
        expect(page.get_by_text(text).first).to_be_visible()
    expect(page.locator("main")).to_contain_text(CODE)
    assert violations(page) == []
