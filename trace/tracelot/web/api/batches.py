"""/batches"""

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import Query, Response

from tracelot.operations import batches
from tracelot.records.batches import BatchChange, BatchFilter, BatchView, Lift, NewBatch, StatusChange
from tracelot.records.inputs import Shape, Words
from tracelot.records.journal import EntryView
from tracelot.rules.batches import BatchStatus
from tracelot.web.api.shapes import Cursor, Limit, PageView, SearchText, day
from tracelot.web.routers import operations
from tracelot.web.signatures import GivenSignature, sign
from tracelot.web.visits import ExpectedVersion, OpenVisit, etag

router = operations("batches", "/batches")


class Release(Shape):
    reason: Words = None


class SignedLift(Lift):
    signature: GivenSignature | None = None


@router.post("", status_code=201)
def register_batch(visit: OpenVisit, new: NewBatch, answer: Response) -> BatchView:
    """Register a batch of an own product; a quantity is put into stock at a facility."""
    view = batches.view(visit, batches.register_batch(visit, new))
    answer.headers["location"] = f"/api/v1/batches/{view.id}"
    answer.headers["etag"] = etag(view.version)
    return view


@router.get("")
def search_batches(
    visit: OpenVisit,
    text: SearchText = None,
    product: UUID | None = None,
    status: BatchStatus | None = None,
    made_from: Annotated[str | None, Query(description="First production date, such as 2026-09-01.")] = None,
    made_to: Annotated[str | None, Query(description="Last production date, such as 2026-09-30.")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> PageView[BatchView]:
    """The caller's own batches, the latest made first."""
    first: date | None = day(made_from, "made_from")
    asked = BatchFilter(text, product, status, first, day(made_to, "made_to"))
    page = batches.search(visit, asked, limit, cursor)
    return PageView(items=list(page.items), total=page.total, cursor=page.cursor)


@router.get("/{batch_id}")
def find_batch(visit: OpenVisit, batch_id: UUID, answer: Response) -> BatchView:
    view = batches.view(visit, batches.find_batch(visit, batch_id))
    answer.headers["etag"] = etag(view.version)
    return view


@router.get("/{batch_id}/history")
def batch_history(visit: OpenVisit, batch_id: UUID) -> list[EntryView]:
    """All that was done to the batch, with the journal's commitments."""
    batch = batches.find_batch(visit, batch_id)
    return [EntryView.model_validate(entry, from_attributes=True) for entry in batches.history(visit, batch)]


@router.post("/{batch_id}/release")
def release_batch(
    visit: OpenVisit, batch_id: UUID, version: ExpectedVersion, release: Release | None = None
) -> BatchView:
    reason = release.reason if release else None
    return batches.view(visit, batches.release_batch(visit, batch_id, reason, version))


@router.post("/{batch_id}/hold")
def hold_batch(visit: OpenVisit, batch_id: UUID, change: StatusChange, version: ExpectedVersion) -> BatchView:
    return batches.view(visit, batches.hold_batch(visit, batch_id, change, version))


@router.post("/{batch_id}/lift")
def lift_hold(visit: OpenVisit, batch_id: UUID, lift: SignedLift, version: ExpectedVersion) -> BatchView:
    """Take a hold back after a re-test that overturned what was found. A person signs, a key signs by itself."""
    sign(visit, lift.signature)
    told = Lift(reason=lift.reason, report_no=lift.report_no)
    return batches.view(visit, batches.lift_hold(visit, batch_id, told, version))


@router.post("/{batch_id}/void")
def void_batch(visit: OpenVisit, batch_id: UUID, change: StatusChange, version: ExpectedVersion) -> BatchView:
    return batches.view(visit, batches.void_batch(visit, batch_id, change, version))


@router.patch("/{batch_id}")
def correct_batch(
    visit: OpenVisit, batch_id: UUID, change: BatchChange, version: ExpectedVersion
) -> BatchView:
    """Correct what was recorded, with the reason; code and product never change."""
    return batches.view(visit, batches.correct_batch(visit, batch_id, change, version))
