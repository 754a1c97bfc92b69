"""Acts on record, on their pages: found, told in words, corrected and declared void, and seen by nobody else."""

import re
from decimal import Decimal
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine

from acts import Firm, goods
from conftest import ClientOf
from keeping import all_rows
from paperwork import TIME, Sheet, sheet
from tracelot.records.events import EventVoid
from world import World


def test_void_needs_a_reason_and_the_record_stays_readable(
    desk: TestClient, maker: Firm, engine: Engine
) -> None:
    url = sheet(desk, "sell", f"?batch={maker.batch('paste')}").record(
        event_time=TIME, **{"goods-0-quantity": "10"}
    )

    assert desk.post(f"{url}/void", data={"kind": "did_not_occur", "reason": " "}).status_code == 422
    assert desk.post(f"{url}/void", data={"kind": "did_not_occur", "reason": "点错了"}).status_code == 303

    (void,) = all_rows(engine, EventVoid)
    assert (void.kind, void.reason) == ("did_not_occur", "点错了")
    page = desk.get(url).text
    assert "点错了" in page
    assert f'action="{url}/void"' not in page
    assert "struck" in desk.get("/app/events?act=sell").text
    assert maker.has(maker.batch("paste")) == {"stock": Decimal(100)}


def test_a_correction_takes_the_place_of_the_record(
    desk: TestClient, maker: Firm, world: World, engine: Engine
) -> None:
    form = sheet(desk, "ship", f"?batch={maker.batch('paste')}")
    url = form.record(
        event_time=TIME,
        to_text="古槐",
        **{"goods-0-quantity": "30", "kd-vehicle": "豫Q1", "papers-0-no": "SO-7"},
    )
    edit = Sheet(desk, f"{url}/correct").open(desk.get(f"{url}/correct"))
    assert (edit.fields["goods-0-quantity"], edit.fields["kd-vehicle"], edit.fields["event_time"]) == (
        "30",
        "豫Q1",
        TIME,
    )
    assert edit.fields["to"] == f"party:{world.parties['guhuai']}"
    assert edit.press("record", **{"goods-0-quantity": "31"}).status_code == 422  # no reason

    new = edit.record(reason="数错了", **{"goods-0-quantity": "31"})

    (void,) = all_rows(engine, EventVoid)
    assert (str(void.event_id), str(void.replaced_by)) == (url.rpartition("/")[2], new.rpartition("/")[2])
    assert edit.record(reason="数错了", **{"goods-0-quantity": "31"}) == new
    assert maker.has(maker.batch("paste")) == {"stock": Decimal(69)}
    assert f'href="{new}"' in desk.get(url).text
    assert f'href="{url}"' in desk.get(new).text


@pytest.mark.parametrize(
    "act", ["harvest", "transform", "ship", "receive", "pack", "unpack", "count", "manifest", "sight"]
)
def test_what_the_form_of_a_record_holds_says_the_same_again(desk: TestClient, maker: Firm, act: str) -> None:
    """Corrected without a change, every act has the same postings and evidence as before."""
    url = recorded(desk, maker, act)
    before = facts(desk, url)

    edit = Sheet(desk, f"{url}/correct").open(desk.get(f"{url}/correct"))
    new = edit.record(reason="核对")

    assert facts(desk, new) == before


def facts(desk: TestClient, url: str) -> Any:
    told = desk.get(f"/api/v1{url.removeprefix('/app')}").json()
    lines = [
        sorted(
            (one["side"], one["place"], one["batch_id"], one["quantity"], one["unit"])
            for one in line["postings"]
        )
        for line in told["lines"]
    ]
    kept = {
        name: told[name]
        for name in ("act", "kind", "facility_id", "event_time", "key_data", "documents", "flags")
    }
    places = [(one["batch_id"], one["unit_id"], one["place"]) for one in [*told["sightings"], *told["stops"]]]
    return kept, lines, [line["loss"] for line in told["lines"]], sorted(map(str, places))


def recorded(desk: TestClient, maker: Firm, act: str) -> str:
    """An act of the kind through its form, with a pallet among the goods where it may be."""
    paste = {
        "goods": "1",
        "goods-0-what": f"batch:{maker.batch('paste')}",
        "goods-0-quantity": "5",
        "goods-0-unit": "kg",
    }
    made = {"made-0-product": str(maker.products["paste"]), "made-0-code": "N1", "made-0-quantity": "4"}
    head = {"event_time": TIME, "kd-note": "甲班", "papers-0-type": "inv", "papers-0-no": "F-9"}
    pallet = (
        sheet(desk, "pack").record(carrier="P-1", **paste, **head)
        if act in ("ship", "unpack", "manifest", "sight")
        else ""
    )
    told: dict[str, str] = {
        "harvest": made,
        "transform": paste | made | {"loss": "1", "loss_unit": "kg", "kind": "rework"},
        "ship": paste | {"partner_name": "老街粮油店"},
        "receive": {"partner_name": "合作社", "came-0-code": "S1", "came-0-name": "糖", "came-0-made": "2026-08-01",
                    "came-0-quantity": "9", "apart": "1"},
        "pack": paste | {"carrier": "P-2"},
        "unpack": {"carrier": "P-1"},
        "count": paste | {"goods-0-result": "short"},
        "manifest": paste | {"kind": "unloading"},
        "sight": paste,
    }[act]  # fmt: skip
    form = sheet(desk, act)
    if pallet and act != "unpack":
        form = form.step("add", code="P-1", **told)
        told = {name: value for name, value in told.items() if not name.startswith("goods")}
        if act == "ship":
            told |= {"goods-0-quantity": "5"}
    return form.record(**told, **head)


