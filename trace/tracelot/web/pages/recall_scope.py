"""Which batches a recall names, as a form says it: ranges, each a product with codes or production dates."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from pydantic import ValidationError

from tracelot.records.recalls import NewRange, RecalledBatch, RecallView
from tracelot.rules.recalls import Range
from tracelot.web.forms import Form
from tracelot.web.rendering import reader_of
from tracelot.web.wording import N_, field_errors, worded

MOST_RANGES = 20
PARTS = ("product", "codes", "from", "to")
LINE = N_("Line {number}: {fault}")

Row = dict[str, str]


def rows_of(form: Form) -> list[Row]:
    """The ranges as they were typed, at least one, those that were taken away left out."""
    asked = form["ranges"]
    count = min(int(asked), MOST_RANGES) if asked.isascii() and asked.isdigit() and len(asked) <= 2 else 1  # noqa: PLR2004
    rows = [{part: form[f"range-{number}-{part}"] for part in PARTS} for number in range(max(count, 1))]
    if form["more"] and len(rows) < MOST_RANGES:
        rows.append(dict.fromkeys(PARTS, "") | {"product": rows[-1]["product"]})
    return rows


def read_ranges(form: Form) -> list[NewRange]:
    """The ranges that were filled; what is wrong with one is noted at its fields."""
    ranges = []
    rows = rows_of(form)
    for number, row in enumerate(rows):
        if number and not any(row[part].strip() for part in ("codes", "from", "to")):
            continue  # a further range that was left empty says nothing
        try:
            ranges.append(NewRange.model_validate(_values(row)))
        except ValidationError as error:
            form.errors |= _faults(error, number, form)
    return ranges


def _values(row: Row) -> dict[str, Any]:
    codes = [line.strip() for line in row["codes"].splitlines() if line.strip()]
    return {"product_id": row["product"], "codes": codes, "made_from": row["from"], "made_to": row["to"]}


def _faults(error: ValidationError, number: int, form: Form) -> dict[str, str]:
    gettext = reader_of(form.request).gettext
    fields = {"product_id": "product", "codes": "codes", "made_from": "from", "made_to": "to", "": "codes"}
    found = {f"range-{number}-{fields[name]}": text for name, text in field_errors(error, gettext).items()}
    if not form[f"range-{number}-product"]:
        found[f"range-{number}-product"] = gettext(N_("This field is needed."))
    for one in error.errors(include_url=False, include_input=False):
        if one["loc"][:1] == ("codes",) and len(one["loc"]) > 1:
            line = gettext(LINE).format(number=int(one["loc"][1]) + 1, fault=worded(one, gettext))
            found[f"range-{number}-codes"] = line
            break
    return found


def range_values(rows: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Ranges as the values of a form."""
    values = {"ranges": str(len(rows))}
    for number, row in enumerate(rows):
        values |= {f"range-{number}-{part}": str(row.get(part) or "") for part in PARTS}
    return values


def rows_of_draft(view: RecallView) -> list[Row]:
    """The ranges of a draft, to be changed: dates as they were said, codes as the draft names them now."""
    spans = [span for span in view.ranges if not span.by_code]
    rows = [
        {"product": str(span.product_id), "from": _day(span.made_from), "to": _day(span.made_to)}
        for span in spans
    ]
    within = [(span.product_id, Range(span.made_from, span.made_to)) for span in spans]
    for product_id in dict.fromkeys(span.product_id for span in view.ranges if span.by_code):
        codes = [
            line.code for line in view.batches if line.product_id == product_id and not _held(line, within)
        ]
        rows.append({"product": str(product_id), "codes": "\n".join(codes)})
    return rows


def _day(day: Any) -> str:
    return day.isoformat() if day else ""


def _held(line: RecalledBatch, spans: Sequence[tuple[UUID, Range]]) -> bool:
    """Whether a date range names the batch already."""
    return line.production_date is not None and any(
        product_id == line.product_id and span.holds(line.production_date) for product_id, span in spans
    )
