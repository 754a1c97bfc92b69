"""How often one caller may ask for what costs much or invites guessing; counted in this process."""

import time
from functools import cache

from fastapi import Depends, Request
from fastapi.params import Depends as Dependency
from limits import RateLimitItem, parse
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from tracelot.rules.refusals import TooMany

PACES: dict[str, RateLimitItem] = {
    "search": parse("120/minute"),
    "sign-in": parse("20/minute"),
    "sign-in-account": parse("10/5minute"),
    "sign-up": parse("30/hour"),
    "reset": parse("10/hour"),
    "export": parse("6/hour"),
}


@cache
def _limiter() -> MovingWindowRateLimiter:
    return MovingWindowRateLimiter(MemoryStorage())


def keep_pace(kind: str, who: str) -> None:
    """Count one more request of `who`, or refuse it and say when to come back."""
    item = PACES[kind]
    if not _limiter().hit(item, kind, who):
        reset = _limiter().get_window_stats(item, kind, who).reset_time
        wait = max(1, int(reset - time.time()) + 1)
        raise TooMany(
            "too-many-requests", "Too many requests; wait a little.", facts={"retry_after": str(wait)}
        )


def address_of(request: Request) -> str:
    return request.client.host if request.client else ""


def demand_pace(kind: str) -> Dependency:
    """A dependency that counts requests by address; those with a key or a session are not guessing."""

    def counted(request: Request) -> None:
        if request.state.visit.actor.id is None:
            keep_pace(kind, address_of(request))

    return Depends(counted)  # type: ignore[no-any-return]
