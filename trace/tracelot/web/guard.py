"""The outermost door: host, size and origin of a request, and the headers that every answer carries.

One ASGI layer around the whole application, so that nothing behind it can forget.
"""

import secrets
from collections.abc import Mapping
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tracelot.web.caching import NEVER
from tracelot.web.policy import POLICY
from tracelot.web.problems import problem_response
from tracelot.web.wording import N_

MOST_BYTES = 1 << 20
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "permissions-policy": "camera=(self), geolocation=(), microphone=()",
    "cross-origin-opener-policy": "same-origin",
}


class TooLarge(Exception):
    """The body went on past the limit."""


class Guard:
    """Refuses what no route should have to look at; `hosts` are the names of this site, `extra` more headers."""

    def __init__(self, app: ASGIApp, hosts: frozenset[str], extra: Mapping[str, str]) -> None:
        self.app = app
        self.hosts = hosts
        self.extra = extra

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        scope.setdefault("state", {})["request_id"] = secrets.token_hex(8)
        send = self._dressed(scope, send)
        refusal = self._refusal(scope, headers)
        if refusal:
            await problem_response(scope, *refusal)(scope, receive, send)
            return
        try:
            await self.app(scope, _counted(receive), send)
        except TooLarge:
            answer = problem_response(scope, 413, "too-large", N_("The body is larger than 1 MiB."))
            await answer(scope, receive, send)

    def _refusal(self, scope: Scope, headers: Headers) -> tuple[int, str, str] | None:
        if hostname(headers.get("host", "")) not in self.hosts:
            return 421, "wrong-host", N_("This site does not answer under that name.")
        length = headers.get("content-length", "0")
        if not length.isascii() or not length.isdigit():
            return 400, "bad-request", N_("The length of the body is not a number.")
        if int(length) > MOST_BYTES:
            return 413, "too-large", N_("The body is larger than 1 MiB.")
        if scope["method"] not in SAFE and not _same_origin(headers):
            return 403, "cross-origin", N_("This request came from another site.")
        return None

    def _dressed(self, scope: Scope, send: Send) -> Send:
        async def dressed(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in {"cache-control": NEVER, **HEADERS, **self.extra}.items():
                    headers.setdefault(name, value)
                headers["x-request-id"] = scope["state"]["request_id"]
            await send(message)

        return dressed


def hostname(host: str) -> str:
    """The name in a Host header, without its port; nothing for one that says more than that."""
    if any(mark in host for mark in "@\\/?#"):
        return ""
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""


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


def _counted(receive: Receive) -> Receive:
    """Counts the bytes that really come, whatever the head of the request said."""
    seen = 0

    async def counted() -> Message:
        nonlocal seen
        message = await receive()
        seen += len(message.get("body", b""))
        if seen > MOST_BYTES:
            raise TooLarge
        return message

    return counted
