"""What somebody reads who has just scanned a package."""

import re
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlsplit

import pytest
from fastapi.testclient import TestClient

from builders import new_batch, new_recall
from tracelot.operations import batches, recalls
from tracelot.records.batches import StatusChange
from tracelot.web.app import Site
from world import VisitAs, World

ENGLISH = {"accept-language": "en", "accept": "text/html"}
CHINESE = {"accept-language": "zh-CN", "accept": "text/html"}
NOTICE = {
    "remedy_zh": "请立即停止食用。凭包装到购买处退货、不需要小票。也可以拨打电话、由我公司上门收回。",
    "remedy_en": "Stop eating it. Take it back to where you bought it; no receipt is needed.",
    "harm_en": "Long-term intake can harm the liver.",
    "contact_hours": "8:00-20:00",
}


def link_of(world: World, code: str | None = None) -> str:
    return f"/01/{world.gtin}/10/{code or world.code}"


def publish(visit_as: VisitAs, world: World, *codes: str, **given: Any) -> str:
    with visit_as("quality") as visit:
        recall = recalls.open_recall(visit, new_recall(world.product_id, *codes, **given))
        return recalls.publish_recall(visit, recall.id).code


def register(visit_as: VisitAs, world: World, code: str, **given: Any) -> Any:
    with visit_as("quality") as visit:
        return batches.register_batch(visit, new_batch(world.product_id, code=code, release=True, **given)).id


def verdict_in(page: str) -> str:
    """The words of the verdict, which stand before everything else in the page's body."""
    found = re.search(
        r'<main>\s*<section class="verdict[^"]*">.*?<h1 class="verdict-word">(.*?)</h1>', page, re.DOTALL
    )
    assert found, page
    return found.group(1)


def test_no_recall_is_said_with_its_time_and_never_as_safety(client: TestClient, world: World) -> None:
    answer = client.get(link_of(world), headers=ENGLISH)
    assert answer.status_code == 200
    assert verdict_in(answer.text) == "No recall on record"
    assert re.search(r"<dt>as of</dt><dd>\d{4}-\d\d-\d\d \d\d:\d\d \+08:00</dd>", answer.text)
    assert not re.search(r"\bsafe\b|安全", answer.text + client.get(link_of(world), headers=CHINESE).text)


@pytest.mark.parametrize(
    ("level", "words"), [(1, "Level I recall"), (2, "Level II recall"), (3, "Level III recall")]
)
def test_a_recall_says_level_remedy_contact_harm_reason(
    client: TestClient, world: World, visit_as: VisitAs, level: int, words: str
) -> None:
    code = publish(visit_as, world, world.code, level=level, **NOTICE)
    page = client.get(link_of(world), headers=ENGLISH).text
    assert verdict_in(page) == words
    told = [
        "What to do",
        NOTICE["remedy_en"],
        "0396-8920001",
        "8:00-20:00",
        NOTICE["harm_en"],
        "Aflatoxin B1",
    ]
    places = [page.index(text) for text in [*told, f"/recalls/{code}"]]
    assert places == sorted(places)
    assert "Zhengyang Peanut Oil Co., Ltd." in page[: places[0]]


def test_what_is_told_in_one_language_only_is_marked_as_such(
    client: TestClient, world: World, visit_as: VisitAs
) -> None:
    publish(visit_as, world, world.code, remedy_en=None)
    page = client.get(link_of(world), headers=ENGLISH).text
    assert re.search('<span lang="zh-CN">立即停止食用.原购买处退货</span>', page)
    assert "in another language only" in page
    assert "in another language only" not in client.get(link_of(world), headers=CHINESE).text


def test_the_gravest_of_two_recalls_leads(client: TestClient, world: World, visit_as: VisitAs) -> None:
    mild = publish(visit_as, world, world.code, level=3)
    grave = publish(visit_as, world, world.code, level=1)
    page = client.get(link_of(world), headers=ENGLISH).text
    assert verdict_in(page) == "Level I recall"
    assert page.index(grave) < page.index(mild)


def test_a_batch_recalled_before_it_was_registered_is_recalled(
    client: TestClient, world: World, visit_as: VisitAs
) -> None:
    publish(visit_as, world, "NOT-YET")
    answer = client.get(link_of(world, "NOT-YET"), headers=ENGLISH)
    assert (answer.status_code, verdict_in(answer.text)) == (200, "Level I recall")


