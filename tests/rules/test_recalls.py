"""What a recall must say, and which batches its date range holds."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracelot.rules.recalls import (
    STATES,
    TOLD,
    Range,
    demand_complete,
    demand_state,
    gravest,
    recall_code,
    unsaid,
)
from tracelot.rules.refusals import Conflict, Unfit

COMPLETE = {"reason_zh": "黄曲霉毒素", "harm_zh": "损害肝脏", "remedy_en": "Return it."}
days = st.dates(date(2020, 1, 1), date(2030, 1, 1))


@given(st.none() | days, st.none() | days, days)
def test_a_range_holds_both_its_ends_and_what_lies_between(
    first: date | None, last: date | None, made: date
) -> None:
    expected = (first or date.min) <= made <= (last or date.max)

    assert Range(first, last).holds(made) == expected


def test_a_notice_may_speak_either_language_in_each_part() -> None:
    demand_complete(COMPLETE, "0396-8920001", 1)


@pytest.mark.parametrize("part", TOLD)
def test_a_notice_that_leaves_out_a_part_is_refused_at_that_part(part: str) -> None:
    words = {name: text for name, text in COMPLETE.items() if not name.startswith(part)}

    with pytest.raises(Unfit) as refused:
        demand_complete(words, "0396-8920001", 1)

    assert [fault.pointer for fault in refused.value.faults] == [f"#/{part}_zh"]


def test_a_notice_needs_a_contact_and_a_batch() -> None:
    with pytest.raises(Unfit) as refused:
        demand_complete(COMPLETE, None, 0)

    assert [fault.pointer for fault in refused.value.faults] == ["#/contact", "#/batches"]


@given(st.dictionaries(st.sampled_from([f"{part}_{language}" for part in TOLD for language in ("zh", "en")]),
                       st.none() | st.text()))  # fmt: skip
def test_what_is_unsaid_is_what_neither_language_says(words: dict[str, str | None]) -> None:
    said = {part for part in TOLD if words.get(f"{part}_zh") or words.get(f"{part}_en")}

    assert set(unsaid(words)) == set(TOLD) - said


@given(st.lists(st.sampled_from([1, 2, 3])))
def test_level_one_is_the_gravest(levels: list[int]) -> None:
    assert gravest(levels) == next((level for level in (1, 2, 3) if level in levels), None)


@given(st.integers(1, 123_456))
def test_the_codes_of_a_day_never_run_out(number: int) -> None:
    code = recall_code("411724214", date(2026, 11, 22), number)

    assert code.startswith("ZH-411724-20261122-")
    assert int(code.rpartition("-")[2]) == number


@pytest.mark.parametrize("state", STATES)
def test_a_step_is_taken_from_its_own_state_only(state: str) -> None:
    if state == "draft":
        demand_state(state, "draft")
        return
    with pytest.raises(Conflict) as refused:
        demand_state(state, "draft")
    assert refused.value.kind == f"recall-{state}"
