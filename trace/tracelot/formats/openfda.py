"""Recalls in the shape of openFDA's food enforcement reports, and the query language of openFDA over them.

Each product of a recall is a record, and those of one recall share its `event_id`, as there. What nobody recorded
is not made up: such a field is left out, or empty where openFDA's own records always have it.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

Record = Mapping[str, str]
DISCLAIMER = (
    "These records come from Trace in the shape of openFDA. They are not records of the U.S. Food and Drug "
    "Administration. Do not rely on them to make decisions about medical care; the notice of a recall is what counts."
)
FIELDS = (
    "recall_number", "event_id", "status", "classification", "product_type", "product_description", "product_quantity",
    "code_info", "more_code_info", "reason_for_recall", "recalling_firm", "address_1", "address_2", "city", "state",
    "postal_code", "country", "distribution_pattern", "voluntary_mandated", "initial_firm_notification",
    "recall_initiation_date", "center_classification_date", "report_date", "termination_date",
)  # fmt: skip
DATES = tuple(name for name in FIELDS if name.endswith("_date"))
CLASSES = {1: "Class I", 2: "Class II", 3: "Class III"}
MOST_CODES = 100  # in code_info; the rest follow in more_code_info


@dataclass(frozen=True)
class Recalled:
    """One product of a published recall."""

    code: str
    number: int  # of the product in its recall
    level: int
    product: str
    codes: Sequence[str]
    made: str  # production dates, where the recall names batches by them
    reason: str
    firm: str
    state: str
    city: str
    published: date
    mandated: bool = False
    ended: date | None = None
    completed: bool = False


def record_of(one: Recalled) -> dict[str, str]:
    """The record that openFDA's clients read."""
    first, rest = one.codes[:MOST_CODES], one.codes[MOST_CODES:]
    told = [f"Batch {', '.join(first)}"] if first else []
    told += [one.made] if one.made else []
    day = f"{one.published:%Y%m%d}"
    record = dict.fromkeys(FIELDS[:-3], "") | {
        "recall_number": f"{one.code}-{one.number}",
        "event_id": one.code,
        "status": "Terminated" if one.ended else "Completed" if one.completed else "Ongoing",
        "classification": CLASSES[one.level],
        "product_type": "Food",
        "product_description": one.product,
        "code_info": "; ".join(told),
        "more_code_info": ", ".join(rest),
        "reason_for_recall": one.reason,
        "recalling_firm": one.firm,
        "city": one.city,
        "state": one.state,
        "country": "China",
        "voluntary_mandated": "Mandated" if one.mandated else "Voluntary: Firm initiated",
        "recall_initiation_date": day,
        "report_date": day,
    }
    return record | ({"termination_date": f"{one.ended:%Y%m%d}"} if one.ended else {})


def answer(
    records: Sequence[Record], total: int, skip: int, limit: int, updated: date, site: str
) -> dict[str, Any]:
    """A page of records as openFDA wraps it."""
    page = {"results": {"skip": skip, "limit": limit, "total": total}}
    return {"meta": _meta(updated, site) | page, "results": [dict(one) | {"openfda": {}} for one in records]}


def counts(records: Iterable[Record], field: str, limit: int, updated: date, site: str) -> dict[str, Any]:
    """How often each value of a field stands in the records; with `.exact` whole values, else words."""
    name, exact = field.removesuffix(".exact"), field.endswith(".exact")
    counted: Counter[str] = Counter()
    for one in records:
        value = one.get(name, "")
        counted.update([value] if value and (exact or name in DATES) else set(words(value)))
    if name in DATES:  # a line over time
        results = [{"time": term, "count": count} for term, count in sorted(counted.items())]
    else:
        ranked = sorted(counted.items(), key=lambda pair: (-pair[1], pair[0]))[:limit]
        results = [{"term": term, "count": count} for term, count in ranked]
    return {"meta": _meta(updated, site), "results": results}


def _meta(updated: date, site: str) -> dict[str, Any]:
    return {
        "disclaimer": DISCLAIMER,
        "terms": f"{site}/about",
        "license": f"{site}/about",
        "last_updated": updated.isoformat(),
    }


def fault(code: str, message: str) -> dict[str, Any]:
    """An error as openFDA tells it."""
    return {"error": {"code": code, "message": message}}


_WORD = re.compile(r"[^\W_]+")


def words(text: str) -> list[str]:
    """A text as it is searched: runs of letters and digits, in small letters; Chinese by its characters."""
    found: list[str] = []
    for run in _WORD.findall(text.lower()):
        found += [run] if run.isascii() else list(run)
    return found
