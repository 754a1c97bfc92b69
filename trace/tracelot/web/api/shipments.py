"""/shipments"""

from uuid import UUID

from fastapi import Response

from tracelot.operations import receiving
from tracelot.records.acts import Answer, Confirmation, ReceiptCorrection
from tracelot.records.shipments import Box, Shipment, ShipmentFilter, ShipmentStatus, ShipmentView
from tracelot.web.api.shapes import Cursor, Limit, PageView
from tracelot.web.routers import operations
from tracelot.web.visits import ExpectedVersion, OpenVisit, etag

router = operations("shipments", "/shipments")


@router.get("")
def list_shipments(
    visit: OpenVisit,
    box: Box = "in",
    status: ShipmentStatus | None = None,
    batch: UUID | None = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> PageView[ShipmentView]:
    """What comes to the caller (`box=in`) or what it sent (`box=out`), the newest first."""
    page = receiving.shipments(visit, ShipmentFilter(box, status, batch), limit, cursor)
    return PageView(items=list(page.items), total=page.total, cursor=page.cursor)


@router.get("/{shipment_id}")
def find_shipment(visit: OpenVisit, shipment_id: UUID, answer: Response) -> ShipmentView:
    return _view(visit, receiving.find_shipment(visit, shipment_id), answer)


@router.post("/{shipment_id}/confirm")
def confirm_shipment(
    visit: OpenVisit, shipment_id: UUID, new: Confirmation, version: ExpectedVersion, answer: Response
) -> ShipmentView:
    """Say what came; lines that are not named came as they were sent."""
    return _view(visit, receiving.confirm_shipment(visit, shipment_id, new, version), answer)


@router.post("/{shipment_id}/correct")
def correct_receipt(
    visit: OpenVisit, shipment_id: UUID, new: ReceiptCorrection, version: ExpectedVersion, answer: Response
) -> ShipmentView:
    """Say anew what came, with the reason; the receipt that stood is void."""
    return _view(visit, receiving.correct_receipt(visit, shipment_id, new, version), answer)


@router.post("/{shipment_id}/reject")
def reject_shipment(
    visit: OpenVisit, shipment_id: UUID, new: Answer, version: ExpectedVersion, answer: Response
) -> ShipmentView:
    """Send everything back; it arrives set apart."""
    return _view(visit, receiving.reject_shipment(visit, shipment_id, new, version), answer)


@router.post("/{shipment_id}/settle")
def settle_shipment(
    visit: OpenVisit, shipment_id: UUID, new: Answer, version: ExpectedVersion, answer: Response
) -> ShipmentView:
    """The sender agrees to what was received; a receiver agrees by correcting the receipt."""
    return _view(visit, receiving.settle_shipment(visit, shipment_id, new, version), answer)


def _view(visit: OpenVisit, shipment: Shipment, answer: Response) -> ShipmentView:
    view = receiving.view(visit, shipment)
    answer.headers["etag"] = etag(view.version)
    return view
