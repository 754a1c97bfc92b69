"""Verdicts: on a finding against its limit, on a report, and what of it weighs how much."""

from contextlib import suppress
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracelot.rules.inspections import (
    INSPECTION_KINDS,
    VERDICTS,
    certified_on,
    contradicting,
    counts_before_law,
    demand_kind_of_commission,
    demand_order,
    judge_finding,
    judge_report,
    overturns,
    weight_of,
)
from tracelot.rules.limits import LimitRow, Limits, Plan, demand_limit
from tracelot.rules.measured import read_measured
from tracelot.rules.refusals import Conflict, Unfit

DAY = date(2026, 9, 15)
LIMIT = LimitRow("l", "oil", "afb1", "CN", "<=", Decimal(20), unit="µg/kg")
SIGNS = ("", "<", "≤", ">", "≥")
small = st.integers(0, 6).map(lambda one: Decimal(one) / 2)


def may_be(sign: str, bound: Fraction) -> list[Fraction]:
    """Values that a printed result leaves open, on a grid finer than all figures of these tests."""
    grid = [Fraction(step, 8) for step in range(-4, 60)]
    fits = {"": lambda one: one == bound, "<": lambda one: one < bound, "≤": lambda one: one <= bound,
            ">": lambda one: one > bound, "≥": lambda one: one >= bound}[sign]  # fmt: skip
    return [one for one in grid if fits(one)]


def keeps(op: str, value: Fraction, low: Fraction, high: Fraction) -> bool:
    return {"<=": value <= low, "<": value < low, ">=": value >= low, "between": low <= value <= high}[op]


@given(st.sampled_from(SIGNS), small, st.sampled_from(["<=", "<", ">=", "between"]), small, small)
def test_a_verdict_is_what_holds_of_every_value_that_the_result_leaves_open(
    sign: str, printed: Decimal, op: str, one: Decimal, other: Decimal
) -> None:
    low, high = sorted((one, other))
    limit = replace(LIMIT, op=op, value=low, upper=high if op == "between" else None)  # type: ignore[arg-type]
    found = {keeps(op, value, Fraction(low), Fraction(high)) for value in may_be(sign, Fraction(printed))}
    expected = {frozenset({True}): "pass", frozenset({False}): "fail"}.get(frozenset(found), "undecided")

    assert judge_finding(read_measured(f"{sign}{printed}"), "µg/kg", limit).verdict == expected


@pytest.mark.parametrize(
    ("text", "lod", "verdict"),
    [("未检出", None, "undecided"), ("未检出", "20", "pass"), ("未检出", "20.1", "undecided"), ("ND(<5)", None, "pass"),
     ("<LOQ", None, "undecided"), ("<20", None, "pass"), ("<20.5", None, "undecided"), ("<LOD", "5", "pass")],
)  # fmt: skip
def test_below_detection_passes_only_where_detection_reaches_the_limit(
    text: str, lod: str | None, verdict: str
) -> None:
    judged = judge_finding(read_measured(text), "µg/kg", LIMIT, lod=lod and Decimal(lod))  # type: ignore[arg-type]
    assert judged.verdict == verdict


@pytest.mark.parametrize(
    ("text", "lod", "verdict"),
    [("未检出", None, "pass"), ("0", None, "pass"), ("0.1", None, "fail"), (">1", None, "fail"),
     ("<0.5", None, "undecided"), ("<0.5", "0.5", "pass"), ("<0.6", "0.5", "undecided"), ("<LOQ", "0.5", "undecided"),
     ("紫色", None, "undecided")],
)  # fmt: skip
@pytest.mark.parametrize("op", ["not_detected", "not_used"])
def test_where_nothing_may_be_what_is_measured_fails(
    text: str, lod: str | None, verdict: str, op: str
) -> None:
    limit = replace(LIMIT, op=op, value=None)  # type: ignore[arg-type]
    assert judge_finding(read_measured(text), None, limit, lod=lod and Decimal(lod)).verdict == verdict  # type: ignore[arg-type]


def plan_oracle(counts: list[int], plan: Plan) -> str:
    """Counts written out: too many above m, or any above M, break the plan."""
    if any(plan.M is not None and count > plan.M for count in counts):
        return "fail"
    if sum(count > plan.m for count in counts) > plan.c:
        return "fail"
    return "pass" if len(counts) >= plan.n else "undecided"


