"""/app/batches: an enterprise's batches, found, registered, read and acted on."""

from collections.abc import Callable
from typing import Any, get_args
from uuid import UUID

from fastapi import Request, Response
from fastapi.responses import RedirectResponse

from tracelot.operations import (
    accounts,
    batches,
    clearing,
    inspections,
    parties,
    products,
    reading,
    retained,
    stocks,
    tip_views,
)
from tracelot.operations.stocks import StockFilter
from tracelot.operations.visit import Visit
from tracelot.records.batches import Batch, BatchChange, Lift, NewBatch, StatusChange
from tracelot.records.inputs import Shape, Unit, Words
from tracelot.records.products import Product
from tracelot.records.retained import Disposed, NewRetained
from tracelot.rules.batches import KINDS, shelf_life_end
from tracelot.rules.identifiers import suggest_batch_code
from tracelot.web.forms import Form, SentForm, filled_form, fresh_form
from tracelot.web.pages.duty_shown import duty_values
from tracelot.web.pages.history import deeds
from tracelot.web.pages.labels import link_of
from tracelot.web.rendering import reader_of, render
from tracelot.web.routers import pages
from tracelot.web.signatures import signed
from tracelot.web.visits import OpenVisit

router = pages("/app/batches")

UNITS = get_args(Unit)
ACTS_SHOWN = 5
CLEARABLE = (
    "printed_text",
    "production_line",
    "expiry_date",
    "certificate_no",
    "quantity",
    "unit",
    "facility_id",
)


class Release(Shape):
    reason: Words = None


@router.get("/new")
def new_batch(request: Request, visit: OpenVisit, product: UUID | None = None) -> Response:
    visit.demand("batch.register")
    form = fresh_form(request, product_id=product, production_date=visit.today, kind="finished", unit="case")
    return _new_page(request, visit, form)


@router.post("")
def register_batch(request: Request, visit: OpenVisit, form: SentForm) -> Response:
    visit.demand("batch.register")
    new = form.read(NewBatch, **_code(form), **_amount(form), release=form["release"] == "1")
    batch = new and form.attempt(lambda: batches.register_batch(visit, _with_expiry(visit, new)))
    if batch:
        return RedirectResponse(f"/app/batches/{batch.id}?done=registered", 303)
    return _new_page(request, visit, form, 422)


def _code(form: Form) -> dict[str, Any]:
    """The code to record: where the suggested one is taken, what was typed is kept as the printed text."""
    if not form["suggested"]:
        return {}
    return {"code": form["suggested"], "printed_text": form["printed_text"] or form["code"]}


def _amount(form: Form) -> dict[str, Any]:
    """The unit is chosen beforehand; without a quantity it says nothing."""
    return {} if form["quantity"].strip() else {"unit": None}


def _with_expiry(visit: Visit, new: NewBatch) -> NewBatch:
    """Where no expiry date is given, the one that the product's shelf life leads to."""
    product = next((one for one in products.products(visit) if one.id == new.product_id), None)
    if new.expiry_date or product is None or product.shelf_life is None:
        return new
    end = shelf_life_end(new.production_date, product.shelf_life, product.shelf_life_unit)
    return new.model_copy(update={"expiry_date": end})


def _new_page(request: Request, visit: Visit, form: Form, status: int = 200) -> Response:
    suggestion = suggest_batch_code(form["code"]) if "code" in form.errors and form["code"].strip() else ""
    return render(
        request,
        "app/batch_new.html",
        status,
        form=form,
        suggestion=suggestion,
        products=products.products(visit),
        **_choices(visit),
    )


def _choices(visit: Visit) -> dict[str, Any]:
    facilities = [facility for facility in parties.facilities(visit) if not facility.closed]
    return {"facilities": facilities, "units": UNITS, "kinds": KINDS}


@router.get("/{batch_id}")
def show_batch(request: Request, visit: OpenVisit, batch_id: UUID) -> Response:
    return _batch_page(request, visit, batches.find_batch(visit, batch_id), fresh_form(request))


def _batch_page(request: Request, visit: Visit, batch: Batch, form: Form, status: int = 200) -> Response:
    product = products.find_product(visit, batch.product_id)
    view = batches.view(visit, batch, product)
    own = batch.party_id == visit.actor.party_id
    places = {facility.id: facility for facility in parties.facilities(visit)}
    return render(
        request,
        "app/batch.html",
        status,
        batch=view,
        product=product,
        party=parties.find_party(visit, batch.party_id),
        facility=places.get(batch.facility_id) if batch.facility_id else None,
        facility_names={str(id_): place for id_, place in places.items()},
        facilities=places,
        recalls=batches.recalls_of(visit, batch),
        sold=batches.seller_recalls_of(visit, batch),
        inspected=inspections.inspections_of(visit, batch.id),
        samples=retained.samples_of(visit, batch.id),
        link=link_of(request, product, batch),
        deeds=_deeds(request, visit, batch),
        own=own,
        stopped=batch.status == "held" and bool(clearing.failures(visit, batch.id)),
        form=form,
        units=UNITS,
        today=visit.today,
        stock=stocks.on_hand(visit, StockFilter(batch.id), 1, None)[0] if own else [],
        acts_on_it=reading.acts_on(visit, batch, ACTS_SHOWN) if own or visit.actor.regulator else None,
        **duty_values(visit, "batch", batch.id),
        complaints=tip_views.complaints(visit, [batch.id]) if own else [],
    )


