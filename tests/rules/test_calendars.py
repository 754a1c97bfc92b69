"""Working days, by the arrangements that were announced, against vectors and a count by day."""

from datetime import date, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracelot.records.law import seed_days
from tracelot.rules.calendars import Calendar, demand_arrangement, end_of, nth_working_day
from tracelot.rules.refusals import Unfit

SHANGHAI = ZoneInfo("Asia/Shanghai")
SEEDED = list(seed_days())
CHINA = Calendar(
    frozenset(one["day"] for one in SEEDED if not one["working"]),
    frozenset(one["day"] for one in SEEDED if one["working"]),
    frozenset(one["day"].year for one in SEEDED if one["arranged"]),
)

VECTORS = [
    ("2026-09-28", 10, "2026-10-16", False),
    ("2026-09-28", 20, "2026-10-30", False),
    ("2026-09-28", 30, "2026-11-13", False),
    ("2026-02-11", 5, "2026-02-25", False),
    ("2026-02-11", 10, "2026-03-03", False),
    ("2026-11-23", 10, "2026-12-07", False),
    ("2026-11-23", 20, "2026-12-21", False),
    ("2026-11-23", 30, "2027-01-05", True),
]


@pytest.mark.parametrize(("start", "n", "last", "provisional"), VECTORS)
def test_the_vectors_of_the_law_hold(start: str, n: int, last: str, provisional: bool) -> None:
    assert nth_working_day(date.fromisoformat(start), n, CHINA) == (date.fromisoformat(last), provisional)


def test_beyond_the_known_calendar_only_the_new_year_is_off() -> None:
    assert sorted(day for day in CHINA.off if day.year not in CHINA.years) == [date(2027, 1, 1)]
    assert CHINA.years == {2025, 2026}


def test_the_days_of_the_arrangements_number_what_the_notices_say() -> None:
    """1 + 8 + 3 + 5 + 3 + 8 days off in 2025, and 3 + 9 + 3 + 5 + 3 + 3 + 7 in 2026."""
    count = {year: sum(day.year == year for day in CHINA.off) for year in (2025, 2026)}

    assert count == {2025: 28, 2026: 33}
    assert all(day.weekday() >= 5 for day in CHINA.working)
    assert len(CHINA.working) == 5 + 6
    assert CHINA.off.isdisjoint(CHINA.working)


def counted_by_day(start: date, last: date, calendar: Calendar) -> int:
    """How many days after the start, the last included, people work: told day by day in other words."""
    count = 0
    for ordinal in range(start.toordinal() + 1, last.toordinal() + 1):
        day = date.fromordinal(ordinal)
        if day in calendar.working:
            count += 1
        elif day.isoweekday() in (6, 7) or day in calendar.off:
            continue
        else:
            count += 1
    return count


@given(st.integers(0, 2**32), st.integers(1, 60))
def test_the_nth_working_day_is_the_first_by_which_n_days_were_worked(seed: int, n: int) -> None:
    random = Random(seed)
    first = date(2026, 1, 1)
    days = [first + timedelta(days=number) for number in range(500)]
    off = frozenset(random.sample(days, random.randint(0, 80)))
    weekends = [day for day in days if day.weekday() >= 5 and day not in off]
    calendar = Calendar(off, frozenset(random.sample(weekends, random.randint(0, 20))), frozenset({2026}))
    start = random.choice(days[:300])

    last, provisional = nth_working_day(start, n, calendar)

    assert counted_by_day(start, last, calendar) == n
    assert counted_by_day(start, last - timedelta(days=1), calendar) == n - 1
    assert provisional == (last.year != 2026)


def test_a_count_that_begins_with_a_year_that_is_not_known_is_provisional_too() -> None:
    assert nth_working_day(date(2024, 12, 30), 1, CHINA) == (date(2024, 12, 31), True)
    assert nth_working_day(date(2024, 12, 31), 1, CHINA) == (date(2025, 1, 2), False)


def test_a_limit_ends_at_the_last_instant_of_its_day() -> None:
    assert end_of(date(2026, 10, 16), SHANGHAI) == datetime(2026, 10, 17, tzinfo=SHANGHAI)


def test_working_days_are_counted_from_one() -> None:
    with pytest.raises(ValueError, match="from one"):
        nth_working_day(date(2026, 1, 1), 0, CHINA)


@pytest.mark.parametrize(
    ("off", "working", "kind"),
    [
        ([date(2026, 12, 31)], [], "other-year"),
        ([date(2027, 1, 1), date(2027, 1, 1)], [], "day-twice"),
        ([date(2027, 1, 1)], [date(2027, 1, 4)], "not-a-weekend"),
        ([date(2027, 1, 3)], [date(2027, 1, 3)], "off-and-working"),
    ],
)
def test_an_arrangement_that_cannot_be_is_refused(off: list[date], working: list[date], kind: str) -> None:
    with pytest.raises(Unfit) as refused:
        demand_arrangement(2027, off, working)
    assert refused.value.kind == kind
