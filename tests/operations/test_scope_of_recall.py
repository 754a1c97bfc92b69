"""The scope of a recall: proposed by tracing, chosen, widened and narrowed, every version frozen."""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Engine
from sqlmodel import select

from acts import Firm, firm, goods, new_firm, output
from builders import new_batch, new_range, new_recall
from peanuts import deliver_all, produce
from tracelot.operations import batches, recalls, rescoping, scope_of_recall, scope_views, voiding
from tracelot.operations.visit import Visit
from tracelot.records.acts import VoidEvent
from tracelot.records.database import connect
from tracelot.records.recalls import Recall, RecallBatch, RecallChange
from tracelot.records.scopes import (
    ScopeChoice,
    ScopeLineView,
    list_scope_lines,
    list_scopes,
)
from tracelot.rules.refusals import Conflict, Forbidden, Unfit, Unknown
from world import Scene, VisitAs, World, visits


def tell(url: str, world: World) -> dict[str, UUID]:
    """Zhenyang with scenario A: three farm lots, kernels, oil and cake, roasted, bottles and packs."""
    engine = connect(url)
    made = firm(visits(engine, world), world, "zhenyang")
    produce(made)
    engine.dispose()
    return made.products


@pytest.fixture
def maker(visit_as: VisitAs, scene: Scene) -> Firm:
    return replace(firm(visit_as, scene.world, "zhenyang"), products=scene.told)


def because(*ids: UUID, reason: str = "复检合格") -> ScopeChoice:
    return ScopeChoice(batch_ids=list(ids), reason=reason)


def of_farm(maker: Firm, **given: Any) -> Any:
    return new_recall(maker.products["raw"], "F2", follow=True, **given)


def opened(maker: Firm, **given: Any) -> UUID:
    with maker.visit_as("quality") as visit:
        return recalls.open_recall(visit, of_farm(maker, **given)).id


def published(maker: Firm, **given: Any) -> UUID:
    recall_id = opened(maker, **given)
    with maker.visit_as("quality") as visit:
        recalls.publish_recall(visit, recall_id)
    return recall_id


def lines(visit: Visit, recall_id: UUID) -> dict[str, ScopeLineView]:
    view = scope_views.scope_view(visit, recalls.find_own_recall(visit, recall_id))
    assert view is not None
    return {line.product_zh or line.code: line for line in view.lines}


def verdicts(visit: Visit, recall_id: UUID) -> dict[str, str]:
    return {name: line.verdict for name, line in lines(visit, recall_id).items()}


def named(visit: Visit, recall_id: UUID) -> set[UUID]:
    return set(visit.session.exec(select(RecallBatch.batch_id).where(RecallBatch.recall_id == recall_id)))


def test_a_farm_lot_leads_to_all_that_was_made_of_it(maker: Firm) -> None:
    recall_id = opened(maker)
    with maker.visit_as("quality") as visit:
        found = verdicts(visit, recall_id)
        view = recalls.view(visit, recalls.find_own_recall(visit, recall_id))

    assert found == dict.fromkeys(
        ("raw", "kernels", "shells", "oil", "cake", "roasted", "bottled", "packs"), "chosen"
    )
    assert {line.product_name_zh for line in view.batches} == set(found)


def test_without_following_only_what_is_named_is_recalled_and_the_rest_stands_open(maker: Firm) -> None:
    with maker.visit_as("quality") as visit:
        recall = recalls.open_recall(visit, new_recall(maker.products["raw"], "F2"))
        found = verdicts(visit, recall.id)
        missed = scope_of_recall.missed(visit, recall)

        assert {name for name, verdict in found.items() if verdict == "chosen"} == {"raw"}
        assert len(missed) == 7
        followed = recalls.change_recall(visit, recall.id, RecallChange(follow=True))
        assert set(verdicts(visit, followed.id).values()) == {"chosen"}
        assert scope_of_recall.missed(visit, followed) == []


