"""What a recall stops says so in the stock before an act is refused, to those whom it stops, with the way to it."""

import re
from typing import Any
from uuid import UUID

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine, event

from acts import goods
from conftest import ClientOf
from keeping import all_rows
from sellers import Trade, take_back, two_sellers
from tracelot.records.batches import Batch
from tracelot.records.consignees import RecallNotice
from tracelot.records.recalls import Recall
from tracelot.records.units import LogisticUnit
from world import Scene, VisitAs, World

ENGLISH = {"accept-language": "en"}
STOCKS = "/api/v1/stocks"
BADGE = {"en": "Recalled by a seller", "zh": "经营者召回"}
STOPPED, FREE = ("wholesaler", "shop"), ("rival", "rival-shop", "zhenyang")

tell = two_sellers


@pytest.fixture
def trade(visit_as: VisitAs, scene: Scene) -> Trade:
    return Trade(visit_as, scene.told, {})


def form_of(client: TestClient, trade: Trade, act: str = "ship", **more: str) -> str:
    scanned = {"goods": "0", "code": "X1", "add": "1", "facility_id": "", **more}
    answer = client.post(f"/app/events/new/{act}", data=scanned, headers=ENGLISH)
    assert "<code>X1</code>" in answer.text
    return str(answer.text)


def pages(client: TestClient, trade: Trade) -> dict[str, str]:
    stock = client.get("/app/stock", headers=ENGLISH).text
    assert "<code>X1</code>" in stock
    return {"stock": stock, "scanned": form_of(client, trade)}


def test_whom_it_stops_reads_so_and_nobody_else(
    trade: Trade, client_as: ClientOf, engine: Engine, world: World
) -> None:
    for who in STOPPED + FREE:
        assert all(BADGE["en"] not in page for page in pages(client_as(who), trade).values())
    recall = trade.recalled()
    (told,) = all_rows(engine, RecallNotice, to_party_id=world.parties["shop"])
    ways = {"wholesaler": f"/app/recalls/{recall}", "shop": f"/app/notices/{told.id}"}
    for who in STOPPED:
        client = client_as(who)
        for page in pages(client, trade).values():
            assert page.count(BADGE["en"]) == page.count(ways[who]) == 1
        assert client.get(ways[who]).status_code == 200
        assert BADGE["zh"] in client.get("/app/stock", headers={"accept-language": "zh"}).text
    for who in FREE:
        assert all(BADGE["en"] not in page for page in pages(client_as(who), trade).values())
    take_back(trade, "wholesaler", recall)
    for who in STOPPED:
        assert all(BADGE["en"] not in page for page in pages(client_as(who), trade).values())


def test_a_batch_that_two_sellers_recall_leads_each_to_what_binds_it(
    trade: Trade, client_as: ClientOf, engine: Engine
) -> None:
    both = [trade.recalled(), trade.recalled("rival")]
    codes = {one.id: one.code for one in all_rows(engine, Recall)}
    for who, (bound, other) in {"shop": (0, 1), "rival-shop": (1, 0)}.items():
        page = client_as(who).get("/app/stock", headers=ENGLISH).text
        assert codes[both[bound]] in page
        assert codes[both[other]] not in page
    (batch,) = all_rows(engine, Batch, id=trade.bottles)
    scanned = client_as("shop").get(f"/b/{batch.short_code}", headers=ENGLISH).text
    assert re.search(r"If Zhengyang Peanut Oil Works \d+ or Zhengyang Peanut Oil Works \d+ sold it", scanned)


def test_what_its_maker_recalls_reads_so_in_everybody_s_stock(
    trade: Trade, client_as: ClientOf, engine: Engine, world: World
) -> None:
    recall = trade.recalled("zhenyang")
    (code,) = [one.code for one in all_rows(engine, Recall, id=recall)]
    ways = dict.fromkeys(STOPPED + FREE, f"/recalls/{code}") | {"zhenyang": f"/app/recalls/{recall}"}
    for notice in all_rows(engine, RecallNotice, recall_id=recall):
        ways |= {who: f"/app/notices/{notice.id}" for who in ways if world.parties[who] == notice.to_party_id}
    assert len(set(ways.values())) == 4
    for who, way in ways.items():
        client = client_as(who)
        badge = rf'<span>Recalled</span></span>(?:<br>|\s)*<a class="small" href="{way}">{code}</a>'
        counts = {name: len(re.findall(badge, page)) for name, page in pages(client, trade).items()}
        assert counts["stock"] == 1
        assert counts["scanned"] >= 1  # who has packs of the same code chooses, and reads it twice
        assert client.get(way).status_code == 200
    assert (
        "<span>已召回</span>" in client_as("shop").get("/app/stock", headers={"accept-language": "zh"}).text
    )


def acts_offered(page: str, batch: UUID) -> set[str]:
    return set(re.findall(rf'href="/app/events/new/(\w+)\?batch={batch}"', page))


def test_a_notice_leads_to_what_its_reader_does_with_the_goods(
    trade: Trade, client_as: ClientOf, engine: Engine, world: World
) -> None:
    recall, shop = trade.recalled(), client_as("shop")
    (told,) = all_rows(engine, RecallNotice, to_party_id=world.parties["shop"])
    notice = f"/app/notices/{told.id}"
    assert acts_offered(shop.get(notice).text, trade.bottles) == {"set_apart", "return", "destroy"}

    back = shop.get(f"/app/events/new/return?batch={trade.bottles}").text
    assert f'<option value="party:{world.parties["wholesaler"]}" selected' in back

    take_back(trade, "wholesaler", recall)
    assert acts_offered(shop.get(notice).text, trade.bottles) == set()


