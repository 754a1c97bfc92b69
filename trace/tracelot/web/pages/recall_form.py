"""/app/recalls/new and …/edit: saying what is recalled, why, and what to do."""

from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from tracelot.operations import batches, parties, products, recalls
from tracelot.operations.visit import Visit
from tracelot.records.recalls import NewRecall, RecallChange
from tracelot.rules.ids import new_id
from tracelot.rules.recalls import KINDS, KNOWLEDGE_SOURCES, REASON_CODES
from tracelot.web.forms import Form, SentForm, filled_form, fresh_form
from tracelot.web.pages.areas import areas_text, read_areas
from tracelot.web.pages.clock import BAD_TIME, local, read_local
from tracelot.web.pages.recall_scope import range_values, read_ranges, rows_of, rows_of_draft
from tracelot.web.rendering import reader_of, render
from tracelot.web.visits import OpenVisit, VisitRoute
from tracelot.web.wording import N_

router = APIRouter(prefix="/app/recalls", route_class=VisitRoute)

TEXTS = ("reason_zh", "reason_en", "harm_zh", "harm_en", "remedy_zh", "remedy_en", "contact", "contact_hours",
         "starts_on", "ends_on")  # fmt: skip
REMEDY = N_("Stop eating it. Return it to where you bought it for a full refund; the package is enough.")


@router.get("/new")
def new_recall(
    request: Request, visit: OpenVisit, batch: UUID | None = None, product: UUID | None = None
) -> Response:
    visit.demand("recall.open")
    reader = reader_of(request)
    form = fresh_form(
        request,
        id=new_id(),
        reason_code="other",
        source_of_knowledge="self_check",
        kind="recall",
        knowledge_at=local(visit.now, visit.place.zone),
        contact=parties.own_party(visit).phone,
        **{f"remedy_{reader.language}": reader.gettext(REMEDY)},
        **range_values([_first_range(visit, batch, product)]),
    )
    return _page(request, visit, form)


def _first_range(visit: Visit, batch_id: UUID | None, product_id: UUID | None) -> dict[str, Any]:
    if batch_id is not None:
        batch = batches.find_batch(visit, batch_id)
        return {"product": batch.product_id, "codes": batch.code}
    return {"product": product_id}


@router.post("")
def open_recall(request: Request, visit: OpenVisit, form: SentForm) -> Response:
    visit.demand("recall.open")
    if form["more"]:
        return _page(request, visit, form)
    ranges = read_ranges(form)
    new = form.read(NewRecall, **_read(form, visit), ranges=[one.model_dump() for one in ranges])
    recall = _sound(form) and new and form.attempt(lambda: recalls.open_recall(visit, new))
    if recall:
        return RedirectResponse(f"/app/recalls/{recall.id}?done=opened", 303)
    return _page(request, visit, form, 422)


@router.get("/{recall_id}/edit")
def edit_recall(request: Request, visit: OpenVisit, recall_id: UUID) -> Response:
    visit.demand("recall.change")
    view = recalls.view(visit, recalls.find_draft(visit, recall_id))
    form = filled_form(
        request,
        view,
        knowledge_at=local(view.knowledge_at, visit.place.zone),
        area=areas_text(visit, view.area_codes),
        **range_values(rows_of_draft(view)),
    )
    return _page(request, visit, form, recall_id=recall_id)


@router.post("/{recall_id}/edit")
def change_recall(request: Request, visit: OpenVisit, recall_id: UUID, form: SentForm) -> Response:
    visit.demand("recall.change")
    recall = recalls.find_draft(visit, recall_id)
    if form["more"]:
        return _page(request, visit, form, recall_id=recall_id)
    ranges = read_ranges(form)
    cleared = {name: None for name in TEXTS if not form[name].strip()}
    sent = _read(form, visit) | cleared | {"ranges": [one.model_dump() for one in ranges]}
    change = form.read(RecallChange, **sent)
    if _sound(form) and change and form.attempt(
        lambda: recalls.change_recall(visit, recall.id, change, form.version)
    ):  # fmt: skip
        return RedirectResponse(f"/app/recalls/{recall_id}?done=saved", 303)
    return _page(request, visit, form, 422, recall_id)


def _read(form: Form, visit: Visit) -> dict[str, Any]:
    """What a form writes otherwise than the shape: a number, and a time on a clock of the site's zone."""
    level = {"level": int(form["level"])} if form["level"] in ("1", "2", "3") else {}
    known = {"knowledge_at": read_local(form["knowledge_at"], visit.place.zone)}
    return level | known | {"area_codes": read_areas(form, visit, "area")}


def _sound(form: Form) -> bool:
    """Whether nothing is wrong; faults of a range stand at its fields, and a bad time is said plainly."""
    if any(name.startswith("range-") for name in form.errors):
        form.errors.pop("ranges", None)
    if "knowledge_at" in form.errors:
        form.errors["knowledge_at"] = reader_of(form.request).gettext(BAD_TIME)
    return not form.errors


def _page(
    request: Request, visit: Visit, form: Form, status: int = 200, recall_id: UUID | None = None
) -> Response:
    return render(
        request,
        "app/recall_form.html",
        status,
        form=form,
        rows=rows_of(form),
        recall_id=recall_id,
        products=products.products(visit),
        reason_codes=REASON_CODES,
        sources=KNOWLEDGE_SOURCES,
        kinds=KINDS,
        adding=bool(form["more"]),
        proposal=reader_of(request).gettext(REMEDY),
    )
