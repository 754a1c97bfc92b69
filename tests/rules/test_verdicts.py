"""What a record means for whoever holds the package."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracelot.rules.batches import STATUSES
from tracelot.rules.verdicts import VERDICTS, verdict

statuses = st.none() | st.sampled_from(STATUSES)


@given(statuses, st.lists(st.sampled_from([1, 2, 3]), min_size=1))
def test_a_recall_outweighs_everything(status: str | None, levels: list[int]) -> None:
    assert verdict(status, levels) == "recalled"


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (None, "unknown"),
        ("recalled", "recalled"),
        ("held", "held"),
        ("void", "withdrawn_record"),
        ("expired", "expired"),
        ("released", "no_recall"),
        ("exhausted", "no_recall"),
    ],
)
def test_each_state_has_its_verdict(status: str | None, said: str) -> None:
    assert verdict(status, []) == said


@given(statuses.filter(lambda one: one != "recalled"), st.lists(st.sampled_from([1, 2, 3]), min_size=1))
def test_a_seller_s_recall_comes_right_after_the_maker_s(status: str | None, levels: list[int]) -> None:
    assert verdict(status, [], levels) == "seller_recall"
    assert verdict(status, [3], levels) == "recalled"


@given(statuses, st.lists(st.sampled_from([1, 2, 3])))
def test_no_verdict_says_that_a_batch_is_safe(status: str | None, levels: list[int]) -> None:
    said = verdict(status, levels)

    assert said in VERDICTS
    assert "safe" not in said
