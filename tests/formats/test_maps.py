"""The map of a trace, read back as XML: links to a list, ways between marks, and nothing that a policy forbids."""

from xml.etree import ElementTree as ET

from tracelot.formats.maps import MapWords, Way, map_svg
from tracelot.rules.links import Certainty
from tracelot.rules.plotting import plotted

SVG = "{http://www.w3.org/2000/svg}"
SPOTS = {"a": (114.38, 32.6), "b": (113.66, 34.75), "near": (114.381, 32.601)}
WORDS = MapWords("Map", "Places")


def drawn(titles: dict[str, str], *ways: Way) -> ET.Element:
    plot = plotted(SPOTS)
    assert plot is not None
    text = map_svg(plot, {"a": 1, "b": 2, "near": 3}, titles, ways, WORDS)
    return ET.fromstring(text)  # noqa: S314 drawn by the code under test


def test_marks_lead_to_the_list_and_say_who_stands_there() -> None:
    root = drawn({"a": "Plant", "b": "Shop", "near": "Store"})
    links = {link.get("href"): link for link in root.iter(f"{SVG}a")}

    assert set(links) == {"#f1", "#f2"}
    assert links["#f1"].find(f"{SVG}title").text == "1 Plant; 3 Store"
    assert links["#f1"].find(f"{SVG}text").text == "1+1"
    assert root.get("role") == "group"


def test_a_way_is_drawn_between_two_marks_and_its_line_tells_how_sure_it_is() -> None:
    titles = dict.fromkeys(SPOTS, "x")
    root = drawn(
        titles,
        Way("a", "b", Certainty.ONE_SIDED, 2, "a to b"),
        Way("a", "near", Certainty.RECORDED, 1, "too near to draw"),
        Way("a", "nowhere", Certainty.RECORDED, 1, "not on the map"),
    )
    ways = [one for one in root.iter(f"{SVG}path") if "net-wires" in str(one.get("class"))]

    assert [one.find(f"{SVG}title").text for one in ways] == ["a to b"]
    assert ways[0].get("stroke-dasharray") == "7 4"


def test_hostile_names_stay_text_and_nothing_is_inline() -> None:
    root = drawn(dict.fromkeys(SPOTS, '</title><script>alert(1)</script>" onload="x'))

    for one in root.iter():
        assert one.tag.removeprefix(SVG) not in ("script", "style", "image", "foreignObject")
        assert not [name for name in one.attrib if name == "style" or name.startswith("on")]
