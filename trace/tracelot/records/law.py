"""The table of recall laws with their limits, and the days off and at work: reference data that everybody may read."""

import json
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from sqlmodel import JSON, Field, Session, SQLModel, col, select

from tracelot.records.inputs import Day, Note, Reason, Shape
from tracelot.records.locking import versioned
from tracelot.rules.calendars import Calendar
from tracelot.rules.recall_law import EVERY_LEVEL, Checked, ClockKind, Pack, Span, Unit

DATA = Path(__file__).parent / "data"


class RulePack(SQLModel, table=True):
    """A law on recalls and when it holds; `verified` says that nothing of it is still to be checked."""

    id: str = Field(primary_key=True)
    jurisdiction: str
    product_scope: str
    legal_ref_zh: str
    legal_ref_en: str
    published_on: date | None = None
    effective_from: date | None = None
    effective_to: date | None = None
    verified: bool
    source_note_zh: str = ""
    source_note_en: str = ""

    def rule(self) -> Pack:
        return Pack(self.id, self.jurisdiction, self.product_scope, self.effective_from, self.effective_to)


class LimitFields(SQLModel):
    start_within_hours: int | None = Field(default=None, ge=1, le=8760)
    complete_within_workdays: int | None = Field(default=None, ge=1, le=365)
    report_after_close_workdays: int | None = Field(default=None, ge=1, le=365)
    status_every_days_least: int | None = Field(default=None, ge=1, le=365)
    status_every_days_most: int | None = Field(default=None, ge=1, le=365)
    record_retention_years: int | None = Field(default=None, ge=1, le=100)


class LimitChange(LimitFields, Shape):
    """All limits of one level anew; what is not named is not set, or not verified where `to_check` says so."""

    to_check: list[Checked] = Field(default_factory=list)
    reason: Reason


@versioned
class RuleLimit(LimitFields, table=True):
    """The limits of one level under a law; level 0 stands for every level."""

    pack_id: str = Field(primary_key=True, foreign_key="rulepack.id")
    level_code: int = Field(primary_key=True)
    to_check: list[str] = Field(default_factory=list, sa_type=JSON)
    version: int = 1

    def spans(self) -> tuple[Span, ...]:
        """Its limits as clocks, each as long as the law allows at most."""
        told: tuple[tuple[ClockKind, int | None, Unit], ...] = (
            ("start", self.start_within_hours, "hours"),
            ("complete", self.complete_within_workdays, "workdays"),
            ("report", self.report_after_close_workdays, "workdays"),
            ("status", self.status_every_days_most, "days"),
        )
        return tuple(Span(kind, amount, unit, kind in self.to_check) for kind, amount, unit in told)


class CalendarDay(SQLModel, table=True):
    """A day off, or a weekend day on which people work; `arranged` days make their year a known one."""

    jurisdiction: str = Field(primary_key=True)
    day: date = Field(primary_key=True)
    working: bool
    arranged: bool
    source: str


class NewYear(Shape):
    """The arrangement of one whole year, in the place of what was known of it."""

    off: list[Day] = Field(min_length=1, max_length=120)
    working: list[Day] = Field(default_factory=list, max_length=60)
    source: Note
    reason: Reason


class LawView(SQLModel):
    """A law with its limits, the gravest level first; `counted` where recalls here can follow it."""

    pack: RulePack
    limits: list[RuleLimit]
    counted: bool


def seeds() -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The laws and their limits that every store begins with."""
    packs, limits = [], []
    for told in json.loads((DATA / "recall_law.json").read_text(encoding="utf-8")):
        rows = told.pop("limits")
        for name in ("published_on", "effective_from", "effective_to"):
            told[name] = date.fromisoformat(told[name]) if told[name] else None
        packs.append(told | {"verified": not any(row.get("to_check") for row in rows)})
        empty = dict.fromkeys(LimitFields.model_fields) | {"to_check": [], "version": 1}
        limits += [empty | {"pack_id": told["id"]} | row for row in rows]
    return packs, limits


def seed_days() -> Iterator[dict[str, Any]]:
    """The days that every store begins with: of the years announced, and those that the law fixes by date."""
    for jurisdiction, known in json.loads((DATA / "working_days.json").read_text(encoding="utf-8")).items():
        for told in (*known["arranged"], *known["by_law"]):
            base = {"jurisdiction": jurisdiction, "source": told["source"], "arranged": "year" in told}
            for day in _days(told["off"]):
                yield base | {"day": day, "working": False}
            for text in told.get("working", ()):
                yield base | {"day": date.fromisoformat(text), "working": True}


def _days(told: Sequence[str | list[str]]) -> Iterator[date]:
    for one in told:
        first, last = (date.fromisoformat(text) for text in ([one, one] if isinstance(one, str) else one))
        for ordinal in range((last - first).days + 1):
            yield first + timedelta(days=ordinal)


def list_packs(session: Session) -> Sequence[RulePack]:
    order = (col(RulePack.jurisdiction), col(RulePack.product_scope), col(RulePack.effective_from).desc())
    return session.exec(select(RulePack).order_by(*order, col(RulePack.id))).all()


def list_limits(session: Session, pack_id: str | None = None) -> Sequence[RuleLimit]:
    query = select(RuleLimit).order_by(col(RuleLimit.pack_id), col(RuleLimit.level_code))
    return session.exec(query if pack_id is None else query.where(RuleLimit.pack_id == pack_id)).all()


def find_limit(session: Session, pack_id: str, level: int) -> RuleLimit | None:
    """The limits of a level, or those that a law sets for every level."""
    return session.get(RuleLimit, (pack_id, level)) or session.get(RuleLimit, (pack_id, EVERY_LEVEL))


def list_days(session: Session, jurisdiction: str) -> Sequence[CalendarDay]:
    query = select(CalendarDay).where(CalendarDay.jurisdiction == jurisdiction)
    return session.exec(query.order_by(col(CalendarDay.day))).all()


def calendar_of(session: Session, jurisdiction: str) -> Calendar:
    days = list_days(session, jurisdiction)
    return Calendar(
        frozenset(one.day for one in days if not one.working),
        frozenset(one.day for one in days if one.working),
        frozenset(one.day.year for one in days if one.arranged),
    )
