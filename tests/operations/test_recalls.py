"""Opening, changing, publishing and cancelling a recall, and what it does to batches."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlmodel import select

from builders import new_batch, new_range, new_recall
from tracelot.operations import batches, parties, products, recalls
from tracelot.operations.visit import Visit
from tracelot.records.batches import BatchChange, StatusChange
from tracelot.records.outbox import Task
from tracelot.records.products import ProductChange
from tracelot.records.recall_search import RecallFilter
from tracelot.records.recalls import RecallChange
from tracelot.rules.refusals import Conflict, Forbidden, Stale, Unfit, Unknown
from world import VisitAs, World


def published(visit: Visit, world: World, *codes: str, **given: Any) -> UUID:
    recall = recalls.open_recall(visit, new_recall(world.product_id, *codes, **given))
    return recalls.publish_recall(visit, recall.id).id


def test_a_draft_recalls_nothing_and_is_the_firm_s_alone(visit_as: VisitAs, world: World) -> None:
    with visit_as("quality") as visit:
        code = recalls.open_recall(visit, new_recall(world.product_id, world.code)).code
        assert batches.find_batch(visit, world.batch_id).status == "released"
    for who in ("county", "city", "guhuai", "site"):
        with visit_as(who) as visit, pytest.raises(Unknown):
            recalls.find_recall(visit, code)
    with visit_as() as visit, pytest.raises(Unknown):
        recalls.find_recall(visit, code)


def test_publishing_recalls_the_batches_named(visit_as: VisitAs, world: World) -> None:
    with visit_as("quality") as visit:
        published(visit, world, world.code)
        batch = batches.find_batch(visit, world.batch_id)

        assert batch.status == "recalled"
        assert [recall.level for recall in batches.recalls_of(visit, batch)] == [1]


def test_a_date_range_holds_what_was_registered_after_the_draft(visit_as: VisitAs, world: World) -> None:
    with visit_as("quality") as visit:
        recall = recalls.open_recall(visit, new_recall(world.product_id))
        late = batches.register_batch(visit, new_batch(world.product_id, production_date="2026-09-30"))
        outside = batches.register_batch(visit, new_batch(world.product_id, production_date="2026-10-01"))
        recalls.publish_recall(visit, recall.id)

        assert (late.status, outside.status) == ("recalled", "pending_inspection")


def test_a_code_registered_after_the_draft_is_published_as_registered(
    visit_as: VisitAs, world: World
) -> None:
    with visit_as("quality") as visit:
        recall = recalls.open_recall(visit, new_recall(world.product_id, "LATE1"))
        batches.register_batch(visit, new_batch(world.product_id, code="LATE1"))
        line = recalls.view(visit, recalls.publish_recall(visit, recall.id)).batches[0]

        assert (line.code, line.registered) == ("LATE1", True)


def test_another_scope_is_another_version(visit_as: VisitAs, world: World) -> None:
    with visit_as("quality") as visit:
        recall = recalls.open_recall(visit, new_recall(world.product_id, "A1"))
        read = recall.version
        wider = RecallChange(ranges=[new_range(world.product_id, codes=["A1", "A2"])])
        recalls.change_recall(visit, recall.id, wider)
        with pytest.raises(Stale):
            recalls.publish_recall(visit, recall.id, read)


def test_a_batch_registered_later_inside_a_recalled_range_is_recalled_at_once(
    visit_as: VisitAs, world: World
) -> None:
    with visit_as("quality") as visit:
        recall_id = published(visit, world)
    with visit_as("quality") as visit:
        late = new_batch(world.product_id, code="LATE", production_date="2026-09-01", release=True)
        batch = batches.register_batch(visit, late)
        view = recalls.view(visit, recalls.find_recall(visit, str(recall_id)))

        assert batch.status == "recalled"
        assert {line.code for line in view.batches} == {world.code, "LATE"}


def test_a_code_may_be_recalled_before_its_batch_is_registered(visit_as: VisitAs, world: World) -> None:
    with visit_as("quality") as visit:
        recall_id = published(visit, world, "GHOST")
        line = recalls.view(visit, recalls.find_recall(visit, str(recall_id))).batches[0]
        assert (line.code, line.registered, line.production_date) == ("GHOST", False, None)
    with visit_as("quality") as visit:
        batch = batches.register_batch(visit, new_batch(world.product_id, code="GHOST"))
        line = recalls.view(visit, recalls.find_recall(visit, str(recall_id))).batches[0]

        assert (batch.status, line.registered) == ("recalled", True)


def test_codes_and_dates_together_name_only_what_fits_both(visit_as: VisitAs, world: World) -> None:
    span = {"product_id": world.product_id, "codes": [world.code], "made_from": "2026-10-01"}
    with visit_as("quality") as visit:
        recall = recalls.open_recall(visit, new_recall(world.product_id, ranges=[span]))

        assert recalls.view(visit, recall).batches == []
        with pytest.raises(Unfit) as refused:
            recalls.publish_recall(visit, recall.id)

    assert "#/batches" in [fault.pointer for fault in refused.value.faults]


def test_a_void_batch_stays_void(visit_as: VisitAs, world: World) -> None:
    with visit_as("quality") as visit:
        batches.void_batch(visit, world.batch_id, StatusChange(reason="录入错误"))
        published(visit, world, world.code)

        assert batches.find_batch(visit, world.batch_id).status == "void"


def test_an_incomplete_notice_is_refused_with_all_that_it_lacks(visit_as: VisitAs, world: World) -> None:
    new = new_recall(world.product_id, world.code, harm_zh=None, contact=None)
    with visit_as("quality") as visit:
        recall = recalls.open_recall(visit, new)
        with pytest.raises(Unfit) as refused:
            recalls.publish_recall(visit, recall.id)

    assert [fault.pointer for fault in refused.value.faults] == ["#/harm_zh", "#/contact"]


def test_a_published_notice_is_never_rewritten_nor_cancelled(visit_as: VisitAs, world: World) -> None:
    with visit_as("quality") as visit:
        recall_id = published(visit, world, world.code)
    acts = [
        lambda visit: recalls.change_recall(visit, recall_id, RecallChange(level=3)),
        lambda visit: recalls.publish_recall(visit, recall_id),
        lambda visit: recalls.cancel_recall(visit, recall_id, "写错了"),
    ]
    for act in acts:
        with visit_as("quality") as visit, pytest.raises(Conflict) as refused:
            act(visit)
        assert refused.value.kind == "recall-published"


def test_a_cancelled_draft_frees_its_batches_and_stays_on_record(visit_as: VisitAs, world: World) -> None:
    with visit_as("quality") as visit:
        recall = recalls.open_recall(visit, new_recall(world.product_id, world.code))
        recalls.cancel_recall(visit, recall.id, "复检合格")
    with visit_as("quality") as visit:
        kept = recalls.find_recall(visit, recall_code := str(recall.id))

        assert (kept.state, kept.cancelled_reason) == ("cancelled", "复检合格")
        assert batches.find_batch(visit, world.batch_id).status == "released"
        assert [entry.act for entry in recalls.history(visit, kept)] == ["recall.opened", "recall.cancelled"]
    with visit_as("county") as visit, pytest.raises(Unknown):
        recalls.find_recall(visit, recall_code)


def test_a_draft_may_change_its_words_and_its_whole_scope(visit_as: VisitAs, world: World) -> None:
    with visit_as("quality") as visit:
        recall = recalls.open_recall(visit, new_recall(world.product_id, "X1", "X2"))
        span = {"product_id": world.product_id, "codes": [world.code]}
        changed = RecallChange.model_validate({"level": 2, "reason_en": None, "ranges": [span]})
        view = recalls.view(visit, recalls.change_recall(visit, recall.id, changed))

        assert (view.level, view.reason_en, view.reason_zh) == (2, None, "黄曲霉毒素B1超标")
        assert [line.code for line in view.batches] == [world.code]
        assert len(view.ranges) == 1


def test_the_recalls_of_a_county_are_numbered_by_day(visit_as: VisitAs, world: World) -> None:
    day = datetime(2026, 11, 22, 17, tzinfo=UTC)  # already the 23rd in Shanghai
    with visit_as("quality", day) as visit:
        codes = [recalls.open_recall(visit, new_recall(world.product_id, code)).code for code in ("A", "B")]
    with visit_as("quality", day + timedelta(days=1)) as visit:
        codes.append(recalls.open_recall(visit, new_recall(world.product_id, "C")).code)

    assert codes == ["ZH-411724-20261123-0001", "ZH-411724-20261123-0002", "ZH-411724-20261124-0001"]


def test_the_same_recall_sent_again_is_the_same_and_another_one_is_refused(
    visit_as: VisitAs, world: World
) -> None:
    new = new_recall(world.product_id, world.code, id=UUID(int=9))
    with visit_as("quality") as visit:
        assert recalls.open_recall(visit, new).code == recalls.open_recall(visit, new).code
        with pytest.raises(Conflict):
            recalls.open_recall(visit, new_recall(world.product_id, world.code, id=UUID(int=9), level=3))


def test_knowledge_does_not_come_from_the_future(visit_as: VisitAs, world: World) -> None:
    later = datetime.now(UTC) + timedelta(hours=1)
    with visit_as("quality") as visit, pytest.raises(Unfit) as refused:
        recalls.open_recall(visit, new_recall(world.product_id, knowledge_at=later))

    assert refused.value.faults[0].pointer == "#/knowledge_at"


def test_nobody_recalls_a_stranger_s_product(visit_as: VisitAs, world: World) -> None:
    with visit_as("quality") as visit, pytest.raises(Unfit):
        recalls.open_recall(visit, new_recall(world.elsewhere_id, "X"))


def test_a_recorder_opens_no_recall(visit_as: VisitAs, world: World) -> None:
    with visit_as("recorder") as visit, pytest.raises(Forbidden):
        recalls.open_recall(visit, new_recall(world.product_id, world.code))


def test_an_outdated_reading_is_not_published(visit_as: VisitAs, world: World) -> None:
    with visit_as("quality") as visit:
        recall = recalls.open_recall(visit, new_recall(world.product_id, world.code))
        seen = recall.version
        recalls.change_recall(visit, recall.id, RecallChange(level=2), seen)
        with pytest.raises(Stale):
            recalls.publish_recall(visit, recall.id, seen)


def test_the_regulators_are_told_after_the_commit(visit_as: VisitAs, world: World) -> None:
    with visit_as("quality") as visit:
        recall_id = published(visit, world, world.code)
    with visit_as("quality") as visit:
        task = visit.kernel().exec(select(Task).where(Task.kind == "recall-published")).one()

    assert task.payload == {"recall_id": str(recall_id)}


@pytest.mark.parametrize(
    ("who", "seen"),
    [("county", True), ("city", True), ("neighbour", True), ("guhuai", True), (None, True), ("site", True)],
)
def test_a_published_notice_is_everybody_s_to_read(
    visit_as: VisitAs, world: World, who: str | None, seen: bool
) -> None:
    with visit_as("quality") as visit:
        recall_id = published(visit, world, world.code)
    with visit_as(who) if who else visit_as() as visit:
        found = recalls.query_recalls(visit, RecallFilter(text="花生"))

        assert ([recall.id for recall in found.items] == [recall_id]) == seen
        assert recalls.recall_facets(visit, RecallFilter())["level"] == {"1": 1}


def test_a_published_notice_keeps_the_names_and_dates_of_its_day(visit_as: VisitAs, world: World) -> None:
    with visit_as("quality") as visit:
        batch = batches.register_batch(
            visit, new_batch(world.product_id, code="K1", expiry_date="2027-09-15")
        )
        recall = recalls.open_recall(visit, new_recall(world.product_id, "K1"))
        recalls.publish_recall(visit, recall.id)
        told = recalls.view(visit, recall).batches
        recall_id, batch_id = recall.id, batch.id
    with visit_as("quality") as visit:
        products.change_product(
            visit, world.product_id, ProductChange(name_zh="改名油", name_en="Renamed oil")
        )
        change = BatchChange(reason="改日期", production_date=date(2020, 1, 1))
        batches.correct_batch(visit, batch_id, change)
    with visit_as() as visit:
        recall = recalls.find_recall(visit, str(recall_id))
        assert recalls.view(visit, recall).batches == told
        found = recalls.query_recalls(visit, RecallFilter(product=told[0].product_name_zh))
        assert recall_id in [one.id for one in found.items]
        assert not recalls.query_recalls(visit, RecallFilter(product="改名油")).items


def test_the_operator_may_refuse_an_impostor_that_published_and_its_notice_stays(
    visit_as: VisitAs, world: World
) -> None:
    with visit_as("quality") as visit:
        recall = recalls.open_recall(visit, new_recall(world.product_id, "B1"))
        recalls.publish_recall(visit, recall.id)
        recall_id = recall.id
    with visit_as("county") as visit, pytest.raises(Conflict):
        parties.decide_party(visit, world.parties["zhenyang"], "rejected", "冒名")
    with visit_as("site") as visit:
        parties.decide_party(visit, world.parties["zhenyang"], "rejected", "冒名")
    with visit_as("county") as visit:
        parties.decide_party(visit, world.parties["impostor"], "verified", "真身")
    with visit_as() as visit:
        view = recalls.view(visit, recalls.find_recall(visit, str(recall_id)))
        assert (view.firm_status, view.batches[0].gtin) == ("rejected", None)
        assert recall_id in [one.id for one in recalls.query_recalls(visit, RecallFilter()).items]


def test_a_key_that_may_write_batches_needs_no_other_scope(visit_as: VisitAs, world: World) -> None:
    with visit_as("quality") as visit:
        writer = replace(visit.actor, scopes=frozenset({"batches:write"}))
    with visit_as(writer) as visit:
        batch = batches.register_batch(visit, new_batch(world.product_id, code="W1", quantity="5", unit="kg"))
        assert batches.hold_batch(visit, batch.id, StatusChange(reason="等待检验")).status == "held"


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        ({"area_codes": None}, "missing"),
        ({"tells_outside": None}, "missing"),
        ({"area_codes": ["999999"]}, "unknown-region"),
        ({"starts_on": "2026-12-05", "ends_on": "2026-12-01"}, "ends-before-start"),
    ],
)
def test_a_draft_takes_no_change_that_cannot_be(
    visit_as: VisitAs, world: World, change: dict[str, Any], kind: str
) -> None:
    with visit_as("quality") as visit:
        recall = recalls.open_recall(visit, new_recall(world.product_id, world.code))
        with pytest.raises(Unfit) as refused:
            recalls.change_recall(visit, recall.id, RecallChange.model_validate(change))

    assert refused.value.kind == kind or [one.kind for one in refused.value.faults] == [kind]
