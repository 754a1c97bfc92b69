"""The outermost door: host, body and origin of a request, how many at once, and the headers of every answer.

One ASGI layer around the whole application, so that nothing behind it can forget.
"""

import re
import secrets
from collections.abc import Mapping
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tracelot.web.bodies import MOST_BYTES, Bodies, Gone, TurnedAway, busy, too_large
from tracelot.web.policy import POLICY
from tracelot.web.problems import problem_response
from tracelot.web.wording import N_

MOST_IN_WORK = 200  # more would only wait for each other; the public lookup is not among them
HOST = re.compile(r"(?:([A-Za-z0-9._-]{1,253})|\[([0-9A-Fa-f:.]{2,45})\])(?::[0-9]{1,5})?")
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "permissions-policy": "camera=(self), geolocation=(), microphone=()",
    "cross-origin-opener-policy": "same-origin",
}


class Guard:
    """Refuses what no route should have to look at; `hosts` are the names of this site, `extra` more headers."""

    def __init__(self, app: ASGIApp, hosts: frozenset[str], extra: Mapping[str, str]) -> None:
        self.app = app
        self.hosts = hosts
        self.extra = extra
        self._bodies = Bodies()
        self._in_work = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        scope.setdefault("state", {})["request_id"] = secrets.token_hex(8)
        send = self._dressed(scope, send)
        try:
            self._demand_fit(scope, headers)
            if scope["method"] in SAFE:
                await self._work(scope, receive, send)
            else:
                async with self._bodies.arrived(receive) as whole:
                    await self._work(scope, whole, send)
        except TurnedAway as turned:
            await _told(scope, turned)(scope, receive, send)
        except Gone:
            return

    async def _work(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._in_work >= MOST_IN_WORK:
            raise busy()
        self._in_work += 1
        try:
            await self.app(scope, receive, send)
        finally:
            self._in_work -= 1

    def _demand_fit(self, scope: Scope, headers: Headers) -> None:
        if hostname(headers.get("host", "")) not in self.hosts:
            raise TurnedAway(421, "wrong-host", N_("This site does not answer under that name."))
        length = headers.get("content-length", "0")
        if not length.isascii() or not length.isdigit():
            raise TurnedAway(400, "bad-request", N_("The length of the body is not a number."))
        if len(length) > len(str(MOST_BYTES)) or int(length) > MOST_BYTES:
            raise too_large()
        if scope["method"] not in SAFE and not _same_origin(headers):
            raise TurnedAway(403, "cross-origin", N_("This request came from another site."))

    def _dressed(self, scope: Scope, send: Send) -> Send:
        async def dressed(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in {**HEADERS, **self.extra}.items():
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
    facts = {"retry_after": "1"} if turned.status == 503 else None  # noqa: PLR2004
    answer = problem_response(scope, turned.status, turned.kind, turned.reason, facts=facts)
    if turned.closes:
        answer.headers["connection"] = "close"
    return answer


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
