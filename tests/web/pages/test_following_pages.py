"""The pages of what is followed: a shop's list, saved searches and their feeds, ways to be told, webhooks."""

import csv
import io
import re
from html import unescape
from xml.etree import ElementTree as ET

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine

from builders import new_batch
from conftest import ClientOf
from following import publish, rows, work
from tracelot.operations import batches
from tracelot.records.following import NotificationChoice, SavedSearch, Webhook
from tracelot.settings import Settings
from world import VisitAs, World

EVIL = '=HYPERLINK("http://x")'


@pytest.fixture
def shelves(visit_as: VisitAs, world: World) -> list[str]:
    """A clear code, one that is not on record, two recalls, and something nasty."""
    with visit_as("quality") as visit:
        batches.register_batch(visit, new_batch(world.product_id, code="CLEAR", release=True))
    publish(visit_as, world, "THREE", level=3)
    publish(visit_as, world, "ONE")
    codes = [f"{world.gtin} {code}" for code in ("CLEAR", "NOBODY", "THREE", "ONE")]
    return [*codes, EVIL, "ALONE"]


def test_a_list_is_answered_with_the_recalled_first(client: TestClient, shelves: list[str]) -> None:
    answer = client.post("/check?lang=en", files={"file": ("", b"")}, data={"codes": "\r\n".join(shelves)})
    assert answer.status_code == 200
    shown = [unescape(code) for code in re.findall(r"<code(?: class=\"pasted\")?>(.*?)</code>", answer.text)]
    assert shown[:2] == [shelves[3], shelves[2]]
    assert set(shown) >= set(shelves)
    assert "put the GTIN before it" in answer.text


def test_the_answer_is_a_csv_without_formulas(client: TestClient, shelves: list[str]) -> None:
    answer = client.post("/check?lang=en", data={"codes": "\n".join(shelves), "format": "csv"})
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    table = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert [row[:2] for row in table[1:3]] == [
        [shelves[3], "Level I recall"],
        [shelves[2], "Level III recall"],
    ]
    assert table[1][5].startswith("http://127.0.0.1:8000/recalls/ZH-411724-")
    assert len(table) == len(shelves) + 1
    assert not [cell for row in table for cell in row if cell.startswith(("=", "+", "-", "@"))]


def test_a_file_is_read_and_a_bad_one_is_refused_on_the_page(client: TestClient, shelves: list[str]) -> None:
    file = {
        "file": ("list.csv", "商品条码,批号\r\n".encode("gb18030") + shelves[3].replace(" ", ",").encode())
    }
    assert shelves[3] in client.post("/check", files=file).text
    for content in (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"PK\x03\x04xx", b"\n" * 100):
        answer = client.post("/check?lang=en", files={"file": ("x.xlsx", content)})
        assert answer.status_code == 422
        assert 'role="alert"' in answer.text
    assert client.post("/check", data={}).status_code == 422


def test_a_search_is_saved_followed_by_its_feed_and_removed(
    client: TestClient, client_as: ClientOf, visit_as: VisitAs, world: World, engine: Engine
) -> None:
    admin = client_as("guhuai")
    assert "/settings/searches/new?level=1" in admin.get("/recalls?level=1").text
    assert "/settings/searches/new" not in client.get("/recalls?level=1").text
    sent = admin.post("/settings/searches/new?level=1", data={"name": "一级", "mail": "daily", "in_app": "1"})
    assert sent.headers["location"] == "/settings/notifications?done=saved"
    [search] = rows(engine, SavedSearch)
    page = admin.post(f"/settings/searches/{search.id}/feed").text
    feed = re.findall(r"http://127\.0\.0\.1:8000(/feeds/[\w-]+)", page)[0]
    code = publish(visit_as, world, "ONE")
    publish(visit_as, world, "TWO", level=2)
    answer = client.get(feed)
    entries = ET.fromstring(answer.text).findall("{http://www.w3.org/2005/Atom}entry")  # noqa: S314
    assert [code in ET.tostring(entry, encoding="unicode") for entry in entries] == [True]
    assert answer.headers["cache-control"] == "no-store"
    assert feed not in admin.get("/settings/notifications").text
    assert client_as("zhenyang").post(f"/settings/searches/{search.id}/feed").status_code == 404
    admin.post(f"/settings/searches/{search.id}/feed/revoke")
    assert client.get(feed).status_code == 404
    admin.post(f"/settings/searches/{search.id}/remove")
    assert rows(engine, SavedSearch) == []


def test_a_search_with_a_filter_that_cannot_be_read_is_not_saved(client_as: ClientOf, engine: Engine) -> None:
    answer = client_as("guhuai").post("/settings/searches/new?level=9", data={"name": "x", "mail": "daily"})
    assert answer.status_code == 422
    assert (
        client_as("guhuai").post("/settings/searches/new", data={"name": "", "mail": "often"}).status_code
        == 422
    )
    assert rows(engine, SavedSearch) == []


def test_what_happened_is_shown_until_it_is_read(
    client_as: ClientOf, visit_as: VisitAs, world: World, engine: Engine, settings: Settings
) -> None:
    admin = client_as("guhuai")
    admin.post("/settings/searches/new", data={"name": "全部", "mail": "never", "in_app": "1"})
    code = publish(visit_as, world, "ONE")
    work(engine, settings)
    assert 'class="unread"' in (page := admin.get("/settings/notifications").text)
    assert code in page
    admin.post("/settings/notifications/read")
    assert 'class="unread"' not in admin.get("/settings/notifications").text
    assert code not in client_as("zhenyang").get("/settings/notifications").text


def test_the_ways_are_chosen(client_as: ClientOf, world: World, engine: Engine) -> None:
    assert world
    sent = {"recall-in-territory": ["in_app", "webhook"], "clock": ["mail"]}
    assert client_as("county").post("/settings/notifications", data=sent).status_code == 303
    kept = {one.event: (one.mail, one.in_app, one.webhook) for one in rows(engine, NotificationChoice)}
    assert kept == {
        "recall-in-territory": (False, True, True),
        "saved-search": (False, False, False),
        "clock": (True, False, False),
        "inspection": (False, False, False),
        "sampling": (False, False, False),
        "tip": (False, False, False),
    }


def test_a_webhook_is_added_with_a_secret_that_is_shown_once(
    client_as: ClientOf, world: World, engine: Engine
) -> None:
    assert world
    admin = client_as("zhenyang")
    answer = admin.post("/settings/webhooks", data={"url": "https://erp.example.org/trace"})
    [secret] = set(re.findall(r"whsec_[\w-]{43}", answer.text))
    assert answer.headers["cache-control"] == "no-store"
    [webhook] = rows(engine, Webhook)
    assert (
        secret
        not in admin.get("/settings/webhooks").text + admin.get(f"/settings/webhooks/{webhook.id}").text
    )
    for url in ("http://erp.example.org/", "https://erp.example.org:22/", "nonsense", ""):
        assert admin.post("/settings/webhooks", data={"url": url}).status_code == 422
    assert client_as("guhuai").get(f"/settings/webhooks/{webhook.id}").status_code == 404
    assert client_as("quality").get("/settings/webhooks").status_code == 403
    admin.post(f"/settings/webhooks/{webhook.id}/remove")
    assert rows(engine, Webhook) == []
