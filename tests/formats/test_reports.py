"""Reports of any text and size: drawings that leave their page, pictures, paper and workbooks."""

import io
from contextlib import closing
from datetime import UTC, datetime
from decimal import Decimal
from random import Random
from time import process_time
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageChops
from pypdfium2 import PdfDocument
from python_calamine import CalamineWorkbook

from sketches import HOSTILE, star, supply
from tracelot.formats.drawing_words import words_in
from tracelot.formats.drawings import svg
from tracelot.formats.fonts import OURS, characters_of, font_for, font_of_the_system
from tracelot.formats.framing import framed, size_of
from tracelot.formats.pixels import LONGEST_SIDE, MOST_PIXELS, png
from tracelot.formats.printing import MOST_ROWS, pdf
from tracelot.formats.reports import Report
from tracelot.formats.spreadsheets import Sheet, write_xlsx
from tracelot.rules.grouping import fitting
from tracelot.rules.pictures import Edge, Node, Picture, picture
from tracelot.web.rendering import words

ZH = words_in(words("zh").gettext)
NOW = datetime(2026, 11, 26, 4, 30, tzinfo=UTC)
RARE = "\U00020bb7"  # 吉 with a longer lower stroke, as in names: not in our font


def drawn(shown: Picture, *, bare: bool = False) -> str:
    return svg(shown, ZH, lambda _: "", bare=bare)


def report(*sheets: Sheet, warning: str = "", **more: str) -> Report:
    return Report("追溯", [("起点", "花生油"), *more.items()], [], warning, sheets, NOW, "zh-CN")


def paper(shown: Picture, told: Report) -> bytes:
    return pdf(told, drawn(shown, bare=True), words("zh").gettext)


def pages(content: bytes) -> list[str]:
    with closing(PdfDocument(content)) as document:
        return [page.get_textpage().get_text_range() for page in document]


def image(text: str) -> Image.Image:
    shown = picture([Node("a", text)], [])
    return Image.open(io.BytesIO(png(framed(drawn(shown), ["追溯"], "zh-CN")))).convert("L")


def test_chinese_is_drawn_as_its_own_characters() -> None:
    one, other, missing = image("花生"), image("大米"), image("\U0010fffd\U0010fffd")

    for left, right in ((one, other), (one, missing), (other, missing)):
        assert ImageChops.difference(left, right).getbbox() is not None
    assert ImageChops.difference(one, image("花生")).getbbox() is None


@pytest.mark.parametrize("size", [1, 40, 150])
def test_a_picture_is_sharp_and_opens_everywhere(random: Random, size: int) -> None:
    drawing = framed(drawn(fitting(supply(random, size, min(size, 7)))), ["追溯"], "zh-CN")
    picture_ = Image.open(io.BytesIO(png(drawing)))
    width, height = size_of(drawing)

    assert picture_.width * picture_.height <= MOST_PIXELS
    assert max(picture_.size) <= LONGEST_SIDE
    assert picture_.width / picture_.height == pytest.approx(width / height, rel=0.01)
    assert picture_.width >= width or width * height > MOST_PIXELS / 2


def test_a_picture_whose_height_is_rounded_up_stays_within_what_opens_everywhere() -> None:
    sizes = [(10_000 + number, 3_010 + number % 7) for number in range(3)]
    drawings = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{w}" height="{h}" viewBox="0 0 {w} {h}"/>'
        for w, h in sizes
    ]
    for drawing in drawings:
        picture_ = Image.open(io.BytesIO(png(drawing)))
        assert picture_.width * picture_.height <= MOST_PIXELS


def test_a_chain_of_three_hundred_is_a_picture_too() -> None:
    nodes = [Node(f"b{number:03}", distance=number) for number in range(300)]
    edges = [Edge(f"b{number:03}", f"b{number + 1:03}") for number in range(299)]
    picture_ = Image.open(io.BytesIO(png(drawn(picture(nodes, edges)))))

    assert max(picture_.size) <= LONGEST_SIDE
    assert picture_.width * picture_.height <= MOST_PIXELS


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_stays_text_in_every_form(text: str) -> None:
    shown = picture([Node("a", text, party_name=text)], [])
    sheet = Sheet("批次", [text], [[text], [f"={text}"]], [1])
    told = report(sheet, warning=text, 起点2=text)
    frame = ET.fromstring(framed(drawn(shown), told.lines, "zh-CN"))  # noqa: S314  drawn by the code under test
    plain = ET.fromstring(framed(drawn(picture([Node("a", "b")], [])), ["b"] * len(told.lines), "zh-CN"))  # noqa: S314

    assert [one.tag for one in frame.iter()] == [one.tag for one in plain.iter()]
    assert len(pages(paper(shown, told))) == 2
    harmless_cells = [[cell.encode("utf-8", "replace").decode() for cell in row] for row in sheet.rows]
    book = CalamineWorkbook.from_filelike(io.BytesIO(write_xlsx([Sheet("批次", ["a"], harmless_cells)], NOW)))
    assert all(isinstance(cell, str) for row in book.get_sheet_by_index(0).to_python() for cell in row)


