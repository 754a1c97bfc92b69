"""How a refusal is told: problem+json (RFC 9457) to programs, a page to people."""

import logging
import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm.exc import StaleDataError
from starlette.exceptions import HTTPException
from starlette.types import Scope

from tracelot.records.database import full
from tracelot.rules.refusals import (
    Conflict,
    Fault,
    Forbidden,
    Refusal,
    Stale,
    TooMany,
    Unavailable,
    Unfit,
    Unidentified,
    Unknown,
)
from tracelot.web.caching import NEVER
from tracelot.web.rendering import reader_of, render
from tracelot.web.wording import N_, worded

log = logging.getLogger("tracelot")

STATUS: dict[type[Refusal], int] = {
    Unidentified: 401,
    Forbidden: 403,
    Unknown: 404,
    Conflict: 409,
    Stale: 412,
    Unfit: 422,
    TooMany: 429,
    Unavailable: 503,
}
HTTP_KINDS = {
    400: ("bad-request", N_("The request cannot be read.")),
    404: ("not-found", N_("There is nothing at this address.")),
    405: ("method-not-allowed", N_("This address does not take that method.")),
    406: ("not-acceptable", N_("None of the forms asked for is served here.")),
    415: ("unsupported-media-type", N_("The body must be application/json.")),
}
MOST_FAULTS = 100
_PLAIN_NAME = re.compile(r"[A-Za-z0-9_-]{1,40}")
GONE = (
    "store-unavailable",
    N_("The store cannot answer now. Send the same request again, with the same key."),
    "2",
)
NO_ROOM = (
    "store-full",
    N_("The store has no room left. Nothing of this was recorded; everything on record can be read."),
    "60",
)


class Problem(JSONResponse):
    media_type = "application/problem+json"


_TEXT = {"type": "string"}
_FAULT = {
    "type": "object",
    "required": ["pointer", "detail"],
    "properties": {"pointer": _TEXT, "detail": _TEXT},
}
_NAMES = ("type", "title", "detail", "instance")
PROBLEM = {
    "title": "Problem",
    "description": "A refusal (RFC 9457). `type` is stable; `errors` points at fields; more may follow by its kind.",
    "type": "object",
    "required": [*_NAMES, "status"],
    "properties": dict.fromkeys(_NAMES, _TEXT)
    | {"status": {"type": "integer"}, "errors": {"type": "array", "items": _FAULT}},
}
_WORDS: dict[int | str, str] = {
    "4XX": "Refused; nothing was changed.",
    422: "Some fields cannot be accepted; nothing was changed.",
    503: "The store cannot answer now; send the same request again.",
}
REFUSALS: dict[int | str, dict[str, Any]] = {
    status: {"description": words, "content": {"application/problem+json": {"schema": PROBLEM}}}
    for status, words in _WORDS.items()
}


def wants_json(scope: Scope) -> bool:
    """Whether the reader is a program: by the address, or by what it accepts at an address for both."""
    path: str = scope["path"]
    if path.startswith(("/api/", "/healthz", "/readyz")):
        return True
    accept = next((value for name, value in scope["headers"] if name == b"accept"), b"").decode("latin-1")
    return "json" in accept and "text/html" not in accept


def problem_response(
    scope: Scope,
    status: int,
    kind: str,
    detail: str,
    *,
    facts: dict[str, str] | None = None,
    faults: Sequence[Fault] = (),
) -> Response:
    """The problem as JSON or as a page, in the reader's language; it never repeats what was sent."""
    request = Request(scope)
    request.state.refused = kind
    _ = reader_of(request).gettext
    headers = {"cache-control": NEVER}
    if facts and "retry_after" in facts:
        headers["retry-after"] = facts["retry_after"]
    if not wants_json(scope):
        page = render(request, "problem.html", status, kind=kind, reason=_(detail), code=status)
        page.headers.update(headers)
        return page
    body: dict[str, Any] = {
        "type": f"{request.app.state.settings.public_url if 'app' in scope else ''}/problems/{kind}",
        "title": _(detail),
        "status": status,
        "detail": _(detail),
        "instance": f"urn:trace:request:{scope.get('state', {}).get('request_id', '')}",
    }
    body |= {key: value for key, value in (facts or {}).items() if key not in body}
    if faults:
        body["errors"] = [{"pointer": fault.pointer, "detail": _(fault.detail)} for fault in faults]
    if status == STATUS[Unidentified]:
        headers["www-authenticate"] = "Bearer"
    return Problem(body, status, headers=headers)


