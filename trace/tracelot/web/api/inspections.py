"""/inspections, /holds, /limits, /analytes, /laboratories, and the samples kept of batches"""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Query, Request, Response

from tracelot.operations import (
    batches,
    food_limits,
    hold_requests,
    inspection_files,
    inspections,
    laboratories,
    recall_starts,
    retained,
)
from tracelot.operations.visit import Visit
from tracelot.records.holding import HoldAnswer, HoldView
from tracelot.records.inspections import (
    Correction,
    Inspection,
    InspectionFilter,
    InspectionSummary,
    InspectionView,
    NewInspection,
    RecallStart,
    Withdrawal,
)
from tracelot.records.laboratories import LaboratoryView, NewScope, ScopeView
from tracelot.records.limits import AnalyteView, LimitView
from tracelot.records.retained import Disposed, NewRetained, RetainedView
from tracelot.rules.inspections import InspectionKind, InspectionState, Verdict
from tracelot.web.api.shapes import Cursor, Limit, PageView, SearchText, day
from tracelot.web.papers import PaperRoute, paper_in, sent_paper
from tracelot.web.routers import operations
from tracelot.web.visits import ExpectedVersion, OpenVisit, etag

router = operations("inspections")
papers = operations("inspections", route_class=PaperRoute)
FILES: dict[int | str, dict[str, Any]] = {200: {"content": {"application/pdf": {}, "image/jpeg": {}}}}
BINARY = {"schema": {"type": "string", "format": "binary"}}
SENT = dict.fromkeys(("application/pdf", "image/jpeg", "image/png"), BINARY)
BODY = {"requestBody": {"required": True, "content": SENT}}


def _shown(visit: Visit, row: Inspection, answer: Response) -> InspectionView:
    answer.headers["etag"] = etag(row.version)
    return inspections.view(visit, row)