def test_a_scope_tells_what_was_made_is_here_on_the_way_and_sent_to_whom(
    maker: Firm, visit_as: VisitAs, world: World, engine: Engine
) -> None:
    kinds = ("wholesaler", "retailer", "caterer")
    customers = [new_firm(visit_as, world, engine, f"customer-{kind}", kind) for kind in kinds]
    deliver_all(maker, customers)
    to = {"party_id": str(customers[0].party_id)}
    maker.does("ship", to=to, lines=[goods(maker.batch("bottled"), 5, "case")])
    maker.does("sell", lines=[goods(maker.batch("bottled"), 2, "case")])
    recall_id = opened(maker)
    with maker.visit_as("quality") as visit:
        bottled, oil = (lines(visit, recall_id)[name].amounts for name in ("bottled", "oil"))

    assert (bottled.made, bottled.on_hand, bottled.on_way, bottled.sold, bottled.unit) == (
        Decimal(120), Decimal(13), Decimal(5), Decimal(2), "case",
    )  # fmt: skip
    sent = {one.party_zh or one.name_zh: (one.sent, one.on_way) for one in bottled.consignees}
    assert sorted(sent.values()) == [(Decimal(40), Decimal(0)), (Decimal(65), Decimal(5))]
    assert (oil.made, oil.used, oil.on_hand) == (Decimal(2200), Decimal("2198.4"), Decimal(0))


def test_batches_are_left_out_for_a_reason_and_what_was_made_of_them_stays(maker: Firm) -> None:
    recall_id = opened(maker)
    with maker.visit_as("quality") as visit:
        rescoping.leave_out(visit, recall_id, because(maker.batch("shells"), maker.batch("oil")))
        found = lines(visit, recall_id)
        assert (found["oil"].verdict, found["oil"].reason) == ("excluded", "复检合格")
        assert found["bottled"].verdict == "chosen"
        assert maker.batch("oil") not in named(visit, recall_id)
        rescoping.take_in(visit, recall_id, because(maker.batch("oil"), reason="复检不合格"))
        assert verdicts(visit, recall_id)["oil"] == "chosen"
        view = scope_views.scope_view(visit, recalls.find_own_recall(visit, recall_id))
        assert view is not None
        assert [(one.act, one.left_out, one.taken_in) for one in view.versions] == [
            ("taken_in", [], ["X1"]), ("left_out", ["X1", "X1"], []), ("opened", [], []),
        ]  # fmt: skip
    with maker.visit_as("quality") as visit:
        recalls.publish_recall(visit, recall_id)
        assert batches.find_batch(visit, maker.batch("shells")).status == "released"
        assert batches.find_batch(visit, maker.batch("oil")).status == "recalled"


def test_a_draft_says_at_once_what_is_left_out(maker: Firm) -> None:
    left = [
        because(maker.batch("shells")).model_dump(),
        because(maker.batch("cake"), reason="不食用").model_dump(),
    ]
    recall_id = opened(maker, excluded=left)
    with maker.visit_as("quality") as visit:
        found = lines(visit, recall_id)

        assert {name: line.reason for name, line in found.items() if line.verdict == "excluded"} == {
            "shells": "复检合格", "cake": "不食用",
        }  # fmt: skip
        changed = recalls.change_recall(visit, recall_id, RecallChange(excluded=[]))
        assert set(verdicts(visit, changed.id).values()) == {"chosen"}


def test_nothing_is_left_out_that_the_trace_does_not_reach(maker: Firm, world: World) -> None:
    recall_id = opened(maker)
    for act in (rescoping.leave_out, rescoping.take_in):
        with maker.visit_as("quality") as visit, pytest.raises(Unfit):
            act(visit, recall_id, because(UUID(int=7)))
    with maker.visit_as("quality") as visit, pytest.raises(Unfit):
        rescoping.leave_out(visit, recall_id, because(world.batch_id))


