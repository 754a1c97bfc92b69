"""Which batches a recall names, as a form says it: ranges by code, production date, facility and time, or all."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from pydantic import ValidationError

from tracelot.records.recalls import NewRange, RecalledBatch, RecallView
from tracelot.rules.recalls import Range
from tracelot.web.forms import Form
from tracelot.web.pages.clock import local, read_local
from tracelot.web.reading import read_whole
from tracelot.web.rendering import reader_of
from tracelot.web.wording import N_, field_errors, worded

MOST_RANGES = 20
PARTS = ("product", "codes", "from", "to", "code-from", "code-to", "whole", "facility", "since", "until")
NAMING = PARTS[1:]
FIELDS = {"product_id": "product", "codes": "codes", "made_from": "from", "made_to": "to", "code_from": "code-from",
          "code_to": "code-to", "whole": "whole", "facility_id": "facility", "since": "since", "until": "until",
          "": "codes"}  # fmt: skip
LINE = N_("Line {number}: {fault}")

Row = dict[str, str]


def rows_of(form: Form) -> list[Row]:
    """The ranges as they were typed, at least one, those that were taken away left out."""
    count = min(read_whole(form["ranges"], 2) or 1, MOST_RANGES)
    rows = [{part: form[f"range-{number}-{part}"] for part in PARTS} for number in range(count)]
    if form["more"] and len(rows) < MOST_RANGES:
        rows.append(dict.fromkeys(PARTS, "") | {"product": rows[-1]["product"]})
    return rows


def read_ranges(form: Form, zone: ZoneInfo) -> list[NewRange]:
    """The ranges that were filled; what is wrong with one is noted at its fields."""
    ranges = []
    rows = rows_of(form)
    for number, row in enumerate(rows):
        if number and not any(row[part].strip() for part in NAMING):
            continue  # a further range that was left empty says nothing
        try:
            ranges.append(NewRange.model_validate(_values(row, zone)))
        except ValidationError as error:
            form.errors |= _faults(error, number, form)
    return ranges


def _values(row: Row, zone: ZoneInfo) -> dict[str, Any]:
    given: dict[str, Any] = {
        field: row[part].strip() for field, part in FIELDS.items() if field and row[part].strip()
    }
    if "codes" in given:
        given["codes"] = [line.strip() for line in row["codes"].splitlines() if line.strip()]
    given |= {name: read_local(given[name], zone) for name in ("since", "until") if name in given}
    return given


def _faults(error: ValidationError, number: int, form: Form) -> dict[str, str]:
    gettext = reader_of(form.request).gettext
    found = {f"range-{number}-{FIELDS[name]}": text for name, text in field_errors(error, gettext).items()}
    if not form[f"range-{number}-product"] and not form[f"range-{number}-facility"]:
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


def rows_of_question(asked: Sequence[Mapping[str, Any]], zone: ZoneInfo) -> list[Row]:
    """The ranges as they were said, to be changed."""
    rows = []
    for one in asked:
        row = {part: str(one.get(field) or "") for field, part in FIELDS.items() if field}
        row["codes"] = "\n".join(one.get("codes", ()))
        row["whole"] = "1" if one.get("whole") else ""
        for name in ("since", "until"):
            row[name] = local(datetime.fromisoformat(one[name]), zone) if one.get(name) else ""
        rows.append(row)
    return rows


def rows_of_draft(view: RecallView) -> list[Row]:
    """The ranges of a draft of which nobody kept how they were said: dates as they stand, codes as named now."""
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
