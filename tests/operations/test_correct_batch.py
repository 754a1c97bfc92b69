"""Correcting what was recorded of a batch."""

from decimal import Decimal
from typing import Any

import pytest
from sqlmodel import select

from builders import new_recall
from tracelot.operations import batches, recalls
from tracelot.records.batches import BatchChange, StatusChange
from tracelot.records.events import EventVoid, find_birth
from tracelot.rules.refusals import Conflict, Forbidden, Unfit
from world import VisitAs, World


def change(**given: Any) -> BatchChange:
    return BatchChange.model_validate({"reason": "核对生产记录"} | given)


def test_only_what_is_named_changes(visit_as: VisitAs, world: World) -> None:
    with visit_as("quality") as visit:
        before = batches.find_batch(visit, world.batch_id).model_dump()
        batches.correct_batch(visit, world.batch_id, change(production_line="二线"))
    with visit_as("quality") as visit:
        after = batches.find_batch(visit, world.batch_id).model_dump()

    assert {name for name in after if after[name] != before[name]} == {"production_line", "version"}


def test_another_quantity_replaces_the_birth(visit_as: VisitAs, world: World) -> None:
    with visit_as("quality") as visit:
        old = find_birth(visit.session, world.batch_id)
        batches.correct_batch(visit, world.batch_id, change(quantity="4800"))
        new = find_birth(visit.session, world.batch_id)
        void = visit.session.exec(select(EventVoid)).one()

        assert old
        assert new
        assert new[1].quantity == Decimal(4800)
        assert (void.event_id, void.replaced_by) == (old[0].id, new[0].id)


def test_an_emptied_optional_field_is_empty_and_a_needed_one_is_refused(
    visit_as: VisitAs, world: World
) -> None:
    with visit_as("quality") as visit:
        batches.correct_batch(visit, world.batch_id, change(printed_text="9-15 A"))
        assert batches.correct_batch(visit, world.batch_id, change(printed_text=None)).printed_text is None
        with pytest.raises(Unfit) as refused:
            batches.correct_batch(visit, world.batch_id, change(production_date=None))

    assert refused.value.faults[0].pointer == "#/production_date"


def test_a_last_day_before_the_first_is_refused(visit_as: VisitAs, world: World) -> None:
    with visit_as("quality") as visit, pytest.raises(Unfit) as refused:
        batches.correct_batch(visit, world.batch_id, change(expiry_date="2026-09-14"))

    assert refused.value.kind == "expires-before-made"


def test_a_production_date_corrected_into_a_recalled_range_recalls_the_batch(
    visit_as: VisitAs, world: World
) -> None:
    august = {"product_id": world.product_id, "made_from": "2026-08-01", "made_to": "2026-08-31"}
    with visit_as("quality") as visit:
        recall = recalls.open_recall(visit, new_recall(world.product_id, ranges=[august]))
        recalls.publish_recall(visit, recall.id)
        assert batches.find_batch(visit, world.batch_id).status == "released"
    with visit_as("quality") as visit:
        assert (
            batches.correct_batch(visit, world.batch_id, change(production_date="2026-08-31")).status
            == "recalled"
        )


def test_a_void_batch_is_not_corrected(visit_as: VisitAs, world: World) -> None:
    with visit_as("quality") as visit:
        batches.void_batch(visit, world.batch_id, StatusChange(reason="录入错误"))
    with visit_as("quality") as visit, pytest.raises(Conflict) as refused:
        batches.correct_batch(visit, world.batch_id, change(kind="raw"))

    assert refused.value.kind == "cannot-correct"


def test_a_recorder_corrects_nothing(visit_as: VisitAs, world: World) -> None:
    with visit_as("recorder") as visit, pytest.raises(Forbidden):
        batches.correct_batch(visit, world.batch_id, change(kind="raw"))


def test_what_was_said_before_stays_in_the_journal(visit_as: VisitAs, world: World) -> None:
    with visit_as("quality") as visit:
        batches.correct_batch(visit, world.batch_id, change(printed_text="新"))
    with visit_as("quality") as visit:
        history = batches.history(visit, batches.find_batch(visit, world.batch_id))

    assert '"printed_text":null' in history[0].record
    assert '"printed_text":"新"' in history[-1].record
    assert history[-1].reason == "核对生产记录"
