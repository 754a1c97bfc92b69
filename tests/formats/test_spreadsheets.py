"""Tables that a spreadsheet program opens."""

import csv
import io
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracelot.formats.spreadsheets import FORMULA_STARTS, write_csv


def read(table: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(table.decode("utf-8-sig"), newline="")))


def test_a_table_opens_as_utf_8_in_excel() -> None:
    assert write_csv(["批次"], []).startswith(b"\xef\xbb\xbf\xe6\x89\xb9")


def test_lines_end_as_rfc_4180_says() -> None:
    assert write_csv(["a", "b"], [[1, 2]]).endswith(b"a,b\r\n1,2\r\n")


@pytest.mark.parametrize("start", FORMULA_STARTS, ids=ascii)
def test_no_text_acts_as_a_formula(start: str) -> None:
    [_, [cell]] = read(write_csv(["name"], [[f"{start}cmd|' /C calc'!A0"]]))
    assert cell.startswith(f"'{start}")


def test_a_heading_is_guarded_like_any_text() -> None:
    assert read(write_csv(["=1+1"], [])) == [["'=1+1"]]


def test_numbers_and_times_stay_what_they_are() -> None:
    row = [-3, Decimal("-0.5"), date(2026, 9, 15), datetime(2026, 9, 15, 8, tzinfo=UTC), None]
    assert read(write_csv([], [row]))[1] == ["-3", "-0.5", "2026-09-15", "2026-09-15T08:00:00+00:00", ""]


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=20), min_size=1, max_size=4))
def test_every_text_comes_back_whole(cells: list[str]) -> None:
    [read_back] = read(write_csv(cells, []))
    assert [
        cell.removeprefix("'") if cell[1:].startswith(FORMULA_STARTS) else cell for cell in read_back
    ] == cells
