"""/gov/late, /gov/owed and /app/owed: who is late in a territory, and what the reader owes."""

from collections.abc import Callable, Sequence
from typing import Any

from fastapi import Request, Response

from tracelot.operations import owing
from tracelot.operations.owing import Owed
from tracelot.web.rendering import render
from tracelot.web.routers import pages
from tracelot.web.visits import OpenVisit

router = pages()


def _by_firm(one: Owed) -> str:
    return (one.both and one.both.firm and one.both.firm.party_zh) or ""


def _by_person(one: Owed) -> tuple[bool, str]:
    name = (one.owes and one.owes.name) or ""
    return not name, name


SORTS: dict[str, Callable[[Owed], Any]] = {"late": lambda _: 0, "person": _by_person, "firm": _by_firm}


@router.get("/gov/late")
def show_late(request: Request, visit: OpenVisit, sort: str = "late", only: str = "late") -> Response:
    """Sorting is stable: within a person or a firm the latest come first."""
    visit.demand("tip.read")
    chosen = sort if sort in SORTS else "late"
    found = owing.owed(visit)
    late = [one for one in found if one.late]
    shown = sorted(found if only == "all" else late, key=SORTS[chosen])
    return _page(request, "gov/late.html", shown, sort=chosen, only=only, late=len(late), total=len(found))


@router.get("/gov/owed")
def show_office(request: Request, visit: OpenVisit) -> Response:
    visit.demand("tip.read")
    return _page(request, "gov/owed.html", owing.owed_by_me(visit), base="/gov")


@router.get("/app/owed")
def show_own(request: Request, visit: OpenVisit) -> Response:
    return _page(request, "gov/owed.html", owing.owed_by_me(visit), base="/app")


def _page(request: Request, template: str, items: Sequence[Owed], **values: Any) -> Response:
    return render(request, template, items=items, **values)
