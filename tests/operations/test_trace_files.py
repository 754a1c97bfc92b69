"""Traces as files, read back by other programs than those that wrote them, and what they may tell to whom."""

import csv
import io
import json
import re
import zipfile
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID
from xml.etree import ElementTree as ET

import pytest
from PIL import Image
from pypdfium2 import PdfDocument, raw
from python_calamine import CalamineWorkbook
from sqlalchemy import Engine

from acts import Firm, firm, new_firm, output
from keeping import all_rows
from peanuts import deliver_all, produce
from tracelot.operations import engines, tracing
from tracelot.operations.beginning import Named
from tracelot.operations.engines import Frontier
from tracelot.operations.trace_files import KINDS, MEDIA_TYPES, FileKind, TraceFile, export_trace
from tracelot.operations.tracing import Asked
from tracelot.records.database import connect
from tracelot.records.gathering import Budget
from tracelot.records.journal import JournalEntry
from tracelot.rules.ids import new_id
from tracelot.rules.refusals import Forbidden, Unidentified, Unknown
from tracelot.web.rendering import Reader
from world import VisitAs, World, visits

EVIL = '=HYPERLINK("http://x.example")'
SVG = "{http://www.w3.org/2000/svg}"
NOW = datetime(2026, 11, 26, 4, 30, tzinfo=UTC)
ZH, EN = Reader("zh", None), Reader("en", None)


@pytest.fixture(scope="module")
def store(cast_store: str) -> str:
    return cast_store


@pytest.fixture(scope="module")
def engine(store: str) -> Iterator[Engine]:
    opened = connect(store)
    yield opened
    opened.dispose()


@pytest.fixture(scope="module")
def visit_as(cast: World, engine: Engine) -> VisitAs:
    return visits(engine, cast)


@pytest.fixture(scope="module")
def customers(visit_as: VisitAs, cast: World, engine: Engine) -> list[Firm]:
    return [
        new_firm(visit_as, cast, engine, f"customer-{kind}", kind)
        for kind in ("wholesaler", "retailer", "caterer")
    ]


@pytest.fixture(scope="module")
def sold(visit_as: VisitAs, cast: World, customers: list[Firm]) -> Firm:
    """Scenario A, delivered; and one batch whose code and product a spreadsheet would run."""
    made = firm(visit_as, cast, "zhenyang")
    produce(made)
    deliver_all(made, customers)
    made.makes(EVIL)
    made.does("produce", outputs=[output(made.products[EVIL], "=1+1", 7)])
    return made


def taken(
    visit_as: VisitAs, who: str, batch: UUID, kind: FileKind, reader: Reader = ZH, /, **asked: Any
) -> TraceFile:
    with visit_as(who, NOW) as visit:
        return export_trace(visit, Asked(Named(batches=[batch]), **asked), kind, reader)


def sheets(content: bytes) -> dict[str, list[list[Any]]]:
    book = CalamineWorkbook.from_filelike(io.BytesIO(content))
    return {name: book.get_sheet_by_name(name).to_python() for name in book.sheet_names}


def printed(content: bytes) -> str:
    with closing(PdfDocument(content)) as document:
        return "\n".join(page.get_textpage().get_text_range() for page in document)


def told(file: TraceFile) -> str:
    """All the text of a file, as another program reads it."""
    if file.name.endswith(".xlsx"):
        return str(sheets(file.content))
    if file.name.endswith(".pdf"):
        return printed(file.content)
    return "" if file.name.endswith(".png") else file.content.decode()


def test_a_workbook_holds_the_batches_links_consignees_gaps_and_the_question(
    visit_as: VisitAs, sold: Firm, customers: list[Firm]
) -> None:
    book = sheets(taken(visit_as, "zhenyang", sold.batch("raw", "F2"), "xlsx").content)
    batches, links, consignees, gaps, about = book.values()

    assert list(book) == ["批次", "关联", "收货方", "缺口", "说明"]
    rows = [dict(zip(batches[0], row, strict=True)) for row in batches[1:]]
    kernels = next(row for row in rows if row["标识"] == str(sold.batch("kernels")))
    assert (kernels["批次号"], kernels["数量"], kernels["单位"]) == ("X1", 8520.0, "kg")
    assert kernels["产品"] == "kernels"
    assert {row[-1] for row in links[1:]} >= {str(sold.batch("kernels")), str(sold.batch("packs"))}
    assert {row[-1] for row in consignees[1:]} == {str(one.party_id) for one in customers}
    assert gaps[1:] == []
    facts = dict(about[1:])
    assert facts["生成时间"] == "2026-11-26 12:30:00 +08:00"
    assert facts["是否完整"].startswith("完整")
    assert "F2 · raw" in facts["起点"]