def install(app: FastAPI) -> None:
    app.add_exception_handler(Refusal, _refused)
    app.add_exception_handler(RequestValidationError, _unreadable)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(IntegrityError, _stands)
    app.add_exception_handler(StaleDataError, _stale)
    app.add_exception_handler(DBAPIError, _store)
    app.add_exception_handler(PoolTimeout, _store)


def _refused(request: Request, error: Exception) -> Response:
    if not isinstance(error, Refusal):
        raise error
    if isinstance(error, Unidentified) and not wants_json(request.scope) and request.url.path != "/sign-in":
        back = request.url.path if request.method == "GET" else "/"
        return RedirectResponse(f"/sign-in?{urlencode({'next': back})}", 303)
    if error.kind == "second-factor-needed" and not wants_json(request.scope):
        return RedirectResponse("/settings/second-factor?done=factor-needed", 303)
    return problem_response(
        request.scope, STATUS[type(error)], error.kind, error.reason, facts=error.facts, faults=error.faults
    )


def _unreadable(request: Request, error: Exception) -> Response:
    if not isinstance(error, RequestValidationError):
        raise error
    gettext = reader_of(request).gettext
    faults = [
        Fault(pointer_to(untagged(one, error.body)), worded(one, gettext))
        for one in error.errors()[:MOST_FAULTS]
    ]
    return problem_response(
        request.scope, 422, "invalid", N_("Some fields cannot be accepted."), faults=faults
    )


def untagged(error: Mapping[str, Any], body: Any) -> list[str | int]:
    """Where an error is, without the names of choices: of a body of several shapes `act` says which one it is."""
    steps, inside = list(error["loc"][:1]), body
    for step in error["loc"][1:]:
        if isinstance(inside, dict) and step not in inside and step == inside.get("act"):
            continue
        steps.append(step)
        try:
            inside = inside[step]
        except (KeyError, IndexError, TypeError):  # what is missing has nothing inside
            inside = None
    return [*steps, "act"] if error["type"].startswith("union_tag") else steps


def pointer_to(location: Sequence[str | int]) -> str:
    """A JSON pointer (RFC 6901) into the body, or the name of the parameter; odd names are not repeated."""
    steps = [str(step) if _PLAIN_NAME.fullmatch(str(step)) else "…" for step in location]
    return "#/" + "/".join(steps[1:]) if steps[:1] == ["body"] else "/".join(steps)


def _http(request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise error
    kind, detail = HTTP_KINDS.get(error.status_code, ("refused", N_("The request was refused.")))
    answer = problem_response(request.scope, error.status_code, kind, detail)
    answer.headers.update(error.headers or {})
    return answer


def _stands(request: Request, _: Exception) -> Response:
    return problem_response(
        request.scope, 409, "already-recorded", N_("A record with the same key stands already.")
    )


def _stale(request: Request, _: Exception) -> Response:
    return problem_response(
        request.scope, 409, "changed-meanwhile", N_("The record changed after you read it.")
    )


def _store(request: Request, error: Exception) -> Response:
    return store_problem(request.scope, error)


def store_problem(scope: Scope, error: Exception) -> Response:
    """What the store said against a request, told without its words."""
    log.error(
        "store failed for request %s: %s", scope.get("state", {}).get("request_id"), type(error).__name__
    )
    kind, detail, seconds = GONE
    if isinstance(error, DBAPIError) and full(error):
        kind, detail, seconds = NO_ROOM
    return problem_response(scope, STATUS[Unavailable], kind, detail, facts={"retry_after": seconds})


def bug(scope: Scope) -> Response:
    """What is told of a mistake of our own, and no more."""
    return problem_response(scope, 500, "bug", N_("Something went wrong here; it was noted."))