@given(
    st.lists(st.integers(0, 12), min_size=2, max_size=6),
    st.integers(1, 6), st.integers(0, 3), st.integers(0, 10), st.integers(0, 4) | st.none(),
)  # fmt: skip
def test_microbes_are_judged_over_all_samples(
    counts: list[int], n: int, c: int, m: int, more: int | None
) -> None:
    plan = Plan(n, c, Decimal(m), None if more is None else Decimal(m + more))
    limit = replace(LIMIT, plan=plan, unit="CFU/g", value=None)
    judged = judge_finding(read_measured(";".join(map(str, counts)), n), "CFU/g", limit)
    assert judged.verdict == plan_oracle(counts, plan)


def test_a_sample_below_its_bound_counts_for_certain_or_not_at_all() -> None:
    limit = replace(LIMIT, plan=Plan(3, 0, Decimal(10)), unit="CFU/g", value=None)

    def told(text: str) -> str:
        return judge_finding(read_measured(text, 3), "CFU/g", limit).verdict

    assert told("<10,<10,<10") == "pass"
    assert told("<20,<10,<10") == "undecided"
    assert told(">300;1;1") == "fail"


@pytest.mark.parametrize(
    ("text", "unit", "reason"),
    [("0.02 mg/kg", "mg/kg", "within"), ("0.0201", "mg/kg", "outside"), ("5", None, "unit_missing"),
     ("5", "CFU/g", "other_dimension"), ("5", "字", "other_dimension"), ("黄", "µg/kg", "words"),
     ("1;2;3", "µg/kg", "samples_missing"), ("多不可计", "µg/kg", "above_range")],
)  # fmt: skip
def test_units_are_converted_exactly_and_never_supposed(text: str, unit: str | None, reason: str) -> None:
    assert judge_finding(read_measured(text), unit, LIMIT).reason == reason


def test_a_report_s_own_fail_counts_and_its_pass_only_where_nothing_else_can_be_said() -> None:
    low, words = read_measured("1"), read_measured("正常")
    assert judge_finding(low, "µg/kg", LIMIT, said="fail") == judge_finding(low, "µg/kg", None, said="fail")
    assert judge_finding(low, "µg/kg", LIMIT, said="fail").verdict == "fail"
    assert judge_finding(read_measured("99"), "µg/kg", LIMIT, said="pass").verdict == "fail"
    assert judge_finding(read_measured("ND"), "µg/kg", LIMIT, said="pass").verdict == "undecided"
    assert judge_finding(words, None, None, said="pass").verdict == "pass"
    unknown = replace(LIMIT, value=None, to_check=True)
    assert judge_finding(low, "µg/kg", unknown).reason == "limit_unknown"


@given(st.lists(st.sampled_from(VERDICTS)), st.sampled_from(["pass", "fail", "data_only", None]))
def test_one_failing_finding_fails_the_report(verdicts: list[str], conclusion: str | None) -> None:
    judged = judge_report(verdicts, conclusion)  # type: ignore[arg-type]
    assert (judged == "fail") == ("fail" in verdicts or conclusion == "fail")
    assert (judged == "pass") == (
        bool(verdicts) and all(one == "pass" for one in verdicts) and conclusion != "fail"
    )


def test_only_official_samples_that_a_certified_laboratory_reports_on_count_before_the_law() -> None:
    counted = {
        kind for kind, cma, office in product(INSPECTION_KINDS, (True, False), (True, False))
        if counts_before_law(kind, certified=cma, official=office)
    }  # fmt: skip
    assert counted == {"supervised", "retest"}
    assert not counts_before_law("supervised", certified=False, official=True)
    assert not counts_before_law("supervised", certified=True, official=False)
    assert not counts_before_law("rapid", certified=True, official=True)


def test_a_laboratory_names_no_commission_an_official_report() -> None:
    for asked in ("commissioned", "supervised", "retest"):
        taken = set()
        for kind in INSPECTION_KINDS:
            with suppress(Unfit):
                demand_kind_of_commission(kind, asked)
                taken.add(kind)
        own = {"commissioned", "type", "rapid"}
        assert taken == (own | {"retest"} if asked == "retest" else own)


@pytest.mark.parametrize("failed", range(4))
@pytest.mark.parametrize("weight", range(4))
@pytest.mark.parametrize("same", [True, False])
def test_what_weighs_less_takes_nothing_back(failed: int, weight: int, same: bool) -> None:
    falls = overturns("retest", "pass", weight=weight, failed=failed, same_laboratory=same)  # type: ignore[arg-type]
    assert falls == (weight >= failed and (failed == 0 or not same))
    assert not overturns("outgoing", "pass", weight=3, failed=0, same_laboratory=False)
    assert not overturns("retest", "undecided", weight=3, failed=0, same_laboratory=False)


