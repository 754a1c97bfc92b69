"""Results as reports print them: what is written is read, nothing is guessed, and nothing breaks the reader."""

import re
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tracelot.rules.measured import Measured, read_measured
from tracelot.rules.measures import MEASURES, convert, find_measure
from tracelot.rules.refusals import Refusal, Unfit

SUPERSCRIPT = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")
WIDE = {ord(one): ord(one) + 0xFEE0 for one in "0123456789.<>,"}
numbers = st.decimals(0, 10**9, allow_nan=False, places=4).map(lambda one: one.normalize() if one else one)
plain = numbers.map(lambda one: f"{one:f}")


@pytest.mark.parametrize(
    ("text", "value", "censored", "bound", "form", "unit"),
    [
        ("未检出", None, "below_lod", None, "not_detected", None),
        ("ND", None, "below_lod", None, "not_detected", None),
        ("N.D.", None, "below_lod", None, "not_detected", None),
        ("未检出（<0.5µg/kg）", None, "below_lod", "0.5", "not_detected", "µg/kg"),
        ("<5.0", None, "below_loq", "5.0", "number", None),
        ("＜LOQ", None, "below_loq", None, "number", None),
        ("<LOD", None, "below_lod", None, "number", None),
        ("≤3", None, "below_loq", "3", "number", None),
        (">300", None, "above", "300", "number", None),
        ("多不可计", None, "above", None, "number", None),
        ("2.2×10²", "220", "none", None, "number", None),
        ("2.2x10^2", "220", "none", None, "number", None),
        ("10³ CFU/g", "1000", "none", None, "number", "CFU/g"),
        ("1.2E3", "1200", "none", None, "number", None),
        ("1.2×10⁻²", "0.012", "none", None, "number", None),
        ("４８．６", "48.6", "none", None, "number", None),
        ("3.2mg/kg", "3.2", "none", None, "number", "mg/kg"),
        ("5.0", "5.0", "none", None, "number", None),
        ("1,234.5", "1234.5", "none", None, "number", None),
        ("1,234,567", "1234567", "none", None, "number", None),
        ("淡黄色、透明", None, "none", None, "words", None),
        ("3.2 of something", None, "none", None, "words", None),
        ("٣", None, "none", None, "words", None),
        ("①", None, "none", None, "words", None),
    ],
)  # fmt: skip
def test_what_reports_print_is_read(
    text: str, value: str | None, censored: str, bound: str | None, form: str, unit: str | None
) -> None:
    read = read_measured(text)
    assert (read.text, read.censored, read.form, read.unit) == (text, censored, form, unit)
    assert (read.value, read.bound) == (value and Decimal(value), bound and Decimal(bound))
    assert (str(read.value) if value else None) == value  # as it was printed: 5.0 stays 5.0


@pytest.mark.parametrize(
    "text", ["1,5", "1,234", "0,5 mg/kg", "10,20", "2.2×102", "2.2x 102", "5²", "²", "100,200,300,150,120"]
)
def test_what_could_mean_two_things_is_asked_and_never_guessed(text: str) -> None:
    with pytest.raises(Unfit) as refused:
        read_measured(text)
    assert refused.value.kind == "ambiguous-number"
    assert [fault.pointer for fault in refused.value.faults] == ["#/measured_text"]


@pytest.mark.parametrize("text", ["1e99", "10^99", "9" * 16, "0." + "0" * 15 + "1"])
def test_what_no_report_can_mean_is_refused(text: str) -> None:
    with pytest.raises(Unfit, match="so large"):
        read_measured(text)


@given(plain)
@example("0.0")
def test_a_plain_number_is_itself_in_every_width_and_with_every_unit(text: str) -> None:
    for way in (text, text.translate(WIDE), f" {text} "):
        assert read_measured(way).value == Decimal(text)
    for unit in ("mg/kg", "µg/kg", "μg/kg", "ug/kg", "g/100 g", "CFU/g", "MPN/100mL", "%"):
        read = read_measured(text + unit)
        assert (read.value, read.unit) == (Decimal(text), find_measure(unit).name)  # type: ignore[union-attr]


