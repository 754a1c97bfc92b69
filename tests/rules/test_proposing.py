"""How two scopes differ, and the order in which codes are counted."""

from hypothesis import given
from hypothesis import strategies as st

from tracelot.rules.proposing import code_order, code_within


def test_numbers_in_codes_count_by_their_value() -> None:
    assert sorted(["L10", "L9", "K2", "L9-2", "L9-10"], key=code_order) == [
        "K2",
        "L9",
        "L9-2",
        "L9-10",
        "L10",
    ]
    assert code_within("L10", "L9", "L11")
    assert not code_within("L100", "L9", "L11")
    assert code_within("ZY260915-05", "ZY260915-01", "ZY260915-09")


@given(st.text("AB019-", min_size=1, max_size=6), st.text("AB019-", min_size=1, max_size=6))
def test_a_range_holds_its_ends(first: str, last: str) -> None:
    low, high = sorted([first, last], key=code_order)

    assert code_within(low, low, high)
    assert code_within(high, low, high)
    assert code_within(low, None, high)
    assert code_within(high, low, None)
