"""Recalls as an Atom feed: the list's own question, stable ids, pages without gap, a date that moves with a change."""

import re
from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree as ET

from fastapi.testclient import TestClient

from builders import new_batch, new_recall
from tracelot.operations import batches, recalls
from world import VisitAs, World

A = "{http://www.w3.org/2005/Atom}"
LANG = "{http://www.w3.org/XML/1998/namespace}lang"
START = datetime(2026, 10, 1, 2, tzinfo=UTC)


def publish(visit_as: VisitAs, world: World, day: int, *codes: str, **given: object) -> str:
    with visit_as("quality", START + timedelta(days=day)) as visit:
        recall = recalls.open_recall(visit, new_recall(world.product_id, *codes, **given))
        return recalls.publish_recall(visit, recall.id).code


def feed(client: TestClient, address: str = "/recalls.atom", **headers: str) -> ET.Element:
    answer = client.get(address, headers=headers)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/atom+xml; charset=utf-8"
    return ET.fromstring(answer.content)  # noqa: S314


def link(element: ET.Element, rel: str, kind: str = "application/atom+xml") -> str | None:
    found = [one for one in element.findall(f"{A}link") if (one.get("rel"), one.get("type")) == (rel, kind)]
    return found[0].get("href") if found else None


def codes(element: ET.Element) -> list[str]:
    found = [link(entry, "alternate", "application/json") or "" for entry in element.findall(f"{A}entry")]
    return [address.rpartition("/")[2] for address in found]


def test_a_feed_has_what_rfc_4287_asks_for(client: TestClient, visit_as: VisitAs, world: World) -> None:
    code = publish(visit_as, world, 0, "A1")
    root = feed(client, "/recalls.atom?lang=en")

    assert root.tag == f"{A}feed"
    assert root.get(LANG) == "en"
    for name in ("id", "title", "updated"):
        assert len(root.findall(f"{A}{name}")) == 1
    assert link(root, "self") == "http://127.0.0.1:8000/recalls.atom?lang=en"
    [entry] = root.findall(f"{A}entry")
    for name in ("id", "title", "updated", "published", "author", "summary"):
        assert len(entry.findall(f"{A}{name}")) == 1
    assert re.fullmatch(r"urn:uuid:[0-9a-f-]{36}", entry.findtext(f"{A}id") or "")
    assert entry.findtext(f"{A}published") == "2026-10-01T02:00:00Z"
    notices = {
        one.get("hreflang"): one.get("href") for one in entry.findall(f"{A}link") if one.get("hreflang")
    }
    base = f"http://127.0.0.1:8000/recalls/{code}"
    assert notices == {"zh-CN": f"{base}?lang=zh", "en": f"{base}?lang=en"}
    for address in notices.values():
        assert client.get((address or "").removeprefix("http://127.0.0.1:8000")).status_code == 200
    assert [one.get("term") for one in entry.findall(f"{A}category")] == ["level-1", "mycotoxin"]


def test_the_reader_s_language_is_spoken(client: TestClient, visit_as: VisitAs, world: World) -> None:
    publish(visit_as, world, 0, "A1", reason_en=None)
    english = feed(client, "/recalls.atom", **{"accept-language": "en"}).find(f"{A}entry")
    chinese = feed(client, "/recalls.atom", **{"accept-language": "zh"}).find(f"{A}entry")

    assert english is not None
    assert chinese is not None
    assert (english.findtext(f"{A}title") or "").startswith("Level I recall: Peanut oil")
    assert (chinese.findtext(f"{A}title") or "").startswith("一级召回：一级压榨花生油")
    assert english.find(f"{A}summary").get(LANG) == "zh-CN"  # type: ignore[union-attr]  (told in Chinese alone)
    assert chinese.find(f"{A}summary").get(LANG) is None  # type: ignore[union-attr]


def test_a_later_batch_moves_the_date_and_nothing_else(
    client: TestClient, visit_as: VisitAs, world: World
) -> None:
    first = publish(visit_as, world, 0)
    second = publish(visit_as, world, 1, "B1")
    before = feed(client)
    assert codes(before) == [second, first]
    with visit_as("recorder", START + timedelta(days=5)) as visit:
        batches.register_batch(visit, new_batch(world.product_id, code="LATE"))
    after = feed(client)

    assert codes(after) == [first, second]
    was, now = before.findall(f"{A}entry")[1], after.findall(f"{A}entry")[0]
    assert was.findtext(f"{A}id") == now.findtext(f"{A}id")
    assert was.findtext(f"{A}published") == now.findtext(f"{A}published")
    assert now.findtext(f"{A}updated") == after.findtext(f"{A}updated") == "2026-10-06T02:00:00Z"


def test_pages_follow_each_other_without_gap_or_repetition(
    client: TestClient, visit_as: VisitAs, world: World
) -> None:
    published = [
        publish(visit_as, world, number, f"N{number}", level=1 + (number > 1)) for number in range(53)
    ]
    for question, expected in (("", published[::-1]), ("level=2&", published[:1:-1])):
        found, address, pages = [], f"/recalls.atom?{question}lang=zh", []
        while address:
            page = feed(client, address)
            found += codes(page)
            pages.append((page.findtext(f"{A}id"), link(page, "first")))
            address = (link(page, "next") or "").removeprefix("http://127.0.0.1:8000")
        assert found == expected
        assert set(pages) == {(f"http://127.0.0.1:8000/recalls.atom?{question}lang=zh",) * 2}


def test_the_feed_answers_the_list_s_question(client: TestClient, visit_as: VisitAs, world: World) -> None:
    one = publish(visit_as, world, 0, "A1", level=1)
    two = publish(visit_as, world, 1, "B1", level=2, reason_code="allergen", reason_zh="未标示大豆")
    assert (
        codes(feed(client, "/recalls.atom?q=大豆")) == codes(feed(client, "/recalls.atom?level=2")) == [two]
    )
    assert codes(feed(client, "/recalls.atom?batch=A1&sort=oldest")) == [one]
    assert codes(feed(client, "/recalls.atom?region=411723")) == []
    refused = client.get("/recalls.atom?level=9", headers={"accept": "application/json"})
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "query/level")
    assert client.get("/recalls.atom?cursor=x").status_code == 422


def test_the_list_leads_to_the_feed_of_its_own_question(
    client: TestClient, visit_as: VisitAs, world: World
) -> None:
    publish(visit_as, world, 0, "A1")
    page = client.get("/recalls?level=1&sort=oldest", headers={"accept-language": "en"}).text
    found = re.search(r'<link rel="alternate" type="application/atom\+xml"[^>]*href="([^"]+)"', page)
    assert found
    assert found[1].replace("&amp;", "&") == "/recalls.atom?level=1&lang=en"


def test_hostile_words_stay_words_and_drafts_stay_hidden(
    client: TestClient, visit_as: VisitAs, world: World
) -> None:
    hostile = "]]><script>alert(1)</script>&amp;&lt; \ufffe\uffff\u2028."
    publish(visit_as, world, 0, "A1", reason_zh=hostile)
    with visit_as("quality") as visit:
        recalls.open_recall(visit, new_recall(world.product_id, "SECRET"))
    [entry] = feed(client, "/recalls.atom?lang=zh").findall(f"{A}entry")
    assert entry.findtext(f"{A}summary") == hostile.replace("\ufffe", "\ufffd").replace("\uffff", "\ufffd")
