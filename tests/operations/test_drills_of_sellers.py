"""Who only sold goods on drills with them: by its own amounts, to its own customers, and nobody else learns of it."""

from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Engine
from sqlmodel import select

from acts import WHEN, Firm, firm, goods
from builders import new_range, new_recall
from sellers import Trade, two_sellers
from tracelot.operations import (
    batches,
    contacts,
    disposing,
    drills,
    lookup,
    recallable,
    recalls,
    rescoping,
    scope_views,
)
from tracelot.operations import effectiveness as reckoning
from tracelot.operations.visit import Visit
from tracelot.records.batches import Batch
from tracelot.records.consignees import RecallNotice
from tracelot.records.contacts import NewContact
from tracelot.records.effectiveness import FiguresView, NewDisposal
from tracelot.records.events import Event, Posting
from tracelot.records.journal import JournalEntry
from tracelot.records.recall_search import RecallFilter
from tracelot.records.recalls import Recall, RecallBatch, RecallChange, RecallRange
from tracelot.records.scopes import RecallScope, RecallScopeLine, ScopeChoice
from tracelot.rules.access import PUBLIC as NOBODY
from tracelot.rules.refusals import Conflict, Unfit, Unknown
from world import Scene, VisitAs, World

tell = two_sellers


@pytest.fixture
def trade(visit_as: VisitAs, scene: Scene) -> Trade:
    return Trade(visit_as, scene.told, {})


def figures(visit: Visit, drill: UUID) -> FiguresView:
    (one,) = reckoning.effectiveness_of(visit, reckoning.recall_in_work(visit, drill)).figures
    return one


def test_a_wholesaler_drills_with_what_came_to_it(trade: Trade) -> None:
    drill = trade.begun()
    with trade.visit_as("wholesaler") as visit:
        told = figures(visit, drill)
        assert (told.bought, told.made, told.shipped, told.own) == (
            True,
            Decimal(60),
            Decimal(25),
            Decimal(31),
        )
        assert told.own_ended["sell"] == Decimal(4)
        (shop,) = told.entries
        assert shop.consignee is not None
        assert (shop.consignee.party_zh, shop.shipped, shop.direct) == ("shop 粮油", Decimal(25), True)
        assert told.accounted == Decimal(35)  # a drill obliges nobody to tell what became of it
        view = recalls.view(visit, recalls.find_own_recall(visit, drill))
        assert [(one.code, one.registered, one.batch_id) for one in view.batches] == [
            ("X1", True, trade.bottles)
        ]
        scope = scope_views.scope_view(visit, recalls.find_own_recall(visit, drill))
        assert scope is not None
        (line,) = scope.lines
        assert (line.verdict, line.amounts.bought, line.amounts.made) == ("chosen", True, Decimal(60))
        assert (line.amounts.on_hand, line.amounts.sold) == (Decimal(31), Decimal(4))
        assert [(one.party_zh, one.sent) for one in line.amounts.consignees] == [("shop 粮油", Decimal(25))]
        assert line.firm_zh == "正阳花生油有限公司"
        assert scope.missed == []


def test_it_is_scored_and_the_next_one_is_due_in_a_year(trade: Trade) -> None:
    drill = trade.begun()
    with trade.visit_as("wholesaler") as visit:
        listed = drills.drills(visit)
        assert [one.id for one in listed.items] == [drill]
        assert listed.due_on.year == visit.today.year + 1
        assert listed.items[0].accounted == Decimal(35) / Decimal(60)
        assert listed.items[0].goals["notify"] is not None


def test_what_comes_back_and_what_is_given_back_is_accounted_for(trade: Trade, world: World) -> None:
    drill = trade.begun()
    bottles = trade.bottles
    shop = Firm("shop", trade.visit_as, world.parties["shop"], trade.place("shop"))
    seller = Firm("wholesaler", trade.visit_as, world.parties["wholesaler"], trade.place("wholesaler"))
    maker = Firm("zhenyang", trade.visit_as, world.parties["zhenyang"], world.facility_id)
    back = {"party_id": str(seller.party_id)}
    seller.confirms(shop.does("return", to=back, lines=[goods(bottles, 25, "case")]).id)
    given = seller.does("return", to={"party_id": str(maker.party_id)}, lines=[goods(bottles, 10, "case")])
    maker.confirms(given.id)
    with trade.visit_as("wholesaler") as visit:
        told = figures(visit, drill)
        assert (told.made, told.shipped, told.own) == (Decimal(60), Decimal(25), Decimal(46))
        assert told.own_ended == {"return": Decimal(10), "sell": Decimal(4)}
        assert (told.accounted, told.closes) == (Decimal(60), True)
        assert told.recovered_of_shipped == 1


