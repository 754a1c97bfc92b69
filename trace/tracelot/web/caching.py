"""How long an answer may be kept, and by whom: one table, and the answers to conditional requests.

What the table does not name is never kept, and neither is anything that was told to somebody whom the site knows.
"""

from hashlib import sha256
from typing import NamedTuple

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tracelot.web.wording import N_

FOR_EVER = "public, max-age=31536000, immutable"
DAY = "public, max-age=86400"
ASK = "no-cache"  # it may be kept, and whoever keeps it asks each time whether it still holds
NEVER = "no-store"

READER = "Accept-Language, Authorization, Cookie"
CALLER = "Authorization, Cookie"


class Rule(NamedTuple):
    """Of the addresses that are named, or that begin with one that ends in a slash."""

    what: str
    paths: tuple[str, ...]
    cache_control: str
    vary: str = ""


STYLES = Rule(N_("Styles, scripts and pictures under the address that a page names"), (), FOR_EVER)
LOOKUP = Rule(N_("A batch by its code: page, JSON and link set"), (), ASK, "Accept, Accept-Language, Cookie")
OTHERS = Rule(
    N_("All else: whatever was told to somebody signed in or with a key, changes, and refusals"), (), NEVER
)
RULES = (
    Rule(N_("Files under any other address"), ("/static/",), ASK),
    Rule(N_("QR codes and the icon"), ("/qr.svg", "/favicon.ico"), DAY),
    Rule(N_("A product by its GTIN"), ("/01/",), ASK, f"Accept, {READER}"),
    Rule(
        N_("Pages for everybody, notices, and recalls as CSV and Atom"),
        ("/", "/recalls", "/recalls/", "/recalls.csv", "/recalls.atom", "/samplings", "/samplings.csv", "/search",
         "/check", "/scan", "/law", "/limits", "/about", "/privacy", "/developers", "/developers/",
         "/problems/", "/api/docs", "/robots.txt"),
        ASK,
        READER,
    ),
    Rule(
        N_("Public data of the API: recalls, lookups, divisions, its description"),
        ("/api/v1/recalls", "/api/v1/recalls/", "/api/v1/lookup", "/api/v1/openfda/", "/api/v1/samplings/results",
         "/api/v1/divisions", "/api/v1/limits", "/api/v1/analytes",
         "/api/v1/openapi.json"),
        ASK,
        CALLER,
    ),
)  # fmt: skip
TABLE = (STYLES, LOOKUP, *RULES, OTHERS)


def rule_of(scope: Scope) -> Rule:
    """The rule of the table, for whoever asks."""
    path: str = scope["path"]
    if path.startswith("/static/") and scope["query_string"].startswith(b"v="):
        return STYLES
    visit = scope.get("state", {}).get("visit")
    if visit is not None and visit.actor.id is not None and path != "/qr.svg":
        return OTHERS
    for rule in RULES:
        if any(
            path == one or (len(one) > 1 and one[-1] == "/" and path.startswith(one)) for one in rule.paths
        ):
            return rule
    return OTHERS


def tag_of(body: bytes, version: str = "") -> str:
    """A strong ETag of the very bytes; it begins with the version of the record where there is one."""
    digest = sha256(body).hexdigest()[:20]
    return f'"{version}.{digest}"' if version else f'"{digest}"'


def holds(if_none_match: bytes, tag: bytes) -> bool:
    """Whether the caller has this very answer already, by the weak comparison of RFC 9110."""
    if not if_none_match or not tag:
        return False
    if if_none_match in (tag, b"*"):
        return True
    return tag in [one.strip().removeprefix(b"W/") for one in if_none_match.split(b",")]


class Caching:
    """Says for every answer how long it may be kept; tells a caller who has it already that it holds.

    HEAD is answered as GET without its body.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        asked = scope["method"]
        if asked == "HEAD":
            scope = {**scope, "method": "GET"}
        await self.app(scope, receive, _Kept(scope, send, bodiless=asked == "HEAD"))


class _Kept:
    """Holds back a public answer until its ETag is known; passes every other one on as it comes."""

    def __init__(self, scope: Scope, send: Send, *, bodiless: bool) -> None:
        self._scope = scope
        self._send = send
        self._bodiless = bodiless
        self._head: Message | None = None
        self._body = b""

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            await self._begin(message)
        elif self._head is None:
            await self._send({**message, "body": b""} if self._bodiless else message)
        else:
            self._body += message.get("body", b"")
            if not message.get("more_body"):
                await self._finish(self._head)

    async def _begin(self, message: Message) -> None:
        headers = MutableHeaders(scope=message)
        rule = rule_of(self._scope)
        plain = self._scope["method"] == "GET" and message["status"] in (200, 304)
        if not plain or "set-cookie" in headers:
            rule = OTHERS
        headers["cache-control"] = rule.cache_control
        if rule.vary:
            headers["vary"] = rule.vary
        if rule.cache_control == ASK and message["status"] == 200 and rule is not RULES[0]:  # noqa: PLR2004
            self._head = message
        else:
            await self._send(message)

    async def _finish(self, head: Message) -> None:
        headers = MutableHeaders(scope=head)
        tag = tag_of(self._body, headers.get("etag", "").strip('"'))
        headers["etag"] = tag
        wanted = next((value for name, value in self._scope["headers"] if name == b"if-none-match"), b"")
        if holds(wanted, tag.encode()):
            head["status"], self._body = 304, b""
            for name in ("content-type", "content-length", "content-disposition"):
                del headers[name]
        await self._send(head)
        await self._send({"type": "http.response.body", "body": b"" if self._bodiless else self._body})
