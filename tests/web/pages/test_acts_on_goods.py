"""Acts on goods through the pages: what a form says is what stands on record, and no typing is lost."""

import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from html import unescape
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response
from sqlalchemy import Engine

from acts import Firm, firm, goods, output
from conftest import ClientOf, VisitAs
from keeping import all_rows
from tracelot.records.contacts import Contact
from tracelot.records.events import Event, EventVoid, Posting, Sighting
from tracelot.records.shipments import Shipment
from tracelot.rules.acts import EVENT_ACTS
from world import World

TIME = "2026-09-20T10:00"
FIELD = re.compile(
    r"<(input|select|textarea)\b([^>]*)>(.*?)(?=<(?:input|select|textarea|button|/form))", re.DOTALL
)


@dataclass
class Sheet:
    """The form of a page as a browser without scripts has it: what stands in it is sent back with it."""

    client: TestClient
    url: str
    page: str = ""
    fields: dict[str, str] = field(default_factory=dict)

    def open(self, answer: Response) -> "Sheet":
        self.page = answer.text
        form = self.page[self.page.index('<form class="sheet') :]
        form = form[: form.index("</form>")]
        self.fields = {}
        for kind, attributes, inside in FIELD.findall(form):
            told = dict(re.findall(r'([\w-]+)="([^"]*)"', attributes))
            if "name" not in told or (
                told.get("type") in ("checkbox", "radio") and "checked" not in attributes
            ):
                continue
            value = told.get("value", "on" if told.get("type") == "checkbox" else "")
            if kind == "select":
                chosen = re.search(r'<option value="([^"]*)" selected', inside)
                first = re.search(r'<option value="([^"]*)"', inside)
                value = (chosen or first).group(1) if chosen or first else ""  # type: ignore[union-attr]
            elif kind == "textarea":
                value = inside.partition("</textarea>")[0]
            self.fields[told["name"]] = unescape(value)
        return self

    def press(self, name: str = "", value: str = "1", **typed: str) -> Response:
        sent = self.fields | typed | ({name: value} if name else {})
        return self.client.post(self.url, data=sent)

    def step(self, name: str = "", value: str = "1", **typed: str) -> "Sheet":
        answer = self.press(name, value, **typed)
        assert answer.status_code == 200, answer.text
        return self.open(answer)

    def record(self, **typed: str) -> str:
        """The address of the act on record."""
        answer = self.press("record", **typed)
        assert answer.status_code == 303, re.findall(r'class="error".*?<span>(.*?)</span>', answer.text)
        return answer.headers["location"].partition("?")[0]


def sheet(client: TestClient, act: str, query: str = "") -> Sheet:
    url = f"/app/events/new/{act}"
    opened = client.get(url + query)
    assert opened.status_code == 200
    return Sheet(client, url).open(opened)


@pytest.fixture
def maker(visit_as: VisitAs, world: World) -> Firm:
    """Zhenyang with 100 kg of paste, released."""
    made = firm(visit_as, world, "zhenyang")
    made.makes("paste", spec="500 g")
    made.does("produce", outputs=[output(made.products["paste"], "X1", 100)])
    return made


@pytest.fixture
def desk(client_as: ClientOf, world: World) -> TestClient:
    assert world.batch_id
    return client_as("zhenyang")


def postings(engine: Engine, url: str) -> set[tuple[Any, ...]]:
    rows = all_rows(engine, Posting, record_id=UUID(url.rpartition("/")[2]))
    return {(row.side, row.place.partition(":")[0], row.quantity, row.unit) for row in rows}


@pytest.mark.parametrize("act", EVENT_ACTS)
def test_every_act_has_a_form(desk: TestClient, act: str) -> None:
    assert f'href="/app/events/new/{act}"' in desk.get("/app/events/new").text
    assert 'name="record"' in sheet(desk, act).page


