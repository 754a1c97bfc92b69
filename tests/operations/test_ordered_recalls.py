"""What an office ordered: its firm takes nothing of it back, whichever door it tries."""

from uuid import UUID

import pytest

from builders import new_batch
from pursued import order
from tracelot.operations import batches, ordering, recalls, rescoping
from tracelot.records.recalls import NewRange, RecallBatch, RecallChange
from tracelot.records.scopes import ScopeChoice
from tracelot.rules.refusals import Conflict
from world import VisitAs, World


@pytest.fixture
def ordered(visit_as: VisitAs, world: World) -> UUID:
    with visit_as("county") as visit:
        return ordering.order_recall(visit, order(world)).id


def spare(*ids: UUID) -> ScopeChoice:
    return ScopeChoice(batch_ids=list(ids), reason="不愿召回")


def widened(visit_as: VisitAs, world: World, recall_id: UUID) -> UUID:
    """The firm adds a batch of its own, and publishes."""
    with visit_as("quality") as visit:
        more = batches.register_batch(visit, new_batch(product_id=world.product_id, code="MORE-1")).id
        wider = NewRange(product_id=world.product_id, codes=[world.code, "MORE-1"])
        change = {"ranges": [wider], "harm_zh": "损害肝脏", "remedy_zh": "停止食用"}
        recalls.change_recall(visit, recall_id, RecallChange.model_validate(change))
        recalls.publish_recall(visit, recall_id)
    return more


@pytest.mark.parametrize("change", [{"knowledge_at": "2026-09-21T08:00:00+08:00"}, {"jurisdiction": "US"}])
def test_a_firm_wins_no_time_by_another_moment_of_knowledge_or_another_law(
    visit_as: VisitAs, ordered: UUID, change: dict[str, str]
) -> None:
    with visit_as("quality") as visit, pytest.raises(Conflict, match="take nothing away"):
        recalls.change_recall(visit, ordered, RecallChange.model_validate(change))
    with visit_as("quality") as visit:  # an earlier one makes it graver
        earlier = RecallChange.model_validate({"knowledge_at": "2026-09-19T08:00:00+08:00"})
        recalls.change_recall(visit, ordered, earlier)


def test_an_ordered_batch_is_not_left_out_of_the_draft(
    visit_as: VisitAs, world: World, ordered: UUID
) -> None:
    with visit_as("quality") as visit, pytest.raises(Conflict, match="take nothing away"):
        rescoping.leave_out(visit, ordered, spare(world.batch_id))


def test_an_ordered_batch_does_not_leave_what_is_published_and_what_the_firm_added_does(
    visit_as: VisitAs, world: World, ordered: UUID
) -> None:
    more = widened(visit_as, world, ordered)
    with visit_as("quality") as visit, pytest.raises(Conflict, match="take nothing away"):
        rescoping.narrow(visit, ordered, spare(world.batch_id))
    with visit_as("quality") as visit:
        rescoping.narrow(visit, ordered, spare(more))
        assert visit.session.get(RecallBatch, (world.batch_id, ordered)) is not None


def test_what_was_ordered_by_its_dates_stays_too(visit_as: VisitAs, world: World) -> None:
    span = {"product_id": world.product_id, "made_from": "2026-01-01", "made_to": "2026-12-31"}
    with visit_as("county") as visit:
        ordered = ordering.order_recall(visit, order(world, ranges=[span])).id
    with visit_as("quality") as visit:
        later = batches.register_batch(visit, new_batch(product_id=world.product_id, code="LATER-1")).id
        told = {"harm_zh": "损害肝脏", "remedy_zh": "停止食用"}
        recalls.change_recall(visit, ordered, RecallChange.model_validate(told))
        recalls.publish_recall(visit, ordered)
    with visit_as("quality") as visit, pytest.raises(Conflict, match="take nothing away"):
        rescoping.narrow(visit, ordered, spare(later))
