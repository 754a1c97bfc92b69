"""The public lookup: the page and the JSON behind a scanned package, ahead of everything else.

The one asynchronous route, and the one that answers without the framework: a package in every kitchen may ask.
A cached answer is good only as long as the change mark of the store stands still, which is asked on every
request: a recall shows on the very next one.
"""

import time
from collections import defaultdict
from datetime import UTC, date, datetime
from typing import Any, NamedTuple

from anyio import CapacityLimiter
from anyio.to_thread import run_sync
from fastapi import FastAPI, Request, Response
from msgspec.json import encode
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.types import Receive, Scope, Send

from tracelot.formats.linksets import CONTEXT
from tracelot.formats.linksets import MEDIA_TYPE as LINKSET
from tracelot.operations.lookup import Found, public_batch, public_short
from tracelot.records.public import PublicProduct, PublicRecords
from tracelot.records.reader import Reader
from tracelot.rules.identifiers import read_canonical_path, read_short_code
from tracelot.rules.refusals import Unfit, Unknown
from tracelot.web.caching import ASK, LOOKUP, holds, tag_of
from tracelot.web.guard import HEADERS, hostname
from tracelot.web.linking import LINKSET_HERE, leads_to, link_type, linkset
from tracelot.web.problems import problem_response, store_problem
from tracelot.web.public_page import public_page
from tracelot.web.wording import N_

PREFIXES = ("/01/", "/b/")  # how the address of every batch begins
LOOKUP_THREADS = 12
MOST_CACHED = 20_000
MOST_ASKED = 100_000
LONGEST_KEPT = 2048  # a head longer than any browser's is answered and not remembered
FRESH_SECONDS = 60  # "as of" on an answer is never older than this
OK = 200
ALLOWED = frozenset({"GET", "HEAD"})
JSON = "application/json"
HTML = "text/html"
UNKNOWN: dict[str, Any] = {"verdict": "unknown", "level": None, "recalls": []}
CACHING = {"cache-control": ASK}
LINKED = {"link": CONTEXT, "access-control-allow-origin": "*"}  # other sites' scripts may read a link set
Headers = list[tuple[bytes, bytes]]


def is_of_a_batch(path: str) -> bool:
    """Whether the address names a batch; one that names a product alone is a page like others."""
    return (path.startswith("/01/") and "/10/" in path) or path.startswith("/b/")


class Kept(NamedTuple):
    """An answer ready to be sent."""

    tag: bytes
    status: int
    headers: Headers
    body: bytes


class Asked(NamedTuple):
    """What of a request's head the answer depends on."""

    host: bytes
    accept: bytes
    language: bytes
    cookie: bytes
    tag: bytes


class Page:
    """Everything kept while one change mark stands still, at most for a minute."""

    def __init__(self, stand: tuple[int, int], now: datetime, today: date) -> None:
        self.stand = stand
        self.now = now
        self.today = today
        self.head = b'{"as_of":"%s",' % now.isoformat(timespec="seconds").encode()
        self.asked: set[int] = set()
        self.answers: dict[tuple[Any, ...], Kept] = {}
        self.products: dict[str, PublicProduct] = {}
        self._written: dict[str, bytes] = {}

    def told(self, found: Found | None, public_url: str) -> bytes:
        """The facts as JSON after `head`. A product is written once for all its batches."""
        if found is None:
            return encode(UNKNOWN)[1:]
        product = self._written.get(found.product.product_id)
        if product is None:
            product = self._written[found.product.product_id] = encode(found.product._asdict())
        return b'%s,"product":%s}' % (encode(found.standing(public_url))[1:-1], product)


