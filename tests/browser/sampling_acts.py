"""What people do about a sample at the pages of their role, step by step."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any
from uuid import UUID

from playwright.sync_api import Locator, Page, expect
from sqlalchemy import Engine

from browser.aflatoxin import renew_sessions
from browser.recalling import look
from browser.visitors import VisitPage
from builders import PASSWORD
from clocks import standing
from sampled import Way
from tracelot.records.samplings import Sampling
from world import World, visits


@contextmanager
def everybody_at(engine: Engine, cast: World, now: datetime, *names: str) -> Iterator[None]:
    """The clock of the site stands, and these people have just signed in by it."""
    with standing(now):
        renew_sessions(visits(engine, cast), cast, names, now)
        yield


def at_the_laboratory(way: Way, task_id: UUID, now: datetime, by: str = "county", **sheet: Any) -> Sampling:
    """A sample that an office took and that its laboratory has."""
    taken = way.take(by, now, task_id=task_id, taken_at=now, **sheet)
    way.hand(taken.id, by, now)
    way.receive(taken.id, now=now)
    return taken


def step(page: Page, name: str, **told: Any) -> None:
    """Open the form of a step, fill it, sign it where it is signed, and send it."""
    form = page.locator(f"form[action$='/steps/{name}']").first
    if not form.is_visible():
        page.locator(f"details:has(form[action$='/steps/{name}'])").first.locator("summary").click()
    for field, value in told.items():
        _tell(form, field, value)
    if form.locator("[name='sign_password']").count():
        form.locator("[name='sign_password']").fill(PASSWORD)
    with page.expect_navigation(url=re.compile("done=step")):
        form.locator("button.primary").click()


def _tell(form: Locator, name: str, value: Any) -> None:
    field = form.locator(f"[name='{name}']")
    if value is True:
        field.check()
    elif isinstance(value, list):
        for one in value:
            form.locator(f"[name='{name}'][value='{one}']").check()
    elif field.evaluate("element => element.tagName") == "SELECT":
        field.select_option(value)
    else:
        field.fill(str(value))


def open_sheet(page: Page, sheet_no: str) -> None:
    """From the list of whoever looks to the sheet itself."""
    page.locator("main").get_by_role("link", name=sheet_no).first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text(sheet_no)


def report(page: Page, category: str, picture: str, finding: dict[str, str], **told: str) -> None:
    """What a laboratory found of one item; how it is judged follows from the list of limits."""
    row = {f"{field}0": text for field, text in finding.items()}
    name = "report" if page.locator("form[action$='/steps/report']").count() else "report_retest"
    step(page, name, food_category=category, **row, **told)
    look(page, picture)


def sees_nothing(visit_page: VisitPage, who: str, sheet: Sampling, language: str = "zh") -> None:
    """Neither in the list nor at its address."""
    base = "/gov/samplings" if who in ("neighbour", "county", "city") else "/app/samplings"
    page = visit_page(base, who, language)
    expect(page.locator("main")).not_to_contain_text(sheet.sheet_no)
    answer = page.goto(f"{base}/{sheet.id}")
    assert answer is not None
    assert answer.status == 404
