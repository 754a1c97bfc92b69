"""A sampling sheet filled on a phone: the place by its own, signatures by finger, and the page still few bytes."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import Engine

from browser.sampling_stock import put_samplings
from browser.visitors import VisitPage, violations, zh
from keeping import all_rows
from tracelot.records.database import connect
from tracelot.records.samplings import Sampling
from world import World

PHONE = {"width": 390, "height": 844}
HERE = {"longitude": 114.38721, "latitude": 32.60512, "accuracy": 7.2}


@pytest.fixture(scope="module")
def engine(cast_store: str) -> Iterator[Engine]:
    opened = connect(cast_store)
    yield opened
    opened.dispose()


@pytest.fixture(scope="module")
def ids(engine: Engine, cast: World) -> dict[str, str]:
    return put_samplings(engine, cast)


def sign(page: Page, name: str) -> None:
    glass = page.locator(f"[data-pad]:has(input[name={name}]) canvas")
    glass.scroll_into_view_if_needed()
    box = glass.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 20, box["y"] + 20)
    page.mouse.down()
    for step in range(1, 12):
        page.mouse.move(box["x"] + 20 + 20 * step, box["y"] + 20 + 40 * (step % 2))
    page.mouse.up()


def fill(page: Page, **fields: str) -> None:
    for name, value in fields.items():
        page.locator(f"[name={name}]").fill(value)


def test_a_sheet_is_filled_on_a_phone_with_place_and_drawn_signatures(
    visit_page: VisitPage, ids: dict[str, str], engine: Engine
) -> None:
    page = visit_page(
        f"/gov/samplings/new?task={ids['task_id']}", "county", viewport=PHONE, has_touch=True,
        geolocation=HERE, permissions=["geolocation"],
    )  # fmt: skip
    page.get_by_role("button", name=zh("Use this phone's place")).click()
    expect(page.locator("[name=longitude]")).to_have_value("114.38721")
    expect(page.get_by_role("status").filter(has_text="8")).to_be_visible()
    fill(page, firm_name="小店", firm_address="真阳大道9号", sample_name="花生油", dated_on="2026-09-15", lot_no="A1",
         spec="5 L", sample_qty="6", spare_qty="2", producer_name="油厂", producer_address="东路1号",
         sampler1_certificate="Q1", sampler2_name="乙", sampler2_certificate="Q2")  # fmt: skip
    sign(page, "sampler1_drawn")
    sign(page, "firm_drawn")
    page.locator("[data-pad]:has(input[name=sampler2_drawn]) button").click()
    assert violations(page) == []

    page.get_by_role("button", name=zh("Keep the sheet")).click()

    expect(page).to_have_url(re.compile(r"/gov/samplings/[0-9a-f-]{36}"))
    expect(page.locator("img.ink")).to_have_count(2)
    row = max(all_rows(engine, Sampling), key=lambda one: one.recorded_at)
    assert (row.told["longitude"], row.told["latitude"]) == (114.38721, 32.60512)
    assert row.told["samplers"][1]["signature"] is None
    assert violations(page) == []
