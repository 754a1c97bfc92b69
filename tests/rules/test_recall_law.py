"""Which law holds, which limits it sets, and how a clock stands."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from tracelot.records.law import RuleLimit, RulePack, seeds
from tracelot.rules.calendars import Calendar
from tracelot.rules.recall_law import (
    Span,
    choose,
    demand_extension,
    demand_limits,
    demand_plan,
    due,
    left,
    state_of,
)
from tracelot.rules.refusals import Conflict, Refusal, Unfit

SHANGHAI = ZoneInfo("Asia/Shanghai")
PACKS, LIMITS = seeds()
RULES = [RulePack.model_validate(pack).rule() for pack in PACKS]
NOON = datetime(2026, 11, 23, 12, tzinfo=SHANGHAI)


def spans(pack: str, level: int) -> dict[str, Span]:
    [row] = [one for one in LIMITS if one["pack_id"] == pack and one["level_code"] in (level, 0)]
    return {span.kind: span for span in RuleLimit.model_validate(row).spans()}


@pytest.mark.parametrize(
    ("known_at", "pack", "hours"),
    [
        ("2026-11-30T23:59:00+08:00", "CN-FOOD-2015", 48),
        ("2026-11-30T23:59:59.999999+08:00", "CN-FOOD-2015", 48),
        ("2026-12-01T00:00:00+08:00", "CN-FOOD-2026", 36),
        ("2026-11-30T16:00:00+00:00", "CN-FOOD-2026", 36),  # midnight in the site's zone
        ("2026-11-30T15:59:59+00:00", "CN-FOOD-2015", 48),
        ("2026-12-01T00:00:00+14:00", "CN-FOOD-2015", 48),
    ],
)
def test_the_law_is_that_of_the_moment_of_knowledge_on_the_site_s_clocks(
    known_at: str, pack: str, hours: int
) -> None:
    chosen = choose(RULES, "CN", "food", datetime.fromisoformat(known_at), SHANGHAI)

    assert chosen is not None
    assert chosen.id == pack
    assert spans(chosen.id, 2)["start"].amount == hours


@pytest.mark.parametrize(
    ("pack", "hours", "workdays"),
    [("CN-FOOD-2015", (24, 48, 72), (10, 20, 30)), ("CN-FOOD-2026", (24, 36, 48), (None, None, None))],
)
def test_the_limits_of_the_levels(
    pack: str, hours: tuple[int, ...], workdays: tuple[int | None, ...]
) -> None:
    assert tuple(spans(pack, level)["start"].amount for level in (1, 2, 3)) == hours
    assert tuple(spans(pack, level)["complete"].amount for level in (1, 2, 3)) == workdays


def test_where_the_law_s_limit_is_not_verified_the_firm_names_its_own() -> None:
    assert spans("CN-FOOD-2026", 1)["complete"].needs_plan
    assert not spans("CN-FOOD-2015", 1)["complete"].needs_plan
    assert not spans("US-FDA-7", 1)["complete"].needs_plan


def test_american_law_sets_no_hours_and_asks_for_a_report_at_least_every_28_days() -> None:
    chosen = choose(RULES, "US", "food", NOON, SHANGHAI)
    assert chosen is not None
    assert chosen.id == "US-FDA-7"
    assert spans("US-FDA-7", 1)["start"] == Span("start", None, "hours")
    assert due(spans("US-FDA-7", 1)["status"], NOON, SHANGHAI, Calendar()) == (
        datetime(2026, 12, 22, tzinfo=SHANGHAI),
        False,
    )


def test_before_any_law_and_outside_of_its_products_none_holds() -> None:
    assert choose(RULES, "CN", "food", datetime(2015, 8, 31, tzinfo=SHANGHAI), SHANGHAI) is None
    assert choose(RULES, "CN", "toys", NOON, SHANGHAI) is None
    others = {choose(RULES, "CN", scope, NOON, SHANGHAI) for scope in ("consumer", "drug", "vehicle")}
    assert {one.id for one in others if one} == {"CN-CONSUMER-2020", "CN-DRUG-2022", "CN-AUTO-2019"}


def test_hours_know_no_holiday() -> None:
    eve = datetime(2026, 10, 1, 8, tzinfo=SHANGHAI)
    assert due(Span("start", 24, "hours"), eve, SHANGHAI, Calendar()) == (eve + timedelta(days=1), False)


def test_working_days_begin_on_the_day_after_in_the_site_s_zone() -> None:
    late = datetime(2026, 11, 23, 16, 30, tzinfo=UTC)  # the 24th in Shanghai
    at, provisional = due(Span("complete", 1, "workdays"), late, SHANGHAI, Calendar(years=frozenset({2026})))
    assert at == datetime(2026, 11, 26, tzinfo=SHANGHAI)
    assert not provisional


HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("begun", "ends", "met", "state"),
    [
        (None, None, None, "waiting"),
        (NOON, None, None, "unplanned"),
        (NOON, NOON + 25 * HOUR, None, "running"),
        (NOON, NOON + 24 * HOUR, None, "soon"),
        (NOON, NOON, None, "soon"),
        (NOON, NOON - timedelta(microseconds=1), None, "overdue"),
        (NOON, NOON, NOON, "met"),
        (NOON, NOON - HOUR, NOON, "met_late"),
        (NOON, None, NOON, "met"),
    ],
)
def test_how_a_clock_stands(
    begun: datetime | None, ends: datetime | None, met: datetime | None, state: str
) -> None:
    assert state_of(begun, ends, met, NOON) == state


def test_the_time_that_is_left_is_told_in_whole_minutes() -> None:
    ahead = left(NOON + timedelta(days=2, hours=3, minutes=4, seconds=59), NOON)
    behind = left(NOON - timedelta(minutes=61), NOON)
    assert (ahead.late, ahead.days, ahead.hours, ahead.minutes) == (False, 2, 3, 4)
    assert (behind.late, behind.days, behind.hours, behind.minutes) == (True, 0, 1, 1)


@pytest.mark.parametrize(
    ("kind", "begun", "met", "wanted", "refusal"),
    [
        ("start", True, False, NOON + HOUR, "clock-fixed"),
        ("status", True, False, NOON + HOUR, "clock-fixed"),
        ("complete", False, False, NOON + HOUR, "clock-not-running"),
        ("complete", True, True, NOON + HOUR, "clock-not-running"),
        ("complete", True, False, NOON, "not-later"),
        ("complete", True, False, NOON - HOUR, "not-later"),
        ("complete", True, False, NOON + timedelta(days=367), "too-far"),
    ],
)
def test_an_extension_that_cannot_be_is_refused(
    kind: str, begun: bool, met: bool, wanted: datetime, refusal: str
) -> None:
    with pytest.raises(Refusal) as refused:
        demand_extension(kind, begun, met, NOON, wanted)
    assert refused.value.kind == refusal
    assert isinstance(refused.value, Conflict | Unfit)


def test_a_planned_date_is_asked_for_where_it_is_needed_and_never_in_the_past() -> None:
    today = date(2026, 12, 1)
    demand_plan(False, None, today)
    demand_plan(True, today, today)
    with pytest.raises(Unfit, match="still to be checked"):
        demand_plan(True, None, today)
    with pytest.raises(Unfit, match="passed"):
        demand_plan(False, date(2026, 11, 30), today)
    with pytest.raises(Unfit, match="within a year"):  # no clock at all would be as good
        demand_plan(True, date(2028, 1, 1), today)
    demand_plan(False, date(2028, 1, 1), today)


def test_a_range_of_days_ends_no_earlier_than_it_begins() -> None:
    demand_limits(14, 28)
    demand_limits(None, 28)
    for least, most in ((28, 14), (14, None)):
        with pytest.raises(Unfit):
            demand_limits(least, most)
