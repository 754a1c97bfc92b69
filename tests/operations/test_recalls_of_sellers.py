"""A seller recalls what it sold of goods that others made: it binds those who have them from it, and nobody else."""

import json
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import Engine

from acts import firm, goods, output
from builders import new_range, new_recall
from keeping import HOLDER, all_rows, noon
from pursued import action, acts, whole_plan
from sellers import Trade, batch_of, read, refused, take_back, two_sellers
from tracelot.operations import (
    answering,
    batches,
    contacts,
    lookup,
    planning,
    proceedings,
    purging,
    recallable,
    recalls,
    reporting,
    rescoping,
    scope_views,
)
from tracelot.operations import effectiveness as reckoning
from tracelot.operations.digests import follow_change
from tracelot.records.batches import Batch
from tracelot.records.consignees import NewAnswer, NewAnswerLine, RecallNotice, RecallNoticeLine
from tracelot.records.contacts import NewContact
from tracelot.records.events import Event, Posting
from tracelot.records.following import Notification
from tracelot.records.journal import JournalEntry
from tracelot.records.outbox import Task
from tracelot.records.proceedings import NewReport
from tracelot.records.recalls import Recall, RecallBatch, RecallChange, RecallRange
from tracelot.records.scopes import ScopeChoice
from tracelot.rules.access import PUBLIC as NOBODY
from tracelot.rules.refusals import Conflict, Unfit
from world import PLACE, Scene, VisitAs, World

tell = two_sellers


@pytest.fixture
def trade(visit_as: VisitAs, scene: Scene) -> Trade:
    return Trade(visit_as, scene.told, {})


def hear(engine: Engine, recall: UUID) -> list[Notification]:
    """What is told of a recall's changes by the worker, of it alone."""
    follow_change(engine, recall, PLACE.zone, datetime.now(UTC))
    return [one for one in all_rows(engine, Notification) if one.event == "seller-recall"]


def test_the_maker_s_batch_stays_as_it_is_and_everybody_reads_who_sold_it(
    trade: Trade, world: World, engine: Engine
) -> None:
    before, entries = batch_of(trade), len(all_rows(engine, JournalEntry, subject_id=trade.bottles))
    kept = {one.id: one.retain_until for one in all_rows(engine, Event, party_id=world.parties["zhenyang"])}
    assert read(trade) == ("no_recall", None, [])
    recall = trade.recalled(level=2)
    assert batch_of(trade) == before
    assert len(all_rows(engine, JournalEntry, subject_id=trade.bottles)) == entries
    assert kept == {
        one.id: one.retain_until for one in all_rows(engine, Event, party_id=world.parties["zhenyang"])
    }
    assert read(trade) == ("seller_recall", 2, ["wholesaler 粮油"])
    with trade.visit_as("wholesaler") as visit:
        own = recalls.find_own_recall(visit, recall)
        assert (own.initiator_role, own.region_code[:6]) == ("seller", "411724")
        assert all(event.retain_until >= own.retain_until for event in all_rows(engine, Event, act="sell"))
    with trade.visit_as("zhenyang") as visit:
        batch = batches.find_batch(visit, trade.bottles)
        assert batches.recalls_of(visit, batch) == []
        assert [firm.name_zh for _, firm in batches.seller_recalls_of(visit, batch)] == ["wholesaler 粮油"]


def test_notices_go_to_its_own_consignees_and_word_to_maker_and_supplier(
    trade: Trade, world: World, engine: Engine
) -> None:
    recall = trade.recalled()
    told = all_rows(engine, RecallNotice, recall_id=recall)
    assert [one.name for one in told] == ["shop 粮油"]
    assert [one.batch_id for one in all_rows(engine, RecallNoticeLine)] == [trade.bottles]
    heard = hear(engine, recall)
    assert len(hear(engine, recall)) == len(heard)
    assert {one.party_id for one in heard} == {world.parties["zhenyang"]}
    assert {one.facts["firm"] for one in heard} == {"wholesaler 粮油"}
    with trade.visit_as("wholesaler") as visit:
        assert all(
            set(one.facts) == {"recall", "level", "state", "firm", "firm_en"}
            and one.link == f"/recalls/{recalls.find_own_recall(visit, recall).code}"
            for one in heard
        )
    mails = [one.payload for one in all_rows(engine, Task, kind="notice")]
    assert {one["firm"] for one in mails if one["event"] == "seller-recall"} == {"wholesaler 粮油"}
    take_back(trade, "wholesaler", recall)
    again = hear(engine, recall)
    assert {one.facts["state"] for one in again} == {"published", "withdrawn"}


