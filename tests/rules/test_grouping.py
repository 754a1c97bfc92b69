"""Large pictures made small: nobody is lost, nobody counted twice."""

from collections import Counter
from random import Random
from time import process_time

from hypothesis import given, settings
from hypothesis import strategies as st

from sketches import pictures, star, supply
from tracelot.rules.grouping import GROUPINGS, MOST_GROUPS, Grouping, fitting, grouped, opened
from tracelot.rules.links import Certainty
from tracelot.rules.pictures import Edge, Node, Picture, picture
from tracelot.rules.placing import placed

many = settings(max_examples=60, deadline=None)


@given(pictures(), st.sampled_from(GROUPINGS))
@many
def test_groups_carry_every_batch_once_and_all_that_is_counted(shown: Picture, by: Grouping) -> None:
    small = grouped(shown, by)

    assert sorted(key for node in small.nodes for key in node.members) == [node.key for node in shown.nodes]
    assert small.batches == shown.batches == len(shown.nodes)
    assert sum(node.gaps for node in small.nodes) == sum(node.gaps for node in shown.nodes)
    certainties: Counter[Certainty] = Counter()
    for node in small.nodes:
        certainties.update(dict(node.certainties))
        assert sum(count for _, count in node.statuses) == len(node.members)
    assert certainties == Counter(node.certainty for node in shown.nodes)


@given(pictures(), st.sampled_from(GROUPINGS))
@many
def test_edges_between_groups_are_those_between_their_members(shown: Picture, by: Grouping) -> None:
    small = grouped(shown, by)
    group = {key: node.key for node in small.nodes for key in node.members}
    between = Counter((group[edge.source], group[edge.target]) for edge in shown.edges)

    for node in small.nodes:
        assert node.inner == between.pop((node.key, node.key), 0)
    assert {(edge.source, edge.target): edge.count for edge in small.edges} == between


def test_origins_and_what_they_became_are_never_one_group() -> None:
    shown = picture(
        [Node("a", party="p", distance=-1), Node("s", party="p"), Node("b", party="p", distance=1)],
        [Edge("a", "s"), Edge("s", "b")],
    )

    assert [node.members for node in grouped(shown, "party").nodes] == [("a",), ("s",), ("b",)]


def test_a_star_of_five_thousand_opens_in_groups_and_at_once() -> None:
    shown = star(5000)
    begun = process_time()
    small = fitting(shown)
    layout = placed(small)

    assert process_time() - begun < 0.25
    assert len(small.nodes) == len(layout.boxes) == 8
    assert sum(edge.count for edge in small.edges) == 5000


def test_a_net_of_five_thousand_opens_in_few_groups(random: Random) -> None:
    small = fitting(supply(random, 5000))

    assert len(small.nodes) <= MOST_GROUPS
    assert small.batches == 5000


def test_where_even_the_stages_are_too_many_the_smallest_are_put_together() -> None:
    nodes = [
        Node(f"b{number}", party=f"p{number}", stage=f"s{number % 90}", distance=number % 3 - 1)
        for number in range(400)
    ]
    small = fitting(picture(nodes, [Edge("b0", "b1")]))

    assert len(small.nodes) <= MOST_GROUPS
    assert small.batches == 400


def test_a_small_picture_stays_as_it_is() -> None:
    assert fitting(star(299)) == star(299)


def test_a_knot_is_untied_into_its_groups() -> None:
    nodes = [Node("a", party="p", distance=0), Node("b", party="q", distance=1), Node("k", kind="knot")]
    small = grouped(picture(nodes, [Edge("a", "k"), Edge("k", "b")]), "party")

    assert [node.members for node in small.nodes] == [("a",), ("b",)]
    assert [edge.count for edge in small.edges] == [1]


@given(pictures(), st.sampled_from(GROUPINGS), st.integers(0, 30), st.integers(0, 6))
@many
def test_an_open_group_shows_its_batches_and_loses_none(
    shown: Picture, by: Grouping, first: int, most: int
) -> None:
    closed = grouped(shown, by)
    group = closed.nodes[0]

    found = opened(shown, group.key, by, first, most)

    alone = [node for node in found.nodes if node.kind == "batch"]
    assert len(alone) == max(0, min(most, len(group.members) - first))
    assert {node.key for node in alone} <= set(group.members)
    assert alone == [shown.named[node.key] for node in alone]
    assert found.batches == len(shown.nodes)
    others = [node for node in found.nodes if node.kind == "group" and node.key != group.key]
    assert others == [node for node in closed.nodes if node.key != group.key]
    ends = {(one.source, one.target) for one in shown.edges}
    keys = {node.key for node in alone}
    assert {(one.source, one.target) for one in found.edges if {one.source, one.target} <= keys} == {
        pair for pair in ends if set(pair) <= keys and pair[0] != pair[1]
    }


def test_what_is_no_group_opens_nothing_and_a_small_picture_has_none() -> None:
    large, small = star(400), star(3)

    assert opened(large, "group:none") == fitting(large)
    assert opened(small, "group:none") == small
    group = max(fitting(large).nodes, key=lambda node: len(node.members))
    assert len(opened(large, group.key, first=10, most=20).nodes) == len(fitting(large).nodes) + 20


def test_more_enterprises_than_can_be_drawn_are_put_together() -> None:
    nodes = [Node(f"b{number}", party=f"p{number}", distance=1) for number in range(900)]
    shown = picture([Node("a"), *nodes], [Edge("a", node.key) for node in nodes])

    found = grouped(shown, "party")

    assert len(found.nodes) <= MOST_GROUPS
    assert found.batches == 901
