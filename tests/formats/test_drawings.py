"""The drawing of a trace, read back as XML, and its DOT."""

import gzip
import re
from base64 import urlsafe_b64encode
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from random import Random
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tracelot.web
from sketches import HOSTILE, pictures, sketch, star, supply
from tracelot.formats.drawing_shapes import MARKS, OUTLINES, STATUSES
from tracelot.formats.drawing_words import fitted, harmless, words_in
from tracelot.formats.drawings import svg
from tracelot.formats.graphviz import dot
from tracelot.rules.grouping import fitting
from tracelot.rules.pictures import Edge, Node, Picture, picture, ways_through
from tracelot.web.rendering import words

SVG = "{http://www.w3.org/2000/svg}"
EN, ZH = (words_in(words(language).gettext) for language in ("en", "zh"))
many = settings(max_examples=40, deadline=None)


def page(node: Node) -> str:
    return f"?at={node.key}"


def parsed(text: str) -> ET.Element:
    return ET.fromstring(text)  # noqa: S314 drawn by the code under test


def links(root: ET.Element) -> list[ET.Element]:
    return list(root.iter(f"{SVG}a"))


@given(pictures())
@many
def test_every_batch_is_a_link_with_a_title_and_every_wire_names_its_ends(shown: Picture) -> None:
    root = parsed(svg(shown, EN, page))
    numbers = {str(link.get("href"))[4:]: number for number, link in enumerate(links(root))}
    wires = [path.get("data-ends") for path in root.iter(f"{SVG}path") if path.get("data-ends")]

    assert sorted(str(link.get("href")) for link in links(root)) == sorted(map(page, shown.nodes))
    assert all((link.find(f"{SVG}title")).text for link in links(root))
    assert sorted(wires) == sorted(f"{numbers[one.source]} {numbers[one.target]}" for one in shown.edges)
    ids = [one.get("id") for one in root.iter() if one.get("id")]
    assert len(ids) == len(set(ids))
    used = {str(one.get("href")).removeprefix("#") for one in root.iter(f"{SVG}use")}
    assert used <= set(ids)


@given(pictures())
@many
def test_what_stands_out_is_what_can_be_reached(shown: Picture) -> None:
    chosen = shown.nodes[0].key
    lit = ways_through(shown, chosen)
    root = parsed(svg(shown, EN, page, lit))

    drawn = {str(link.get("href")) for link in links(root) if "lit" in str(link.get("class")).split()}
    assert drawn == {f"?at={key}" for key in lit}


def test_a_policy_without_inline_styles_and_scripts_has_nothing_to_forbid(random: Random) -> None:
    root = parsed(svg(supply(random, 60), ZH, page))

    for one in root.iter():
        assert one.tag.removeprefix(SVG) not in ("script", "style", "image", "foreignObject")
        assert not [name for name in one.attrib if name == "style" or name.startswith("on")]
    assert root.get("role") == "group"
    named = str(root.get("aria-labelledby")).split()
    assert [root.find(f"*[@id='{one}']").tag for one in named] == [f"{SVG}title", f"{SVG}desc"]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_labels_stay_text(text: str) -> None:
    nodes = [Node(text, text, text, text, text, text), Node("b", "b", distance=1)]
    shown = picture(nodes, [Edge(text, "b", unit=text)])
    root = parsed(svg(shown, EN, lambda node: "/b?x=" + node.label))
    plain = parsed(svg(picture([Node("a", "a"), nodes[1]], [Edge("a", "b")]), EN, page))

    assert {one.tag for one in root.iter()} == {one.tag for one in plain.iter()}
    assert harmless(text) in {title.text.split("; ")[0] for title in root.iter(f"{SVG}title")}
    lines = dot(shown, EN).splitlines()
    assert len(lines) == len(dot(picture([Node("a"), nodes[1]], [Edge("a", "b")]), EN).splitlines())


