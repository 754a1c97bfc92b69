"""Who takes part: kinds of party, levels of regulator, and the areas that they watch."""

from collections.abc import Iterable
from typing import Literal, get_args

PartyType = Literal[
    "farm",
    "coop",
    "producer",
    "processor",
    "wholesaler",
    "retailer",
    "caterer",
    "market",
    "platform",
    "carrier",
    "lab",
    "regulator",
    "other",
]
PARTY_TYPES: tuple[PartyType, ...] = get_args(PartyType)

FARMS: tuple[PartyType, ...] = ("farm", "coop")  # who keeps farm records

PartyStatus = Literal["unverified", "verified", "rejected"]
PARTY_STATUSES: tuple[PartyStatus, ...] = get_args(PartyStatus)

Level = Literal["nation", "province", "city", "county", "township"]
LEVELS: tuple[Level, ...] = get_args(Level)

# GB/T 2260 codes grow by level: province 2, prefecture city 4, county 6, township 9 digits.
LENGTHS: dict[Level, int] = {"nation": 0, "province": 2, "city": 4, "county": 6, "township": 9}


def area_prefix(region_code: str) -> str:
    """The prefix that all regions inside `region_code` share: 411700 (a city) covers 4117…, 410000 covers 41…"""
    if len(region_code) == LENGTHS["county"]:
        return (
            region_code.removesuffix("0000")
            if region_code.endswith("0000")
            else region_code.removesuffix("00")
        )
    return region_code


def area_level(prefix: str) -> Level:
    """The level of the office whose whole area is `prefix`."""
    return next(level for level, length in LENGTHS.items() if len(prefix) <= length)


def covers(territory: Iterable[str], region_code: str) -> bool:
    """Whether a region lies inside one of the prefixes; a territory of none covers nothing."""
    return any(region_code.startswith(prefix) for prefix in territory)


def masked(phone: str | None) -> str | None:
    """A telephone number of which those who do not trade with its owner see the ends: 139****01."""
    if phone is None:
        return None
    shown = 3 if len(phone) > 6 else 1  # noqa: PLR2004
    return phone[:shown] + "****" + phone[len(phone) - 2 :]
