"""Small addresses of the site itself: theme, health, robots, icon."""

from fastapi import APIRouter, Request, Response
from fastapi.responses import FileResponse, JSONResponse, PlainTextResponse, RedirectResponse

from tracelot.operations.readiness import demand_ready
from tracelot.web.forms import SentForm
from tracelot.web.rendering import HERE

router = APIRouter()

YEAR = 31_536_000
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
def ready(request: Request) -> Response:
    """Whether records can be written; if not, the store's error becomes a 503."""
    demand_ready(request.app.state.engine)
    return JSONResponse({"status": "ok"})


@router.get("/robots.txt")
def robots() -> Response:
    return PlainTextResponse(ROBOTS)


@router.get("/favicon.ico")
def icon() -> Response:
    return FileResponse(HERE / "static" / "icon.svg", media_type="image/svg+xml")