def test_a_harvest_registers_its_batch(desk: TestClient, maker: Firm, engine: Engine) -> None:
    nuts = str(maker.makes("nuts"))
    url = sheet(desk, "harvest").record(
        event_time=TIME,
        **{
            "made-0-product": nuts,
            "made-0-code": "F-1",
            "made-0-quantity": "1200",
            "kd-field_name": "东一块",
        },
    )
    page = desk.get(url).text

    assert postings(engine, url) == {("put", "facility", Decimal(1200), "kg")}
    assert "F-1" in page
    assert "东一块" in page
    (event,) = all_rows(engine, Event, id=UUID(url.rpartition("/")[2]))
    assert (event.act, event.missing, event.utc_offset) == ("harvest", [], 480)
    assert event.event_time.isoformat().startswith("2026-09-20T02:00")


def test_scanned_codes_become_lines_and_what_was_typed_stays(
    desk: TestClient, maker: Firm, engine: Engine
) -> None:
    form = sheet(desk, "transform").step(
        "add", code="X1", event_time=TIME, **{"kd-note": "早班", "loss": "0.5"}
    )
    assert form.fields["goods-0-what"] == f"batch:{maker.batch('paste')}"
    assert "100" in form.page
    form = form.step("add", code=f"(01){'09520001000027'}(10)ZY20260915A")
    assert (form.fields["goods"], form.fields["kd-note"], form.fields["loss"]) == ("2", "早班", "0.5")

    cups = str(maker.makes("cups"))
    url = form.record(**{"goods-0-quantity": "40", "goods-1-quantity": "10", "loss_unit": "kg",
                         "made-0-product": cups, "made-0-code": "C1", "made-0-quantity": "70",
                         "made-0-unit": "piece"})  # fmt: skip

    assert postings(engine, url) == {
        ("take", "facility", Decimal(40), "kg"), ("take", "facility", Decimal(10), "bottle"),
        ("put", "facility", Decimal(70), "piece"),
    }  # fmt: skip
    assert maker.has(maker.batch("paste")) == {"stock": Decimal(60)}


@pytest.mark.parametrize(
    "written", ["X1", "https://id.example/01/09520001000027/10/{code}", "]C1010952000100002710{code}"]
)
def test_any_written_form_of_a_code_adds_a_line(
    desk: TestClient, maker: Firm, world: World, written: str
) -> None:
    form = sheet(desk, "sell").step("add", code=written.replace("{code}", world.code))

    meant = maker.batch("paste") if written == "X1" else world.batch_id
    assert form.fields["goods-0-what"] == f"batch:{meant}"


def test_a_code_of_nothing_known_is_told_at_the_box_and_stays_in_it(desk: TestClient, maker: Firm) -> None:
    assert maker.facility_id
    form = sheet(desk, "sell").step("add", code="NOBODY-1")

    assert form.fields["code"] == "NOBODY-1"
    assert "field-code-error" in form.page
    assert form.fields["goods"] == "0"


def test_a_code_of_two_batches_is_asked_about(desk: TestClient, maker: Firm) -> None:
    maker.makes("butter")
    maker.does("produce", outputs=[output(maker.products["butter"], "X1", 5)])
    form = sheet(desk, "sell").step("add", code="X1")
    assert form.fields["goods"] == "0"

    form = form.step("pick", f"batch:{maker.batch('butter')}", code="")

    assert form.fields["goods-0-what"] == f"batch:{maker.batch('butter')}"


def test_lines_are_removed_filled_to_the_full_and_not_doubled(desk: TestClient, maker: Firm) -> None:
    form = sheet(desk, "sell").step("add", code="X1").step("add", code="X1", **{"goods-0-quantity": "7"})
    assert (form.fields["goods"], form.fields["goods-0-quantity"]) == ("1", "7")
    assert "field-code-error" in form.page
    form = form.step("all", "goods-0", code="")
    assert (form.fields["goods-0-quantity"], form.fields["goods-0-unit"]) == ("100", "kg")
    assert form.step("drop", "goods-0").fields["goods"] == "0"
    assert maker.has(maker.batch("paste")) == {"stock": Decimal(100)}


def test_goods_go_to_a_firm_that_was_found_by_its_name(
    desk: TestClient, maker: Firm, world: World, engine: Engine
) -> None:
    form = sheet(desk, "ship", f"?batch={maker.batch('paste')}").step("find", to_text="古槐")
    party = world.parties["guhuai"]
    assert form.fields["to"] == f"party:{party}"

    url = form.record(
        event_time=TIME, **{"goods-0-quantity": "30", "papers-0-type": "desadv", "papers-0-no": "SO-7"}
    )

    (sent,) = all_rows(engine, Shipment, to_party_id=party)
    assert str(sent.id) == url.rpartition("/")[2]
    assert sent.documents == [{"type": "desadv", "no": "SO-7"}]
    assert postings(engine, url) == {
        ("take", "facility", Decimal(30), "kg"),
        ("put", "lane", Decimal(30), "kg"),
    }


