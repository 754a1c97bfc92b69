"""Lists of codes at both doors, of which few are worked on at once: single lookups go first."""

from collections.abc import Sequence
from threading import BoundedSemaphore
from typing import Any

from tracelot.operations.lookup import Answer
from tracelot.operations.lookup_lists import look_up_all
from tracelot.operations.visit import Visit
from tracelot.rules.refusals import Refusal, TooMany

RUNNING = BoundedSemaphore(2)  # a list takes a processor for most of a second
SECONDS = 5.0  # that one waits for others


def answered(visit: Visit, codes: Sequence[Any]) -> list[Answer | Refusal]:
    """The answers to a list of codes."""
    if not RUNNING.acquire(timeout=SECONDS):
        raise TooMany("too-many-requests", "Too many requests; wait a little.", facts={"retry_after": "5"})
    try:
        return look_up_all(visit, codes)
    finally:
        RUNNING.release()