def test_the_longest_number_keeps_every_digit() -> None:
    longest = "123456789012345.123456789012345"

    assert str(read_measured(longest).value) == longest
    assert str(read_measured(f"-{longest} mg/kg").value) == f"-{longest}"


@given(st.decimals(1, 10, places=2).filter(lambda one: one < 10), st.integers(-6, 9))
def test_a_power_of_ten_is_the_same_however_it_is_written(head: Decimal, power: int) -> None:
    raised = str(power).translate(SUPERSCRIPT)
    ways = [
        f"{head}×10{raised}",
        f"{head} x 10^{power}",
        f"{head}*10^{power}",
        f"{head}E{power}",
        f"{head}e{power}",
    ]
    expected = Fraction(str(head)) * Fraction(10) ** power
    assert {Fraction(read_measured(way).value) for way in ways} == {expected}  # type: ignore[arg-type]


@given(st.lists(st.tuples(st.sampled_from(["", "<", "＜"]), st.integers(0, 999)), min_size=3, max_size=10))
def test_counts_of_several_samples_are_read_one_by_one(told: list[tuple[str, int]]) -> None:
    for mark in (";", "；", "、", ","):
        text = mark.join(f"{sign}{count}" for sign, count in told)
        read = read_measured(text, samples=len(told))
        assert read.form == "count_set"
        expected = [(None, count) if sign else (count, None) for sign, count in told]
        assert [(one.value, one.bound) for one in read.counts] == expected


@given(st.text(max_size=60) | st.from_regex(r"[0-9.,<>×x^E⁰¹²³\s未检出ND-]{1,24}", fullmatch=True))
@example("1" * 400)
@example("1," * 40)
def test_no_text_breaks_the_reader_and_none_is_lost(text: str) -> None:
    try:
        read = read_measured(text)
    except Refusal:
        return
    assert read.text == text
    for one in (read, *read.counts):
        if one.value is not None:  # a number was read out of digits that stand there, and out of nothing else
            assert one.value.is_finite()
            assert re.search("[0-9０-９]", one.text)
            assert abs(one.value) < 10**15


# --- units -------------------------------------------------------------------------------------------------

SIZES = {  # what each prefix is of a gram, litre or colony, written down anew
    "mg/kg": Fraction(1, 10**6), "µg/kg": Fraction(1, 10**9), "g/100g": Fraction(1, 100), "g/kg": Fraction(1, 1000),
    "mg/g": Fraction(1, 1000), "mg/100g": Fraction(1, 10**5), "ng/g": Fraction(1, 10**9), "g/g": Fraction(1),
}  # fmt: skip


@given(plain, st.sampled_from(sorted(SIZES)), st.sampled_from(sorted(SIZES)))
def test_a_conversion_is_exact_and_leads_back(text: str, unit: str, other: str) -> None:
    there = convert(Decimal(text), unit, other)
    assert Fraction(there) == Fraction(text) * SIZES[unit] / SIZES[other]
    assert convert(there, other, unit) == Decimal(text)


@given(st.sampled_from(sorted(MEASURES)), st.sampled_from(sorted(MEASURES)))
def test_only_units_of_one_dimension_are_converted(unit: str, other: str) -> None:
    if MEASURES[unit].dimension == MEASURES[other].dimension:
        assert convert(convert(Decimal(7), unit, other), other, unit) == 7
        return
    with pytest.raises(Unfit) as refused:
        convert(Decimal(7), unit, other)
    assert refused.value.kind == "other-dimension"


@pytest.mark.parametrize(
    ("written", "name"),
    [("MG/KG", "mg/kg"), ("㎎/㎏", "mg/kg"), ("μg/kg", "µg/kg"), ("g/100 g", "g/100g"), ("毫克/千克", "mg/kg"),
     ("cfu／g", "CFU/g"), ("mg/dm2", "mg/dm²"), ("mg(KOH)/g", "mg/g")],
)  # fmt: skip
def test_a_unit_has_many_writings(written: str, name: str) -> None:
    found = find_measure(written)
    assert found is not None
    assert found.name == name


def test_what_is_no_unit_of_results_is_none() -> None:
    assert [find_measure(text) for text in ("", "ppm", "kg", "mg", "字/kg")] == [None] * 5
    assert Measured("x", form="words").value is None
