"""Judging what a report prints: each result read, its analyte and limit found, its verdict reached."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from tracelot.operations.visit import Visit
from tracelot.records.inspections import NewFinding
from tracelot.records.limits import (
    Analyte,
    analytes_by_name,
    category_named,
    find_analyte,
    list_food_limits,
)
from tracelot.records.products import Product
from tracelot.rules.ids import new_id
from tracelot.rules.inspections import judge_finding
from tracelot.rules.limits import LimitRow, Limits, Plan
from tracelot.rules.measured import Measured, read_measured
from tracelot.rules.measures import find_measure
from tracelot.rules.refusals import unfit

OF_LIMIT = (
    "limit_id", "limit_op", "limit_value", "limit_upper", "limit_unit", "limit_text", "limit_to_check",
    "plan_n", "plan_c", "plan_m", "plan_most", "standard",
)  # fmt: skip


@dataclass(frozen=True)
class Ground:
    """By what results are judged: the kind of food, the place whose law holds, and the day of production."""

    category: str | None
    jurisdiction: str
    made_on: date


def category_of(product: Product, named: str | None) -> str | None:
    """The kind of food, as the report names it, or as the product's own words do."""
    if named:
        found = category_named(named)
        if found is None:
            raise unfit("unknown-category", "The list has no such kind of food.", "food_category")
        return found.code
    own = category_named(product.category) or category_named(product.name_zh)
    return own.code if own else None


@dataclass(frozen=True)
class Lists:
    """Analytes under all their names, and the limits of one jurisdiction."""

    named: Mapping[str, Analyte]
    limits: Limits


def read_lists(visit: Visit, jurisdiction: str, told: Sequence[NewFinding] | None = None) -> Lists:
    """What is needed to judge these findings, or any."""
    named = analytes_by_name(visit.kernel())
    codes = None if told is None else {one.code for new in told if (one := find_analyte(named, new.analyte))}
    limits = list_food_limits(visit.kernel(), codes, jurisdiction)
    return Lists(named, Limits(row.rule() for row in limits))


def judge_findings(lists: Lists, told: Sequence[NewFinding], ground: Ground) -> list[dict[str, Any]]:
    """The findings of a report, judged: what becomes of each a row, which belongs to no inspection yet."""
    return [_judge(new, number, lists, ground) for number, new in enumerate(told, 1)]


def _judge(new: NewFinding, number: int, lists: Lists, ground: Ground) -> dict[str, Any]:
    at = f"findings/{number - 1}"
    analyte = find_analyte(lists.named, new.analyte)
    limit = _limit(new, analyte, lists, ground, at)
    samples = limit.plan.n if limit and limit.plan else new.plan_n
    measured = read_measured(new.measured_text, samples, f"{at}/measured_text")
    unit = _unit(new.unit, measured, at)
    judged = judge_finding(measured, unit, limit, lod=new.lod, loq=new.loq, said=new.said)
    return dict(
        id=new_id(),
        inspection_id=UUID(int=0),
        party_id=UUID(int=0),
        number=number,
        analyte_code=analyte.code if analyte else None,
        analyte_zh=analyte.name_zh if analyte else new.analyte,
        analyte_en=analyte.name_en if analyte else None,
        item_class=new.item_class or (analyte.item_class if analyte else None),
        method=new.method,
        measured_text=new.measured_text,
        lod=new.lod,
        loq=new.loq,
        uncertainty=new.uncertainty,
        said=new.said,
        unit=unit,
        value=measured.value,
        censored=measured.censored,
        bound=measured.bound,
        form=measured.form,
        verdict=judged.verdict,
        reason=judged.reason,
        **_frozen(limit, new),
    )


def _limit(
    new: NewFinding, analyte: Analyte | None, lists: Lists, ground: Ground, at: str
) -> LimitRow | None:
    """The limit that the site knows; where it knows none, or not how high it is, the one that the report states."""
    known = None
    if analyte is not None and ground.category is not None:
        known = lists.limits.choose(ground.category, analyte.code, ground.jurisdiction, ground.made_on)
    if known is not None and not known.unknown:
        return known
    printed = _printed(new, at)
    return printed or known


def _printed(new: NewFinding, at: str) -> LimitRow | None:
    plan = None
    if new.plan_n is not None and new.plan_c is not None and new.plan_m is not None:
        if new.plan_c >= new.plan_n:
            raise unfit(
                "unfit-plan", "A plan needs n of 1 or more, c below n, and M not below m.", f"{at}/plan_c"
            )
        plan = Plan(new.plan_n, new.plan_c, new.plan_m, new.plan_most)
    if new.limit_op is None and plan is None:
        return None
    unit = find_measure(new.unit) if new.unit else None
    return LimitRow(
        "", "", "", "", new.limit_op or "<=", new.limit_value, new.limit_upper,
        unit.name if unit else new.unit, new.standard or "", plan=plan, text=new.limit_text or "",
    )  # fmt: skip


def _unit(told: str | None, measured: Measured, at: str) -> str | None:
    """The unit of a result; one glued to the result says the same as the one named for it."""
    found = find_measure(told) if told else None
    name = found.name if found else told
    if measured.unit and name and measured.unit != name:
        raise unfit("units-differ", "The result itself names another unit.", f"{at}/unit")
    return name or measured.unit


def _frozen(limit: LimitRow | None, new: NewFinding) -> dict[str, Any]:
    """The limit as it stood, so that no later change of the list changes what this verdict rests on."""
    if limit is None:
        told = {"limit_text": new.limit_text, "limit_to_check": False, "standard": new.standard}
        return dict.fromkeys(OF_LIMIT) | told
    plan = limit.plan
    return {
        "limit_id": limit.id or None,
        "limit_op": limit.op,
        "limit_value": limit.value,
        "limit_upper": limit.upper,
        "limit_unit": limit.unit,
        "limit_text": limit.text or new.limit_text,
        "limit_to_check": limit.to_check,
        "plan_n": plan.n if plan else None,
        "plan_c": plan.c if plan else None,
        "plan_m": plan.m if plan else None,
        "plan_most": plan.M if plan else None,
        "standard": limit.standard or new.standard,
    }