def test_a_published_recall_is_widened_at_once_and_the_feed_moves(maker: Firm) -> None:
    recall_id = published(maker)
    more = maker.does("transform", inputs=[goods(maker.batch("kernels"), 10)],
                      outputs=[output(maker.products["oil"], "LATE", 4)])  # fmt: skip
    late = maker.batch("oil", "LATE")
    assert more.id
    with maker.visit_as("quality") as visit:
        recall = recalls.find_own_recall(visit, recall_id)
        before = (recall.bucket, recall.seq)
        assert [one.batch_id for one in scope_of_recall.missed(visit, recall)] == [late]
        rescoping.widen(visit, recall_id, because(late, reason="后补记录的批次"))
    with maker.visit_as("quality") as visit:
        recall = recalls.find_own_recall(visit, recall_id)
        assert (recall.bucket, recall.seq) > before
        assert batches.find_batch(visit, late).status == "recalled"
        assert scope_of_recall.missed(visit, recall) == []
        assert "LATE" in [line.code for line in recalls.view(visit, recall).batches]
        assert "recall.scope-widened" in [one.act for one in recalls.history(visit, recall)]
        with pytest.raises(Conflict):
            rescoping.widen(visit, recall_id, because(late))


def test_a_widened_recall_may_name_a_batch_of_another_product_that_no_trace_reaches(
    maker: Firm, world: World
) -> None:
    recall_id = published(maker)
    with maker.visit_as("quality") as visit:
        rescoping.widen(visit, recall_id, because(world.batch_id, reason="同一条生产线"))
        view = recalls.view(visit, recalls.find_own_recall(visit, recall_id))

        assert world.code in [line.code for line in view.batches]
        assert all(line.product_name_zh for line in view.batches)


def test_a_batch_leaves_a_published_recall_with_a_reason_and_waits_on_hold(maker: Firm) -> None:
    recall_id = published(maker)
    cake = maker.batch("cake")
    with maker.visit_as("quality") as visit:
        rescoping.narrow(visit, recall_id, because(cake, reason="未使用该批原料"))
    with maker.visit_as("quality") as visit:
        recall = recalls.find_own_recall(visit, recall_id)
        assert batches.find_batch(visit, cake).status == "held"
        assert cake not in named(visit, recall_id)
        assert scope_of_recall.missed(visit, recall) == []  # it was decided about
        steps = scope_views.public_steps(visit, recall)
        assert [(one.act, one.codes, one.reason) for one in steps] == [("narrowed", ["X1"], "未使用该批原料")]
        kept = list_scope_lines(visit.session, recall_id, 2)
        assert cake in {line.batch_id for line in kept if line.verdict == "chosen"}
        batches.release_batch(visit, cake, "复核")
        assert batches.find_batch(visit, cake).status == "released"


def test_a_published_recall_keeps_at_least_one_batch(maker: Firm) -> None:
    with maker.visit_as("quality") as visit:
        recall = recalls.open_recall(visit, new_recall(maker.products["packs"], "X1", follow=True))
        recalls.publish_recall(visit, recall.id)
        with pytest.raises(Conflict):
            rescoping.narrow(visit, recall.id, because(maker.batch("packs")))


def test_a_batch_that_left_does_not_come_back_by_its_date(visit_as: VisitAs, world: World) -> None:
    with visit_as("quality") as visit:
        for code in ("D1", "D2"):
            batches.register_batch(visit, new_batch(world.product_id, code=code, release=True))
        recall = recalls.open_recall(visit, new_recall(world.product_id))
        recalls.publish_recall(visit, recall.id)
        gone = next(line for line in recalls.view(visit, recall).batches if line.code == "D1").batch_id
        rescoping.narrow(visit, recall.id, because(gone))
        recall_id = recall.id
    with visit_as("quality") as visit:
        change = {"reason": "更正包装文字", "printed_text": "D1/一班"}
        batches.correct_batch(visit, gone, batches.BatchChange.model_validate(change))
        assert batches.find_batch(visit, gone).status == "held"
        assert gone not in named(visit, recall_id)