def test_a_held_batch_is_kept_aside(client: TestClient, world: World, visit_as: VisitAs) -> None:
    with visit_as("quality") as visit:
        batches.hold_batch(visit, world.batch_id, StatusChange(reason="留样复检"))
    page = client.get(link_of(world), headers=ENGLISH).text
    assert verdict_in(page) == "On hold: do not use it for now"
    assert "留样复检" not in page


def test_an_expired_batch_says_so(client: TestClient, world: World, visit_as: VisitAs) -> None:
    register(visit_as, world, "OLD", production_date="2024-01-01", expiry_date="2024-12-31")
    page = client.get(link_of(world, "OLD"), headers=ENGLISH).text
    assert verdict_in(page) == "Past its date"
    assert "December 31, 2024" in page


def test_a_withdrawn_record_says_nothing_about_the_package(
    client: TestClient, world: World, visit_as: VisitAs
) -> None:
    batch_id = register(visit_as, world, "WRONG")
    with visit_as("quality") as visit:
        batches.void_batch(visit, batch_id, StatusChange(reason="录错"))
    assert verdict_in(client.get(link_of(world, "WRONG"), headers=ENGLISH).text) == "Record withdrawn"


def test_an_unknown_batch_of_a_known_product_says_what_to_do(client: TestClient, world: World) -> None:
    answer = client.get(link_of(world, "2026%2F09%2FX"), headers=ENGLISH)
    assert (answer.status_code, verdict_in(answer.text)) == (404, "Not on record")
    assert "does not mean that it is in order" in answer.text
    assert "Peanut oil 5 L" in answer.text
    assert f'href="/search?q={world.gtin}"' in answer.text
    assert 'name="batch" value="2026/09/X"' in answer.text


def test_a_stranger_code_shows_what_was_asked_for(client: TestClient, world: World) -> None:
    answer = client.get("/01/09520001000096/10/A1", headers=ENGLISH)
    assert (answer.status_code, verdict_in(answer.text)) == (404, "Not on record")
    assert ">A1<" in answer.text
    assert ">09520001000096<" in answer.text


def test_the_language_link_of_an_escaped_code_comes_back(
    client: TestClient, world: World, visit_as: VisitAs
) -> None:
    register(visit_as, world, "2026/09/15-03")
    page = client.get(link_of(world, "2026%2F09%2F15-03"), headers=CHINESE).text
    addresses = set(re.findall(r'href="([^"]*\?lang=en)"', page))
    assert addresses == {f"{link_of(world)[: -len(world.code)]}2026%2F09%2F15-03?lang=en"}
    assert '<html lang="en"' in client.get(addresses.pop(), headers=CHINESE).text


@pytest.mark.parametrize(("letters", "kept"), [(10, 1), (3000, 0)])
def test_an_answer_to_an_overlong_question_is_not_remembered(
    app: Site, client: TestClient, world: World, letters: int, kept: int
) -> None:
    for _ in range(3):
        assert client.get(f"{link_of(world)}?{'x' * letters}", headers=ENGLISH).status_code == 200

    assert len(app.lookup._page.answers) == kept


def test_nothing_confidential_stands_in_the_page(client: TestClient, world: World) -> None:
    page = client.get(link_of(world), headers=CHINESE).text
    for secret in ("5000", "真阳大道", "0396-8920001", str(world.batch_id), str(world.facility_id)):
        assert secret not in page


class Weighed(HTMLParser):
    """What a browser fetches for a page, beside the page itself."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.fetched: list[str] = []
        self.scripts = 0
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "link" and given.get("rel") in ("stylesheet", "icon"):
            self.fetched.append(given["href"] or "")
        if tag == "img":
            self.fetched.append(given["src"] or "")
        self.scripts += tag == "script"


@pytest.mark.parametrize("language", [ENGLISH, CHINESE], ids=["en", "zh"])
def test_the_page_weighs_at_most_15_kb_in_4_requests(
    client: TestClient, world: World, visit_as: VisitAs, language: dict[str, str]
) -> None:
    publish(visit_as, world, world.code, **NOTICE)
    page = client.get(link_of(world), headers=language)
    weighed = Weighed(page.text)
    answers = [client.get(address) for address in weighed.fetched]
    assert [answer.status_code for answer in answers] == [200] * len(answers)
    assert all(not urlsplit(address).netloc for address in weighed.fetched)
    assert 1 + len(answers) <= 4
    assert len(page.content) + sum(len(answer.content) for answer in answers) <= 15_000
    assert weighed.scripts == 0
