"""Ids of batches and keys of places."""

from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from tracelot.rules.ids import new_id
from tracelot.rules.places import (
    Lane,
    batch_id,
    facility_place,
    is_unit,
    lane_of,
    lane_place,
    named_party,
    named_place,
    on_hand,
    pool_of,
    pooled_product,
)  # fmt: skip

codes = st.text(min_size=1, max_size=20)


@given(st.uuids(), codes)
def test_a_batch_has_the_same_id_wherever_it_is_computed(product: UUID, code: str) -> None:
    assert batch_id(product, code) == batch_id(UUID(str(product)), code)
    assert batch_id(product, code).version == 8


@given(st.uuids(), st.uuids(), codes, codes)
def test_another_product_or_code_is_another_batch(one: UUID, two: UUID, code: str, other: str) -> None:
    assert (batch_id(one, code) == batch_id(two, other)) == ((one, code) == (two, other))


def test_a_place_is_named_after_its_facility() -> None:
    assert facility_place(UUID(int=7)) == "facility:00000000-0000-0000-0000-000000000007"


def test_new_ids_sort_by_the_time_they_were_made() -> None:
    made = [new_id() for _ in range(1000)]

    assert [one.int >> 80 for one in made] == sorted(one.int >> 80 for one in made)
    assert {(one.version, one.variant) for one in made} == {(7, "specified in RFC 4122")}
    assert len(set(made)) == 1000


@given(st.text(), st.text())
def test_a_lane_tells_its_ends_whatever_other_systems_call_them(one: str, other: str) -> None:
    source, target = named_place(one), named_party(other)

    assert lane_of(lane_place(source, target)) == Lane(source, target)
    assert (on_hand(source), on_hand(target), is_unit(source)) == (True, False, False)


@given(st.text())
def test_a_pool_stands_for_its_product(product: str) -> None:
    assert pooled_product(pool_of(product)) == product
