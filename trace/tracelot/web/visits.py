"""Opens one visit for each request and commits it before the answer goes out."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from hashlib import sha256
from typing import Annotated, Any, TypeVar

from fastapi import Depends, Header, Request, Response
from fastapi.routing import APIRoute
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm.exc import StaleDataError
from starlette.concurrency import run_in_threadpool

from tracelot.operations.accounts import note_seen, recognise_key, recognise_session
from tracelot.operations.visit import Place, Visit
from tracelot.records.database import duplicate, retriable, uncertain
from tracelot.records.outbox import KeptAnswer
from tracelot.records.tenancy import EVERYTHING, ScopedSession
from tracelot.rules.access import PUBLIC, Actor
from tracelot.rules.refusals import Conflict, Unavailable, Unfit, unfit
from tracelot.web.frames import frame_of
from tracelot.web.jsonguard import demand_sound_json

log = logging.getLogger("tracelot")

SAFE = frozenset({"GET", "HEAD"})
TRIES = 5
PATIENCE = 10.0  # seconds that a request waits for others to finish their writing
LONGEST_KEY = 200
KEPT_HEADERS = ("content-type", "location", "etag")


def cookie_name(*, https: bool) -> str:
    """The __Host- prefix binds the cookie to this host; browsers take it on https only."""
    return "__Host-trace" if https else "trace"


def current_visit(request: Request) -> Visit:
    visit = request.state.visit
    assert isinstance(visit, Visit)
    return visit


OpenVisit = Annotated[Visit, Depends(current_visit)]


def expected_version(if_match: Annotated[str | None, Header()] = None) -> int | None:
    """The version in If-Match; the ETag of a record is its version."""
    if if_match is None or if_match == "*":
        return None
    number = if_match.removeprefix("W/").strip('"')
    if not number.isascii() or not number.isdigit() or len(number) > 9:  # noqa: PLR2004
        raise Unfit("bad-if-match", 'If-Match holds the ETag of the record, such as "3".')
    return int(number)


ExpectedVersion = Annotated[int | None, Depends(expected_version)]


class VisitRoute(APIRoute):
    """A route that runs inside a visit. A GET only reads; anything else commits before it answers.

    A read that must be remembered leaves an access record, which is committed before the answer goes out.
    A unit of work that the store asks to repeat is repeated here, and an Idempotency-Key is honoured here:
    the kept answer commits with the effect.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def visited(request: Request) -> Response:
            if request.method in SAFE:
                answer = await _visit_once(request, handle, writes=False)
                await _remember(request, answer)
                return answer
            await demand_sound_json(request)
            return await _in_place(request, lambda: _visit_once(request, handle, writes=True))

        return visited


Handle = Callable[[Request], Coroutine[Any, Any, Response]]
Done = TypeVar("Done")


async def _in_place(request: Request, work: Callable[[], Awaitable[Done]]) -> Done:
    """Do the work in a writer's place, again and again for a while where the store asks for it."""
    deadline = asyncio.get_running_loop().time() + PATIENCE
    async with _taken(request.app.state.writers):
        return await _until_committed(work, deadline)


@asynccontextmanager
async def _taken(places: asyncio.Semaphore) -> AsyncIterator[None]:
    """One of the places; whoever waits too long for it is told so, whatever it was that blocked."""
    try:
        async with asyncio.timeout(PATIENCE):
            await places.acquire()
    except TimeoutError:
        raise _busy() from None
    try:
        yield
    finally:
        places.release()


def _busy() -> Unavailable:
    return Unavailable(
        "store-busy", "The store is busy; send the same request again.", facts={"retry_after": "1"}
    )


async def _until_committed(work: Callable[[], Awaitable[Done]], deadline: float) -> Done:
    for attempt in range(TRIES):
        try:
            return await work()
        except StaleDataError:
            raise Conflict("changed-meanwhile", "The record changed after you read it.") from None
        except IntegrityError as error:
            if not duplicate(error) or attempt:
                raise
        except DBAPIError as error:
            if not retriable(error):
                raise
            if asyncio.get_running_loop().time() > deadline:
                break
        await asyncio.sleep(0.01 * 2**attempt)
    raise _busy()


async def _remember(request: Request, answer: Response) -> None:
    """Commit what a read leaves behind, in its own transaction: most reads leave nothing and take no lock.

    That somebody was seen can be noted at their next read too, so no read fails or waits for it.
    """
    visit: Visit = request.state.visit
    if answer.status_code >= 400 or not (visit.unsettled or request.state.seen):  # noqa: PLR2004
        return

    def commit() -> None:
        engine: Engine = request.app.state.engine
        with engine.connect().execution_options(writes=True) as connection, connection.begin():
            with ScopedSession(connection, EVERYTHING) as kernel:
                if request.state.seen:
                    note_seen(kernel, visit.actor, session_secret(request), visit.now)
                visit.settle_in(kernel)

    if not visit.unsettled and request.app.state.writers.locked():
        return
    try:
        await _in_place(request, lambda: run_in_threadpool(commit))
    except (DBAPIError, Unavailable):
        if visit.unsettled:
            raise
        log.warning("the store did not take note of who was seen")


