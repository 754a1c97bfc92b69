"""Amounts in the unit of a stock: exact, by factors of the product or of fixed measures."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracelot.rules.quantities import (
    BASE_LIMIT,
    FIXED,
    LIMIT,
    STEP,
    UNITS,
    exact,
    factor_between,
    in_base,
    usual_base,
)

GRAMS = {"kg": 1000, "g": 1, "t": 1_000_000}  # by hand, not from the table
MILLILITRES = {"L": 1000, "mL": 1}
amounts = st.decimals(min_value=STEP, max_value=LIMIT - STEP, places=6)
factors = st.decimals(min_value=STEP, max_value=LIMIT - STEP, places=6)


@given(unit=st.sampled_from(UNITS), base=st.sampled_from(UNITS))
def test_without_factors_of_the_product_only_mass_and_volume_convert(unit: str, base: str) -> None:
    found = factor_between(unit, base, {})

    if unit == base:
        assert found == 1
    elif unit in GRAMS and base in GRAMS:
        assert found is not None
        assert Fraction(found) == Fraction(GRAMS[unit], GRAMS[base])
    elif unit in MILLILITRES and base in MILLILITRES:
        assert found is not None
        assert Fraction(found) == Fraction(MILLILITRES[unit], MILLILITRES[base])
    else:
        assert found is None


@given(unit=st.sampled_from(sorted(GRAMS)), other=st.sampled_from(sorted(GRAMS)), factor=factors)
def test_one_mass_of_a_product_stands_for_all_masses(unit: str, other: str, factor: Decimal) -> None:
    found = factor_between(unit, "bottle", {other: factor})

    assert found is not None
    assert Fraction(found) == Fraction(factor) * Fraction(GRAMS[unit], GRAMS[other])
    assert factor_between("mL", "bottle", {other: factor}) is None


@given(amount=amounts, factor=factors)
def test_an_amount_in_base_units_is_exact_or_is_refused(amount: Decimal, factor: Decimal) -> None:
    product = Fraction(amount) * Fraction(factor)
    keepable = product * 1_000_000 == int(product * 1_000_000) and 0 < product < BASE_LIMIT
    found = in_base(amount, factor)

    assert (found is not None) == keepable
    assert found is None or Fraction(found) == product


@pytest.mark.parametrize("text", ["0", "-1", "0.0000001", "1000000000", "-0"])
def test_what_cannot_be_kept_is_no_amount(text: str) -> None:
    assert not exact(Decimal(text))


def test_the_usual_base_is_kilogram_litre_or_the_unit_itself() -> None:
    assert {unit: usual_base(unit) for unit in FIXED} == {
        "kg": "kg",
        "g": "kg",
        "t": "kg",
        "L": "L",
        "mL": "L",
    }
    assert usual_base("bottle") == "bottle"
