"""/gov/laboratories and /app/laboratories: which certificates laboratories hold, and recording one that was seen."""

from uuid import UUID

from fastapi import Request, Response
from fastapi.responses import RedirectResponse

from tracelot.operations import laboratories
from tracelot.operations.visit import Visit
from tracelot.records.laboratories import SCHEMES, NewScope
from tracelot.web.forms import Form, SentForm, fresh_form
from tracelot.web.rendering import render
from tracelot.web.routers import pages
from tracelot.web.visits import OpenVisit

router = pages()


@router.get("/app/laboratories")
def list_for_firms(request: Request, visit: OpenVisit) -> Response:
    return _page(request, visit, fresh_form(request))


@router.get("/gov/laboratories")
def list_for_offices(request: Request, visit: OpenVisit) -> Response:
    return _page(request, visit, fresh_form(request))


@router.post("/gov/laboratories/{laboratory_id}")
def record_scope(request: Request, visit: OpenVisit, laboratory_id: UUID, form: SentForm) -> Response:
    laboratories.find_laboratory(visit, laboratory_id)
    new = form.read(NewScope)
    if (
        new is not None
        and form.attempt(lambda: laboratories.record_scope(visit, laboratory_id, new)) is not None
    ):
        return RedirectResponse("/gov/laboratories?done=accredited", 303)
    return _page(request, visit, form, laboratory_id)


def _page(request: Request, visit: Visit, form: Form, wrong: UUID | None = None) -> Response:
    return render(
        request,
        "sampling/laboratories.html",
        422 if form.errors else 200,
        laboratories=laboratories.certificates(visit),
        records={one.id for one in laboratories.laboratories(visit) if laboratories.confirms(visit, one)},
        schemes=SCHEMES,
        form=form,
        wrong=wrong,
        today=visit.today,
    )
