"""Pages hold on small screens, without scripts, by keyboard and in Chinese."""

import re
from functools import cache
from random import Random

import pytest
from babel.messages.pofile import read_po
from playwright.sync_api import Page, expect

from browser.stock import Stock
from browser.visitors import VisitPage, fill, keep_picture, press, zh
from builders import COUNTY, PASSWORD
from conftest import Rounds
from tracelot.web.rendering import HERE
from world import World

PHONE = {"width": 390, "height": 844}
NARROW = {"width": 320, "height": 640}
PUBLIC = [
    "/",
    "recalled",
    "/recalls",
    "notice",
    "/search?q=花生",
    "/sign-up",
    "/scan",
    "/privacy",
    "/developers",
]
INSIDE = {
    "zhenyang": [
        "/app",
        "/app/batches",
        "/app/batches/new",
        "/app/batches/{batch_id}",
        "/app/batches/{batch_id}/label",
        "/app/events",
        "/app/events/new",
        "/app/events/new/harvest",
        "/app/events/new/ship",
        "/app/events/new/receive",
        "/app/events/{event_id}",
        "/app/events/{event_id}/correct",
        "/app/recalls",
        "/app/recalls/new",
        "/app/recalls/{recall_id}",
        "/app/shipments",
        "/app/shipments?box=out",
        "/app/shipments/{shipment_id}",
        "/app/shipments/{shipment_id}/receipt",
        "/app/partners",
        "/app/partners/{contact_id}",
        "/app/stock",
        "/app/units",
        "/app/units/{unit_id}",
        "/settings/members",
        "/settings/keys",
        "/settings/data",
        "/settings/members/{member_id}/forget",
    ],
    "county": ["/gov", "/gov/recalls", "/gov/parties/{party_id}", "/settings/data"],
    "site": ["/gov/keeping"],
}


def width_of(page: Page) -> int:
    return int(page.evaluate("document.documentElement.scrollWidth"))


@pytest.mark.parametrize("who", ["", *INSIDE])
def test_pages_flow_on_small_screens(
    visit_page: VisitPage, stock: Stock, who: str, rounds: Rounds, random: Random
) -> None:
    """The public ones at 320 pixels, those of work on a phone; in the short form each in one of the languages."""
    screen = PHONE if who else NARROW
    page = visit_page("/", who, viewport=screen)
    wide = {}
    for name in INSIDE.get(who, PUBLIC):
        path = stock.path(name)
        for language in random.sample(("zh", "en"), rounds(1, 2)):
            page.goto(f"{path}{'&' if '?' in path else '?'}lang={language}")
            wide[f"{name} {language}"] = width_of(page)
    assert {name: width for name, width in wide.items() if width > screen["width"]} == {}


def test_searching_needs_no_script(visit_page: VisitPage, stock: Stock, cast: World) -> None:
    page = visit_page("/", java_script_enabled=False)
    page.locator("#search").fill(f"(01){cast.gtin}(10){cast.code}")
    page.get_by_role("button", name=zh("Look it up")).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(zh("Level I recall"))
    assert page.url.endswith(stock.recalled)


def test_filtering_recalls_needs_no_script(visit_page: VisitPage, stock: Stock) -> None:
    page = visit_page("/recalls", java_script_enabled=False)
    page.locator("summary", has_text=zh("More filters")).click()
    fill(page, q="花生", region=COUNTY)
    press(page, zh("Show"))
    expect(page.locator(f"a[href='{stock.notice}']")).to_be_visible()
    page.get_by_role("link", name=zh("Level II recall")).click()
    expect(page.locator(f"a[href='{stock.notice}']")).to_have_count(0)


def test_signing_in_and_registering_a_batch_need_no_script(visit_page: VisitPage, cast: World) -> None:
    page = visit_page("/app/batches/new", java_script_enabled=False)
    fill(page, login=cast.logins["recorder"], password=PASSWORD)
    press(page, zh("Sign in"))
    page.wait_for_url("**/app/batches/new")
    fill(page, product_id=str(cast.product_id), code="NOSCRIPT-1", production_date="2026-09-18")
    press(page, zh("Register"))
    expect(page.get_by_role("status")).to_contain_text(zh("Registered."))
    expect(page.locator("main")).to_contain_text("NOSCRIPT-1")


def test_choosing_a_county_needs_no_script(visit_page: VisitPage) -> None:
    page = visit_page("/app/facilities/new", "zhenyang", java_script_enabled=False)
    fill(page, name_zh="无脚本仓库", address_zh="真阳大道2号", region_code_text="正阳县")
    press(page, zh("Save"))
    page.locator(f"[name='region_code'][value='{COUNTY}']").check()
    press(page, zh("Save"))
    page.wait_for_url("**/app/facilities?done=*")
    expect(page.get_by_role("link", name="无脚本仓库")).to_be_visible()


def test_the_keyboard_reaches_the_content_and_the_search(visit_page: VisitPage) -> None:
    page = visit_page("/recalls", language="en")
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Skip to the content")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    keep_picture(page, "skip-link")
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()
    page.keyboard.press("/")
    expect(page.locator("#search")).to_be_focused()


def test_whatever_has_the_focus_shows_it(visit_page: VisitPage) -> None:
    page = visit_page("/recalls", language="en")
    for _number in range(14):
        page.keyboard.press("Tab")
        ring = page.evaluate("""() => {
          const style = getComputedStyle(document.activeElement);
          return [document.activeElement.outerHTML, style.outlineStyle, parseFloat(style.outlineWidth)];
        }""")
        assert ring[1] == "solid", ring
        assert ring[2] >= 2, ring


def test_a_destructive_act_asks_first_and_escape_means_no(visit_page: VisitPage, stock: Stock) -> None:
    page = visit_page(stock.path("/app/recalls/{recall_id}"), "zhenyang")
    page.locator("summary", has_text=zh("Cancel this draft")).click()
    fill(page, reason="重复")
    press(page, zh("Cancel this draft"))
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text(zh("Cancel this draft for good?"))
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    page.reload()
    expect(page.get_by_role("heading", name=zh("Publish"), exact=True)).to_be_visible()


@cache
def english() -> set[str]:
    """The sentences and words of the catalogue that a Chinese page says otherwise."""
    with (HERE / "words" / "zh.po").open("rb") as file:
        catalogue = read_po(file)
    singles = {one.id if isinstance(one.id, str) else one.id[0] for one in catalogue if one.id}
    return {text for text in singles if re.search("[a-z]{2}", text) and zh(text) != text}


BRAND = {"Trace"}
NODES = """() => {
  const texts = [];
  const walker = document.createTreeWalker(document.documentElement, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode;
    if (!node.parentElement.closest("script, code, [lang=en]")) texts.push(node.data.trim());
  }
  for (const name of ["aria-label", "placeholder", "title", "alt", "data-confirm"])
    for (const element of document.querySelectorAll(`[${name}]`)) texts.push(element.getAttribute(name));
  return texts;
}"""


@pytest.mark.parametrize("who", ["", *INSIDE])
def test_a_chinese_page_speaks_chinese(visit_page: VisitPage, stock: Stock, who: str) -> None:
    page = visit_page("/", who)
    foreign = {}
    for name in INSIDE.get(who, PUBLIC):
        page.goto(stock.path(name))
        assert page.locator("html").get_attribute("lang") == "zh-CN"
        foreign[name] = sorted(english() & set(page.evaluate(NODES)) - BRAND)
    assert {name: texts for name, texts in foreign.items() if texts} == {}
