"""Whatever a firm or a visitor writes is text: in no page does it become markup, style, script or formula."""

import csv
import io
import itertools
from collections.abc import Iterator
from random import Random
from urllib.parse import quote

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import Engine

from browser.dressed import Dressed, dress
from browser.payloads import ALL, CLASSES, HIT
from browser.visitors import VisitPage, violations
from conformance.surface import Known, known_values, paged
from conftest import Rounds
from tracelot.formats.spreadsheets import FORMULA_STARTS
from tracelot.records.database import connect
from world import World

# What no page of ours holds: handlers in attributes, scripts in the page, frames, and addresses that run.
STRANGE = """() => {
  const found = [];
  if (document.documentElement.dataset?.owned) found.push("ran");
  for (const element of document.querySelectorAll("*")) {
    for (const { name, value } of element.attributes) {
      if (/^on/i.test(name)) found.push(`${element.tagName} ${name}`);
      if (/^(href|src|action|formaction|data|srcdoc|xlink:href)$/i.test(name)
          && (/^\\s*(javascript|vbscript|data:text)/i.test(value) || value.startsWith("HIT")))
        found.push(`${element.tagName} ${name}=${value}`);
      if (name === "style") found.push(`${element.tagName} style=${value}`);
    }
  }
  const foreign = "iframe, frame, object, embed, base, applet, portal, marquee, math, style, "
    + "script:not([src]):not([type='application/json']), meta[http-equiv=refresh], foreignObject";
  for (const element of document.querySelectorAll(foreign)) found.push(element.outerHTML.slice(0, 200));
  return found;
}""".replace("HIT", HIT)
ASIDE = (
    ".zip",
    ".pdf",
    ".jpg",
    ".csv",
    ".png",
    ".txt",
    ".ico",
    "/healthz",
    "/readyz",
    "/divisions",
    "/api/docs",
    "openapi.json",
    "/static/{file}",
)


ECHOES = (
    "/search?q=", "/recalls?q=", "/app/batches?q=", "/sign-in?next=", "/problems/", "/recalls/", "/b/", "/no/",
    "/01/09520001000027/10/", "/qr.svg?link=", "/divisions?text=",
)  # fmt: skip


@pytest.fixture
def engine(cast_store: str) -> Iterator[Engine]:
    opened = connect(cast_store)
    yield opened
    opened.dispose()


def wardrobe(engine: Engine, cast: World, random: Random, *, long: bool) -> Iterator[Dressed]:
    """Firms until every field had a text of every class; in the long form, every text."""
    kinds = list(CLASSES)
    places: dict[str, int] = {}
    for turn in range(len(ALL) if long else len(kinds)):

        def choose(field: str, turn: int = turn) -> str:
            place = places.setdefault(field, len(places))
            if long:
                return ALL[(turn + place) % len(ALL)][1]
            return random.choice(CLASSES[kinds[(turn + place) % len(kinds)]])

        yield dress(engine, cast, choose)


def look(page: Page, path: str) -> None:
    page.goto(path, wait_until="domcontentloaded")
    assert page.evaluate(STRANGE) == [], path


def own_pages(one: Dressed, cast: World) -> list[str]:
    """Every page about the firm's records; codes drawn as pictures are opened as documents."""
    known = Known(known_values(cast) | one.ids)
    return [known.path(each) for each in paged() if each.method == "GET" and not each.path.endswith(ASIDE)
            and each.path.startswith(("/app", "/settings", "/welcome"))]  # fmt: skip


def test_what_a_firm_writes_stays_text(
    visit_page: VisitPage, engine: Engine, cast: World, site: str, rounds: Rounds, random: Random
) -> None:
    """In both languages by turns. After the first text a third of the firm's own pages, in the short form a few."""
    long, count = bool(rounds(0, 1)), 0
    visitors = {
        language: [visit_page("/", who, language) for who in ("", "county", "")] for language in ("zh", "en")
    }
    turns = itertools.cycle(random.sample([*visitors], 2))
    for turn, one in enumerate(wardrobe(engine, cast, random, long=long)):
        firm, office, public = visitors[next(turns)]
        firm.context.add_cookies([{"name": "trace", "value": one.cookie, "url": site}])
        pages = own_pages(one, cast)
        shown = (
            random.sample(pages, len(pages) if long else 12)
            if turn == 0
            else pages[turn % 3 :: 3]
            if long
            else random.sample(pages, 2)
        )
        for path in shown:
            look(firm, path)
        for path in one.public:
            look(public, path)
        look(office, f"/gov/parties/{one.ids['party_id']}")
        count += len(shown) + len(one.public) + 1
    for _, office, _ in visitors.values():
        for path in ("/gov", "/gov/recalls", "/gov/parties?status=verified", "/recalls", "/"):
            look(office, path)
    print(f"{count} pages")
    assert count >= len(CLASSES) * 4


def test_what_a_visitor_writes_stays_text(visit_page: VisitPage, rounds: Rounds, random: Random) -> None:
    page = visit_page("/", "zhenyang")
    chosen = [text for texts in CLASSES.values() for text in random.sample(texts, rounds(1, len(texts)))]
    for text in chosen:
        written = quote(text, safe="")
        for path in random.sample(ECHOES, rounds(2, len(ECHOES))):
            page.goto(path + written, wait_until="domcontentloaded")
            assert page.evaluate(STRANGE) == [], path + written


def test_hostile_text_is_read_as_it_was_written(visit_page: VisitPage, engine: Engine, cast: World) -> None:
    one = dress(engine, cast, lambda field: f"<img src={HIT} onerror=alert(1)> {field}")
    page = visit_page(one.public[0], "", "en")
    for name in ("reason_en", "harm_en", "remedy_en", "contact"):
        expect(page.get_by_text(one.texts[f"NewRecall.{name}"]).first).to_be_visible()
    assert violations(page) == []


def test_no_cell_of_a_table_acts_as_a_formula(
    visit_page: VisitPage, engine: Engine, cast: World, site: str, random: Random
) -> None:
    page = visit_page("/")
    for text in CLASSES["formulas"]:
        one = dress(engine, cast, lambda _, text=text: text)
        page.context.add_cookies([{"name": "trace", "value": one.cookie, "url": site}])
        for path in ("/app/batches.csv", "/recalls.csv"):
            body = page.request.get(path).body().decode("utf-8-sig")
            cells = [cell for row in csv.reader(io.StringIO(body, newline="")) for cell in row]
            assert [cell for cell in cells if cell.startswith(FORMULA_STARTS)] == []
            assert any(text in cell for cell in cells)
