"""A site whose clock stands: what its people and the public are told is the same on whatever day the tests run."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import pytest

from tracelot.web import lookup, visits


@contextmanager
def standing(moment: datetime) -> Iterator[None]:
    """Every visit of this process, and every lookup, is at this moment."""

    class Standing(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> datetime:
            return moment.astimezone(tz or UTC)

    with pytest.MonkeyPatch.context() as moved:
        for door in (visits, lookup):
            moved.setattr(door, "datetime", Standing)
        yield
