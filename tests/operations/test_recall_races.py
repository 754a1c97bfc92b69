"""A recall that is published while its batches change: neither side may miss the other."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import pytest
from sqlalchemy import Engine

from builders import new_batch, new_recall
from meeting import until_it_waits
from tracelot.operations import batches, recalls
from tracelot.operations.visit import Visit
from tracelot.records.batches import Batch, BatchChange
from tracelot.rules.places import batch_id
from world import VisitAs, World

Act = Callable[[Visit], object]


def meet(engine: Engine, visit_as: VisitAs, first: Act, second: Act) -> None:
    """The second begins before the first commits, and has gone as far as it can by then."""

    def late() -> None:
        with visit_as("quality") as visit:
            second(visit)

    with ThreadPoolExecutor(1) as pool:
        with visit_as("quality") as visit:
            first(visit)
            going = pool.submit(late)
            until_it_waits(engine, going)
        going.result()


@pytest.fixture
def draft_id(visit_as: VisitAs, world: World) -> UUID:
    """A draft over the whole of September."""
    with visit_as("quality") as visit:
        return recalls.open_recall(visit, new_recall(world.product_id)).id


@pytest.mark.parametrize("publish_first", [True, False])
@pytest.mark.parametrize("act", ["register", "correct"])
def test_a_batch_that_comes_into_the_range_meanwhile_is_recalled(
    engine: Engine, visit_as: VisitAs, world: World, draft_id: UUID, act: str, publish_first: bool
) -> None:
    made = batch_id(world.product_id, "RACE")
    if act == "correct":
        with visit_as("quality") as visit:
            new = new_batch(world.product_id, code="RACE", production_date="2026-10-15", release=True)
            batches.register_batch(visit, new)

    def publish(visit: Visit) -> None:
        recalls.publish_recall(visit, draft_id)

    def come(visit: Visit) -> None:
        if act == "register":
            new = new_batch(world.product_id, code="RACE", production_date="2026-09-15", release=True)
            batches.register_batch(visit, new)
        else:
            change = BatchChange.model_validate({"production_date": "2026-09-15", "reason": "误录"})
            batches.correct_batch(visit, made, change)

    meet(engine, visit_as, *((publish, come) if publish_first else (come, publish)))

    with visit_as("quality") as visit:
        assert visit.session.get_one(Batch, made).status == "recalled"
        assert len(batches.recalls_of(visit, visit.session.get_one(Batch, made))) == 1
