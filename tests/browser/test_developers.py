"""The pages for developers and of a product in a browser: examples are copied whole, everything fits and speaks."""

from playwright.sync_api import expect

from browser.stock import Stock
from browser.visitors import VisitPage, zh


def test_an_example_is_copied_whole(visit_page: VisitPage, stock: Stock) -> None:
    page = visit_page("/developers", permissions=["clipboard-read", "clipboard-write"])
    figures = page.locator("figure.example")
    expect(figures).to_have_count(16)
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
