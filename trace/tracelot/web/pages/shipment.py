"""/app/shipments/…: one shipment as both its ends see it, and what either may answer."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from fastapi import Request, Response
from fastapi.responses import RedirectResponse

from tracelot.operations import accounts, inbox, parties, products, reading, receiving
from tracelot.operations.visit import Visit
from tracelot.records.acts import Answer, Confirmation, ReceiptCorrection
from tracelot.records.shipments import RECEIVED, Shipment, ShipmentLineView, ShipmentView
from tracelot.rules.batches import KINDS
from tracelot.rules.ids import new_id
from tracelot.rules.quantities import UNITS
from tracelot.web.forms import Form, SentForm, fresh_form
from tracelot.web.pages.answering import (
    MOST_SHOWN,
    chosen,
    counted,
    place_errors,
    read_answer,
    read_lines,
    said_before,
    values_of,
)
from tracelot.web.pages.clock import local
from tracelot.web.pages.history import deeds
from tracelot.web.pages.shipments import open_facilities, stops_of
from tracelot.web.rendering import reader_of, render
from tracelot.web.routers import pages
from tracelot.web.visits import OpenVisit

router = pages("/app/shipments")


@router.get("/{shipment_id}")
def show_shipment(request: Request, visit: OpenVisit, shipment_id: UUID) -> Response:
    return _page(request, visit, receiving.find_shipment(visit, shipment_id), _fresh(request, visit))


def _fresh(request: Request, visit: Visit, **values: Any) -> Form:
    return fresh_form(request, **{"id": new_id(), "event_time": local(visit.now, visit.place.zone)} | values)


def _page(request: Request, visit: Visit, shipment: Shipment, form: Form, status: int = 200) -> Response:
    view = receiving.view(visit, shipment)
    kept = inbox.kept_of(visit, shipment)
    return render(
        request,
        "app/shipment.html",
        status,
        shipment=view,
        form=form,
        sends=view.party_id == visit.actor.party_id,
        gets=view.to_party_id == visit.actor.party_id,
        arrival=kept,
        own=inbox.own_batches(visit, shipment),
        units=_units(visit, view),
        stops=stops_of(visit, [view]),
        facilities=open_facilities(visit),
        names={one.id: one for one in parties.facilities(visit)},
        countable=len(counted(view.lines)),
        deeds=deeds(inbox.history(visit, shipment), accounts.names(visit), reader_of(request).gettext),
    )


def _units(visit: Visit, view: ShipmentView) -> dict[UUID, str]:
    """What the pallets and cases of the shipment are called."""
    packed = {line.unit_id for line in view.lines if line.unit_id is not None}
    return reading.unit_names(visit, packed)


@router.post("/{shipment_id}/confirm")
def confirm_shipment(request: Request, visit: OpenVisit, shipment_id: UUID, form: SentForm) -> Response:
    """What came: as it was sent, or what the form says of each line."""
    shipment = receiving.find_shipment(visit, shipment_id)
    if form["counted"]:
        return _received(
            request, visit, shipment, form, Confirmation,
            lambda new: receiving.confirm_shipment(visit, shipment_id, new, form.version),
        )  # fmt: skip
    new = read_answer(form, visit, shipment, Confirmation)
    return _act(
        request, visit, shipment, form, "received",
        (lambda: receiving.confirm_shipment(visit, shipment_id, new, form.version)) if new else None,
    )  # fmt: skip


@router.post("/{shipment_id}/correct")
def correct_receipt(request: Request, visit: OpenVisit, shipment_id: UUID, form: SentForm) -> Response:
    shipment = receiving.find_shipment(visit, shipment_id)
    return _received(
        request, visit, shipment, form, ReceiptCorrection,
        lambda new: receiving.correct_receipt(visit, shipment_id, new, form.version),
    )  # fmt: skip


@router.post("/{shipment_id}/reject")
def reject_shipment(request: Request, visit: OpenVisit, shipment_id: UUID, form: SentForm) -> Response:
    shipment = receiving.find_shipment(visit, shipment_id)
    new = read_answer(form, visit, shipment, Answer)
    return _act(
        request, visit, shipment, form, "sent-back",
        (lambda: receiving.reject_shipment(visit, shipment_id, new, form.version)) if new else None,
    )  # fmt: skip


@router.post("/{shipment_id}/settle")
def settle_shipment(request: Request, visit: OpenVisit, shipment_id: UUID, form: SentForm) -> Response:
    shipment = receiving.find_shipment(visit, shipment_id)
    new = read_answer(form, visit, shipment, Answer)
    return _act(
        request, visit, shipment, form, "settled",
        (lambda: receiving.settle_shipment(visit, shipment_id, new, form.version)) if new else None,
    )  # fmt: skip


def _act(
    request: Request,
    visit: Visit,
    shipment: Shipment,
    form: Form,
    done: str,
    act: Callable[[], Shipment] | None,
) -> Response:
    """Answer a shipment and show it, or show it with what stood against the answer."""
    if act and form.attempt(act):
        return RedirectResponse(f"/app/shipments/{shipment.id}?done={done}", 303)
    return _page(request, visit, receiving.find_shipment(visit, shipment.id), form, 422)


@router.get("/{shipment_id}/receipt")
def count_goods(request: Request, visit: OpenVisit, shipment_id: UUID, lines: str = "") -> Response:
    """The form of what came, line by line."""
    visit.demand("shipment.answer")
    shipment = receiving.find_shipment(visit, shipment_id)
    waits = shipment.status == "in_transit" or shipment.status in RECEIVED
    if not waits or shipment.to_party_id != visit.actor.party_id:
        return RedirectResponse(f"/app/shipments/{shipment_id}", 303)
    kept = inbox.kept_of(visit, shipment)
    rows = chosen(counted(receiving.view(visit, shipment).lines), lines)
    when = {"event_time": local(kept.receipt.event_time, visit.place.zone)} if kept else {}
    where = kept.receipt.facility_id if kept else shipment.to_facility_id
    papers = kept.receipt.documents if kept else shipment.documents
    form = _fresh(
        request,
        visit,
        version=shipment.version,
        facility_id=where,
        document_no=papers[0]["no"] if papers else "",
        counted=_numbers(rows),
        **when,
        **values_of(rows, kept),
    )
    return _receipt_page(request, visit, shipment, form)


def _numbers(lines: list[ShipmentLineView]) -> str:
    return ",".join(str(line.number) for line in lines) or "-"


def _received(
    request: Request,
    visit: Visit,
    shipment: Shipment,
    form: Form,
    shape: type[Any],
    act: Callable[[Any], Shipment],
) -> Response:
    """Say what came of the lines that the form shows; of the others holds what was said before."""
    lines = counted(receiving.view(visit, shipment).lines)
    rows = chosen(lines, form["counted"])
    others = [line for line in lines if line not in rows]
    told = read_lines(form, rows) + said_before(others, inbox.kept_of(visit, shipment))
    sound = not form.errors
    new = read_answer(form, visit, shipment, shape, lines=told if sound else [])
    if sound and new and form.attempt(lambda: act(new)):
        done = "received" if shape is Confirmation else "receipt-corrected"
        return RedirectResponse(f"/app/shipments/{shipment.id}?done={done}", 303)
    place_errors(form, told)
    return _receipt_page(request, visit, receiving.find_shipment(visit, shipment.id), form, 422)


def _receipt_page(
    request: Request, visit: Visit, shipment: Shipment, form: Form, status: int = 200
) -> Response:
    view = receiving.view(visit, shipment)
    lines = counted(view.lines)
    return render(
        request,
        "app/receipt.html",
        status,
        shipment=view,
        form=form,
        rows=chosen(lines, form["counted"]),
        total=len(lines),
        packed=len(view.lines) - len(lines),
        most=MOST_SHOWN,
        corrects=shipment.status in RECEIVED,
        facilities=open_facilities(visit),
        products=products.products(visit),
        units=UNITS,
        kinds=KINDS,
    )
