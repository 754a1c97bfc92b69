"""Registering a batch."""

from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

import pytest
from sqlmodel import select

from builders import new_batch, new_facility
from tracelot.operations import batches, parties
from tracelot.records.events import Event, Line, Posting, find_birth
from tracelot.rules.identifiers import read_short_code
from tracelot.rules.places import batch_id, facility_place
from tracelot.rules.refusals import Conflict, Forbidden, Unfit, Unidentified
from world import VisitAs, World


def test_a_batch_waits_for_its_inspection(visit_as: VisitAs, world: World) -> None:
    with visit_as("recorder") as visit:
        batch = batches.register_batch(visit, new_batch(world.product_id, code="A1"))

        assert (batch.status, batch.released_at) == ("pending_inspection", None)
        assert batch.id == batch_id(world.product_id, "A1")
        assert read_short_code(batch.short_code) == batch.short_code


def test_a_batch_may_be_released_as_it_is_registered(visit_as: VisitAs, world: World) -> None:
    with visit_as("quality") as visit:
        batch = batches.register_batch(visit, new_batch(world.product_id, release=True))

        assert (batch.status, batch.released_at) == ("released", visit.now)


def test_a_recorder_cannot_release_on_the_way(visit_as: VisitAs, world: World) -> None:
    with visit_as("recorder") as visit, pytest.raises(Forbidden):
        batches.register_batch(visit, new_batch(world.product_id, release=True))


def test_its_quantity_is_put_into_stock_by_a_produce_event(visit_as: VisitAs, world: World) -> None:
    event_id = UUID(int=77)
    new = new_batch(world.product_id, quantity="12.5", unit="kg", event_id=event_id)
    with visit_as("recorder") as visit:
        batch = batches.register_batch(visit, new)
        event, posting = find_birth(visit.session, batch.id) or (None, None)
        line = visit.session.exec(select(Line).where(Line.event_id == event_id)).one()

    assert event
    assert posting
    assert (event.id, event.act, event.facility_id) == (event_id, "produce", world.facility_id)
    assert event.event_time.astimezone(UTC) == datetime(2026, 9, 14, 16, tzinfo=UTC)  # midnight in Shanghai
    assert (posting.side, posting.place) == ("put", facility_place(world.facility_id))
    assert (posting.quantity, posting.unit, posting.line) == (Decimal("12.5"), "kg", line.number)


def test_without_a_quantity_nothing_is_put_into_stock(visit_as: VisitAs, world: World) -> None:
    with visit_as("recorder") as visit:
        batch = batches.register_batch(visit, new_batch(world.product_id))

        assert visit.session.exec(select(Posting).where(Posting.batch_id == batch.id)).all() == []


def test_a_code_stands_once_for_each_product(visit_as: VisitAs, world: World) -> None:
    with visit_as("recorder") as visit, pytest.raises(Conflict) as refused:
        batches.register_batch(visit, new_batch(world.product_id, code=world.code))

    assert refused.value.kind == "batch-exists"


def test_codes_that_differ_in_case_are_two_batches(visit_as: VisitAs, world: World) -> None:
    with visit_as("recorder") as visit:
        upper = batches.register_batch(visit, new_batch(world.product_id, code="AB"))
        lower = batches.register_batch(visit, new_batch(world.product_id, code="ab"))

        assert upper.id != lower.id


def test_the_same_event_sent_again_is_the_same_batch(visit_as: VisitAs, world: World) -> None:
    new = new_batch(world.product_id, quantity="1", unit="t", event_id=UUID(int=5))
    with visit_as("recorder") as visit:
        first = batches.register_batch(visit, new).id
    with visit_as("recorder") as visit:
        again = batches.register_batch(visit, new).id
        events = visit.session.exec(select(Event).where(Event.id == UUID(int=5))).all()

    assert first == again
    assert len(events) == 1


def test_an_event_id_that_stands_for_something_else_is_refused(visit_as: VisitAs, world: World) -> None:
    with visit_as("recorder") as visit:
        batches.register_batch(
            visit, new_batch(world.product_id, quantity="1", unit="t", event_id=UUID(int=5))
        )
    other = new_batch(world.product_id, code="OTHER", quantity="1", unit="t", event_id=UUID(int=5))
    with visit_as("recorder") as visit, pytest.raises(Conflict) as refused:
        batches.register_batch(visit, other)

    assert refused.value.kind == "id-taken"


def test_a_stranger_s_product_looks_like_none(visit_as: VisitAs, world: World) -> None:
    with visit_as("recorder") as visit, pytest.raises(Unfit) as refused:
        batches.register_batch(visit, new_batch(world.elsewhere_id))

    assert refused.value.kind == "unknown-product"


def test_with_two_facilities_a_quantity_says_where_it_is(visit_as: VisitAs, world: World) -> None:
    with visit_as("recorder") as visit:
        parties.register_facility(visit, new_facility())
        with pytest.raises(Unfit) as refused:
            batches.register_batch(visit, new_batch(world.product_id, quantity="1", unit="t"))

    assert refused.value.faults[0].pointer == "#/facility_id"


def test_a_region_of_origin_must_be_one_of_china_s(visit_as: VisitAs, world: World) -> None:
    with visit_as("recorder") as visit, pytest.raises(Unfit) as refused:
        batches.register_batch(visit, new_batch(world.product_id, origin_region_code="999999"))

    assert refused.value.faults[0].pointer == "#/origin_region_code"


@pytest.mark.parametrize("who", ["county", "site"])
def test_offices_register_nothing(visit_as: VisitAs, world: World, who: str) -> None:
    with visit_as(who) as visit, pytest.raises(Forbidden):
        batches.register_batch(visit, new_batch(world.product_id))


def test_nor_does_the_public(visit_as: VisitAs, world: World) -> None:
    with visit_as() as visit, pytest.raises(Unidentified):
        batches.register_batch(visit, new_batch(world.product_id))
