"""How a share grew over time: steps, and when it passed a half and the whole."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from tracelot.rules.ledgers import ZERO

HALF, WHOLE = Decimal("0.5"), Decimal(1)
_NEAR = Decimal("0.000000001")  # shares such as a third do not add up to the last digit


@dataclass(frozen=True)
class Curve:
    """From `begin` on, the share after each moment at which it grew."""

    begin: datetime
    points: tuple[tuple[datetime, Decimal], ...]

    def hours_to(self, share: Decimal) -> Decimal | None:
        """The hours until the share was reached; None where it was not yet."""
        for moment, reached in self.points:
            if reached >= share - _NEAR:
                return Decimal(int((moment - self.begin).total_seconds())) / 3600
        return None

    @property
    def reached(self) -> Decimal:
        return self.points[-1][1] if self.points else ZERO


def curve(begin: datetime, gains: Iterable[tuple[datetime, Decimal]]) -> Curve:
    """Gains at moments, in any order. What came before the beginning counts from the beginning on."""
    by_moment: dict[datetime, Decimal] = {}
    for moment, gain in gains:
        when = max(begin, moment)
        by_moment[when] = by_moment.get(when, ZERO) + gain
    total, points = ZERO, []
    for moment in sorted(by_moment):
        total += by_moment[moment]
        points.append((moment, total))
    return Curve(begin, tuple(points))