async def _visit_once(request: Request, handle: Handle, *, writes: bool) -> Response:
    async with _taken(request.app.state.visitors):
        connection = await run_in_threadpool(request.app.state.engine.connect)
        return await _visit_on(connection, request, handle, writes=writes)


async def _visit_on(connection: Any, request: Request, handle: Handle, *, writes: bool) -> Response:
    try:
        connection.execution_options(writes=writes)
        kept = await run_in_threadpool(_begin, request, connection, writes)
        if kept is not None:
            return kept
        visit: Visit = request.state.visit
        answer = await handle(request)
        if writes and answer.status_code < 400:  # noqa: PLR2004  (a refusal leaves nothing behind)
            await run_in_threadpool(_finish, request, visit, answer)
        return answer
    finally:
        await run_in_threadpool(_end, request, connection)


def _begin(request: Request, connection: Any, writes: bool) -> Response | None:
    connection.begin()
    settings = request.app.state.settings
    now = datetime.now(UTC)
    with ScopedSession(connection, EVERYTHING) as kernel:
        actor, request.state.seen = _recognise(request, kernel, now)
    request.state.visit = Visit(connection, actor, now, Place(settings.public_url, settings.zone))
    request.state.kept = None
    if not request.url.path.startswith("/api/"):
        request.state.frame = frame_of(request, actor)
    return _replay(request, request.state.visit) if writes else None


def _recognise(request: Request, kernel: ScopedSession, now: datetime) -> tuple[Actor, bool]:
    """Who comes: a key wins over a cookie, so that a program is never mistaken for a person."""
    header = request.headers.get("authorization", "")
    scheme, _, token = header.partition(" ")
    if header:
        if scheme.lower() != "bearer":
            raise unfit("bad-authorization", "Send `Authorization: Bearer trc_…`.", "authorization")
        return recognise_key(kernel, token.strip(), now)
    secret = session_secret(request)
    return (recognise_session(kernel, secret, now) if secret else None) or (PUBLIC, False)


def session_secret(request: Request) -> str | None:
    return request.cookies.get(cookie_name(https=request.app.state.settings.https))


def _replay(request: Request, visit: Visit) -> Response | None:
    """The answer kept under the request's key, or None when the work is still to do.

    Pages know no such key: what they show once, such as an API key, must not be kept.
    """
    key = request.headers.get("idempotency-key")
    if key is None or visit.actor.id is None or not request.url.path.startswith("/api/"):
        return None
    if not key.isascii() or not key.isprintable() or not 0 < len(key) <= LONGEST_KEY:
        raise Unfit("bad-idempotency-key", "An Idempotency-Key has 1 to 200 printable ASCII characters.")
    fingerprint = sha256(
        f"{request.method}\n{request.url.path}\n{request.url.query}".encode() + b"\n" + request.state.body
    ).hexdigest()
    kernel = visit.kernel()
    kept = kernel.get(KeptAnswer, (visit.actor.id, key))
    if kept is None:
        kept = KeptAnswer(actor_id=visit.actor.id, key=key, fingerprint=fingerprint, recorded_at=visit.now)
        kernel.add(kept)
        kernel.flush()
        request.state.kept = kept
        return None
    if kept.fingerprint != fingerprint:
        raise Unfit("key-reused", "This Idempotency-Key was sent with another request.")
    return Response(kept.body.encode(), kept.status, headers=kept.headers | {"idempotency-replayed": "true"})


def _finish(request: Request, visit: Visit, answer: Response) -> None:
    if request.state.seen:
        note_seen(visit.kernel(), visit.actor, session_secret(request), visit.now)
    kept: KeptAnswer | None = request.state.kept
    if kept is not None:
        kept.status, kept.body = answer.status_code, bytes(answer.body).decode()
        kept.headers = {name: answer.headers[name] for name in KEPT_HEADERS if name in answer.headers}
        visit.kernel().add(kept)
    visit.settle()
    try:
        visit.connection.commit()
    except DBAPIError as error:
        if not uncertain(error):
            raise
        raise Unavailable(
            "outcome-unknown",
            "The store went away in the moment of recording: whether this was recorded is not known. Send the same "
            "request again with the same Idempotency-Key and you are told; without a key, look before you repeat it.",
            facts={"retry_after": "1"},
        ) from error


def _end(request: Request, connection: Any) -> None:
    visit = getattr(request.state, "visit", None)
    if visit is not None:
        visit.close()
    connection.close()


def etag(version: int) -> str:
    return json.dumps(str(version))
