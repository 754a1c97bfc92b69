"""Recalls that were opened before scopes were kept: the first version is made before anything changes."""

from sqlmodel import col, delete

from builders import new_recall
from tracelot.operations import recalls, rescoping, scope_views
from tracelot.records.scopes import RecallScope, RecallScopeLine, ScopeChoice
from world import VisitAs, World


def test_a_recall_without_versions_gets_one_before_it_is_narrowed(visit_as: VisitAs, world: World) -> None:
    with visit_as("quality") as visit:
        recall = recalls.open_recall(visit, new_recall(world.product_id, world.code, "NEVER-MADE"))
        recalls.publish_recall(visit, recall.id)
        recall_id = recall.id
    with visit_as("quality") as visit:
        kernel = visit.kernel()
        kernel.exec(delete(RecallScopeLine).where(col(RecallScopeLine.recall_id) == recall_id))
        kernel.exec(delete(RecallScope).where(col(RecallScope.recall_id) == recall_id))
        rescoping.narrow(visit, recall_id, ScopeChoice(batch_ids=[world.batch_id], reason="复检合格"))
        steps = scope_views.public_steps(visit, recalls.find_own_recall(visit, recall_id))

        assert [(one.act, one.codes, one.reason) for one in steps] == [("narrowed", [world.code], "复检合格")]
