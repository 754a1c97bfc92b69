"""Addresses are kept coarse, and the meanings of signatures stand in both languages."""

import pytest

from tracelot.rules.security import coarse
from tracelot.rules.signing import GRAVE


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.77", "203.0.113.0/24"),
        ("2001:db8:1234:5678::9", "2001:db8:1234::/48"),
        ("::ffff:203.0.113.77", "203.0.113.0/24"),
        ("fe80::1%eth0", "fe80::/48"),
        ("testclient", ""),
        ("", ""),
    ],
)
def test_an_address_is_kept_as_its_network_alone(address: str, network: str) -> None:
    assert coarse(address) == network


@pytest.mark.parametrize("act", sorted(GRAVE))
def test_a_signature_says_i_in_both_languages(act: str) -> None:
    assert GRAVE[act].en.startswith("I ")
    assert GRAVE[act].zh.startswith("本人")
