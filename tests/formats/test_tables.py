"""Text tables and workbooks, as every program writes them, and files that are something else."""

import csv
import io
import zipfile
from collections.abc import Callable
from contextlib import suppress
from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from python_calamine import load_workbook
from xlsxwriter import Workbook

from tracelot.formats.spreadsheets import write_csv
from tracelot.formats.tables import MOST_COLUMNS, open_table
from tracelot.rules.refusals import Unfit

ENCODINGS = ("utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-16-le", "utf-16-be")
HEAD = ["产品名称", "批号", "检验项目", "结果"]


def written(rows: list[list[str]], delimiter: str = ",", encoding: str = "utf-8", end: str = "\r\n") -> bytes:
    file = io.StringIO(newline="")
    quoting = csv.QUOTE_ALL if end == "\r" else csv.QUOTE_MINIMAL  # which sees no line's end in any other one
    csv.writer(file, delimiter=delimiter, lineterminator=end, quoting=quoting).writerows(rows)
    return file.getvalue().encode(encoding)


def cells(content: bytes, name: str = "") -> list[tuple[str, ...]]:
    return [row.cells for row in open_table(content, name).rows()]


def workbook(fill: Callable[[Workbook], None]) -> bytes:
    file = io.BytesIO()
    with Workbook(file, {"in_memory": True, "default_date_format": "yyyy-mm-dd"}) as book:
        fill(book)
    return file.getvalue()


def sheet_of(*rows: list[object]) -> bytes:
    def fill(book: Workbook) -> None:
        page = book.add_worksheet()
        for at, row in enumerate(rows):
            page.write_row(at, 0, row)

    return workbook(fill)


def refusal(content: bytes, name: str = "") -> str:
    with pytest.raises(Unfit) as caught:
        cells(content, name)
    return caught.value.kind


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("delimiter", [",", ";", "\t"], ids=["comma", "semicolon", "tab"])
@pytest.mark.parametrize("end", ["\r\n", "\n", "\r"], ids=["crlf", "lf", "cr"])
def test_text_is_read_in_every_usual_writing(encoding: str, delimiter: str, end: str) -> None:
    rows = [HEAD, ["花生", "B1", "铅\n镉", 'a"b,c;d'], ["芝麻", "B2", "", "0.1"]]

    assert cells(written(rows, delimiter, encoding, end), "r.csv") == [tuple(row) for row in rows]


def test_rows_have_the_numbers_that_a_spreadsheet_shows() -> None:
    content = written(
        [["title"], [], HEAD, ["花生", "two\nlines", "铅", "1"], ["", "", ""], ["芝麻", "B", "铅", "2"]]
    )

    assert [row.number for row in open_table(content).rows()] == [1, 3, 4, 6]


def test_a_line_that_names_the_separator_is_no_row() -> None:
    assert cells(b"sep=;\r\na;b,c\r\n1;2,5\r\n") == [("a", "b,c"), ("1", "2,5")]


printable = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufeff\ufffe"), max_size=12
)


@given(
    rows=st.lists(st.lists(printable, min_size=4, max_size=4), min_size=3, max_size=6),
    encoding=st.sampled_from(ENCODINGS[:4]),
    delimiter=st.sampled_from([",", ";", "\t"]),
)
def test_what_was_written_comes_back(rows: list[list[str]], encoding: str, delimiter: str) -> None:
    told = [HEAD, *rows]
    expected = [tuple(cell.strip() for cell in row) for row in told]

    found = cells(written(told, delimiter, encoding))

    guarded = [
        tuple(
            cell[1:] if cell[:1] == "'" and write_csv([cell[1:]], []).startswith(b"\xef\xbb\xbf'") else cell
            for cell in row
        )
        for row in expected
    ]
    assert found == [row for row in guarded if any(row)]


@given(st.lists(st.tuples(printable, printable, printable), min_size=1, max_size=5))
def test_what_trace_writes_it_reads(rows: list[tuple[str, str, str]]) -> None:
    stripped = [tuple(cell.strip() for cell in row) for row in rows]
    if any(cell.startswith("'") for row in stripped for cell in row):
        return  # an apostrophe of one's own before a sign of a formula cannot be told from Trace's

    found = cells(write_csv(["a1", "b2", "c3"], stripped))

    assert found[1:] == [row for row in stripped if any(row)]


def test_a_workbook_is_read_cell_by_cell() -> None:
    def fill(book: Workbook) -> None:
        book.add_worksheet("hidden").hide()
        page = book.add_worksheet("数据")
        page.activate()
        page.set_first_sheet()
        page.merge_range(0, 0, 0, 3, "某市公告")
        page.write_row(2, 0, ["文本", 5, 0.1, 6901234567892])
        page.write_datetime(3, 0, date(2026, 9, 15))
        timed = book.add_format({"num_format": "yyyy/m/d h:mm"})
        page.write_datetime(3, 1, datetime.fromisoformat("2026-09-15 08:30"), timed)
        page.write_boolean(3, 2, True)
        page.write_formula(4, 0, "=1+1", None, 2)
        page.write_rich_string(4, 1, "2.2×10", book.add_format({"font_script": 1}), "2")
        page.write_number(4, 3, 0.3, book.add_format({"num_format": '0.00"mg/kg"'}))

    rows = list(open_table(workbook(fill), "r.xlsx").rows())

    assert [row.number for row in rows] == [1, 3, 4, 5]
    assert [row.cells for row in rows[1:]] == [
        ("文本", "5", "0.1", "6901234567892"),
        ("2026-09-15", "2026-09-15 08:30:00", "TRUE"),
        ("2", "2.2×102", "", "0.3"),
    ]


