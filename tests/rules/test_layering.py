"""Layers, places and wires of a picture, on small cases told by hand and on any graph."""

from itertools import pairwise
from random import Random
from time import process_time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sketches import pictures, sketch, star, supply
from tracelot.rules.layering import crossings, layered
from tracelot.rules.pictures import Edge, Node, Picture, picture, ways_through
from tracelot.rules.placing import HEIGHT, ROW, WIDTH, Layout, placed, spread

many = settings(max_examples=60, deadline=None)
SWING = 14  # how far a turn of a wire swings out


def layer_of(shown: Picture) -> dict[str, int]:
    return {key: number for number, row in enumerate(layered(shown).rows) for key in row}


@pytest.mark.parametrize(
    ("ways", "rows"),
    [
        ("a>s s>b", [{"a"}, {"s"}, {"b"}]),
        ("s>b s>c b>d c>d", [{"s"}, {"b", "c"}, {"d"}]),  # a diamond
        ("s>b b>c s>c", [{"s"}, {"b"}, {"c"}]),  # the long way counts
        ("a>b b>s a>s", [{"a"}, {"b"}, {"s"}]),
        ("a>s s>b a>b b>c", [{"a"}, {"s"}, {"b"}, {"c"}]),
    ],
)
def test_what_feeds_stands_left_of_what_it_fed(ways: str, rows: list[set[str]]) -> None:
    layers = layered(sketch(ways, "s"))

    assert [set(row) for row in layers.rows] == rows
    assert not layers.back


@pytest.mark.parametrize(
    ("ways", "back"),
    [
        ("s>b b>s", {("b", "s")}),
        ("a>s s>b b>c c>b", {("c", "b")}),
        ("a>s b>a a>b", {("a", "b")}),  # b only reaches the start through a
        ("s>s", {("s", "s")}),
        ("s>b b>c c>d d>b c>s", {("d", "b"), ("c", "s")}),
    ],
)
def test_a_circle_is_drawn_back_where_it_closes(ways: str, back: set[tuple[str, str]]) -> None:
    assert layered(sketch(ways, "s")).back == back


def test_the_start_of_a_long_way_up_and_down_stands_between_them() -> None:
    layer = layer_of(sketch("a>b b>s s>c c>d d>e", "s"))

    assert layer == {"a": 0, "b": 1, "s": 2, "c": 3, "d": 4, "e": 5}


@given(pictures())
@many
def test_only_edges_that_close_a_circle_run_back(shown: Picture) -> None:
    layers, layer = layered(shown), layer_of(shown)

    assert sorted(layer) == [node.key for node in shown.nodes]
    for edge in shown.edges:
        if (edge.source, edge.target) in layers.back:
            assert edge.source in ways_back(shown, edge.target)
        else:
            assert layer[edge.source] < layer[edge.target]


def ways_back(shown: Picture, key: str) -> set[str]:
    """All that a node became."""
    met = {key}
    while found := {edge.target for edge in shown.edges if edge.source in met} - met:
        met |= found
    return met


def test_sweeps_take_crossings_away() -> None:
    shown = sketch("s>a s>b s>c a>z b>y c>x", "s")
    rows = layered(shown).rows
    numbers = {node.key: number for number, node in enumerate(shown.nodes)}
    out: list[list[int]] = [[] for _ in shown.nodes]
    for edge in shown.edges:
        out[numbers[edge.source]].append(numbers[edge.target])

    assert crossings(out, [[numbers[key] for key in row] for row in rows]) == 0
    assert crossings([[3], [2], [], []], [[0, 1], [2, 3]]) == 1


@given(pictures(most=40))
@many
def test_boxes_stand_apart_and_wires_join_them_without_crossing_one(shown: Picture) -> None:
    check(shown, placed(shown))


def check(shown: Picture, layout: Layout) -> None:
    boxes = sorted(layout.boxes.values())
    for number, (x, y) in enumerate(boxes):
        assert 0 <= x <= layout.width - WIDTH
        assert 0 <= y <= layout.height - HEIGHT
        for other_x, other_y in boxes[number + 1 :]:
            assert other_x - x >= WIDTH or abs(other_y - y) >= HEIGHT
    assert [wire.edge for wire in layout.wires] == list(shown.edges)
    for wire in layout.wires:
        (x, y), (to_x, to_y) = layout.boxes[wire.edge.source], layout.boxes[wire.edge.target]
        assert wire.points[0] == (x + WIDTH, y + HEIGHT // 2)
        assert wire.points[-1] == (to_x, to_y + HEIGHT // 2)
        assert all(0 <= x <= layout.width and 0 <= y <= layout.height for x, y in wire.points)
        for first, second in pairwise(wire.points):
            assert not any(touches(first, second, box) for box in boxes)


def touches(first: tuple[int, int], second: tuple[int, int], box: tuple[int, int]) -> bool:
    """Whether the room that a piece of wire may take overlaps the inside of a box."""
    swing = SWING if first[0] == second[0] else 0
    left, right = min(first[0], second[0]), max(first[0], second[0])
    top, bottom = min(first[1], second[1]), max(first[1], second[1])
    if swing:  # it turns away from the box at which it begins or ends
        beside = left in (box[0], box[0] + WIDTH)
        left, right = (left, right) if beside else (left - swing, right + swing)
    return left < box[0] + WIDTH and right > box[0] and top < box[1] + HEIGHT and bottom > box[1]


@given(pictures(), st.randoms(use_true_random=False))
@many
def test_the_order_in_which_things_were_found_changes_nothing(shown: Picture, random: Random) -> None:
    nodes, edges = list(shown.nodes), list(shown.edges)
    random.shuffle(nodes)
    random.shuffle(edges)

    assert picture(nodes, edges) == shown
    assert placed(picture(nodes, edges)) == placed(shown)


@given(st.lists(st.floats(-5000, 5000), min_size=1, max_size=30))
@many
def test_spread_heights_keep_their_order_and_a_row_apart(wished: list[float]) -> None:
    found = spread(wished)

    assert all(below - above >= ROW for above, below in pairwise(found))
    if all(below - above >= ROW for above, below in pairwise(wished)):
        assert all(abs(one - other) <= ROW / 2 for one, other in zip(found, wished, strict=True))


def test_a_long_layer_is_wrapped_into_a_page() -> None:
    layout = placed(star(290))

    check(star(290), layout)
    assert layout.height < layout.width < 3 * layout.height


def test_three_hundred_batches_are_placed_at_once(random: Random) -> None:
    shown = supply(random, 300)
    begun = process_time()
    layout = placed(shown)

    assert process_time() - begun < 0.25
    check(shown, layout)


def test_a_chain_of_thousands_needs_no_recursion() -> None:
    nodes = [Node(f"b{number:05}", distance=number) for number in range(3000)]
    edges = [Edge(one.key, other.key) for one, other in pairwise(nodes)]

    assert len(layered(picture(nodes, edges)).rows) == 3000


def test_an_empty_picture_is_no_accident() -> None:
    assert placed(picture([], [])).boxes == {}


@given(pictures())
@many
def test_what_is_lit_is_what_a_batch_is_made_of_and_what_it_became(shown: Picture) -> None:
    for node in shown.nodes[:3]:
        up = {one.key for one in shown.nodes if node.key in ways_back(shown, one.key)}

        assert ways_through(shown, node.key) == up | ways_back(shown, node.key)
