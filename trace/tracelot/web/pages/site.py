"""Small addresses of the site itself: theme, health, robots, icon."""

import secrets
from datetime import UTC, datetime

from fastapi import HTTPException, Request, Response
from fastapi.responses import FileResponse, JSONResponse, PlainTextResponse, RedirectResponse
from fastapi.routing import APIRoute
from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4

from tracelot.operations.backlog import backlog
from tracelot.rules.refusals import Unavailable
from tracelot.web.forms import SentForm
from tracelot.web.rendering import HERE
from tracelot.web.routers import pages

router = pages(route_class=APIRoute)

YEAR = 31_536_000
SOON = {"retry_after": "2"}
ROBOTS = (
    "User-agent: *\nDisallow: /api/\nDisallow: /app\nDisallow: /gov\nDisallow: /search\nDisallow: /settings\n"
)


@router.post("/theme")
def choose_theme(request: Request, form: SentForm) -> Response:
    answer = RedirectResponse(local(form["back"]), 303)
    if form["theme"] in ("light", "dark"):
        https = request.app.state.settings.https
        answer.set_cookie("theme", form["theme"], max_age=YEAR, samesite="lax", httponly=True, secure=https)
    else:
        answer.delete_cookie("theme")
    return answer


def local(path: str) -> str:
    """The path, if it stays on this site: browsers take // and /\\ for another host's."""
    stays = path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable()
    return path if stays else "/"


@router.get("/healthz")
async def alive() -> Response:
    return JSONResponse({"status": "ok"})


@router.get("/readyz")
async def ready(request: Request) -> Response:
    """Whether records can be written here; a server that is about to stop says no as well."""
    readiness = request.app.state.readiness
    if readiness.leaving:
        raise Unavailable("stopping", "This server is about to stop.", facts=SOON)
    if not await readiness.ask():
        raise Unavailable("not-ready", "The store takes no records now.", facts=SOON)
    return JSONResponse({"status": "ok"})


@router.get("/metrics")
def metrics(request: Request) -> Response:
    """The figures, for whoever holds the token; for everybody else there is no such address."""
    state = request.app.state
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    known = state.settings.metrics_token
    if known is None or scheme.lower() != "bearer" or not _same(token.strip(), known.get_secret_value()):
        raise HTTPException(404)
    return Response(
        state.metrics.text(backlog(state.engine, datetime.now(UTC))), media_type=CONTENT_TYPE_PLAIN_0_0_4
    )


def _same(given: str, known: str) -> bool:
    return secrets.compare_digest(given.encode("utf-8", "replace"), known.encode())


@router.get("/robots.txt")
def robots() -> Response:
    return PlainTextResponse(ROBOTS)


@router.get("/favicon.ico")
def icon() -> Response:
    return FileResponse(HERE / "static" / "icon.svg", media_type="image/svg+xml")
