"""Opens one visit for each request and commits it before the answer goes out."""

import json
import logging
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime
from hashlib import sha256
from typing import Annotated, Any

from fastapi import Depends, Header, Request, Response
from fastapi.routing import APIRoute
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError
from starlette.background import BackgroundTask
from starlette.concurrency import run_in_threadpool

from tracelot.operations.attempts import count_attempt
from tracelot.operations.keys import recognise_key
from tracelot.operations.passwords import Aside, Passwords
from tracelot.operations.sessions import note_seen, recognise_session
from tracelot.operations.visit import Place, Source, Visit
from tracelot.records.database import uncertain, unit_of_work
from tracelot.records.outbox import KeptAnswer
from tracelot.records.sights import EVERYTHING
from tracelot.records.tenancy import ScopedSession
from tracelot.rules.access import PUBLIC, Actor
from tracelot.rules.refusals import Refusal, Unavailable, Unfit, Unidentified, unfit
from tracelot.rules.security import coarse
from tracelot.web.frames import frame_of
from tracelot.web.jsonguard import demand_sound_json
from tracelot.web.pace import keep_caller_pace, keep_pace
from tracelot.web.places import PATIENCE, in_place, site_busy, taken, worked_out, write_apart
from tracelot.web.reading import read_whole

log = logging.getLogger("tracelot")

SAFE = frozenset({"GET", "HEAD"})
LONGEST_KEY = 200
KEPT_HEADERS = ("content-type", "location", "etag")
MOST_ASIDE = 6  # so often one request may ask for work aside


Handle = Callable[[Request], Coroutine[Any, Any, Response]]


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
    # what follows the number is of a public answer
    number = read_whole(if_match.removeprefix("W/").strip('"').partition(".")[0], 9)
    if number is None:
        raise Unfit("bad-if-match", 'If-Match holds the ETag of the record, such as "3".')
    return number


ExpectedVersion = Annotated[int | None, Depends(expected_version)]


class VisitRoute(APIRoute):
    """A route that runs inside a visit. A GET only reads; anything else commits before it answers.

    A read that must be remembered leaves an access record, which is committed before the answer goes out.
    A unit of work that the store asks to repeat is repeated here, and an Idempotency-Key is honoured here:
    the kept answer commits with the effect. A writer's place is for those who are neither too many nor
    strangers to their own key, and nobody keeps it while a password is hashed.
    """

    only_reads = False  # whatever its method: a question that is too long for an address comes as a body

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def visited(request: Request) -> Response:
            request.state.passwords = Passwords(aside=True)
            if self.only_reads and request.method not in SAFE:
                await demand_sound_json(request)
            if self.only_reads or request.method in SAFE:
                async with taken(request.app.state.readers, PATIENCE):
                    answer = await _visit_once(request, handle, writes=False)
                await _remember(request, answer)
                return answer
            async with taken(request.app.state.readers, PATIENCE):
                await run_in_threadpool(_admit, request)
            await demand_sound_json(request)
            try:
                answer = await _written(request, handle)
            except Refusal:
                await _keep_failures(request)
                raise
            answer.background = BackgroundTask(_keep_failures, request)  # later: it must not tell by its time
            return answer

        return visited


class AskingRoute(VisitRoute):
    """A route that changes nothing by any method."""

    only_reads = True


def _admit(request: Request) -> None:
    """Turn away who must not write, while that costs no more than a look into the store."""
    engine: Engine = request.app.state.engine
    with engine.connect() as connection, ScopedSession(connection, EVERYTHING) as kernel:
        actor, _ = _recognise(request, kernel, datetime.now(UTC))
    keep_caller_pace(request, actor)


async def _written(request: Request, handle: Handle) -> Response:
    """Do the unit of work; what it asks for aside is done in between, and the unit begun anew."""
    for _ in range(MOST_ASIDE):
        try:
            return await in_place(request, lambda: _visit_once(request, handle, writes=True))
        except Aside as aside:
            work = aside.work
        if work.login is not None:
            await _count_guess(request, work.login)
        request.state.passwords.keep(work, await worked_out(request, work))
    raise site_busy()