def test_a_later_registration_is_a_version_of_its_own(visit_as: VisitAs, world: World) -> None:
    with visit_as("quality") as visit:
        recall = recalls.open_recall(visit, new_recall(world.product_id))
        recalls.publish_recall(visit, recall.id)
        recall_id = recall.id
    with visit_as("quality") as visit:
        batches.register_batch(visit, new_batch(world.product_id, code="LATE"))
    with visit_as("quality") as visit:
        view = scope_views.scope_view(visit, recalls.find_own_recall(visit, recall_id))

        assert view is not None
        assert (view.versions[0].act, view.versions[0].added) == ("registered", ["LATE"])


@pytest.mark.parametrize(
    ("selector", "codes"),
    [
        ({"codes": ["L9", "NEW"]}, {"L9", "NEW"}),
        ({"code_from": "L9", "code_to": "L11"}, {"L9", "L10", "L11"}),
        ({"code_from": "L100"}, {"L100"}),
        ({"made_from": "2026-09-10", "made_to": "2026-09-11"}, {"L10", "L11"}),
        ({"made_from": "2026-09-10", "code_to": "L10"}, {"L10"}),
        ({"whole": True}, {"L9", "L10", "L11", "L100"}),
    ],
)
def test_batches_are_selected_by_code_range_window_and_product(
    visit_as: VisitAs, world: World, selector: dict[str, Any], codes: set[str]
) -> None:
    made = firm(visit_as, world, "zhenyang")
    product_id = made.makes("selected", own_code="SELECTED")
    with visit_as("quality") as visit:
        for number, day in ((9, "09"), (10, "10"), (11, "11"), (100, "12")):
            new = new_batch(product_id, code=f"L{number}", production_date=f"2026-09-{day}")
            batches.register_batch(visit, new)
        span = new_range(product_id, **selector)
        view = recalls.view(visit, recalls.open_recall(visit, new_recall(product_id, ranges=[span])))

    assert {line.code for line in view.batches} == codes


def test_all_of_a_product_holds_for_batches_to_come(visit_as: VisitAs, world: World) -> None:
    with visit_as("quality") as visit:
        span = new_range(world.product_id, whole=True)
        recall = recalls.open_recall(visit, new_recall(world.product_id, ranges=[span]))
        recalls.publish_recall(visit, recall.id)
    with visit_as("quality") as visit:
        late = batches.register_batch(visit, new_batch(world.product_id, production_date="2026-10-30"))

        assert late.status == "recalled"


def test_what_was_at_a_facility_for_a_while_is_recalled_and_what_was_made_of_it(
    maker: Firm, visit_as: VisitAs, world: World
) -> None:
    window = {"since": "2026-09-20T00:00:00Z", "until": "2026-09-20T23:59:59Z"}
    span = {"facility_id": str(maker.facility_id), **window}
    empty = span | {"since": "2026-08-01T00:00:00Z", "until": "2026-08-02T00:00:00Z"}
    with visit_as("quality") as visit:
        recall = recalls.open_recall(visit, new_recall(world.product_id, ranges=[span], follow=True))
        assert {line.product_name_zh for line in recalls.view(visit, recall).batches} >= {
            "raw",
            "packs",
            "oil",
        }
        none = recalls.open_recall(visit, new_recall(world.product_id, ranges=[empty], follow=True))
        assert recalls.view(visit, none).batches == []
    with visit_as("guhuai") as visit, pytest.raises(Unfit):
        recalls.open_recall(visit, new_recall(world.elsewhere_id, ranges=[span]))


