"""Ids inside names, read many at once: as one by one, and whatever another system wrote among them."""

from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from tracelot.operations.naming import ids_in

ENDS = st.sampled_from(["?", "facility:", "party:urn:epc:id:pgln:952.1", "facility:%3E", "contact:店"])
OURS = st.builds(
    lambda kind, one: f"{kind}:{one}", st.sampled_from(["facility", "party", "contact"]), st.uuids()
)


def read(end: str) -> UUID | None:
    try:
        return UUID(end.partition(":")[2])
    except ValueError:
        return None


@given(st.sets(OURS | ENDS))
def test_many_ends_have_the_ids_of_each(ends: set[str]) -> None:
    assert ids_in(ends) == {end: id_ for end in ends if (id_ := read(end)) is not None}


@given(st.sets(OURS))
def test_where_all_are_ours_none_is_missed(ends: set[str]) -> None:
    assert ids_in(ends) == {end: UUID(end[-36:]) for end in ends}
