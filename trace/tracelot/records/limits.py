"""Limits of what food may hold, analytes under all their names, and kinds of food: everybody may read them."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from pydantic import model_validator
from sqlmodel import JSON, Field, Session, SQLModel, col, select

from tracelot.records.figures import Figure, MaybeFigure
from tracelot.records.inputs import Label, MaybeDay, Name, Reason, Shape, Words
from tracelot.records.locking import versioned
from tracelot.rules.inspections import ItemClass
from tracelot.rules.limits import LimitRow, Op, Plan

DATA = Path(__file__).parent / "data"


class LimitFields(SQLModel):
    op: Op
    value: MaybeFigure = None
    upper: MaybeFigure = None
    unit: Label = None
    plan_n: int | None = Field(default=None, ge=1, le=60)
    plan_c: int | None = Field(default=None, ge=0, le=60)
    plan_m: MaybeFigure = None
    plan_most: MaybeFigure = None
    text: Label = None
    standard: Name
    method: Label = None
    effective_from: MaybeDay = None
    effective_to: MaybeDay = None
    to_check: bool = True


class _Planned(Shape):
    @model_validator(mode="after")
    def _whole_plan(self) -> "_Planned":
        told = [getattr(self, name) for name in ("plan_n", "plan_c", "plan_m")]
        if any(one is not None for one in told) and None in told:
            raise ValueError("A plan needs n, c and m.")
        return self


class NewLimit(LimitFields, _Planned):
    """A limit that the operator of the site adds."""

    jurisdiction: Name = "CN"
    category: Name
    analyte: Name
    source_zh: Words = None
    source_en: Words = None
    reason: Reason


class LimitChange(LimitFields, _Planned):
    """All that a limit says anew, and why; for which food and analyte it is never changes."""

    source_zh: Words = None
    source_en: Words = None
    reason: Reason


@versioned
class FoodLimit(LimitFields, table=True):
    """A limit as kept; `to_check` where nobody has compared it with the text of its standard."""

    id: str = Field(primary_key=True)
    version: int = 1
    jurisdiction: str
    category: str = Field(index=True)
    analyte: str = Field(index=True)
    op: str
    value: Decimal | None = Field(default=None, sa_type=Figure)
    upper: Decimal | None = Field(default=None, sa_type=Figure)
    plan_m: Decimal | None = Field(default=None, sa_type=Figure)
    plan_most: Decimal | None = Field(default=None, sa_type=Figure)
    source_zh: str = ""
    source_en: str = ""

    def rule(self) -> LimitRow:
        plan = None
        if self.plan_n is not None and self.plan_c is not None and self.plan_m is not None:
            plan = Plan(self.plan_n, self.plan_c, self.plan_m, self.plan_most)
        return LimitRow(
            self.id, self.category, self.analyte, self.jurisdiction, self.op, self.value, self.upper,  # type: ignore[arg-type]
            self.unit, self.standard, self.effective_from, self.effective_to, plan, self.text or "", self.to_check,
        )  # fmt: skip


class Analyte(SQLModel, table=True):
    """What is looked for, under the name that the lists use and all others that reports print."""

    code: str = Field(primary_key=True)
    name_zh: str
    name_en: str
    item_class: str
    synonyms: list[str] = Field(default_factory=list, sa_type=JSON)


class AnalyteView(SQLModel):
    code: str
    name_zh: str
    name_en: str
    item_class: ItemClass
    synonyms: list[str]


class LimitView(LimitFields):
    id: str
    version: int
    jurisdiction: str
    category: str
    analyte: str
    source_zh: str
    source_en: str


@dataclass(frozen=True)
class FoodCategory:
    """A kind of food. Its code grows by points: what holds for oil holds for oil.vegetable too."""

    code: str
    name_zh: str
    name_en: str
    synonyms: tuple[str, ...] = ()


@cache
def food_categories() -> Mapping[str, FoodCategory]:
    told = _read("food_categories")
    return {one["code"]: FoodCategory(**one | {"synonyms": tuple(one["synonyms"])}) for one in told}


@lru_cache(maxsize=4096)
def category_named(text: str | None) -> FoodCategory | None:
    """The kind of food that a product's own words name, in either language or by its code."""
    asked = _plain(text or "")
    for one in food_categories().values():
        if asked and asked in map(_plain, (one.code, one.name_zh, one.name_en, *one.synonyms)):
            return one
    return None


_WIDE = str.maketrans("（）［］，", "()[],")  # noqa: RUF001


def _plain(text: str) -> str:
    return "".join(text.translate(_WIDE).split()).casefold()


def _read(name: str) -> list[dict[str, Any]]:
    told: list[dict[str, Any]] = json.loads((DATA / f"{name}.json").read_text(encoding="utf-8"))
    return told


def seed_limits() -> list[dict[str, Any]]:
    """The limits that every store begins with: none was compared with its standard yet."""
    empty = dict.fromkeys(("upper", "plan_n", "plan_c", "plan_m", "plan_most", "text"))
    rows = []
    for told in _read("limits"):
        for name in ("effective_from", "effective_to"):
            told[name] = date.fromisoformat(told[name]) if told[name] else None
        rows.append(empty | told | {"to_check": True, "version": 1})
    return rows


def seed_analytes() -> list[dict[str, Any]]:
    return _read("analytes")


def list_food_limits(
    session: Session, analytes: Collection[str] | None = None, jurisdiction: str | None = None
) -> Sequence[FoodLimit]:
    query = select(FoodLimit)
    if analytes is not None:
        query = query.where(col(FoodLimit.analyte).in_(set(analytes)))
    if jurisdiction is not None:
        query = query.where(FoodLimit.jurisdiction == jurisdiction)
    order = (col(FoodLimit.jurisdiction), col(FoodLimit.category), col(FoodLimit.analyte))
    return session.exec(query.order_by(*order, col(FoodLimit.effective_from), col(FoodLimit.id))).all()


def list_analytes(session: Session) -> Sequence[Analyte]:
    return session.exec(select(Analyte).order_by(col(Analyte.item_class), col(Analyte.code))).all()


def analytes_by_name(session: Session) -> dict[str, Analyte]:
    """Every analyte under each of its names, as `find_analyte` compares them."""
    found: dict[str, Analyte] = {}
    for one in list_analytes(session):
        for name in (one.code, one.name_zh, one.name_en, *one.synonyms):
            found.setdefault(_plain(name), one)
    return found


def find_analyte(named: Mapping[str, Analyte], text: str) -> Analyte | None:
    return named.get(_plain(text))
