"""Credit codes and food licences."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import valid_uscc
from tracelot.rules.licences import jy_licence, sc_licence, uscc, uscc_warnings
from tracelot.rules.refusals import Unfit

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
VALUES = {character: value for value, character in enumerate(ALPHABET)}


@given(st.integers(0, 999_999))
def test_the_weighted_sum_of_a_credit_code_is_a_multiple_of_31(number: int) -> None:
    code = valid_uscc(number)

    total = (
        sum(3**place % 31 * VALUES[character] for place, character in enumerate(code[:17])) + VALUES[code[17]]
    )

    assert uscc(code) == code
    assert total % 31 == 0


@given(st.integers(0, 999_999), st.integers(8, 16), st.sampled_from(ALPHABET))
def test_any_one_wrong_character_is_noticed(number: int, place: int, character: str) -> None:
    code = valid_uscc(number)
    wrong = code[:place] + character + code[place + 1 :]
    if wrong == code:
        return

    with pytest.raises(Unfit):
        uscc(wrong)


def test_a_credit_code_is_read_as_printed() -> None:
    code = valid_uscc(7)

    assert uscc(f" {code.lower()} ") == code


@pytest.mark.parametrize("text", ["", "91411724", "IOSVZ" * 4, "９１４１１７２４ＭＡ００００００００"])
def test_what_is_no_credit_code_is_refused(text: str) -> None:
    with pytest.raises(Unfit) as refused:
        uscc(text)
    assert refused.value.kind == "bad-uscc"


def test_an_ordinary_credit_code_raises_no_doubt() -> None:
    assert uscc_warnings(valid_uscc(42)) == []


@given(st.from_regex(r"SC[0-9]{13}", fullmatch=True))
def test_one_last_digit_fits_a_licence(body: str) -> None:
    fitting = []
    for last in "0123456789":
        try:
            fitting.append(sc_licence(body + last))
        except Unfit:
            continue
    assert len(fitting) == 1


def test_a_trade_licence_is_never_refused() -> None:
    assert jy_licence("JY1") != []
    assert jy_licence("JY14117240000001") == [] or jy_licence("JY14117240000001")[0].startswith(
        "The last digit"
    )
