"""/app/inspections/new and …/correct: a report typed in, with a row for each result."""

from typing import Any
from uuid import UUID

from fastapi import Request, Response
from fastapi.responses import RedirectResponse

from tracelot.operations import commissioning, food_limits, inspections, laboratories, products
from tracelot.operations.visit import Visit
from tracelot.records.batches import Batch
from tracelot.records.inspections import Correction, InspectionView, NewInspection
from tracelot.records.limits import food_categories
from tracelot.rules.ids import new_id
from tracelot.rules.inspections import INSPECTION_KINDS, OF_COMMISSION
from tracelot.rules.limits import OPS
from tracelot.web.forms import Form, LongForm, filled_form, fresh_form
from tracelot.web.reading import read_whole
from tracelot.web.rendering import render
from tracelot.web.routers import pages
from tracelot.web.visits import OpenVisit

router = pages("/app/inspections")

ROWS, MOST_ROWS = 4, 40
CELLS = ("analyte", "measured_text", "unit", "lod", "method", "limit_op", "limit_value", "standard", "said")
LISTED = ("judgement_basis",)


@router.get("/new")
def new_inspection(
    request: Request, visit: OpenVisit, batch: UUID | None = None, commission: UUID | None = None,
    retest_of: UUID | None = None,
) -> Response:  # fmt: skip
    visit.demand("inspection.record")
    kind = "retest" if retest_of else "rapid" if visit.actor.regulator else "outgoing"
    known = inspections.find(visit, retest_of) if retest_of else None
    form = fresh_form(
        request,
        id=new_id(),
        kind=commissioning.asked_kind(visit, commission) if commission else kind,
        batch_id=batch or (known.batch_id if known else None),
        commission=commission,
        retest_of=retest_of,
        sample_no=known.sample_no if known else None,
        issued_on=visit.today,
        rows=ROWS,
    )
    return _page(request, visit, form)


@router.post("")
def record_inspection(request: Request, visit: OpenVisit, form: LongForm) -> Response:
    visit.demand("inspection.record")
    if form["more"]:
        return _page(request, visit, _longer(form))
    new = form.read(NewInspection, draft=form["draft"] == "1", **_read(form))
    row = new and form.attempt(lambda: inspections.record_inspection(visit, new))
    if row:
        return RedirectResponse(f"/app/inspections/{row.id}?done=inspected", 303)
    return _page(request, visit, form, 422)


@router.get("/{inspection_id}/correct")
def edit_inspection(request: Request, visit: OpenVisit, inspection_id: UUID) -> Response:
    visit.demand("inspection.record")
    view = inspections.view(visit, inspections.own_issue(visit, inspection_id))
    return _page(request, visit, _filled(request, view), inspection_id=inspection_id)


@router.post("/{inspection_id}/correct")
def correct_inspection(request: Request, visit: OpenVisit, inspection_id: UUID, form: LongForm) -> Response:
    visit.demand("inspection.record")
    inspections.own_issue(visit, inspection_id)
    if form["more"]:
        return _page(request, visit, _longer(form), inspection_id=inspection_id)
    new = form.read(Correction, draft=form["draft"] == "1", **_read(form))
    row = new and form.attempt(lambda: inspections.correct(visit, inspection_id, new, form.version))
    if row:
        return RedirectResponse(f"/app/inspections/{row.id}?done=corrected", 303)
    return _page(request, visit, form, 422, inspection_id)


def _filled(request: Request, view: InspectionView) -> Form:
    cells = {
        f"finding-{number}-{name}": _cell(finding.model_dump(), name)
        for number, finding in enumerate(view.findings)
        for name in CELLS
    }
    basis = "\n".join(view.judgement_basis)
    return filled_form(
        request, view, reason="", draft="1" if view.state == "draft" else "", judgement_basis=basis,
        rows=min(MOST_ROWS, len(view.findings) + 1), **cells,
    )  # fmt: skip


def _cell(finding: dict[str, Any], name: str) -> str:
    """What was printed. A limit of the site's own list is not typed in anew: it is found again."""
    if name == "analyte":
        return str(finding["analyte_zh"])
    if name in ("limit_op", "limit_value", "standard") and finding["limit_id"]:
        return ""
    value = finding[name]
    return "" if value is None else f"{value:f}" if name in ("lod", "limit_value") else str(value)


def _longer(form: Form) -> Form:
    return Form(
        dict(form.values) | {"rows": str(min(MOST_ROWS, rows_of(form) + ROWS))}, form.lists, form.request
    )


def rows_of(form: Form) -> int:
    number = read_whole(form["rows"], 3)
    return max(1, min(MOST_ROWS, ROWS if number is None else number))


def _read(form: Form) -> dict[str, Any]:
    """The rows in which anything was typed, under their own numbers, and the grounds of the verdict, one a line."""
    rows = [
        {name: form[f"finding-{number}-{name}"].strip() for name in CELLS} for number in range(rows_of(form))
    ]
    told = [{name: value for name, value in row.items() if value} for row in rows]
    kept = [number for number, row in enumerate(told) if row.keys() - {"limit_op", "said"}]
    form.request.state.kept_rows = kept
    basis = [line.strip() for line in form["judgement_basis"].splitlines() if line.strip()]
    return {"findings": [told[number] for number in kept], "judgement_basis": basis}


def _place_errors(form: Form) -> None:
    """What is wrong with a finding, at the row that it was typed in."""
    kept = getattr(form.request.state, "kept_rows", [])
    for pointer in [name for name in form.errors if name.startswith("findings")]:
        text = form.errors.pop(pointer)
        place, _, cell = pointer.removeprefix("findings").lstrip("/-.").replace("-", "/").partition("/")
        known = place.isdigit() and int(place) < len(kept)
        name = cell.replace("/", "-")
        field = f"finding-{kept[int(place)]}-{name if name in CELLS else 'measured_text'}" if known else ""
        form.errors.setdefault(field or "finding-0-analyte", text)


def _page(
    request: Request, visit: Visit, form: Form, status: int = 200, inspection_id: UUID | None = None
) -> Response:
    _place_errors(form)
    batch, product = _goods(visit, form, inspection_id)
    return render(
        request,
        "app/inspection_form.html",
        status,
        form=form,
        rows=rows_of(form),
        inspection_id=inspection_id,
        batch=batch,
        product=product,
        products=products.products(visit) if visit.actor.enterprise and batch is None else [],
        kinds=_kinds(visit, form["kind"]),
        categories=food_categories().values(),
        analytes=food_limits.analytes(visit),
        laboratories=laboratories.laboratories(visit) if visit.actor.enterprise else [],
        ops=OPS,
    )


def _kinds(visit: Visit, begun: str) -> list[str]:
    """The kinds that the actor may choose, and the one with which the report began."""
    if visit.actor.regulator:
        return ["rapid"]
    if visit.actor.party_type == "lab":
        return [one for one in INSPECTION_KINDS if one in OF_COMMISSION or one == begun]
    return list(INSPECTION_KINDS)


def _goods(visit: Visit, form: Form, inspection_id: UUID | None) -> tuple[Batch | None, Any]:
    """The goods of the report by name, where they are known already."""
    if inspection_id is not None:
        row = inspections.own_issue(visit, inspection_id)
        goods = inspections.find_goods(visit.kernel(), row.product_id, row.batch_id)
        return goods.batch, goods.product
    named = form.attempt(lambda: inspections.named_goods(visit, form["batch_id"], form["commission"]))
    return (named.batch, named.product) if named else (None, None)
