"""What the index asks of places: where they are, and where lanes lead, as numbers."""

from collections.abc import Mapping

import numpy as np

from tracelot.index.numbers import Growing, Names, Small
from tracelot.rules.places import facility_of, is_unit, lane_of, on_hand

HERE, WAY, SINKING, UNIT, OTHER = range(
    5
)  # on hand, lane to a place on hand, lane that ends outside, unit, odd


class Places(Names):
    """Numbers of places, with arrays of what each of them is."""

    def __init__(self) -> None:
        super().__init__()
        self._kind = Growing("i1")
        self._end = Growing("i4")

    def number(self, name: str) -> int:
        known = super().number(name)
        if known >= self._kind.used:
            self._kind.reach(known + 1)
            self._end.reach(known + 1)
            kind, end = self._what(name, known)
            self._kind.array[known], self._end.array[known] = kind, end
        return known

    def _what(self, name: str, own: int) -> tuple[int, int]:
        """The kind of a place; and the facility of one on hand, or the place to which a lane leads."""
        if on_hand(name):
            facility = facility_of(name) or name
            return HERE, (own if facility == name else self.number(facility))
        if is_unit(name):
            return UNIT, 0
        lane = lane_of(name)
        if lane and on_hand(lane.target):
            return WAY, self.number(lane.target)
        return (SINKING if lane and lane.target.startswith("contact:") else OTHER), 0

    def kinds(self, owners: Mapping[str, str]) -> Small:
        """The kind of each; a contact whose party is known may be somebody's place on hand."""
        found = self._kind.values.astype(np.int32)
        for number in np.flatnonzero(found == SINKING).tolist() if owners else ():
            lane = lane_of(self.text(number))
            if lane and lane.target in owners:
                found[number] = OTHER
        return found

    @property
    def ends(self) -> Small:
        return self._end.values.astype(np.int32)
