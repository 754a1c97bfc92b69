"""The public lookup: the page and the JSON behind a scanned package, ahead of everything else.

The one asynchronous route. A cached answer is good only as long as the change mark of the store stands still,
which is asked on every request: a recall shows on the very next one.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from fastapi import Request, Response
from sqlalchemy import Engine
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from tracelot.operations.lookup import Found, public_batch, public_short
from tracelot.records.public import PublicRecords
from tracelot.records.reader import Reader
from tracelot.rules.identifiers import read_canonical_path, read_short_code
from tracelot.rules.refusals import Unfit
from tracelot.web.problems import problem_response
from tracelot.web.public_page import public_page
from tracelot.web.rendering import reader_of
from tracelot.web.wording import N_

MOST_CACHED = 20_000
FRESH_SECONDS = 60  # "as of" on an answer is never older than this
ALLOWED = frozenset({"GET", "HEAD"})
JSON = "application/json"


@dataclass
class Cache:
    """Answers by address and reader, good while the mark stands still."""

    mark: int = -1
    minute: int = -1
    answers: dict[Any, tuple[str, Response]] = field(default_factory=dict)

    def turn(self, mark: int, minute: int) -> None:
        if mark != self.mark or minute != self.minute or len(self.answers) > MOST_CACHED:
            self.answers.clear()
            self.mark, self.minute = mark, minute


class Lookup:
    """Answers /01/{gtin}/10/{batch} and /b/{short}; passes everything else on."""

    def __init__(self, app: ASGIApp, engine: Callable[[], Engine], state: ASGIApp) -> None:
        self.app = app
        self._engine = engine
        self._state = state
        self._cache = Cache()
        self._reader: Reader | None = None
        self._records: PublicRecords | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith(("/01/", "/b/")):
            await self.app(scope, receive, send)
            return
        scope["app"] = self._state
        answer = await self._answer(scope)
        await answer(scope, receive, send)

    async def _answer(self, scope: Scope) -> Response:
        if scope["method"] not in ALLOWED:
            return problem_response(scope, 405, "method-not-allowed", N_("This address does not take that method."))
        engine = self._engine()
        if engine.dialect.name == "sqlite":  # a file answers in microseconds; a server is waited for elsewhere
            return self._look(scope, engine)
        return await run_in_threadpool(self._look, scope, engine)

    def _look(self, scope: Scope, engine: Engine) -> Response:
        if self._reader is None or self._records is None:
            self._reader, self._records = Reader(engine), PublicRecords(engine.dialect)
        headers = Headers(scope=scope)
        form = _form(headers, scope["query_string"])
        with self._reader.cursor() as (cursor, mark):
            self._cache.turn(mark, int(datetime.now(UTC).timestamp()) // FRESH_SECONDS)
            key = (scope["raw_path"], scope["query_string"], form, headers.get("accept-language"), headers.get("cookie"))
            kept = self._cache.answers.get(key)
            if kept is None:
                kept = self._cache.answers[key] = self._make(scope, form, cursor)
        tag, answer = kept
        if headers.get("if-none-match") == tag:
            return Response(status_code=304, headers=dict(answer.headers.items()))
        return answer

    def _make(self, scope: Scope, form: str, cursor: Any) -> tuple[str, Response]:
        request = Request(scope)
        settings = request.app.state.settings
        now = datetime.now(UTC)
        try:
            found = self._find(scope["raw_path"], cursor, now.astimezone(settings.zone).date())
        except Unfit as refusal:
            answer = problem_response(scope, 404, refusal.kind, refusal.reason, facts=refusal.facts)
            return _tag(bytes(answer.body)), answer
        facts = found.facts(settings.public_url) if found else {"verdict": "unknown", "level": None, "recalls": []}
        status = 200 if found is not None and found.batch.status or found and found.recalls else 404
        shown = facts | {"as_of": now.isoformat(timespec="seconds")}
        if form == JSON:
            answer = Response(json.dumps(shown, ensure_ascii=False).encode(), status, media_type=JSON)
            tag = _tag(json.dumps(facts).encode())
        else:
            answer = public_page(request, found, facts, now, status)
            tag = _tag(json.dumps(facts).encode(), *map(str, (reader_of(request).language, reader_of(request).theme)))
        answer.headers.update({"etag": tag, "cache-control": "no-cache", "vary": "Accept, Accept-Language, Cookie"})
        return tag, answer

    def _find(self, raw_path: bytes, cursor: Any, today: Any) -> Found | None:
        if self._records is None:
            raise AssertionError("The statements are made before the first question.")
        if raw_path.startswith(b"/b/"):
            short = read_short_code(raw_path[3:60].decode("ascii", "replace"))
            return public_short(self._records, cursor, short, today)
        read = read_canonical_path(raw_path)
        if read is None:
            raise Unfit("not-a-batch-link", "This address is not a GS1 Digital Link to a batch.")
        return public_batch(self._records, cursor, *read, today)


def _form(headers: Headers, query: bytes) -> str:
    """JSON for programs, a page for everybody else."""
    accept = headers.get("accept", "")
    if b"format=json" in query or ("json" in accept and "text/html" not in accept):
        return JSON
    return "text/html"


def _tag(*parts: bytes | str) -> str:
    digest = sha256(b"\0".join(part if isinstance(part, bytes) else part.encode() for part in parts))
    return f'"{digest.hexdigest()[:20]}"'
