"""How often somebody may do something: a store of requests for each caller, which fills up evenly.

The generic cell rate algorithm: one number is kept for each caller, and nothing of those whose store is full. The
library `limits` keeps an object for every request in memory: the flood that it should stop would fill it.
"""

import threading
import time
from collections.abc import Callable
from math import ceil
from typing import NamedTuple

from tracelot.rules.refusals import TooMany

MOST_CALLERS = 100_000


class Pace(NamedTuple):
    """So many requests at once, and as many again in so many seconds."""

    most: int
    seconds: float


class Left(NamedTuple):
    """What is left to a caller, and in how many seconds all will be there again."""

    requests: int
    seconds: int


class Meter:
    """When the store of each caller will be full again."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._full: dict[tuple[str, str], float] = {}

    def take(self, kind: str, who: str, pace: Pace) -> Left:
        """Take one request, or refuse it and say when to come back."""
        now, step = self._clock(), pace.seconds / pace.most
        with self._lock:
            full = max(self._full.get((kind, who), now), now) + step
            late = full - now - pace.seconds
            if late > step * 1e-6:
                raise too_many(max(1, ceil(late)))
            if len(self._full) >= MOST_CALLERS:
                self._tidy(now)
            self._full[kind, who] = full
        return Left(int((pace.seconds - (full - now)) / step + 1e-6), ceil(full - now))

    def _tidy(self, now: float) -> None:
        """Forget those whose store is full; where a flood leaves too few of them, forget everybody."""
        self._full = {caller: full for caller, full in self._full.items() if full > now}
        if len(self._full) > MOST_CALLERS // 2:
            self._full = {}


def too_many(wait: int) -> TooMany:
    return TooMany("too-many-requests", "Too many requests; wait a little.", facts={"retry_after": str(wait)})
