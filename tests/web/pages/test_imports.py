"""The page that imports EPCIS documents: what it shows first, and what it then records."""

import json
import re
from html import unescape
from typing import Any

import pytest
from fastapi.testclient import TestClient

from captured import document
from conftest import ClientOf
from epcis_events import FARM, at, event, goods
from world import World

PAGE = "/app/events/import"


@pytest.fixture
def clerk(client_as: ClientOf, world: World) -> TestClient:
    assert world.batch_id
    opened = client_as("recorder")
    opened.cookies.set("language", "en")
    return opened


def upload(clerk: TestClient, told: Any) -> Any:
    body = told if isinstance(told, bytes) else json.dumps(told).encode()
    return clerk.post(
        PAGE, files={"file": ("events.json", body, "application/json")}, headers={"accept-language": "en"}
    )


def confirm(clerk: TestClient, page: str) -> Any:
    kept = re.search(r'<textarea hidden name="document"[^>]*>\n(.*?)</textarea>', page, re.DOTALL)
    assert kept is not None
    parts = {"document": (None, unescape(kept[1])), "confirm": (None, "1")}
    return clerk.post(PAGE, files=parts, headers={"accept-language": "en"})


def total(clerk: TestClient) -> int:
    return int(clerk.get("/api/v1/events").json()["total"])


def test_a_document_is_looked_at_and_then_recorded(clerk: TestClient) -> None:
    made = event(eventID="urn:x:1", action="ADD", bizLocation=at(FARM), quantityList=goods("<b>lot</b>"))
    seen = event(eventID="urn:x:2", bizStep="inspecting", quantityList=goods("urn:x:lot:é&amp;"))
    told = document([made, seen])
    shown = upload(clerk, told)
    assert total(clerk) == 1
    done = confirm(clerk, shown.text)

    assert (shown.status_code, done.status_code) == (200, 200)
    assert "2 events are new" in shown.text
    assert "&lt;b&gt;lot&lt;/b&gt;" in shown.text
    assert "The document does not say where." in shown.text
    assert "2 events of the document stand in your books." in done.text
    assert total(clerk) == 3
    again = upload(clerk, told)
    assert "0 events are new" in again.text
    confirm(clerk, again.text)
    assert total(clerk) == 3


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        (b"", "Choose a file first."),
        (b"{", "The body is not JSON."),
        (b'{"type": "x"}', "This is no EPCISDocument."),
        (b"\xff\xfe", "The body is not JSON."),
        (json.dumps(document([{"type": "ObjectEvent"}])).encode(), "#/epcisBody/eventList/0/action"),
    ],
)
def test_a_file_that_cannot_be_read_is_told_with_the_place(clerk: TestClient, sent: bytes, said: str) -> None:
    answer = upload(clerk, sent)

    assert (answer.status_code, said in answer.text) == (422, True), answer.text
    assert total(clerk) == 1


def test_forms_that_no_page_sends_break_nothing(clerk: TestClient) -> None:
    sent: list[dict[str, Any]] = [
        {"data": {}}, {"data": {"document": "7"}}, {"data": {"document": "{}", "confirm": "1"}}, {"content": b"x"},
        {"files": {"document": ("a", b"{}")}}, {"data": {"file": "x"}}, {"content": b"", "headers": {}},
    ]  # fmt: skip
    for one in sent:
        assert clerk.post(PAGE, **one).status_code in (400, 422)


@pytest.mark.parametrize("who", ["nobody", "county", "site"])
def test_only_those_who_record_import(client: TestClient, client_as: ClientOf, who: str) -> None:
    asker = client if who == "nobody" else client_as(who)

    assert asker.get(PAGE).status_code in (303, 403)
    assert upload(asker, document([])).status_code in (303, 401, 403)
