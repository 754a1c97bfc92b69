"""Any order of acts on a batch keeps it in a state that the acts before it allow."""

from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from uuid import UUID

from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy import Engine

from builders import new_batch, new_recall
from tracelot.operations import batches, recalls
from tracelot.operations.visit import Visit
from tracelot.records.batches import BatchChange, StatusChange
from tracelot.rules.refusals import Conflict
from world import World, actor_of, visiting

WHY = StatusChange(reason="随机")
START = datetime(2026, 9, 20, tzinfo=UTC)


class Life(RuleBasedStateMachine):
    """What the law allows, told once more: a state, whether it was ever released, and the day."""

    engine: Engine
    world: World

    def __init__(self) -> None:
        super().__init__()
        self.now, self.state, self.released = START, "pending_inspection", False
        self.batch_id, self.code = UUID(int=0), ""

    def visit(self) -> AbstractContextManager[Visit]:
        return visiting(self.engine, actor_of(self.engine, self.world.people["quality"]), self.now)

    @property
    def expired(self) -> bool:
        return self.state == "released" and self.now >= START + timedelta(
            days=11
        )  # the last day is 30 September

    @initialize()
    def register(self) -> None:
        with self.visit() as visit:
            batch = batches.register_batch(visit, new_batch(self.world.product_id, expiry_date="2026-09-30"))
            self.batch_id, self.code = batch.id, batch.code

    def step(self, act: str, to: str, *, allowed: bool) -> None:
        try:
            with self.visit() as visit:
                self.take(visit, act)
        except Conflict:
            assert not allowed, f"{act} of a {self.state} batch was refused"
            return
        assert allowed, f"{act} of a {self.state} batch went through"
        self.state = to

    def take(self, visit: Visit, act: str) -> None:
        match act:
            case "release":
                batches.release_batch(visit, self.batch_id)
            case "hold":
                batches.hold_batch(visit, self.batch_id, WHY)
            case "void":
                batches.void_batch(visit, self.batch_id, WHY)
            case "correct":
                batches.correct_batch(visit, self.batch_id, BatchChange(reason="更正", printed_text="新"))

    @rule()
    def release(self) -> None:
        allowed = self.state in ("pending_inspection", "held")
        self.step("release", "released", allowed=allowed)
        self.released |= allowed

    @rule()
    def hold(self) -> None:
        self.step("hold", "held", allowed=self.state in ("pending_inspection", "released"))

    @rule()
    def void(self) -> None:
        self.step("void", "void", allowed=self.state in ("pending_inspection", "held", "released"))

    @rule()
    def correct(self) -> None:
        self.step("correct", self.state, allowed=self.state != "void")

    @rule()
    def recall(self) -> None:
        with self.visit() as visit:
            recall = recalls.open_recall(
                visit, new_recall(self.world.product_id, self.code, knowledge_at=START)
            )
            recalls.publish_recall(visit, recall.id)
        self.state = self.state if self.state == "void" else "recalled"

    @rule()
    def a_week_goes_by(self) -> None:
        self.now += timedelta(days=7)

    @invariant()
    def the_record_says_the_same(self) -> None:
        if self.code:
            with self.visit() as visit:
                view = batches.view(visit, batches.find_batch(visit, self.batch_id))
            assert view.status == ("expired" if self.expired else self.state)
            assert (view.released_at is not None) == self.released


def test_a_batch_lives_by_the_law(engine: Engine, world: World) -> None:
    machine = type("LifeHere", (Life,), {"engine": engine, "world": world})

    run_state_machine_as_test(
        machine, settings=settings(max_examples=12, stateful_step_count=10, deadline=None)
    )
    with visiting(engine, actor_of(engine, world.people["quality"])) as visit:
        assert batches.find_batch(visit, world.batch_id).status == "released"
