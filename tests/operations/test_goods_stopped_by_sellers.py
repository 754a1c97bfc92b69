"""What a seller recalls stands still with itself and with whoever it told, and nowhere else."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from random import Random
from uuid import UUID

import pytest
from sqlalchemy import Engine

from acts import firm, goods, new_act, output
from builders import new_range, new_recall
from keeping import all_rows
from meeting import until_it_waits
from sellers import Trade, batch_of, read, refused, take_back, two_sellers
from tracelot.operations import acts as deeds
from tracelot.operations import (
    contacts,
    recalls,
    rescoping,
)
from tracelot.operations import effectiveness as reckoning
from tracelot.records.batches import Batch
from tracelot.records.consignees import RecallNotice, RecallNoticeLine
from tracelot.records.contacts import NewContact
from tracelot.records.events import Posting
from tracelot.records.journal import JournalEntry
from tracelot.records.scopes import ScopeChoice
from tracelot.records.sights import EVERYTHING
from tracelot.records.stops import list_stopped_goods
from tracelot.records.tenancy import ScopedSession
from tracelot.rules.refusals import Unfit
from world import Scene, VisitAs, World

tell = two_sellers


@pytest.fixture
def trade(visit_as: VisitAs, scene: Scene) -> Trade:
    return Trade(visit_as, scene.told, {})


def test_who_has_the_goods_from_the_seller_may_not_move_them_on(trade: Trade, world: World) -> None:
    seller, shop = trade.firm(world, "wholesaler"), trade.firm(world, "shop")
    rival, other, maker = (trade.firm(world, who) for who in ("rival", "rival-shop", "zhenyang"))
    recall = trade.recalled()
    bottle = {"lines": [goods(trade.bottles, 1, "case")]}
    assert refused(seller, "ship", to={"party_id": str(shop.party_id)}, **bottle) == "goods-stopped"
    assert refused(seller, "sell", **bottle) == "goods-stopped"
    assert refused(shop, "sell", **bottle) == "goods-stopped"
    made = [output(shop.makes("分装"), "M1", 1)]
    assert refused(shop, "transform", inputs=bottle["lines"], outputs=made) == "goods-stopped"
    shop.does("return", to={"party_id": str(seller.party_id)}, **bottle)
    shop.does("sample", **bottle)
    seller.does("destroy", **bottle)
    assert shop.does("sell", happened=True, **bottle).flags == ["moved-before-recalled"]
    for free in (rival, other, maker):
        assert free.does("sell", **bottle).flags == []
    rival.does("ship", to={"party_id": str(other.party_id)}, **bottle)
    take_back(trade, "wholesaler", recall)
    assert shop.does("sell", **bottle).flags == []
    assert seller.does("sell", **bottle).flags == []


def test_what_was_sold_all_the_same_is_recorded_as_a_violation(trade: Trade, world: World) -> None:
    shop = trade.firm(world, "shop")
    trade.recalled()
    with trade.visit_as("shop") as visit:
        told = {
            "facility_id": str(shop.facility_id),
            "lines": [goods(trade.bottles, 1, "case")],
            "happened": True,
        }
        late = {"event_time": (visit.now + timedelta(minutes=5)).isoformat()}
        assert deeds.record_event(visit, new_act("sell", **told, **late)).flags == ["moved-while-recalled"]


def test_who_moves_the_goods_while_the_recall_comes_out_waits_and_is_refused(
    trade: Trade, world: World, engine: Engine
) -> None:
    shop = trade.firm(world, "shop")
    new = new_recall(trade.products["bottled"], "X1", seller_cause="own", planned_end="2026-12-31")
    with trade.visit_as("wholesaler") as visit:
        recall = recalls.open_recall(visit, new).id
    with ThreadPoolExecutor(1) as pool:
        with trade.visit_as("wholesaler") as visit:
            recalls.publish_recall(visit, recall)
            going = pool.submit(refused, shop, "sell", lines=[goods(trade.bottles, 1, "case")])
            until_it_waits(engine, going)
        assert going.result() == "goods-stopped"


def test_two_sellers_recall_each_its_own(trade: Trade, world: World) -> None:
    mine, its = trade.recalled(), trade.recalled("rival", seller_cause="maker_gone", level=2)
    assert read(trade) == ("seller_recall", 1, ["wholesaler 粮油", "rival 粮油"])
    take_back(trade, "wholesaler", mine)
    shop, other = trade.firm(world, "shop"), trade.firm(world, "rival-shop")
    bottle = {"lines": [goods(trade.bottles, 1, "case")]}
    assert shop.does("sell", **bottle).flags == []
    assert refused(other, "sell", **bottle) == "goods-stopped"
    assert read(trade) == ("seller_recall", 2, ["rival 粮油"])
    take_back(trade, "rival", its)


def test_it_is_widened_and_narrowed_to_goods_of_others_that_came(
    trade: Trade, world: World, engine: Engine
) -> None:
    recall = trade.recalled("rival")
    packs = ScopeChoice(batch_ids=[trade.packs], reason="同一车")
    with trade.visit_as("rival") as visit:
        rescoping.widen(visit, recall, packs)
    rival = trade.firm(world, "rival")
    pack = {"lines": [goods(trade.packs, 1, "case")]}
    assert refused(rival, "sell", **pack) == "goods-stopped"
    assert batch_of(trade, trade.packs)["status"] == "released"
    assert read(trade, trade.packs)[0] == "seller_recall"
    with trade.visit_as("rival") as visit:
        rescoping.narrow(visit, recall, packs)
    assert rival.does("sell", **pack).flags == []
    assert batch_of(trade, trade.packs)["status"] == "released"
    (entry,) = all_rows(engine, JournalEntry, act="recall.scope-narrowed")
    assert json.loads(entry.record or "{}")["batches"] == [str(trade.packs)]
    mine = trade.recalled()
    with trade.visit_as("wholesaler") as visit, pytest.raises(Unfit) as found:
        rescoping.widen(visit, mine, packs)
    assert found.value.kind == "not-others-batch"


def test_who_got_goods_back_is_no_consignee_and_is_not_hindered(
    trade: Trade, world: World, engine: Engine
) -> None:
    seller, maker = trade.firm(world, "wholesaler"), trade.firm(world, "zhenyang")
    bottle = {"lines": [goods(trade.bottles, 1, "case")]}
    given = seller.does("return", to={"party_id": str(maker.party_id)}, **bottle)
    maker.confirms(given.id)
    recall = trade.recalled()
    assert [one.name for one in all_rows(engine, RecallNotice, recall_id=recall)] == ["shop 粮油"]
    assert maker.does("sell", **bottle).flags == []


def test_of_several_goods_only_those_that_it_sold_are_told_to_who_got_others_back(
    trade: Trade, world: World, engine: Engine
) -> None:
    rival, maker = trade.firm(world, "rival"), trade.firm(world, "zhenyang")
    to = {"party_id": str(maker.party_id)}
    rival.does("return", to=to, lines=[goods(trade.packs, 3, "case")])
    rival.does("ship", to=to, lines=[goods(trade.bottles, 2, "case")])
    spans = [new_range(trade.products[name], codes=["X1"]) for name in ("bottled", "packs")]
    recall = trade.recalled("rival", ranges=spans)
    told = {one.name: one.id for one in all_rows(engine, RecallNotice, recall_id=recall)}
    maker_told = told["正阳花生油有限公司"]
    lines = all_rows(engine, RecallNoticeLine, notice_id=maker_told)
    assert [(one.batch_id, one.quantity) for one in lines] == [(trade.bottles, 2)]
    assert maker.does("sell", lines=[goods(trade.packs, 1, "case")]).flags == []
    assert refused(maker, "sell", lines=[goods(trade.bottles, 1, "case")]) == "goods-stopped"


@pytest.mark.parametrize("claimed", [False, True])
@pytest.mark.parametrize("how", ["recalled", "begun"])
def test_a_supplier_outside_that_got_goods_back_is_no_consignee_whoever_it_turns_out_to_be(
    trade: Trade, world: World, engine: Engine, how: str, claimed: bool
) -> None:
    buyer = firm(trade.visit_as, world, "guhuai")
    with trade.visit_as("guhuai") as visit:
        supplier = contacts.add_contact(visit, NewContact(name="外地油厂")).id
    told = {
        "product_name": "菜籽油",
        "code": "Q7",
        "quantity": "40",
        "unit": "case",
        "production_date": "2026-09-01",
    }
    came = buyer.does("receive", contact_id=str(supplier), lines=[told])
    batch = next(one.batch_id for one in all_rows(engine, Posting, record_id=came.id))
    buyer.does("return", to={"contact_id": str(supplier)}, lines=[goods(batch, 9, "case")])
    if claimed:
        with trade.visit_as("guhuai") as visit:
            secret = contacts.invite_contact(visit, supplier)
        with trade.visit_as("rival") as visit:
            contacts.claim_contact(visit, secret)
    (row,) = all_rows(engine, Batch, id=batch)
    span = new_range(row.product_id, codes=["Q7"])
    recall = getattr(trade, how)("guhuai", ranges=[span])
    assert all_rows(engine, RecallNotice, recall_id=recall) == []


@pytest.mark.parametrize("how", ["recalled", "begun"])
def test_a_maker_that_got_goods_back_is_no_consignee_in_the_ledger_either(
    trade: Trade, world: World, engine: Engine, how: str
) -> None:
    shop, maker = trade.firm(world, "shop"), trade.firm(world, "zhenyang")  # which did not supply it
    shop.does("return", to={"party_id": str(maker.party_id)}, lines=[goods(trade.bottles, 4, "case")])
    recall = getattr(trade, how)("shop")
    assert all_rows(engine, RecallNotice, recall_id=recall) == []
    with trade.visit_as("shop") as visit:
        (told,) = reckoning.effectiveness_of(visit, reckoning.recall_in_work(visit, recall)).figures
    assert (told.made, told.shipped, told.own, told.accounted, told.entries) == (25, 0, 21, 25, [])


@pytest.mark.parametrize("seed", range(4))
def test_whoever_recalls_the_batch_in_whatever_order_binds_its_own_alone(
    trade: Trade, world: World, engine: Engine, seed: int
) -> None:
    chance, open_ = Random(seed), dict[str, tuple[UUID, int]]()
    customers = {"wholesaler": ("wholesaler", "shop"), "rival": ("rival", "rival-shop")}
    for _ in range(12):
        who = chance.choice(["zhenyang", *customers])
        if who in open_:
            take_back(trade, who, open_.pop(who)[0])
        else:
            level = chance.choice([1, 2, 3])
            open_[who] = trade.recalled(who, level=level), level
        made = open_.get("zhenyang")
        sold = sorted(level for name, (_, level) in open_.items() if name in customers)
        verdict, level, sellers = read(trade)
        assert (verdict, level) == (
            ("recalled", made[1]) if made else ("seller_recall", sold[0]) if sold else ("no_recall", None)
        )
        assert {one for one in sellers if one} == {f"{name} 粮油" for name in open_ if name in customers}
        assert batch_of(trade)["status"] == ("recalled" if made else "released")
        bound = {one for name in open_ for one in customers.get(name, ())}
        with engine.connect() as connection, ScopedSession(connection, EVERYTHING) as kernel:
            for name in ("zhenyang", "wholesaler", "shop", "rival", "rival-shop", "guhuai"):
                stops = list_stopped_goods(kernel, world.parties[name], [trade.bottles])
                by = {one.by for some in stops.values() for one in some}
                assert by == ({"maker"} if made else set()) | ({"seller"} if name in bound else set())