def test_what_is_missing_is_asked_for_when_the_record_is_corrected(desk: TestClient, maker: Firm) -> None:
    """Food Safety Law art. 51 wants the shelf life of what is sold, and this product says none."""
    form = sheet(desk, "ship", f"?batch={maker.batch('paste')}")
    url = form.record(event_time=TIME, to_text="古槐", **{"goods-0-quantity": "1"})
    assert "保质期" in desk.get(url).text
    assert "kd-shelf_life" not in form.fields

    edit = Sheet(desk, f"{url}/correct").open(desk.get(f"{url}/correct"))
    missing = {name: "见标签" for name in edit.fields if name.startswith("kd-")}
    assert "kd-shelf_life" in missing
    new = edit.record(reason="补全", **missing)

    assert "法规要求的数据尚不齐全" not in desk.get(new).text


def test_more_is_added_to_a_processing_on_record(desk: TestClient, maker: Firm) -> None:
    paste = str(maker.products["paste"])
    form = sheet(desk, "transform", f"?batch={maker.batch('paste')}")
    made = {"made-0-product": paste, "made-0-code": "N1", "made-0-quantity": "4"}
    url = form.record(event_time=TIME, **{"goods-0-quantity": "5"}, **made)
    query = f"?joins={url.rpartition('/')[2]}"
    assert f'href="/app/events/new/transform{query}"' in desk.get(url).text

    later = sheet(desk, "transform", query).step("add", code="X1")
    more = later.record(event_time=TIME, **{"goods-0-quantity": "2"})

    (line,) = desk.get(f"/api/v1{more.removeprefix('/app')}").json()["lines"]
    assert line["event_id"] == url.rpartition("/")[2]
    assert "/correct" not in desk.get(more).text
    assert desk.get(f"{more}/correct").status_code == 409


def test_a_batch_page_tells_what_is_on_hand_and_what_was_done(
    desk: TestClient, client_as: ClientOf, maker: Firm
) -> None:
    url = f"/app/batches/{maker.batch('paste')}"
    sold = maker.does("sell", lines=[goods(maker.batch("paste"), 30)])
    maker.does("set_apart", lines=[goods(maker.batch("paste"), 12)])
    page = desk.get(url).text

    assert re.search(r"58\s+kg", page)
    assert re.search(r"12\s+kg", page)
    assert f'href="/app/events/{sold.id}"' in page
    assert f'href="/app/events/new/ship?batch={maker.batch("paste")}"' in page
    office = client_as("county").get(url)
    assert office.status_code == 200
    assert f'href="/app/events/{sold.id}"' in office.text
    assert client_as("county").get(f"/app/events/{sold.id}").status_code == 200
    assert not re.search(r"/app/events(/new|\?)", office.text)
    assert client_as("neighbour").get(f"/app/events/{sold.id}").status_code == 404


def test_the_list_is_filtered_by_its_address(desk: TestClient, maker: Firm, world: World) -> None:
    maker.does("sell", lines=[goods(maker.batch("paste"), 1)])
    maker.does("sell", lines=[goods(maker.batch("paste"), 200)])

    def shown(query: str) -> int:
        answer = desk.get(f"/app/events?{query}")
        assert answer.status_code == 200
        return answer.text.count('class="act-name"')

    assert shown("act=sell") == 2
    assert shown("act=sell&flagged=1") == 1
    assert shown("batch=X1") == 3
    assert shown(f"batch={maker.batch('paste')}&act=produce") == 1
    assert shown(f"batch=%2801%29{world.gtin}%2810%29{world.code}") == 1
    assert shown("from=2026-09-20&to=2026-09-20") == 3
    assert shown("from=2026-09-21&act=sell") == 0
    assert shown(f"facility={world.facility_id}&act=sell") == 2
    for broken in ("act=x", "from=soon", "facility=x", "batch=NOBODY"):
        assert desk.get(f"/app/events?{broken}").status_code == 422, broken


def test_flags_and_missing_data_are_told_in_words(desk: TestClient, maker: Firm) -> None:
    event = maker.does("destroy", lines=[goods(maker.batch("paste"), 300)])
    page = desk.get(f"/app/events/{event.id}").text

    assert "出库数量超过账面库存" in page
    assert "销毁方式" in page
    assert "食品安全法 §63" in page
    assert "overdrawn" not in page


def test_another_firms_act_is_absent_and_its_regulator_reads_it(client_as: ClientOf, maker: Firm) -> None:
    url = f"/app/events/{maker.does('sell', lines=[goods(maker.batch('paste'), 1)]).id}"

    assert client_as("guhuai").get(url).status_code == 404
    assert (
        client_as("guhuai")
        .post(f"{url}/void", data={"reason": "不是我的", "kind": "did_not_occur"})
        .status_code
        == 404
    )
    assert client_as("neighbour").get(url).status_code == 404
    page = client_as("county").get(url)
    assert page.status_code == 200
    assert "/void" not in page.text
    assert (
        client_as("county").post(f"{url}/void", data={"reason": "先停", "kind": "did_not_occur"}).status_code
        == 422
    )
    assert client_as("county").get("/app/events/new/sell").status_code == 403


def test_what_others_make_cannot_be_named(client_as: ClientOf, world: World, maker: Firm) -> None:
    other = client_as("guhuai")
    other.post(
        "/app/facilities",
        data={"name_zh": "仓", "address_zh": "1号", "region_code": "411723", "kind": "plant"},
    )
    form = sheet(other, "sell", f"?batch={maker.batch('paste')}")

    assert form.fields["goods"] == "0"
    for code in ("X1", world.code, f"(01){world.gtin}(10){world.code}"):
        assert form.step("add", code=code).fields["goods"] == "0"
