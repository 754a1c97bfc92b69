"""Until when records are kept, and what may never go."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracelot.rules.refusals import Conflict, Unfit
from tracelot.rules.retention import (
    LAWS,
    SECURITY_ACTS,
    batch_kept,
    demand_purgeable,
    demand_reached,
    entry_kept,
    later,
    recall_kept,
    session_kept,
)

TODAY = date(2026, 11, 22)
days = st.dates(date(1990, 1, 1), date(2100, 12, 31))


def years_after(day: date, years: int) -> date:
    """The same day of a later year, counted on a calendar."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return date(day.year + years, 3, 1)


def half_a_year_after(day: date) -> date:
    """The same day six months later, or the first of the month after where there is none."""
    year, month = (day.year, day.month + 6) if day.month <= 6 else (day.year + 1, day.month - 6)
    for number in range(day.day, 0, -1):
        try:
            return date(year, month, number)
        except ValueError:
            continue
    raise AssertionError


@given(days, st.none() | days, st.booleans(), st.booleans())
def test_a_batch_is_kept_at_least_as_long_as_every_calendar_says(
    recorded: date, expiry: date | None, us_ftl: bool, farm: bool
) -> None:
    kept = batch_kept(recorded, expiry, us_ftl=us_ftl, farm=farm)

    assert kept.until >= years_after(recorded, 2)
    assert expiry is None or kept.until >= half_a_year_after(expiry)
    assert kept.until <= max(recorded + timedelta(731), (expiry or recorded) + timedelta(184))


@pytest.mark.parametrize(
    ("expiry", "until", "ground"),
    [
        (None, date(2028, 11, 22), "no-shelf-life"),
        (date(2029, 1, 1), date(2029, 7, 4), "shelf-life"),
        (date(2026, 12, 1), date(2028, 11, 22), "ledger"),
    ],
)
def test_the_longest_duty_decides(expiry: date | None, until: date, ground: str) -> None:
    kept = batch_kept(TODAY, expiry)

    assert (kept.until, kept.ground) == (until, ground)
    assert kept.ground in LAWS


@given(days)
def test_recalls_two_years_and_security_one(day: date) -> None:
    assert recall_kept(day).until >= years_after(day, 2)
    assert session_kept(day).until >= years_after(day, 1)
    for act in SECURITY_ACTS:
        assert years_after(day, 1) <= entry_kept(act, day).until < years_after(day, 2)
    assert entry_kept("batch.registered", day).until >= years_after(day, 2)


@given(st.lists(days, min_size=1))
def test_a_date_only_ever_moves_later(dates: list[date]) -> None:
    kept: date | None = None
    for day in dates:
        before, kept = kept, later(kept, day)
        assert before is None or kept >= before
    assert kept == max(dates)


@given(days, days, st.booleans(), st.booleans())
def test_nothing_goes_before_its_date_nor_while_something_holds_it(
    until: date, before: date, open_recall: bool, referred: bool
) -> None:
    try:
        demand_purgeable(until, before, open_recall=open_recall, referred=referred)
    except Conflict:
        assert until >= before or open_recall or referred
    else:
        assert until < before
        assert not open_recall
        assert not referred


def test_nobody_purges_by_a_date_to_come() -> None:
    demand_reached(TODAY, TODAY)
    with pytest.raises(Unfit):
        demand_reached(TODAY + timedelta(1), TODAY)
