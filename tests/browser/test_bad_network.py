"""An officer at a shop without a network: what was filled in is kept on the phone and sent later, once."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, Route, expect
from sqlalchemy import Engine
from sqlmodel import select

from browser.stock import Stock
from browser.visitors import keep_picture, zh
from builders import PASSWORD
from tracelot.operations import checking, disposing
from tracelot.operations.visit import Visit
from tracelot.records.database import connect
from tracelot.records.effectiveness import Disposal, EffectivenessCheck, NewDisposal, NewSample
from tracelot.records.journal import JournalEntry
from tracelot.records.recalls import find_recall_by_code
from world import World, visits


@pytest.fixture(scope="module")
def engine(cast_store: str) -> Iterator[Engine]:
    opened = connect(cast_store)
    yield opened
    opened.dispose()


@pytest.fixture(scope="module")
def at(engine: Engine, cast: World, stock: Stock) -> str:
    """The page of a recall of which two shops are to be asked, and a rest destroyed."""
    opened = visits(engine, cast)
    with opened("county") as visit:
        checking.draw_sample(visit, stock.ids["code"], NewSample(level="A", method="visit"))
    with opened("zhenyang") as visit:
        recall = find_recall_by_code(visit.session, stock.ids["code"])
        assert recall is not None
        new = {"batch_id": cast.batch_id, "quantity": "3", "unit": "bottle", "method": "destroy_central"}
        new |= {"place": "县焚烧站", "planned_at": datetime.now(UTC) + timedelta(1)}
        disposing.announce_disposal(visit, recall.id, NewDisposal.model_validate(new))
    return f"/gov/site/{stock.ids['code']}"


@pytest.fixture
def phone(chromium: Browser, site: str, cast: World) -> Iterator[BrowserContext]:
    context = chromium.new_context(base_url=site, locale="zh-CN", viewport={"width": 390, "height": 844})
    context.add_cookies([{"name": "trace", "value": cast.cookies["county"], "url": site}])
    yield context
    context.close()


def kept(page: Page) -> Locator:
    return page.locator("[data-kept]")


def count(page: Page, number: int) -> None:
    expect(kept(page)).to_contain_text(zh("Kept on this phone, not sent yet: {n}").format(n=number))


def fill_in_check(page: Page, note: str) -> None:
    form = page.locator("form[action*='/checks/']").first
    page.locator("details", has=form).first.locator("summary").click()
    form.locator("[name=outcome]").select_option("action_taken")
    form.locator("[name=note]").fill(note)
    form.get_by_role("button", name=zh("Record it")).click()


def read(engine: Engine, cast: World, model: Any) -> list[Any]:
    with visits(engine, cast)("site") as visit:
        return [row.model_dump() for row in _rows(visit, model)]


def _rows(visit: Visit, model: Any) -> Any:
    return visit.kernel().exec(select(model)).all()


def performed(engine: Engine, cast: World) -> list[str]:
    """The notes of the checks that are done, and that each was done once."""
    done = [row for row in read(engine, cast, EffectivenessCheck) if row["outcome"]]
    entries = [row for row in read(engine, cast, JournalEntry) if row["act"] == "check.performed"]
    assert len(entries) == len(done)
    return sorted(row["note"] for row in done)


def test_what_was_filled_in_without_a_network_is_sent_once_when_it_is_back(
    phone: BrowserContext, at: str, engine: Engine, cast: World
) -> None:
    before = performed(engine, cast)
    page = phone.new_page()
    page.goto(at)
    expect(kept(page)).to_be_hidden()
    phone.set_offline(True)
    fill_in_check(page, "已下架封存")
    count(page, 1)
    keep_picture(page, "kept-390")
    assert performed(engine, cast) == before

    phone.set_offline(False)
    expect(kept(page)).to_be_hidden()
    assert performed(engine, cast) == sorted(["已下架封存", *before])
    page.reload()
    expect(kept(page)).to_be_hidden()
    assert performed(engine, cast) == sorted(["已下架封存", *before])


def test_an_answer_that_was_lost_doubles_nothing_and_a_later_visit_sends_what_is_left(
    phone: BrowserContext, at: str, engine: Engine, cast: World
) -> None:
    """The site recorded it, and the phone did not hear so: it is told on the next visit."""
    before = performed(engine, cast)
    page = phone.new_page()
    page.goto(at)

    def lose(route: Route) -> None:
        route.fetch(max_redirects=0)
        route.abort("connectionreset")

    phone.route("**/checks/*", lose)
    fill_in_check(page, "仓库已清点")
    expect(kept(page).locator(".late")).to_be_visible()  # it heard nothing; by then the site has recorded it
    count(page, 1)
    assert performed(engine, cast) == sorted(["仓库已清点", *before])
    page.close()

    phone.unroute("**/checks/*")
    again = phone.new_page()
    again.goto("/gov/site")
    expect(kept(again)).to_be_hidden()
    assert again.evaluate("localStorage.getItem('trace-kept')") == "[]"
    assert performed(engine, cast) == sorted(["仓库已清点", *before])


def test_what_needs_a_signature_is_kept_without_the_password_and_waits_for_it(
    phone: BrowserContext, at: str, engine: Engine, cast: World
) -> None:
    page = phone.new_page()
    page.goto(at)
    phone.set_offline(True)
    form = page.locator("form[action*='/disposals/']")
    page.locator("details", has=form).locator("summary").click()
    form.locator("[name=sign_password]").fill(PASSWORD)
    form.get_by_role("button", name=zh("We come to watch it")).click()
    count(page, 1)
    assert PASSWORD not in str(page.evaluate("localStorage.getItem('trace-kept')"))

    phone.set_offline(False)
    page.reload()
    count(page, 1)
    assert [row["watched_by"] for row in read(engine, cast, Disposal)] == [None]
    kept(page).locator("[name=sign_password]").fill(PASSWORD)
    kept(page).get_by_role("button", name=zh("Send now")).click()
    expect(kept(page)).to_be_hidden()
    assert [row["watched_by"] for row in read(engine, cast, Disposal)] == [cast.parties["county"]]


def test_nobody_sends_what_somebody_else_kept_on_the_same_phone(
    phone: BrowserContext, at: str, site: str, cast: World
) -> None:
    page = phone.new_page()
    page.goto(at)
    item = {
        "key": "k",
        "who": "somebody",
        "action": f"{site}/nowhere",
        "label": "x",
        "at": 0,
        "fields": [],
        "secrets": [],
    }
    page.evaluate(
        "item => localStorage.setItem('trace-kept', JSON.stringify([item]))",
        item,
    )
    page.reload()
    expect(kept(page)).to_contain_text(zh("Somebody else used this phone and has reports on it that were not sent. "
                                          "Only they can send them."))  # fmt: skip
    count(page, 0)
    assert len(page.evaluate("JSON.parse(localStorage.getItem('trace-kept'))")) == 1
