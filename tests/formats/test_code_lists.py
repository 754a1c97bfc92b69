"""Lists of codes are read from what shops send, and hostile files are refused in bounded time and memory."""

import io
import tracemalloc
import zipfile

import pytest
from xlsxwriter import Workbook

from tracelot.formats.code_lists import codes_of_file, codes_of_text
from tracelot.rules.refusals import Unfit

PLACES = {"sheet": "xl/worksheets/sheet1.xml", "related": "xl/_rels/workbook.xml.rels"}
MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'


def workbook(*rows: list[object]) -> bytes:
    """By another program than the one that reads it."""
    file = io.BytesIO()
    with Workbook(file, {"in_memory": True}) as book:
        sheet = book.add_worksheet("库存")
        for number, row in enumerate(rows):
            sheet.write_row(number, 0, row)
        book.add_worksheet("second").write(0, 0, "NOT-THIS")
    return file.getvalue()


KINDS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
BOOK = (
    f'<workbook {MAIN} xmlns:r="{KINDS}"><sheets><sheet name="1" sheetId="1" r:id="r1"/></sheets></workbook>'
)
RELATED = f'''<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">
<Relationship Id="r1" Type="{KINDS}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>'''


def packed(**parts: str | bytes) -> bytes:
    file = io.BytesIO()
    parts = {"workbook": BOOK, "related": RELATED} | parts
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(PLACES.get(name, f"xl/{name}.xml"), content)
    return file.getvalue()


def sheet(rows: str, before: str = "") -> str:
    return f'<?xml version="1.0"?>{before}<worksheet {MAIN}><sheetData>{rows}</sheetData></worksheet>'


def test_pasted_lines() -> None:
    assert codes_of_text(" A1 \r\n\n(01)09520001000027(10)B\n") == ["A1", "(01)09520001000027(10)B"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_csv_in_the_encodings_and_forms_of_spreadsheet_programs(encoding: str, delimiter: str) -> None:
    rows = [["商品条码", "批号", "数量"], ["9520001000027", "甲-1", "5"], ["A2", "", ""], ["", "B3", ""]]
    text = "\r\n".join(delimiter.join(row) for row in rows)
    assert codes_of_file(text.encode(encoding)) == ["9520001000027 甲-1", "A2", "B3"]


def test_a_workbook_with_text_and_numbers() -> None:
    content = workbook(
        ["批号", "x"], ["A1"], [9520001000027, "B 2"], [], ["", "C3"], ["https://x.cn/01/1/10/2"], [7]
    )
    assert codes_of_file(content) == ["A1", "9520001000027 B 2", "C3", "https://x.cn/01/1/10/2", "7"]


def test_other_ways_to_write_a_cell() -> None:
    rows = (
        '<row><c t="inlineStr"><is><t>in</t><t>line</t></is></c></row><row r="5"><c r="B5" t="str"><f>A1</f><v>F</v></c></row>'  # noqa: E501
        "<row><c><v>9.520001000027E12</v></c></row><row><c><v>1.5</v></c></row><row><c t='s'><v>99</v></c></row>"
    )
    assert codes_of_file(packed(sheet=sheet(rows))) == ["inline", "F", "9520001000027", "1.5"]


def test_a_cell_in_the_far_corner_takes_no_room() -> None:
    content = packed(
        sheet=sheet(
            '<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>2</v></c></row>'
        )
    )
    tracemalloc.start()
    assert codes_of_file(content) == ["1"]
    assert tracemalloc.get_traced_memory()[1] < 4 << 20
    tracemalloc.stop()


LAUGHS = (
    "<!DOCTYPE x [<!ENTITY a 'ha'>"
    + "".join(f"<!ENTITY {chr(98 + n)} '{f'&{chr(97 + n)};' * 10}'>" for n in range(9))
    + "]>"
)
OUTSIDE = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
HOSTILE = {
    "a bomb": packed(sheet=sheet("<row><c><v>" + " " * (40 << 20) + "</v></c></row>")),
    "a bomb of strings": packed(
        sheet=sheet(""), sharedStrings="<sst>" + "<si><t/></si>" * 300_000 + "</sst>"
    ),
    "billion laughs": packed(sheet=sheet("<row><c t='str'><v>&j;</v></c></row>", LAUGHS)),
    "a file of ours": packed(sheet=sheet("<row><c t='str'><v>&a;</v></c></row>", OUTSIDE)),
    "deep": packed(sheet="<a>" * 100_000),
    "cut": workbook(["A1"])[:-200],
    "no sheet": packed(workbook="<x/>"),
    "not xml": packed(sheet="<<<"),
    "not utf": packed(sheet=b"\xff\xfe\x00<"),
    "old workbook": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 100,
    "picture": b"\x89PNG\r\n\x1a\n\0\0\0",
    "zip magic alone": b"PK\x03\x04",
    "many parts": packed(**{f"p{number}": "x" for number in range(300)}),
    "too many lines": b"A\n" * 10_001,
    "too many rows": packed(sheet=sheet("<row><c><v>7</v></c></row>" * 10_001)),
    "utf-16 cut": b"\xff\xfeA",
    "a long field": b'"' + b"a" * 200_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_refused(name: str) -> None:
    tracemalloc.start()
    with pytest.raises(Unfit):
        codes_of_file(HOSTILE[name])
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 120 << 20
