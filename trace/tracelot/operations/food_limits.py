"""The lists of limits and of analytes: read by everybody, changed by the operator of the site with a reason."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from tracelot.operations.changing import demand_version
from tracelot.operations.visit import Visit
from tracelot.records.journal import JournalEntry, list_history
from tracelot.records.limits import (
    Analyte,
    FoodLimit,
    LimitChange,
    NewLimit,
    analytes_by_name,
    category_named,
    find_analyte,
    list_analytes,
    list_food_limits,
)
from tracelot.rules.ids import derived_id, new_id
from tracelot.rules.limits import demand_limit
from tracelot.rules.measures import find_measure
from tracelot.rules.refusals import Unknown, unfit

NOBODY = UUID(int=0)


def limits(visit: Visit, jurisdiction: str | None = None) -> Sequence[FoodLimit]:
    visit.demand("law.read")
    return list_food_limits(visit.session, jurisdiction=jurisdiction)


def analytes(visit: Visit) -> Sequence[Analyte]:
    visit.demand("law.read")
    return list_analytes(visit.session)


def find_limit(visit: Visit, limit_id: str) -> FoodLimit:
    """A limit, to be changed."""
    visit.demand("law.change")
    found = next((one for one in list_food_limits(visit.kernel()) if one.id == limit_id), None)
    if found is None:  # looked for among all: an address may hold what no column can
        raise Unknown("unknown-limit", "No such limit.")
    return found


def add_limit(visit: Visit, new: NewLimit) -> FoodLimit:
    """Put a limit on the list; it overlaps no other one for the same food, analyte and place."""
    visit.demand("law.change")
    category = category_named(new.category)
    if category is None:
        raise unfit("unknown-category", "The list has no such kind of food.", "category")
    analyte = find_analyte(analytes_by_name(visit.kernel()), new.analyte)
    if analyte is None:
        raise unfit("unknown-analyte", "The list has no such analyte.", "analyte")
    told = new.model_dump(exclude={"reason", "category", "analyte"})
    row = FoodLimit(**told, id=new_id().hex, category=category.code, analyte=analyte.code)
    return _keep(visit, row, "limit.added", new.reason, None)


def change_limit(visit: Visit, limit_id: str, change: LimitChange, version: int | None = None) -> FoodLimit:
    """Set a limit anew, with the reason; verdicts that were reached before keep the limit that they rest on."""
    row = find_limit(visit, limit_id)
    demand_version(row, version)
    before = row.model_dump(mode="json")
    for name, value in change.model_dump(exclude={"reason"}).items():
        setattr(row, name, value)
    return _keep(visit, row, "limit.changed", change.reason, before)


def _keep(visit: Visit, row: FoodLimit, act: str, reason: str, before: dict[str, Any] | None) -> FoodLimit:
    kernel = visit.kernel()
    row.source_zh, row.source_en = row.source_zh or "", row.source_en or ""
    found = find_measure(row.unit) if row.unit else None
    row.unit = found.name if found else row.unit
    with kernel.no_autoflush:
        others = list_food_limits(kernel, {row.analyte}, row.jurisdiction)
        demand_limit([one.rule() for one in others if one.id != row.id], row.rule())
    kernel.add(row)
    kernel.flush()
    facts = {"limit": row.id, "before": before, "after": row.model_dump(mode="json")}
    visit.note(act, subject_of(row.id), None, facts, reason)
    return row


def subject_of(limit_id: str) -> UUID:
    """Under which id the journal speaks of a limit."""
    return derived_id(NOBODY, f"limit {limit_id}")


def changes(visit: Visit, limit_id: str) -> Sequence[JournalEntry]:
    """What was changed of a limit, oldest first."""
    visit.demand("law.change")
    return list_history(visit.kernel(), subject_of(limit_id))
