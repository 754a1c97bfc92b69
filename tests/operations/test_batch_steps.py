"""Releasing, holding and voiding a batch."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlmodel import select

from builders import new_batch
from tracelot.operations import batches
from tracelot.records.batches import Lift, StatusChange
from tracelot.records.events import Event, EventVoid, Posting, find_birth
from tracelot.records.signatures import Signature
from tracelot.rules.refusals import Conflict, Forbidden, Stale, Unknown
from world import VisitAs, World

WHY = StatusChange(reason="送检")


def test_a_held_batch_is_released_again_and_keeps_its_first_release(visit_as: VisitAs, world: World) -> None:
    with visit_as("quality") as visit:
        first = batches.find_batch(visit, world.batch_id).released_at
        held = batches.hold_batch(visit, world.batch_id, WHY)
        assert (held.status, held.status_reason) == ("held", "送检")
    with visit_as("quality") as visit:
        released = batches.release_batch(visit, world.batch_id, "合格")

        assert (released.status, released.released_at) == ("released", first)


def test_a_released_batch_cannot_be_released_again(visit_as: VisitAs, world: World) -> None:
    with visit_as("quality") as visit, pytest.raises(Conflict) as refused:
        batches.release_batch(visit, world.batch_id)

    assert refused.value.kind == "cannot-release"


def test_an_expired_batch_is_not_released_but_may_be_held(visit_as: VisitAs, world: World) -> None:
    new = new_batch(world.product_id, code="OLD", expiry_date="2026-10-01", release=True)
    with visit_as("quality", datetime(2026, 9, 20, tzinfo=UTC)) as visit:
        old = batches.register_batch(visit, new).id
    with visit_as("quality", datetime(2026, 11, 1, tzinfo=UTC)) as visit:
        assert batches.view(visit, batches.find_batch(visit, old)).status == "expired"
        with pytest.raises(Conflict):
            batches.release_batch(visit, old)
        assert batches.hold_batch(visit, old, WHY).status == "held"


def test_voiding_a_batch_voids_its_birth_and_leaves_both_on_record(visit_as: VisitAs, world: World) -> None:
    with visit_as("quality") as visit:
        batch = batches.void_batch(visit, world.batch_id, StatusChange(reason="录入错误"))
        event = visit.session.exec(select(Event)).one()
        void = visit.session.exec(select(EventVoid)).one()

        assert batch.status == "void"
        assert (void.event_id, void.reason, void.replaced_by) == (event.id, "录入错误", None)
        assert len(visit.session.exec(select(Posting).where(Posting.batch_id == batch.id)).all()) == 1
        assert find_birth(visit.session, batch.id) is None
        acts = [entry.act for entry in batches.history(visit, batch)]
        assert acts == ["batch.registered", "batch.released"]  # this visit's own entries come as it settles


def test_each_step_is_in_the_history_with_its_reason(visit_as: VisitAs, world: World) -> None:
    with visit_as("quality") as visit:
        batches.hold_batch(visit, world.batch_id, WHY)
    with visit_as("zhenyang") as visit:
        history = batches.history(visit, batches.find_batch(visit, world.batch_id))

    assert (history[-1].act, history[-1].reason, history[-1].actor_id) == (
        "batch.held",
        "送检",
        world.people["quality"],
    )


STEPS: list[Callable[[Any, Any], object]] = [
    batches.release_batch,
    lambda visit, batch_id: batches.hold_batch(visit, batch_id, WHY),
    lambda visit, batch_id: batches.void_batch(visit, batch_id, WHY),
]


@pytest.mark.parametrize("step", STEPS, ids=["release", "hold", "void"])
def test_a_recorder_takes_no_decision(visit_as: VisitAs, world: World, step: Callable[..., object]) -> None:
    with visit_as("recorder") as visit, pytest.raises(Forbidden):
        step(visit, world.batch_id)


@pytest.mark.parametrize("step", STEPS, ids=["release", "hold", "void"])
def test_another_firm_s_batch_looks_like_none(
    visit_as: VisitAs, world: World, step: Callable[..., object]
) -> None:
    with visit_as("guhuai") as visit, pytest.raises(Unknown):
        step(visit, world.batch_id)


def test_a_step_on_an_outdated_reading_is_refused(visit_as: VisitAs, world: World) -> None:
    with visit_as("quality") as visit:
        seen = batches.find_batch(visit, world.batch_id).version
        batches.hold_batch(visit, world.batch_id, WHY, seen)
    with visit_as("quality") as visit, pytest.raises(Stale):
        batches.release_batch(visit, world.batch_id, None, seen)


def test_nothing_happens_to_a_void_batch(visit_as: VisitAs, world: World) -> None:
    with visit_as("quality") as visit:
        batches.void_batch(visit, world.batch_id, WHY)
    for step in STEPS:
        with visit_as("quality") as visit, pytest.raises(Conflict):
            step(visit, world.batch_id)


LIFT = Lift(reason="复检合格", report_no="FJ-2026-118")


def test_a_hold_is_lifted_after_a_re_test_and_both_stay_in_the_history(
    visit_as: VisitAs, world: World
) -> None:
    with visit_as("quality") as visit:
        first = batches.find_batch(visit, world.batch_id).released_at
        batches.hold_batch(visit, world.batch_id, WHY)
    with visit_as("quality") as visit:
        lifted = batches.lift_hold(visit, world.batch_id, LIFT)
        assert (lifted.status, lifted.released_at, lifted.stopped_at) == ("released", first, None)
    with visit_as("county") as visit:
        history = batches.history(visit, batches.find_batch(visit, world.batch_id))
        hold, lift = history[-2:]
        record = json.loads(lift.record)
        assert [(one.act, one.reason) for one in (hold, lift)] == [
            ("batch.held", "送检"), ("batch.hold-lifted", "复检合格"),
        ]  # fmt: skip
        assert (record["lifts"], record["report_no"]) == (str(hold.id), "FJ-2026-118")
        assert json.loads(hold.record)["status"] == "held"
    with visit_as("quality") as visit:
        signed = visit.session.exec(select(Signature).where(Signature.act == "batch.hold-lifted")).one()
        assert (signed.subject_id, signed.actor_id) == (world.batch_id, world.people["quality"])


def test_what_was_never_released_awaits_its_inspection_again(visit_as: VisitAs, world: World) -> None:
    with visit_as("quality") as visit:
        batch = batches.register_batch(visit, new_batch(world.product_id, code="FRESH")).id
        batches.hold_batch(visit, batch, WHY)
        assert batches.lift_hold(visit, batch, LIFT).status == "pending_inspection"
        with pytest.raises(Conflict) as refused:
            batches.lift_hold(visit, batch, LIFT)
    assert refused.value.kind == "cannot-lift"


def test_nobody_lifts_a_hold_without_a_signature_nor_somebody_else_s(visit_as: VisitAs, world: World) -> None:
    with visit_as("quality") as visit:
        batches.hold_batch(visit, world.batch_id, WHY)
    with visit_as("quality") as visit:
        visit.factors = frozenset()
        with pytest.raises(Forbidden, match="signature"):
            batches.lift_hold(visit, world.batch_id, LIFT)
    for who, refusal in (("recorder", Forbidden), ("county", Forbidden), ("guhuai", Unknown)):
        with visit_as(who) as visit, pytest.raises(refusal):
            batches.lift_hold(visit, world.batch_id, LIFT)
