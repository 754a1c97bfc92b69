"""The work on a recall's goods on its pages: ledger, checks, disposals, the report, and drills."""

import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient
from pypdfium2 import PdfDocument
from sqlalchemy import Engine

from acts import Firm, firm, goods, new_firm, output
from builders import SIGNED, new_recall
from conftest import ClientOf
from keeping import all_rows
from peanuts import deliver_all, produce, recover
from tracelot.operations import answering, recalls
from tracelot.records.consignees import NewAnswer, RecallNotice
from tracelot.records.database import connect
from tracelot.records.journal import JournalEntry
from tracelot.records.recalls import Recall
from world import Scene, VisitAs, World, visits

KINDS = ("wholesaler", "retailer", "caterer")
NAMES = ("天中粮油批发部", "天中超市", "天中学校食堂配送中心")
ENGLISH = {"accept-language": "en"}


def tell(url: str, world: World) -> dict[str, Any]:
    """Scenario A: the oil was sent out, recalled, and came back."""
    engine = connect(url)
    visit_as = visits(engine, world)
    maker = firm(visit_as, world, "zhenyang")
    produce(maker)
    customers = [
        new_firm(visit_as, world, engine, f"customer-{kind}", kind, name_zh=name)
        for kind, name in zip(KINDS, NAMES, strict=True)
    ]
    deliver_all(maker, customers)
    recover(maker, customers)
    with visit_as("zhenyang") as visit:
        id_ = recalls.open_recall(visit, new_recall(maker.products["bottled"], "X1")).id
    with visit_as("zhenyang") as visit:
        recall = recalls.publish_recall(visit, id_).model_dump()
    engine.dispose()
    return {"products": maker.products, "recall": recall}


@pytest.fixture
def maker(visit_as: VisitAs, world: World, scene: Scene) -> Firm:
    return replace(firm(visit_as, world, "zhenyang"), products=scene.told["products"])


@pytest.fixture
def recall(scene: Scene) -> Recall:
    return Recall(**scene.told["recall"])


def page(client: TestClient, url: str) -> str:
    answer = client.get(url, headers=ENGLISH)
    assert answer.status_code == 200, answer.text
    return answer.text


