"""Everybody can use the pages: axe finds nothing against WCAG 2.2 AA."""

import re
from collections.abc import Iterator
from itertools import product
from random import Random
from typing import Literal

import pytest
from fastapi.routing import iter_route_contexts
from playwright.sync_api import Browser, expect

from browser.stock import Stock
from browser.visitors import Visitors, VisitPage, fill, keep_picture, press, status_of, violations, zh
from conftest import Rounds
from tracelot.web.pages import routes
from world import World

INSIDE = ("/app", "/gov", "/settings", "/welcome")
WATCHED = ("/gov", "/settings")
WHERE = {"zhenyang": ("/app", "/settings", "/welcome"), "county": WATCHED, "site": WATCHED}
NO_PAGES = (
    ".csv",
    ".atom",
    ".zip",
    ".pdf",
    ".svg",
    ".png",
    ".jpg",
    ".txt",
    ".ico",
    "/healthz",
    "/readyz",
    "/metrics",
    "/divisions",
    ".pdf",
    "/file",
    "/feeds/{secret}",
    ".{suffix}",  # files
)
# Swagger's own markup, which is not ours to mend; /developers and the OpenAPI description say the same.
FOREIGN = "/api/docs"
REFUSED = {
    ("county", "/gov/parties/new"),
    ("site", "/gov/recalls"),  # leads to the public register
    ("site", "/gov/recalls/{code}"),
    ("site", "/gov/parties/{party_id}/order"),  # an office orders, nobody else
    ("site", "/settings/party"),
    ("site", "/settings/members"),
    ("site", "/settings/keys"),
    ("site", "/settings/data"),
    ("site", "/gov/recalls/{code}/effectiveness"),
    ("site", "/settings/notifications"),  # recalls are no business of the operator
    ("site", "/settings/searches/new"),
    ("site", "/settings/webhooks"),
    ("site", "/settings/webhooks/{webhook_id}"),
    ("county", "/settings/webhooks/{webhook_id}"),  # a firm's
    ("site", "/gov/trace"),  # no business data for the operator
    ("site", "/settings/books"),  # only who trades keeps books of goods
    ("county", "/settings/books"),
    ("county", "/gov/keeping"),
    ("county", "/gov/law"),  # the operator's alone
    *(("county", f"/gov/limits{rest}") for rest in ("", "/new", "/{limit_id}")),
    ("site", "/gov/inspections"),
    ("site", "/gov/inspections/{inspection_id}"),
    ("county", "/gov/law/days/{year}"),
    ("county", "/gov/law/{pack_id}/{level}"),
    ("site", "/gov/extensions/{extension_id}"),
    ("site", "/gov/recalls/{code}/reach"),
    ("site", "/gov/recalls/{code}/reach/{told_id}"),
    ("zhenyang", "/app/recalls/{recall_id}/reach/{told_id}"),  # the draft was told to nobody
    ("county", "/settings/members/{member_id}/forget"),  # somebody of a firm
    *(("site", f"/gov/{page}") for page in ("tips", "tips/{tip_id}", "late", "owed", "site", "site/{code}")),
    *(("site", f"/settings/duty{more}") for more in ("", "/{subject_kind}/{subject}")),
    ("county", "/gov/samplings/new"),  # of a task
    ("zhenyang", "/app/samplings/new"),  # laboratories and offices take samples
    ("zhenyang", "/app/samplings/rates"),
    ("site", "/gov/samplings"),  # no business data for the operator
    ("site", "/gov/samplings/new"),
    ("site", "/gov/samplings/rates"),
    ("site", "/gov/samplings/plans"),
    ("site", "/gov/samplings/plans/new"),
    ("site", "/gov/samplings/plans/{plan_id}"),
    ("site", "/gov/samplings/tasks/new"),
    ("site", "/gov/samplings/{sampling_id}"),
}
PATHS = sorted(
    context.path
    for context in iter_route_contexts(routes)
    if context.path
    and "GET" in (context.methods or ())
    and not context.path.endswith(NO_PAGES)
    and context.path != FOREIGN
)
PAGES = [("", path) for path in PATHS if not path.startswith(INSIDE)]
PAGES += [(who, path) for who, inside in WHERE.items() for path in PATHS if path.startswith(inside)]
REFUSALS = {"/01/09520001000096", "/01/09520001000027/10/NOBODY", "/no"}
MORE = [
    ("", "recalled"),
    ("", "held"),
    ("", "clear"),
    ("", "/search?q=花生"),
    ("", "/search?q=L9"),
    ("", "/report?step=2"),
    ("county", "/gov/late?only=all&sort=person"),
    ("county", "/gov/site?code={gtin}"),
    ("zhenyang", "/app/events/new/ship?batch={batch_id}"),
    ("zhenyang", "/app/recalls/{published_id}/reach"),
    ("zhenyang", "/app/recalls/{published_id}/reach/{told_id}"),
    ("zhenyang", "/app/recalls/{published_id}"),
    ("county", "/gov/samplings/new?task={task_id}"),
    ("", "/samplings?verdict=pass"),
    *(("", path) for path in sorted(REFUSALS)),
]
LOOKED_AT = [page for page in PAGES if page not in REFUSED] + MORE
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
DRESSES = list(product(("zh", "en"), SCHEMES, (390, 1440)))


@pytest.fixture(scope="module")
def visitors(chromium: Browser, site: str, cast: World) -> Iterator[Visitors]:
    """Everybody has one window for all of these pages: to open each anew takes longer than to look at it."""
    staying = Visitors(chromium, site, cast)
    yield staying
    staying.leave()


@pytest.mark.parametrize(("who", "path"), LOOKED_AT)
def test_everybody_can_use_every_page(
    visitors: Visitors, stock: Stock, who: str, path: str, rounds: Rounds, random: Random
) -> None:
    """In the short form in one of the eight dresses."""
    for language, scheme, width in random.sample(DRESSES, rounds(1, len(DRESSES))):
        page = visitors.window(who, language)
        page.emulate_media(color_scheme=scheme)
        page.set_viewport_size({"width": width, "height": 900})
        assert status_of(page, stock.path(path)) < 400 or path in REFUSALS
        expect(page.get_by_role("heading", level=1)).to_have_count(1)
        keep_picture(page, f"{who}{path.replace('/', '-')}-{language}-{scheme}-{width}")
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert violations(page) == [], f"{language} {scheme} {width}"
    assert visitors.complaints() == []


def test_everybody_can_use_a_form_that_came_back(visit_page: VisitPage, stock: Stock) -> None:
    page = visit_page("/app/batches/new", "zhenyang")
    page.locator("#field-product_id").select_option(index=1)
    fill(page, code="批号一", quantity="x", production_date="2026-09-15", expiry_date="2026-01-01")
    press(page, zh("Register"))
    alert = page.get_by_role("alert")
    expect(alert).to_be_focused()
    expect(alert).not_to_contain_text(re.compile("[a-z]{3}"))  # every refusal is told in Chinese
    keep_picture(page, "batch-refused")
    assert violations(page) == []
