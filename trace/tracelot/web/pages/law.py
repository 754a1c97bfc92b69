"""/law, what the law asks of a recall by when; /gov/law, where the operator changes it; /gov/extensions."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Any
from uuid import UUID

from fastapi import Path, Request, Response
from fastapi.responses import RedirectResponse

from tracelot.operations import extensions, law
from tracelot.operations.visit import Visit
from tracelot.records.clocks import DecidedExtension
from tracelot.records.law import LimitChange, LimitFields, NewYear
from tracelot.rules.recall_law import CHECKED
from tracelot.web.forms import Form, SentForm, filled_form, fresh_form
from tracelot.web.rendering import render
from tracelot.web.routers import pages
from tracelot.web.signatures import signed
from tracelot.web.visits import OpenVisit

router = pages()

HERE = "/gov/law"
LevelCode = Annotated[int, Path(ge=0, le=3)]
YearNumber = Annotated[int, Path(ge=2000, le=2100)]
LIMITS = tuple(LimitFields.model_fields)


@router.get("/law")
def read_law(request: Request, visit: OpenVisit) -> Response:
    return render(request, "public/law.html", **_table(visit))


@router.get(HERE)
def list_law(request: Request, visit: OpenVisit) -> Response:
    visit.demand("law.change")
    return render(request, "gov/law.html", **_table(visit), next_year=_next_year(visit))


def _table(visit: Visit) -> dict[str, Any]:
    return {"laws": law.laws(visit), "years": law.years(visit), "today": visit.today}


def _next_year(visit: Visit) -> int:
    return max((year.year for year in law.years(visit) if year.arranged), default=visit.today.year - 1) + 1


@router.get(f"{HERE}/days/{{year}}")
def ask_year(request: Request, visit: OpenVisit, year: YearNumber) -> Response:
    known = law.find_year(visit, year)
    form = fresh_form(
        request,
        off=_written(known.off if known else ()),
        working=_written(known.working if known else ()),
        source=known.source if known and known.arranged else "",
    )
    return _year_page(request, visit, year, form)


@router.post(f"{HERE}/days/{{year}}")
def arrange_year(request: Request, visit: OpenVisit, year: YearNumber, form: SentForm) -> Response:
    visit.demand("law.change")
    new = form.read(NewYear, off=form["off"].split(), working=form["working"].split())
    if new and form.attempt(lambda: law.arrange_year(visit, year, new)):
        return RedirectResponse(f"{HERE}?done=saved", 303)
    return _year_page(request, visit, year, form, 422)


def _written(days: Sequence[date]) -> str:
    return "\n".join(day.isoformat() for day in days)


def _year_page(request: Request, visit: Visit, year: int, form: Form, status: int = 200) -> Response:
    return render(
        request,
        "gov/law_year.html",
        status,
        year=year,
        form=form,
        changes=law.changes(visit, f"{law.HOME} {year}"),
    )


@router.get(f"{HERE}/{{pack_id}}/{{level}}")
def ask_limit(request: Request, visit: OpenVisit, pack_id: str, level: LevelCode) -> Response:
    _, limit = law.find_law(visit, pack_id, level)
    form = filled_form(request, limit)
    form.lists = {"to_check": limit.to_check}
    return _limit_page(request, visit, pack_id, level, form)


@router.post(f"{HERE}/{{pack_id}}/{{level}}")
def change_limit(
    request: Request, visit: OpenVisit, pack_id: str, level: LevelCode, form: SentForm
) -> Response:
    visit.demand("law.change")
    change = form.read(LimitChange, to_check=form.lists.get("to_check", []))
    if change and form.attempt(lambda: law.change_limit(visit, pack_id, level, change, form.version)):
        return RedirectResponse(f"{HERE}?done=saved", 303)
    return _limit_page(request, visit, pack_id, level, form, 422)


def _limit_page(
    request: Request, visit: Visit, pack_id: str, level: LevelCode, form: Form, status: int = 200
) -> Response:
    pack, limit = law.find_law(visit, pack_id, level)
    return render(
        request,
        "gov/law_limit.html",
        status,
        pack=pack,
        limit=limit,
        form=form,
        names=LIMITS,
        checked=CHECKED,
        changes=law.changes(visit, pack_id),
    )


@router.get("/gov/extensions/{extension_id}")
def read_request(request: Request, visit: OpenVisit, extension_id: UUID) -> Response:
    return _request_page(request, visit, extension_id, fresh_form(request))


@router.post("/gov/extensions/{extension_id}")
def decide_request(request: Request, visit: OpenVisit, extension_id: UUID, form: SentForm) -> Response:
    given = form.read(DecidedExtension)
    if given and signed(
        visit, form, lambda: extensions.decide_extension(visit, extension_id, given.granted, given.note)
    ):
        done = "extended" if given.granted else "extension-refused"
        return RedirectResponse(f"/gov/extensions/{extension_id}?done={done}", 303)
    return _request_page(request, visit, extension_id, form, 422)


def _request_page(
    request: Request, visit: Visit, extension_id: UUID, form: Form, status: int = 200
) -> Response:
    asked = extensions.find_request(visit, extension_id)
    return render(request, "gov/extension.html", status, asked=asked, form=form)