def test_codes_and_gtins_are_text_and_nothing_is_a_formula(
    visit_as: VisitAs, sold: Firm, cast: World
) -> None:
    evil = taken(visit_as, "zhenyang", sold.batch(EVIL, "=1+1"), "xlsx").content
    with zipfile.ZipFile(io.BytesIO(evil)) as package:
        cells = [
            text for name in package.namelist() if "sheet" in name for text in [package.read(name).decode()]
        ]
    assert [text for text in cells if "<f>" in text or "<hyperlink" in text] == []
    assert sheets(evil)["批次"][1][3:5] == ["=1+1", EVIL]

    own = sheets(taken(visit_as, "zhenyang", cast.batch_id, "xlsx").content)["批次"]
    assert own[1][3:6] == [cast.code, "一级压榨花生油 5L", cast.gtin]
    assert cast.gtin.startswith("0")


def test_a_csv_opens_in_excel_and_each_line_says_what_was_asked(visit_as: VisitAs, sold: Firm) -> None:
    content = taken(visit_as, "zhenyang", sold.batch(EVIL, "=1+1"), "csv").content
    rows = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))

    assert content.startswith(b"\xef\xbb\xbf")
    assert [(row["批次号"], row["产品"]) for row in rows] == [("'=1+1", f"'{EVIL}")]
    (row,) = rows
    assert row["生成时间"] == row["截至（记录时间）"] == "2026-11-26 12:30:00 +08:00"
    assert row["是否完整"].startswith("完整")
    assert row["查询单位"] == "正阳花生油有限公司"


def test_the_json_is_the_full_answer_of_the_api(visit_as: VisitAs, sold: Firm) -> None:
    file = taken(visit_as, "zhenyang", sold.batch("raw", "F2"), "json", direction="both")
    document = json.loads(file.content)
    export = document.pop("export")
    with visit_as("zhenyang") as visit:
        wanted = Asked(Named(batches=[sold.batch("raw", "F2")]), "both", edges=True, limit=None)
        answer = tracing.trace(visit, wanted).model_dump(mode="json")

    assert document == answer
    assert export["asked"] == {"batches": [str(sold.batch("raw", "F2"))]}
    assert export["made_at"] == export["as_of"] == "2026-11-26T04:30:00+00:00"


@pytest.mark.parametrize(
    ("reader", "title", "page"), [(ZH, "货物追溯", "第 1 页"), (EN, "Trace of goods", "Page 1 of")]
)
def test_a_report_on_paper_says_all_in_the_readers_language(
    visit_as: VisitAs, sold: Firm, customers: list[Firm], reader: Reader, title: str, page: str
) -> None:
    file = taken(visit_as, "zhenyang", sold.batch("raw", "F2"), "pdf", reader)
    text = printed(file.content)

    assert title in text
    assert page in text
    assert "2026-11-26 12:30:00 +08:00" in text
    assert text.count("X1") > 10  # in the drawing and in the tables
    consignees = {
        row[0]
        for row in sheets(taken(visit_as, "zhenyang", sold.batch("raw", "F2"), "xlsx", reader).content)[
            "收货方" if reader is ZH else "Consignees"
        ][1:]
    }
    assert len(consignees) == 3
    squeezed = re.sub(r"\s", "", text)
    assert all(re.sub(r"\s", "", name) in squeezed for name in consignees)


def test_a_report_brings_its_font_and_draws_in_lines(visit_as: VisitAs, sold: Firm) -> None:
    content = taken(visit_as, "zhenyang", sold.batch("raw", "F2"), "pdf").content
    with closing(PdfDocument(content)) as document:
        shapes = [one for page in document for one in page.get_objects()]
        texts = [one for one in shapes if one.type == raw.FPDF_PAGEOBJ_TEXT]

        assert {one.type for one in shapes} == {raw.FPDF_PAGEOBJ_TEXT, raw.FPDF_PAGEOBJ_PATH}
        assert all(raw.FPDFFont_GetIsEmbedded(raw.FPDFTextObj_GetFont(one.raw)) == 1 for one in texts)
    assert len(content) < 200_000  # only the characters that are used


def test_a_drawing_leaves_the_site_with_its_question_and_without_links(visit_as: VisitAs, sold: Firm) -> None:
    text = taken(visit_as, "zhenyang", sold.batch("raw", "F2"), "svg").content.decode()
    root = ET.fromstring(text)  # noqa: S314  drawn by the code under test
    lines = [one.text or "" for one in root.findall(f"{SVG}text")]

    assert lines[0] == "货物追溯"
    assert [one.get("font-size") for one in root.findall(f"{SVG}text")][:2] == ["18", "13"]
    assert "生成时间：2026-11-26 12:30:00 +08:00" in lines
    assert any(line.startswith("是否完整：完整") for line in lines)
    assert [one.tag for one in root.iter() if one.tag in (f"{SVG}a", f"{SVG}script", f"{SVG}style")] == []
    assert root.find(f"{SVG}rect").get("fill") == "#fff"
    assert int(root.get("height")) >= sum(int(one.get("height")) for one in root.findall(f"{SVG}svg"))