def test_hostile_text_can_be_drawn_in_pixels() -> None:
    nodes = [Node(str(number), text, party_name=text) for number, text in enumerate(HOSTILE)]

    assert png(framed(drawn(picture(nodes, [])), HOSTILE, "zh-CN")).startswith(b"\x89PNG")


def test_rare_characters_are_taken_from_a_font_of_the_system() -> None:
    other = font_of_the_system()
    known = other is not None and ord(RARE) in characters_of(other)

    assert font_for(["花生油 L-1"]) == OURS
    assert font_for([f"{RARE}野家"]) == (other if known else OURS)
    assert {ord(one) for one in "花生油正阳县溯批次、。「」ABCxyz0189→·"} <= characters_of(OURS)


@given(st.one_of(st.decimals(-(10**12), 10**12, places=6), st.integers(-(2**63), 2**63)))
@settings(max_examples=80, deadline=None)
def test_a_number_in_a_workbook_is_exact_or_text(number: Decimal | int) -> None:
    book = CalamineWorkbook.from_filelike(io.BytesIO(write_xlsx([Sheet("a", ["n"], [[number]])], NOW)))
    cell = book.get_sheet_by_index(0).to_python()[1][0]

    assert Decimal(cell if isinstance(cell, str) else repr(cell)) == number


@pytest.mark.parametrize(
    "code", ["00123", "1E5", "2026-11", "=1+1", "+86", "@a", "TRUE", "https://a.example", "-"]
)
def test_a_code_in_a_workbook_stays_what_it_is(code: str) -> None:
    book = CalamineWorkbook.from_filelike(io.BytesIO(write_xlsx([Sheet("a", [code], [[code]])], NOW)))

    assert book.get_sheet_by_index(0).to_python() == [[code], [code]]


def test_five_thousand_batches_stay_within_bounds() -> None:
    shown = star(5000)
    rows = [[f"L{number:05}", "正阳花生油有限公司", Decimal(number), None] for number in range(5000)]
    sheet = Sheet("批次", ["批次号", "企业", "数量", "标识"], rows, [14, 30, 8, 0])
    began = process_time()
    told = report(sheet, warning="不完整")
    content, book = paper(fitting(shown), told), write_xlsx([sheet], NOW)
    spent = process_time() - began
    text = pages(content)

    assert spent < 20
    assert len(content) < 1_500_000
    assert len(book) < 1_500_000
    assert "不完整" in text[0]
    assert f"此处仅列前 {MOST_ROWS} 行，共 5000 行" in text[-1]
    assert f"第 {len(text)} 页，共 {len(text)} 页" in text[-1]
    assert sum(page.count("\nL0") for page in text) + text[0].count("L00000") >= MOST_ROWS - len(text)
    assert "L04999" in str(
        CalamineWorkbook.from_filelike(io.BytesIO(book)).get_sheet_by_index(0).to_python()[-1]
    )


def test_a_wide_drawing_gets_a_page_that_it_fits_on(random: Random) -> None:
    wide = [Node(f"b{number:02}", f"L-{number:02}", distance=number) for number in range(40)]
    chain = picture(wide, [Edge(f"b{number:02}", f"b{number + 1:02}") for number in range(39)])
    content = paper(chain, report())

    with closing(PdfDocument(content)) as document:
        sizes = [page.get_size() for page in document]
    assert sizes[0] == sizes[-1] == pytest.approx((841.89, 595.28), abs=0.1)
    assert sizes[1][0] > 5_000
    assert all(f"L-{number:02}" in pages(content)[1] for number in range(40))


def test_a_long_cell_is_wrapped_and_no_row_is_cut_by_a_page() -> None:
    rows = [["花生油" * 30, "Peanut oil of the first pressing " * 5] for _ in range(30)]
    text = pages(paper(picture([Node("a", "A")], []), report(Sheet("批次", ["名", "Name"], rows, [1, 1]))))
    squeezed = "".join("".join(text).split())

    assert squeezed.count("花生油" * 3) >= 30
    assert squeezed.count("Peanutoilofthefirstpressing") >= 150
