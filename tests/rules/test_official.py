"""Who learns the result of an official sample, and when: every combination, against the law said in other words."""

from itertools import product

import pytest

from tracelot.rules.official import Notice, hold_words, known_to_firm, needs_decision, opens
from tracelot.rules.sampling_stages import SAMPLING_STATES

FAIL, PASS = Notice("fail", final=False, in_hand=True), Notice("pass", final=True, in_hand=True)
SEALED = Notice("fail", final=False, in_hand=False)


def test_a_firm_reads_an_official_report_once_it_has_the_notice_or_everybody_has_the_result() -> None:
    closed = [
        (official, hand, public)
        for official, hand, public in product((True, False), repeat=3)
        if not opens(official=official, in_hand=hand, public=public)
    ]
    assert closed == [(True, False, False)]


@pytest.mark.parametrize("state", SAMPLING_STATES)
@pytest.mark.parametrize("notices", [[], [SEALED], [SEALED, SEALED]])
def test_without_a_notice_in_hand_no_state_tells_that_there_is_a_result(
    state: str, notices: list[Notice]
) -> None:
    stands = known_to_firm(state, "fail" if state in ("reported", "final") else None, notices, public=False)
    assert (stands.verdict, stands.told) == (None, False)
    assert stands.state == ("received" if state in ("reported", "final") else state)


def test_a_firm_stands_by_the_last_notice_that_it_has_in_hand() -> None:
    first = known_to_firm("final", "pass", [FAIL, SEALED], public=False)
    assert (first.state, first.verdict) == ("reported", "fail")
    second = known_to_firm("final", "pass", [FAIL, PASS], public=False)
    assert (second.state, second.verdict) == ("final", "pass")
    assert known_to_firm("reported", "pass", [], public=True).verdict == "pass"


def test_a_hold_says_no_finding_before_the_notice() -> None:
    assert "48.6" not in hold_words("CY1", "SJ-1: 48.6 µg/kg", sealed=True)
    assert hold_words("CY1", "SJ-1: 48.6 µg/kg", sealed=False) == "SJ-1: 48.6 µg/kg"


def test_an_office_decides_where_somebody_was_told_or_a_fail_would_fall() -> None:
    silent = {
        (was, now)
        for was, now in product(("pass", "fail", "undecided"), ("pass", "fail", "undecided", None))
        if not needs_decision(noticed=False, public=False, was=was, now=now)
    }
    assert silent == {(was, now) for was in ("pass", "undecided") for now in ("pass", "fail", "undecided", None)} | {
        ("fail", "fail")
    }  # fmt: skip
    assert needs_decision(noticed=True, public=False, was="pass", now="pass")
    assert needs_decision(noticed=False, public=True, was="fail", now="fail")
