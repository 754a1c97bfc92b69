"""What the goods and places of a document are here: one's own, a supplier's, or another party's, only observed."""

import re
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Engine
from sqlmodel import select

from acts import firm, goods
from builders import GTIN, new_batch, new_facility, new_product
from captured import captured, document, read_back
from epcis_events import FARM, SHOP, at, event
from epcis_events import goods as amounts
from tracelot.operations import batches, parties, products, tracing
from tracelot.operations.beginning import Named
from tracelot.operations.capturing import capture as act
from tracelot.operations.purging import purge_batches
from tracelot.operations.stocks import StockFilter, on_hand
from tracelot.operations.tracing import Asked
from tracelot.records.batches import Batch
from tracelot.records.captures import CapturedEvent, CapturedGoods
from tracelot.records.database import snapshot
from tracelot.records.events import Event, EventVoid, Posting
from tracelot.records.proving import prove
from tracelot.records.sights import EVERYTHING
from tracelot.records.tenancy import ScopedSession
from tracelot.records.traces import TraceView
from tracelot.rules.access import STORE_HOLDER, Actor
from tracelot.rules.identifiers import gs1_check_digit
from tracelot.rules.places import batch_id
from tracelot.rules.refusals import Forbidden, Unfit, Unknown
from world import VisitAs, World, actor_of

PLANT = "urn:epc:id:sgln:952000100.000.0"
GLN = "952000100000" + gs1_check_digit("952000100000")
LINK = f"https://id.gs1.org/01/{GTIN}/10/"
URN = "urn:epc:class:lgtin:95200010.00002."  # company prefix, indicator and item: the same GTIN
OUTSIDE = "https://example.test/01/09521234567891/10/S1"


@pytest.fixture
def plant(visit_as: VisitAs) -> UUID:
    with visit_as("zhenyang") as visit:
        return parties.register_facility(visit, new_facility(gln=GLN)).id


def rows(engine: Engine, model: Any, *where: Any) -> list[Any]:
    with engine.connect() as connection, ScopedSession(connection, EVERYTHING) as session:
        return list(session.exec(select(model).where(*where)).all())


def capture(visit_as: VisitAs, *events: Any, who: str = "zhenyang") -> list[str]:
    view = captured(visit_as, document([{"eventID": f"urn:x:{hash(str(one))}"} | one for one in events]), who)
    return [flag for one in view.events for flag in one.flags]


def made(name: str, **more: Any) -> dict[str, Any]:
    return event(action="ADD", bizLocation=at(PLANT), quantityList=amounts(name, quantity=12)) | more


def test_own_goods_are_own_batches_with_the_dates_that_are_told(
    visit_as: VisitAs, engine: Engine, plant: UUID, world: World
) -> None:
    told = {
        "cbvmda:lotNumber": "甲班",
        "cbvmda:productionDate": "2025-12-30T23:00:00Z",
        "itemExpirationDate": "2027-06-30",
    }
    capture(visit_as, made(LINK + "N1", ilmd=told), made(LINK + "N2"))
    found = {one.code: one for one in rows(engine, Batch)}

    assert found["N1"].product_id == world.product_id
    assert (found["N1"].production_date, found["N1"].expiry_date) == (date(2025, 12, 30), date(2027, 6, 30))
    assert (found["N1"].printed_text, found["N1"].status) == ("甲班", "pending_inspection")
    assert found["N2"].production_date == date(2026, 1, 1)
    with visit_as("zhenyang") as visit:
        stocks, _ = on_hand(visit, StockFilter(found["N1"].id), 50, None)
        assert [(one.facility_id, one.quantity, one.unit) for one in stocks] == [(plant, Decimal(12), "kg")]
    capture(visit_as, event(bizStep="inspecting", bizLocation=at(PLANT), quantityList=amounts(LINK + "N2"),
                            eventTime="2025-11-01T00:00:00Z"))  # fmt: skip
    assert {one.code: one for one in rows(engine, Batch)}["N2"].production_date == date(2025, 11, 1)


def test_however_it_is_written_it_is_one_batch(visit_as: VisitAs, engine: Engine, plant: UUID) -> None:
    capture(
        visit_as, made(LINK + "N%2F1"), made(URN + "N%2F1"), made(f"https://other.example/01/{GTIN}/10/N%2f1")
    )
    assert plant

    assert [one.code for one in rows(engine, Batch) if one.code.startswith("N")] == ["N/1"]


