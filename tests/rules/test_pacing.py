"""How often somebody may do something."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracelot.rules import pacing
from tracelot.rules.pacing import Meter, Pace
from tracelot.rules.refusals import TooMany

TEN_A_MINUTE = Pace(10, 60)


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def allowed(meter: Meter, who: str, pace: Pace = TEN_A_MINUTE, tries: int = 1000) -> int:
    """How many of so many tries at the same moment are allowed."""
    done = 0
    for _ in range(tries):
        try:
            meter.take("guess", who, pace)
        except TooMany:
            continue
        done += 1
    return done


def test_a_full_store_holds_just_so_many_requests() -> None:
    assert allowed(Meter(Clock()), "a") == 10


def test_what_is_left_is_told() -> None:
    meter = Meter(Clock())
    told = [meter.take("guess", "a", TEN_A_MINUTE) for _ in range(10)]
    assert [left.requests for left in told] == list(range(9, -1, -1))
    assert [left.seconds for left in told] == list(range(6, 61, 6))


def test_a_refusal_says_when_to_come_back_and_that_is_true() -> None:
    clock = Clock()
    meter = Meter(clock)
    allowed(meter, "a")
    with pytest.raises(TooMany) as refused:
        meter.take("guess", "a", TEN_A_MINUTE)
    wait = int(refused.value.facts["retry_after"])
    assert wait == 6
    clock.now += wait
    assert allowed(meter, "a") == 1


def test_refused_requests_do_not_count() -> None:
    clock = Clock()
    meter = Meter(clock)
    for _ in range(50):
        allowed(meter, "a")
    clock.now += 60
    assert allowed(meter, "a") == 10


def test_callers_and_kinds_have_stores_of_their_own() -> None:
    meter = Meter(Clock())
    assert allowed(meter, "a") == allowed(meter, "b") == 10
    assert meter.take("other", "a", TEN_A_MINUTE).requests == 9


@given(st.lists(st.floats(0, 20), min_size=1, max_size=60), st.integers(1, 12), st.integers(1, 90))
def test_no_stretch_of_time_sees_more_than_the_pace_allows(
    steps: list[float], most: int, seconds: int
) -> None:
    clock, taken = Clock(), []
    meter = Meter(clock)
    for step in steps:
        clock.now += step
        if allowed(meter, "a", Pace(most, seconds), tries=1):
            taken.append(clock.now)
    for first, began in enumerate(taken):
        for last in range(first, len(taken)):
            stretch = taken[last] - began
            assert last - first + 1 <= most + stretch * most / seconds + 1e-3


def test_a_crowd_of_callers_does_not_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pacing, "MOST_CALLERS", 100)
    clock = Clock()
    meter = Meter(clock)
    for number in range(1000):
        meter.take("guess", str(number), TEN_A_MINUTE)
        assert len(meter._full) <= 100


def test_who_is_being_counted_is_not_forgotten_among_those_who_are_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(pacing, "MOST_CALLERS", 100)
    clock = Clock()
    meter = Meter(clock)
    for number in range(90):
        meter.take("guess", str(number), TEN_A_MINUTE)
    clock.now += 30
    assert allowed(meter, "a") == 10
    for number in range(90, 130):
        meter.take("guess", str(number), TEN_A_MINUTE)
    assert allowed(meter, "a") == 0