def test_its_maker_hears_of_what_a_wider_scope_takes_in(trade: Trade, engine: Engine) -> None:
    recall = trade.recalled("rival")
    before = len(hear(engine, recall))
    with trade.visit_as("rival") as visit:
        rescoping.widen(visit, recall, ScopeChoice(batch_ids=[trade.packs], reason="同一车"))
    assert len(hear(engine, recall)) == 2 * before


@pytest.mark.parametrize("who", ["zhenyang", "rival", "rival-shop", "guhuai", "neighbour", ""])
def test_nobody_else_learns_to_whom_it_sold_or_how_much(trade: Trade, engine: Engine, who: str) -> None:
    recall = trade.recalled(level=2)
    hear(engine, recall)
    with trade.visit_as("wholesaler") as visit:
        assert [one.name for one in all_rows(engine, RecallNotice, recall_id=recall)] == ["shop 粮油"]
        code = recalls.find_own_recall(visit, recall).code
    with trade.visit_as(who or NOBODY) as visit:
        view = recalls.view(visit, recalls.find_recall(visit, code))
        found = [view.model_dump_json()]
        for session in (visit.session, visit.with_published()):
            for model in (RecallNotice, RecallNoticeLine, Notification, JournalEntry, Recall, RecallRange):
                found += [one.model_dump_json() for one in session.exec(lookup.select(model))]
        assert "shop 粮油" not in json.dumps(found, ensure_ascii=False).replace("rival-shop 粮油", "")
        assert view.seller_cause == "own"
        assert view.firm_zh == "wholesaler 粮油"


def test_the_area_is_where_the_seller_shipped_the_goods_itself(
    trade: Trade, world: World, engine: Engine
) -> None:
    maker = trade.firm(world, "zhenyang")
    guhuai = firm(trade.visit_as, world, "guhuai")  # in another county
    maker.does("ship", to={"party_id": str(guhuai.party_id)}, lines=[goods(trade.bottles, 2, "case")])
    recall = trade.recalled()
    (row,) = all_rows(engine, Recall, id=recall)
    assert "411723" not in row.area_codes


def test_what_its_maker_registers_later_is_not_caught(trade: Trade, world: World, engine: Engine) -> None:
    span = {"product_id": trade.products["bottled"], "made_from": "2026-09-01", "made_to": "2026-12-31"}
    recall = trade.recalled(ranges=[span])
    assert [one.by_code for one in all_rows(engine, RecallRange, recall_id=recall)] == [True]
    maker = trade.firm(world, "zhenyang")
    maker.does("produce", outputs=[output(trade.products["bottled"], "X9", 5, "case")])
    later = maker.batch("bottled", "X9")
    assert batch_of(trade, later)["status"] == "released"
    assert [one.batch_id for one in all_rows(engine, RecallBatch, recall_id=recall)] == [trade.bottles]
    assert read(trade, later) == ("no_recall", None, [])


WHEN_MADE = {"made_from": "2026-09-01", "made_to": "2026-12-31"}


