"""Recalls from the finding to the end, by the people of each role at their own pages, under both laws."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Page

from browser.aflatoxin import OIL, Affair, renew_sessions, stage
from browser.visitors import VisitPage, fill, keep_picture, press, zh
from builders import PASSWORD
from tracelot.records.database import connect
from tracelot.web import visits as doors
from world import World, visits

SHANGHAI = ZoneInfo("Asia/Shanghai")
BOUNDARY = datetime(2026, 12, 1, tzinfo=SHANGHAI)  # from here on the Measures of 2026 hold
NOW = BOUNDARY.replace(minute=20)
DESK, PHONE, SMALL = ({"width": w, "height": h} for w, h in ((1440, 900), (390, 844), (320, 640)))
PEOPLE = ("zhenyang", "quality", "county", "city", "neighbour", "guhuai", "wholesaler", "supermarket")
# What a law asks at level I: until when the recall must have started, and how sure the time to be done is.
LAWS = {
    "CN-FOOD-2015": ("2026-11-30T23:59", "2015", "2026-12-01 23:59"),
    "CN-FOOD-2026": ("2026-12-01T00:00", "2026", "2026-12-02 00:00"),
}


class SiteClock(datetime):
    """The clock of the site stands at the first minutes of the new law."""

    @classmethod
    def now(cls, tz: Any = None) -> datetime:
        return NOW.astimezone(tz or UTC)


@pytest.fixture(scope="module")
def affair(cast_store: str, cast: World) -> Iterator[Affair]:
    engine = connect(cast_store)
    moved = pytest.MonkeyPatch()
    moved.setattr(doors, "datetime", SiteClock)
    try:
        staged = stage(engine, cast)
        renew_sessions(visits(engine, cast), cast, PEOPLE, NOW)
        yield staged
    finally:
        moved.undo()
        engine.dispose()


def seen(page: Page, name: str) -> None:
    """It fits its screen, and it is kept for eyes."""
    keep_picture(page, name)
    width = page.viewport_size["width"] if page.viewport_size else 0
    assert page.evaluate("document.documentElement.scrollWidth") <= width, name


def test_explore(visit_page: VisitPage, affair: Affair, cast: World) -> None:
    law = "CN-FOOD-2015"
    known, year, due = LAWS[law]
    county = visit_page(f"/gov/trace?batch={affair.finding}&direction=backward", "county", viewport=DESK)
    seen(county, "a01-backward")
    maker = visit_page(f"/app/batches/{affair.lot}", "quality", viewport=DESK)
    seen(maker, "a02-lot")
    maker.get_by_role("link", name=zh("Recall this batch")).click()
    seen(maker, "a03-wizard")
    maker.locator("[name='level'][value='1']").check()
    fill(maker, knowledge_at=known, planned_end="")
    maker.locator("[name='reason_code']").select_option("mycotoxin")
    maker.locator("button[name='fill']").click()
    press(maker, zh("Save draft and read it"))
    maker.wait_for_url(re.compile(r"/app/recalls/[0-9a-f-]{36}"))
    seen(maker, "a04-draft")
    maker.locator("[name='read']").check()
    fill(maker, sign_password=PASSWORD)
    press(maker, zh("Publish now"))
    maker.wait_for_url(re.compile("done=published"))
    seen(maker, "a05-published")
    own = re.sub(r"\?.*", "", maker.url)
    code = maker.locator("h1").inner_text().split()[-1]
    for width, scheme, language in ((390, "dark", "zh"), (1440, "dark", "en"), (390, "light", "en")):
        look = {"viewport": {"width": width, "height": 844}, "color_scheme": scheme}
        tag = f"{language}-{scheme}-{width}"
        for who, path in (
            ("quality", own),
            ("county", f"/gov/recalls/{code}"),
            ("county", "/gov"),
            ("city", "/gov"),
            ("city", f"/gov/recalls/{code}"),
            ("quality", f"{own}/effectiveness"),
            ("quality", f"{own}/reach"),
            ("wholesaler", "/app"),
            ("", f"/recalls/{code}"),
            ("", f"/01/{OIL}/10/X1"),
        ):
            page = visit_page(path, who, language, **look)
            keep_picture(
                page, f"a06-{who}-{path.strip('/').replace('/', '_')[:12]}{path[-6:].replace('/', '_')}-{tag}"
            )
            print(who, path, page.evaluate("document.documentElement.scrollWidth"))
            page.context.close()