def test_goods_of_nobody_here_are_a_supplier_s_and_never_public(
    visit_as: VisitAs, engine: Engine, plant: UUID
) -> None:
    way = {"sourceList": [{"type": "location", "source": FARM}]}
    capture(visit_as, event(bizStep="receiving", bizLocation=at(PLANT), quantityList=amounts(OUTSIDE), **way))
    (batch,) = (one for one in rows(engine, Batch) if one.code == "S1")

    with visit_as("zhenyang") as visit, pytest.raises(Exception, match="supplier"):
        batches.release_batch(visit, batch.id)
    found, book = [], read_back(engine)[0]
    found = [one.place for one in book.postings if one.batch == str(batch.id) and one.side == "put"]
    assert found == [f"facility:{plant}"]


# --- another party's number ---------------------------------------------------------------------------------


def used_elsewhere(visit_as: VisitAs, lot: str) -> list[str]:
    """Guhuai says that it received a batch of Zhenyang's and made something of it."""
    return capture(
        visit_as,
        event(bizStep="receiving", bizLocation=at(SHOP), quantityList=amounts(LINK + lot, uom="BO")),
        {"type": "TransformationEvent", "eventTime": "2026-01-02T00:00:00Z", "bizLocation": at(SHOP),
         "inputQuantityList": amounts(LINK + lot, uom="BO"), "outputQuantityList": amounts(f"urn:x:cake:{lot}")},
        who="guhuai",
    )  # fmt: skip


def trace(visit_as: VisitAs, who: str | Actor, batch: UUID, kind: str = "trace") -> TraceView:
    with visit_as(who) as visit:
        return tracing.trace(visit, Asked(Named(batches=[batch]), kind=kind))  # type: ignore[arg-type]


def test_another_s_batch_is_observed_and_gives_no_sight_and_no_debit(
    visit_as: VisitAs, engine: Engine, world: World
) -> None:
    before = trace(visit_as, "zhenyang", world.batch_id)
    flags = used_elsewhere(visit_as, world.code)

    assert flags == ["observed-only", "observed-only"]
    assert {one.party_id for one in rows(engine, Batch, Batch.id == world.batch_id)} == {
        world.parties["zhenyang"]
    }
    with visit_as("guhuai") as visit, pytest.raises(Unknown):
        batches.find_batch(visit, world.batch_id)
    other = firm(visit_as, world, "guhuai")
    with pytest.raises(Unfit, match="You have no batch of this id"):
        other.does("sell", lines=[goods(world.batch_id, 1, "bottle")])
    mine = firm(visit_as, world, "zhenyang")
    assert mine.has(world.batch_id) == {"stock": Decimal(5000)}
    assert trace(visit_as, "zhenyang", world.batch_id) == before


def test_a_recall_reaches_what_others_made_of_what_they_observed(visit_as: VisitAs, world: World) -> None:
    used_elsewhere(visit_as, world.code)
    found = trace(visit_as, "city", world.batch_id, "recall")

    assert f"urn:x:cake:{world.code}" in {one.batch.product_zh for one in found.items}


def test_a_registered_batch_of_another_looks_like_one_that_is_not(visit_as: VisitAs, world: World) -> None:
    with visit_as("zhenyang") as visit:
        hidden = batches.register_batch(visit, new_batch(world.product_id, code="SECRET")).id
    told = []
    for code in ("SECRET", "NOTHING"):
        used_elsewhere(visit_as, code)
        view = trace(visit_as, "guhuai", batch_id(world.product_id, code)).model_dump_json()
        ids = dict.fromkeys(re.findall(r"[0-9a-f]{8}-[0-9a-f-]{27}", view))
        for number, id_ in enumerate(ids):
            view = view.replace(id_, f"id {number}")
        told.append(view.replace(code, "CODE"))
    assert hidden == batch_id(world.product_id, "SECRET")
    assert sorted(told[0]) == sorted(told[1])  # batches stand in the order of their ids


