"""How often one caller may ask for what costs much or invites guessing; counted in this process.

Each caller has a store of requests that fills up evenly (the generic cell rate algorithm): one number is kept
for each of them, and nothing for those whose store is full.
"""

import threading
import time
from collections.abc import Callable
from functools import cache
from ipaddress import IPv6Address, ip_address
from math import ceil
from typing import Any, NamedTuple, TypeVar

from fastapi import Depends, Request
from fastapi.params import Depends as Dependency

from tracelot.rules.access import Actor
from tracelot.rules.refusals import TooMany

Route = TypeVar("Route", bound=Callable[..., Any])
MOST_CALLERS = 100_000
EVERYBODY = ""


class Pace(NamedTuple):
    """So many requests at once, and as many again in so many seconds."""

    most: int
    seconds: float


class Left(NamedTuple):
    """What is left to a caller, and in how many seconds all will be there again."""

    requests: int
    seconds: int


PACES = {
    "search": Pace(120, 60),
    "sign-in": Pace(20, 60),
    "sign-up": Pace(30, 3600),
    "reset": Pace(30, 3600),
    "form": Pace(240, 60),
    "bad-key": Pace(60, 60),
}
# The whole site: two passwords are hashed at a time, and ten a second leave the processors to everybody else.
SITE_PACES = {
    "sign-in": Pace(60, 6),
    "sign-up": Pace(300, 600),
    "reset": Pace(300, 600),
}


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
            full = max(self._full.get((kind, who), 0.0), now) + step
            late = full - now - pace.seconds
            if late > step * 1e-6:
                raise _too_many(max(1, ceil(late)))
            if len(self._full) >= MOST_CALLERS:
                self._tidy(now)
            self._full[kind, who] = full
        return Left(int((pace.seconds - (full - now)) / step + 1e-6), ceil(full - now))

    def _tidy(self, now: float) -> None:
        """Forget those whose store is full; where a flood left too few of them, forget everybody."""
        self._full = {caller: full for caller, full in self._full.items() if full > now}
        if len(self._full) > MOST_CALLERS // 2:
            self._full = {}


@cache
def meter() -> Meter:
    return Meter()


def _too_many(wait: int) -> TooMany:
    return TooMany("too-many-requests", "Too many requests; wait a little.", facts={"retry_after": str(wait)})


def address_of(request: Request) -> str:
    """Where a request comes from. In IPv6 one caller has a whole /64."""
    host = request.client.host if request.client else ""
    try:
        address = ip_address(host)
    except ValueError:  # what a trusted proxy could not name
        return EVERYBODY
    if isinstance(address, IPv6Address):
        address = address.ipv4_mapped or IPv6Address(int(address) >> 64 << 64)
    return str(address)


def keep_pace(request: Request, kind: str) -> None:
    """Count one more request by its address, and by the whole site where that is bounded too."""
    meter().take(kind, address_of(request), PACES[kind])
    if kind in SITE_PACES:
        meter().take(f"{kind} of all", EVERYBODY, SITE_PACES[kind])


def paced(kind: str) -> Callable[[Route], Route]:
    """Counts the requests of a route before anything else is done for them."""

    def marked(route: Route) -> Route:
        route.pace = kind  # type: ignore[attr-defined]
        return route

    return marked


def demand_pace(kind: str) -> Dependency:
    """A dependency that counts strangers by address; those with a key or a session are not guessing."""

    def counted(request: Request) -> None:
        if request.state.visit.actor.id is None:
            keep_pace(request, kind)

    return Depends(counted)  # type: ignore[no-any-return]


def keep_caller_pace(request: Request, actor: Actor) -> None:
    """Count a request by who makes it: all those of the API, and the forms that are sent from pages."""
    who = str(actor.id) if actor.id else address_of(request)
    if not request.url.path.startswith("/api/"):
        if request.method not in ("GET", "HEAD"):
            meter().take("form", who, PACES["form"])
        return
    pace = Pace(request.app.state.settings.api_pace, 60)
    try:
        left = meter().take("api", who, pace)
    except TooMany as refusal:
        _tell(request, pace, Left(0, int(refusal.facts["retry_after"])))
        raise
    _tell(request, pace, left)


def _tell(request: Request, pace: Pace, left: Left) -> None:
    """The header fields of draft-ietf-httpapi-ratelimit-headers-11; the outermost door sends them."""
    request.state.told = {
        "ratelimit-policy": f'"api";q={pace.most};w={pace.seconds:.0f}',
        "ratelimit": f'"api";r={left.requests};t={left.seconds}',
    }
