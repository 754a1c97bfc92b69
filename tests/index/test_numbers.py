"""Numbers for names: each finds its own again, in whatever order they were given."""

from uuid import UUID

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tracelot.index.numbers import Names

NEAR = st.builds(lambda high, low: UUID(int=high << 64 | low), st.integers(0, 3), st.integers(0, 3))
IDS = st.lists(st.uuids() | NEAR, unique=True, max_size=30)


@given(IDS, IDS)
def test_each_name_has_its_number_and_strangers_have_none(given_ids: list[UUID], others: list[UUID]) -> None:
    names = Names(b"".join(one.bytes for one in given_ids))

    assert [names.find(str(one)) for one in given_ids] == list(range(len(given_ids)))
    assert [names.text(number) for number in range(len(given_ids))] == [str(one) for one in given_ids]
    for one in set(others) - set(given_ids):
        assert names.find(str(one)) is None
        assert names.number(str(one)) == names.find(str(one)) == len(names) - 1


@given(IDS)
def test_ranks_are_the_order_of_the_texts(given_ids: list[UUID]) -> None:
    names = Names(b"".join(one.bytes for one in given_ids))
    numbers = np.arange(len(given_ids))[::-1]

    texts = [names.text(int(number)) for number in numbers]
    assert [texts[place] for place in np.argsort(names.ranks(numbers))] == sorted(texts)
