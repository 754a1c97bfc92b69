"""The trace explorer in a browser: by keyboard alone, lit as the server would, on small screens and without scripts."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count, product
from random import Random
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from acts import Firm, firm, new_firm
from browser.visitors import VisitPage, keep_picture, violations, zh
from conftest import Rounds
from peanuts import deliver_all, produce
from tracelot.operations import parties
from tracelot.records.database import connect
from tracelot.records.facilities import FacilityChange
from world import World, actor_of, visiting

SMALL = {"width": 320, "height": 640}
DRESSES = list(product(("zh", "en"), ("light", "dark")))
LIT = """() => ({
  rows: [...document.querySelectorAll('#table tr.lit')].map((one) => one.id).sort(),
  boxes: [...document.querySelectorAll('.net-nodes a.lit')].map((one) => one.getAttribute('href').slice(1)).sort(),
  wires: [...document.querySelectorAll('path.lit')].map((one) => one.dataset.ends).sort(),
  chosen: document.querySelector('#table tr[aria-current]')?.id ?? '',
})"""


@pytest.fixture(scope="module")
def sold(cast_store: str, cast: World) -> Iterator[Firm]:
    """The peanuts, made, sold to three customers, and standing on a map; from act to act a minute passes."""
    engine = connect(cast_store)
    moments = count(1)
    began = datetime.now(UTC) - timedelta(hours=12)

    def visit_as(who: str) -> Any:
        moment = began + next(moments) * timedelta(minutes=1)
        return visiting(engine, actor_of(engine, cast.people[who]), moment)

    made = firm(visit_as, cast, "zhenyang")
    produce(made)
    kinds = ("wholesaler", "retailer", "caterer")
    customers = [new_firm(visit_as, cast, engine, f"buys-{kind}", kind) for kind in kinds]
    deliver_all(made, customers)
    for number, one in enumerate([made, *customers]):
        with visit_as(one.name) as visit:
            spot = FacilityChange(longitude=113 + number * 0.7, latitude=32 + number % 3)
            parties.change_facility(visit, one.facility_id, spot)
    yield made
    engine.dispose()


@pytest.fixture
def path(sold: Firm) -> str:
    return f"/app/trace?batch={sold.batch('kernels')}"


def ready(page: Page) -> Page:
    expect(page.locator("html[data-ready]")).to_have_count(1)
    return page


def test_what_lights_in_the_browser_is_what_the_server_lights(visit_page: VisitPage, path: str) -> None:
    page = ready(visit_page(path, "zhenyang"))
    plain = visit_page(path, "zhenyang", java_script_enabled=False)
    marks = page.evaluate(
        "() => Object.fromEntries([...document.querySelectorAll('#table tr[id]')].map((one) => "
        "[one.id, one.querySelector('button[name=on]').value]))"
    )
    assert len(marks) == 9
    for number, mark in marks.items():
        page.locator(f".net-nodes a[href='#{number}']").click()
        by_browser = page.evaluate(LIT)
        plain.goto(f"{path}&on={mark}")
        assert by_browser == plain.evaluate(LIT)
        assert by_browser["chosen"] == number
        assert f"on={mark}" in page.url

    page.keyboard.press("Escape")
    assert page.evaluate(LIT) == {"rows": [], "boxes": [], "wires": [], "chosen": ""}
    assert "on=" not in page.url


def test_a_row_lights_the_drawing_too(visit_page: VisitPage, path: str) -> None:
    page = ready(visit_page(path, "zhenyang"))
    page.locator("#table tr#b0 button[name=on]").click()

    lit = page.evaluate(LIT)
    assert "b0" in lit["boxes"]
    assert lit["rows"] == lit["boxes"]
    expect(page.locator("[data-told]")).to_contain_text("9")
    page.locator("[data-full]").click()
    expect(page.locator("#way li").first).to_be_visible()


def test_the_whole_way_goes_by_keyboard_alone(visit_page: VisitPage, path: str, cast: World) -> None:
    page = ready(visit_page("/app/trace", "zhenyang"))
    page.locator("#field-code").focus()
    page.keyboard.type(cast.code)
    page.keyboard.press("Enter")
    expect(page.locator("#table tr[id]")).to_have_count(1)

    ready(page.goto(path) and page)
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.className") == "past":
            break
    expect(page.locator("a.past")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.locator("[data-graph]")).to_be_focused()
    before = page.locator("svg.net").get_attribute("width")
    page.keyboard.press("+")
    assert int(str(page.locator("svg.net").get_attribute("width"))) > int(str(before))
    page.keyboard.press("0")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    chosen = page.evaluate("document.activeElement.getAttribute('href')")
    assert page.evaluate(LIT)["chosen"] == chosen.removeprefix("#")
    page.keyboard.press("Escape")
    assert page.evaluate(LIT)["rows"] == []
    expect(page.locator(f".net-nodes a[href='{chosen}']")).to_be_focused()


def test_the_drawing_moves_by_buttons(visit_page: VisitPage, path: str) -> None:
    page = ready(visit_page(path, "zhenyang", viewport={"width": 390, "height": 844}))
    frame = page.locator("[data-graph]")
    for _ in range(2):
        page.locator("[data-net=in]").click()
    frame.evaluate("one => one.scrollTo(0, 0)")
    page.locator("[data-net=right]").click()
    assert frame.evaluate("one => one.scrollLeft") > 0
    page.locator("[data-net=left]").click()
    assert frame.evaluate("one => one.scrollLeft") == 0
    page.locator("[data-net=fit]").click()
    assert frame.evaluate("one => one.scrollWidth <= one.clientWidth + 1")


def test_time_goes_back_by_slider_and_the_address_follows(visit_page: VisitPage, path: str) -> None:
    page = ready(visit_page(path, "zhenyang"))
    slider = page.locator("[data-moments]")
    slider.focus()
    now = page.locator("#table tr[id]").count()
    with page.expect_response(re.compile("as_of=")):
        page.keyboard.press("Home")
    expect(page.locator("#table tr[id]")).not_to_have_count(now)
    expect(slider).to_be_focused()
    moment = page.locator("#field-as_of").input_value()
    assert moment
    assert "as_of=" in page.url
    assert slider.get_attribute("aria-valuetext") == page.locator("#moments option").first.get_attribute(
        "label"
    )
    page.reload()
    assert page.locator("#field-as_of").input_value() == moment


def test_without_scripts_the_explorer_does_all_of_it(visit_page: VisitPage, path: str, cast: World) -> None:
    page = visit_page("/app/trace", "zhenyang", java_script_enabled=False)
    page.locator("#field-code").fill(cast.code)
    page.locator("label", has_text=zh("Where to")).first.click()
    page.locator("[data-ask] button[type=submit]").click()
    assert "direction=forward" in page.url
    expect(page.locator("#table tr[id]")).to_have_count(1)

    page.goto(path)
    expect(page.locator("[data-moments]")).to_be_hidden()
    expect(page.locator(".net-buttons")).to_be_hidden()
    page.locator("#table tr#b4 button[name=on]").click()
    assert page.evaluate(LIT)["chosen"] == "b4"
    expect(page.locator("#way")).to_be_visible()
    page.locator("#field-by").select_option("stage")
    page.locator("[data-ask] button[type=submit]").click()
    page.locator("#table a.button").last.click()
    assert "open=" in page.url


@pytest.mark.parametrize("who", ["zhenyang", "county"])
def test_everybody_can_use_it(
    visit_page: VisitPage, path: str, who: str, rounds: Rounds, random: Random
) -> None:
    """In the short form in one of the four dresses."""
    place = path.replace("/app/", "/gov/" if who == "county" else "/app/") + "&direction=both&kind=recall"
    for language, scheme in random.sample(DRESSES, rounds(1, len(DRESSES))):
        page = ready(
            visit_page(place, who, language, color_scheme=scheme, viewport={"width": 1440, "height": 900})
        )
        page.locator(".net-nodes a").nth(4).click()
        assert violations(page) == [], f"{language} {scheme}"
        keep_picture(page, f"trace-{who}-{language}-{scheme}")


@pytest.mark.parametrize("language", ["zh", "en"])
def test_it_flows_at_320_pixels(visit_page: VisitPage, path: str, language: str) -> None:
    for place in ("/app/trace", path, f"{path}&by=party", f"{path}&kind=recall&as_of=2020-01-01T00:00"):
        page = visit_page(place, "zhenyang", language, viewport=SMALL)
        assert page.evaluate("document.documentElement.scrollWidth") <= SMALL["width"], place
