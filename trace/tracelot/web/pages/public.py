"""Pages for everybody: the home page, the scanner, and what explains the site."""

import re
from typing import Any

from fastapi import Request, Response

from tracelot.operations import recalls
from tracelot.records.recall_search import RecallFilter
from tracelot.rules.refusals import Unknown
from tracelot.rules.retention import A_YEAR, SIX_MONTHS, TWO_YEARS
from tracelot.web.frames import frame_of
from tracelot.web.policy import SCAN_POLICY
from tracelot.web.rendering import render
from tracelot.web.routers import pages
from tracelot.web.visits import OpenVisit

router = pages()

GRAVE = 5
NEWEST = 6
KIND = re.compile(r"[a-z][a-z0-9_-]{1,60}")


@router.get("/")
def home(request: Request, visit: OpenVisit) -> Response:
    grave = recalls.query_recalls(visit, RecallFilter(level=1, state="published"), "newest", GRAVE)
    newest = recalls.query_recalls(visit, RecallFilter(state="published"), "newest", NEWEST)
    shown = {one.id for one in grave.items}
    return render(
        request,
        "public/home.html",
        grave=grave,
        newest=[one for one in newest.items if one.id not in shown],
        total=newest.total,
        now=visit.now,
    )


@router.get("/scan")
def scan(request: Request) -> Response:
    """The one page on which WebAssembly may run: the reader of the camera's pictures."""
    answer = render(request, "scan.html")
    answer.headers["content-security-policy"] = SCAN_POLICY
    return answer


@router.get("/about")
def about(request: Request) -> Response:
    return render(request, "public/about.html")


@router.get("/privacy")
def privacy(request: Request) -> Response:
    """The rules on personal data; the times are those of the rule that dates records."""
    return render(
        request,
        "public/privacy.html",
        contact=request.app.state.settings.privacy_contact,
        security=A_YEAR.days,
        recall=TWO_YEARS.days,
        ledger=TWO_YEARS.days,
        expiry=SIX_MONTHS.days,
    )


@router.get("/api/docs")
def reference(request: Request, visit: OpenVisit) -> Response:
    """A page among the programs' addresses: it needs the frame that only pages are given."""
    frame: dict[str, Any] = frame_of(request, visit.actor)
    return render(request, "public/reference.html", **frame)


@router.get("/problems/{kind}")
def explain(request: Request, kind: str) -> Response:
    """Where the `type` of every problem document points to."""
    if not KIND.fullmatch(kind):
        raise Unknown("not-found", "There is nothing at this address.")
    return render(request, "public/kind.html", kind=kind)
