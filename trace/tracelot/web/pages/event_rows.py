"""The lines of an act as its form has them: rows that are added, dropped and read one by one."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tracelot.web.forms import Form
from tracelot.web.reading import read_whole

Row = dict[str, str]


@dataclass(frozen=True)
class Group:
    """Rows of one kind: the parts of each, how many there may be, and at which part a fault is shown.

    All rows of a form together stay below the number of fields that a form may have.
    """

    name: str
    parts: tuple[str, ...]
    most: int
    faults: Mapping[str, str]


_AMOUNT = {"quantity": "quantity", "unit": "unit"}
GOODS = Group(
    "goods", ("what", "quantity", "unit", "apart", "result"), 20,
    _AMOUNT | {"batch_id": "what", "product_id": "what", "unit_id": "what", "result": "result", "": "quantity"},
)  # fmt: skip
MADE = Group(
    "made", ("product", "code", "quantity", "unit", "made", "expiry", "printed", "release"), 8,
    _AMOUNT | {"batch_id": "code", "product_id": "product", "code": "code", "production_date": "made",
               "expiry_date": "expiry", "printed_text": "printed", "release": "release", "": "code"},
)  # fmt: skip
CAME = Group(
    "came", ("batch", "name", "number", "code", "made", "expiry", "quantity", "unit", "into", "into_code"), 10,
    _AMOUNT | {"batch_id": "code", "product_name": "name", "product_gtin": "number", "product_code": "number",
               "code": "code", "production_date": "made", "expiry_date": "expiry", "into": "into_code",
               "": "code"},
)  # fmt: skip
PAPERS = Group("papers", ("type", "no"), 6, {"type": "type", "no": "no", "": "no"})


def rows_of(form: Form, group: Group) -> list[Row]:
    """The rows as they were typed, without the one that is to be dropped and with the one that is asked for."""
    count = min(read_whole(form[group.name], 2) or 0, group.most)
    rows = [{part: form[f"{group.name}-{number}-{part}"] for part in group.parts} for number in range(count)]
    dropped = read_whole(form["drop"].removeprefix(f"{group.name}-"), 2)
    if dropped is not None and dropped < len(rows):
        del rows[dropped]
    if form["more"] == group.name and len(rows) < group.most:
        rows.append(dict.fromkeys(group.parts, ""))
    return rows


def row_values(group: Group, rows: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Rows as the values of a form."""
    values = {group.name: str(len(rows))}
    for number, row in enumerate(rows):
        values |= {f"{group.name}-{number}-{part}": str(row.get(part) or "") for part in group.parts}
    return values


@dataclass(frozen=True)
class ReadRows:
    """Rows as the entries of a body; `numbers` are the rows that they come from, as empty ones say nothing."""

    group: Group
    entries: list[dict[str, Any]]
    numbers: list[int]

    def field_of(self, path: Sequence[str]) -> str:
        """The field of the form at which a fault of an entry is shown."""
        if not path or not path[0].isdigit() or int(path[0]) >= len(self.numbers):
            return self.group.name
        part = self.group.faults.get(path[1] if len(path) > 1 else "", self.group.faults[""])
        return f"{self.group.name}-{self.numbers[int(path[0])]}-{part}"


def read_rows(
    group: Group, rows: Sequence[Row], entry: Callable[[Row], dict[str, Any]], *, blank: Callable[[Row], bool]
) -> ReadRows:
    kept = [(number, row) for number, row in enumerate(rows) if not blank(row)]
    return ReadRows(group, [entry(row) for _, row in kept], [number for number, _ in kept])


def amount(row: Row) -> dict[str, Any]:
    """The unit is chosen beforehand; without a quantity it says nothing."""
    return {"quantity": row["quantity"], "unit": row["unit"]} if row["quantity"].strip() else {}
