"""Numbers for names: each finds its own again, in whatever order they were given."""

from uuid import UUID

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tracelot.index.columns import UNKNOWN, told, told_each
from tracelot.index.numbers import Names, distinct

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


@given(IDS, st.data())
def test_many_texts_are_those_of_each(given_ids: list[UUID], data: st.DataObject) -> None:
    names = Names(b"".join(one.bytes for one in given_ids))
    for late in ("product:of-a-pool", "lane:?>?", "早"):
        names.number(late)

    numbers = data.draw(st.lists(st.integers(0, len(names) - 1)))

    assert names.texts(np.array(numbers, np.int32)) == [names.text(number) for number in numbers]


@given(st.lists(st.integers(0, 40)))
def test_numbers_are_told_once_and_in_order(numbers: list[int]) -> None:
    assert distinct(np.array(numbers, np.int32), 41).tolist() == sorted(set(numbers))


@given(st.lists(st.sampled_from([0, 1, 2_500_000, 10**15, int(UNKNOWN)]) | st.integers(0, 10**15)))
def test_many_amounts_are_those_of_each(amounts: list[int]) -> None:
    assert told_each(np.array(amounts, np.int64)) == [told(amount) for amount in amounts]