@pytest.mark.parametrize("span", [WHEN_MADE, {"whole": True}], ids=["dated", "whole"])
def test_what_comes_to_the_seller_between_draft_and_publication_joins_and_nothing_after_it(
    trade: Trade, world: World, engine: Engine, span: dict[str, object]
) -> None:
    maker, seller, shop = (trade.firm(world, who) for who in ("zhenyang", "wholesaler", "shop"))
    bottled = trade.products["bottled"]
    made = [output(bottled, code, 5, "case") for code in ("X8", "X9", "X10")]
    maker.does("produce", outputs=made)
    came, elsewhere, late = (maker.batch("bottled", code) for code in ("X8", "X9", "X10"))
    spans = [{"product_id": bottled} | span]
    new = new_recall(bottled, seller_cause="own", planned_end="2026-12-31", ranges=spans)
    with trade.visit_as("wholesaler") as visit:
        recall = recalls.open_recall(visit, new).id
    assert [one.batch_id for one in all_rows(engine, RecallBatch, recall_id=recall)] == [trade.bottles]
    sent = maker.does("ship", to={"party_id": str(seller.party_id)}, lines=[goods(came, 3, "case")])
    seller.confirms(sent.id)
    seller.does("ship", to={"party_id": str(shop.party_id)}, lines=[goods(came, 1, "case")])
    with trade.visit_as("wholesaler") as visit:
        recalls.publish_recall(visit, recall)
    assert {one.batch_id for one in all_rows(engine, RecallBatch, recall_id=recall)} == {trade.bottles, came}
    assert [one.by_code for one in all_rows(engine, RecallRange, recall_id=recall)] == [True]
    assert {one.batch_id for one in all_rows(engine, RecallNoticeLine)} == {trade.bottles, came}
    assert refused(seller, "sell", lines=[goods(came, 1, "case")]) == "goods-stopped"
    maker.does("ship", to={"party_id": str(seller.party_id)}, lines=[goods(late, 3, "case")])
    assert [read(trade, one)[0] for one in (came, elsewhere, late)] == ["seller_recall", *["no_recall"] * 2]


def test_what_was_left_out_of_the_draft_stays_out_and_what_never_came_makes_no_recall(
    trade: Trade, engine: Engine
) -> None:
    spans = [{"product_id": trade.products["bottled"]} | WHEN_MADE]
    spared = [{"batch_ids": [trade.bottles], "reason": "复检合格"}]
    new = new_recall(
        trade.bottles, seller_cause="own", planned_end="2026-12-31", ranges=spans, excluded=spared
    )
    with trade.visit_as("wholesaler") as visit:
        recall = recalls.open_recall(visit, new).id
    with trade.visit_as("wholesaler") as visit, pytest.raises(Unfit) as found:
        recalls.publish_recall(visit, recall)
    assert found.value.kind == "notice-incomplete"
    assert all_rows(engine, RecallBatch, recall_id=recall) == []


@pytest.mark.parametrize("first", ["zhenyang", "wholesaler"])
@pytest.mark.parametrize("gone", ["zhenyang", "wholesaler"])
def test_maker_s_and_seller_s_recalls_of_one_batch_stand_by_themselves(
    trade: Trade, first: str, gone: str
) -> None:
    both = ["zhenyang", "wholesaler"]
    other = both[1 - both.index(first)]
    levels = {"zhenyang": 3, "wholesaler": 1}
    made = {who: trade.recalled(who, level=levels[who]) for who in (first, other)}
    assert read(trade) == ("recalled", 3, [None, "wholesaler 粮油"])
    assert batch_of(trade)["status"] == "recalled"
    take_back(trade, gone, made[gone])
    if gone == "zhenyang":
        assert batch_of(trade)["status"] == "released"
        assert read(trade) == ("seller_recall", 1, ["wholesaler 粮油"])
    else:
        assert batch_of(trade)["status"] == "recalled"
        assert read(trade) == ("recalled", 3, [None])
    left = both[1 - both.index(gone)]
    take_back(trade, left, made[left])
    assert batch_of(trade)["status"] == "released"
    assert read(trade) == ("no_recall", None, [])


