"""Shares of outbreak cases that facilities and deliveries lead to, on networks from the field."""

from datetime import UTC, datetime
from typing import Any

import pytest

from tracelot.formats.networks import read_network
from tracelot.rules.ledgers import open_book
from tracelot.rules.scoring import Scores, outbreak, outbreak_map
from vectors import vector

NOW = datetime(2026, 11, 26, tzinfo=UTC)
NETWORKS = ["network-a.json", "network-b.json", "network-c.json"]


def scores_of(network: Any, *, cross_contamination: bool) -> Scores:
    chart = outbreak_map(open_book(read_network(network, NOW)), cross_contamination=cross_contamination)
    return outbreak(chart, [f"facility:{case}" for case in network["expected"]["outbreak"]["cases"]])


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("part", ["outbreak", "outbreak_with_cross_contamination"])
def test_outbreak_scores_from_the_field(name: str, part: str) -> None:
    network = vector(name)
    expected = network["expected"][part]

    scores = scores_of(network, cross_contamination=part != "outbreak")

    facilities = {f"facility:{one}": share for one, share in expected["facility_score"].items()}
    assert {one: round(float(share), 6) for one, share in scores.facilities.items()} == facilities
    assert {one: round(float(share), 6) for one, share in scores.batches.items()} == expected[
        "delivery_score"
    ]
    common = {one.removeprefix("facility:") for one in scores.common if one.startswith("facility:")}
    assert common == set(expected["common_links"])
