"""Traces through the operations: the figures of scenario A, and what each of those concerned may see of them."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Engine

from acts import Firm, firm, new_firm
from peanuts import deliver_all, produce
from tracelot.operations import balances, tracing
from tracelot.operations.beginning import Named
from tracelot.operations.tracing import Asked
from tracelot.records.database import connect
from tracelot.records.traces import BalanceView, TraceView
from tracelot.rules.ids import new_id
from tracelot.rules.refusals import Forbidden, Unfit, Unidentified, Unknown
from world import VisitAs, World, visits


@pytest.fixture(scope="module")
def store(cast_store: str) -> str:
    """One store for all of these tests: none of them records anything more."""
    return cast_store


@pytest.fixture(scope="module")
def engine(store: str) -> Iterator[Engine]:
    opened = connect(store)
    yield opened
    opened.dispose()


@pytest.fixture(scope="module")
def visit_as(cast: World, engine: Engine) -> VisitAs:
    return visits(engine, cast)


@pytest.fixture(scope="module")
def maker(visit_as: VisitAs, cast: World) -> Firm:
    made = firm(visit_as, cast, "zhenyang")
    produce(made)
    return made


@pytest.fixture(scope="module")
def customers(visit_as: VisitAs, cast: World, engine: Engine) -> list[Firm]:
    kinds = ("wholesaler", "retailer", "caterer")
    return [new_firm(visit_as, cast, engine, f"customer-{kind}", kind) for kind in kinds]


@pytest.fixture(scope="module")
def sold(maker: Firm, customers: list[Firm]) -> Firm:
    deliver_all(maker, customers)
    return maker


def traced(visit_as: VisitAs, who: str, batch: UUID, **asked: Any) -> TraceView:
    with visit_as(who) as visit:
        return tracing.trace(visit, Asked(Named(batches=[batch]), limit=200, **asked))


def balanced(visit_as: VisitAs, who: str, batch: UUID) -> BalanceView:
    with visit_as(who) as visit:
        return balances.balance(visit, batch)


def batches(view: TraceView) -> set[UUID | None]:
    return {one.batch.id for one in view.items}


@pytest.mark.parametrize("kind", ["trace", "recall"])
@pytest.mark.parametrize("who", ["zhenyang", "county", "city"])
def test_one_farm_lot_reaches_both_products_and_three_customers(
    visit_as: VisitAs, sold: Firm, customers: list[Firm], kind: Any, who: str
) -> None:
    view = traced(visit_as, who, sold.batch("raw", "F2"), kind=kind)

    assert {sold.batch("bottled"), sold.batch("packs")} <= batches(view)
    assert sold.batch("raw", "F1") not in batches(view)
    told = [one for one in view.consignees if one.certainty != "possible"]
    assert {one.end.party_id for one in told} == {one.party_id for one in customers}
    assert sum(one.direct for one in told) == 3
    assert view.complete
    assert view.upstream is None


def test_stock_and_quantities_are_those_of_the_figures(visit_as: VisitAs, sold: Firm) -> None:
    view = traced(visit_as, "zhenyang", sold.batch("raw", "F2"))
    held = {one.batch.id: {(h.least, h.most, h.unit) for h in one.on_hand} for one in view.items}
    made = {one.batch.id: (one.quantity, one.unit) for one in view.items}

    assert held[sold.batch("bottled")] == {(Decimal(20), Decimal(20), "case")}
    assert held[sold.batch("packs")] == {(Decimal(42), Decimal(42), "case")}
    assert held[sold.batch("kernels")] == {(Decimal(20), Decimal(20), "kg")}
    assert made[sold.batch("kernels")] == (Decimal(8520), "kg")
    assert made[sold.batch("bottled")] == (Decimal(120), "case")


def test_the_way_back_leads_to_every_farm_lot(visit_as: VisitAs, sold: Firm) -> None:
    view = traced(visit_as, "zhenyang", sold.batch("packs"), direction="backward")

    assert {sold.batch("raw", code) for code in ("F1", "F2", "F3")} <= batches(view)
    assert sold.batch("bottled") not in batches(view)
    assert view.upstream is not None
    assert (view.upstream.tiers, view.upstream.complete) == (0, True)
    path = next(one.path for one in view.items if one.batch.id == sold.batch("raw", "F2"))
    assert [step.batch_id for step in path] == [
        sold.batch("packs"), sold.batch("roasted"), sold.batch("kernels"), sold.batch("raw", "F2")
    ]  # fmt: skip


def test_a_balance_tells_yields_and_what_nothing_accounts_for(visit_as: VisitAs, sold: Firm) -> None:
    view = balanced(visit_as, "zhenyang", sold.batch("kernels"))
    shelling = next(line for line in view.lines if line.taken == Decimal(12000))

    assert (shelling.put, shelling.lost, shelling.unexplained) == (Decimal(11820), Decimal(180), Decimal(0))
    shares = {one.batch_id: one.share for one in shelling.yields}
    assert shares[sold.batch("kernels")] == Decimal("0.71")
    assert (view.produced, view.stock) == (Decimal(8520), Decimal(20))
    assert view.ended == {"use": Decimal(8500)}


def test_a_customer_sees_one_step_each_way(visit_as: VisitAs, sold: Firm, customers: list[Firm]) -> None:
    view = traced(visit_as, customers[0].name, sold.batch("bottled"), direction="both")

    assert batches(view) == {sold.batch("bottled")}
    assert view.consignees == []
    assert view.upstream is not None
    assert (view.upstream.tiers, view.upstream.complete) == (1, True)
    text = view.model_dump_json()
    assert str(sold.party_id) in text
    for other in customers[1:]:
        assert str(other.party_id) not in text
        assert str(other.facility_id) not in text
    assert [str(one.least) for one in view.items[0].on_hand] == ["60"]


def test_nobody_else_sees_anything(visit_as: VisitAs, sold: Firm, customers: list[Firm]) -> None:
    with pytest.raises(Unidentified), visit_as() as visit:
        tracing.trace(visit, Asked(Named(batches=[sold.batch("raw", "F2")])))
    with pytest.raises(Forbidden):
        traced(visit_as, "site", sold.batch("raw", "F2"))
    for stranger in ("guhuai", "impostor", "neighbour", customers[0].name):
        for batch in (sold.batch("raw", "F2"), new_id()):
            with pytest.raises(Unknown, match="No such batch"):
                traced(visit_as, stranger, batch)


def test_ten_thousand_starts_are_refused_as_one(visit_as: VisitAs, sold: Firm) -> None:
    assert sold
    many = [new_id() for _ in range(10_000)]
    with pytest.raises(Unfit, match="no more than 100"), visit_as("zhenyang") as visit:
        tracing.trace(visit, Asked(Named(batches=many)))
