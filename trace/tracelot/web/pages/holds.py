"""/app/holds: what others ask to be set apart because an inspection failed, and the answer to it."""

from typing import get_args
from uuid import UUID

from fastapi import Request, Response
from fastapi.responses import RedirectResponse

from tracelot.operations import hold_requests
from tracelot.operations.visit import Visit
from tracelot.records.holding import HoldAnswer
from tracelot.records.inputs import Unit
from tracelot.web.forms import Form, SentForm, fresh_form
from tracelot.web.rendering import render
from tracelot.web.routers import pages
from tracelot.web.visits import OpenVisit

router = pages("/app/holds")

UNITS = get_args(Unit)


@router.get("")
def list_holds(request: Request, visit: OpenVisit) -> Response:
    return render(request, "app/holds.html", holds=hold_requests.requests_to(visit))


@router.get("/{hold_id}")
def show_hold(request: Request, visit: OpenVisit, hold_id: UUID) -> Response:
    hold = hold_requests.find_request(visit, hold_id)
    known = {
        "stop_sale": {True: "1", False: "0"}.get(hold.stop_sale) if hold.stop_sale is not None else None,
        "on_hand": None if hold.on_hand is None else f"{hold.on_hand:f}",
        "unit": hold.unit,
        "note": hold.note,
        "version": hold.version,
    }
    return _page(request, visit, hold_id, fresh_form(request, **known))


@router.post("/{hold_id}")
def answer_hold(request: Request, visit: OpenVisit, hold_id: UUID, form: SentForm) -> Response:
    visit.demand("hold.answer")
    unit = {} if form["on_hand"].strip() else {"unit": None}
    told = form.read(HoldAnswer, stop_sale=form["stop_sale"] == "1", **unit)
    if told and form.attempt(lambda: hold_requests.answer_hold(visit, hold_id, told, form.version)):
        return RedirectResponse(f"/app/holds/{hold_id}?done=answered", 303)
    return _page(request, visit, hold_id, form, 422)


def _page(request: Request, visit: Visit, hold_id: UUID, form: Form, status: int = 200) -> Response:
    hold = hold_requests.find_request(visit, hold_id)
    return render(request, "app/hold.html", status, hold=hold, form=form, units=UNITS)
