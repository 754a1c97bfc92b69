"""Goods between firms: confirmed, corrected, rejected, settled; seen by both ends and by nobody else."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Engine
from sqlmodel import select

from acts import WHEN, Firm, firm, goods, new_act, new_firm, output
from builders import new_product, new_recall
from keeping import all_rows
from tracelot.operations import acts, batches, contacts, products, recalls, receiving, voiding
from tracelot.records.acts import Answer, Confirmation, ReceiptCorrection, VoidEvent
from tracelot.records.batches import Batch, StatusChange
from tracelot.records.contacts import Contact, NewContact
from tracelot.records.events import Event, Posting
from tracelot.records.journal import JournalEntry
from tracelot.records.shipments import Shipment, ShipmentFilter, ShipmentLine
from tracelot.records.units import LogisticUnit
from tracelot.rules.ids import new_id
from tracelot.rules.refusals import Conflict, Forbidden, Unfit, Unknown
from world import VisitAs, World


@pytest.fixture
def maker(visit_as: VisitAs, world: World) -> Firm:
    made = firm(visit_as, world, "zhenyang")
    made.makes("oil")
    made.does("produce", outputs=[output(made.products["oil"], "X1", 100, "case")])
    return made


@pytest.fixture
def buyer(visit_as: VisitAs, world: World) -> Firm:
    return firm(visit_as, world, "guhuai")


def send(maker: Firm, buyer: Firm, quantity: Any = 60, **given: Any) -> UUID:
    to = {"party_id": str(buyer.party_id)}
    lines = [goods(maker.batch("oil"), quantity, "case")]
    return maker.does("ship", **{"to": to, "lines": lines} | given).id


def says(quantity: Any, **more: Any) -> dict[str, Any]:
    return {"lines": [{"number": 1, "quantity": str(quantity), "unit": "case"} | more]}


def answer(buyer: Firm, **given: Any) -> dict[str, Any]:
    return {
        "event_time": WHEN.isoformat(),
        "facility_id": str(buyer.facility_id),
        "reason": "清点不符",
    } | given


def on_lane(engine: Engine) -> Decimal:
    """What is still on its way, by hand from the rows."""
    rows = [row for row in all_rows(engine, Posting) if row.place.startswith("lane:")]
    return sum((row.base_quantity * (1 if row.side == "put" else -1) for row in rows), Decimal(0))


def test_a_shipment_is_in_the_inbox_until_it_is_confirmed(
    maker: Firm, buyer: Firm, visit_as: VisitAs, engine: Engine
) -> None:
    id_ = send(maker, buyer)
    with visit_as("guhuai") as visit:
        (seen,) = receiving.shipments(visit, ShipmentFilter("in", "in_transit"), 10, None).items
        assert receiving.shipments(visit, ShipmentFilter("out"), 10, None).total == 0
    assert (seen.id, seen.from_zh, seen.lines[0].code, seen.lines[0].quantity) == (
        id_,
        "正阳花生油有限公司",
        "X1",
        60,
    )
    assert on_lane(engine) == 60

    assert buyer.confirms(id_).status == "received"
    assert (maker.has(maker.batch("oil")), buyer.has(maker.batch("oil"))) == ({"stock": 40}, {"stock": 60})
    assert on_lane(engine) == 0
    with pytest.raises(Conflict) as refused:
        buyer.confirms(id_)
    assert refused.value.kind == "already-answered"


def test_the_buyer_sells_on_what_it_got_and_the_maker_never_sees_to_whom(
    maker: Firm, buyer: Firm, visit_as: VisitAs, world: World, engine: Engine
) -> None:
    third = new_firm(visit_as, world, engine, "third", "retailer")
    buyer.confirms(send(maker, buyer))
    onward = buyer.does(
        "ship", to={"party_id": str(third.party_id)}, lines=[goods(maker.batch("oil"), 10, "case")]
    )
    third.confirms(onward.id)

    assert buyer.has(maker.batch("oil")) == {"stock": 50}
    with visit_as("zhenyang") as visit:
        assert [one.id for one in visit.session.exec(select(Shipment)).all()] != [onward.id]
        assert str(third.party_id) not in str(receiving.shipments(visit, ShipmentFilter("out"), 10, None))
        for model in (Shipment, ShipmentLine, Event, Posting):
            rows = visit.session.exec(select(model)).all()
            assert {row.party_id for row in rows} == {maker.party_id}
        with pytest.raises(Unknown):
            receiving.find_shipment(visit, onward.id)
    told = [entry.record for entry in all_rows(engine, JournalEntry, party_id=maker.party_id)]
    assert not [record for record in told if str(third.party_id) in record]


@pytest.mark.parametrize(
    ("who", "sees"),
    [("county", True), ("neighbour", True), ("city", True), ("township", False), ("site", False)],
)
def test_regulators_of_either_end_see_a_shipment(
    maker: Firm, buyer: Firm, visit_as: VisitAs, who: str, sees: bool
) -> None:
    id_ = send(maker, buyer)
    with visit_as(who) as visit:
        assert (visit.session.get(Shipment, id_) is not None) == sees
        assert (visit.session.get(ShipmentLine, (id_, 1)) is not None) == sees


def test_a_difference_is_shown_to_both_until_the_sender_agrees(
    maker: Firm, buyer: Firm, visit_as: VisitAs, engine: Engine
) -> None:
    id_ = send(maker, buyer)
    assert buyer.confirms(id_, **says(55)).status == "discrepancy"
    for who in ("zhenyang", "guhuai"):
        with visit_as(who) as visit:
            (line,) = receiving.view(visit, receiving.find_shipment(visit, id_)).lines
            assert (line.quantity, line.received) == (60, 55)
    assert on_lane(engine) == 5
    with visit_as("guhuai") as visit, pytest.raises(Unknown):
        receiving.settle_shipment(visit, id_, Answer.model_validate(answer(buyer)))
    with visit_as("zhenyang") as visit:
        settled = receiving.settle_shipment(visit, id_, Answer.model_validate(answer(maker)))
        assert settled.status == "settled"

    assert on_lane(engine) == 0
    assert (maker.has(maker.batch("oil")), buyer.has(maker.batch("oil"))) == ({"stock": 40}, {"stock": 55})


def test_the_buyer_agrees_by_saying_anew_what_came(
    maker: Firm, buyer: Firm, visit_as: VisitAs, engine: Engine
) -> None:
    id_ = send(maker, buyer)
    buyer.confirms(id_, **says(65))
    with visit_as("guhuai") as visit:
        new = ReceiptCorrection.model_validate(answer(buyer))
        assert receiving.correct_receipt(visit, id_, new).status == "received"

    assert buyer.has(maker.batch("oil")) == {"stock": 60}
    assert len(all_rows(engine, Event, act="receive")) == 2


def test_the_sender_agrees_by_sending_anew(maker: Firm, buyer: Firm, visit_as: VisitAs) -> None:
    id_, instead = send(maker, buyer), new_id()
    buyer.confirms(id_, **says(55))
    right = {
        "to": {"party_id": str(buyer.party_id)},
        "lines": [goods(maker.batch("oil"), 55, "case")],
        "id": str(instead),
    }
    asked = {"reason": "少装五箱", "replacement": new_act("ship", **right).model_dump(mode="json")}
    with visit_as("zhenyang") as visit:
        voiding.void_event(visit, id_, VoidEvent.model_validate(asked))
        states = {one.id: one.status for one in visit.session.exec(select(Shipment)).all()}

    assert states == {id_: "withdrawn", instead: "received"}
    assert (maker.has(maker.batch("oil")), buyer.has(maker.batch("oil"))) == ({"stock": 45}, {"stock": 55})


def test_what_is_rejected_comes_back_set_apart(maker: Firm, buyer: Firm, visit_as: VisitAs) -> None:
    id_ = send(maker, buyer)
    with visit_as("guhuai") as visit:
        back = receiving.reject_shipment(visit, id_, Answer.model_validate(answer(buyer))).receipt_event_id
    assert back is not None
    assert maker.confirms(back).status == "received"
    with visit_as("zhenyang") as visit:
        assert receiving.find_shipment(visit, id_).status == "rejected"

    assert (maker.has(maker.batch("oil")), buyer.has(maker.batch("oil"))) == ({"stock": 40, "aside": 60}, {})


def test_returned_goods_shipped_onward_leave_the_set_apart_area(maker: Firm, buyer: Firm) -> None:
    buyer.confirms(send(maker, buyer))
    back = buyer.does(
        "return", to={"party_id": str(maker.party_id)}, lines=[goods(maker.batch("oil"), 10, "case")]
    )
    maker.confirms(back.id)
    onward = maker.does(
        "return",
        to={"party_id": str(buyer.party_id)},
        lines=[goods(maker.batch("oil"), 4, "case", set_apart=True)],
    )
    buyer.confirms(onward.id)

    assert maker.has(maker.batch("oil")) == {"stock": 40, "aside": 6}
    assert buyer.has(maker.batch("oil")) == {"stock": 50, "aside": 4}


def test_the_buyer_keeps_it_under_a_key_of_its_own(maker: Firm, buyer: Firm, engine: Engine) -> None:
    own = buyer.makes("own brand")
    id_ = send(maker, buyer)
    buyer.confirms(id_, **says(60, into={"product_id": str(own), "code": "GH-1"}))
    takes = {row.batch_id for row in all_rows(engine, Posting, party_id=buyer.party_id, side="take")}

    assert takes == {maker.batch("oil")}
    assert buyer.has(buyer.batch("own brand", "GH-1")) == {"stock": 60}
    assert buyer.has(maker.batch("oil")) == {}


def test_a_pallet_goes_as_a_whole_and_is_unpacked_by_whoever_got_it(
    maker: Firm, buyer: Firm, engine: Engine
) -> None:
    maker.does("pack", carrier={"code": "P-1"}, lines=[goods(maker.batch("oil"), 30, "case")])
    (inner,) = all_rows(engine, LogisticUnit)
    maker.does("pack", carrier={"code": "P-2"}, lines=[{"unit_id": str(inner.id)}])
    (outer,) = all_rows(engine, LogisticUnit, code="P-2")
    id_ = send(maker, buyer, lines=[{"unit_id": str(outer.id)}])
    (line,) = all_rows(engine, ShipmentLine, shipment_id=id_)

    assert (line.unit_id, line.batch_id, line.quantity) == (outer.id, maker.batch("oil"), 30)
    assert maker.has(maker.batch("oil")) == {"stock": 70}
    assert buyer.has(maker.batch("oil")) == {}
    buyer.confirms(id_)
    assert buyer.has(maker.batch("oil")) == {"unit": 30}
    assert buyer.does("unpack", unit_id=str(inner.id)).flags == []
    assert buyer.has(maker.batch("oil")) == {"stock": 30}
    assert maker.has(maker.batch("oil")) == {"stock": 70}


def test_stopped_goods_do_not_leave_inside_a_pallet(
    maker: Firm, buyer: Firm, visit_as: VisitAs, engine: Engine
) -> None:
    maker.does("pack", carrier={"code": "P-1"}, lines=[goods(maker.batch("oil"), 30, "case")])
    (pallet,) = all_rows(engine, LogisticUnit)
    with visit_as("quality") as visit:
        batches.hold_batch(visit, maker.batch("oil"), StatusChange(reason="复检"))
    with pytest.raises(Conflict) as refused:
        send(maker, buyer, lines=[{"unit_id": str(pallet.id)}], event_time=datetime.now(UTC).isoformat())
    assert refused.value.kind == "goods-stopped"


@pytest.fixture
def supplier(maker: Firm, visit_as: VisitAs) -> Contact:
    assert maker.name
    with visit_as("recorder") as visit:
        new = NewContact(name="兰青乡合作社", address="兰青乡", phone="13900000001", region_code="411724214")
        return Contact(**contacts.add_contact(visit, new).model_dump())


def delivery(supplier: Contact, code: str = "L-7", **more: Any) -> dict[str, Any]:
    line = {
        "product_name": "花生果",
        "code": code,
        "production_date": "2026-09-01",
        "quantity": "500",
        "unit": "kg",
    }
    return {"contact_id": str(supplier.id), "lines": [line | more]}


def test_what_an_outside_supplier_delivers_is_taken_from_its_lane_and_never_public(
    maker: Firm, supplier: Contact, visit_as: VisitAs, engine: Engine
) -> None:
    event = maker.does("receive", **delivery(supplier))
    take, put = sorted(all_rows(engine, Posting, record_id=event.id), key=lambda row: row.side, reverse=True)
    (batch,) = all_rows(engine, Batch, id=put.batch_id)

    assert take.place == f"lane:contact:{supplier.id}>facility:{maker.facility_id}"
    assert (take.batch_id, batch.status, batch.released_at) == (put.batch_id, "pending_inspection", None)
    assert event.missing == ["specification", "shelf_life"]
    again = maker.does("receive", **delivery(supplier))
    assert {row.batch_id for row in all_rows(engine, Posting, record_id=again.id)} == {batch.id}
    with visit_as("zhenyang") as visit, pytest.raises(Conflict) as refused:
        batches.release_batch(visit, batch.id)
    assert refused.value.kind == "suppliers-batch"
    with visit_as() as visit:
        assert visit.session.get(Batch, batch.id) is None
    used = maker.does(
        "transform", inputs=[goods(batch.id, 400)], outputs=[output(maker.products["oil"], "X2", 9, "case")]
    )
    assert used.flags == []


def test_the_same_lot_text_of_two_suppliers_is_two_batches(
    maker: Firm, supplier: Contact, visit_as: VisitAs, engine: Engine
) -> None:
    with visit_as("recorder") as visit:
        other = contacts.add_contact(visit, NewContact(name="另一合作社")).id
    maker.does("receive", **delivery(supplier))
    maker.does("receive", **delivery(supplier) | {"contact_id": str(other)})

    assert len(all_rows(engine, Batch, code="L-7")) == 2


def test_a_forged_batch_or_party_gives_nothing_away(
    maker: Firm, buyer: Firm, visit_as: VisitAs, world: World
) -> None:
    told = []
    for id_ in (maker.batch("oil"), new_id()):
        with visit_as("guhuai") as visit, pytest.raises(Unfit) as refused:
            acts.record_event(visit, new_act("sell", lines=[goods(id_, 1, "case")]))
        told.append((refused.value.kind, refused.value.reason, refused.value.faults))
    assert told[0] == told[1]
    for party in (world.parties["impostor"], new_id()):
        with pytest.raises(Unfit) as refused:
            maker.does("ship", to={"party_id": str(party)}, lines=[goods(maker.batch("oil"), 1, "case")])
        told.append((refused.value.kind, refused.value.reason, refused.value.faults))
    assert told[2] == told[3]
    id_ = send(maker, buyer)
    with visit_as("impostor") as visit, pytest.raises(Unknown):
        receiving.confirm_shipment(visit, id_, Confirmation.model_validate({"event_time": WHEN.isoformat()}))


def test_a_contact_is_claimed_once_by_whoever_got_the_secret(
    supplier: Contact, visit_as: VisitAs, engine: Engine
) -> None:
    with visit_as("recorder") as visit:
        secret = contacts.invite_contact(visit, supplier.id)
    with visit_as("guhuai") as visit:
        assert contacts.view(visit, contacts.claim_contact(visit, secret)).phone == "13900000001"
    with visit_as("impostor") as visit, pytest.raises(Unknown):
        contacts.claim_contact(visit, secret)
    with visit_as("county") as visit:
        assert contacts.view(visit, contacts.find_contact(visit, supplier.id)).phone == "139****01"
    with visit_as("neighbour") as visit, pytest.raises(Unknown):
        contacts.find_contact(visit, supplier.id)
    assert secret not in str([entry.record for entry in all_rows(engine, JournalEntry)])


def test_a_supplier_s_product_claims_no_gtin_and_is_nobody_else_s_to_see(
    maker: Firm, supplier: Contact, visit_as: VisitAs, world: World
) -> None:
    maker.does("receive", **delivery(supplier, product_gtin="09520001000034"))
    with visit_as("guhuai") as visit:
        assert products.register_product(visit, new_product(gtin="09520001000034")).gtin_claim
    with visit_as("zhenyang") as visit:
        assert "花生果" not in [one.name_zh for one in products.products(visit)]
    with visit_as("impostor") as visit:
        names = [one.name_zh for one in visit.with_published().exec(select(products.Product)).all()]
    assert "花生果" not in names
    assert world.gtin


def test_a_hold_of_the_maker_binds_the_maker_alone_and_a_recall_everybody(
    maker: Firm, buyer: Firm, visit_as: VisitAs
) -> None:
    buyer.confirms(send(maker, buyer))
    batch, now = maker.batch("oil"), datetime.now(UTC).isoformat()
    with visit_as("quality") as visit:
        batches.hold_batch(visit, batch, StatusChange(reason="复检"))
    assert buyer.does("sell", event_time=now, lines=[goods(batch, 1, "case")]).flags == []
    with visit_as("quality") as visit:
        opened = recalls.open_recall(visit, new_recall(maker.products["oil"], "X1"))
        recalls.publish_recall(visit, opened.id)
    with pytest.raises(Conflict) as refused:
        buyer.does("sell", event_time=datetime.now(UTC).isoformat(), lines=[goods(batch, 1, "case")])
    assert refused.value.facts == {"state": "recalled"}
    back = {"to": {"party_id": str(maker.party_id)}, "lines": [goods(batch, 59, "case")]}
    maker.confirms(buyer.does("return", event_time=datetime.now(UTC).isoformat(), **back).id)

    assert maker.has(batch) == {"stock": 40, "aside": 59}


def test_whoever_is_not_verified_reaches_nobody_s_inbox(visit_as: VisitAs, world: World, buyer: Firm) -> None:
    impostor = firm(visit_as, world, "impostor")
    impostor.makes("oil")
    impostor.does("produce", outputs=[output(impostor.products["oil"], "X1", 1)])
    with pytest.raises(Forbidden) as refused:
        impostor.does("ship", to={"party_id": str(buyer.party_id)}, lines=[goods(impostor.batch("oil"), 1)])
    assert refused.value.kind == "party-unverified"


def test_a_settled_difference_is_not_voided_behind_the_shipment(
    maker: Firm, buyer: Firm, visit_as: VisitAs, engine: Engine
) -> None:
    id_ = send(maker, buyer)
    buyer.confirms(id_, **says(55))
    with visit_as("zhenyang") as visit:
        receiving.settle_shipment(visit, id_, Answer.model_validate(answer(maker)))
    (event,) = all_rows(engine, Event, kind="settled")
    with visit_as("zhenyang") as visit, pytest.raises(Conflict) as refused:
        voiding.void_event(visit, event.id, VoidEvent(reason="误点"))
    assert refused.value.kind == "correct-the-shipment"