def test_what_its_customers_answer_counts_and_their_books_are_not_read(
    trade: Trade, world: World, engine: Engine
) -> None:
    recall = trade.recalled()
    shop = trade.firm(world, "shop")
    shop.does("lose", lines=[goods(trade.bottles, 2, "case")])
    (notice,) = all_rows(engine, RecallNotice, recall_id=recall)
    line = NewAnswerLine.model_validate({"batch_id": trade.bottles, "unit": "case", "on_hand": 5, "sold": 20})
    with trade.visit_as("wholesaler") as visit:
        (before,) = reckoning.effectiveness_of(visit, reckoning.recall_in_work(visit, recall)).figures
        assert before.accounted == 35
    with trade.visit_as("shop") as visit:
        answering.answer_own(visit, visit.session.get_one(RecallNotice, notice.id),
                             NewAnswer(name="店长", lines=[line]))  # fmt: skip
    for who in ("wholesaler", "county"):
        with trade.visit_as(who) as visit:
            (told,) = reckoning.effectiveness_of(visit, reckoning.recall_in_work(visit, recall)).figures
            (entry,) = told.entries
            assert (entry.on_hand, entry.sold, told.accounted, told.closes) == (5, 20, 60, True)


def test_goods_of_a_supplier_outside_are_recalled_by_who_sold_them(
    trade: Trade, world: World, engine: Engine
) -> None:
    buyer = firm(trade.visit_as, world, "guhuai")
    with trade.visit_as("guhuai") as visit:
        supplier = contacts.add_contact(visit, NewContact(name="外地油厂")).id
    told = {"product_name": "菜籽油", "code": "Q7", "quantity": "40", "unit": "case"}
    told["production_date"] = "2026-09-01"
    came = buyer.does("receive", contact_id=str(supplier), lines=[told])
    batch = next(one.batch_id for one in all_rows(engine, Posting, record_id=came.id))
    shop = trade.firm(world, "shop")
    buyer.does("ship", to={"party_id": str(shop.party_id)}, lines=[goods(batch, 9, "case")])
    (row,) = all_rows(engine, Batch, id=batch)
    new = new_recall(row.product_id, "Q7", seller_cause="maker_gone", planned_end="2026-12-31")
    with trade.visit_as("guhuai") as visit:
        recall = recalls.open_recall(visit, new).id
    with trade.visit_as("guhuai") as visit:
        recalls.publish_recall(visit, recall)
    (after,) = all_rows(engine, Batch, id=batch)
    assert (after.status, after.status_reason, after.stopped_at) == (row.status, row.status_reason, None)
    assert after.retain_until >= all_rows(engine, Recall, id=recall)[0].retain_until
    assert [one.name for one in all_rows(engine, RecallNotice, recall_id=recall)] == ["shop 粮油"]
    assert refused(buyer, "sell", lines=[goods(batch, 1, "case")]) == "goods-stopped"
    assert hear(engine, recall) == []


def test_its_figures_count_what_came_and_what_it_sent(trade: Trade) -> None:
    recall = trade.recalled()
    with trade.visit_as("wholesaler") as visit:
        own = reckoning.recall_in_work(visit, recall)
        (told,) = reckoning.effectiveness_of(visit, own).figures
        assert (told.bought, told.made, told.shipped, told.own) == (True, 60, 25, 31)
        scope = scope_views.scope_view(visit, own)
        assert scope is not None
        assert [(one.verdict, one.firm_zh) for one in scope.lines] == [("chosen", "正阳花生油有限公司")]


def test_what_suppliers_sent_is_nothing_that_came_back(trade: Trade, world: World) -> None:
    recall, shop, seller = trade.recalled(), trade.firm(world, "shop"), trade.firm(world, "wholesaler")

    def share() -> list[float]:
        with trade.visit_as("wholesaler") as visit:
            told = reckoning.effectiveness_of(visit, reckoning.recall_in_work(visit, recall))
        (grown,) = (one for one in told.curves if one.name == "recovered")
        return [float(point.share) for point in grown.points]

    assert share() == []
    sent = shop.does("return", to={"party_id": str(seller.party_id)}, lines=[goods(trade.bottles, 5, "case")])
    seller.confirms(sent.id)
    assert share() == [0.2]