@pytest.mark.parametrize(
    "who", ["zhenyang", "quality", "rival", "rival-shop", "shop", "guhuai", "city", "site", ""]
)
def test_neither_maker_nor_competitor_nor_customer_learns_of_it(trade: Trade, world: World, who: str) -> None:
    before = seen(trade, who)
    drill = trade.begun()
    assert seen(trade, who) == before
    with trade.visit_as(who or NOBODY) as visit:
        with pytest.raises(Unknown):
            recalls.find_recall(visit, str(drill))
        for session in (visit.session, visit.with_published()):
            for model in (Recall, RecallBatch, RecallRange, RecallScope, RecallScopeLine, RecallNotice):
                assert session.exec(select(model)).all() == []


def seen(trade: Trade, who: str) -> Any:
    """What somebody reads of the goods: its own rows of them, its journal, and what everybody is told."""
    with trade.visit_as(who or NOBODY) as visit:
        rows = [one.model_dump() for one in visit.session.exec(select(Batch).order_by(Batch.id))]  # type: ignore[arg-type]
        entries = sorted(str(one.id) for one in visit.session.exec(select(JournalEntry)))
        counted = recalls.query_recalls(visit, RecallFilter()).total if who != "site" else 0
        events = sorted((str(one.id), one.retain_until) for one in visit.session.exec(select(Event)))
        verdict = lookup.look_up(visit, str(trade.bottles)).verdict
        return rows, entries, counted, events, verdict


def test_a_drill_changes_no_batch_and_keeps_the_seller_s_own_acts(trade: Trade) -> None:
    with trade.visit_as("zhenyang") as visit:
        before = visit.session.get_one(Batch, trade.bottles).model_dump()
    drill = trade.begun()
    with trade.visit_as("zhenyang") as visit:
        assert visit.session.get_one(Batch, trade.bottles).model_dump() == before
    with trade.visit_as("wholesaler") as visit:
        kept = recalls.find_own_recall(visit, drill).retain_until
        assert all(event.retain_until >= kept for event in visit.session.exec(select(Event)))


def test_each_seller_reads_of_its_own_customers_alone(trade: Trade) -> None:
    mine, its = trade.begun(), trade.begun("rival")
    with trade.visit_as("rival") as visit:
        told = figures(visit, its)
        assert (told.made, told.shipped, told.own) == (Decimal(30), Decimal(11), Decimal(19))
        assert [one.consignee and one.consignee.party_zh for one in told.entries] == ["rival-shop 粮油"]
        with pytest.raises(Unknown):
            recalls.find_recall(visit, str(mine))


def test_its_county_s_office_reads_the_same_figures(trade: Trade) -> None:
    drill = trade.begun()
    with trade.visit_as("wholesaler") as visit:
        own = figures(visit, drill)
    with trade.visit_as("county") as visit:
        read = figures(visit, drill)
        assert (read.bought, read.made, read.shipped, read.own) == (True, own.made, own.shipped, own.own)
        assert [one.shipped for one in read.entries] == [one.shipped for one in own.entries]


def test_goods_that_never_came_are_refused_whether_they_exist_or_not(trade: Trade) -> None:
    with trade.visit_as("wholesaler") as visit:
        for product in (trade.products["packs"], trade.products["oil"], UUID(int=7)):
            with pytest.raises(Unfit, match="None of your products"):
                recalls.open_recall(visit, new_recall(product, "X1", kind="mock_drill"))
        for code in ("X2", "NOBODY"):
            with pytest.raises(Unfit) as refused:
                recalls.open_recall(
                    visit, new_recall(trade.products["bottled"], "X1", code, kind="mock_drill")
                )
            assert refused.value.kind == "not-held"


def test_a_real_recall_of_goods_of_others_says_why_it_is_the_seller_s(trade: Trade) -> None:
    drill = trade.opened()
    with trade.visit_as("wholesaler") as visit:
        with pytest.raises(Unfit, match="say why it is their seller") as refused:
            recalls.open_recall(visit, new_recall(trade.products["bottled"], "X1"))
        assert refused.value.kind == "seller-cause-needed"
        with pytest.raises(Conflict) as unsaid:
            recalls.change_recall(visit, drill, RecallChange(kind="recall"))
        assert unsaid.value.kind == "goods-of-others"
    whole = RecallChange(kind="recall", ranges=[new_range(trade.products["bottled"], whole=True)])
    with trade.visit_as("wholesaler") as visit, pytest.raises(Unfit, match="say why it is their seller"):
        recalls.change_recall(visit, drill, whole)


