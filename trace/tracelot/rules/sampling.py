"""Which consignees are asked again whether a recall reached them (21 CFR 7.42(b)(3)): levels, and a fair draw."""

from collections.abc import Iterable
from hashlib import sha256
from typing import Literal, get_args

CheckLevel = Literal["A", "B", "C", "D", "E"]
CHECK_LEVELS: tuple[CheckLevel, ...] = get_args(CheckLevel)
PERCENT: dict[CheckLevel, int] = {
    "A": 100,
    "C": 10,
    "D": 2,
    "E": 0,
}  # B: more than 10 and less than 100, as set


def needed(level: CheckLevel, percent: int | None, consignees: int) -> int:
    """How many of so many are asked: rounded up, so that a share that is no whole number is never too small."""
    share = PERCENT.get(level, percent or 0)
    return -(-consignees * share // 100)


def draw(consignees: Iterable[str], count: int, seed: str) -> list[str]:
    """So many of them by lot. Whoever knows the seed can draw again and gets the same, on every machine.

    The lot of a consignee is a hash of the seed and its name, so nobody who does not choose the seed can tell
    beforehand who is drawn, and it hangs neither on the order nor on a library's random numbers.
    """
    lots = sorted({(sha256(f"{seed}\0{one}".encode()).hexdigest(), one) for one in consignees})
    return sorted(one for _, one in lots[:count])
