"""Goods are recorded by keyboard and hand scanner on a small screen, from the field to the customer."""

import re

import pytest
from playwright.sync_api import Page, expect

from browser.visitors import VisitPage, keep_picture, violations, zh
from tracelot.formats.labels import qr_png
from world import World

PHONE = {"width": 390, "height": 844}
MOST_STOPS = 120


def tab_to(page: Page, selector: str) -> None:
    """Press Tab until what is looked for has the focus."""
    for _stop in range(MOST_STOPS):
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"The keyboard does not reach {selector}.")


def write(page: Page, name: str, text: str) -> None:
    tab_to(page, f"main [name='{name}']")
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.insert_text(text)


def choose(page: Page, name: str, label: str) -> None:
    """Type the first letters of an option, as people do."""
    tab_to(page, f"main select[name='{name}']")
    page.keyboard.type(label)
    expect(page.locator(f"main [name='{name}'] option:checked")).to_have_text(re.compile(re.escape(label)))


def press(page: Page, selector: str) -> None:
    tab_to(page, selector)
    page.keyboard.press("Enter")


def scan(page: Page, *codes: str) -> None:
    """A hand scanner types faster than any server answers, and ends each code with Enter."""
    tab_to(page, "[data-scan-box]")
    for code in codes:
        page.keyboard.insert_text(code)
        page.keyboard.press("Enter")


def recorded(page: Page) -> None:
    press(page, "main button[name='record']")
    page.wait_for_url(re.compile(r"/app/events/[0-9a-f-]{36}\?done=recorded"))
    expect(page.get_by_role("status").first).to_contain_text(zh("The act is on record."))
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    assert violations(page) == []


def product(page: Page, name: str, code: str) -> None:
    page.goto("/app/products/new")
    write(page, "name_zh", name)
    write(page, "own_code", code)
    tab_to(page, "main button.primary")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/app/products/[0-9a-f-]{36}"))


def harvest(page: Page, name: str, code: str, quantity: str) -> None:
    page.goto("/app/events/new/harvest")
    choose(page, "made-0-product", name)
    write(page, "made-0-code", code)
    write(page, "made-0-quantity", quantity)
    write(page, "kd-field_name", "东一块")
    recorded(page)


UNKNOWN = zh(
    "Nothing that you make, hold or were sent has this code. Check it, or record how it came to you first."
)


def press_oil(page: Page) -> None:
    """Two harvests into one batch of oil, released at once; a code scanned twice is one line."""
    page.goto("/app/events/new/transform")
    scan(page, "F-1", "F-2", "F-1", "NOBODY")
    expect(page.locator("[data-told]")).to_contain_text(UNKNOWN)
    expect(page.locator("[name='goods']")).to_have_value("2")
    expect(page.locator("[data-scan-box]")).to_be_focused()
    write(page, "goods-0-quantity", "1200")
    write(page, "goods-1-quantity", "300")
    choose(page, "made-0-product", "Boil")
    write(page, "made-0-code", "OIL-0920")
    write(page, "made-0-quantity", "600")
    press(page, "main summary:has(~ .halves [name='made-0-expiry'])")
    tab_to(page, "main [name='made-0-release']")
    page.keyboard.press("Space")
    write(page, "loss", "40")
    keep_picture(page, "act-transform-form")
    assert violations(page) == []
    recorded(page)
    expect(page.locator("main")).to_contain_text("OIL-0920")


def ship_oil(page: Page, party_id: str) -> None:
    page.goto("/app/events/new/ship")
    scan(page, "OIL-0920")
    expect(page.locator("[name='goods']")).to_have_value("1")
    press(page, "main button[name='all']")
    expect(page.locator("[name='goods-0-quantity']")).to_have_value("600")
    write(page, "to_text", "古槐")
    press(page, "main button[name='find']")
    expect(page.locator("[name='to']")).to_have_value(f"party:{party_id}")
    expect(page.locator("[name='goods-0-quantity']")).to_have_value("600")
    write(page, "papers-0-no", "SO-1")
    keep_picture(page, "act-ship-form")
    assert violations(page) == []
    recorded(page)
    expect(page.locator("main")).to_contain_text("古槐粮油有限公司")
    keep_picture(page, "act-shipped")


def test_from_the_harvest_to_the_customer_by_keyboard_on_a_phone(visit_page: VisitPage, cast: World) -> None:
    page = visit_page("/app", "zhenyang", viewport=PHONE)
    product(page, "Araw", "NUT-1")
    product(page, "Boil", "OIL-1")
    harvest(page, "Araw", "F-1", "1200")
    harvest(page, "Araw", "F-2", "800")
    press_oil(page)
    ship_oil(page, str(cast.parties["guhuai"]))


@pytest.mark.parametrize("act", ["sell", "receive", "pack", "count", "manifest"])
def test_forms_of_acts_fit_a_phone_and_everybody(visit_page: VisitPage, cast: World, act: str) -> None:
    page = visit_page(f"/app/events/new/{act}?batch={cast.batch_id}", "zhenyang", viewport=PHONE)

    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    assert violations(page) == []


def test_an_act_needs_no_script(visit_page: VisitPage, cast: World) -> None:
    page = visit_page("/app/events/new/sell", "zhenyang", java_script_enabled=False)
    page.locator("[name='code']").fill(f"(01){cast.gtin}(10){cast.code}")
    page.keyboard.press("Enter")
    expect(page.locator("[name='code']")).to_be_focused()
    page.locator("[name='goods-0-quantity']").fill("12")
    page.locator("main").get_by_role("button", name=zh("Record"), exact=True).click()
    page.wait_for_url("**/app/events/*?done=recorded")
    expect(page.locator("main")).to_contain_text(cast.code)


def test_what_is_typed_while_a_code_is_looked_up_stays(visit_page: VisitPage, cast: World) -> None:
    """A quantity typed before the answer of the next scan is there is not swept away by it."""
    page = visit_page(f"/app/events/new/sell?batch={cast.batch_id}", "zhenyang")
    page.route(
        "**/app/events/new/sell",
        lambda route: (page.locator("[name='goods-0-quantity']").fill("7"), route.continue_()),
    )
    scan(page, "NOBODY")
    expect(page.locator("[data-told] .error")).to_be_visible()
    expect(page.locator("[name='goods-0-quantity']")).to_have_value("7")


def test_a_picture_of_a_label_adds_a_line(visit_page: VisitPage, site: str, cast: World) -> None:
    label = qr_png(f"{site}/01/{cast.gtin}/10/{cast.code}")
    page = visit_page("/app/events/new/sell", "zhenyang")
    page.locator("summary", has_text=zh("With the camera")).click()
    page.locator("input[type='file']").set_input_files(
        {"name": "label.png", "mimeType": "image/png", "buffer": label}
    )
    expect(page.locator("[name='goods-0-what']")).to_have_value(f"batch:{cast.batch_id}")
    expect(page.locator("[name='code']")).to_have_value("")
