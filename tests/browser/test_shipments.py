"""Goods from firm to firm: one sends, the other counts less on a phone by keyboard, and the first one agrees."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, Page, expect
from sqlalchemy import Engine

from browser.traffic import firms, send
from browser.visitors import VisitPage, fill, keep_picture, violations, zh
from tracelot.records.database import connect
from world import World

PHONE = {"width": 390, "height": 844}


@pytest.fixture
def engine(cast_store: str) -> Iterator[Engine]:
    opened = connect(cast_store)
    yield opened
    opened.dispose()


def reach(page: Page, wanted: Locator) -> None:
    """Go on by Tab until this has the focus."""
    expect(wanted).to_have_count(1)
    for _step in range(60):
        page.keyboard.press("Tab")
        if wanted.evaluate("element => element === document.activeElement"):
            expect(wanted).to_be_in_viewport()
            return
    raise AssertionError("The keyboard does not get there.")


def test_a_smaller_quantity_is_counted_by_keyboard_and_settled_by_the_sender(
    visit_page: VisitPage, engine: Engine, cast: World
) -> None:
    buyer, seller = firms(engine, cast)
    shipment = f"/app/shipments/{send(seller, buyer, 120)}"
    phone = visit_page("/app", "zhenyang", viewport=PHONE)
    counts_less(phone, shipment)

    sender = visit_page("/app", "guhuai", "en")
    expect(sender.get_by_role("heading", name="Differences to settle")).to_be_visible()
    sender.locator(f"a[href='{shipment}']").click()
    expect(sender.locator(".flash.warn")).to_contain_text("GH260918: 5 cases less than was sent")
    assert violations(sender) == []
    sender.locator("summary", has_text="Settle the difference").click()
    fill(sender, reason="Five cases stayed on the dock.")
    keep_picture(sender, "settling")
    sender.locator("form[action$='/settle']").get_by_role("button").click()
    sender.get_by_role("dialog").get_by_role("button", name="Go ahead").click()
    expect(sender.get_by_role("status")).to_contain_text("The difference is settled.")
    assert violations(sender) == []

    phone.reload()
    expect(phone.locator("main")).to_contain_text("Five cases stayed on the dock.")
    expect(phone.locator(".flash.warn")).to_have_count(0)


def counts_less(phone: Page, shipment: str) -> None:
    expect(phone.get_by_role("heading", name=zh("Shipments to confirm"))).to_be_visible()
    reach(phone, phone.locator(f"a[href='{shipment}']"))
    phone.keyboard.press("Enter")
    phone.wait_for_url(f"**{shipment}")
    assert violations(phone) == []
    reach(phone, phone.get_by_role("link", name=zh("Something else came")))
    phone.keyboard.press("Enter")
    phone.wait_for_url("**/receipt")
    quantity = phone.get_by_label(zh("Quantity"))
    reach(phone, quantity)
    phone.keyboard.press("ControlOrMeta+a")
    phone.keyboard.type("-1")
    phone.keyboard.press("Enter")
    expect(phone.get_by_role("alert")).to_be_focused()
    assert violations(phone) == []
    reach(phone, quantity)
    phone.keyboard.press("ControlOrMeta+a")
    phone.keyboard.type("115")
    keep_picture(phone, "counting")
    phone.keyboard.press("Enter")
    phone.wait_for_url(f"**{shipment}?done=received")
    expect(phone.locator(".flash.warn")).to_contain_text("比发货少 5 箱")
    keep_picture(phone, "counted-less")
    assert violations(phone) == []


def test_several_receipts_need_no_script(visit_page: VisitPage, engine: Engine, cast: World) -> None:
    buyer, seller = firms(engine, cast)
    paths = [f"/app/shipments/{send(seller, buyer, many)}" for many in (3, 4)]
    page = visit_page("/app/shipments", "zhenyang", "en", java_script_enabled=False)
    for path in paths:
        page.locator(f"input[name='chosen'][value='{path.rpartition('/')[2]}']").check()
    page.get_by_role("button", name="Confirm chosen as sent").click()
    results = page.locator("section[aria-labelledby='outcomes'] li")
    expect(results).to_have_count(2)
    for path in paths:
        expect(results.filter(has=page.locator(f"a[href='{path}']"))).to_contain_text("Confirmed")
