"""The states of a batch."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracelot.rules.batches import (
    ALLOWED,
    LEADS_TO,
    STATUSES,
    demand_dates,
    demand_possible,
    possible,
    public,
    status_on,
)
from tracelot.rules.refusals import Conflict, Unfit

LAST = date(2026, 9, 30)


def test_a_released_batch_expires_at_the_end_of_its_last_day() -> None:
    assert status_on(LAST, "released", LAST) == "released"
    assert status_on(date(2026, 10, 1), "released", LAST) == "expired"


@given(st.sampled_from([status for status in STATUSES if status != "released"]), st.dates())
def test_no_other_state_changes_by_itself(status: str, day: date) -> None:
    assert status_on(day, status, LAST) == status


@given(st.dates())
def test_a_batch_without_a_last_day_never_expires(day: date) -> None:
    assert status_on(day, "released", None) == "released"


def test_nothing_leads_out_of_void() -> None:
    assert [act for act in ALLOWED if possible(act, "void")] == []


def test_a_recalled_batch_can_only_be_corrected_or_recalled_again() -> None:
    assert {act for act in ALLOWED if possible(act, "recalled")} == {"correct", "recall", "spare"}


def test_every_act_leads_from_and_to_states_that_exist() -> None:
    assert {state for states in ALLOWED.values() for state in states} <= set(STATUSES)
    assert set(LEADS_TO.values()) <= set(STATUSES)


@given(st.sampled_from(sorted(ALLOWED)), st.sampled_from(STATUSES))
def test_a_refused_step_names_the_act_and_the_state(act: str, status: str) -> None:
    if status in ALLOWED[act]:  # type: ignore[index]
        demand_possible(act, status)  # type: ignore[arg-type]
        return

    with pytest.raises(Conflict) as refused:
        demand_possible(act, status)  # type: ignore[arg-type]

    assert (refused.value.kind, refused.value.facts) == (f"cannot-{act}", {"state": status})


@pytest.mark.parametrize("status", STATUSES)
def test_the_public_sees_what_was_once_let_go(status: str) -> None:
    assert public(status, released_before=True)
    assert public(status, released_before=False) == (status in ("released", "recalled", "expired"))


def test_a_batch_may_expire_on_the_day_it_was_made_and_not_before() -> None:
    demand_dates(LAST, LAST)
    demand_dates(LAST, None)

    with pytest.raises(Unfit) as refused:
        demand_dates(LAST, date(2026, 9, 29))

    assert refused.value.faults[0].pointer == "#/expiry_date"
