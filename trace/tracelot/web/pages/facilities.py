"""/app/facilities: the places where an enterprise makes, keeps and sells goods."""

from typing import get_args
from uuid import UUID

from fastapi import Request, Response
from fastapi.responses import RedirectResponse

from tracelot.operations import parties
from tracelot.records.facilities import FacilityChange, FacilityKind, NewFacility
from tracelot.rules.ids import new_id
from tracelot.web.forms import Form, SentForm, filled_form, fresh_form
from tracelot.web.pages.divisions import region_choices, region_chosen
from tracelot.web.rendering import render
from tracelot.web.routers import pages
from tracelot.web.visits import OpenVisit

router = pages("/app/facilities")

KINDS = get_args(FacilityKind)
CLEARABLE = ("name_en", "address_en", "phone")


@router.get("")
def list_facilities(request: Request, visit: OpenVisit) -> Response:
    facilities = parties.facilities(visit)
    regions = parties.region_names(visit, {facility.region_code for facility in facilities})
    return render(request, "app/facilities.html", facilities=facilities, regions=regions)


@router.get("/new")
def new_facility(request: Request, visit: OpenVisit) -> Response:
    visit.demand("facility.register")
    return _page(request, visit, fresh_form(request, id=new_id(), kind="plant"))


@router.post("")
def register_facility(request: Request, visit: OpenVisit, form: SentForm) -> Response:
    visit.demand("facility.register")
    new = form.read(NewFacility)
    if region_chosen(form) and new and form.attempt(lambda: parties.register_facility(visit, new)):
        return RedirectResponse("/app/facilities?done=registered", 303)
    return _page(request, visit, form, 422)


@router.get("/{facility_id}")
def edit_facility(request: Request, visit: OpenVisit, facility_id: UUID) -> Response:
    facility = parties.find_facility(visit, facility_id)
    return _page(request, visit, filled_form(request, facility), facility_id=facility_id)


@router.post("/{facility_id}")
def change_facility(request: Request, visit: OpenVisit, facility_id: UUID, form: SentForm) -> Response:
    facility = parties.find_facility(visit, facility_id)
    cleared = {name: None for name in CLEARABLE if not form[name].strip()}
    change = form.read(FacilityChange, closed=form["closed"] == "1", **cleared)
    if region_chosen(form) and change and form.attempt(
        lambda: parties.change_facility(visit, facility.id, change, form.version)
    ):  # fmt: skip
        return RedirectResponse("/app/facilities?done=saved", 303)
    return _page(request, visit, form, 422, facility_id)


def _page(
    request: Request, visit: OpenVisit, form: Form, status: int = 200, facility_id: UUID | None = None
) -> Response:
    return render(
        request,
        "app/facility.html",
        status,
        form=form,
        kinds=KINDS,
        choices=region_choices(visit, form),
        facility_id=facility_id,
    )