@given(
    st.lists(
        st.lists(
            st.one_of(
                printable.filter(lambda text: text.strip() == text and not text.startswith("_x")),
                st.integers(-(10**12), 10**12),
                st.decimals(-1000, 1000, places=3).map(float),
                st.dates(date(1905, 1, 1), date(2100, 1, 1)),
            ),
            min_size=2,
            max_size=4,
        ),
        min_size=1,
        max_size=5,
    )
)
def test_a_workbook_says_here_what_it_says_to_another_reader(rows: list[list[object]]) -> None:
    def fill(book: Workbook) -> None:
        page = book.add_worksheet()
        for at, row in enumerate(rows):
            for column, value in enumerate(row):
                if isinstance(value, str):
                    page.write_string(at, column, value)
                elif isinstance(value, date):
                    page.write_datetime(at, column, value)
                else:
                    page.write_number(at, column, value)

    content = workbook(fill)
    expected = load_workbook(io.BytesIO(content)).get_sheet_by_index(0).to_python(skip_empty_area=False)

    found = {row.number: row.cells for row in open_table(content).rows()}

    for number, told in enumerate(expected, 1):
        cells = found.get(number, ())
        for column, value in enumerate(told):
            cell = cells[column] if column < len(cells) else ""
            if isinstance(value, float):
                assert float(cell) == value
            else:
                assert cell == (value.isoformat() if isinstance(value, date) else value)


ZIP = b"PK\x05\x06" + bytes(18)


@pytest.mark.parametrize(
    ("content", "name", "kind"),
    [
        (b"", "a.csv", "file-needed"),
        (b" \r\n ", "a.csv", "file-needed"),
        pytest.param(sheet_of(["a"]), "a.csv", "other-file", id="workbook"),  # which holds the time of day
        (b"a,b\n1,2\n", "a.xlsx", "other-file"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "a.xls", "old-workbook"),
        (b"<html><table><tr><td>1</td></tr></table></html>", "a.xls", "web-page"),
        (b'<?xml version="1.0"?><Workbook/>', "a.xml", "web-page"),
        (b"%PDF-1.7\n", "a.pdf", "other-file"),
        (b"a,b\n\x00\x01\x02\n", "a.csv", "other-file"),
        (b"a,b\n\xff\xff\xff\n", "a.csv", "unknown-encoding"),
        (b'a,b\n"open,1\n2,3\n', "a.csv", "broken-csv"),
        (b"a,b\n" + b"x" * 40_000 + b",1\n", "a.csv", "cell-too-long"),
        (b"a," * 2 * MOST_COLUMNS + b"b\n", "a.csv", "table-too-wide"),
        (ZIP, "a.xlsx", "other-workbook"),
        (b"PK\x03\x04" + b"nothing of a package", "a.xlsx", "broken-workbook"),
    ],
)
def test_what_is_no_table_is_refused_for_what_it_is(content: bytes, name: str, kind: str) -> None:
    assert refusal(content, name) == kind


def test_more_rows_than_may_be_are_refused() -> None:
    assert refusal(b"a,b\n" + b"1,2\n" * 200_100) == "table-too-long"


def changed(content: bytes, name: str, change: Callable[[bytes], bytes]) -> bytes:
    """A workbook with another part in the place of one."""
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.namelist():
            told = old.read(part)
            new.writestr(part, change(told) if part == name else told)
    return file.getvalue()


SHEET = "xl/worksheets/sheet1.xml"


def test_a_zip_bomb_is_refused_before_it_unpacks() -> None:
    content = bytearray(sheet_of(["a"]))
    entry = content.index(b"PK\x01\x02")
    content[entry + 24 : entry + 28] = (401 << 20).to_bytes(4, "little")  # what the part unpacks to

    assert refusal(bytes(content)) == "workbook-too-large"


def test_xml_that_grows_by_its_entities_is_refused() -> None:
    laughs = b'<!DOCTYPE w [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>'

    assert refusal(
        changed(sheet_of(["a"]), SHEET, lambda told: told.replace(b"<worksheet", laughs + b"<worksheet", 1))
    )


@pytest.mark.parametrize("part", [SHEET, "xl/workbook.xml", "xl/sharedStrings.xml", "xl/styles.xml"])
def test_a_damaged_workbook_is_refused(part: str) -> None:
    assert (
        refusal(changed(sheet_of(["a", "b"]), part, lambda told: told[: len(told) // 2])) == "broken-workbook"
    )


def test_a_formula_without_its_value_is_told_as_a_formula() -> None:
    content = changed(sheet_of(["a", 1]), SHEET, lambda told: told.replace(b"<v>1</v>", b"<f>SUM(A1:A9)</f>"))

    assert cells(content) == [("a", "=SUM(A1:A9)")]


@given(
    st.binary(max_size=400), st.sampled_from([b"", b"PK\x03\x04", b"\xff\xfe", b"\xef\xbb\xbf", b'a,b\n"'])
)
def test_any_bytes_are_read_or_refused(content: bytes, start: bytes) -> None:
    with suppress(Unfit):
        for row in open_table(start + content).rows():
            assert any(row.cells)


@given(st.integers(0, 10_000), st.binary(min_size=1, max_size=8))
def test_any_damage_to_a_workbook_is_read_or_refused(at: int, other: bytes) -> None:
    content = bytearray(sheet_of(HEAD, ["花生", "B1", "铅", 0.1]))
    at %= len(content)
    content[at : at + len(other)] = other
    with suppress(Unfit):
        assert list(open_table(bytes(content)).rows()) is not None
