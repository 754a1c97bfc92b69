"""Tables of results in every layout, under every name of their columns, read as what they say."""

import csv
import io
from dataclasses import dataclass
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracelot.formats.result_layouts import Layout, Report, read_layout, read_reports
from tracelot.formats.result_names import NAMES_EN, NAMES_ZH, bare, field_of, template
from tracelot.formats.tables import open_table
from tracelot.rules.refusals import Unfit

ANALYTES = {"铅": "mg/kg", "镉": "mg/kg", "黄曲霉毒素B1": "µg/kg", "苯并[a]芘": "µg/kg", "酸价": "g/100g"}


@dataclass(frozen=True)
class Told:
    """What a report says: its facts, and (analyte, result, limit) of each finding."""

    facts: dict[str, str]
    findings: list[tuple[str, str, str]]


def read(rows: list[list[str]]) -> tuple[Layout, list[Report]]:
    file = io.StringIO(newline="")
    csv.writer(file).writerows(rows)
    layout, below = read_layout(open_table(file.getvalue().encode()).rows(), set(ANALYTES))
    return layout, list(read_reports(layout, below))


def said(report: Report) -> Told:
    findings = [
        tuple(found[name].text if name in found else "" for name in ("analyte", "measured", "limit"))
        for found in report.findings
    ]
    return Told({name: cell.text for name, cell in report.facts.items()}, findings)  # type: ignore[arg-type]


words = st.text(st.sampled_from("正阳花生油ABC123"), min_size=1, max_size=6)
measured = st.one_of(
    st.decimals(0, 100, places=2).map(str), st.sampled_from(["未检出", "<0.05", "2.2×10²", "10;20;0;0;5"])
)
FACTS = ("report_no", "product_name", "batch_code", "laboratory", "spec")


@st.composite
def reports(draw: st.DrawFn, *, several: bool = True) -> list[Told]:
    told = []
    for number in range(draw(st.integers(1, 4))):
        facts = {"report_no": f"R{number}", "product_name": draw(words), "batch_code": draw(words)}
        facts |= {name: draw(words) for name in ("laboratory", "spec") if draw(st.booleans())}
        names = draw(st.lists(st.sampled_from(sorted(ANALYTES)), min_size=1, max_size=3, unique=True))
        findings = [(name, draw(measured), draw(st.sampled_from(["≤0.5", "不得检出"]))) for name in names]
        told.append(Told(facts, findings if several else findings[:1]))
    return told


def titled(fields: list[str], random: Random) -> list[str]:
    """One of the names of each field, as some program writes it."""
    found = []
    for field in fields:
        name = random.choice([*NAMES_ZH[field], *NAMES_EN[field]])
        found.append(random.choice([name, f" {name} ", name.upper(), f"{name}:"]))
    return found


def above(random: Random) -> list[list[str]]:
    lines = [
        ["某市市场监督管理局公告"],
        [],
        ["声明:以下信息仅指本次抽检标称的生产企业相关产品的生产日期/批号和所检项目"],
    ]
    return lines[: random.randrange(4)]


@given(reports(), st.randoms(use_true_random=False))
def test_a_row_for_each_result_says_the_same(told: list[Told], random: Random) -> None:
    fields = random.sample([*FACTS, "analyte", "measured", "limit"], 8)
    rows = [
        [
            {**one.facts, "analyte": name, "measured": value, "limit": limit}.get(field, "/")
            for field in fields
        ]
        for one in told
        for name, value, limit in one.findings
    ]

    layout, found = read([*above(random), titled(fields, random), *rows])

    assert layout.kind == "long"
    assert [said(one) for one in found] == told
    assert [one.rows for one in found] == [len(one.findings) for one in told]


@given(reports(), st.randoms(use_true_random=False))
def test_a_column_for_each_analyte_says_the_same(told: list[Told], random: Random) -> None:
    analytes = random.sample(sorted(ANALYTES), len(ANALYTES))
    titles = [
        random.choice([f"{name}({ANALYTES[name]})", f"{name}（{ANALYTES[name]}）", name]) for name in analytes
    ]
    rows = []
    for one in told:
        results = {name: value for name, value, _ in one.findings}
        rows.append(
            [*(one.facts.get(field, "") for field in FACTS), *(results.get(name, "/") for name in analytes)]
        )

    layout, found = read([*above(random), [*titled(list(FACTS), random), *titles, "别的列"], *rows])

    assert (layout.kind, layout.unknown) == ("wide", ("别的列",))
    for one, report in zip(told, found, strict=True):
        order = sorted(one.findings, key=lambda finding: analytes.index(finding[0]))
        assert said(report) == Told(one.facts, [(name, value, "") for name, value, _ in order])
        units = {found["analyte"].text: found["unit"].text for found in report.findings if "unit" in found}
        assert units.items() <= ANALYTES.items()


