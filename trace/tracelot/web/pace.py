"""How often one caller may ask for what costs much or invites guessing; counted in this process."""

from functools import cache
from ipaddress import IPv6Address, ip_address

from fastapi import Depends, Request
from fastapi.params import Depends as Dependency
from starlette.types import Scope

from tracelot.rules.access import Actor
from tracelot.rules.pacing import Left, Meter, Pace
from tracelot.rules.refusals import TooMany

EVERYBODY = ""
PACES = {
    "search": Pace(120, 60),
    "sign-in": Pace(20, 60),
    "sign-up": Pace(30, 3600),
    "reset": Pace(30, 3600),
    "form": Pace(240, 60),
    "list": Pace(12, 60),
    "export": Pace(6, 3600),
    "trace-file": Pace(60, 600),
    "bad-key": Pace(60, 60),
    "bad-link": Pace(30, 60),
    "answer": Pace(60, 60),
    "photo": Pace(30, 60),
    "tip": Pace(30, 3600),
}
# The whole site: five hashes a second leave the processors to everybody else.
SITE_PACES = {
    "sign-in": Pace(20, 4),
    "sign-up": Pace(300, 600),
    "reset": Pace(300, 600),
    "tip": Pace(600, 600),
}
# What strangers may post, counted before anything else is done for them. A / at the end: all that follows.
PACED = {
    "/sign-in": "sign-in",
    "/sign-in/code": "sign-in",
    "/sign-up": "sign-up",
    "/join/": "sign-in",
    "/reset": "reset",
    "/reset/": "sign-in",
    "/n/": "answer",
    "/t/": "answer",
    "/report": "tip",
    "/settings/password": "sign-in",
    "/api/v1/parties": "sign-up",
}


@cache
def meter() -> Meter:
    return Meter()


def address_of(scope: Scope) -> str:
    """Where a request comes from. In IPv6 one caller has a whole /64."""
    try:
        address = ip_address((scope.get("client") or ("",))[0])
    except ValueError:  # what a trusted proxy could not name
        return EVERYBODY
    if isinstance(address, IPv6Address):
        address = address.ipv4_mapped or IPv6Address(int(address) >> 64 << 64)
    return str(address)


def keep_pace(scope: Scope, kind: str) -> None:
    """Count one more request by its address, and by the whole site where that is bounded too."""
    meter().take(kind, address_of(scope), PACES[kind])
    if kind in SITE_PACES:
        meter().take(f"{kind} of all", EVERYBODY, SITE_PACES[kind])


def keep_own_pace(kind: str, who: str) -> None:
    """Count one more request of somebody known."""
    meter().take(kind, who, PACES[kind])


def keep_stranger_pace(scope: Scope) -> None:
    path: str = scope["path"]
    kind = PACED.get(path) or PACED.get(path[: path.find("/", 1) + 1])
    if kind and scope["method"] == "POST":
        keep_pace(scope, kind)


def demand_pace(kind: str) -> Dependency:
    """A dependency that counts strangers by address; those with a key or a session are not guessing."""

    def counted(request: Request) -> None:
        if request.state.visit.actor.id is None:
            keep_pace(request.scope, kind)

    return Depends(counted)  # type: ignore[no-any-return]


def keep_caller_pace(request: Request, actor: Actor) -> None:
    """Count a request by who makes it: all those of the API, and the forms that are sent from pages."""
    who = str(actor.id) if actor.id else address_of(request.scope)
    if not request.url.path.startswith("/api/"):
        if request.method not in ("GET", "HEAD"):
            keep_own_pace("form", who)
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
