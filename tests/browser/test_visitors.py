"""The visitors themselves: what they are there to note, they do note."""

import pytest
from playwright.sync_api import Browser, Error

from browser.visitors import Visitors, violations
from world import World


def test_a_visitor_notes_whatever_goes_wrong(chromium: Browser, site: str, cast: World) -> None:
    visitors = Visitors(chromium, site, cast)
    page = visitors.open("/recalls")
    with page.expect_console_message(lambda message: message.text.startswith("policy: img-src")):
        page.evaluate(
            "document.body.append(Object.assign(new Image(), {src: 'https://elsewhere.test/x.png'}))"
        )
    with page.expect_console_message(lambda message: message.text.startswith("policy: script-src")):
        page.evaluate("document.body.setAttribute('onclick', 'alert(1)')")
    with page.expect_response("**/nothing.js"):
        page.evaluate("fetch('/static/nothing.js')")
    with page.expect_event("pageerror"):
        page.evaluate("queueMicrotask(() => { throw new Error('broken') })")
    with pytest.raises(Error, match="ERR_NAME_NOT_RESOLVED"):
        page.goto("https://elsewhere.test/")

    faults = "\n".join(visitors.leave())

    for noted in (
        "policy: img-src",
        "policy: script-src",
        "404: ",
        "broken",
        "another origin: https://elsewhere.test/",
    ):
        assert noted in faults


def test_a_page_that_not_everybody_can_use_is_found_out(chromium: Browser, site: str, cast: World) -> None:
    visitors = Visitors(chromium, site, cast)
    page = visitors.open("/recalls")
    page.evaluate("document.documentElement.removeAttribute('lang')")
    page.evaluate("document.querySelector('main').append(new Image())")

    found = violations(page)

    assert {rule.partition(":")[0] for rule in found} == {"html-has-lang", "image-alt"}
    visitors.leave()