def test_a_firm_that_is_not_verified_is_not_found(desk: TestClient, maker: Firm) -> None:
    form = sheet(desk, "ship", f"?batch={maker.batch('paste')}").step("find", to_text="正阳花生油直销")

    assert "field-to_text-error" in form.page
    assert form.press("record").status_code == 422


def test_a_partner_outside_is_added_once_with_the_act(desk: TestClient, maker: Firm, engine: Engine) -> None:
    form = sheet(desk, "ship", f"?batch={maker.batch('paste')}")
    typed = {
        "partner_name": "老街粮油店",
        "partner_phone": "0396-1",
        "goods-0-quantity": "5",
        "event_time": TIME,
    }
    first = form.record(**typed)

    assert form.record(**typed) == first
    (contact,) = all_rows(engine, Contact, party_id=maker.party_id)
    assert (contact.name, contact.phone) == ("老街粮油店", "0396-1")
    assert maker.has(maker.batch("paste")) == {"stock": Decimal(95)}


def test_a_receipt_keeps_the_suppliers_batch_under_an_own_code(
    desk: TestClient, maker: Firm, engine: Engine
) -> None:
    nuts = str(maker.makes("nuts"))
    typed = {
        "partner_name": "兰青乡合作社", "came-0-code": "]C1010952000100004117270101" "10LQ-9", "came-0-name": "花生米",
        "came-0-made": "2026-08-30",
        "came-0-quantity": "3", "came-0-unit": "t", "came-0-into": nuts, "came-0-into_code": "RM-1",
    }  # fmt: skip
    url = sheet(desk, "receive").record(event_time=TIME, **typed)

    assert postings(engine, url) == {("take", "lane", Decimal(3), "t"), ("put", "facility", Decimal(3), "t")}
    assert maker.has(maker.batch("nuts", "RM-1")) == {"stock": Decimal(3000)}
    assert "LQ-9" in desk.get(url).text


def test_a_form_sent_twice_is_one_act(desk: TestClient, maker: Firm, engine: Engine) -> None:
    form = sheet(desk, "sell", f"?batch={maker.batch('paste')}")
    typed = {"event_time": TIME, "goods-0-quantity": "10"}
    url = form.record(**typed)

    assert form.record(**typed) == url
    again = form.press("record", **typed | {"goods-0-quantity": "11"})
    assert again.status_code == 422
    other = Sheet(desk, form.url).open(again)
    assert other.fields["id"] != form.fields["id"]
    assert other.record() != url
    assert len(all_rows(engine, Event, act="sell")) == 2
    assert maker.has(maker.batch("paste")) == {"stock": Decimal(79)}


def test_stopped_goods_are_refused_until_it_is_said_that_it_happened(
    desk: TestClient, maker: Firm, engine: Engine
) -> None:
    held = desk.post(f"/app/batches/{maker.batch('paste')}/hold", data={"reason": "复检"})
    assert held.status_code == 303
    form = sheet(desk, "sell", f"?batch={maker.batch('paste')}")
    assert 'name="happened"' not in form.page
    later = f"{datetime.now(ZoneInfo('Asia/Shanghai')) + timedelta(minutes=5):%Y-%m-%dT%H:%M}"
    refused = form.press("record", event_time=later, **{"goods-0-quantity": "10"})
    assert refused.status_code == 422
    assert not all_rows(engine, Event, act="sell")

    form = form.open(refused)
    assert form.fields["goods-0-quantity"] == "10"
    url = form.record(happened="1")

    (event,) = all_rows(engine, Event, act="sell")
    assert event.flags == ["moved-while-held"]
    assert "moved-" not in desk.get(url).text