def test_own_goods_are_recalled_apart(trade: Trade, world: World) -> None:
    with trade.visit_as("zhenyang") as visit, pytest.raises(Conflict) as found:
        recalls.open_recall(visit, new_recall(trade.products["bottled"], "X1", seller_cause="own"))
    assert found.value.kind == "goods-of-own"
    seller = trade.firm(world, "wholesaler")
    own = seller.makes("自有")
    seller.does("produce", outputs=[output(own, "W1", 5)])
    both = [new_range(one, codes=[code]) for one, code in ((trade.products["bottled"], "X1"), (own, "W1"))]
    new = new_recall(own, "W1", seller_cause="own").model_copy(update={"ranges": both})
    with trade.visit_as("wholesaler") as visit, pytest.raises(Conflict) as found:
        recalls.open_recall(visit, new)
    assert found.value.kind == "goods-of-own"
    drill = new_recall(own, "W1", kind="mock_drill").model_copy(update={"ranges": both})
    with trade.visit_as("wholesaler") as visit:
        drilled = recalls.open_recall(visit, drill).id
    with trade.visit_as("wholesaler") as visit, pytest.raises(Conflict) as found:
        recalls.change_recall(visit, drilled, RecallChange(kind="recall", seller_cause="own"))
    assert found.value.kind == "goods-of-own"


def test_a_drill_names_no_cause_and_becomes_a_seller_s_recall_with_one(trade: Trade) -> None:
    drill = trade.opened(seller_cause="own")
    with trade.visit_as("wholesaler") as visit:
        found = recalls.find_own_recall(visit, drill)
        assert (found.seller_cause, found.initiator_role) == (None, "producer")
        change = RecallChange(kind="recall", seller_cause="maker_gone")
        changed = recalls.change_recall(visit, drill, change)
        assert (changed.seller_cause, changed.initiator_role) == ("maker_gone", "seller")
        back = recalls.change_recall(visit, drill, RecallChange(kind="mock_drill"))
        assert (back.seller_cause, back.initiator_role) == (None, "producer")


def test_goods_that_never_came_are_refused(trade: Trade) -> None:
    with trade.visit_as("wholesaler") as visit:
        with pytest.raises(Unfit, match="None of your products"):
            recalls.open_recall(visit, new_recall(trade.products["packs"], "X1", seller_cause="own"))
        with pytest.raises(Unfit) as found:
            recalls.open_recall(visit, new_recall(trade.products["bottled"], "X2", seller_cause="own"))
        assert found.value.kind == "not-held"
        assert recallable.find_held(visit, trade.packs) is None


def test_it_goes_its_way_to_the_end_and_is_purged(trade: Trade, engine: Engine) -> None:
    recall = trade.recalled()
    with trade.visit_as("wholesaler") as visit:
        plan = planning.submit_plan(visit, recall, whole_plan())
        assert plan.body["producer"]["initiator_role"] == "seller"
    with trade.visit_as("county") as visit:
        found = recalls.find_recall(visit, str(recall))
        assert proceedings.view(visit, proceedings.find_shared(visit, found.code)).allowed
    acts(trade.visit_as, "county", found, action("accept_plan"))
    for step in ("dispose", "complete"):
        with trade.visit_as("wholesaler") as visit:
            reporting.move_on(visit, recall, step)
    with trade.visit_as("wholesaler") as visit:
        reporting.hand_in_report(visit, recall, NewReport(kind="final", text="全部追回"))
    acts(trade.visit_as, "county", found, action("evaluate"))
    acts(trade.visit_as, "county", found, action("close", variance="其余已食用"))
    assert read(trade)[0] == "seller_recall"
    days = [
        one.retain_until for model in (Recall, Batch, Event, JournalEntry) for one in all_rows(engine, model)
    ]
    last = max(day for day in days if day) + timedelta(1)
    with trade.visit_as(HOLDER, noon(last)) as visit:
        assert purging.purge_recalls(visit, last, "tester").removed["recall"] == 1
    assert all_rows(engine, Recall, id=recall) == []
    assert read(trade)[0] in {"no_recall", "expired"}
