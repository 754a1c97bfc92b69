"""What an office orders of a seller: the recall of goods that others made, by the same act and rules as of a maker."""

from uuid import UUID

import pytest
from sqlalchemy import Engine

from acts import goods, output
from keeping import all_rows
from pursued import action, order, whole_plan
from sellers import Trade, batch_of, read, refused, two_sellers
from tracelot.operations import ordering, planning, proceedings, recalls, rescoping, withdrawing
from tracelot.records.consignees import RecallNotice
from tracelot.records.proceedings import NewOrder
from tracelot.records.recalls import Recall, RecallChange
from tracelot.records.scopes import ScopeChoice
from tracelot.records.withdrawing import Withdrawal
from tracelot.rules.places import batch_id
from tracelot.rules.refusals import Conflict, Forbidden, Refusal, Unfit, Unknown
from world import Scene, VisitAs, World

tell = two_sellers
WORDS = {"harm_zh": "损害肝脏", "remedy_zh": "停止食用", "planned_end": "2026-12-31"}


@pytest.fixture
def trade(visit_as: VisitAs, scene: Scene) -> Trade:
    return Trade(visit_as, scene.told, {})


def to_seller(trade: Trade, world: World, **given: object) -> NewOrder:
    span = {"product_id": trade.products["bottled"], "codes": ["X1"]}
    told = {"party_id": world.parties["wholesaler"], "seller_cause": "maker_gone", "ranges": [span]}
    return order(world, **told | given)


@pytest.fixture
def ordered(trade: Trade, world: World) -> UUID:
    with trade.visit_as("county") as visit:
        return ordering.order_recall(visit, to_seller(trade, world)).id


def published(trade: Trade, recall: UUID) -> None:
    with trade.visit_as("wholesaler") as visit:
        recalls.change_recall(visit, recall, RecallChange.model_validate(WORDS))
    with trade.visit_as("wholesaler") as visit:
        recalls.publish_recall(visit, recall)


def test_the_seller_gets_a_draft_that_it_publishes_and_the_maker_s_batch_stays(
    trade: Trade, world: World, engine: Engine, ordered: UUID
) -> None:
    before = batch_of(trade)
    (row,) = all_rows(engine, Recall, id=ordered)
    assert (row.mode, row.state, row.seller_cause) == ("ordered", "draft", "maker_gone")
    assert (row.initiator_role, row.party_id) == ("seller", world.parties["wholesaler"])
    assert row.ordered_by == world.parties["county"]
    with trade.visit_as("county") as visit:
        found = proceedings.view(visit, proceedings.find_watched(visit, row.code))
        assert [one.type for one in found.actions] == ["order_recall"]
    with trade.visit_as("zhenyang") as visit, pytest.raises(Unknown):
        recalls.find_recall(visit, row.code)
    published(trade, ordered)
    assert batch_of(trade) == before
    assert read(trade) == ("seller_recall", 2, ["wholesaler 粮油"])
    assert [one.name for one in all_rows(engine, RecallNotice, recall_id=ordered)] == ["shop 粮油"]
    for who, stopped in (("wholesaler", True), ("shop", True), ("rival", False)):
        mover, line = trade.firm(world, who), goods(trade.bottles, 1, "case")
        if stopped:
            assert refused(mover, "sell", lines=[line]) == "goods-stopped"
        else:
            assert mover.does("sell", lines=[line]).flags == []


def test_its_limits_run_as_those_of_an_order_to_a_maker(trade: Trade, world: World, ordered: UUID) -> None:
    with trade.visit_as("county") as visit:
        maker = ordering.order_recall(visit, order(world))
        both = [recalls.view(visit, visit.kernel().get_one(Recall, one)) for one in (ordered, maker.id)]
    told = [[(one.kind, one.amount, one.unit, one.due_at) for one in view.clocks] for view in both]
    assert told[0] == told[1] != []


@pytest.mark.parametrize(
    "change", [{"seller_cause": "own"}, {"kind": "mock_drill"}, {"level": 3}, {"seller_cause": None}]
)
def test_the_seller_takes_nothing_of_it_back(trade: Trade, ordered: UUID, change: dict[str, str]) -> None:
    with pytest.raises(Conflict), trade.visit_as("wholesaler") as visit:
        recalls.change_recall(visit, ordered, RecallChange.model_validate(change))
    spared = ScopeChoice(batch_ids=[trade.bottles], reason="不愿召回")
    with pytest.raises(Conflict, match="take nothing away"), trade.visit_as("wholesaler") as visit:
        rescoping.leave_out(visit, ordered, spared)
    with pytest.raises(Conflict, match="cannot drop it"), trade.visit_as("wholesaler") as visit:
        recalls.cancel_recall(visit, ordered, "不愿召回")


