"""Areas: which regions an office watches."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracelot.records import divisions
from tracelot.rules.parties import LENGTHS, area_level, area_prefix, covers

CODES = [code for code, _ in json.loads(Path(divisions.DATA).read_text(encoding="utf-8"))]
REGIONS = [code.ljust(6, "0") for code in CODES]


@pytest.mark.parametrize(
    ("code", "prefix", "level"),
    [
        ("410000", "41", "province"),
        ("411700", "4117", "city"),
        ("411724", "411724", "county"),
        ("411724214", "411724214", "township"),
        ("110000", "11", "province"),
    ],
)
def test_the_zeros_of_a_code_say_how_far_an_office_sees(code: str, prefix: str, level: str) -> None:
    assert (area_prefix(code), area_level(area_prefix(code))) == (prefix, level)


@given(st.sampled_from(CODES), st.sampled_from(REGIONS))
def test_an_office_covers_just_the_regions_below_it(office: str, region: str) -> None:
    """`CODES` are the list's own codes (2, 4, 6 or 9 digits), where being below is being a continuation."""
    below = region[: len(office)] == office

    assert covers([area_prefix(office.ljust(6, "0"))], region) == below


@given(st.sampled_from(REGIONS))
def test_every_region_lies_in_its_own_area(region: str) -> None:
    assert covers([area_prefix(region)], region)


def test_no_territory_covers_nothing() -> None:
    assert not any(covers([], region) for region in REGIONS[:100])


@given(st.sampled_from(CODES))
def test_the_level_is_known_from_the_length(code: str) -> None:
    assert LENGTHS[area_level(code)] == len(code)
