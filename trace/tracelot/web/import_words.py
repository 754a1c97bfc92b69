"""What is wrong with rows of a file, why, and what to do about it, in the words of the reader."""

from collections.abc import Iterator, Mapping, Sequence

from pydantic import BaseModel

from tracelot.formats.spreadsheets import csv_lines
from tracelot.operations.import_problems import FaultyRow
from tracelot.records.imports import Problem
from tracelot.web import wording
from tracelot.web.rendering import Reader
from tracelot.web.wording import N_

# Of each kind of problem: why the row cannot be taken, and what helps.
REASONS: Mapping[str, tuple[str, str]] = {
    "no-analyte": (
        N_("A result stands here without the analyte that was measured."),
        N_("Name the analyte in the same row."),
    ),
    "not-three-parts": (
        N_("This is not an item with its result and its limit."),
        N_("Write item║result║limit, and a semicolon between several items."),
    ),
    "other-number-of-items": (
        N_("The cells of this row name different numbers of items."),
        N_("Write as many results as items, with semicolons between them, or one row for each item."),
    ),
    "field": (N_("This value cannot be taken."), N_("Correct the value.")),
    "formula": (
        N_("The cell holds a formula whose value was not kept."),
        N_("Open the workbook in a spreadsheet program, save it, and send it again."),
    ),
    "product-needed": (
        N_("The row does not say which product it is about."),
        N_("Fill in the GTIN, your own product code, or the product's name."),
    ),
    "product-unknown": (
        N_("You have no product of this GTIN, code or name."),
        N_("Correct it, or register the product first and check the file again."),
    ),
    "product-ambiguous": (
        N_("Several of your products have this name."),
        N_("Fill in the GTIN or your own product code."),
    ),
    "batch-needed": (
        N_("The row names neither batch nor production date."),
        N_("Fill in the batch, or the production date where one batch was made that day."),
    ),
    "batch-unknown": (
        N_("The product has no such batch."),
        N_("Correct it, or register the batch first and check the file again."),
    ),
    "batch-ambiguous": (
        N_("Several batches of the product were made on that day."),
        N_("Fill in the batch."),
    ),
    "no-results": (N_("The row tells no result."), N_("Fill in at least one result, or delete the row.")),
    "report-twice": (
        N_("An earlier row of this file tells of the same report."),
        N_("Put the rows of one report one below the other, or give each report its own number."),
    ),
    "choice-unknown": (
        N_("This is none of the choices."),
        N_("Use one of the words of the template, or leave the cell empty."),
    ),
    "date-unreadable": (N_("This is not a date that can be read."), N_("Write it as 2026-09-15.")),
}  # fmt: skip


class Worded(BaseModel):
    """A problem in words."""

    row: int
    column: str
    value: str
    kind: str
    reason: str
    remedy: str


def worded(problem: Problem, reader: Reader) -> Worded:
    reason, remedy = REASONS[problem.kind]
    if "error" in problem.facts:
        error = {"type": problem.facts["error"], "ctx": problem.facts, "msg": problem.detail}
        text = wording.worded(error, reader.gettext)
    else:
        text = reader.gettext(problem.detail or reason)
    told = problem.model_dump(include={"row", "column", "value", "kind"})
    return Worded.model_validate(told | {"reason": text, "remedy": reader.gettext(remedy)})


REASON, REMEDY = N_("Reason"), N_("Remedy")


def problem_lines(titles: Sequence[str], rows: Iterator[FaultyRow], reader: Reader) -> Iterator[bytes]:
    """The rows as they were sent, with reasons and remedies behind them: put right, they are sent again as they are."""
    head = [*titles, reader.gettext(REASON), reader.gettext(REMEDY)]
    width = len(titles)
    return csv_lines(head, (_line(row, width, reader) for row in rows))


def _line(row: FaultyRow, width: int, reader: Reader) -> list[str]:
    told = [worded(one, reader) for one in row.problems]
    cells = [*row.cells[:width], *[""] * (width - len(row.cells))]
    reasons = [f"{one.column}: {one.reason}" if one.column else one.reason for one in told]
    return [*cells, "\n".join(reasons), "\n".join(dict.fromkeys(one.remedy for one in told))]
