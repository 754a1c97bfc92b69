"""Delivery networks from the field: every set of deliveries forward and backward."""

from datetime import UTC, datetime
from typing import Any

import pytest

from tracelot.formats.networks import read_network
from tracelot.rules.answers import Direction
from tracelot.rules.ledgers import open_book
from tracelot.rules.refusals import Unfit
from tracelot.rules.starting import of_batches
from tracelot.rules.tracing import follow, trace_map
from vectors import vector

NOW = datetime(2026, 11, 26, tzinfo=UTC)


@pytest.mark.parametrize("name", ["network-a.json", "network-b.json", "network-c.json"])
@pytest.mark.parametrize("direction", ["forward", "backward"])
def test_every_delivery_reaches_what_the_field_says(name: str, direction: Direction) -> None:
    network = vector(name)
    chart = trace_map(open_book(read_network(network, NOW)))
    starts = {one: of_batches(chart.graph.nodes, [one]) for one in network["expected"]["trace"]}

    reached = {one: follow(chart, starts[one], direction).batches - {one} for one in starts}

    assert reached == {one: set(sets[direction]) for one, sets in network["expected"]["trace"].items()}


GOOD = {"id": "d", "from": "s", "to": "t"}


@pytest.mark.parametrize(
    ("document", "pointer"),
    [
        (None, "#/deliveries"),
        ({"deliveries": []}, "#/links"),
        ({"deliveries": [{"id": "d", "from": "s"}], "links": []}, "#/deliveries/0"),
        ({"deliveries": [7], "links": []}, "#/deliveries/0"),
        ({"deliveries": [GOOD, GOOD], "links": []}, "#/deliveries/1"),
        ({"deliveries": [GOOD], "links": [["d", "e"]]}, "#/links/0"),
        ({"deliveries": [GOOD], "links": [["d"]]}, "#/links/0"),
        ({"deliveries": [GOOD], "links": [[["d"], {}]]}, "#/links/0"),
    ],
)
def test_a_malformed_network_is_refused_where_it_is_wrong(document: Any, pointer: str) -> None:
    with pytest.raises(Unfit) as refused:
        read_network(document, NOW)

    assert pointer in {fault.pointer for fault in refused.value.faults}
