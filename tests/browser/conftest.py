"""Places for tests with a browser: a real server, the system's Chromium, visitors that forgive nothing."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from browser.stock import Stock, put_in_stock
from browser.visitors import PROGRAM, Visitors, VisitPage, launched
from serving import served
from tracelot.web import pace
from world import World

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """They come last: Playwright keeps an event loop running in the thread of the tests."""
    mine = [item for item in items if item.path.is_relative_to(HERE)]
    for item in mine:
        item.add_marker(pytest.mark.browser)
    items.sort(key=mine.__contains__)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    if PROGRAM is None:
        pytest.skip("Chromium is not installed")
    with sync_playwright() as playwright, launched(playwright.chromium) as browser:
        yield browser


@pytest.fixture(scope="module")
def site(chromium: Browser, cast_store: str) -> Iterator[str]:
    """The address of a site with the cast on it. Without a browser there is no need for one."""
    assert chromium.is_connected()
    with served(cast_store) as address:
        yield address


@pytest.fixture(scope="module")
def stock(cast_store: str, cast: World) -> Stock:
    """More than the cast itself brings: recalls, batches of every verdict, one-time links."""
    return put_in_stock(cast_store, cast)


@pytest.fixture
def visit_page(chromium: Browser, site: str, cast: World) -> Iterator[VisitPage]:
    """`visit_page("/app", "zhenyang", "en")`: one of the cast in a browser of their own, looking at a page.

    Whatever a browser complains of on the way fails the test.
    """
    pace.meter.cache_clear()
    visitors = Visitors(chromium, site, cast)
    yield visitors.open
    faults = visitors.leave()
    assert not faults, "\n".join(faults)