def test_a_firm_s_own_word_weighs_least_and_the_law_s_most() -> None:
    told = [
        weight_of("outgoing", certified=True, by_laboratory=False, legal=False),
        weight_of("retest", certified=True, by_laboratory=False, legal=False),
        weight_of("retest", certified=True, by_laboratory=True, legal=False),
        weight_of("supervised", certified=True, by_laboratory=True, legal=True),
    ]

    assert told == [0, 1, 2, 3]
    assert weight_of("rapid", certified=True, by_laboratory=True, legal=False) == 0
    assert weight_of("commissioned", certified=False, by_laboratory=True, legal=False) == 0


def test_a_certificate_holds_from_its_first_day_to_its_last() -> None:
    first, last = DAY, DAY + timedelta(30)
    held = [certified_on(first + timedelta(days), "1", first, last) for days in (-1, 0, 30, 31)]
    assert held == [False, True, True, False]
    assert not certified_on(DAY, None, None, None)
    assert contradicting(["pass", "fail", "undecided"])
    assert not contradicting(["pass", "undecided"])


def test_a_sample_is_received_tested_and_then_reported_on() -> None:
    demand_order(DAY, None, DAY, DAY)
    with pytest.raises(Unfit) as refused:
        demand_order(DAY, DAY, None, DAY - timedelta(1))
    assert refused.value.faults[0].pointer == "#/issued_on"


# --- which limit -------------------------------------------------------------------------------------------

CATEGORIES = ("oil", "oil.vegetable", "oil.vegetable.peanut", "nuts")
days = st.integers(0, 9).map(lambda one: DAY + timedelta(one)) | st.none()
rows = st.lists(
    st.builds(
        lambda number, category, first, last: replace(
            LIMIT, id=str(number), category=category, effective_from=first, effective_to=last
        ),
        st.integers(0, 10**6), st.sampled_from(CATEGORIES), days, days,
    ),
    max_size=6, unique_by=lambda row: row.id,
)  # fmt: skip


@given(rows, st.sampled_from(CATEGORIES), st.integers(0, 9))
def test_the_narrowest_limit_in_force_that_day_is_chosen_and_two_are_refused(
    told: list[LimitRow], category: str, offset: int
) -> None:
    day = DAY + timedelta(offset)
    above = [part for part in CATEGORIES if category == part or category.startswith(part + ".")]
    fitting = [
        row for row in told
        if row.category in above
        and not (row.effective_from and row.effective_from > day) and not (row.effective_to and row.effective_to < day)
    ]  # fmt: skip
    narrowest = max((len(row.category) for row in fitting), default=0)
    best = [row for row in fitting if len(row.category) == narrowest]
    if len(best) > 1:
        with pytest.raises(Conflict, match="in force for the same"):
            Limits(told).choose(category, "afb1", "CN", day)
        return
    assert Limits(told).choose(category, "afb1", "CN", day) == (best[0] if best else None)
    assert Limits(told).choose(category, "afb1", "EU", day) is None
    assert Limits(told).choose(category, "don", "CN", day) is None


@given(rows, rows)
def test_a_list_that_takes_no_overlap_never_finds_two(told: list[LimitRow], more: list[LimitRow]) -> None:
    kept: list[LimitRow] = []
    for number, one in enumerate((*told, *more)):
        row = replace(one, id=str(number))
        try:
            demand_limit(kept, row)
        except (Conflict, Unfit):
            continue
        kept.append(row)
    for category in CATEGORIES:
        for offset in range(-1, 11):
            Limits(kept).choose(category, "afb1", "CN", DAY + timedelta(offset))


@pytest.mark.parametrize(
    "wrong",
    [{"value": None}, {"effective_from": DAY, "effective_to": DAY - timedelta(1)}, {"unit": "字"},
     {"op": "between", "upper": Decimal(1)}, {"plan": Plan(5, 5, Decimal(1))},
     {"plan": Plan(5, 2, Decimal(9), Decimal(1))}],
)  # fmt: skip
def test_a_limit_that_says_too_little_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(Unfit):
        demand_limit([], replace(LIMIT, **wrong))
