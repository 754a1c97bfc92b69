"""Recall drills: how one is scored, and when the next one is due."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from tracelot.rules.recovering import TOLERANCE


@dataclass(frozen=True)
class Goals:
    """What a good drill reaches.

    BRCGS 3.9 asks for a full trace with its mass balance within four hours, and 3.11 for a drill a year; the Food
    Recall Measures ask for the notice of a level I recall within 24 hours.
    """

    scope: timedelta = timedelta(hours=4)
    notify: timedelta = timedelta(hours=24)
    tolerance: Decimal = TOLERANCE
    every_years: int = 1


GOALS = Goals()


@dataclass(frozen=True)
class Score:
    """What was measured; None where it is not known yet."""

    scope: timedelta | None
    notify: timedelta | None
    accounted: Decimal | None
    unexplained: Decimal | None
    goals: Goals = GOALS

    @property
    def met(self) -> dict[str, bool | None]:
        """For each goal whether it was met; None where that is not known yet."""
        short = None if self.accounted is None else abs(1 - self.accounted)
        return {
            "scope": None if self.scope is None else self.scope <= self.goals.scope,
            "notify": None if self.notify is None else self.notify <= self.goals.notify,
            "accounted": None if short is None else short <= self.goals.tolerance,
            "balance": None if self.unexplained is None else self.unexplained <= self.goals.tolerance,
        }


def next_drill(last: date | None, today: date, goals: Goals = GOALS) -> date:
    """The day by which the next drill is due: at once where there was none."""
    if last is None:
        return today
    try:
        return last.replace(year=last.year + goals.every_years)
    except ValueError:  # 29 February
        return last.replace(year=last.year + goals.every_years, day=28)


def took(begin: datetime, end: datetime | None) -> timedelta | None:
    """From the time of knowledge on; what was done before it took no time."""
    return None if end is None else max(timedelta(0), end - begin)
