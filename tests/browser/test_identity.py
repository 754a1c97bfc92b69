"""A person's way with a second factor: set it up, come back with a code, sign a recall, read what happened."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Page, expect
from pyotp import TOTP

from browser.stock import Stock
from browser.visitors import VisitPage, decoded, fill, keep_picture, press, violations, zh
from builders import PASSWORD
from world import World

WIDTHS = (390, 1440)


def pictures(page: Page, name: str) -> None:
    """The page on a phone and on a desk, and that everybody can use it."""
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        keep_picture(page, f"{name}-{width}")
        assert page.evaluate("document.documentElement.scrollWidth") <= width, name
    assert violations(page) == []


def set_up(page: Page) -> tuple[TOTP, str]:
    page.goto("/settings/security")
    page.locator("main").get_by_role("link", name=zh("Set up")).click()
    press(page, zh("Begin"))
    link = decoded(page.locator(".factor-code"))[0]
    assert link.startswith("otpauth://totp/Trace:")
    totp = TOTP(page.locator(".once code").inner_text())
    assert f"secret={totp.secret}" in link
    pictures(page, "factor-offer")
    fill(page, sign_code=totp.now(), sign_password=PASSWORD)
    press(page, zh("Switch on"))
    expect(page.get_by_role("heading", level=1)).to_have_text(zh("Recovery codes"))
    pictures(page, "factor-recovery")
    return totp, page.locator(".codes code").first.inner_text()


def come_back(page: Page, cast: World, totp: TOTP) -> None:
    page.locator("summary[aria-label*='王强']").click()
    page.get_by_role("button", name=zh("Sign out")).click()
    fill(page, login=cast.logins["quality"], password=PASSWORD)
    press(page, zh("Sign in"))
    page.wait_for_url("**/sign-in/code")
    pictures(page, "sign-in-code")
    fill(page, sign_code=totp.at(datetime.now(UTC) + timedelta(seconds=30)))
    press(page, zh("Sign in"))
    page.wait_for_url("**/app")


def test_from_setting_up_a_second_factor_to_a_signed_recall(
    visit_page: VisitPage, stock: Stock, cast: World
) -> None:
    page = visit_page("/sign-in")
    fill(page, login=cast.logins["quality"], password=PASSWORD)
    press(page, zh("Sign in"))
    page.wait_for_url("**/app")
    totp, recovery = set_up(page)
    come_back(page, cast, totp)

    page.goto(stock.path("/app/recalls/{recall_id}"))
    pictures(page, "recall-to-sign")
    page.locator("[name='read']").check()
    fill(page, sign_password=PASSWORD, sign_code=recovery)
    press(page, zh("Publish now"))
    signed = page.locator(".signed")
    expect(signed).to_contain_text("本人已通读本公告")
    expect(signed).to_contain_text(zh("recovery code"))
    pictures(page, "recall-signed")

    page.goto("/settings/security")
    for told in ("The second factor was switched on", "A recovery code was used", "Signed in"):
        expect(page.locator("main")).to_contain_text(zh(told))
    pictures(page, "security")
    page.goto("/settings/second-factor")
    pictures(page, "factor-on")


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize(
    ("name", "path"),
    [("members", "/settings/members"), ("keys", "/settings/keys"), ("safety", "/settings/security")],
)
def test_administrators_pages_hold(
    visit_page: VisitPage, stock: Stock, name: str, path: str, language: str
) -> None:
    page = visit_page(path, "zhenyang", language)
    assert stock
    for summary in page.locator("main details.act summary").all()[:2]:
        summary.click()
    pictures(page, f"{name}-{language}")


def test_an_officer_signs_what_they_decide(visit_page: VisitPage, stock: Stock, cast: World) -> None:
    page = visit_page(f"/gov/parties/{cast.parties['impostor']}", "county", "en")
    assert stock
    pictures(page, "party-to-sign")
    fill(page, note="Compared with the licence", sign_password=PASSWORD[::-1])
    press(page, "Verify")
    expect(page.get_by_role("alert")).to_contain_text("The password is wrong.")
    fill(page, sign_password=PASSWORD)
    press(page, "Verify")
    expect(page.locator(".signed")).to_contain_text(re.compile("I have compared this party's details"))
    pictures(page, "party-signed")
