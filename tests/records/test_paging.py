"""Cursors: pages hold every row once, and only cursors of ours are read."""

from contextlib import suppress
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import new_batch
from tracelot.operations import batches
from tracelot.records.batches import BatchFilter
from tracelot.records.paging import MOST, read_cursor, write_cursor
from tracelot.rules.refusals import Unfit
from world import VisitAs, World

keys = st.lists(st.text(st.characters(categories=["L", "N", "P"]), max_size=MOST), min_size=1, max_size=4)


@given(keys)
def test_a_cursor_is_read_as_it_was_written(sorted_by: list[str]) -> None:
    assert read_cursor(write_cursor(*sorted_by), len(sorted_by)) == sorted_by


@given(st.text(max_size=60))
def test_any_other_text_is_refused_and_breaks_nothing(text: str) -> None:
    with suppress(Unfit):
        assert len(read_cursor(text, 2)) == 2


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 50])
def test_pages_hold_every_batch_once_however_long_they_are(
    visit_as: VisitAs, world: World, limit: int
) -> None:
    with visit_as("recorder") as visit:
        for number in range(12):  # several on one day: their ids break the tie
            day = f"2026-09-{1 + number % 3:02d}"
            batches.register_batch(visit, new_batch(world.product_id, production_date=day))
        found: list[UUID] = []
        cursor = None
        while True:
            page = batches.search(visit, BatchFilter(), limit, cursor)
            assert page.total == 13
            found += [batch.id for batch in page.items]
            cursor = page.cursor
            if cursor is None:
                break
        whole = [batch.id for batch in batches.search(visit, BatchFilter(), 200, None).items]

    assert found == whole
    assert len(set(found)) == 13