def words(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def test_the_ledger_stands_on_the_recall_s_page_and_by_consignee_on_its_own(
    client_as: ClientOf, recall: Recall
) -> None:
    own = client_as("zhenyang")
    assert f'href="/app/recalls/{recall.id}/effectiveness"' in page(own, f"/app/recalls/{recall.id}")
    for who, url in (("zhenyang", f"/app/recalls/{recall.id}"), ("county", f"/gov/recalls/{recall.code}")):
        told = words(page(client_as(who), f"{url}/effectiveness"))
        assert "All accounted for" in told
        assert "Accounted for 100%" in told
        assert "81.67%" in told
        assert "78%" in told
        assert 'class="curves"' in page(client_as(who), f"{url}/effectiveness")


def test_an_open_page_is_told_what_changed_and_nothing_while_nothing_did(
    client_as: ClientOf, recall: Recall, visit_as: VisitAs, engine: Engine
) -> None:
    asking = ENGLISH | {"hx-request": "true"}
    asked = {}
    for who, url in (("zhenyang", f"/app/recalls/{recall.id}"), ("county", f"/gov/recalls/{recall.code}")):
        found = re.search(r'hx-get="([^"]+seen=[^"]+)"', page(client_as(who), url))
        assert found
        asked[who] = found[1]
    before = len(all_rows(engine, JournalEntry))
    for who, url in asked.items():
        assert client_as(who).get(url, headers=asking).status_code == 204
    assert len(all_rows(engine, JournalEntry)) == before  # nothing was read, so nothing is remembered

    (told,) = all_rows(engine, RecallNotice, recall_id=recall.id, tier=1, name="天中粮油批发部")
    with visit_as("customer-wholesaler") as visit:
        notice = answering.find_own_notice(visit, told.id)
        answering.answer_own(visit, notice, NewAnswer(name="王店长", stop_sale=True))
    for who, url in asked.items():
        fresh = client_as(who).get(url, headers=asking)
        assert "Answered 1 / 2" in words(fresh.text)
        assert url not in fresh.text
    assert client_as("neighbour").get(asked["county"], headers=asking).status_code == 404


@pytest.mark.parametrize("who", ["guhuai", "neighbour"])
def test_it_is_nobody_else_s(client_as: ClientOf, recall: Recall, who: str) -> None:
    at = f"/gov/recalls/{recall.code}" if who == "neighbour" else f"/app/recalls/{recall.id}"
    for name in ("effectiveness", "effectiveness.pdf"):
        assert client_as(who).get(f"{at}/{name}").status_code == 404


def test_a_sample_is_drawn_and_checks_are_recorded_by_firm_and_office(
    client_as: ClientOf, recall: Recall
) -> None:
    own, county = client_as("quality"), client_as("county")
    url, theirs = f"/app/recalls/{recall.id}", f"/gov/recalls/{recall.code}"
    wrong = own.post(f"{url}/checks", data={"level": "B", "percent": "5", "method": "visit"}, headers=ENGLISH)
    assert wrong.status_code == 422
    assert (
        own.post(f"{url}/checks", data={"level": "A", "method": "visit"})
        .headers["location"]
        .endswith("drawn")
    )
    ids = re.findall(rf'action="{url}/checks/([0-9a-f-]+)"', page(own, f"{url}/effectiveness"))
    assert len(ids) == 2

    for moment, why in (("2100-01-01", "in the future"), ("2001-01-01", "before the danger was known")):
        given = {"check": ids[0], "outcome": "unreachable", "performed_at": f"{moment}T08:00"}
        never = own.post(f"{url}/checks/{ids[0]}", data=given, headers=ENGLISH)
        assert never.status_code == 422
        assert f"This time lies {why}." in never.text
    given = {"check": ids[0], "outcome": "unreachable", "performed_at": "2026-09-21T08:00", "version": "1"}
    assert own.post(f"{url}/checks/{ids[0]}", data=given).status_code == 303
    assert "Could not be reached" in words(page(county, f"{theirs}/effectiveness"))
    given = {"check": ids[1], "outcome": "action_taken", "performed_at": "2026-09-21T09:00"}
    assert county.post(f"{theirs}/checks/{ids[1]}", data=given).status_code == 303
    told = words(page(own, f"{url}/effectiveness"))
    assert "Effective 1 / 1" in told
    assert "Found out 1 / 2" in told
    assert own.post(f"{url}/checks/{ids[1]}", data=given).status_code == 422


def test_a_disposal_is_announced_watched_and_done(client_as: ClientOf, recall: Recall, maker: Firm) -> None:
    own, county = client_as("quality"), client_as("county")
    url, theirs = f"/app/recalls/{recall.id}", f"/gov/recalls/{recall.code}"
    oil = maker.batch("bottled")
    new = {"batch_id": str(oil), "quantity": "78", "unit": "case", "method": "destroy_central", "place": "县处理厂",
           "planned_at": "2026-12-01T09:00"}  # fmt: skip
    bad = own.post(f"{url}/disposals", data=new | {"place": "", "planned_at": "soon"}, headers=ENGLISH)
    assert (bad.status_code, "A date and time are needed." in bad.text) == (422, True)
    assert own.post(f"{url}/disposals", data=new).status_code == 303
    (id_,) = set(re.findall(r"/disposals/([0-9a-f-]{36})/witness", page(county, f"{theirs}/effectiveness")))
    watch = f"{theirs}/disposals/{id_}/witness"
    assert county.post(watch, data={"witness": "李监管"}).status_code == 422  # without a signature
    assert county.post(watch, data=SIGNED).headers["location"].endswith("done=to-watch")
    assert "/witness" not in page(county, f"{theirs}/effectiveness")

    event = maker.does("destroy", lines=[goods(oil, 78, "case", set_apart=True)])
    shown = page(own, f"{url}/effectiveness")
    assert f'value="{event.id}"' in shown
    done = {"disposal": id_, "performed_at": "2026-10-02T10:00", "event_id": str(event.id)}
    assert own.post(f"{url}/disposals/{id_}/perform", data=done | {"event_id": ""}).status_code == 422
    assert own.post(f"{url}/disposals/{id_}/perform", data=done).status_code == 303
    shown = page(own, f"{url}/effectiveness")
    assert f'href="/app/events/{event.id}"' in shown
    assert "done before it was announced" in shown
    assert (
        county.post(watch, data={"witness": "李监管"} | SIGNED).headers["location"].endswith("done=witnessed")
    )


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_report_is_a_pdf_in_both_languages(client_as: ClientOf, recall: Recall, language: str) -> None:
    answer = client_as("zhenyang").get(
        f"/app/recalls/{recall.id}/effectiveness.pdf", headers={"accept-language": language}
    )
    assert answer.headers["content-type"] == "application/pdf"
    text = " ".join(one.get_textpage().get_text_range() for one in PdfDocument(answer.content))

    assert recall.code in text
    assert "81.67" in text
    assert ("Sold to consumers" in " ".join(text.split())) == (language == "en")
    assert re.search(r"\d (bottles|cases)\b" if language == "en" else r"\d [瓶箱]", text)
    assert not re.search(r"\d (bottle|case)\b", text)
    assert "+08:00" in text


def test_a_drill_runs_from_its_form_to_its_score_and_no_public_page_shows_it(
    client_as: ClientOf, client: TestClient, world: World, visit_as: VisitAs
) -> None:
    own = client_as("quality")
    assert "A drill is due" in page(own, "/app/drills")
    assert 'href="/app/recalls" aria-current="page"' in page(own, "/app/drills")
    assert re.search(r'value="mock_drill" selected', page(own, "/app/recalls/new?kind=mock_drill"))
    with visit_as("quality") as visit:
        began = visit.now - timedelta(minutes=5)
        new = new_recall(world.product_id, world.code, kind="mock_drill", knowledge_at=began)
        drill = Recall(**recalls.open_recall(visit, new).model_dump())
    url = f"/app/recalls/{drill.id}"
    draft = page(own, url)
    assert "Begin now" in draft
    assert "Nothing of it becomes public" in draft
    begun = own.post(f"{url}/publish", data=SIGNED | {"version": str(drill.version), "read": "1"})
    assert begun.headers["location"].endswith("done=drill")

    assert "Under way" in page(own, url)
    assert "Made public" not in page(own, url)
    board = words(page(own, "/app/drills"))
    assert drill.code in board
    assert "3 / 3" in board
    assert "The next drill is due by" in board
    assert f"/recalls/{drill.code}" not in page(own, url).replace(f"/api/v1/recalls/{drill.code}", "")
    for reader in (client, own, client_as("county"), client_as("city")):
        assert reader.get(f"/recalls/{drill.code}").status_code == 404
        for path in ("/recalls", "/recalls.csv", "/recalls.atom", "/", f"/search?q={drill.code}"):
            assert drill.code not in (told := reader.get(path).text) or "/search" in path, path
            assert f"/recalls/{drill.code}" not in told
    for reader in (client, client_as("city"), client_as("neighbour"), client_as("guhuai")):
        for path in (f"/api/v1/recalls/{drill.code}", f"/api/v1/recalls/{drill.id}/effectiveness"):
            assert reader.get(path).status_code in (401, 404)
        assert reader.get("/api/v1/recalls?kind=mock_drill").json()["total"] == 0
    county = client_as("county")
    assert f"/gov/recalls/{drill.code}" in page(county, "/gov/recalls?kind=mock_drill")
    assert drill.code not in page(county, "/gov/recalls")
    assert county.get(f"/gov/recalls/{drill.code}/effectiveness").status_code == 200


def test_the_api_tells_the_same(client_as: ClientOf, recall: Recall) -> None:
    own = client_as("zhenyang")
    told: dict[str, Any] = own.get(f"/api/v1/recalls/{recall.code}/effectiveness").json()
    assert told["figures"][0]["accounted_share"] == "1"
    assert own.get(f"/api/v1/recalls/{recall.code}/score").json()["goals"]["accounted"] is True
    drawn = own.post(f"/api/v1/recalls/{recall.code}/checks", json={"level": "A"})
    assert (drawn.status_code, drawn.json()["needed"]) == (201, 2)
    check = drawn.json()["items"][0]
    now = "2026-09-22T00:00:00Z"
    given = {"performed_at": now, "outcome": "unreachable"}
    done = own.post(f"/api/v1/recalls/{recall.code}/checks/{check['id']}", json=given)
    assert len(done.json()["items"]) == 3
    new = {"batch_id": told["figures"][0]["batch"]["id"], "quantity": "3", "unit": "case", "method": "recycle",
           "place": "works", "planned_at": now}  # fmt: skip
    made = own.post(f"/api/v1/recalls/{recall.code}/disposals", json=new)
    assert made.status_code == 201
    way = f"/api/v1/recalls/{recall.code}/disposals/{made.json()['id']}/perform"
    assert own.post(way, json={"performed_at": "2001-01-01T00:00:00Z"}).status_code == 422
    finished = own.post(way, json={"performed_at": now})
    assert finished.json()["performed_at"] is not None
    assert own.get("/api/v1/drills").json()["items"] == []


def test_a_ledger_of_many_batches_says_how_many_it_shows_and_leads_to_the_rest(
    client_as: ClientOf, visit_as: VisitAs, maker: Firm
) -> None:
    product, codes = maker.makes("paste"), [f"P{number:02}" for number in range(21)]
    maker.does("produce", outputs=[output(product, code, 10) for code in codes])
    with visit_as("zhenyang") as visit:
        found = recalls.open_recall(visit, new_recall(product, *codes))
        recall = Recall(**recalls.publish_recall(visit, found.id).model_dump())
    for who, url in (("zhenyang", f"/app/recalls/{recall.id}"), ("county", f"/gov/recalls/{recall.code}")):
        client = client_as(who)
        assert "20 of 21 shown" in words(page(client, url))
        first = page(client, f"{url}/effectiveness")
        [following] = re.findall(rf'href="({url}/effectiveness\?cursor=[^"]+)"', first)
        second = page(client, following)
        told = [re.findall(r"<h2[^>]*>[^<]*<code>(P\d\d)</code>", html) for html in (first, second)]
        assert [len(some) for some in told] == [20, 1]
        assert sorted(told[0] + told[1]) == codes
        assert f'href="{url}/effectiveness"' in second
        assert client.get(f"{url}/effectiveness?cursor=never").status_code == 422