def test_a_picture_shows_what_the_drawing_says(visit_as: VisitAs, sold: Firm) -> None:
    images = [
        Image.open(io.BytesIO(taken(visit_as, "zhenyang", sold.batch(name, code), "png").content)).convert(
            "L"
        )
        for name, code in (("raw", "F2"), ("packs", "X1"))
    ]

    assert images[0].size != images[1].size or images[0].tobytes() != images[1].tobytes()
    for image in images:
        assert image.width * image.height <= 16_000_000
        assert image.getextrema() == (pytest.approx(0, abs=60), 255)


def test_dot_carries_the_question_as_comments(visit_as: VisitAs, sold: Firm) -> None:
    lines = taken(visit_as, "zhenyang", sold.batch("raw", "F2"), "dot").content.decode().splitlines()
    head = [line for line in lines if line.startswith("// ")]

    assert head[0] == "// 货物追溯"
    assert any(line.startswith("// 生成时间：2026") for line in head)
    assert lines[len(head)] == "digraph trace {"


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_question_gives_the_same_bytes_under_a_safe_name(
    visit_as: VisitAs, sold: Firm, kind: FileKind
) -> None:
    first, second = (taken(visit_as, "zhenyang", sold.batch(EVIL, "=1+1"), kind) for _ in range(2))

    assert first.content == second.content
    assert re.fullmatch(r"trace-[A-Za-z0-9-]*20261126\.[a-z]+", first.name)
    assert first.media_type == MEDIA_TYPES[kind]


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "png"])
def test_a_customer_s_file_tells_no_more_than_their_page(
    visit_as: VisitAs, sold: Firm, customers: list[Firm], kind: FileKind
) -> None:
    own, *others = customers
    text = told(taken(visit_as, own.name, sold.batch("bottled"), kind, direction="both"))

    assert "bottled" in text
    assert str(sold.batch("oil")) not in text
    for other in others:
        assert str(other.party_id) not in text
        assert str(other.facility_id) not in text
    with pytest.raises(Unknown):
        taken(visit_as, own.name, sold.batch("raw", "F2"), kind)


def test_whoever_may_not_trace_takes_nothing(visit_as: VisitAs, sold: Firm) -> None:
    with pytest.raises(Unidentified), visit_as() as visit:
        export_trace(visit, Asked(Named(batches=[sold.batch("packs")])), "csv", ZH)
    with pytest.raises(Forbidden):
        taken(visit_as, "site", sold.batch("packs"), "csv")
    with pytest.raises(Unknown):
        taken(visit_as, "zhenyang", new_id(), "csv")


def test_who_took_what_stands_in_their_journal(
    visit_as: VisitAs, sold: Firm, cast: World, engine: Engine
) -> None:
    before = {one.id for one in all_rows(engine, JournalEntry)}
    taken(visit_as, "county", sold.batch("packs"), "csv", direction="backward", depth=2)
    new = [one for one in all_rows(engine, JournalEntry) if one.id not in before]
    (entry,) = [one for one in new if one.act == "trace.exported"]
    record = json.loads(entry.record)

    assert (entry.party_id, entry.actor_id) == (cast.parties["county"], cast.people["county"])
    assert (record["format"], record["direction"], record["depth"]) == ("csv", "backward", 2)
    assert record["starts"] == [str(sold.batch("packs"))]
    assert {one.party_id for one in new if one.act == "trace.read"} == {cast.parties["county"]}


def test_every_file_says_that_it_is_not_complete(
    visit_as: VisitAs, sold: Firm, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engines, "Frontier", lambda shelf, _: Frontier(shelf, Budget(postings=1, levels=1)))
    for kind in KINDS:
        file = taken(visit_as, "zhenyang", sold.batch("raw", "F2"), kind)
        if kind == "json":
            assert json.loads(file.content)["complete"] is False
        elif kind != "png":
            assert "不完整" in told(file), kind


def test_an_earlier_moment_is_named_and_asked_for(visit_as: VisitAs, sold: Firm) -> None:
    long_ago = NOW - timedelta(days=4000)
    file = taken(visit_as, "zhenyang", sold.batch("raw", "F2"), "json", as_of=long_ago)
    document = json.loads(file.content)

    assert document["export"]["as_of"] == "2015-12-14T04:30:00+00:00"
    assert document["total"] == 0
