"""The work of a recall on the way to its closing: plan, reports, and what offices order and decide."""

from datetime import timedelta

import pytest
from sqlalchemy import Engine

from acts import new_firm
from builders import new_batch, new_recall
from pursued import action, acts, closes, moves, opened, order, reports, seen, whole_plan
from tracelot.operations import (
    batches,
    checking,
    extensions,
    ordering,
    parties,
    planning,
    proceedings,
    recalls,
    reporting,
    rescoping,
)
from tracelot.records.clocks import AskedExtension
from tracelot.records.effectiveness import NewSample
from tracelot.records.parties import PartyChange
from tracelot.records.proceedings import NewPlan
from tracelot.records.recall_search import RecallFilter
from tracelot.records.recalls import NewRange, Recall, RecallChange
from tracelot.records.scopes import ScopeChoice
from tracelot.rules.refusals import Conflict, Forbidden, Stale, Unfit, Unknown
from world import VisitAs, World


@pytest.fixture
def published(visit_as: VisitAs, world: World) -> Recall:
    with visit_as("quality") as visit:
        recall = recalls.publish_recall(visit, opened(visit, world).id)
        return Recall(**recall.model_dump())


# The stages


def test_a_recall_goes_its_way_from_the_draft_to_the_closing(visit_as: VisitAs, world: World) -> None:
    with visit_as("quality") as visit:
        recall = Recall(**opened(visit, world).model_dump())
    stages = [seen(visit_as, "quality", recall).stage]
    moves(visit_as, recall, "start")
    stages.append(seen(visit_as, "quality", recall).stage)
    with visit_as("quality") as visit:
        recalls.publish_recall(visit, recall.id)
    stages.append(seen(visit_as, "quality", recall).stage)
    for step in ("dispose", "complete"):
        moves(visit_as, recall, step)
        stages.append(seen(visit_as, "quality", recall).stage)
    reports(visit_as, recall, "final")
    stages.append(seen(visit_as, "county", recall).stage)
    acts(visit_as, "county", recall, action("evaluate"))
    stages.append(seen(visit_as, "county", recall).stage)
    acts(visit_as, "county", recall, action("close", variance="账册核对后差异为抽样检验用量"))
    stages.append(seen(visit_as, "county", recall).stage)

    assert stages == [
        "assessing",
        "started",
        "recovering",
        "disposing",
        "completed",
        "reported",
        "evaluated",
        "closed",
    ]
    with visit_as() as visit:
        view = recalls.view(visit, recalls.find_recall(visit, recall.code))
        assert (view.state, view.stage, view.closed_at is not None) == ("published", "closed", True)
        assert recalls.query_recalls(visit, RecallFilter(stage="closed")).total == 1


def test_to_what_is_closed_nothing_is_added(visit_as: VisitAs, world: World, published: Recall) -> None:
    with visit_as("quality") as visit:
        later = AskedExtension(until=visit.today + timedelta(days=90), reason="有两家门店尚未退货")
        asked = extensions.ask_extension(visit, published.id, later).id
        other = batches.register_batch(visit, new_batch(world.product_id)).id
    closes(visit_as, published)
    wider = ScopeChoice(batch_ids=[other], reason="同一原料")
    with visit_as("quality") as visit:
        for refused in (
            lambda: rescoping.widen(visit, published.id, wider),
            lambda: extensions.ask_extension(visit, published.id, later),
            lambda: checking.draw_sample(visit, published.id, NewSample(level="A")),
        ):
            with pytest.raises(Conflict, match="over"):
                refused()
    with visit_as("county") as visit:
        with pytest.raises(Conflict, match="over"):
            extensions.decide_extension(visit, asked, True, None)
        assert extensions.decide_extension(visit, asked, False, "召回已结束").state == "refused"