@given(reports(), st.randoms(use_true_random=False))
def test_the_table_that_offices_disclose_says_the_same(told: list[Told], random: Random) -> None:
    fields = [*FACTS, "sampled_name"]
    apart = random.choice([";", "；", "\n", ";\n"])
    rows = [
        [
            *(one.facts.get(field, "/") for field in FACTS),
            "正阳县某超市",
            apart.join(f"{name}║{value}║{limit}" for name, value, limit in one.findings),
        ]
        for one in told
    ]

    layout, found = read(
        [*above(random), [*titled(fields, random), "不合格项目║检验结果║标准值"], *rows, ["注：完"]]
    )

    assert layout.kind == "disclosed"
    for one, report in zip(told, found, strict=True):
        assert said(report) == Told(one.facts | {"sampled_name": "正阳县某超市"}, one.findings)
        assert report.slips == []


def test_a_head_whose_cells_were_joined_is_two_rows() -> None:
    layout, [report] = read(
        [
            ["抽样编号", "被抽样单位名称", "食品名称", "生产日期/批号", "不合格项目", "", ""],
            ["", "", "", "", "检验项目", "检验结果", "标准值"],
            ["XC1", "超市", "花生", "2026-09-01", "铅；镉", "0.8mg/kg；0.5", "≤0.5;≤0.3"],
        ]
    )

    assert layout.head == 2
    assert said(report).findings == [("铅", "0.8mg/kg", "≤0.5"), ("镉", "0.5", "≤0.3")]


def slip_kinds(cell: list[str]) -> list[str]:
    _, [report] = read([["食品名称", "批号", "检验项目", "检验结果", "标准值"], ["花生", "B1", *cell]])
    return [one.kind for one in report.slips]


def test_cells_that_do_not_fit_each_other_are_told() -> None:
    assert slip_kinds(["铅;镉", "0.1", "0.5"]) == ["other-number-of-items"]
    assert slip_kinds(["", "0.1", "0.5"]) == ["no-analyte"]
    assert slip_kinds(["铅;镉", "0.1;0.2", "0.5"]) == []


def test_an_item_without_its_three_parts_is_told() -> None:
    _, [report] = read(
        [["食品名称", "批号", "不合格项目║检验结果║标准值"], ["花生", "B1", "铅║0.1;镉"], ["a", "b", "铅"]][
            :2
        ]
    )
    assert (report.slips, said(report).findings) == ([], [("铅", "0.1;镉", "")])
    _, [report] = read([["食品名称", "批号", "不合格项目║检验结果║标准值"], ["花生", "B1", "铅超标"]])
    assert [one.kind for one in report.slips] == ["not-three-parts"]


@pytest.mark.parametrize(
    ("rows", "kind"),
    [
        ([["a", "b", "c"], ["1", "2", "3"]], "no-head"),
        ([["产品名称", "批号", "规格", "商标"], ["花生", "B1", "5L", "甲"]], "no-results"),
        ([["产品名称", "批号"]], "no-head"),
    ],
)
def test_a_table_without_what_is_needed_is_refused(rows: list[list[str]], kind: str) -> None:
    with pytest.raises(Unfit) as caught:
        read(rows)
    assert caught.value.kind == kind


def test_the_second_of_two_columns_for_the_same_is_named_and_left_alone() -> None:
    layout, [report] = read([["产品名称", "批号", "批次号", "铅(mg/kg)"], ["花生", "B1", "B2", "0.1"]])
    assert layout.unknown == ("批次号",)
    assert report.facts["batch_code"].text == "B1"


def test_no_name_of_a_column_stands_for_two_fields() -> None:
    names = [
        (bare(name), field) for told in (NAMES_ZH, NAMES_EN) for field, some in told.items() for name in some
    ]

    assert [name for name, field in names if field_of(name) != field] == []


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("kind", ["long", "wide", "disclosed"])
def test_a_template_is_read_as_what_it_is(kind: str, language: str) -> None:
    titles = template(kind, language)

    assert titles is not None
    layout, found = read([titles])
    assert (layout.kind, layout.unknown, found) == (kind, (), [])
