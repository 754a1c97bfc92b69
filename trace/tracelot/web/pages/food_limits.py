"""/limits, what food may hold at most; /gov/limits, where the operator of the site changes it."""

from typing import Any

from fastapi import Request, Response
from fastapi.responses import RedirectResponse

from tracelot.operations import food_limits
from tracelot.operations.visit import Visit
from tracelot.records.limits import LimitChange, NewLimit, food_categories
from tracelot.rules.limits import OPS
from tracelot.web.forms import Form, SentForm, filled_form, fresh_form
from tracelot.web.pages.search import plain
from tracelot.web.rendering import render
from tracelot.web.routers import pages
from tracelot.web.visits import OpenVisit

router = pages()

HERE = "/gov/limits"


@router.get("/limits")
def read_limits(request: Request, visit: OpenVisit, jurisdiction: str = "CN") -> Response:
    return render(request, "public/limits.html", **_table(visit, plain(jurisdiction)), edit="")


@router.get(HERE)
def list_limits(request: Request, visit: OpenVisit, jurisdiction: str = "CN") -> Response:
    visit.demand("law.change")
    return render(request, "public/limits.html", **_table(visit, plain(jurisdiction)), edit=HERE)


def _table(visit: Visit, jurisdiction: str) -> dict[str, Any]:
    known = food_limits.limits(visit)
    places = sorted({one.jurisdiction for one in known} | {"CN"})
    chosen = jurisdiction if jurisdiction in places else "CN"
    return {
        "limits": [one for one in known if one.jurisdiction == chosen],
        "places": places,
        "chosen": chosen,
        "analytes": {one.code: one for one in food_limits.analytes(visit)},
        "categories": food_categories(),
        "today": visit.today,
    }


@router.get(f"{HERE}/new")
def ask_new(request: Request, visit: OpenVisit) -> Response:
    visit.demand("law.change")
    return _page(request, visit, fresh_form(request, op="<=", jurisdiction="CN", to_check="1"))


@router.post(HERE)
def add_limit(request: Request, visit: OpenVisit, form: SentForm) -> Response:
    visit.demand("law.change")
    new = form.read(NewLimit, to_check=form["to_check"] == "1")
    if new and form.attempt(lambda: food_limits.add_limit(visit, new)):
        return RedirectResponse(f"{HERE}?done=saved", 303)
    return _page(request, visit, form, 422)


@router.get(f"{HERE}/{{limit_id}}")
def ask_change(request: Request, visit: OpenVisit, limit_id: str) -> Response:
    row = food_limits.find_limit(visit, limit_id)
    figures = {name: _written(getattr(row, name)) for name in ("value", "upper", "plan_m", "plan_most")}
    form = filled_form(request, row, reason="", to_check="1" if row.to_check else "", **figures)
    return _page(request, visit, form, limit_id=limit_id)


def _written(figure: Any) -> str:
    return "" if figure is None else f"{figure:f}"


@router.post(f"{HERE}/{{limit_id}}")
def change_limit(request: Request, visit: OpenVisit, limit_id: str, form: SentForm) -> Response:
    visit.demand("law.change")
    food_limits.find_limit(visit, limit_id)
    change = form.read(LimitChange, to_check=form["to_check"] == "1")
    if change and form.attempt(lambda: food_limits.change_limit(visit, limit_id, change, form.version)):
        return RedirectResponse(f"{HERE}?done=saved", 303)
    return _page(request, visit, form, 422, limit_id)


def _page(
    request: Request, visit: Visit, form: Form, status: int = 200, limit_id: str | None = None
) -> Response:
    row = food_limits.find_limit(visit, limit_id) if limit_id else None
    return render(
        request,
        "gov/limit.html",
        status,
        form=form,
        limit=row,
        ops=OPS,
        analytes=food_limits.analytes(visit),
        categories=food_categories(),
        changes=food_limits.changes(visit, limit_id) if limit_id else [],
    )