def test_no_step_is_skipped_and_no_office_s_step_is_the_firm_s(visit_as: VisitAs, published: Recall) -> None:
    with visit_as("quality") as visit:
        for step in ("start", "complete"):
            with pytest.raises(Conflict, match="does not stand"):
                reporting.move_on(visit, published.id, step)  # type: ignore[arg-type]
        for step in ("evaluate", "close"):
            with pytest.raises(Conflict):
                reporting.move_on(visit, published.id, step)  # type: ignore[arg-type]
    with visit_as("county") as visit, pytest.raises(Conflict, match="no place"):
        ordering.act_on(visit, published.code, action("close"))


def test_who_saw_an_older_version_changes_nothing(visit_as: VisitAs, published: Recall) -> None:
    version = seen(visit_as, "county", published).version
    acts(visit_as, "county", published, action("site_check"), version)
    with pytest.raises(Stale):
        acts(visit_as, "city", published, action("warning"), version)
    with pytest.raises(Stale), visit_as("quality") as visit:
        reporting.move_on(visit, published.id, "dispose", version=version)


def test_what_follows_the_public_feed_is_told_of_each_stage(visit_as: VisitAs, published: Recall) -> None:
    with visit_as() as visit:
        since = recalls.newest_change(visit)
    acts(visit_as, "county", published, action("site_check"))
    with visit_as() as visit:
        assert recalls.changed_recalls(visit, RecallFilter(), since)[0].total == 0
    moves(visit_as, published, "dispose")
    with visit_as() as visit:
        page, _ = recalls.changed_recalls(visit, RecallFilter(), since)
    assert [one.stage for one in page.items] == ["disposing"]


def test_stronger_measures_take_the_work_back_to_recovering(visit_as: VisitAs, published: Recall) -> None:
    moves(visit_as, published, "dispose", "complete")
    reports(visit_as, published, "final")
    acts(visit_as, "county", published, action("stronger_measures"))

    assert seen(visit_as, "quality", published).stage == "recovering"
    moves(visit_as, published, "dispose")


# The plan


def test_a_plan_is_handed_in_only_whole(visit_as: VisitAs, world: World) -> None:
    with visit_as("quality") as visit:
        recall = opened(visit, world)
        planning.keep_plan(visit, recall.id, NewPlan(process="通知"))
        lacking = {(one.block, one.field) for one in proceedings.view(visit, recall).plan_missing}
        with pytest.raises(Unfit) as refused:
            planning.submit_plan(visit, recall.id, NewPlan(process="通知"))

    assert {field for _, field in lacking} == {
        fault.pointer.removeprefix("#/") for fault in refused.value.faults
    }
    assert lacking == {
        ("producer", "person"), ("goods", "area_codes"), ("course", "ends_on"), ("notice", "channels"),
        ("duties", "duties"), ("disposal", "disposal"), ("disposal", "cost_bearer"), ("effect", "expected_effect"),
    }  # fmt: skip


def test_a_plan_names_the_legal_representative_beside_the_person_in_charge(
    visit_as: VisitAs, world: World
) -> None:
    with visit_as("zhenyang") as visit:
        parties.change_party(visit, PartyChange(legal_rep=None))
    with visit_as("quality") as visit:
        recall = opened(visit, world)
        with pytest.raises(Unfit) as refused:
            planning.submit_plan(visit, recall.id, whole_plan())
    assert [fault.pointer for fault in refused.value.faults] == ["#/legal_rep"]


def test_a_plan_handed_in_shows_the_draft_to_its_offices_and_stays_as_it_is(
    visit_as: VisitAs, world: World
) -> None:
    with visit_as("quality") as visit:
        recall = Recall(**opened(visit, world).model_dump())
        planning.keep_plan(visit, recall.id, NewPlan(process="尚未提交"))
    for who in ("county", "city"):
        with pytest.raises(Unknown):
            seen(visit_as, who, recall)
    with visit_as("quality") as visit:
        planning.submit_plan(visit, recall.id, whole_plan())

    for who in ("county", "city"):
        plan = seen(visit_as, who, recall).plans[0]
        assert (plan.number, plan.state) == (1, "submitted")
        assert plan.digest == planning.digest_of(plan.body)
        assert plan.body["disposal"] == {"disposal": "集中销毁", "cost_bearer": "本企业承担"}
    for stranger in ("neighbour", "guhuai", ""):
        with pytest.raises(Unknown), visit_as(*filter(None, [stranger])) as visit:
            recalls.find_recall(visit, recall.code)
    with visit_as("quality") as visit, pytest.raises(Conflict, match="with the office"):
        planning.keep_plan(visit, recall.id, whole_plan())


