"""Acts of one firm: what they take and put, what they refuse, what they flag, and how they are corrected."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import Engine

from acts import WHEN, Firm, amount, firm, goods, new_act, output
from builders import new_batch
from keeping import all_rows
from reached import recalled
from tracelot.operations import acts, batches, books, measuring, voiding
from tracelot.operations.stocks import StockFilter, on_hand
from tracelot.records.acts import VoidEvent
from tracelot.records.batches import Batch, BatchChange, StatusChange
from tracelot.records.books import BookChange
from tracelot.records.events import Event, EventVoid, Line, Posting, Sighting
from tracelot.records.journal import JournalEntry
from tracelot.records.products import ProductUnits
from tracelot.records.units import LogisticUnit
from tracelot.rules.ids import new_id
from tracelot.rules.places import batch_id
from tracelot.rules.refusals import Conflict, Forbidden, Unfit, Unknown
from world import VisitAs, World


@pytest.fixture
def maker(visit_as: VisitAs, world: World) -> Firm:
    """Zhenyang with 100 kg of paste, released, in a batch of its own."""
    made = firm(visit_as, world, "zhenyang")
    made.makes("paste", spec="500 g")
    made.does("produce", outputs=[output(made.products["paste"], "X1", 100)])
    return made


def status(engine: Engine, id_: Any) -> str:
    return str(all_rows(engine, Batch, id=id_)[0].status)


def test_a_transformation_is_one_line_of_all_that_went_in_and_came_out(maker: Firm, engine: Engine) -> None:
    cups = maker.makes("cups")
    event = maker.does(
        "transform", kind="repack", inputs=[goods(maker.batch("paste"), 40)],
        outputs=[output(cups, "C1", 70, "piece"), output(cups, "C2", 5, "piece")], loss="1.5", loss_unit="kg",
    )  # fmt: skip
    rows = all_rows(engine, Posting, record_id=event.id)

    assert {(row.line, row.side, row.unit, row.quantity) for row in rows} == {
        (1, "take", "kg", Decimal(40)), (1, "put", "piece", Decimal(70)), (1, "put", "piece", Decimal(5)),
    }  # fmt: skip
    assert [(line.number, line.loss) for line in all_rows(engine, Line, event_id=event.id)] == [
        (1, Decimal("1.5"))
    ]
    assert maker.has(maker.batch("paste")) == {"stock": Decimal(60)}


def test_a_move_has_a_line_for_each_batch(maker: Firm, engine: Engine) -> None:
    maker.does("produce", outputs=[output(maker.products["paste"], "X2", 5)])
    event = maker.does("sell", lines=[goods(maker.batch("paste"), 1), goods(maker.batch("paste", "X2"), 2)])

    assert sorted(row.line for row in all_rows(engine, Posting, record_id=event.id)) == [1, 2]


def test_inputs_told_after_outputs_join_the_same_line(maker: Firm, engine: Engine) -> None:
    first = maker.does("transform", outputs=[output(maker.products["paste"], "X9", 30)])
    later = maker.does("transform", inputs=[goods(maker.batch("paste"), 30)], joins=str(first.id))
    rows = all_rows(engine, Posting, event_id=first.id)

    assert {(row.record_id, row.line, row.side) for row in rows} == {
        (first.id, 1, "put"),
        (later.id, 1, "take"),
    }
    with pytest.raises(Unfit):
        maker.does("transform", inputs=[goods(maker.batch("paste"), 1)], joins=str(new_id()))


def test_what_is_sent_again_under_its_id_has_one_effect(maker: Firm, engine: Engine) -> None:
    id_ = str(new_id())
    first = maker.does("sell", id=id_, lines=[goods(maker.batch("paste"), 10)])
    again = maker.does("sell", id=id_, lines=[goods(maker.batch("paste"), 10)])

    assert first.id == again.id
    assert maker.has(maker.batch("paste")) == {"stock": Decimal(90)}
    with pytest.raises(Conflict) as refused:
        maker.does("sell", id=id_, lines=[goods(maker.batch("paste"), 11)])
    assert refused.value.kind == "id-taken"
    assert len(all_rows(engine, Event, act="sell")) == 1


@pytest.mark.parametrize("act", ["sell", "transform", "ship"])
def test_goods_on_hold_stay_where_they_are(
    maker: Firm, visit_as: VisitAs, engine: Engine, world: World, act: str
) -> None:
    batch = maker.batch("paste")
    with visit_as("quality") as visit:
        batches.hold_batch(visit, batch, StatusChange(reason="复检"))
    given: dict[str, Any] = {"lines": [goods(batch, 1)]}
    if act == "transform":
        given = {"inputs": [goods(batch, 1)], "outputs": [output(maker.products["paste"], "N1", 1)]}
    if act == "ship":
        given |= {"to": {"party_id": str(world.parties["guhuai"])}}

    with pytest.raises(Conflict) as refused:
        maker.does(act, event_time=datetime.now(UTC).isoformat(), **given)
    assert refused.value.kind == "goods-stopped"
    admitted = maker.does(act, event_time=datetime.now(UTC).isoformat(), happened=True, **given)
    assert admitted.flags == ["moved-while-held"]
    before = maker.does(
        act, **given | ({"outputs": [output(maker.products["paste"], "N2", 1)]} if act == "transform" else {})
    )
    assert before.flags == ["moved-before-held"]
    for free in ("set_apart", "sample", "destroy"):
        assert maker.does(free, event_time=datetime.now(UTC).isoformat(), lines=[goods(batch, 1)]).flags == []
    with pytest.raises(Conflict):
        maker.does("put_back", event_time=datetime.now(UTC).isoformat(), lines=[goods(batch, 1)])
    assert status(engine, batch) == "held"


def test_what_was_never_released_does_not_leave(maker: Firm, world: World) -> None:
    maker.does("produce", outputs=[output(maker.products["paste"], "RAW", 5, release=False)])
    line = goods(maker.batch("paste", "RAW"), 1)

    with pytest.raises(Conflict) as refused:
        maker.does("ship", to={"party_id": str(world.parties["guhuai"])}, lines=[line])
    assert refused.value.kind == "not-released"
    assert maker.does("sell", happened=True, lines=[line]).flags == ["left-unreleased"]
    assert maker.does("sample", lines=[line]).flags == []


def test_taking_more_than_there_is_is_a_gap_or_refused_as_the_firm_wants(
    maker: Firm, visit_as: VisitAs
) -> None:
    batch = maker.batch("paste")
    assert maker.does("sell", lines=[goods(batch, "100.000001")]).flags == ["overdrawn"]
    assert maker.has(batch) == {"stock": Decimal("-0.000001")}
    with visit_as("zhenyang") as visit:
        books.set_books(visit, BookChange(refuse_overdrawn=True))
    with pytest.raises(Conflict) as refused:
        maker.does("sell", lines=[goods(batch, 1)])
    assert refused.value.kind == "overdrawn"


def test_nothing_is_overdrawn_where_a_put_is_unknown(maker: Firm) -> None:
    batch = maker.batch("paste")
    maker.does("count", lines=[goods(batch, None, result="found")])

    assert maker.does("sell", lines=[goods(batch, 900)]).flags == []


def test_a_batch_is_used_up_and_comes_back(maker: Firm, visit_as: VisitAs, engine: Engine) -> None:
    batch = maker.batch("paste")
    event = maker.does("sell", lines=[goods(batch, 100)])
    assert status(engine, batch) == "exhausted"
    assert maker.has(batch) == {}
    with visit_as("recorder") as visit:
        voiding.void_event(visit, event.id, VoidEvent(reason="误录", kind="did_not_occur"))
    assert status(engine, batch) == "released"
    assert maker.has(batch) == {"stock": Decimal(100)}
    acts_of = [row.act for row in all_rows(engine, JournalEntry, subject_id=batch)]
    assert acts_of[-2:] == ["batch.exhausted", "batch.refilled"]


def test_a_record_is_voided_once_with_a_reason_and_may_be_replaced(
    maker: Firm, visit_as: VisitAs, engine: Engine
) -> None:
    batch, instead = maker.batch("paste"), new_id()
    event = maker.does("sell", lines=[goods(batch, 30)])
    right = {"act": "sell", "event_time": WHEN.isoformat(), "id": str(instead), "lines": [goods(batch, 3)]}
    asked = VoidEvent.model_validate({"reason": "数量有误", "replacement": right})
    for _ in range(2):
        with visit_as("zhenyang") as visit:
            voiding.void_event(visit, event.id, asked)
    (void,) = all_rows(engine, EventVoid)

    assert (void.event_id, void.kind, void.replaced_by) == (event.id, "incorrect_data", instead)
    assert maker.has(batch) == {"stock": Decimal(97)}
    with visit_as("zhenyang") as visit, pytest.raises(Conflict) as refused:
        voiding.void_event(visit, event.id, VoidEvent(reason="别的理由"))
    assert refused.value.kind == "already-void"
    with visit_as("guhuai") as visit, pytest.raises(Unknown):
        voiding.void_event(visit, instead, VoidEvent(reason="不是我的"))


def test_units_convert_by_the_product_and_the_factor_is_frozen(
    maker: Firm, visit_as: VisitAs, engine: Engine
) -> None:
    oil = maker.makes("oil")

    def units(holds: str) -> None:
        with visit_as("recorder") as visit:
            told = {"base_unit": "bottle", "units": [{"unit": "case", "factor": holds}]}
            measuring.set_units(visit, oil, ProductUnits.model_validate(told))

    units("12")
    maker.does("produce", outputs=[output(oil, "O1", 10, "case")])
    units("6")
    event = maker.does("sell", lines=[goods(maker.batch("oil", "O1"), 1, "case")])
    with pytest.raises(Unfit) as refused:
        maker.does("sell", lines=[goods(maker.batch("oil", "O1"), 1, "kg")])

    assert refused.value.kind == "unit-mismatch"
    assert refused.value.faults[0].pointer == "#/lines/0/unit"
    (row,) = all_rows(engine, Posting, record_id=event.id)
    assert (row.unit, row.factor, row.base_quantity, row.base_unit) == ("case", "6", Decimal(6), "bottle")
    assert maker.has(maker.batch("oil", "O1")) == {"stock": Decimal(114)}
    with visit_as("recorder") as visit, pytest.raises(Conflict):
        measuring.set_units(visit, oil, ProductUnits.model_validate({"base_unit": "case"}))


def test_three_boxes_of_a_product_draw_on_its_pool(maker: Firm, visit_as: VisitAs, engine: Engine) -> None:
    product = maker.products["paste"]
    event = maker.does("sell", lines=[{"product_id": str(product), **amount(3)}])
    (row,) = all_rows(engine, Posting, record_id=event.id)

    assert (row.batch_id, row.pooled, row.product_id) == (batch_id(product, ""), True, product)
    with visit_as("zhenyang") as visit:
        found, _ = on_hand(visit, StockFilter(product_id=product), 50, None)
    assert {(one.batch_id is None, one.quantity) for one in found} == {
        (True, Decimal(-3)),
        (False, Decimal(100)),
    }


def test_goods_without_a_batch_are_no_way_around_a_recall(maker: Firm, visit_as: VisitAs) -> None:
    product = maker.makes("cake")
    maker.does("produce", outputs=[output(product, "R1", 40)])
    recalled(visit_as, product, "R1")

    def sold(quantity: Any, **given: Any) -> list[str]:
        now = datetime.now(UTC).isoformat()
        line = {"product_id": str(product), **amount(quantity)}
        return maker.does("sell", lines=[line], event_time=now, **given).flags

    with pytest.raises(Conflict, match="on hold, recalled"):
        sold(1)
    assert "moved-while-recalled" in sold(1, happened=True)
    maker.does("produce", outputs=[output(product, "F1", 11)])
    assert sold(10) == []  # of the eleven that are free one was sold already
    for more in (1, None):
        with pytest.raises(Conflict, match="on hold, recalled"):
            sold(more)


def test_nor_are_they_on_a_pallet(maker: Firm, visit_as: VisitAs, world: World, engine: Engine) -> None:
    product = maker.makes("cake")
    maker.does("produce", outputs=[output(product, "R1", 40)])
    recalled(visit_as, product, "R1")
    maker.does("pack", carrier={"code": "P-1"}, lines=[{"product_id": str(product), **amount(5)}])
    (pallet,) = all_rows(engine, LogisticUnit)
    sent = {"to": {"party_id": str(world.parties["guhuai"])}, "lines": [{"unit_id": str(pallet.id)}]}
    sent["event_time"] = datetime.now(UTC).isoformat()

    with pytest.raises(Conflict, match="on hold, recalled"):
        maker.does("ship", **sent)
    maker.does("produce", outputs=[output(product, "F1", 5)])
    assert maker.does("ship", **sent).flags == []


def test_a_pallet_is_a_place_and_what_is_in_it_is_on_hand(maker: Firm, engine: Engine) -> None:
    batch = maker.batch("paste")
    maker.does("pack", carrier={"code": "P-1"}, lines=[goods(batch, 60)])
    (pallet,) = all_rows(engine, LogisticUnit)
    assert maker.has(batch) == {"stock": Decimal(40), "unit": Decimal(60)}
    maker.does("pack", carrier={"unit_id": str(pallet.id)}, lines=[goods(batch, 10)])
    maker.does("unpack", unit_id=str(pallet.id), lines=[goods(batch, 5)])
    assert maker.has(batch) == {"stock": Decimal(35), "unit": Decimal(65)}
    maker.does("unpack", unit_id=str(pallet.id))
    assert maker.has(batch) == {"stock": Decimal(100)}
    maker.does("pack", carrier={"code": "P-1"}, lines=[goods(batch, 1)])
    assert len(all_rows(engine, LogisticUnit, code="P-1")) == 2
    with pytest.raises(Unfit):
        maker.does("pack", carrier={"unit_id": str(pallet.id)}, lines=[{"unit_id": str(pallet.id)}])


def test_set_apart_goods_do_not_mix_back_until_quality_frees_them(maker: Firm, visit_as: VisitAs) -> None:
    batch = maker.batch("paste")
    maker.does("set_apart", lines=[goods(batch, 25)])
    assert maker.has(batch) == {"stock": Decimal(75), "aside": Decimal(25)}
    with visit_as("recorder") as visit, pytest.raises(Forbidden):
        acts.record_event(visit, new_act("put_back", lines=[goods(batch, 5)]))
    maker.does("put_back", lines=[goods(batch, 5)])
    maker.does("destroy", lines=[goods(batch, 20, set_apart=True)])
    assert maker.has(batch) == {"stock": Decimal(80)}


def test_evidence_moves_nothing(maker: Firm, engine: Engine) -> None:
    batch = maker.batch("paste")
    for act in ("cooling", "inspect", "sight"):
        maker.does(act, lines=[{"batch_id": str(batch)}], key_data={"temperature": "3.5 °C"})
    told = {
        "manifest_no": "LD-1",
        "permit_no": "ZY-9",
        "container": "豫Q1",
        "seals": "S1",
        "previous_cargo": "同",
    }
    trip = maker.does("manifest", kind="loading", lines=[{"batch_id": str(batch)}], key_data=told)

    assert len(all_rows(engine, Sighting, batch_id=batch)) == 4
    assert trip.missing == []
    assert maker.has(batch) == {"stock": Decimal(100)}


def test_what_the_law_misses_is_named_or_refused(maker: Firm, visit_as: VisitAs) -> None:
    event = maker.does("destroy", lines=[goods(maker.batch("paste"), 1)], key_data={"method": "焚烧"})
    assert event.missing == ["witness"]
    with visit_as("zhenyang") as visit:
        books.set_books(visit, BookChange(refuse_incomplete=True))
    with pytest.raises(Unfit) as refused:
        maker.does("destroy", lines=[goods(maker.batch("paste"), 1)])
    assert refused.value.facts == {"missing": "method witness"}


def test_the_journal_keeps_the_quantities_and_the_place_in_the_order(maker: Firm, engine: Engine) -> None:
    event = maker.does("sell", lines=[goods(maker.batch("paste"), "2.5")])
    (entry,) = all_rows(engine, JournalEntry, subject_id=event.id)
    (row,) = all_rows(engine, Event, id=event.id)

    assert '"quantity":"2.5"' in entry.record
    assert (row.bucket, row.seq) == (entry.bucket, entry.seq)
    assert row.retain_until >= (datetime.now(UTC) + timedelta(days=730)).date()


def test_the_quantity_of_a_batch_that_an_event_made_is_corrected_there(
    maker: Firm, visit_as: VisitAs
) -> None:
    maker.does("harvest", outputs=[output(maker.products["paste"], "H1", 7)])
    told = {"reason": "称重", "quantity": "90", "unit": "kg", "facility_id": str(maker.facility_id)}
    change = BatchChange.model_validate(told)

    with visit_as("zhenyang") as visit, pytest.raises(Conflict) as refused:
        batches.correct_batch(visit, maker.batch("paste", "H1"), change)
    assert refused.value.kind == "made-by-event"


def test_a_registered_batch_and_an_act_count_alike(maker: Firm, visit_as: VisitAs) -> None:
    with visit_as("zhenyang") as visit:
        new = new_batch(maker.products["paste"], code="R1", quantity="2", unit="t", release=True)
        id_ = batches.register_batch(visit, new).id
    maker.does("sell", lines=[goods(id_, 1500)])

    assert maker.has(id_) == {"stock": Decimal(500)}
