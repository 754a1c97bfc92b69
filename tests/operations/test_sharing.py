"""What enterprises upstream let their customers see of where goods came from, and what stays theirs."""

from collections.abc import Callable

import pytest
from sqlalchemy import Engine

from acts import Firm, firm, goods, new_firm, output
from tracelot.operations import books, tracing
from tracelot.operations.beginning import Named
from tracelot.operations.tracing import Asked
from tracelot.records.books import BookChange
from tracelot.records.shipments import shipments_of
from world import VisitAs, World

Told = Callable[[], set[tuple[int, str, str]]]


@pytest.fixture
def grower(visit_as: VisitAs, world: World, engine: Engine) -> Firm:
    return new_firm(visit_as, world, engine, "grower", "farm")


@pytest.fixture
def mill(visit_as: VisitAs, world: World, engine: Engine) -> Firm:
    return new_firm(visit_as, world, engine, "mill", "processor")


@pytest.fixture
def baker(visit_as: VisitAs, world: World) -> Firm:
    return firm(visit_as, world, "zhenyang")


def send(sender: Firm, to: Firm, name: str, code: str, quantity: int) -> None:
    lines = [goods(sender.batch(name, code), quantity)]
    event = sender.does("ship", to={"party_id": str(to.party_id)}, lines=lines)
    with sender.visit_as(sender.name) as visit:
        (shipment,) = shipments_of(visit.session, event.id)
        shipment_id = shipment.id
    to.confirms(shipment_id)


@pytest.fixture
def told(grower: Firm, mill: Firm, baker: Firm, visit_as: VisitAs, world: World, engine: Engine) -> Told:
    """Wheat becomes flour and bran, flour becomes bread; wheat, flour and bran go to others, too."""
    other = new_firm(visit_as, world, engine, "other", "processor")
    grower.makes("wheat")
    mill.makes("flour")
    mill.makes("bran")
    baker.makes("bread")
    for code in ("W1", "W2"):
        grower.does("harvest", outputs=[output(grower.products["wheat"], code, 900)])
    send(grower, mill, "wheat", "W1", 500)
    send(grower, other, "wheat", "W1", 100)
    send(grower, other, "wheat", "W2", 100)
    made = [output(mill.products["flour"], "M1", 300), output(mill.products["bran"], "M1", 100)]
    mill.does("transform", inputs=[goods(grower.batch("wheat", "W1"), 400)], outputs=made)
    mill.does("produce", outputs=[output(mill.products["flour"], "M2", 50)])
    send(mill, baker, "flour", "M1", 200)
    send(mill, other, "flour", "M1", 50)
    send(mill, other, "bran", "M1", 50)
    baker.does(
        "transform",
        inputs=[goods(mill.batch("flour", "M1"), 150)],
        outputs=[output(baker.products["bread"], "B1", 150)],
    )

    def ask() -> set[tuple[int, str, str]]:
        named = Named(batches=[baker.batch("bread", "B1")])
        with visit_as("zhenyang") as visit:
            upstream = tracing.trace(visit, Asked(named, "backward")).upstream
        assert upstream is not None
        assert (upstream.tiers, upstream.complete) == (2, True)
        firms = {mill.party_id: "mill", grower.party_id: "grower"}
        return {
            (one.tier, str(one.batch.code), firms[one.batch.firm.id])
            for one in upstream.shared
            if one.batch.firm and one.batch.firm.id
        }

    return ask


def share(who: Firm, *, yes: bool = True) -> None:
    with who.visit_as(who.name) as visit:
        books.set_books(visit, BookChange(share_origin=yes))


def test_nobody_is_told_of_who_does_not_share(told: Told) -> None:
    assert told() == set()


def test_a_supplier_that_shares_shows_what_the_goods_were_made_of_and_nothing_else(
    told: Told, mill: Firm
) -> None:
    share(mill)
    assert told() == {(1, "M1", "mill"), (1, "W1", "mill")}
    share(mill, yes=False)
    assert told() == set()


def test_beyond_one_that_does_not_share_nothing_is_told(told: Told, grower: Firm) -> None:
    share(grower)
    assert told() == set()


def test_where_all_on_the_way_share_the_beginning_is_told(told: Told, mill: Firm, grower: Firm) -> None:
    share(mill)
    share(grower)
    assert told() == {(1, "M1", "mill"), (1, "W1", "mill"), (2, "W1", "grower")}


def test_other_customers_see_no_more_than_before(
    told: Told, mill: Firm, grower: Firm, visit_as: VisitAs
) -> None:
    share(mill)
    share(grower)
    assert told()
    with visit_as("other") as visit:
        whole = tracing.trace(visit, Asked(Named(batches=[mill.batch("flour", "M1")]), "forward"))
    assert whole.upstream is None
    assert not any(one.end.party_id == mill.party_id for one in whole.consignees)
    assert "B1" not in whole.model_dump_json()
