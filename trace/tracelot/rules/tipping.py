"""Complaints and tips from the public: which office handles one, by when, and what may become of it.

A report is handled where the goods were sold; where nobody knows where that was, where their maker has its seat. A
township assists and decides nothing (Food Safety Law Implementing Regulation art. 4).
"""

from collections.abc import Iterable, Sequence
from typing import Literal, get_args

from tracelot.rules.parties import LENGTHS
from tracelot.rules.refusals import Conflict

TipKind = Literal["foreign_matter", "illness", "label", "expired", "counterfeit", "other"]
TIP_KINDS: tuple[TipKind, ...] = get_args(TipKind)
TipState = Literal["received", "assigned", "investigating", "closed", "merged"]
TIP_STATES: tuple[TipState, ...] = get_args(TipState)
OPEN_TIPS: tuple[TipState, ...] = ("received", "assigned", "investigating")
Closing = Literal["acted", "recalled", "nothing_found", "outside", "not_enough", "void"]
CLOSINGS: tuple[Closing, ...] = get_args(Closing)
TipStep = Literal[
    "received", "assigned", "helped", "investigating", "noted", "written", "closed", "transferred", "merged", "linked",
    "shared",
]  # fmt: skip

GOAL_DAYS = (
    15  # working days from the receipt to a decision: a goal of the site's own, which an office may change
)
MOST_NOTES = 50  # of one reporter on one tip
MOST_PHOTOS = 8


def handling_area(areas: Iterable[str], places: Sequence[str | None]) -> str | None:
    """Of the areas that have an office the county's that holds the first of the places, or the next above it.

    `places` are those where it may be handled, the first choice first; an area of a township handles nothing.
    """
    deciding = [area for area in areas if len(area) <= LENGTHS["county"]]
    for place in places:
        over = [area for area in deciding if place and place.startswith(area)]
        if over:
            return max(over, key=len)
    return None


def demand_open(state: str) -> None:
    """What was closed, or joined to another, is worked on no more."""
    if state not in OPEN_TIPS:
        raise Conflict("tip-closed", "This report is closed: nothing of it changes any more.")
