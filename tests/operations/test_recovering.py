"""What is traced and accounted for while goods are called back."""

from contextlib import nullcontext
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from sqlalchemy import Engine

from acts import amount, firm, goods, new_firm, output
from builders import new_recall
from keeping import all_rows
from peanuts import deliver_all, produce, recover
from reached import recalled, ship, sold
from tracelot.operations import balances, disposing, recalls, tracing
from tracelot.operations.beginning import Named
from tracelot.operations.tracing import Asked
from tracelot.records.effectiveness import Done, NewDisposal
from tracelot.records.events import Event
from tracelot.records.traces import BalanceView
from tracelot.rules.refusals import Conflict, Forbidden, Unfit
from world import VisitAs, World


def test_shipped_recovered_and_accounted_are_those_of_the_figures(
    visit_as: VisitAs, world: World, engine: Engine
) -> None:
    maker = firm(visit_as, world, "zhenyang")
    produce(maker)
    kinds = ("wholesaler", "retailer", "caterer")
    customers = [new_firm(visit_as, world, engine, f"customer-{kind}", kind) for kind in kinds]
    deliver_all(maker, customers)

    def balanced(who: str, name: str) -> BalanceView:
        with visit_as(who) as visit:
            return balances.balance(visit, maker.batch(name))

    assert balanced("zhenyang", "bottled").shipped == Decimal(100)
    assert balanced("zhenyang", "packs").shipped == Decimal(290)
    before = balanced("county", "bottled")
    assert before.accounted_share is not None
    assert before.accounted_share < 1

    recover(maker, customers)

    own, county = (balanced(who, "bottled") for who in ("zhenyang", "county"))
    assert (county.accounted, county.total, county.accounted_share) == (
        Decimal(120),
        Decimal(120),
        Decimal(1),
    )
    for view in (own, county):
        assert (view.recovered, view.came_back, view.shipped) == (Decimal(98), Decimal(78), Decimal(100))
        assert round((view.recovered_share or Decimal(0)) * 100, 2) == Decimal("81.67")
    assert own.ended == {}  # what customers sold is theirs to tell


def test_recalled_goods_that_come_are_kept_under_no_other_batch(
    visit_as: VisitAs, world: World, engine: Engine
) -> None:
    maker = firm(visit_as, world, "zhenyang")
    shop = new_firm(visit_as, world, engine, "shop", "retailer")
    product = sold(maker)
    first, second = (ship(maker, maker.batch("paste"), 9, party_id=shop.party_id) for _ in range(2))
    recalled(visit_as, product)
    own = {"number": 1, **amount(9, "case"), "into": output(shop.makes("own"), "O1", 9, "case")}
    now = datetime.now(UTC).isoformat()

    with pytest.raises(Conflict, match="on hold, recalled"):
        shop.confirms(first, lines=[own], event_time=now)
    assert shop.confirms(first, event_time=now).status == "received"
    shop.confirms(second, lines=[own], event_time=now, happened=True)

    assert shop.has(maker.batch("paste")) == {"stock": Decimal(9)}
    (told,) = [one for one in all_rows(engine, Event, act="receive") if one.flags]
    assert told.flags == ["moved-while-recalled"]


@pytest.mark.parametrize(("method", "fits"), [("harmless_treatment", True), ("destroy_central", False)])
def test_what_was_made_into_something_else_was_not_destroyed(
    visit_as: VisitAs, world: World, method: str, fits: bool
) -> None:
    maker = firm(visit_as, world, "zhenyang")
    recall = recalled(visit_as, sold(maker, 20))
    announced = {"batch_id": maker.batch("paste"), "quantity": "20", "unit": "case", "method": method}
    announced |= {"place": "县处理厂", "planned_at": "2026-12-01T09:00:00+08:00"}
    with visit_as("zhenyang") as visit:
        id_ = disposing.announce_disposal(visit, recall, NewDisposal.model_validate(announced)).id
    feed = output(maker.makes("feed"), "D1", 20)
    used = [goods(maker.batch("paste"), 20, "case")]
    made = maker.does("transform", inputs=used, outputs=[feed], happened=True)
    done = Done(performed_at=datetime.now(UTC), event_id=made.id)
    refused = nullcontext() if fits else pytest.raises(Unfit, match="None of your destructions")
    with refused, visit_as("zhenyang") as visit:
        disposing.perform_disposal(visit, recall, id_, done)


def test_a_township_traces_only_what_is_being_recalled(
    visit_as: VisitAs, world: World, engine: Engine
) -> None:
    baker = new_firm(visit_as, world, engine, "baker", "producer", region_code="411724214")
    baker.makes("snack")
    baker.does("produce", outputs=[output(baker.products["snack"], "S1", 10)])
    asked = Asked(Named(batches=[baker.batch("snack", "S1")]))
    with visit_as("township") as visit, pytest.raises(Forbidden, match="Ask the county"):
        tracing.trace(visit, asked)
    with visit_as("baker") as visit:
        recall = recalls.open_recall(visit, new_recall(baker.products["snack"], "S1"))
        recalls.publish_recall(visit, recall.id)
    for office in ("township", "county"):
        with visit_as(office) as visit:
            assert tracing.trace(visit, asked).complete