@router.get("/inspections")
def search_inspections(
    visit: OpenVisit,
    text: SearchText = None,
    product: UUID | None = None,
    batch: UUID | None = None,
    kind: InspectionKind | None = None,
    verdict: Verdict | None = None,
    state: InspectionState | None = None,
    issued_from: Annotated[str | None, Query(description="First day of issue, such as 2026-09-01.")] = None,
    issued_to: Annotated[str | None, Query(description="Last day of issue, such as 2026-09-30.")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> PageView[InspectionSummary]:
    """A firm's own, a laboratory's, or those of an office's area; the latest first, and those that stand."""
    first, last = day(issued_from, "issued_from"), day(issued_to, "issued_to")
    asked = InspectionFilter(text, product, batch, kind, verdict, state, first, last)
    page = inspections.search(visit, asked, limit, cursor)
    return PageView(items=list(page.items), total=page.total, cursor=page.cursor)


@router.post("/inspections", status_code=201)
def record_inspection(visit: OpenVisit, new: NewInspection, answer: Response) -> InspectionView:
    """Record a report with its findings, or a draft of one.

    The verdict is computed; one that fails holds the firm's own stock of the batch in the same act.
    """
    row = inspections.record_inspection(visit, new)
    answer.headers["location"] = f"/api/v1/inspections/{row.id}"
    return _shown(visit, row, answer)


@router.get("/inspections/{inspection_id}")
def find_inspection(visit: OpenVisit, inspection_id: UUID, answer: Response) -> InspectionView:
    return _shown(visit, inspections.find(visit, inspection_id), answer)


@router.post("/inspections/{inspection_id}/corrections", status_code=201)
def correct_inspection(
    visit: OpenVisit, inspection_id: UUID, new: Correction, version: ExpectedVersion, answer: Response
) -> InspectionView:
    """A new edition in the place of a report. What failed in a former edition stands until a re-test."""
    row = inspections.correct(visit, inspection_id, new, version)
    answer.headers["location"] = f"/api/v1/inspections/{row.id}"
    return _shown(visit, row, answer)


@router.post("/inspections/{inspection_id}/withdrawal")
def withdraw_inspection(
    visit: OpenVisit, inspection_id: UUID, told: Withdrawal, version: ExpectedVersion, answer: Response
) -> InspectionView:
    return _shown(visit, inspections.withdraw(visit, inspection_id, told, version), answer)


@router.get("/inspections/{inspection_id}/recall")
def begin_recall(visit: OpenVisit, inspection_id: UUID) -> RecallStart:
    """What a recall because of this report begins with, to be sent to /recalls with its level."""
    return recall_starts.recall_start(visit, inspection_id)


@router.get("/inspections/{inspection_id}/holds")
def asked_to_hold(visit: OpenVisit, inspection_id: UUID) -> list[HoldView]:
    """Who was asked to set the goods apart: of a firm's own those to whom it sent them itself."""
    return list(hold_requests.requests_of(visit, inspections.find(visit, inspection_id)))


@papers.put("/inspections/{inspection_id}/file", openapi_extra=BODY)
def attach_file(request: Request, visit: OpenVisit, inspection_id: UUID, answer: Response) -> InspectionView:
    """Put the report as a file beside its record, once: a PDF as it is, or a photo, which is drawn anew."""
    return _shown(visit, inspection_files.attach_paper(visit, inspection_id, paper_in(request)), answer)


@router.get("/inspections/{inspection_id}/file", response_class=Response, responses=FILES)
def read_file(visit: OpenVisit, inspection_id: UUID) -> Response:
    return sent_paper(inspection_files.paper_of(visit, inspection_id))


@router.get("/holds")
def own_holds(visit: OpenVisit) -> list[HoldView]:
    """Batches that the caller is asked to set apart, those that wait for an answer first."""
    return list(hold_requests.requests_to(visit))


@router.post("/holds/{hold_id}/answer")
def answer_hold(visit: OpenVisit, hold_id: UUID, told: HoldAnswer, version: ExpectedVersion) -> HoldView:
    """Say that selling has stopped, and how much is on hand."""
    return hold_requests.answer_hold(visit, hold_id, told, version)


@router.get("/limits")
def list_limits(visit: OpenVisit, jurisdiction: SearchText = None) -> list[LimitView]:
    """Limits of what food may hold, with their dates; `to_check` marks what nobody compared with its standard yet."""
    found = food_limits.limits(visit, jurisdiction)
    return [LimitView.model_validate(one.model_dump()) for one in found]


@router.get("/analytes")
def list_analytes(visit: OpenVisit) -> list[AnalyteView]:
    """What results are recorded of, under all names by which reports call it."""
    return [AnalyteView.model_validate(one.model_dump()) for one in food_limits.analytes(visit)]


@router.get("/laboratories")
def list_laboratories(visit: OpenVisit) -> list[LaboratoryView]:
    """The confirmed laboratories of the site with their certificates."""
    return laboratories.certificates(visit)


@router.post("/laboratories/{laboratory_id}/scopes", status_code=201)
def record_scope(visit: OpenVisit, laboratory_id: UUID, new: NewScope) -> ScopeView:
    """Record a certificate (CMA, CNAS) of a laboratory, as its office read it."""
    return ScopeView.model_validate(laboratories.record_scope(visit, laboratory_id, new).model_dump())


@router.get("/batches/{batch_id}/samples")
def list_samples(visit: OpenVisit, batch_id: UUID) -> list[RetainedView]:
    """Samples that were kept of a batch."""
    batch = batches.find_batch(visit, batch_id)
    return [RetainedView.model_validate(one.model_dump()) for one in retained.samples_of(visit, batch.id)]


@router.post("/samples", status_code=201)
def keep_sample(visit: OpenVisit, new: NewRetained) -> RetainedView:
    """Record a sample that is kept of an own batch."""
    return RetainedView.model_validate(retained.keep_sample(visit, new).model_dump())


@router.post("/samples/{sample_id}/disposal")
def dispose_sample(
    visit: OpenVisit, sample_id: UUID, told: Disposed, version: ExpectedVersion
) -> RetainedView:
    return RetainedView.model_validate(retained.dispose_sample(visit, sample_id, told, version).model_dump())
