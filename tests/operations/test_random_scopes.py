"""Random histories: a recall's scope holds all that its goods became but for what was left out, and stays provable."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from random import Random
from uuid import UUID

from sqlmodel import select

from acts import Firm, firm, goods, output
from builders import new_recall
from conftest import Rounds
from tracelot.operations import recalls, rescoping, scope_of_recall
from tracelot.operations.shipped import reach
from tracelot.operations.visit import Visit
from tracelot.records.recalls import Recall, RecallBatch
from tracelot.records.scopes import ScopeChoice, digest_of, list_scope_lines, list_scopes
from tracelot.rules.places import batch_id
from world import VisitAs, World


def because(ids: Iterable[UUID]) -> ScopeChoice:
    return ScopeChoice(batch_ids=list(ids), reason="复检合格")


def named(visit: Visit, recall_id: UUID) -> set[UUID]:
    return set(visit.session.exec(select(RecallBatch.batch_id).where(RecallBatch.recall_id == recall_id)))


class History:
    """A firm's random production; it knows which batch went into which, and nothing of postings."""

    def __init__(self, maker: Firm, random: Random) -> None:
        self.maker, self.random = maker, random
        self.of = maker.makes(f"any-{random.random()}")
        self.into: dict[str, set[str]] = {}
        self.events: list[UUID] = []

    def batch(self, code: str) -> UUID:
        return batch_id(self.of, code)

    def step(self) -> None:
        code = f"R{len(self.into)}"
        inputs = self.random.sample(sorted(self.into), min(len(self.into), self.random.randint(0, 3)))
        out = [output(self.of, code, self.random.randint(1, 50))]
        if inputs:
            told = [goods(self.batch(one), self.random.randint(1, 20)) for one in inputs]
            self.events.append(self.maker.does("transform", inputs=told, outputs=out).id)
        else:
            self.maker.does("produce", outputs=out)
        self.into[code] = set()
        for one in inputs:
            self.into[one].add(code)

    def became(self, codes: set[str]) -> set[str]:
        found, new = set(codes), set(codes)
        while new:
            new = set().union(*(self.into[one] for one in new)) - found
            found |= new
        return found


def check_frozen(visit: Visit, recall: Recall) -> None:
    """Every version still has its digest, and the newest comes out again of the books as they were."""
    for scope in list_scopes(visit.session, recall.id):
        stored = list_scope_lines(visit.session, recall.id, scope.version)
        assert digest_of(scope, stored) == scope.digest
    scope = list_scopes(visit.session, recall.id)[-1]
    stored = list_scope_lines(visit.session, recall.id)
    begun = {line.key for line in stored if line.named}
    traced = reach(visit, recall.party_id, begun, as_of=scope.as_of)
    again = scope_of_recall.lines_of(visit, recall, traced, begun, ())
    for line in again:
        old = next(one for one in stored if one.batch_id == line.batch_id)
        line.version, line.verdict, line.reason = scope.version, old.verdict, old.reason
    assert digest_of(scope, again) == scope.digest
    whole = reach(visit, recall.party_id, {line.key for line in stored})
    assert {one.batch for answer in whole.answers for one in answer.reached} <= {line.key for line in stored}


def test_a_scope_holds_the_traversal_but_for_what_was_left_out_and_is_closed(
    visit_as: VisitAs, world: World, random: Random, rounds: Rounds
) -> None:
    maker = firm(visit_as, world, "zhenyang")
    for _ in range(rounds(3, 40)):
        history = History(maker, random)
        for _ in range(random.randint(3, 14)):
            history.step()
        begun = set(random.sample(sorted(history.into), random.randint(1, 2)))
        reached = history.became(begun)
        with visit_as("quality") as visit:
            recall = recalls.open_recall(visit, new_recall(history.of, *sorted(begun), follow=True))
            left = set(random.sample(sorted(reached), random.randint(0, len(reached) - 1)))
            if left:
                rescoping.leave_out(visit, recall.id, because(map(history.batch, left)))
            recall_id = recall.id
        with visit_as("quality", datetime.now(UTC) + timedelta(seconds=1)) as visit:
            recall = recalls.find_own_recall(visit, recall_id)
            assert named(visit, recall_id) >= {history.batch(code) for code in reached - left}
            assert not named(visit, recall_id) & {history.batch(code) for code in left}
            check_frozen(visit, recall)
            recalls.publish_recall(visit, recall_id)
        for _ in range(random.randint(0, 4)):
            history.step()
        later = history.became(begun)
        with visit_as("quality") as visit:
            recall = recalls.find_own_recall(visit, recall_id)
            missing = {one.batch_id for one in scope_of_recall.missed(visit, recall)}
            assert missing == {history.batch(code) for code in later - reached}
            if missing:
                rescoping.widen(visit, recall_id, because(missing))
            assert scope_of_recall.missed(visit, recall) == []
            assert named(visit, recall_id) == {history.batch(code) for code in later - left}
