"""Acts on goods through the pages: what a form says is what stands on record, and no typing is lost."""

from datetime import timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine

from acts import Firm, firm, goods, output
from conftest import ClientOf
from keeping import all_rows
from paperwork import TIME, Sheet, postings, sheet
from tracelot.operations import books
from tracelot.records.batches import Batch
from tracelot.records.books import BookChange
from tracelot.records.contacts import Contact
from tracelot.records.events import Event, Posting, Sighting
from tracelot.records.shipments import Shipment
from tracelot.rules.acts import EVENT_ACTS
from world import VisitAs, World


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


def test_printed_text_short_code_and_product_code_add_a_line(
    desk: TestClient, maker: Firm, engine: Engine
) -> None:
    paste = maker.batch("paste")
    maker.does("produce", outputs=[output(maker.products["paste"], "X2", 4, printed_text="20260920 甲班")])
    (row,) = all_rows(engine, Batch, id=paste)

    by_text = sheet(desk, "sell").step("add", code="20260920 甲班")
    assert by_text.fields["goods-0-what"] == f"batch:{maker.batch('paste', 'X2')}"
    by_short = sheet(desk, "sell").step("add", code=f"http://127.0.0.1:8000/b/{row.short_code}")
    assert by_short.fields["goods-0-what"] == f"batch:{paste}"
    by_product = sheet(desk, "sell").step("add", code="P-0")  # of which there are two batches here
    assert by_product.fields["goods"] == "0"
    for what in (
        f"batch:{paste}",
        f"batch:{maker.batch('paste', 'X2')}",
        f"product:{maker.products['paste']}",
    ):
        assert f'value="{what}"' in by_product.page


def test_goods_of_which_no_batch_is_known_are_recorded_as_a_product(
    desk: TestClient, maker: Firm, engine: Engine
) -> None:
    sell = (
        sheet(desk, "sell")
        .step("add", code="P-0")
        .step("pick", f"product:{maker.products['paste']}", code="")
    )
    url = sell.record(event_time=TIME, **{"goods-0-quantity": ""})

    (row,) = all_rows(engine, Posting, record_id=UUID(url.rpartition("/")[2]))
    assert (row.pooled, row.quantity, row.product_id) == (True, None, maker.products["paste"])


def test_goods_that_others_sent_are_named_by_their_code(
    client_as: ClientOf, visit_as: VisitAs, maker: Firm, world: World
) -> None:
    getter = firm(visit_as, world, "guhuai")
    sent = maker.does("ship", to={"party_id": str(getter.party_id)}, lines=[goods(maker.batch("paste"), 9)])
    desk = client_as("guhuai")
    assert (
        sheet(desk, "sell").step("add", code="X1").fields["goods-0-what"] == f"batch:{maker.batch('paste')}"
    )
    getter.confirms(sent.id)
    form = sheet(desk, "sell").step("add", code="X1").step("all", "goods-0", code="")

    form.record(event_time=TIME)

    assert getter.has(maker.batch("paste")) == {}


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


def test_a_time_left_as_proposed_is_that_of_recording(desk: TestClient, maker: Firm, engine: Engine) -> None:
    """A form that lay open since before a hold does not slip past it, and sent twice it is one act."""
    form = sheet(desk, "sell", f"?batch={maker.batch('paste')}")
    form.fields |= {"event_time": "2026-09-20T10:00", "time_shown": "2026-09-20T10:00"}
    url = form.record(**{"goods-0-quantity": "10"})
    (event,) = all_rows(engine, Event, act="sell")
    assert timedelta(0) <= event.recorded_at - event.event_time < timedelta(minutes=1)
    assert form.record(**{"goods-0-quantity": "10"}) == url

    desk.post(f"/app/batches/{maker.batch('paste')}/hold", data={"reason": "复检"})
    late = sheet(desk, "sell", f"?batch={maker.batch('paste')}")
    late.fields |= {"event_time": "2026-09-20T10:00", "time_shown": "2026-09-20T10:00"}
    assert late.press("record", **{"goods-0-quantity": "10"}).status_code == 422


def test_stopped_goods_are_refused_until_it_is_said_that_it_happened(
    desk: TestClient, maker: Firm, engine: Engine
) -> None:
    held = desk.post(f"/app/batches/{maker.batch('paste')}/hold", data={"reason": "复检"})
    assert held.status_code == 303
    form = sheet(desk, "sell", f"?batch={maker.batch('paste')}")
    assert 'name="happened"' not in form.page
    refused = form.press("record", **{"goods-0-quantity": "10"})
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


def test_a_full_form_is_recorded_as_a_whole(desk: TestClient, maker: Firm, engine: Engine) -> None:
    """As many lines as a form takes are no more fields than a form may have; one more is told at the box."""
    paste = maker.products["paste"]
    maker.does("produce", outputs=[output(paste, f"M{number}", 1) for number in range(21)])
    form = sheet(desk, "transform")
    for number in range(20):
        form = form.step("add", code=f"M{number}")
    assert "field-code-error" in form.step("add", code="M20").page
    for _ in range(7):
        form = form.step("more", "made", code="")
    for _ in range(5):
        form = form.step("more", "papers", code="")
    typed = {f"goods-{number}-quantity": "1" for number in range(20)}
    made = {"product": str(paste), "quantity": "2", "release": "1"}
    typed |= {f"made-{number}-{part}": value for number in range(8) for part, value in made.items()}
    typed |= {f"made-{number}-code": f"N{number}" for number in range(8)}
    typed |= {f"papers-{number}-no": "F" for number in range(6)}

    url = form.record(code="", **typed)

    rows = all_rows(engine, Posting, record_id=UUID(url.rpartition("/")[2]))
    assert [row.side for row in rows].count("take") == 20
    assert [row.side for row in rows].count("put") == 8


def test_the_form_asks_by_name_for_what_the_law_wants(
    desk: TestClient, maker: Firm, visit_as: VisitAs
) -> None:
    """Agricultural products law art. 27 wants the field, 21 CFR 1.1325(a) whoever receives the harvest next."""
    chinese = sheet(desk, "harvest")
    assert "kd-field_name" in chinese.fields
    assert "农产品质量安全法 §27" in chinese.page
    assert "kd-recipient" not in chinese.fields
    assert "kd-product_name" not in chinese.fields
    with visit_as("zhenyang") as visit:
        books.set_books(visit, BookChange(jurisdictions=["CN", "US"]))

    both = sheet(desk, "harvest")

    assert "kd-recipient" in both.fields
    assert "21 CFR 1.1325(a)" in both.page
    assert "kd-harvest_date" in sheet(desk, "landing").fields  # landed on another day
    assert "kd-vehicle" in sheet(desk, "ship").fields
    assert "kd-recipient" not in sheet(desk, "ship").fields  # the partner is the recipient