def test_goods_that_come_say_that_they_are_recalled_before_they_are_received(
    trade: Trade, client_as: ClientOf, world: World
) -> None:
    to = {"party_id": str(world.parties["shop"])}
    sent = trade.firm(world, "wholesaler").does("ship", to=to, lines=[goods(trade.bottles, 3, "case")])
    trade.recalled()
    shop, page = client_as("shop"), f"/app/shipments/{sent.id}"
    assert shop.get("/app/shipments", headers=ENGLISH).text.count(BADGE["en"]) == 2  # what came before, too
    assert BADGE["en"] in shop.get("/app", headers=ENGLISH).text
    told = shop.get(page, headers=ENGLISH).text
    assert BADGE["en"] in told
    assert "Set them apart as soon as they have come" in told
    assert BADGE["en"] in client_as("wholesaler").get(page, headers=ENGLISH).text
    assert BADGE["en"] not in client_as("rival-shop").get("/app/shipments", headers=ENGLISH).text


def test_its_maker_is_offered_only_what_may_be_done_with_a_recalled_batch(
    trade: Trade, client_as: ClientOf
) -> None:
    maker, page = client_as("zhenyang"), f"/app/batches/{trade.bottles}"
    assert {"ship", "sell"} < acts_offered(maker.get(page).text, trade.bottles)
    trade.recalled("zhenyang")
    assert acts_offered(maker.get(page).text, trade.bottles) == {"set_apart", "destroy", "count"}


def test_programs_read_the_recalls_that_bind_the_firm(
    trade: Trade, client_as: ClientOf, engine: Engine, world: World
) -> None:
    sold, made = trade.recalled("wholesaler", level=2), trade.recalled("zhenyang")
    codes = {one.id: one.code for one in all_rows(engine, Recall)}
    notices = {(one.recall_id, one.to_party_id): one.id for one in all_rows(engine, RecallNotice)}
    bound = {"wholesaler": [sold, made], "shop": [sold, made], "rival": [made], "zhenyang": [made]}
    for who, recalls in bound.items():
        (stock,) = client_as(who).get(f"{STOCKS}?batch={trade.bottles}").json()["items"]
        assert (stock["own"], stock["status"]) == (who == "zhenyang", "recalled")
        told = [
            (one["code"], one["level"], one["by"], one["own"], one["notice_id"]) for one in stock["recalls"]
        ]
        assert told == [
            (codes[one], 2 if one == sold else 1, "seller" if one == sold else "maker",
             who == ("wholesaler" if one == sold else "zhenyang"),
             str(notices[one, world.parties[who]]) if (one, world.parties[who]) in notices else None)
            for one in recalls
        ]  # fmt: skip
    take_back(trade, "zhenyang", made)
    (stock,) = client_as("rival").get(f"{STOCKS}?batch={trade.bottles}").json()["items"]
    assert (stock["own"], stock["status"], stock["recalls"]) == (False, None, [])


def test_a_pallet_with_such_goods_is_marked(
    trade: Trade, client_as: ClientOf, engine: Engine, world: World
) -> None:
    for who in ("shop", "rival-shop"):
        line = goods(trade.bottles, 2, "case")
        trade.firm(world, who).does("pack", carrier={"code": f"P-{who}"}, lines=[line])
    trade.recalled()
    for who, marked in (("shop", 1), ("rival-shop", 0)):
        client = client_as(who)
        (unit,) = all_rows(engine, LogisticUnit, code=f"P-{who}")
        assert client.get(f"/app/units/{unit.id}", headers=ENGLISH).text.count(BADGE["en"]) == marked
        lines = {"goods": "1", "goods-0-what": f"unit:{unit.id}"}
        form = client.post("/app/events/new/ship", data={**lines, "more": "papers"}, headers=ENGLISH).text
        line_of_it = re.search(rf"<legend><code>P-{who}</code>.*?</fieldset>", form, re.DOTALL)
        assert line_of_it
        assert line_of_it.group().count(BADGE["en"]) == marked


def test_what_can_be_picked_without_a_code_is_marked(trade: Trade, client_as: ClientOf) -> None:
    trade.recalled()
    for who, marked in (("shop", 1), ("rival-shop", 0)):
        page = client_as(who).get("/app/events/new/ship", headers=ENGLISH).text
        assert f'value="batch:{trade.bottles}"' in page
        assert page.count(BADGE["en"]) == marked


def test_a_page_asks_once_for_all_that_stands_on_it(trade: Trade, client_as: ClientOf) -> None:
    client, said = client_as("rival"), list[str]()

    def note(_c: Any, _cursor: Any, statement: str, *_: Any) -> None:
        said.append(" ".join(statement.split()))

    event.listen(Engine, "before_cursor_execute", note)
    page = client.get("/app/stock", headers=ENGLISH).text
    event.remove(Engine, "before_cursor_execute", note)
    assert page.count('href="/app/shipments?batch=') == 2
    assert sum("FROM recallbatch" in one for one in said) == 1