@pytest.mark.parametrize(
    ("typed", "wrong"),
    [
        ({"goods-0-quantity": "x"}, "goods-0-quantity"),
        ({"goods-0-quantity": "1", "goods-0-unit": "case"}, "goods-0-unit"),
        ({"goods-0-what": "batch:00000000-0000-0000-0000-000000000000"}, "goods-0-what"),
        ({"event_time": "gestern"}, "event_time"),
        ({"event_time": "2199-01-01T00:00"}, "event_time"),
        ({"facility_id": "00000000-0000-0000-0000-000000000000"}, "facility_id"),
        ({"kd-note": "x" * 201}, "kd-note"),
        ({"papers-0-no": "x" * 201}, "papers-0-no"),
    ],
)
def test_mistakes_are_told_at_their_field_and_nothing_typed_is_lost(
    desk: TestClient, maker: Firm, engine: Engine, typed: dict[str, str], wrong: str
) -> None:
    form = sheet(desk, "sell", f"?batch={maker.batch('paste')}")
    kept = {"event_time": TIME, "goods-0-quantity": "10", "kd-invoice_no": "F-88"} | typed
    answer = form.press("record", **kept)

    assert answer.status_code == 422
    assert f'href="#field-{wrong}"' in answer.text
    assert f'id="field-{wrong}"' in answer.text
    back = form.open(answer).fields
    assert {name: back[name] for name in kept if name not in ("facility_id", "event_time")} == {
        name: value for name, value in kept.items() if name not in ("facility_id", "event_time")
    }
    assert not all_rows(engine, Event, act="sell")


def test_a_pallet_is_packed_shown_shipped_and_unpacked(desk: TestClient, maker: Firm, engine: Engine) -> None:
    form = sheet(desk, "pack", f"?batch={maker.batch('paste')}")
    form.record(event_time=TIME, carrier="P-7", **{"goods-0-quantity": "60"})
    assert maker.has(maker.batch("paste")) == {"stock": Decimal(40), "unit": Decimal(60)}

    inside = sheet(desk, "unpack").step("look", carrier="P-7")
    assert f'value="batch:{maker.batch("paste")}"' in inside.page
    taken = inside.step("pick", f"batch:{maker.batch('paste')}").record(
        event_time="2026-09-20T11:00", **{"goods-0-quantity": "10"}
    )
    assert postings(engine, taken) == {
        ("take", "unit", Decimal(10), "kg"),
        ("put", "facility", Decimal(10), "kg"),
    }

    seen = sheet(desk, "inspect").step("add", code="P-7").record(event_time="2026-09-20T12:00")
    (sighting,) = all_rows(engine, Sighting, event_id=UUID(seen.rpartition("/")[2]))
    assert sighting.unit_id is not None
    assert "P-7" in desk.get(seen).text


def test_what_is_counted_set_apart_and_put_back(desk: TestClient, maker: Firm, engine: Engine) -> None:
    batch = f"?batch={maker.batch('paste')}"
    counted = sheet(desk, "count", batch).record(
        event_time=TIME, **{"goods-0-result": "found", "goods-0-quantity": "2"}
    )
    assert postings(engine, counted) == {("put", "facility", Decimal(2), "kg")}
    sheet(desk, "set_apart", batch).record(event_time=TIME, **{"goods-0-quantity": "12"})
    assert maker.has(maker.batch("paste")) == {"stock": Decimal(90), "aside": Decimal(12)}
    sheet(desk, "put_back", batch).record(event_time=TIME, **{"goods-0-quantity": "2"})
    destroyed = sheet(desk, "destroy", batch).record(
        event_time=TIME,
        **{"goods-0-quantity": "10", "goods-0-apart": "1", "kd-method": "焚烧", "kd-witness": "王强"},
    )
    assert postings(engine, destroyed) == {("take", "aside", Decimal(10), "kg")}
    assert maker.has(maker.batch("paste")) == {"stock": Decimal(92)}


def test_a_recorder_frees_nothing(client_as: ClientOf, maker: Firm) -> None:
    recorder = client_as("recorder")

    assert "/app/events/new/put_back" not in recorder.get("/app/events/new").text
    answer = sheet(recorder, "put_back", f"?batch={maker.batch('paste')}").press(
        "record", event_time=TIME, **{"goods-0-quantity": "1"}
    )
    assert answer.status_code == 422


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