async def _count_guess(request: Request, login: str) -> None:
    now = datetime.now(UTC)
    await write_apart(request, lambda kernel: count_attempt(kernel, "sign-in", login, now))


async def _remember(request: Request, answer: Response) -> None:
    """Commit what a read leaves behind, in its own transaction: most reads leave nothing and take no lock.

    That somebody was seen can be noted at their next read too, so no read fails or waits for it.
    """
    visit: Visit = request.state.visit
    if answer.status_code >= 400 or not (visit.unsettled or request.state.seen):  # noqa: PLR2004
        return

    def remember(kernel: ScopedSession) -> None:
        if request.state.seen:
            note_seen(kernel, visit.actor, session_secret(request), visit.now)
        visit.settle_in(kernel)

    if not visit.unsettled and request.app.state.writers.locked():
        return
    try:
        await write_apart(request, remember)
    except (DBAPIError, Unavailable):
        if visit.unsettled:
            raise
        log.warning("the store did not take note of who was seen")


async def _keep_failures(request: Request) -> None:
    """Commit what the owner of an account must read even though the visit was refused, such as a wrong password."""
    visit: Visit | None = getattr(request.state, "visit", None)
    if visit is not None and visit.failures:
        failures = visit.failures
        await write_apart(request, lambda kernel: kernel.add_all(failures))


async def _visit_once(request: Request, handle: Handle, *, writes: bool) -> Response:
    engine: Engine = request.app.state.engine
    connection = await run_in_threadpool(engine.connect)
    try:
        connection.execution_options(**unit_of_work(engine, writes=writes))
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
    if not writes:
        keep_caller_pace(request, actor)
    place = Place(settings.public_url, settings.zone, request.app.state.keyring)
    request.state.visit = Visit(connection, actor, now, place, source_of(request), request.state.passwords,
                                memory=request.app.state.memory)  # fmt: skip
    request.state.kept = None
    if not request.url.path.startswith("/api/"):
        request.state.frame = frame_of(request, actor)
    return _replay(request, request.state.visit) if writes else None


def _recognise(request: Request, kernel: ScopedSession, now: datetime) -> tuple[Actor, bool]:
    """Who comes: a key wins over a cookie, so that a program is never mistaken for a person.

    Where nobody's name may be known, as where somebody reports a problem, nobody is.
    """
    if getattr(request.state, "nameless", False):
        return PUBLIC, False
    header = request.headers.get("authorization", "")
    scheme, _, token = header.partition(" ")
    if header:
        if scheme.lower() != "bearer":
            raise unfit("bad-authorization", "Send `Authorization: Bearer trc_…`.", "authorization")
        try:
            return recognise_key(kernel, token.strip(), now)
        except Unidentified:
            keep_pace(request.scope, "bad-key")
            raise
    secret = session_secret(request)
    return (recognise_session(kernel, secret, now) if secret else None) or (PUBLIC, False)


def source_of(request: Request) -> Source:
    """The device, and the network of the address: nothing finer is ever kept."""
    return Source(
        request.headers.get("user-agent", ""), coarse(request.client.host if request.client else "")
    )


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
    told = f"{request.method}\n{request.url.path}\n{request.url.query}\n".encode() + _unsigned(
        request.state.body
    )
    fingerprint = sha256(told).hexdigest()
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


def _unsigned(body: bytes) -> bytes:
    """The body without the password that signs it: not even a hash of that is kept."""
    if b'"signature"' not in body:
        return body
    try:
        sent = json.loads(body)
    except ValueError:  # a file, in which the word may stand too
        return body
    if isinstance(sent, dict):
        sent.pop("signature", None)
    return json.dumps(sent).encode()


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
