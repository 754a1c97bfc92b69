"""Answers to shipments: of a version that was read, of a line of which nothing came, and of several at once."""

from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from pydantic import ValidationError
from sqlalchemy import Engine

from acts import WHEN, Firm, firm, goods, output
from keeping import all_rows
from tracelot.operations import inbox, receiving
from tracelot.records.acts import Answer, Confirmation, ReceivedLine
from tracelot.records.events import Event, Posting
from tracelot.records.journal import JournalEntry
from tracelot.records.shipments import Shipment, ShipmentLine
from tracelot.rules.ids import new_id
from tracelot.rules.refusals import Stale, Unknown
from world import VisitAs, World


@pytest.fixture
def maker(visit_as: VisitAs, world: World) -> Firm:
    made = firm(visit_as, world, "zhenyang")
    for name in ("oil", "paste"):
        made.makes(name)
        made.does("produce", outputs=[output(made.products[name], "X1", 100, "case")])
    return made


@pytest.fixture
def buyer(visit_as: VisitAs, world: World) -> Firm:
    return firm(visit_as, world, "guhuai")


def send(maker: Firm, buyer: Firm, **quantities: Any) -> UUID:
    lines = [goods(maker.batch(name), many, "case") for name, many in quantities.items()]
    return maker.does("ship", to={"party_id": str(buyer.party_id)}, lines=lines).id


def on_lane(engine: Engine, batch_id: UUID) -> Decimal:
    rows = [row for row in all_rows(engine, Posting, batch_id=batch_id) if row.place.startswith("lane:")]
    return sum((row.base_quantity * (1 if row.side == "put" else -1) for row in rows), Decimal(0))


def confirmation(buyer: Firm, **given: Any) -> Confirmation:
    told = {"event_time": WHEN.isoformat(), "facility_id": str(buyer.facility_id)} | given
    return Confirmation.model_validate(told)


def test_a_line_of_which_nothing_came_stays_on_the_way_until_it_is_settled(
    maker: Firm, buyer: Firm, visit_as: VisitAs, engine: Engine
) -> None:
    id_ = send(maker, buyer, oil=60, paste=20)
    assert buyer.confirms(id_, lines=[{"number": 2, "nothing": True}]).status == "discrepancy"
    oil, paste = maker.batch("oil"), maker.batch("paste")
    assert (buyer.has(oil), buyer.has(paste)) == ({"stock": 60}, {})
    assert (on_lane(engine, oil), on_lane(engine, paste)) == (0, 20)

    told = {"event_time": WHEN.isoformat(), "facility_id": str(maker.facility_id), "reason": "漏装"}
    with visit_as("zhenyang") as visit:
        assert receiving.settle_shipment(visit, id_, Answer.model_validate(told)).status == "settled"
    assert on_lane(engine, paste) == 0
    (line,) = all_rows(engine, ShipmentLine, shipment_id=id_, number=2)
    assert (line.received, line.received_unit) == (0, "case")


def test_nothing_is_no_amount() -> None:
    for more in ({"quantity": "1", "unit": "case"}, {"into": {"batch_id": str(new_id())}}):
        with pytest.raises(ValidationError):
            ReceivedLine.model_validate({"number": 1, "nothing": True} | more)


def test_an_answer_is_given_to_the_version_that_was_read_and_once(
    maker: Firm, buyer: Firm, visit_as: VisitAs, engine: Engine
) -> None:
    id_ = send(maker, buyer, oil=60)
    answer = confirmation(buyer, id=str(new_id()))
    with visit_as("guhuai") as visit, pytest.raises(Stale):
        receiving.confirm_shipment(visit, id_, answer, 7)
    for _turn in range(2):  # the second time the version is another one, and the answer was given
        with visit_as("guhuai") as visit:
            assert receiving.confirm_shipment(visit, id_, answer, 1).status == "received"
    assert len(all_rows(engine, Event, act="receive")) == 1


def test_of_several_each_stands_or_falls_alone(
    maker: Firm, buyer: Firm, visit_as: VisitAs, engine: Engine
) -> None:
    good, odd, more = (send(maker, buyer, oil=many) for many in (10, 20, 30))
    with visit_as("zhenyang") as visit:
        row = visit.session.get_one(ShipmentLine, (odd, 1))
        row.unit = "bottle"
        visit.session.add(row)
    before = len(all_rows(engine, JournalEntry))

    with visit_as("guhuai") as visit:
        foreign = new_id()
        answers = {id_: confirmation(buyer) for id_ in (good, odd, more, foreign)}
        outcomes = {one.shipment_id: one.refusal for one in inbox.confirm_each(visit, answers)}

    kinds = {id_: refusal and refusal.kind for id_, refusal in outcomes.items()}
    assert kinds == {good: None, odd: "unit-mismatch", more: None, foreign: "unknown-shipment"}
    states = {one.id: one.status for one in all_rows(engine, Shipment)}
    assert states == {good: "received", odd: "in_transit", more: "received"}
    assert [line.received for line in all_rows(engine, ShipmentLine, shipment_id=odd)] == [None]
    assert buyer.has(maker.batch("oil")) == {"stock": 40}
    subjects = [entry.subject_id for entry in all_rows(engine, JournalEntry)][before:]
    assert odd not in subjects
    assert (subjects.count(good), subjects.count(more)) == (2, 2)


def test_the_history_of_a_shipment_is_that_of_whoever_reads_it(
    maker: Firm, buyer: Firm, visit_as: VisitAs
) -> None:
    id_ = send(maker, buyer, oil=10)
    buyer.confirms(id_, lines=[{"number": 1, "quantity": "9", "unit": "case"}])
    told = {}
    for who in ("zhenyang", "guhuai"):
        with visit_as(who) as visit:
            found = inbox.history(visit, receiving.find_shipment(visit, id_))
            told[who] = [entry.act for entry in found]
    assert told == {
        "zhenyang": ["shipment.sent", "shipment.discrepancy"],
        "guhuai": ["shipment.announced", "shipment.discrepancy"],
    }
    with visit_as("impostor") as visit, pytest.raises(Unknown):
        receiving.find_shipment(visit, id_)