class Lookup:
    """Answers /01/{gtin}/10/{batch} and /b/{short} of one application."""

    def __init__(self, app: FastAPI, engine: Engine, hosts: frozenset[str], extra: dict[str, str]) -> None:
        self._app = app
        self._inline = (
            engine.dialect.name == "sqlite"
        )  # a file answers in microseconds; a server is waited for
        self._threads = CapacityLimiter(LOOKUP_THREADS)  # of its own: slow pages cannot use them up
        self._reader = Reader(engine)
        self._failures = (DBAPIError, PoolTimeout, engine.dialect.loaded_dbapi.Error)
        self._records = PublicRecords(engine.dialect)
        self._hosts = hosts
        self._known_hosts: set[bytes] = set()
        self._page_dress = _encoded(
            {**CACHING, "vary": LOOKUP.vary, "link": LINKSET_HERE, **HEADERS, **extra}
        )
        self._json_dress = _encoded(
            {**CACHING, "vary": "Accept", "x-content-type-options": "nosniff", **extra}
        )
        self._links_dress = [*self._json_dress, *_encoded(LINKED)]
        self._page = Page((-1, -1), datetime.now(UTC), date.min)
        self.answers: defaultdict[int, int] = defaultdict(int)  # how many of each status; for the figures

    def close(self) -> None:
        self._reader.close()

    async def __call__(self, scope: Scope, _: Receive, send: Send) -> None:
        asked = _asked(scope["headers"])
        try:
            if self._inline:
                kept = self._look(scope, asked)
            else:
                kept = await run_sync(self._look, scope, asked, limiter=self._threads)
        except self._failures as error:
            answer = store_problem(self._placed(scope), error)
            kept = self._kept(answer)
            kept.headers.append((b"retry-after", answer.headers["retry-after"].encode()))
        status, headers, body = kept.status, kept.headers, kept.body
        if asked.tag and status == OK and holds(asked.tag, kept.tag):
            status, body = 304, b""
            headers = [header for header in headers if header[0] not in (b"content-type", b"content-length")]
        self.answers[status] += 1
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})

    def _look(self, scope: Scope, asked: Asked) -> Kept:
        if scope["method"] not in ALLOWED:
            detail = N_("This address does not take that method.")
            kept = self._kept(problem_response(self._placed(scope), 405, "method-not-allowed", detail))
            return kept._replace(headers=[*kept.headers, (b"allow", b"GET, HEAD")])
        if not self._welcome(asked.host):
            detail = N_("This site does not answer under that name.")
            return self._kept(problem_response(self._placed(scope), 421, "wrong-host", detail))
        form = _form(asked.accept, scope["query_string"])
        key: tuple[Any, ...] = (scope["raw_path"], scope["query_string"], form)
        if form != JSON:
            key += (asked.language, asked.cookie)
        if self._inline:
            try:
                return self._cached(scope, form, key, *self._reader.look())
            finally:
                self._reader.looked()
        with self._reader.borrowed() as (cursor, mark):
            return self._cached(scope, form, key, cursor, mark)

    def _cached(self, scope: Scope, form: str, key: tuple[Any, ...], cursor: Any, mark: int) -> Kept:
        stand = (mark, int(time.time()) // FRESH_SECONDS)
        page = self._page  # another thread may turn it meanwhile; this answer belongs to this one
        if stand != page.stand or len(page.answers) > MOST_CACHED or len(page.asked) > MOST_ASKED:
            now = datetime.now(UTC)
            page = self._page = Page(stand, now, now.astimezone(self._app.state.settings.zone).date())
        kept = page.answers.get(key)
        if kept is None:
            kept = self._make(scope, form, cursor, page)
            if hash(key) not in page.asked:  # what is asked once may never be asked again
                page.asked.add(hash(key))
            elif sum(map(len, key)) <= LONGEST_KEPT:
                page.answers[key] = kept
        return kept

    def _welcome(self, host: bytes) -> bool:
        if host in self._known_hosts:
            return True
        welcome = hostname(host.decode("latin-1")) in self._hosts
        if welcome and len(self._known_hosts) < 100:  # noqa: PLR2004  (ports make many names of one host)
            self._known_hosts.add(host)
        return welcome

    def _placed(self, scope: Scope) -> Scope:
        scope["app"] = self._app
        return scope

    def _make(self, scope: Scope, form: str, cursor: Any, page: Page) -> Kept:
        try:
            found = self._find(scope["raw_path"], cursor, page)
            if form not in (JSON, HTML):
                return self._linked(found, form)
        except (Unfit, Unknown) as refusal:
            answer = problem_response(
                self._placed(scope), 404, refusal.kind, refusal.reason, facts=refusal.facts
            )
            return self._kept(answer)
        status = 200 if found is not None and found.on_record else 404
        public_url = self._app.state.settings.public_url
        if form == JSON:
            told = page.told(found, public_url)
            return self._ready(status, b"application/json", page.head + told, _tag(told), self._json_dress)
        facts = found.facts(public_url) if found else UNKNOWN
        shown = public_page(Request(self._placed(scope)), found, facts, page.now, status)
        return self._kept(shown, _tag(bytes(shown.body)))

    def _linked(self, found: Found | None, asked: str) -> Kept:
        """The links of a batch on record, or the way to the one of the type that was asked for."""
        if found is None or not found.on_record:
            raise Unknown("unknown-link", "No batch and no recall is public at this address.")
        facts = found.facts(self._app.state.settings.public_url)
        if asked == "linkset":
            body = linkset(facts["link"], found.product, facts["recalls"])
            return self._ready(200, LINKSET.encode(), body, _tag(body), self._links_dress)
        there = leads_to(asked, facts["link"], [recall["link"] for recall in facts["recalls"]])
        return self._ready(307, b"text/plain", b"", b"", [*self._page_dress, (b"location", there.encode())])

    def _kept(self, answer: Response, tag: bytes = b"") -> Kept:
        kind = answer.headers["content-type"].encode()
        kept = self._ready(answer.status_code, kind, bytes(answer.body), tag, self._page_dress)
        cookies = [header for header in answer.raw_headers if header[0] == b"set-cookie"]
        return kept._replace(headers=kept.headers + cookies)

    def _ready(self, status: int, kind: bytes, body: bytes, tag: bytes, dress: Headers) -> Kept:
        headers = [(b"content-type", kind), (b"content-length", b"%d" % len(body)), *dress]
        if tag:
            headers.append((b"etag", tag))
        return Kept(tag, status, headers, body)

    def _find(self, raw_path: bytes, cursor: Any, page: Page) -> Found | None:
        if raw_path.startswith(b"/b/"):
            short = read_short_code(raw_path[3:60].decode("ascii", "replace"))
            return public_short(self._records, cursor, short, page.today)
        read = read_canonical_path(raw_path)
        if read is None:
            raise Unfit("not-a-batch-link", "This address is not a GS1 Digital Link to a batch.")
        return public_batch(self._records, cursor, *read, page.today, page.products)


def _encoded(headers: dict[str, str]) -> Headers:
    return [(name.encode(), value.encode()) for name, value in headers.items()]


def _asked(headers: Headers) -> Asked:
    host = accept = language = cookie = tag = b""
    for name, value in headers:
        if name == b"host":
            host = value
        elif name == b"accept":
            accept = value
        elif name == b"accept-language":
            language = value
        elif name == b"cookie":
            cookie = value
        elif name == b"if-none-match":
            tag = value
    return Asked(host, accept, language, cookie, tag)


def _form(accept: bytes, query: bytes) -> str:
    """JSON for programs, a page for everybody else; or a type of link: "linkset" for all of them."""
    if query:
        asked = link_type(query)
        if asked is not None:
            return asked
        if b"format=json" in query:
            return JSON
    if b"json" in accept and b"text/html" not in accept:
        return "linkset" if b"linkset+json" in accept else JSON
    return HTML


def _tag(told: bytes) -> bytes:
    return tag_of(told).encode()
