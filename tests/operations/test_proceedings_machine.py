"""Random people do random things with one recall: it never takes a step that the law's order does not know of."""

import json
from collections.abc import Callable
from itertools import pairwise
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlmodel import select

from builders import new_recall
from conftest import Rounds
from databases import Databases
from pursued import action, order, whole_plan
from tracelot.operations import ordering, planning, recalls, reporting
from tracelot.operations.visit import Visit
from tracelot.records.database import connect
from tracelot.records.journal import JournalEntry
from tracelot.records.proceedings import NewPlan, NewReport
from tracelot.records.recalls import Recall
from tracelot.records.sights import EVERYTHING
from tracelot.records.tenancy import ScopedSession
from tracelot.rules.refusals import Refusal
from world import World, actor_of, populate, visiting

WHO = ("quality", "zhenyang", "recorder", "guhuai", "county", "city", "neighbour", "township", "site")
FIRM, OVER = {"quality", "zhenyang"}, {"county", "city"}
# The order of the law, written down apart from the rules: which stages may stand next to each other.
NEXT = {
    "assessing": {"started", "recovering"},
    "started": {"recovering"},
    "recovering": {"disposing"},
    "disposing": {"completed", "recovering"},
    "completed": {"reported", "recovering"},
    "reported": {"evaluated", "recovering"},
    "evaluated": {"closed", "recovering"},
    "closed": set(),
}
OWN = {"started", "disposing", "completed", "reported"}
Act = Callable[[Visit, Recall, int], object]


def acting(type_: str) -> Act:
    return lambda visit, recall, version: ordering.act_on(
        visit, recall.code, action(type_, variance="核对后的差异"), version
    )


def moving(step: Any) -> Act:
    return lambda visit, recall, version: reporting.move_on(visit, recall.id, step, "说明", version)


def reports(kind: Any) -> Act:
    return lambda visit, recall, version: reporting.hand_in_report(
        visit, recall.id, NewReport(kind=kind, text="进展"), version
    )


ACTS: dict[str, Act] = {
    **{f"move {step}": moving(step) for step in ("start", "dispose", "complete", "evaluate", "close")},
    **{f"report {kind}": reports(kind) for kind in ("stage", "status", "final")},
    **{
        type_: acting(type_)
        for type_ in ("order_stop", "require_report", "stronger_measures", "warning", "site_check", "accept_plan",
                      "change_plan", "evaluate", "close")
    },
    "keep plan": lambda visit, recall, version: planning.keep_plan(visit, recall.id, NewPlan(process="通知"), version),
    "hand in plan": lambda visit, recall, version: planning.submit_plan(visit, recall.id, whole_plan(), version),
    "publish": lambda visit, recall, version: recalls.publish_recall(visit, recall.id, version),
    "cancel": lambda visit, recall, version: recalls.cancel_recall(visit, recall.id, "误开", version),
}  # fmt: skip
BY_FIRM = {name for name in ACTS if name.startswith(("move", "report ", "keep", "hand"))} | {
    "publish",
    "cancel",
}

ANYBODY = [(who, name) for who in WHO for name in sorted(ACTS)]
RIGHTLY = [(who, name) for who, name in ANYBODY if who in (FIRM if name in BY_FIRM else OVER)]
DEEDS = ANYBODY + 4 * RIGHTLY


class Pursuit(RuleBasedStateMachine):
    """What was done with success, in order; the store must tell the same."""

    make_store: Callable[[], tuple[Any, World]]
    drop_store: Callable[[], None]

    @initialize(ordered=st.booleans())
    def begin(self, ordered: bool) -> None:
        self.engine, self.world = self.make_store()
        self.done = 0
        self.ordered = ordered
        with visiting(self.engine, actor_of(self.engine, self.world.people["quality"])) as visit:
            self.recall = Recall(
                **recalls.open_recall(visit, new_recall(self.world.product_id, self.world.code)).model_dump()
            )
        if ordered:
            with visiting(self.engine, actor_of(self.engine, self.world.people["county"])) as visit:
                self.recall = Recall(**ordering.order_recall(visit, order(self.world)).model_dump())
        self.stages = ["assessing"]
        self.entries = len(self.journal())

    def now(self) -> Recall:
        with self.engine.connect() as connection, ScopedSession(connection, EVERYTHING) as kernel:
            return Recall(**kernel.get_one(Recall, self.recall.id).model_dump())

    def journal(self) -> list[JournalEntry]:
        with self.engine.connect() as connection, ScopedSession(connection, EVERYTHING) as kernel:
            query = select(JournalEntry).where(JournalEntry.subject_id == self.recall.id)
            found = [JournalEntry(**one.model_dump()) for one in kernel.exec(query)]
        deeds = [
            one for one in found if one.act.startswith("recall.") and not one.act.startswith("recall.clock-")
        ]  # a step's clocks have entries of their own
        return sorted(deeds, key=lambda one: (one.recorded_at, one.id))

    @rule(deed=st.sampled_from(DEEDS), late=st.sampled_from((0, 0, 0, 0, 1)))
    def something_is_done(self, deed: tuple[str, str], late: int) -> None:
        """`late`: they act on what they read before the last change."""
        who, name = deed
        before = self.now()
        refused = False
        try:
            with visiting(self.engine, actor_of(self.engine, self.world.people[who])) as visit:
                ACTS[name](visit, before, before.version - late)
        except Refusal:
            refused = True
        after = self.now()
        if refused:
            assert (after.version, after.stage, after.state) == (before.version, before.stage, before.state)
            return
        assert not late, "Nobody changes what they have not seen."
        assert after.version > before.version
        assert who in (FIRM if name in BY_FIRM else OVER), f"{who} did {name}"
        self.done += 1
        if after.stage != before.stage or name == "stronger_measures":
            assert after.stage == before.stage or after.stage in NEXT[before.stage]
            assert name in BY_FIRM or after.stage not in OWN
            self.stages.append(after.stage)
        if name == "cancel":
            assert (before.state, self.ordered) == ("draft", False)

    @invariant()
    def the_history_is_whole(self) -> None:
        if not hasattr(self, "recall"):
            return
        entries = self.journal()
        assert len(entries) - self.entries == self.done
        last = json.loads(entries[-1].record)
        kept = self.now()
        assert (last["stage"], last["state"], last["version"]) == (kept.stage, kept.state, kept.version)
        told = [json.loads(entry.record)["stage"] for entry in entries]
        walked = [told[0], *(after for before, after in pairwise(told) if after != before)]
        assert walked == [
            one for number, one in enumerate(self.stages) if not number or one != self.stages[number - 1]
        ]
        assert (kept.closed_at is not None) == (kept.stage == "closed")
        assert (kept.published_at is not None) == (kept.state == "published")
        assert kept.state == "published" or kept.stage in ("assessing", "started")

    def teardown(self) -> None:
        if hasattr(self, "engine"):
            self.engine.dispose()
            self.drop_store()


def test_whoever_does_whatever_no_step_is_skipped_and_nothing_is_lost(
    databases: Databases, cast: World, rounds: Rounds
) -> None:
    urls: list[str] = []

    def make(_: Pursuit) -> tuple[Any, World]:
        urls.append(databases.make("world", lambda url: populate(cast, url)))
        return connect(urls[-1]), cast

    def drop(_: Pursuit) -> None:
        databases.drop(urls.pop())

    machine = type("Pursuit", (Pursuit,), {"make_store": make, "drop_store": drop})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=rounds(4, 100), stateful_step_count=rounds(40, 80), deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )  # fmt: skip
