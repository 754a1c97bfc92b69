"""The recall wizard: from a batch's page to the published notice in twelve clicks, with and without scripts."""

import re
from dataclasses import dataclass, field
from time import monotonic

import pytest
from playwright.sync_api import Locator, Page, expect
from sqlalchemy import Engine

from acts import Firm, firm, new_firm
from browser.visitors import VisitPage, fill, zh
from builders import PASSWORD
from peanuts import deliver_all, produce
from tracelot.records.database import connect
from tracelot.rules.places import batch_id
from world import World, visits

MOST_CLICKS, MOST_SECONDS = 12, 300
WITHIN = """row => { const edge = row.getBoundingClientRect().right - parseFloat(getComputedStyle(row).paddingRight);
  return [...row.querySelectorAll("td *")].every(one => one.getBoundingClientRect().right <= edge + 1) }"""
CUSTOMERS = (("wholesaler", "天中粮油批发部"), ("retailer", "天中超市"), ("caterer", "天中学校食堂配送中心"))


@dataclass
class Hand:
    """Counts what a person would do with a finger: every press, tick, choice and step into a field."""

    page: Page
    clicks: int = 0
    done: list[str] = field(default_factory=list)

    def press(self, target: Locator) -> None:
        self.clicks += 1
        self.done.append(f"press {target}")
        target.click()

    def choose(self, name: str, value: str) -> None:
        self.clicks += 2  # opens the list, takes one of it
        self.page.locator(f"[name='{name}']").select_option(value)

    def write(self, name: str, text: str) -> None:
        self.clicks += 1
        self.page.locator(f"[name='{name}']").fill(text)


@pytest.fixture(scope="module")
def maker(cast_store: str, cast: World) -> Firm:
    """Scenario A on the store of the site, once for all tests of this module."""
    engine = connect(cast_store)
    try:
        return _scenario(engine, cast)
    finally:
        engine.dispose()


def _scenario(engine: Engine, cast: World) -> Firm:
    visit_as = visits(engine, cast)
    made = firm(visit_as, cast, "zhenyang")
    produce(made)
    deliver_all(
        made, [new_firm(visit_as, cast, engine, kind, kind, name_zh=name) for kind, name in CUSTOMERS]
    )
    return made


def boxes(page: Page) -> Locator:
    return page.locator("[name='chosen']")


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_twelve_clicks_lead_from_a_batch_to_its_published_recall(
    visit_page: VisitPage, maker: Firm, scripts: bool
) -> None:
    batch = batch_id(maker.products["raw"], "F2" if scripts else "F3")
    size = {"width": 320, "height": 640}
    page = visit_page(f"/app/batches/{batch}", "quality", java_script_enabled=scripts, viewport=size)
    hand, began = Hand(page), monotonic()

    hand.press(page.get_by_role("link", name=zh("Recall this batch")))
    expect(boxes(page)).to_have_count(8)
    assert boxes(page).evaluate_all("all => all.every(one => one.checked)")
    hand.press(page.locator("[name='level'][value='1']"))
    hand.choose("reason_code", "mycotoxin")
    hand.press(page.get_by_role("button", name=zh("Write the texts from cause and product")))
    expect(page.locator("[name='reason_en']")).to_have_value(re.compile("Mycotoxins in .* above"))
    hand.press(page.get_by_role("button", name=zh("Save draft and read it")))
    page.wait_for_url(re.compile(r"/app/recalls/[0-9a-f-]{36}"))
    expect(page.locator("main")).to_contain_text("Mycotoxins in")
    hand.press(page.locator("[name='read']"))
    hand.write("sign_password", PASSWORD)
    hand.press(page.get_by_role("button", name=zh("Publish now")))
    page.wait_for_url(re.compile("done=published"))

    assert hand.clicks <= MOST_CLICKS, hand.done
    assert monotonic() - began < MOST_SECONDS
    page.get_by_role("link", name=zh("Public notice")).click()
    expect(page.locator("#batches")).to_contain_text("packs")
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]


def test_a_double_click_on_publish_sends_it_once_and_says_that_it_is_public(
    visit_page: VisitPage, maker: Firm
) -> None:
    page = visit_page(f"/app/recalls/new?batch={maker.batch('shells')}", "quality")
    page.locator("[name='level'][value='2']").check()
    page.locator("[name='reason_code']").select_option("mycotoxin")
    page.get_by_role("button", name=zh("Write the texts from cause and product")).click()
    page.get_by_role("button", name=zh("Save draft and read it")).click()
    page.locator("[name='read']").check()
    fill(page, sign_password=PASSWORD)
    sent = []
    page.on("request", lambda one: sent.append(one.url) if one.url.endswith("/publish") else None)

    page.get_by_role("button", name=zh("Publish now")).dblclick(delay=60)

    page.wait_for_url(re.compile("done=published"))
    assert len(sent) == 1


def test_what_is_not_ticked_is_left_out_with_its_reason(visit_page: VisitPage, maker: Firm) -> None:
    page = visit_page(f"/app/recalls/new?batch={batch_id(maker.products['raw'], 'F1')}", "quality")
    page.locator("[name='level'][value='2']").check()
    page.locator("[name='reason_code']").select_option("mycotoxin")
    page.get_by_role("button", name=zh("Write the texts from cause and product")).click()
    page.locator(f"[name='chosen'][value='{maker.batch('shells')}']").uncheck()
    page.get_by_role("button", name=zh("Save draft and read it")).click()
    expect(page.get_by_role("alert")).to_contain_text(zh("Say why these batches are left out."))
    fill(page, why="壳不作食用", remedy_zh="自愿召回，仅为预防，极个别产品超标。")
    page.get_by_role("button", name=zh("Save draft and read it")).click()
    page.wait_for_url(re.compile(r"/app/recalls/[0-9a-f-]{36}"))

    expect(page.locator(".wording")).to_contain_text("极个别")
    left = page.locator(f"#scope-{maker.batch('shells')}")
    expect(left).to_contain_text("壳不作食用")
    expect(page.locator(f"#scope-{maker.batch('bottled')}")).to_contain_text("天中超市")
    page.get_by_role("link", name=zh("Edit")).first.click()
    expect(page.locator(f"[name='chosen'][value='{maker.batch('shells')}']")).not_to_be_checked()
    expect(page.locator("[name='why']")).to_have_value("壳不作食用")


def test_what_became_of_a_batch_is_seen_whole_on_a_desk_and_fits_its_card_on_a_phone(
    visit_page: VisitPage, maker: Firm
) -> None:
    form = f"/app/recalls/new?batch={batch_id(maker.products['raw'], 'F1')}"
    desk = visit_page(form, "quality", "en", viewport={"width": 1440, "height": 900})
    assert desk.locator("#scope .graph").evaluate("one => one.scrollWidth <= one.clientWidth")
    phone = visit_page(form, "quality", viewport={"width": 320, "height": 640})
    for row in phone.locator("#scope tbody tr").all():
        assert row.evaluate(WITHIN)
