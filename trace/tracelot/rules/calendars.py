"""Working days: weekends, days off, and the weekends on which people work instead (调休).

A day of the event is not counted, and a time limit ends at 24:00 of its last day (Civil Code art. 201 to 203).
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo

from tracelot.rules.refusals import unfit

SATURDAY = 5
A_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Calendar:
    """What is known of days: `years` are those whose arrangement was announced in full."""

    off: frozenset[date] = frozenset()
    working: frozenset[date] = frozenset()
    years: frozenset[int] = frozenset()

    def works(self, day: date) -> bool:
        return day in self.working or (day.weekday() < SATURDAY and day not in self.off)


def nth_working_day(start: date, n: int, calendar: Calendar) -> tuple[date, bool]:
    """The n-th working day after a day, and whether it is provisional: counted over a year not announced."""
    if n < 1:
        raise ValueError("Working days are counted from one.")
    day, left = start, n
    while left:
        day += A_DAY
        left -= calendar.works(day)
    counted = range((start + A_DAY).year, day.year + 1)
    return day, not calendar.years.issuperset(counted)


def end_of(day: date, zone: tzinfo) -> datetime:
    """24:00 of a day, on the clocks of a zone."""
    return datetime.combine(day + A_DAY, time(), zone)


def demand_arrangement(year: int, off: Collection[date], working: Collection[date]) -> None:
    """Refuse an arrangement of a year that cannot be: days of another year, work on a weekday, a day twice."""
    for field, days in (("off", off), ("working", working)):
        if any(day.year != year for day in days):
            raise unfit("other-year", "A day lies in another year.", field)
        if len(set(days)) < len(days):
            raise unfit("day-twice", "A day stands there twice.", field)
    if any(day.weekday() < SATURDAY for day in working):
        raise unfit("not-a-weekend", "Only Saturdays and Sundays can become working days.", "working")
    if set(off) & set(working):
        raise unfit("off-and-working", "A day cannot be off and worked.", "working")