@given(st.text(max_size=60))
@many
def test_any_text_can_be_written(text: str) -> None:
    shown = picture([Node("a", text, party_name=text)], [])

    parsed(svg(shown, ZH, page))
    strings = re.findall(r'"((?:[^"\\]|\\.)*)"', dot(shown, ZH))
    assert len(strings) == 1


@pytest.mark.parametrize(
    "address", ["javascript:alert(1)", "//elsewhere", "https://elsewhere", "/\\elsewhere", ""]
)
def test_a_node_leads_to_our_own_pages_or_nowhere(address: str) -> None:
    assert links(parsed(svg(sketch("a>s", "s"), EN, lambda _: address))) == []


def test_what_a_colour_says_is_said_in_words_in_both_languages() -> None:
    shown = picture([Node("a", "L-1", status="held", gaps=2), Node("b", status="recalled", distance=1)], [])
    english, chinese = (svg(shown, said, page) for said in (EN, ZH))

    assert all(word in english for word in ("On hold", "Recalled", "Start", "open ends: 2", "Where from"))
    assert all(word in chinese for word in ("暂停放行", "已召回", "起点", "缺口：2", "来源", "流向"))


def test_three_hundred_batches_are_a_light_page(random: Random) -> None:
    shown = supply(random, 300)
    short = {node.key: urlsafe_b64encode(random.randbytes(16)).decode()[:22] for node in shown.nodes}
    text = svg(shown, ZH, lambda node: f"?at={short[node.key]}")

    assert len(gzip.compress(text.encode(), 6)) <= 20 * 1024


def test_a_star_of_five_thousand_says_how_many_it_stands_for() -> None:
    text = svg(fitting(star(5000)), EN, page)

    assert "5001 batches in groups." in text
    assert "batches: 715" in text
    assert ">×715</text>" in text


def test_a_wire_tells_how_much_and_over_how_many_lines() -> None:
    shown = picture(
        [Node("a"), Node("b", distance=1)], [Edge("a", "b", quantity=Decimal("30.50"), unit="kg", count=2)]
    )

    assert ">30.5 kg ×2</text>" in svg(shown, EN, page)
    assert "<title>a → b; 30.5 kg ×2; recorded</title>" in svg(shown, EN, page)
    assert 'label="30.5 kg ×2"' in dot(shown, EN)


def test_the_shapes_are_those_of_the_pages() -> None:
    source = (Path(tracelot.web.__file__).parent / "templates" / "_ui.html").read_text(encoding="utf-8")
    pieces = dict(re.findall(r'"([\w-]+)": "([Mm][^"]*)"', source))

    assert {name: path for name, path in {**OUTLINES, **MARKS}.items() if path} == {
        name: pieces[name] for name in (*OUTLINES, *MARKS) if name != "none"
    }
    for looks in STATUSES.values():
        assert f'"{looks.name}": ("{looks.tone}", "{looks.outline}", "{looks.mark}")' in source


def test_a_cut_code_keeps_its_beginning_and_its_end() -> None:
    assert fitted("20261122-A1", 20) == "20261122-A1"
    assert fitted("ABCDEFGHIJKLMNOPQRSTUVWXYZ", 11) == "ABCDE…VWXYZ"
    assert fitted("光明乳业有限公司", 9) == "光明…公司"


def test_dot_tells_the_same_nodes_layers_and_edges() -> None:
    text = dot(sketch("a>s s>b b>s", "s"), EN)

    assert re.findall(r"n\d -> n\d", text) == ["n0 -> n2", "n1 -> n2", "n2 -> n1"]
    assert text.count("rank=same") == 3
    assert text.count("constraint=false") == 1
    assert text.count("{") == text.count("}")


def test_the_tab_key_goes_from_left_to_right() -> None:
    root = parsed(svg(sketch("z>s s>a a>b", "s"), EN, page))
    spots = [int(str(link.get("transform"))[10:].split()[0]) for link in links(root)]

    assert all(left <= right for left, right in pairwise(spots))
