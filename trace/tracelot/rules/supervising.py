"""Which office supervises a recall, what it may order, and through which channels a notice must go.

By default the county of the firm supervises; one level up where the goods went further (提级管理). A township assists
and orders nothing (Food Safety Law Implementing Regulation art. 4).
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from tracelot.rules.parties import LENGTHS, Level, area_prefix
from tracelot.rules.stages import STAGES, Stage, Step

ActionType = Literal[
    "order_recall",
    "order_stop",
    "require_report",
    "stronger_measures",
    "warning",
    "site_check",
    "accept_plan",
    "change_plan",
    "evaluate",
    "close",
    "supervise",
    "change_level",
    "withdraw",
]
ACTION_TYPES: tuple[ActionType, ...] = get_args(ActionType)
Channel = Literal["provincial", "national"]

_OPEN = tuple(stage for stage in STAGES if stage != "closed")


@dataclass(frozen=True)
class Power:
    """An act of an office on a recall that stands: at which stages, which step it takes, and what it needs.

    `supervising`: only the supervising office or one above it. `numbered`: it has the number of a document.
    """

    stages: tuple[Stage, ...] = _OPEN
    step: Step | None = None
    supervising: bool = False
    numbered: bool = False
    planned: bool = False  # it judges a plan that was handed in
    ordered: bool = False  # only what an office ordered


POWERS: Mapping[ActionType, Power] = {
    "order_recall": Power(stages=(), numbered=True),  # there is no recall yet
    "order_stop": Power(numbered=True),
    "require_report": Power(),
    "stronger_measures": Power(_OPEN[2:], step="strengthen", supervising=True, numbered=True),
    "warning": Power(numbered=True),
    "site_check": Power(),
    "accept_plan": Power(supervising=True, planned=True),
    "change_plan": Power(supervising=True, planned=True),
    "evaluate": Power(("reported",), step="evaluate", supervising=True),
    "close": Power(("evaluated",), step="close", supervising=True),
    "supervise": Power(supervising=True),
    "change_level": Power(_OPEN[2:], supervising=True),
    "withdraw": Power(STAGES[2:], supervising=True, ordered=True),
}
PUBLIC_ALONE: tuple[ActionType, ...] = ("change_level", "withdraw")  # of a drill nothing was told
ASSISTING: tuple[ActionType, ...] = ("site_check",)  # what a township does too


def level_of_reach(regions: Iterable[str]) -> Level:
    """The level of the office that supervises goods which were shipped to these places."""
    known = {region for region in regions if region}
    if len({region[: LENGTHS["city"]] for region in known}) > 1:
        return "province"
    return "city" if len({region[: LENGTHS["county"]] for region in known}) > 1 else "county"


def supervised_area(firm_region: str, regions: Iterable[str]) -> str:
    """The area whose office supervises: of the firm's own region, as far up as the goods went."""
    return firm_region[: LENGTHS[level_of_reach(regions)]]


def office_for(areas: Collection[str], wanted: str, firm_region: str) -> str | None:
    """Of the areas that have an office the smallest that holds the one wanted, else the largest over the firm."""
    above = [area for area in areas if wanted.startswith(area)]
    if above:
        return max(above, key=len)
    over = [area for area in areas if firm_region.startswith(area) and len(area) <= LENGTHS["county"]]
    return min(over, key=len, default=None)


def required_channel(firm_region: str, regions: Iterable[str]) -> Channel:
    """Food Recall Measures art. 17: in one province its own site and main media, in several those of the nation."""
    provinces = {region[: LENGTHS["province"]] for region in regions if region}
    return "national" if len(provinces or {firm_region[: LENGTHS["province"]]}) > 1 else "provincial"


def counties_of(regions: Iterable[str]) -> list[str]:
    """The counties of places, each once: the area of a recall as the shipments tell it."""
    return sorted(
        {
            area_prefix(region)[: LENGTHS["county"]].ljust(LENGTHS["county"], "0")
            for region in regions
            if region
        }
    )
