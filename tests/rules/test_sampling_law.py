"""Every limit of supervised sampling, reckoned by hand on the calendar of 2026, and what the table says of itself."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from tracelot.records.law import seed_days
from tracelot.rules.calendars import Calendar
from tracelot.rules.recall_law import due, state_of
from tracelot.rules.sampling_law import (
    GOODS_SCOPES,
    LIMITS,
    SAMPLING_CLOCKS,
    kinds_until,
    limits_since,
    prolonged,
)

SHANGHAI = ZoneInfo("Asia/Shanghai")
DAYS = list(seed_days())
CALENDAR = Calendar(
    frozenset(one["day"] for one in DAYS if not one["working"]),
    frozenset(one["day"] for one in DAYS if one["working"]),
    frozenset(one["day"].year for one in DAYS if one["arranged"]),
)

# Off: 25 to 27 September, 1 to 7 October. Worked: Sunday 20 September, Saturday 10 October.
BY_HAND = [
    ("to_lab", "food", "taken", "2026-09-22 10:00", "2026-10-01 00:00"),  # 23 24 28 29 30
    ("report", "food", "received", "2026-09-22 10:00", "2026-10-28 00:00"),  # 2 + 3 + 8 9 10 + 5 + 5 + 26 27
    ("report", "farm", "taken", "2026-09-22 10:00", "2026-10-10 00:00"),  # 23 24 28 29 30 8 9
    ("spare", "food", "passed", "2026-08-31 12:00", "2026-12-01 00:00"),  # the last day of a shorter month
    ("spare", "food", "failed", "2026-08-31 12:00", "2027-03-01 00:00"),
    ("tell_fail", "food", "failed", "2026-11-20 12:00", "2026-11-25 00:00"),  # a Friday: 23 24
    ("retest_apply", "food", "served", "2026-09-28 09:00", "2026-10-14 00:00"),  # 29 30 8 9 10 12 13
    ("retest_apply", "farm", "served", "2026-09-28 09:00", "2026-10-11 00:00"),  # 29 30 8 9 10
    ("retest_apply", "farm_quick", "served", "2026-10-01 06:30", "2026-10-01 10:30"),  # hours know no holiday
    ("retest_apply", "non_food", "served", "2026-09-28 09:00", "2026-10-14 00:00"),  # days of any kind
    ("retest_lab", "food", "accepted", "2026-11-20 09:00", "2026-11-28 00:00"),  # 23 24 25 26 27
    ("spare_over", "food", "lab_drawn", "2026-11-20 09:00", "2026-11-26 00:00"),  # 23 24 25
    ("retest_report", "food", "spare_received", "2026-11-20 09:00", "2026-12-05 00:00"),  # two weeks
    ("object_process", "food", "taken", "2026-09-19 16:00", "2026-09-25 00:00"),  # Sunday the 20th is worked
    ("object_sample", "food", "served", "2026-11-26 09:00", "2026-12-04 00:00"),  # 27 30 1 2 3
    ("follow_up", "food", "case_opened", "2026-11-26 09:00", "2027-02-25 00:00"),  # 4 + 31 + 31 + 24
    ("publish", "food", "reported", "2026-11-26 09:00", "2026-12-25 00:00"),  # 27 + 5 + 5 + 5 + 21 22 23 24
]


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


@pytest.mark.parametrize(("kind", "scope", "since", "begins", "ends"), BY_HAND)
def test_a_limit_ends_when_it_is_reckoned_by_hand(
    kind: str, scope: str, since: str, begins: str, ends: str
) -> None:
    [limit] = [one for one in LIMITS if one.kind == kind and one.runs_for(scope) and one.since == since]

    at, _ = due(limit, moment(begins), SHANGHAI, CALENDAR)

    assert at == moment(ends)
    assert state_of(moment(begins), at, None, moment(ends)) == "soon"


def test_every_limit_has_its_vector() -> None:
    reckoned = {(kind, since, scope) for kind, scope, since, _, _ in BY_HAND}

    without = [
        one.kind
        for one in LIMITS
        if not any((one.kind, one.since, scope) in reckoned for scope in one.scopes)
    ]

    assert without == []
    assert {one.kind for one in LIMITS} == set(SAMPLING_CLOCKS)


def test_only_the_time_to_draw_the_laboratory_is_prolonged_and_by_five_working_days() -> None:
    longer = [prolonged(scope, kind) for kind in SAMPLING_CLOCKS for scope in GOODS_SCOPES]

    assert {(one.kind, one.amount, one.unit) for one in longer if one} == {("retest_lab", 10, "workdays")}
    limit = prolonged("food", "retest_lab")
    assert limit is not None
    at, _ = due(limit, moment("2026-11-20 09:00"), SHANGHAI, CALENDAR)
    assert at == moment("2026-12-05 00:00")  # 23 24 25 26 27, 30 1 2 3 4


def test_a_limit_over_the_new_year_is_provisional() -> None:
    [limit] = [one for one in limits_since("food", "reported") if one.kind == "publish"]

    assert due(limit, moment("2026-12-28 09:00"), SHANGHAI, CALENDAR)[1]
    assert not due(limit, moment("2026-11-26 09:00"), SHANGHAI, CALENDAR)[1]


def test_only_what_was_read_in_the_law_s_text_counts_as_verified() -> None:
    """The Food Safety Law, the laws on farm produce and product quality, and the supervision measures were read."""
    read = {(one.kind, one.source_zh) for one in LIMITS if one.verified}

    assert {kind for kind, _ in read} == {"report", "retest_apply", "publish"}
    assert not any("抽样检验管理办法" in source for _, source in read)
    assert not next(one for one in LIMITS if one.kind == "to_lab").verified


@pytest.mark.parametrize("scope", GOODS_SCOPES)
def test_for_no_goods_two_limits_of_one_kind_begin_at_once(scope: str) -> None:
    begun = [(one.kind, one.since) for one in LIMITS if one.runs_for(scope)]

    assert len(begun) == len(set(begun))


def test_of_goods_other_than_food_only_the_re_test_is_known() -> None:
    assert {one.kind for one in LIMITS if one.runs_for("non_food")} == {"retest_apply"}
    assert kinds_until("food", "waived") == {"retest_apply"}
    assert kinds_until("food", "reported") == {"report", "tell_fail"}
