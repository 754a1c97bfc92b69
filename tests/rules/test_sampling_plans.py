"""A draw that anybody can repeat, what a higher office sampled already, and rates of few samples."""

import hashlib
import math
from datetime import date
from random import Random

import pytest

from conftest import Rounds
from tracelot.rules.parties import LEVELS
from tracelot.rules.refusals import Conflict, Unfit
from tracelot.rules.sampling_figures import pass_rate
from tracelot.rules.sampling_plans import (
    Candidate,
    Earlier,
    Stratum,
    demand_seed,
    draw_plan,
    frame_hash,
    sampled_above,
)

PINNED = [(1, "firm-1"), (1, "firm-5"), (2, "shop-1"), (2, "shop-2"), (2, "shop-3")]
PINNED_HASH = "bb91c43b480f754176a2a311696b51d8a22e095ee892bd0d9e03d7ae8ca3be2a"
STRATA = [Stratum(1, "花生油", "411724", "production", 2), Stratum(2, "挂面", "4117", "circulation", 3)]
FRAME = [Candidate(1, f"firm-{n}") for n in range(6)] + [Candidate(2, f"shop-{n}") for n in range(4)]


def by_hand(strata: list[Stratum], frame: list[Candidate], seed: str) -> set[tuple[int, str]]:
    """The same draw, written anew from what the proof page says."""
    drawn = set()
    for cell in strata:
        keys = sorted({one.key for one in frame if one.stratum == cell.number})
        ranked = sorted(
            keys, key=lambda key: hashlib.sha256(f"{seed}/{cell.number}\0{key}".encode()).hexdigest()
        )
        drawn |= {(cell.number, key) for key in ranked[: cell.wanted]}
    return drawn


def test_a_known_seed_draws_what_it_drew_before() -> None:
    """Fixed for ever: a published draw must come out the same after any change of ours."""
    drawn = draw_plan(STRATA, FRAME, "2026-11-26 双色球 03 11 19 24 28 31+07")

    assert [(one.stratum, one.key) for one in drawn] == PINNED
    assert frame_hash(FRAME) == PINNED_HASH


def test_seed_and_frame_alone_decide(random: Random, rounds: Rounds) -> None:
    for _ in range(rounds(50, 2000)):
        frame = [
            Candidate(random.choice([1, 2]), str(random.getrandbits(20)))
            for _ in range(random.randint(0, 40))
        ]
        seed = str(random.getrandbits(64))
        mixed = random.sample(frame, len(frame)) + frame[:3]

        drawn = draw_plan(STRATA, frame, seed)

        assert {(one.stratum, one.key) for one in drawn} == by_hand(STRATA, frame, seed)
        assert draw_plan(STRATA, mixed, seed) == drawn
        assert frame_hash(mixed) == frame_hash(frame)


def test_a_frame_with_one_line_more_has_another_hash() -> None:
    assert frame_hash([*FRAME, Candidate(2, "shop-9")]) != frame_hash(FRAME)
    assert frame_hash([Candidate(1, "a")]) != frame_hash([Candidate(2, "a")])


def test_every_candidate_is_drawn_about_as_often_as_the_others() -> None:
    counts = dict.fromkeys((one.key for one in FRAME if one.stratum == 1), 0)
    for seed in range(3000):
        for one in draw_plan(STRATA[:1], FRAME, str(seed)):
            counts[one.key] += 1

    assert all(abs(count - 1000) < 5 * math.sqrt(3000 * (1 / 3) * (2 / 3)) for count in counts.values())


def test_no_seed_before_the_frame_is_frozen() -> None:
    with pytest.raises(Conflict, match="Freeze the frame first"):
        demand_seed("2026-11-26", None)
    with pytest.raises(Unfit, match="8 to 200"):
        demand_seed("short", "hash")


@pytest.mark.parametrize("own", LEVELS)
@pytest.mark.parametrize("theirs", LEVELS)
def test_only_what_a_higher_level_sampled_stands_in_the_way(own: str, theirs: str) -> None:
    earlier = Earlier(theirs, date(2025, 5, 1), same_batch=True)  # type: ignore[arg-type]

    found = sampled_above(own, [earlier], date(2026, 11, 26))  # type: ignore[arg-type]

    assert (found is not None) == (LEVELS.index(theirs) < LEVELS.index(own))  # type: ignore[arg-type]


def test_another_batch_of_the_product_stands_in_the_way_in_the_same_year() -> None:
    today = date(2026, 11, 26)

    assert sampled_above("county", [Earlier("city", date(2026, 1, 1), same_batch=False)], today)
    assert sampled_above("county", [Earlier("city", date(2025, 12, 31), same_batch=False)], today) is None


@pytest.mark.parametrize(
    ("passed", "n", "rate", "low", "high"),
    [
        (4, 4, None, None, None),  # too few to tell a rate
        (5, 5, 1.0, 0.5655, 1.0),
        (0, 5, 0.0, 0.0, 0.4345),
        (8, 10, 0.8, 0.4902, 0.9433),
        (81, 90, 0.9, 0.8207, 0.9465),
    ],
)
def test_the_interval_is_wilson_s(
    passed: int, n: int, rate: float | None, low: float | None, high: float | None
) -> None:
    found = pass_rate(passed, n)

    if rate is None:
        assert (found.n, found.rate, found.low, found.high) == (n, None, None, None)
    else:
        assert found.rate == pytest.approx(rate)
        assert found.low == pytest.approx(low, abs=0.0001)
        assert found.high == pytest.approx(high, abs=0.0001)


def test_the_ends_of_the_interval_solve_wilson_s_equation() -> None:
    """At either end p the observed share lies exactly z standard errors of p away."""
    for passed, n in [(3, 7), (40, 50), (999, 1000), (1, 5)]:
        found = pass_rate(passed, n)
        for end in (found.low, found.high):
            assert end is not None
            assert (passed / n - end) ** 2 == pytest.approx(1.959963984540054**2 * end * (1 - end) / n)
