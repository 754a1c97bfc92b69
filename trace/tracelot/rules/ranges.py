"""Where a value lies: between two ends, as far as a report or a limit tells."""

from decimal import Decimal
from typing import NamedTuple


class Range(NamedTuple):
    """Two ends, each either part of it or not; None stands for no end."""

    low: Decimal | None = None
    low_open: bool = False
    high: Decimal | None = None
    high_open: bool = False

    def inside(self, other: "Range") -> bool:
        """Whether all of it lies in the other."""
        if other.low is not None and (
            self.low is None
            or self.low < other.low
            or (self.low == other.low and other.low_open and not self.low_open)
        ):
            return False
        return other.high is None or not (
            self.high is None
            or self.high > other.high
            or (self.high == other.high and other.high_open and not self.high_open)
        )

    def apart(self, other: "Range") -> bool:
        """Whether none of it lies in the other."""
        return _before(self, other) or _before(other, self)

    def times(self, factor: Decimal) -> "Range":
        low, high = (None if end is None else end * factor for end in (self.low, self.high))
        return Range(low, self.low_open, high, self.high_open)


def _before(one: Range, other: Range) -> bool:
    if one.high is None or other.low is None:
        return False
    return one.high < other.low or (one.high == other.low and (one.high_open or other.low_open))
