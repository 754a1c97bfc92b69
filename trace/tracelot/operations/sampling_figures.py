"""Samplings in numbers, each office of its own territory: pass rates with their intervals, and what is overdue."""

from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from sqlalchemy import ColumnElement
from sqlmodel import col, func, select

from tracelot.operations.visit import Visit
from tracelot.records.reaches import names_of
from tracelot.records.sampling_papers import SamplingClock
from tracelot.records.sampling_views import RateView, SamplingClockView
from tracelot.records.samplings import Sampling
from tracelot.rules.recall_law import state_of
from tracelot.rules.sampling_figures import pass_rate
from tracelot.rules.sampling_law import KEEPING, RIGHTS

MOST = 500
Cell = tuple[str, str, str]  # category, county and month


@dataclass(frozen=True)
class Late:
    """A limit that somebody let pass, and the sheet that it is of."""

    sampling_id: UUID
    sheet_no: str
    clock: SamplingClockView


def rates(visit: Visit, *, year: int | None = None, category: str | None = None) -> list[RateView]:
    """Pass rates by category, county and month, of what the actor's office or laboratory sees."""
    visit.demand("sampling.count")
    where: list[ColumnElement[bool]] = []
    if year is not None:
        where.append(col(Sampling.month).like(f"{year}-%"))
    if category:
        where.append(col(Sampling.category) == category)
    judged = _counted(visit, [*where, col(Sampling.verdict).in_(("pass", "fail"))])
    passed = _counted(visit, [*where, col(Sampling.verdict) == "pass"])
    return [_rate(cell, passed.get(cell, 0), n) for cell, n in sorted(judged.items())]


def _counted(visit: Visit, where: list[ColumnElement[bool]]) -> dict[Cell, int]:
    keys = (Sampling.category, Sampling.county, Sampling.month)
    query = select(*keys, func.count(col(Sampling.id))).where(*where)
    found = visit.session.exec(query.group_by(*map(col, keys)))
    return {(row[0], row[1], row[2]): row[3] for row in found}


def _rate(cell: Cell, passed: int, n: int) -> RateView:
    found = pass_rate(passed, n)
    return RateView(
        category=cell[0],
        county=cell[1],
        month=cell[2],
        passed=found.passed,
        n=found.n,
        rate=_four(found.rate),
        low=_four(found.low),
        high=_four(found.high),
    )


def _four(share: float | None) -> Decimal | None:
    return None if share is None else Decimal(f"{share:.4f}")


def overdue(visit: Visit) -> list[Late]:
    """Limits that passed, the longest ago first; a right that lapsed is nobody's delay."""
    visit.demand("sampling.read")
    query = (
        select(SamplingClock, Sampling.sheet_no)
        .where(SamplingClock.sampling_id == Sampling.id, col(SamplingClock.met_at).is_(None))
        .where(col(SamplingClock.due_at) < visit.now, col(SamplingClock.kind).not_in([*KEEPING, *RIGHTS]))
        .where(Sampling.state != "turned_away")
        .order_by(col(SamplingClock.due_at), col(SamplingClock.sampling_id))
        .limit(MOST)
    )
    rows = [(row[0], row[1]) for row in visit.session.exec(query)]
    shown = clock_views(visit, [clock for clock, _ in rows])
    return [Late(row[0].sampling_id, row[1], clock) for row, clock in zip(rows, shown, strict=True)]


def clock_views(visit: Visit, clocks: list[SamplingClock]) -> list[SamplingClockView]:
    """Clocks as they stand now, with the names of those who are to keep them."""
    names = names_of(visit.kernel(), list({one.holder_id for one in clocks if one.holder_id}))
    told = []
    for one in clocks:
        zh, en = names.get(one.holder_id, (None, None)) if one.holder_id else (None, None)
        state = state_of(one.begun_at, one.due_at, one.met_at, visit.now)
        if one.kind in KEEPING and state == "overdue":
            state = "met"
        more = {"holder_zh": zh, "holder_en": en, "state": state}
        told.append(SamplingClockView.model_validate(one.model_dump() | more))
    return told
