"""The statistics of sampling: pass rates with the interval in which the true one lies, and none of too few samples."""

from dataclasses import dataclass
from math import sqrt

LEAST = 5  # of fewer samples no rate is told
Z = 1.959963984540054  # 95 %, both sides


@dataclass(frozen=True)
class Rate:
    """`rate`, `low` and `high` are shares from 0 to 1; None of fewer than five samples."""

    passed: int
    n: int
    rate: float | None
    low: float | None
    high: float | None


def pass_rate(passed: int, n: int) -> Rate:
    """How many of n passed, with Wilson's 95 % interval."""
    if n < LEAST:
        return Rate(passed, n, None, None, None)
    share, square = passed / n, Z * Z
    centre = (share + square / (2 * n)) / (1 + square / n)
    half = Z / (1 + square / n) * sqrt(share * (1 - share) / n + square / (4 * n * n))
    return Rate(passed, n, share, max(0.0, centre - half), min(1.0, centre + half))
