"""The outermost door: host, pace, body and origin of a request, and the headers that every answer carries.

One ASGI layer around the whole application, so that nothing behind it can forget.
"""

import re
import secrets
from collections.abc import Mapping
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tracelot.rules.pacing import Pace
from tracelot.rules.refusals import TooMany
from tracelot.web.bodies import Bodies, Gone, TurnedAway, most_at, too_large
from tracelot.web.caching import NEVER
from tracelot.web.pace import keep_stranger_pace, meter
from tracelot.web.policy import PERMISSIONS, POLICY
from tracelot.web.problems import bug, problem_response, wants_json
from tracelot.web.rendering import bare
from tracelot.web.wording import N_

PAGES_IN_A_CROWD = Pace(5, 1)
HOST = re.compile(r"(?:([A-Za-z0-9._-]{1,253})|\[([0-9A-Fa-f:.]{2,45})\])(?::[0-9]{1,5})?")
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "permissions-policy": PERMISSIONS,
    "cross-origin-opener-policy": "same-origin",
}


class Guard:
    """Refuses what no route should have to look at; `hosts` are the names of this site, `extra` more headers."""

    def __init__(self, app: ASGIApp, hosts: frozenset[str], extra: Mapping[str, str]) -> None:
        self.app = app
        self.hosts = hosts
        self.extra = extra
        self._bodies = Bodies()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        scope.setdefault("state", {})["request_id"] = secrets.token_hex(8)
        send = self._dressed(scope, send)
        try:
            self._demand_fit(scope, headers)
            keep_stranger_pace(scope)
            if scope["method"] in SAFE:
                await self.app(scope, receive, send)
            else:
                async with self._bodies.arrived(receive, most_at(scope["path"])) as whole:
                    await self.app(scope, whole, send)
        except TurnedAway as turned:
            await _told(scope, turned)(scope, receive, send)
        except TooMany as refusal:
            await _crowded(scope, 429, refusal.kind, refusal.reason, refusal.facts)(scope, receive, send)
        except Gone:
            return
        except Exception:
            if not scope["state"].get("answered"):
                await bug(scope)(scope, receive, send)
            raise

    def _demand_fit(self, scope: Scope, headers: Headers) -> None:
        if hostname(headers.get("host", "")) not in self.hosts:
            raise TurnedAway(421, "wrong-host", N_("This site does not answer under that name."))
        length = headers.get("content-length", "0")
        if not length.isascii() or not length.isdigit():
            raise TurnedAway(400, "bad-request", N_("The length of the body is not a number."))
        most = most_at(scope["path"])
        if len(length) > len(str(most)) or int(length) > most:
            raise too_large(most)
        if scope["method"] not in SAFE and not _same_origin(headers):
            raise TurnedAway(403, "cross-origin", N_("This request came from another site."))

    def _dressed(self, scope: Scope, send: Send) -> Send:
        async def dressed(message: Message) -> None:
            if message["type"] == "http.response.start":
                scope["state"]["answered"] = True
                headers = MutableHeaders(scope=message)
                for name, value in {"cache-control": NEVER, **HEADERS, **self.extra}.items():
                    headers.setdefault(name, value)
                headers["x-request-id"] = scope["state"]["request_id"]
                headers.update(scope["state"].get("told", {}))
            await send(message)

        return dressed


def hostname(host: str) -> str:
    """The name in a Host header, without its port; nothing for one that says more than that."""
    written = HOST.fullmatch(host)
    return (written[1] or written[2]).lower() if written else ""


def _told(scope: Scope, turned: TurnedAway) -> Response:
    if turned.status == 503:  # noqa: PLR2004
        return _crowded(scope, turned.status, turned.kind, turned.reason, {"retry_after": "1"})
    answer = problem_response(scope, turned.status, turned.kind, turned.reason)
    if turned.closes:
        answer.headers["connection"] = "close"
    return answer


def _crowded(scope: Scope, status: int, kind: str, reason: str, facts: dict[str, str]) -> Response:
    """What one of too many is told. In a flood that is a bare line: pages would cost more than they refuse."""
    try:
        meter().take("page for one of too many", "", PAGES_IN_A_CROWD)
    except TooMany:
        if not wants_json(scope):
            return PlainTextResponse(bare(reason), status, {"retry-after": facts["retry_after"]})
    return problem_response(scope, status, kind, reason, facts=facts)


def _same_origin(headers: Headers) -> bool:
    """Whether a browser's request comes from this site; other programs send neither header.

    The check of Go's net/http CrossOriginProtection: Fetch-Metadata where there is one, else the Origin.
    """
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site in ("same-origin", "none")
    origin = headers.get("origin")
    try:
        return origin is None or urlsplit(origin).netloc == headers.get("host")
    except ValueError:  # such as http://[
        return False
