"""The versions of a scope as they are read: each says how it differs from the one before, as their lines do."""

from uuid import UUID

import pytest

from acts import Firm, firm
from builders import new_recall
from peanuts import produce
from tracelot.operations import recalls, rescoping, scope_views
from tracelot.records.scopes import ScopeChoice, list_scope_lines
from world import VisitAs, World


@pytest.fixture
def maker(visit_as: VisitAs, world: World) -> Firm:
    made = firm(visit_as, world, "zhenyang")
    produce(made)
    return made


def published(maker: Firm) -> UUID:
    with maker.visit_as("quality") as visit:
        draft = recalls.open_recall(visit, new_recall(maker.products["raw"], "F2", follow=True)).id
        return recalls.publish_recall(visit, draft).id


def because(batch: UUID) -> ScopeChoice:
    return ScopeChoice(batch_ids=[batch], reason="复检")


def test_each_version_tells_how_its_lines_differ_from_those_before(maker: Firm, world: World) -> None:
    recall_id, cake = published(maker), maker.batch("cake")
    for act, batch in ((rescoping.narrow, cake), (rescoping.widen, world.batch_id), (rescoping.widen, cake)):
        with maker.visit_as("quality") as visit:
            act(visit, recall_id, because(batch))
    with maker.visit_as("quality") as visit:
        view = scope_views.scope_view(visit, recalls.find_own_recall(visit, recall_id))
        assert view is not None
        before: dict[UUID, str] = {}
        for version in view.versions[::-1]:
            lines = list_scope_lines(visit.session, recall_id, version.version)
            now, names = (
                {one.batch_id: one.verdict for one in lines},
                {one.batch_id: one.code for one in lines},
            )
            assert sorted(version.added) == sorted(names[one] for one in now.keys() - before.keys())
            assert len(version.removed) == len(before.keys() - now.keys())
            turned = {one: now[one] for one in now.keys() & before.keys() if now[one] != before[one]}
            for told, chosen in ((version.taken_in, True), (version.left_out, False)):
                assert sorted(told) == sorted(
                    names[one] for one, to in turned.items() if (to == "chosen") == chosen
                )
            before = dict(now)
        assert len({one.digest for one in view.versions}) == len(view.versions) == 5
