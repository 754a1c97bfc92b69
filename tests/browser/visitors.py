"""People with browsers: they note every fault that a browser tells of, and decode and judge what they see."""

import io
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import which
from typing import Any, Protocol

import zxingcpp
from axe_playwright_python.sync_playwright import Axe
from PIL import Image
from playwright.sync_api import (
    Browser,
    BrowserContext,
    BrowserType,
    ConsoleMessage,
    Dialog,
    Locator,
    Page,
    Request,
    Response,
    WebError,
)

from tracelot.web.rendering import words
from world import World

PICTURES = os.environ.get("TRACE_SCREENSHOTS")
LOCALES = {"zh": "zh-CN", "en": "en-GB"}
RULES = {
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]},
    "resultTypes": ["violations"],
}
LISTEN = """addEventListener("securitypolicyviolation",
  (event) => console.error(`policy: ${event.violatedDirective} ${event.blockedURI}`))"""
SERVER_ERROR = 500
PROGRAM = which("chromium-headless-shell") or which("chromium")
QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)
zh = words("zh").gettext


class VisitPage(Protocol):
    """Opens a page as one of the cast, or as nobody in particular."""

    def __call__(self, path: str, who: str = "", language: str = "zh", **options: Any) -> Page: ...


class Visitors:
    """The visitors of one test, and what their browsers complained of."""

    def __init__(self, browser: Browser, site: str, cast: World) -> None:
        self._browser = browser
        self._site = site
        self._cast = cast
        self._contexts: list[BrowserContext] = []
        self._windows: dict[tuple[str, str], Page] = {}
        self._faults: list[str] = []

    def open(self, path: str, who: str = "", language: str = "zh", **options: Any) -> Page:
        """A page in a context of its own; `options` are those of the context."""
        page = self._empty(who, language, **options)
        page.goto(path)
        return page

    def window(self, who: str = "", language: str = "zh") -> Page:
        """Always the same page of one of the cast, to go on from."""
        if (who, language) not in self._windows:
            self._windows[who, language] = self._empty(who, language)
        return self._windows[who, language]

    def _empty(self, who: str, language: str, **options: Any) -> Page:
        context = self._browser.new_context(
            base_url=self._site, locale=LOCALES[language], reduced_motion="reduce", **options
        )
        self._contexts.append(context)
        self._listen(context)
        if who:
            context.add_cookies([{"name": "trace", "value": self._cast.cookies[who], "url": self._site}])
        return context.new_page()

    def leave(self) -> list[str]:
        for context in self._contexts:
            context.close()
        return self.complaints()

    def complaints(self) -> list[str]:
        """What they complained of since this was last asked."""
        told, self._faults = self._faults, []
        return told

    def _listen(self, context: BrowserContext) -> None:
        context.add_init_script(LISTEN)
        context.on("request", self._see)
        context.on("console", self._hear)
        context.on("weberror", self._catch)
        context.on("response", self._weigh)
        context.on("dialog", self._close)

    def _see(self, request: Request) -> None:
        """No name but that of the machine itself is known to the browser; to intercept would cost it its cache."""
        if not request.url.startswith((f"{self._site}/", "data:", "blob:")):
            self._faults.append(f"request to another origin: {request.url}")

    def _hear(self, message: ConsoleMessage) -> None:
        # A refused page is no fault of its own: what may come back is judged by _weigh.
        if message.type == "error" and not message.text.startswith(
            "Failed to load resource: the server responded"
        ):
            self._faults.append(f"console: {message.text}")

    def _catch(self, error: WebError) -> None:
        self._faults.append(f"script: {error.error}")

    def _weigh(self, response: Response) -> None:
        page_itself = response.request.is_navigation_request()
        if response.status >= SERVER_ERROR or (response.status >= 400 and not page_itself):
            self._faults.append(f"{response.status}: {response.url}")

    def _close(self, dialog: Dialog) -> None:
        self._faults.append(f"dialog: {dialog.message}")
        dialog.dismiss()


@contextmanager
def launched(kind: BrowserType, *options: str) -> Iterator[Browser]:
    inherited: dict[str, str | float | bool] = dict(os.environ)
    inherited.pop("LD_PRELOAD", None)  # where a test run has a moved clock, the browser keeps its own
    browser = kind.launch(executable_path=PROGRAM, args=[*QUIET, *options], env=inherited)
    yield browser
    browser.close()


def violations(page: Page) -> list[str]:
    """What axe finds against WCAG 2.2 at level AA."""
    page.wait_for_load_state()
    found = Axe().run(page, options=RULES).response["violations"]
    return [f"{rule['id']}: {node['html']}" for rule in found for node in rule["nodes"]]


def decoded(seen: Locator | Page) -> list[str]:
    """The text of every code in a screenshot."""
    picture = Image.open(io.BytesIO(seen.screenshot()))
    return [code.text for code in zxingcpp.read_barcodes(picture)]


def fill(page: Page, **fields: str) -> None:
    """Fill fields by their names; a select takes the value of its option."""
    for name, value in fields.items():
        field = page.locator(f"main [name='{name}']:visible")
        if field.evaluate("element => element.tagName") == "SELECT":
            field.select_option(value)
        else:
            field.fill(value)


def press(page: Page, name: str) -> None:
    """The button of the page itself that is called so."""
    page.locator("main").get_by_role("button", name=name, exact=True).click()


def status_of(page: Page, path: str) -> int:
    """The status with which a path answers to whoever looks at the page."""
    answer = page.goto(path)
    assert answer is not None
    return answer.status


def keep_picture(page: Page, name: str) -> None:
    """A screenshot in the folder that TRACE_SCREENSHOTS names, if any."""
    if PICTURES:
        page.wait_for_load_state()
        page.screenshot(path=Path(PICTURES) / f"{name}.png", full_page=True)
