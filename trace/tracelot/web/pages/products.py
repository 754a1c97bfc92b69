"""/app/products: what an enterprise makes or sells."""

from typing import Any, get_args
from uuid import UUID

from fastapi import Request, Response
from fastapi.responses import RedirectResponse

from tracelot.operations import batches, products
from tracelot.records.batches import BatchFilter
from tracelot.records.products import NewProduct, ProductChange, ShelfLifeUnit
from tracelot.rules.ids import new_id
from tracelot.web.forms import Form, SentForm, filled_form, fresh_form
from tracelot.web.pages.duty_shown import duty_values
from tracelot.web.rendering import render
from tracelot.web.routers import pages
from tracelot.web.visits import OpenVisit

router = pages("/app/products")

SHELF_LIFE_UNITS = get_args(ShelfLifeUnit)
CLEARABLE = ("name_en", "brand", "spec", "category", "standard", "storage", "storage_en", "geographic_mark")


@router.get("")
def list_products(request: Request, visit: OpenVisit) -> Response:
    return render(request, "app/products.html", products=products.products(visit))


@router.get("/new")
def new_product(request: Request, visit: OpenVisit) -> Response:
    visit.demand("product.register")
    return _page(request, fresh_form(request, id=new_id(), shelf_life_unit="month", packaging="prepacked"))


@router.post("")
def register_product(request: Request, visit: OpenVisit, form: SentForm) -> Response:
    visit.demand("product.register")
    new = form.read(NewProduct, **_read(form))
    product = new and form.attempt(lambda: products.register_product(visit, new))
    if product:
        return RedirectResponse(f"/app/products/{product.id}?done=registered", 303)
    return _page(request, form, 422)


@router.get("/{product_id}")
def show_product(request: Request, visit: OpenVisit, product_id: UUID) -> Response:
    product = products.find_product(visit, product_id)
    latest = batches.search(visit, BatchFilter(product_id=product_id), 5, None)
    own = product.party_id == visit.actor.party_id
    both = duty_values(visit, "product", product.id)
    return render(request, "app/product.html", product=product, latest=latest, own=own, **both)


@router.get("/{product_id}/edit")
def edit_product(request: Request, visit: OpenVisit, product_id: UUID) -> Response:
    visit.demand("product.change")
    product = products.find_product(visit, product_id)
    form = filled_form(request, product, allergens="\n".join(product.allergens))
    return _page(request, form, product_id=product_id)


@router.post("/{product_id}")
def change_product(request: Request, visit: OpenVisit, product_id: UUID, form: SentForm) -> Response:
    visit.demand("product.change")
    product = products.find_product(visit, product_id)
    cleared = {name: None for name in (*CLEARABLE, "shelf_life") if not form[name].strip()}
    change = form.read(ProductChange, **cleared, **_read(form))
    if change and form.attempt(lambda: products.change_product(visit, product.id, change, form.version)):
        return RedirectResponse(f"/app/products/{product_id}?done=saved", 303)
    return _page(request, form, 422, product_id)


def _read(form: Form) -> dict[str, Any]:
    """What a form writes otherwise than the shape: one allergen a line, and boxes that are ticked or not."""
    allergens = [line.strip() for line in form["allergens"].splitlines() if line.strip()]
    ticks = {name: form[name] == "1" for name in ("us_ftl", "outgoing_required")}
    return {"allergens": allergens} | ticks


def _page(request: Request, form: Form, status: int = 200, product_id: UUID | None = None) -> Response:
    units = SHELF_LIFE_UNITS
    return render(request, "app/product_form.html", status, form=form, units=units, product_id=product_id)
