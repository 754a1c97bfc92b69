"""What is traced and accounted for while goods are called back."""

from decimal import Decimal

import pytest
from sqlalchemy import Engine

from acts import firm, new_firm, output
from builders import new_recall
from peanuts import deliver_all, produce, recover
from tracelot.operations import balances, recalls, tracing
from tracelot.operations.beginning import Named
from tracelot.operations.tracing import Asked
from tracelot.records.traces import BalanceView
from tracelot.rules.refusals import Forbidden
from world import VisitAs, World


def test_shipped_recovered_and_accounted_are_those_of_the_figures(
    visit_as: VisitAs, world: World, engine: Engine
) -> None:
    sold = firm(visit_as, world, "zhenyang")
    produce(sold)
    kinds = ("wholesaler", "retailer", "caterer")
    customers = [new_firm(visit_as, world, engine, f"customer-{kind}", kind) for kind in kinds]
    deliver_all(sold, customers)

    def balanced(who: str, name: str) -> BalanceView:
        with visit_as(who) as visit:
            return balances.balance(visit, sold.batch(name))

    assert balanced("zhenyang", "bottled").shipped == Decimal(100)
    assert balanced("zhenyang", "packs").shipped == Decimal(290)
    before = balanced("county", "bottled")
    assert before.accounted_share is not None
    assert before.accounted_share < 1

    recover(sold, customers)

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
