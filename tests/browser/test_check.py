"""A shop checks its list on the smallest phone and without scripts."""

from browser.stock import Stock
from browser.visitors import VisitPage, keep_picture, violations, zh


def test_a_list_is_checked_without_scripts_on_the_smallest_phone(visit_page: VisitPage, stock: Stock) -> None:
    size = {"width": 320, "height": 640}
    page = visit_page("/check", java_script_enabled=False, viewport=size)
    gtin = stock.ids["gtin"]
    codes = [f"{gtin} ZY20260915A", f"(01){gtin}(10)ZY20260916B", f"{gtin} NOBODY", "x" * 300]
    page.get_by_label(zh("Codes, one a line")).fill("\n".join(codes))
    page.get_by_role("button", name=zh("Check"), exact=True).click()
    rows = page.locator("tbody tr")
    assert rows.count() == len(codes)
    assert zh("Cannot be told") in page.locator("tbody tr", has_text=codes[-1][:300]).inner_text()
    assert zh("Level I recall") in rows.first.inner_text()
    keep_picture(page, "check-answered-320")
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
    with page.expect_download() as loading:
        page.get_by_role("button", name=zh("Download CSV")).click()
    assert loading.value.suggested_filename.endswith(".csv")


def test_its_answer_is_for_everybody(visit_page: VisitPage, stock: Stock) -> None:
    page = visit_page("/check", color_scheme="dark", viewport={"width": 1440, "height": 900})
    page.get_by_label(zh("Codes, one a line")).fill(f"{stock.ids['gtin']} ZY20260915A\nx")
    page.get_by_role("button", name=zh("Check"), exact=True).click()
    keep_picture(page, "check-answered-dark")
    assert violations(page) == []
