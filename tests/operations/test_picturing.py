"""A trace as one picture: everything that the pages of the answer hold, with labels as the visitor may read them."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import Engine

from acts import Firm, firm, goods, new_act, new_firm, output
from peanuts import deliver_all, produce
from tracelot.operations import acts, parties, picturing, tracing, voiding
from tracelot.operations.beginning import Named
from tracelot.operations.tracing import Asked
from tracelot.records.acts import VoidEvent
from tracelot.records.facilities import FacilityChange
from tracelot.rules.pictures import ways_through
from world import VisitAs, World


@pytest.fixture
def maker(visit_as: VisitAs, world: World) -> Firm:
    made = firm(visit_as, world, "zhenyang")
    produce(made)
    return made


def test_a_picture_holds_what_the_pages_of_the_answer_hold(visit_as: VisitAs, maker: Firm) -> None:
    named = Named(batches=[maker.batch("kernels")])
    with visit_as("zhenyang") as visit:
        drawn = picturing.picture(visit, Asked(named, "both"))
        first = tracing.trace(visit, Asked(named, "both", edges=True, limit=4))
        rest = tracing.trace(visit, Asked(named, "both", edges=True, limit=200, cursor=first.cursor))

    assert drawn.view.items == first.items + rest.items
    assert (drawn.view.gaps, drawn.view.edges) == (first.gaps, first.edges)
    assert drawn.view.cursor is None
    assert {key for key, _ in drawn.rows} == {node.key for node in drawn.whole.nodes}
    assert all(key == str(item.batch.id) for key, item in drawn.rows)


def test_the_ways_through_a_batch_are_its_origins_and_what_became_of_it(
    visit_as: VisitAs, maker: Firm
) -> None:
    with visit_as("zhenyang") as visit:
        drawn = picturing.picture(visit, Asked(Named(batches=[maker.batch("raw", "F2")])))

    lit = ways_through(drawn.whole, str(maker.batch("oil")))

    met = [maker.batch("raw", "F2"), *map(maker.batch, ("kernels", "oil", "bottled"))]
    assert lit == set(map(str, met))


def test_labels_are_in_the_language_asked_for_and_say_product_and_stage(
    visit_as: VisitAs, maker: Firm
) -> None:
    asked = Asked(Named(batches=[maker.batch("kernels")]), depth=0)
    with visit_as("zhenyang") as visit:
        zh, en = (picturing.picture(visit, asked, language=one).facts for one in ("zh", "en"))
        by_stage = picturing.picture(visit, asked, by="stage").shown

    key = str(maker.batch("kernels"))
    assert (zh[key].label, zh[key].product, zh[key].party_name) == ("X1", "kernels", "正阳花生油有限公司")
    assert en[key].party_name == "Zhengyang Peanut Oil Co., Ltd."
    assert (en[key].stage, en[key].status, en[key].unit) == ("finished", "released", "kg")
    assert [node.kind for node in by_stage.nodes] == ["group"]


def test_where_a_partner_stands_is_told_to_its_regulator_alone(
    visit_as: VisitAs, maker: Firm, world: World, engine: Engine
) -> None:
    customers = [new_firm(visit_as, world, engine, f"c-{kind}", kind) for kind in ("wholesaler", "retailer")]
    deliver_all(maker, customers)
    asked = Asked(Named(batches=[maker.batch("bottled")]))
    there = [f"facility:{one.facility_id}" for one in customers]
    for one in customers:
        with visit_as(one.name) as visit:
            parties.change_facility(visit, one.facility_id, FacilityChange(longitude=114.0, latitude=33.0))

    def spots(who: str) -> list[bool]:
        with visit_as(who) as visit:
            names = picturing.picture(visit, asked).names
            return [names.spot(end) is not None for end in there]

    assert spots("county") == [True, True]
    assert spots("zhenyang") == [False, False]
    assert spots(customers[0].name) == [True, False]


def test_the_moments_are_those_at_which_something_was_recorded_or_declared_void(
    visit_as: VisitAs, world: World
) -> None:
    made = firm(visit_as, world, "zhenyang")
    made.makes("paste")
    start = datetime(2026, 9, 21, 8, tzinfo=UTC)

    def at(minute: int, act: str, **given: object) -> UUID:
        with visit_as("zhenyang", start + timedelta(minutes=minute, milliseconds=250)) as visit:
            return acts.record_event(visit, new_act(act, facility_id=str(made.facility_id), **given)).id

    batch = made.batch("paste")
    at(0, "produce", outputs=[output(made.products["paste"], "X1", 10)])
    wrong = at(5, "sample", lines=[goods(batch, 1)])
    at(9, "sample", lines=[goods(batch, 2)])
    with visit_as("zhenyang", start + timedelta(minutes=30)) as visit:
        voiding.void_event(visit, wrong, VoidEvent(reason="记错了"))

    for as_of in (None, start + timedelta(minutes=6)):
        asked = Asked(Named(batches=[batch]), "both", as_of=as_of)
        with visit_as("zhenyang") as visit:
            told = picturing.moments(visit, asked, picturing.picture(visit, asked))
        minutes = [(one - start).total_seconds() for one in told]
        assert minutes == [1, 301, 541, 1800]


def test_before_it_was_recorded_there_is_nothing(visit_as: VisitAs, maker: Firm) -> None:
    asked = Asked(Named(batches=[maker.batch("oil")]), "both", as_of=datetime(2020, 1, 1, tzinfo=UTC))
    with visit_as("zhenyang") as visit:
        drawn = picturing.picture(visit, asked)

    assert (drawn.rows, drawn.whole.nodes, drawn.view.complete) == ((), (), True)