def test_an_office_orders_a_change_and_the_next_version_is_another_paper(
    visit_as: VisitAs, published: Recall
) -> None:
    with visit_as("quality") as visit:
        planning.submit_plan(visit, published.id, whole_plan())
    acts(visit_as, "county", published, action("change_plan", text="召回区域应扩大到全省"))
    with visit_as("quality") as visit:
        planning.submit_plan(visit, published.id, whole_plan(area_codes=["410000"]))
    acts(visit_as, "county", published, action("accept_plan"))

    view = seen(visit_as, "quality", published)
    assert [(one.number, one.state) for one in view.plans] == [(1, "to_change"), (2, "accepted")]
    assert [one.body["goods"]["area_codes"] for one in view.plans] == [["411700"], ["410000"]]
    assert [(one.type, one.plan_number) for one in view.actions] == [("change_plan", 1), ("accept_plan", 2)]
    with pytest.raises(Conflict):
        acts(visit_as, "county", published, action("accept_plan"))


# Orders


def test_an_ordered_recall_is_a_draft_that_the_firm_must_act_on(visit_as: VisitAs, world: World) -> None:
    with visit_as("county") as visit:
        recall = Recall(**ordering.order_recall(visit, order(world)).model_dump())
    with visit_as("quality") as visit:
        own = recalls.find_own_recall(visit, recall.id)
        assert (own.state, own.mode, own.order_no) == ("draft", "ordered", "正市监责召〔2026〕3号")
        with pytest.raises(Conflict, match="ordered this recall"):
            recalls.cancel_recall(visit, recall.id, "不愿召回")
    for change in (
        {"level": 3},
        {"ranges": [NewRange(product_id=world.product_id, codes=["ANOTHER"])]},
        {"kind": "mock_drill"},
    ):
        with pytest.raises(Conflict), visit_as("quality") as visit:
            recalls.change_recall(visit, recall.id, RecallChange.model_validate(change))
    wider = NewRange(product_id=world.product_id, codes=[world.code, "ANOTHER"])
    change = {"level": 1, "ranges": [wider], "harm_zh": "损害肝脏", "remedy_zh": "停止食用"}
    with visit_as("quality") as visit:
        recalls.change_recall(visit, recall.id, RecallChange.model_validate(change))
        recalls.publish_recall(visit, recall.id)
    assert seen(visit_as, "county", recall).actions[0].doc_no == "正市监责召〔2026〕3号"


@pytest.mark.parametrize(
    ("who", "refusal"),
    [("township", Forbidden), ("quality", Forbidden), ("site", Forbidden), ("neighbour", Unknown)],
)
def test_only_a_county_or_above_orders_and_only_in_its_territory(
    visit_as: VisitAs, world: World, who: str, refusal: type[Exception]
) -> None:
    with visit_as(who) as visit, pytest.raises(refusal):
        ordering.order_recall(visit, order(world))


def test_a_township_checks_on_the_spot_and_decides_nothing(
    visit_as: VisitAs, world: World, engine: Engine
) -> None:
    baker = new_firm(visit_as, world, engine, "baker", "producer", region_code="411724214")
    baker.makes("snack")
    with visit_as("baker") as visit:
        recall = recalls.open_recall(visit, new_recall(baker.products["snack"], "S1"))
        recall = Recall(**recalls.publish_recall(visit, recall.id).model_dump())
    acts(visit_as, "township", recall, action("site_check", text="现场封存12件"))
    for type_ in ("warning", "order_stop", "require_report", "close"):
        with pytest.raises(Forbidden):
            acts(visit_as, "township", recall, action(type_))

    assert seen(visit_as, "township", recall).allowed == ["site_check"]
    assert [one.type for one in seen(visit_as, "baker", recall).actions] == ["site_check"]
