"""Limits of what a food may hold: which one counts for a food, an analyte, a place and a day of production."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Literal, get_args

from tracelot.rules.measures import find_measure
from tracelot.rules.ranges import Range
from tracelot.rules.refusals import Conflict, Unfit, unfit

Op = Literal["<=", "<", ">=", "between", "not_detected", "not_used"]
OPS: tuple[Op, ...] = get_args(Op)
FREE: tuple[Op, ...] = ("not_detected", "not_used")  # these need no value
MOST_KNOWN = 20_000  # answers that are kept


@dataclass(frozen=True)
class Plan:
    """How microbes are judged over `n` units of sample: at most `c` above `m`, none above `M`."""

    n: int
    c: int
    m: Decimal
    M: Decimal | None = None


@dataclass(frozen=True)
class LimitRow:
    """One limit of a standard. Dates include both ends; a category holds for all below it."""

    id: str
    category: str
    analyte: str
    jurisdiction: str
    op: Op
    value: Decimal | None = None
    upper: Decimal | None = None
    unit: str | None = None
    standard: str = ""
    effective_from: date | None = None
    effective_to: date | None = None
    plan: Plan | None = None
    text: str = ""
    to_check: bool = False

    @property
    def unknown(self) -> bool:
        """A limit that is known to be there, and whose value nobody has looked up."""
        if self.plan is not None or self.op in FREE:
            return False
        return self.value is None or (self.op == "between" and self.upper is None)

    @cached_property
    def allowed(self) -> Range:
        """What a result may be, in the unit of the limit."""
        if self.op == ">=":
            return Range(low=self.value)
        if self.op == "between":
            return Range(low=self.value, high=self.upper)
        return Range(high=self.value, high_open=self.op == "<")

    def holds_on(self, day: date) -> bool:
        return (self.effective_from or date.min) <= day <= (self.effective_to or date.max)


def upwards(category: str) -> Iterator[str]:
    """A category of food and those above it, the narrowest first: oil.sesame, then oil."""
    while category:
        yield category
        category = category.rpartition(".")[0]


Asked = tuple[str, str, str, date]  # category, analyte, jurisdiction, day of production


class Limits:
    """Limits in order, to be chosen from again and again: what was asked once is known."""

    def __init__(self, rows: Iterable[LimitRow] = ()) -> None:
        self._rows = defaultdict[tuple[str, str, str], list[LimitRow]](list)
        self._chosen: dict[Asked, LimitRow | None] = {}
        for row in rows:
            self._rows[row.category, row.analyte, row.jurisdiction].append(row)

    def choose(self, category: str, analyte: str, jurisdiction: str, made_on: date) -> LimitRow | None:
        """The limit of the narrowest category that was in force on the day of production."""
        asked = (category, analyte, jurisdiction, made_on)
        if asked in self._chosen:
            return self._chosen[asked]
        if len(self._chosen) >= MOST_KNOWN:
            self._chosen.clear()
        found = self._chosen[asked] = self._find(*asked)
        return found

    def _find(self, category: str, analyte: str, jurisdiction: str, made_on: date) -> LimitRow | None:
        for one in upwards(category):
            rows = self._rows.get((one, analyte, jurisdiction), ())
            found = [row for row in rows if row.holds_on(made_on)]
            if len(found) > 1:
                raise Conflict(
                    "limits-overlap",
                    "Two limits are in force for the same food and analyte at once: one of them must end first.",
                    facts={"limits": ", ".join(sorted(row.id for row in found))},
                )
            if found:
                return found[0]
        return None


def overlapping(rows: Sequence[LimitRow], one: LimitRow) -> LimitRow | None:
    """Another limit for the same food, analyte and place that is in force on one of the same days."""

    def meets(other: LimitRow) -> bool:
        first = max(one.effective_from or date.min, other.effective_from or date.min)
        last = min(one.effective_to or date.max, other.effective_to or date.max)
        return first <= last

    same = (one.category, one.analyte, one.jurisdiction)
    return next(
        (
            row
            for row in rows
            if row.id != one.id and (row.category, row.analyte, row.jurisdiction) == same and meets(row)
        ),
        None,
    )


def demand_limit(rows: Sequence[LimitRow], one: LimitRow) -> None:
    """Refuse a limit that says too little, or that overlaps another one."""
    if (
        one.effective_from is not None
        and one.effective_to is not None
        and one.effective_to < one.effective_from
    ):
        raise unfit("ends-before-it-begins", "The last day lies before the first one.", "effective_to")
    if one.plan is not None:
        _demand_plan(one.plan)
    elif one.unknown and not one.to_check:
        raise unfit("value-needed", "This limit needs its value.", "value")
    if one.value is not None and one.upper is not None and one.upper < one.value:
        raise unfit("upper-needed", "Name the upper end of the range, not below the lower one.", "upper")
    if one.unit is not None and find_measure(one.unit) is None:
        raise unfit("unknown-unit", "This unit of a result is not known.", "unit")
    other = overlapping(rows, one)
    if other is not None:
        raise Conflict(
            "limits-overlap",
            "Two limits are in force for the same food and analyte at once: one of them must end first.",
            facts={"limits": other.id},
        )


def _demand_plan(plan: Plan) -> None:
    if plan.n < 1 or not 0 <= plan.c < plan.n or (plan.M is not None and plan.m > plan.M):
        raise Unfit("unfit-plan", "A plan needs n of 1 or more, c below n, and M not below m.")
