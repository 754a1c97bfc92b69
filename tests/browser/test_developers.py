"""The pages for developers and of a product in a browser: examples are copied whole, everything fits and speaks."""

import pytest
from playwright.sync_api import expect

from browser.stock import Stock
from browser.visitors import VisitPage, keep_picture, violations, zh

PAGES = ["/developers", "/developers/changes", "/01/{gtin}", "/01/09520001000096", "/recalls"]


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("name", PAGES)
def test_the_new_pages_in_every_dress(visit_page: VisitPage, stock: Stock, name: str, language: str) -> None:
    page = visit_page(stock.path(name), language=language)
    expect(page.get_by_role("heading", level=1)).to_have_count(1)
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        for width in (390, 1440):
            page.set_viewport_size({"width": width, "height": 900})
            keep_picture(page, f"{name.strip('/').replace('/', '-')}-{language}-{scheme}-{width}")
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            assert violations(page) == [], f"{scheme} {width}"


def test_an_example_is_copied_whole(visit_page: VisitPage, stock: Stock) -> None:
    page = visit_page("/developers", permissions=["clipboard-read", "clipboard-write"])
    figures = page.locator("figure.example")
    expect(figures).to_have_count(12)
    for figure in figures.all():
        button = figure.get_by_role("button")
        button.click()
        expect(button).to_have_attribute("aria-label", zh("Copied"))
        copied = page.evaluate("navigator.clipboard.readText()")
        assert copied == figure.locator("code").text_content()
        assert len(copied) > 60


def test_without_a_script_an_example_is_plain_text(visit_page: VisitPage, stock: Stock) -> None:
    page = visit_page("/developers", java_script_enabled=False)
    expect(page.locator("figure.example button").first).to_be_hidden()
    expect(page.locator("figure.example code").first).to_contain_text("curl")