def test_what_was_ordered_by_its_dates_holds_what_came_until_the_publication(
    trade: Trade, world: World, engine: Engine
) -> None:
    span = {"product_id": trade.products["bottled"], "made_from": "2026-01-01", "made_to": "2026-12-31"}
    with trade.visit_as("county") as visit:
        recall = ordering.order_recall(visit, to_seller(trade, world, ranges=[span])).id
    narrower = {"ranges": [span | {"made_to": "2026-06-30"}]}
    with pytest.raises(Conflict, match="take nothing away"), trade.visit_as("wholesaler") as visit:
        recalls.change_recall(visit, recall, RecallChange.model_validate(narrower))
    published(trade, recall)
    with pytest.raises(Conflict), trade.visit_as("wholesaler") as visit:
        rescoping.narrow(visit, recall, ScopeChoice(batch_ids=[trade.bottles], reason="不愿召回"))


def test_of_the_maker_s_other_batches_the_seller_learns_nothing_by_leaving_them_out(
    trade: Trade, world: World
) -> None:
    span = {"product_id": trade.products["bottled"], "made_from": "2026-01-01", "made_to": "2026-12-31"}
    with trade.visit_as("county") as visit:
        recall = ordering.order_recall(visit, to_seller(trade, world, ranges=[span])).id
    made = output(trade.products["bottled"], "NEVER-CAME", 5, "case", production_date="2026-05-05")
    trade.firm(world, "zhenyang").does("produce", outputs=[made])
    answers = set()
    for code in ("NEVER-CAME", "NEVER-WAS"):
        spared = ScopeChoice(batch_ids=[batch_id(trade.products["bottled"], code)], reason="不愿召回")
        with trade.visit_as("wholesaler") as visit, pytest.raises(Refusal) as found:
            rescoping.leave_out(visit, recall, spared)
        answers.add(found.value.kind)
    assert len(answers) == 1


def test_only_the_office_takes_it_back_and_its_goods_move_again(
    trade: Trade, world: World, engine: Engine, ordered: UUID
) -> None:
    published(trade, ordered)
    (row,) = all_rows(engine, Recall, id=ordered)
    with pytest.raises(Conflict), trade.visit_as("wholesaler") as visit:
        withdrawing.withdraw(visit, ordered, Withdrawal(reason="复检合格"))
    with trade.visit_as("wholesaler") as visit:
        plan = planning.submit_plan(visit, ordered, whole_plan())
        assert plan.body["producer"]["initiator_role"] == "seller"
    for act in (action("accept_plan"), action("withdraw", report_no="FJ-1")):
        with trade.visit_as("county") as visit:
            ordering.act_on(visit, row.code, act)
    assert read(trade) == ("no_recall", None, [])
    assert trade.firm(world, "shop").does("sell", lines=[goods(trade.bottles, 1, "case")]).flags == []


@pytest.mark.parametrize("who", ["neighbour", "township", "quality", "wholesaler", "site"])
def test_an_office_over_the_seller_orders_it_and_nobody_else(trade: Trade, world: World, who: str) -> None:
    with trade.visit_as(who) as visit, pytest.raises((Unknown, Forbidden)):
        ordering.order_recall(visit, to_seller(trade, world))
    with trade.visit_as(who) as visit:
        try:
            assert ordering.products_bought(visit, world.parties["wholesaler"]) == []
        except Refusal as refusal:
            assert isinstance(refusal, Forbidden)  # noqa: PT017


def test_goods_are_ordered_from_who_made_them_or_with_a_cause_from_who_had_them(
    trade: Trade, world: World
) -> None:
    never = [{"product_id": trade.products["bottled"], "codes": ["X2"]}]
    elsewhere = [{"product_id": trade.products["packs"], "codes": ["X1"]}]
    for given, kind in (
        ({"seller_cause": None}, "seller-cause-needed"),
        ({"ranges": never}, "not-held"),
        ({"ranges": elsewhere}, "unknown-product"),
        ({"party_id": world.parties["zhenyang"]}, "goods-of-own"),
    ):
        with trade.visit_as("county") as visit, pytest.raises((Conflict, Unfit)) as found:
            ordering.order_recall(visit, to_seller(trade, world, **given))
        assert found.value.kind == kind
    with trade.visit_as("county") as visit:
        bought = ordering.products_bought(visit, world.parties["wholesaler"])
        assert [(one.id, one.maker_zh) for one in bought] == [
            (trade.products["bottled"], "正阳花生油有限公司")
        ]