def test_an_unverified_claim_to_a_number_hides_its_owner_s_goods_from_nobody(
    visit_as: VisitAs, engine: Engine, world: World
) -> None:
    with visit_as("impostor") as visit:
        false = products.register_product(visit, new_product(gtin=GTIN)).id
    capture(visit_as, made(LINK + "F1"), who="impostor")
    (batch,) = (one for one in rows(engine, Batch) if one.code == "F1")

    assert (batch.product_id, batch.party_id) == (false, world.parties["impostor"])


# --- what is said later ---------------------------------------------------------------------------------------

CASE = "urn:epc:id:sscc:9521234.1000000001"


def test_what_was_in_a_pallet_may_be_told_after_it_was_emptied(
    visit_as: VisitAs, engine: Engine, plant: UUID
) -> None:
    unpack = {"type": "AggregationEvent", "action": "DELETE", "parentID": CASE, "bizLocation": at(PLANT),
              "eventTime": "2026-01-05T00:00:00Z", "eventID": "urn:x:unpack"}  # fmt: skip
    pack = {"type": "AggregationEvent", "action": "ADD", "parentID": CASE, "bizLocation": at(PLANT),
            "eventTime": "2026-01-04T00:00:00Z", "childQuantityList": amounts(LINK + "N1", quantity=8),
            "eventID": "urn:x:pack"}  # fmt: skip
    capture(visit_as, unpack)
    capture(visit_as, made(LINK + "N1", eventID="urn:x:made"))
    capture(visit_as, pack)
    (batch,) = (one.id for one in rows(engine, Batch) if one.code == "N1")

    with visit_as("zhenyang") as visit:
        stocks, _ = on_hand(visit, StockFilter(batch), 50, None)
    assert [(one.facility_id, one.unit_id, one.quantity) for one in stocks] == [(plant, None, Decimal(12))]
    (void,) = rows(engine, EventVoid)
    (first, second) = sorted(rows(engine, Event, Event.act == "unpack"), key=lambda one: one.recorded_at)
    assert (void.event_id, void.replaced_by) == (first.id, second.id)
    capture(
        visit_as,
        {**pack, "errorDeclaration": {"reason": "did_not_occur", "declarationTime": "2026-01-06T00:00:00Z"}},
    )
    left = [one for one in rows(engine, Posting) if one.batch_id == batch]
    wrong = {one.event_id for one in rows(engine, EventVoid)}
    assert [one.side for one in left if one.record_id not in wrong] == ["put"]


def test_a_store_that_captured_anything_is_proved_whole(
    visit_as: VisitAs, engine: Engine, plant: UUID
) -> None:
    assert plant
    used_elsewhere(visit_as, "NOTHING")
    capture(visit_as, made(LINK + "N1", eventID="urn:x:made"), made(OUTSIDE))
    wrong = {"reason": "did_not_occur", "declarationTime": "2026-02-01T00:00:00Z"}
    capture(visit_as, made(LINK + "N1", eventID="urn:x:made", errorDeclaration=wrong))

    with snapshot(engine) as connection:
        assert list(prove(connection))


def test_a_key_without_the_scope_captures_nothing(visit_as: VisitAs, engine: Engine, world: World) -> None:
    person = actor_of(engine, world.people["zhenyang"])
    for scopes in ({"read"}, {"read", "batches:write"}):
        program = Actor(**{**vars(person), "scopes": frozenset(scopes)})
        with pytest.raises(Forbidden), visit_as(program) as visit:
            act(visit, document([made(OUTSIDE)]))
    assert len(rows(engine, Event)) == 1


def test_what_was_captured_goes_with_its_batch_once_its_time_is_over(
    visit_as: VisitAs, engine: Engine, plant: UUID
) -> None:
    assert plant
    unpack = {
        "type": "AggregationEvent",
        "action": "DELETE",
        "parentID": CASE,
        "eventTime": "2026-01-05T00:00:00Z",
    }
    capture(visit_as, made(LINK + "N1"), unpack)
    with visit_as(STORE_HOLDER, datetime(2035, 1, 1, tzinfo=UTC)) as visit:
        purged = purge_batches(visit, date(2034, 1, 1), "operator")

    assert purged.removed["batch"] >= 1
    assert [one.code for one in rows(engine, Batch) if one.code == "N1"] == []
    assert [one.content["type"] for one in rows(engine, CapturedEvent)] == ["AggregationEvent"]
    assert rows(engine, CapturedGoods) == []
    with snapshot(engine) as connection:
        assert list(prove(connection))