@pytest.mark.parametrize("asked", [{"whole": True}, {"code_from": "X0", "code_to": "X9"}, {"facility": True}])
def test_goods_are_named_by_range_by_place_or_all_at_once(trade: Trade, asked: dict[str, Any]) -> None:
    product: UUID | None = trade.products["bottled"]
    if asked.pop("facility", None):
        since, until = (WHEN - timedelta(days=1)).isoformat(), (WHEN + timedelta(days=1)).isoformat()
        asked = {"facility_id": trade.place("wholesaler"), "since": since, "until": until}
        product = None
    new = new_recall(trade.products["bottled"], "X1", kind="mock_drill")
    ranges = [new_range(trade.products["bottled"], **asked).model_copy(update={"product_id": product})]
    with trade.visit_as("wholesaler") as visit:
        drill = recalls.open_recall(visit, new.model_copy(update={"ranges": ranges})).id
        assert [
            one.batch_id for one in recalls.view(visit, recalls.find_own_recall(visit, drill)).batches
        ] == [trade.bottles]


def test_a_drill_is_widened_to_goods_that_came_and_to_no_others(trade: Trade) -> None:
    drill = trade.begun("rival")
    packs = ScopeChoice(batch_ids=[trade.packs], reason="同一车")
    with trade.visit_as("rival") as visit:
        rescoping.widen(visit, drill, packs)
    with trade.visit_as("rival") as visit:
        named = {one.batch_id for one in recalls.view(visit, recalls.find_own_recall(visit, drill)).batches}
        assert named == {trade.bottles, trade.packs}
        rescoping.narrow(visit, drill, packs)
    mine = trade.begun()
    with trade.visit_as("wholesaler") as visit, pytest.raises(Unfit) as refused:
        rescoping.widen(visit, mine, packs)
    assert refused.value.kind == "not-held-batch"
    with trade.visit_as("zhenyang") as visit:
        assert batches.find_batch(visit, trade.packs).status == "released"


def test_its_products_are_offered_with_their_maker(trade: Trade) -> None:
    with trade.visit_as("wholesaler") as visit:
        assert [(one.id, one.maker_zh) for one in recallable.held_products(visit)] == [
            (trade.products["bottled"], "正阳花生油有限公司")
        ]
    with trade.visit_as("zhenyang") as visit:
        assert recallable.held_products(visit) == []


def test_disposal_is_practised_too(trade: Trade) -> None:
    drill = trade.begun()
    new = NewDisposal(batch_id=trade.bottles, method="destroy_central", quantity=Decimal(3), unit="case",
                      planned_at=WHEN, place="驿城区")  # fmt: skip
    with trade.visit_as("wholesaler") as visit:
        assert disposing.announce_disposal(visit, drill, new).amount == Decimal(3)


def test_goods_of_a_supplier_outside_trace_are_drilled_with_too(
    trade: Trade, world: World, engine: Engine
) -> None:
    buyer = firm(trade.visit_as, world, "guhuai")
    batch = buys_outside(buyer)
    with trade.visit_as("guhuai") as visit:
        product = visit.session.get_one(Batch, batch).product_id
        new = new_recall(product, visit.session.get_one(Batch, batch).code, kind="mock_drill")
        drill = recalls.open_recall(visit, new).id
        recalls.publish_recall(visit, drill)
        told = figures(visit, drill)
        assert (told.bought, told.made, told.own) == (True, Decimal(40), Decimal(33))
        assert (told.accounted, told.closes) == (Decimal(40), True)


def buys_outside(buyer: Firm) -> UUID:
    """Forty cases came from a supplier that keeps no books here, and seven were sold."""
    with buyer.visit_as(buyer.name) as visit:
        supplier = contacts.add_contact(visit, NewContact(name="外地油厂")).id
    told = {"product_name": "菜籽油", "code": "Q7", "quantity": "40", "unit": "case"}
    told["production_date"] = "2026-09-01"
    came = buyer.does("receive", contact_id=str(supplier), lines=[told])
    with buyer.visit_as(buyer.name) as visit:
        batch = visit.session.exec(select(Posting.batch_id).where(Posting.record_id == came.id)).first()
    assert batch is not None
    buyer.does("sell", lines=[goods(batch, 7, "case")])
    return batch
