"""/settings/duty: who answers for what, named by each side for its own."""

from typing import Any
from uuid import UUID

from fastapi import Request, Response
from fastapi.responses import RedirectResponse

from tracelot.operations import duties, parties, products
from tracelot.operations.visit import Visit
from tracelot.records.responsible import NewResponsible, SubjectKind
from tracelot.web.forms import Form, SentForm, fresh_form
from tracelot.web.rendering import render
from tracelot.web.routers import pages
from tracelot.web.visits import OpenVisit

router = pages()

PAGES: dict[SubjectKind, tuple[str, str]] = {
    "batch": ("/app/batches/{}", ""),
    "product": ("/app/products/{}", ""),
    "recall": ("/app/recalls/{}", "/gov/recalls/{}"),
    "tip": ("", "/gov/tips/{}"),
}


@router.get("/settings/duty")
def show_list(request: Request, visit: OpenVisit) -> Response:
    return _page(request, visit, fresh_form(request))


@router.post("/settings/duty/{subject_kind}/{subject}")
def name_somebody(
    request: Request, visit: OpenVisit, subject_kind: SubjectKind, subject: str, form: SentForm
) -> Response:
    if subject == "chosen":
        subject = form["subject"]
    account = form["account_id"] or None
    new = form.read(NewResponsible, account_id=account)
    if new is not None:
        form.attempt(lambda: duties.name_responsible(visit, subject_kind, subject, new.account_id))
    if form.errors:
        return _page(request, visit, form, 422)
    return RedirectResponse(f"{_there(visit, subject_kind, subject)}?done=named", 303)


@router.get("/settings/duty/{subject_kind}/{subject}")
def show_history(request: Request, visit: OpenVisit, subject_kind: SubjectKind, subject: str) -> Response:
    return render(
        request,
        "settings/duty_history.html",
        rows=duties.history(visit, subject_kind, subject),
        there=_there(visit, subject_kind, subject),
    )


def _there(visit: Visit, kind: SubjectKind, subject: str) -> str:
    page = PAGES.get(kind, ("", ""))[visit.actor.regulator]
    return page.format(subject) if page else "/settings/duty"


def _page(request: Request, visit: Visit, form: Form, status: int = 200) -> Response:
    rows = duties.duty_list(visit)
    own = {product.id: product for product in products.products(visit)} if visit.actor.enterprise else {}
    areas = [row.subject_id for row, _ in rows if row.subject_kind == "area"]
    values: dict[str, Any] = {
        "rows": rows,
        "people": duties.colleagues(visit),
        "products": list(own.values()),
        "named": {str(id_): product for id_, product in own.items()},
        "areas": parties.region_names(visit, areas),
        "below": parties.below_territory(visit) if visit.actor.territory and visit.actor.verified else [],
        "party_id": visit.actor.party_id or UUID(int=0),
    }
    return render(request, "settings/duty.html", status, form=form, **values)
