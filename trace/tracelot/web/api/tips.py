"""/tips and /complaints: reports of the public as offices triage them, and what a firm was told of them"""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from fastapi import Response

from tracelot.operations import tip_views, tip_work, tipping
from tracelot.operations.visit import Visit
from tracelot.records.inputs import Reason, Shape
from tracelot.records.tips import (
    Assigned,
    Closed,
    Linked,
    Merged,
    Noted,
    Shared,
    TipFilter,
    TipSummary,
    TipView,
    Transferred,
)
from tracelot.rules.tipping import TipKind, TipState
from tracelot.web.api.shapes import Cursor, Limit, PageView
from tracelot.web.routers import operations
from tracelot.web.visits import ExpectedVersion, OpenVisit, etag

router = operations("tips")
PHOTO: dict[int | str, dict[str, Any]] = {
    200: {"content": {"image/jpeg": {"schema": {"type": "string", "format": "binary"}}}}
}


class Asking(Shape):
    """Why somebody needs to know who reported; it stays in the journal."""

    reason: Reason


class ContactView(Shape):
    """Who reported, as far as they said."""

    name: str | None = None
    reach: str | None = None


class ComplaintView(Shape):
    """What an office told a firm of reports about its goods."""

    id: UUID
    kind: TipKind
    words: str
    office_zh: str
    office_en: str | None
    product_id: UUID | None
    batch_id: UUID | None
    batch_code: str | None
    recorded_at: datetime


def _step(
    visit: Visit,
    tip_id: UUID,
    act: Callable[[Visit, UUID, Any, int | None], object],
    new: Shape,
    version: int | None,
    answer: Response,
) -> TipView:
    """Take a step, and answer how the report stands after it."""
    act(visit, tip_id, new, version)
    return _shown(visit, tip_id, answer)


def _shown(visit: Visit, tip_id: UUID, answer: Response) -> TipView:
    tip = tip_work.find_tip(visit, tip_id)
    answer.headers["etag"], answer.headers["cache-control"] = etag(tip.version), "no-store"
    return tip_views.view(visit, tip)


@router.get("/tips")
def list_tips(
    visit: OpenVisit,
    state: TipState | None = None,
    kind: TipKind | None = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> PageView[TipSummary]:
    """Reports that the own office handles or watches, those that are due first; without a state all that wait."""
    page = tip_views.list_tips(visit, TipFilter(state or "open", kind), limit, cursor)
    return PageView(items=list(page.items), total=page.total, cursor=page.cursor)


@router.get("/tips/{tip_id}")
def read_tip(visit: OpenVisit, tip_id: UUID, answer: Response) -> TipView:
    """A report with its history, without a word of who reported it."""
    return _shown(visit, tip_id, answer)


@router.get("/tips/{tip_id}/photos/{photo_id}", response_class=Response, responses=PHOTO)
def read_photo(visit: OpenVisit, tip_id: UUID, photo_id: UUID) -> Response:
    content = tipping.photo_of(visit, tip_work.find_tip(visit, tip_id), photo_id)
    return Response(content, media_type="image/jpeg", headers={"cache-control": "no-store"})


@router.post("/tips/{tip_id}/contact")
def open_contact(visit: OpenVisit, tip_id: UUID, why: Asking, answer: Response) -> ContactView:
    """Who reported it, for people of the office that handles it. Each look stands in its journal with the reason."""
    contact = tip_work.open_contact(visit, tip_id, why.reason)
    answer.headers["cache-control"] = "no-store"
    return ContactView(name=contact.name, reach=contact.reach) if contact else ContactView()


@router.post("/tips/{tip_id}/assignment")
def assign(
    visit: OpenVisit, tip_id: UUID, new: Assigned, version: ExpectedVersion, answer: Response
) -> TipView:
    """Put somebody in charge, ask an office below to help, or set another day."""
    return _step(visit, tip_id, tip_work.assign_tip, new, version, answer)


@router.post("/tips/{tip_id}/investigation")
def investigate(
    visit: OpenVisit, tip_id: UUID, new: Noted, version: ExpectedVersion, answer: Response
) -> TipView:
    """Begin to look into it; an office that helps may, too."""
    return _step(visit, tip_id, tip_work.investigate_tip, new, version, answer)


@router.post("/tips/{tip_id}/notes")
def note(visit: OpenVisit, tip_id: UUID, new: Noted, version: ExpectedVersion, answer: Response) -> TipView:
    """Write down what was found or done."""
    return _step(visit, tip_id, tip_work.note_tip, new, version, answer)


@router.post("/tips/{tip_id}/links")
def link(visit: OpenVisit, tip_id: UUID, new: Linked, version: ExpectedVersion, answer: Response) -> TipView:
    """Say which recall, or which sample, came of it."""
    return _step(visit, tip_id, tip_work.link_tip, new, version, answer)


@router.post("/tips/{tip_id}/complaint")
def share(visit: OpenVisit, tip_id: UUID, new: Shared, version: ExpectedVersion, answer: Response) -> TipView:
    """Tell the firm, in the office's words and without the reporter: until then it knows of no report."""
    return _step(visit, tip_id, tip_work.share_tip, new, version, answer)


@router.post("/tips/{tip_id}/merge")
def merge(visit: OpenVisit, tip_id: UUID, new: Merged, version: ExpectedVersion, answer: Response) -> TipView:
    """Join it to one that tells the same."""
    return _step(visit, tip_id, tip_work.merge_tip, new, version, answer)


@router.post("/tips/{tip_id}/transfer")
def transfer(
    visit: OpenVisit, tip_id: UUID, new: Transferred, version: ExpectedVersion, answer: Response
) -> TipView:
    """Hand it to the office of another place, with all that is known."""
    return _step(visit, tip_id, tip_work.transfer_tip, new, version, answer)


@router.post("/tips/{tip_id}/close")
def close(visit: OpenVisit, tip_id: UUID, new: Closed, version: ExpectedVersion, answer: Response) -> TipView:
    """End it with a reason and the answer that its reporter reads."""
    return _step(visit, tip_id, tip_work.close_tip, new, version, answer)


@router.get("/complaints")
def list_complaints(visit: OpenVisit) -> list[ComplaintView]:
    """What offices told the own firm of reports about its goods."""
    return [
        ComplaintView.model_validate(
            one.share.model_dump(include=set(ComplaintView.model_fields))
            | {
                "office_zh": one.office[0],
                "office_en": one.office[1],
                "batch_code": one.batch.code if one.batch else None,
            }
        )
        for one in tip_views.complaints(visit)
    ]