def test_what_others_made_of_ours_is_named_apart_and_recalled_by_nobody_but_them(
    maker: Firm, visit_as: VisitAs, world: World, engine: Engine
) -> None:
    buyer = new_firm(visit_as, world, engine, "buyer", "wholesaler")
    sent = maker.does(
        "ship", to={"party_id": str(buyer.party_id)}, lines=[goods(maker.batch("bottled"), 60, "case")]
    )
    buyer.confirms(sent.id)
    own = buyer.makes("sauce")
    buyer.does("transform", inputs=[goods(maker.batch("bottled"), 1, "case")], outputs=[output(own, "S1", 9)])
    recall_id = published(maker)
    with visit_as("quality") as visit, pytest.raises(Unfit) as refused:
        rescoping.widen(visit, recall_id, because(buyer.batch("sauce", "S1")))
    assert refused.value.kind == "not-own-batch"
    with visit_as("buyer") as visit, pytest.raises(Unknown):
        rescoping.widen(visit, recall_id, because(buyer.batch("sauce", "S1")))


def test_a_recall_of_bought_goods_takes_in_what_became_of_them(
    maker: Firm, visit_as: VisitAs, world: World, engine: Engine
) -> None:
    farmer = new_firm(visit_as, world, engine, "farmer", "coop")
    salt = farmer.makes("salt")
    farmer.does("harvest", outputs=[output(salt, "S1", 100)])
    sent = farmer.does(
        "ship", to={"party_id": str(maker.party_id)}, lines=[goods(farmer.batch("salt", "S1"), 50)]
    )
    maker.confirms(sent.id)
    maker.makes("salted")
    maker.does("transform", inputs=[goods(farmer.batch("salt", "S1"), 10), goods(maker.batch("kernels"), 5)],
               outputs=[output(maker.products["salted"], "N1", 14)])  # fmt: skip
    window = {"since": "2026-09-20T00:00:00Z", "until": "2026-09-20T23:59:59Z"}
    span = {"facility_id": str(maker.facility_id), **window}
    with visit_as("quality") as visit:
        recall = recalls.open_recall(visit, new_recall(world.product_id, ranges=[span], follow=True))
        found = lines(visit, recall.id)

    assert (found["salt"].verdict, found["salted"].verdict) == ("others", "chosen")
    assert (found["salt"].code, found["salt"].named) == ("S1", True)


def unsigned(maker: Firm, act: Callable[..., Recall], recall_id: UUID, choice: ScopeChoice) -> None:
    with maker.visit_as("quality") as visit:
        visit.factors = frozenset()
        act(visit, recall_id, choice)


def test_only_who_publishes_widens_and_narrows_and_signs_it(maker: Firm, world: World) -> None:
    recall_id = published(maker)
    for act, batch in ((rescoping.narrow, maker.batch("oil")), (rescoping.widen, world.batch_id)):
        with maker.visit_as("recorder") as visit, pytest.raises(Forbidden):
            act(visit, recall_id, because(batch))
        with pytest.raises(Forbidden) as refused:
            unsigned(maker, act, recall_id, because(batch))
        assert refused.value.kind == "signature-needed"


def test_the_office_sees_the_scope_of_what_is_published_and_strangers_none(maker: Firm) -> None:
    recall_id = opened(maker)
    with maker.visit_as("county") as visit:
        assert list_scopes(visit.session, recall_id) == []
    with maker.visit_as("quality") as visit:
        recalls.publish_recall(visit, recall_id)
    for who, seen in (("county", True), ("city", True), ("neighbour", False), ("guhuai", False)):
        with maker.visit_as(who) as visit:
            recall = recalls.find_recall(visit, str(recall_id))
            assert (scope_views.scope_view(visit, recall) is not None) == seen


def test_a_record_that_is_declared_void_still_counts_and_is_shown_as_possible(maker: Firm) -> None:
    late = maker.does("transform", inputs=[goods(maker.batch("kernels"), 10)],
                      outputs=[output(maker.products["oil"], "VOIDED", 4)])  # fmt: skip
    with maker.visit_as("quality") as visit:
        voiding.void_event(visit, late.id, VoidEvent(reason="录入错误"))
    recall_id = opened(maker)
    with maker.visit_as("quality") as visit:
        view = scope_views.scope_view(visit, recalls.find_own_recall(visit, recall_id))

    assert view is not None
    assert {line.code: (line.certainty, line.verdict) for line in view.lines}["VOIDED"] == (
        "possible",
        "chosen",
    )