def _deeds(request: Request, visit: Visit, batch: Batch) -> list[Any]:
    return deeds(batches.history(visit, batch), accounts.names(visit), reader_of(request).gettext)


@router.post("/{batch_id}/release")
def release_batch(request: Request, visit: OpenVisit, batch_id: UUID, form: SentForm) -> Response:
    release = form.read(Release)
    return _act(
        request, visit, batch_id, form, "released",
        (lambda: batches.release_batch(visit, batch_id, release.reason, form.version)) if release else None,
    )  # fmt: skip


@router.post("/{batch_id}/hold")
def hold_batch(request: Request, visit: OpenVisit, batch_id: UUID, form: SentForm) -> Response:
    change = form.read(StatusChange)
    return _act(
        request, visit, batch_id, form, "held",
        (lambda: batches.hold_batch(visit, batch_id, change, form.version)) if change else None,
    )  # fmt: skip


@router.post("/{batch_id}/lift")
def lift_hold(request: Request, visit: OpenVisit, batch_id: UUID, form: SentForm) -> Response:
    lift = form.read(Lift)
    batch = batches.find_batch(visit, batch_id)
    if lift and signed(visit, form, lambda: batches.lift_hold(visit, batch_id, lift, form.version)):
        return RedirectResponse(f"/app/batches/{batch_id}?done=lifted", 303)
    return _batch_page(request, visit, batch, form, 422)


@router.post("/{batch_id}/void")
def void_batch(request: Request, visit: OpenVisit, batch_id: UUID, form: SentForm) -> Response:
    change = form.read(StatusChange)
    return _act(
        request, visit, batch_id, form, "voided",
        (lambda: batches.void_batch(visit, batch_id, change, form.version)) if change else None,
    )  # fmt: skip


def _act(
    request: Request, visit: Visit, batch_id: UUID, form: Form, done: str, act: Callable[[], Batch] | None
) -> Response:
    """Take a step on a batch and show it, or show the batch with what stood against the step."""
    batch = batches.find_batch(visit, batch_id)
    if act and form.attempt(act):
        return RedirectResponse(f"/app/batches/{batch_id}?done={done}", 303)
    return _batch_page(request, visit, batch, form, 422)


@router.post("/{batch_id}/samples")
def keep_sample(request: Request, visit: OpenVisit, batch_id: UUID, form: SentForm) -> Response:
    batch = batches.find_batch(visit, batch_id)
    new = form.read(NewRetained, batch_id=batch_id, quantity=form["kept"] or None)
    if new and form.attempt(lambda: retained.keep_sample(visit, new)):
        return RedirectResponse(f"/app/batches/{batch_id}?done=saved", 303)
    return _batch_page(request, visit, batch, form, 422)


@router.post("/{batch_id}/samples/{sample_id}")
def dispose_sample(
    request: Request, visit: OpenVisit, batch_id: UUID, sample_id: UUID, form: SentForm
) -> Response:
    batch = batches.find_batch(visit, batch_id)
    told = form.read(Disposed)
    if told and form.attempt(lambda: retained.dispose_sample(visit, sample_id, told, form.version)):
        return RedirectResponse(f"/app/batches/{batch_id}?done=saved", 303)
    return _batch_page(request, visit, batch, form, 422)


@router.get("/{batch_id}/correct")
def edit_batch(request: Request, visit: OpenVisit, batch_id: UUID) -> Response:
    visit.demand("batch.correct")
    batch = batches.find_batch(visit, batch_id)
    return _correction_page(request, visit, batch, filled_form(request, batch))


@router.post("/{batch_id}/correct")
def correct_batch(request: Request, visit: OpenVisit, batch_id: UUID, form: SentForm) -> Response:
    visit.demand("batch.correct")
    batch = batches.find_batch(visit, batch_id)
    cleared = {name: None for name in CLEARABLE if not form[name].strip()} | _amount(form)
    change = form.read(BatchChange, **cleared)
    if change and form.attempt(lambda: batches.correct_batch(visit, batch_id, change, form.version)):
        return RedirectResponse(f"/app/batches/{batch_id}?done=corrected", 303)
    return _correction_page(request, visit, batch, form, 422)


def _correction_page(request: Request, visit: Visit, batch: Batch, form: Form, status: int = 200) -> Response:
    product: Product = products.find_product(visit, batch.product_id)
    return render(
        request,
        "app/batch_correct.html",
        status,
        form=form,
        batch=batch,
        product=product,
        **_choices(visit),
    )
