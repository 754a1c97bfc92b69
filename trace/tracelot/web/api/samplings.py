"""/samplings: sheets, the way of a sample, reports, and what offices and firms do about them"""

import base64
from dataclasses import asdict
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import Query, Request, Response
from pydantic import BaseModel

from tracelot.operations import (
    official_reports,
    publishing_results,
    retests,
    sampling_cases,
    sampling_custody,
    sampling_figures,
    sampling_notices,
    sampling_objections,
    sampling_reports,
    sampling_views,
    samplings,
)
from tracelot.operations.visit import Visit
from tracelot.records.inputs import Reason, Shape
from tracelot.records.sampling_steps import (
    Answer,
    Application,
    Cosigned,
    Decision,
    Delay,
    Handed,
    LabReport,
    NewCase,
    NewNotice,
    NewResult,
    Objection,
    ReceivedSample,
    Served,
    Settlement,
    TurnedAway,
)
from tracelot.records.sampling_views import PaperView, RateView, ResultView, SamplingClockView, SamplingView
from tracelot.records.samplings import NewSampling, Sampling, SamplingList
from tracelot.rules.sampling_stages import SamplingState
from tracelot.web.api.reach import JPEG, PHOTO
from tracelot.web.api.shapes import Limit
from tracelot.web.photos import PhotoBodyRoute, photo_in
from tracelot.web.routers import operations
from tracelot.web.signatures import GivenSignature, sign
from tracelot.web.visits import ExpectedVersion, OpenVisit, etag

router = operations("samplings", "/samplings")
photos = operations("samplings", "/samplings", route_class=PhotoBodyRoute)
Offset = Annotated[int, Query(ge=0, le=1_000_000)]
Area = Annotated[str, Query(max_length=9, pattern=r"^\d*$")]


class Signed(Shape):
    """People sign with their password; a program signs by its key."""

    signature: GivenSignature | None = None


class SignedReport(LabReport, Signed): ...


class SignedNotice(NewNotice, Signed): ...


class SignedService(Served, Signed): ...


class SignedApplication(Application, Signed): ...


class SignedDecision(Decision, Signed): ...


class SignedSettlement(Settlement, Signed): ...


class SignedResult(NewResult, Signed): ...


class SignedWithdrawal(Signed):
    reason: Reason


class LateView(BaseModel):
    sampling_id: UUID
    sheet_no: str
    clock: SamplingClockView


class NoticeOfResult(BaseModel):
    """A result as the caller's firm was told it; the firm signs for it under the id of the notice."""

    sampling_id: UUID
    sheet_no: str
    notice: PaperView


class PublicResults(BaseModel):
    results: list[ResultView]
    total: int


class PhotoKept(BaseModel):
    id: UUID
    width: int
    height: int
    sha256: str


def _plain(new: Signed) -> dict[str, Any]:
    return new.model_dump(exclude={"signature"})


def _told(visit: Visit, sampling: Sampling, answer: Response) -> SamplingView:
    answer.headers["etag"] = etag(sampling.version)
    return sampling_views.sampling_of(visit, sampling.id)


@router.get("/results")
def list_results(
    visit: OpenVisit,
    verdict: Literal["pass", "fail"] = "fail",
    area: Area = "",
    limit: Limit = 50,
    offset: Offset = 0,
) -> PublicResults:
    """What offices made public, the newest first. It says something of these batches and items alone."""
    found, total = publishing_results.results(visit, verdict, area, limit, offset)
    return PublicResults(results=list(found), total=total)


@router.get("/rates")
def list_rates(
    visit: OpenVisit,
    year: Annotated[int | None, Query(ge=2000, le=2100)] = None,
    category: Annotated[str | None, Query(max_length=200)] = None,
) -> list[RateView]:
    """Pass rates by category, county and month, with Wilson's 95 % interval; none of fewer than five samples."""
    return sampling_figures.rates(visit, year=year, category=category)


@router.get("/overdue")
def list_overdue(visit: OpenVisit) -> list[LateView]:
    """Limits that passed, in the territory of an office, or of a laboratory its own."""
    return [LateView.model_validate(asdict(one)) for one in sampling_figures.overdue(visit)]


@router.get("/notices")
def list_notices(visit: OpenVisit) -> list[NoticeOfResult]:
    """The results that the caller's firm was told; one that it did not sign for yet tells that there is one."""
    return [
        NoticeOfResult(sampling_id=sampling.id, sheet_no=sampling.sheet_no, notice=paper)
        for sampling, paper in sampling_views.notices(visit)
    ]


@router.get("")
def list_samplings(
    visit: OpenVisit,
    state: SamplingState | None = None,
    task_id: UUID | None = None,
    limit: Limit = 50,
    offset: Offset = 0,
) -> SamplingList:
    """Sheets of the own office, laboratory or territory, and of samples of the own firm as far as it knows of them."""
    return sampling_views.samplings(visit, state=state, task_id=task_id, limit=limit, offset=offset)


@router.post("", status_code=201)
def take_sample(visit: OpenVisit, new: NewSampling, answer: Response) -> SamplingView:
    """A sheet as filled at the place. With an `id` of your own it may be sent again.

    `form` is the version of the sheet that was filled: an older one is taken, too. Where a higher office sampled the
    same already, `despite` must say why it is done again.
    """
    sampling = samplings.take_sample(visit, new)
    answer.headers["location"] = f"/api/v1/samplings/{sampling.id}"
    return _told(visit, sampling, answer)


@router.get("/{named}")
def read_sampling(visit: OpenVisit, named: str, answer: Response) -> SamplingView:
    """A sheet by its id or number, with papers, clocks and follow-ups, as far as the caller may see."""
    view = sampling_views.sampling_of(visit, named)
    answer.headers["etag"] = etag(view.version)
    return view


@router.get("/{named}/photos/{photo_id}", response_class=Response, responses=JPEG)
def read_photo(visit: OpenVisit, named: str, photo_id: UUID) -> Response:
    photo = samplings.photo_of(visit, named, photo_id)
    return Response(base64.b64decode(photo.content), media_type="image/jpeg")


@photos.post("/{named}/photos", status_code=201, openapi_extra=PHOTO)
def add_photo(request: Request, visit: OpenVisit, named: str) -> PhotoKept:
    """A photo of the place, the goods or the seal: JPEG, PNG or WebP; it is drawn anew, without place or device."""
    kept = samplings.add_photo(visit, named, photo_in(request))
    return PhotoKept(id=kept.id, width=kept.width, height=kept.height, sha256=kept.sha256)


@router.post("/{named}/cosign")
def cosign(visit: OpenVisit, named: str, new: Cosigned, answer: Response) -> SamplingView:
    """The second sampler signs, from an account of their own."""
    return _told(visit, samplings.cosign(visit, named, new), answer)


@router.post("/{named}/handover")
def hand_over(
    visit: OpenVisit, named: str, new: Handed, version: ExpectedVersion, answer: Response
) -> SamplingView:
    return _told(visit, sampling_custody.hand_over(visit, named, new, version), answer)


@router.post("/{named}/receipt")
def receive(
    visit: OpenVisit, named: str, new: ReceivedSample, version: ExpectedVersion, answer: Response
) -> SamplingView:
    """The laboratory confirms that the sample came, sealed: another person than the one who handed it over."""
    return _told(visit, sampling_custody.receive(visit, named, new, version), answer)


@router.post("/{named}/refusal")
def turn_away(
    visit: OpenVisit, named: str, new: TurnedAway, version: ExpectedVersion, answer: Response
) -> SamplingView:
    """The laboratory does not take the sample, and says why."""
    return _told(visit, sampling_custody.turn_away(visit, named, new, version), answer)


@router.post("/{named}/report")
def report(
    visit: OpenVisit, named: str, new: SignedReport, version: ExpectedVersion, answer: Response
) -> SamplingView:
    """The assigned laboratory's report: one alone, signed. Its verdict is computed by the limits on record."""
    sign(visit, new.signature)
    told = LabReport.model_validate(_plain(new))
    return _told(visit, sampling_reports.report(visit, named, told, version), answer)


@router.post("/{named}/notices", status_code=201)
def notify(
    visit: OpenVisit, named: str, new: SignedNotice, version: ExpectedVersion, answer: Response
) -> SamplingView:
    """Tell the result to the sampled party or the labelled producer."""
    sign(visit, new.signature)
    paper = sampling_notices.notify(visit, named, NewNotice.model_validate(_plain(new)), version)
    return _told(visit, visit.session.get_one(Sampling, paper.sampling_id), answer)


@router.post("/{named}/notices/{notice_id}/service")
def tell_served(
    visit: OpenVisit, named: str, notice_id: UUID, new: SignedService, answer: Response
) -> SamplingView:
    """The office tells how and when a notice was delivered to a firm that does not sign here."""
    sign(visit, new.signature)
    served = Served.model_validate(_plain(new))
    return _told(visit, sampling_notices.tell_served(visit, named, notice_id, served), answer)


@router.post("/notices/{notice_id}/receipt")
def sign_receipt(visit: OpenVisit, notice_id: UUID, new: Signed, answer: Response) -> SamplingView:
    """The firm signs that it has the result in hand; the time for a re-test runs from now."""
    sign(visit, new.signature)
    return _told(visit, sampling_notices.sign_receipt(visit, notice_id), answer)


@router.post("/notices/{notice_id}/waiver")
def waive(visit: OpenVisit, notice_id: UUID, new: Signed, answer: Response) -> SamplingView:
    """The firm asks for no re-test."""
    sign(visit, new.signature)
    return _told(visit, sampling_notices.waive(visit, notice_id), answer)


@router.post("/notices/{notice_id}/retest", status_code=201)
def apply_for_retest(
    visit: OpenVisit, notice_id: UUID, new: SignedApplication, answer: Response
) -> SamplingView:
    """The firm asks for a re-test, within its time."""
    sign(visit, new.signature)
    told = Application.model_validate(_plain(new))
    return _told(visit, retests.apply_for_retest(visit, notice_id, told), answer)


@router.post("/papers/{paper_id}/objections", status_code=201)
def object_to(visit: OpenVisit, paper_id: UUID, new: Objection) -> dict[str, UUID]:
    """The firm objects: by its copy of the sheet to the sampling, by its notice to whose sample it is."""
    return {"id": sampling_objections.object_to(visit, paper_id, new).id}


@router.post("/{named}/objections/{objection_id}")
def answer_objection(
    visit: OpenVisit, named: str, objection_id: UUID, new: Answer, answer: Response
) -> SamplingView:
    paper = sampling_objections.answer_objection(visit, named, objection_id, new)
    return _told(visit, visit.session.get_one(Sampling, paper.sampling_id), answer)


@router.post("/{named}/retest")
def decide_retest(
    visit: OpenVisit, named: str, new: SignedDecision, version: ExpectedVersion, answer: Response
) -> SamplingView:
    sign(visit, new.signature)
    told = Decision.model_validate(_plain(new))
    return _told(visit, retests.decide_retest(visit, named, told, version), answer)


@router.post("/{named}/retest/laboratory")
def draw_lab(visit: OpenVisit, named: str, version: ExpectedVersion, answer: Response) -> SamplingView:
    """Draw the laboratory by lot, among all others whose CMA holds."""
    return _told(visit, retests.draw_lab(visit, named, version), answer)


@router.post("/{named}/retest/delay")
def delay_draw(
    visit: OpenVisit, named: str, new: Delay, version: ExpectedVersion, answer: Response
) -> SamplingView:
    """Prolong the time to draw the laboratory, once, for a reason that the applicant reads."""
    return _told(visit, retests.delay_draw(visit, named, new, version), answer)


@router.post("/{named}/change")
def settle_change(
    visit: OpenVisit, named: str, new: SignedSettlement, version: ExpectedVersion, answer: Response
) -> SamplingView:
    """Decide on a report that its laboratory changed after it was told."""
    sign(visit, new.signature)
    told = Settlement.model_validate(_plain(new))
    return _told(visit, official_reports.settle_change(visit, named, told, version), answer)


@router.post("/{named}/retest/handover")
def hand_spare(
    visit: OpenVisit, named: str, new: Handed, version: ExpectedVersion, answer: Response
) -> SamplingView:
    return _told(visit, retests.hand_spare(visit, named, new, version), answer)


@router.post("/{named}/retest/receipt")
def receive_spare(
    visit: OpenVisit, named: str, new: ReceivedSample, version: ExpectedVersion, answer: Response
) -> SamplingView:
    return _told(visit, retests.receive_spare(visit, named, new, version), answer)


@router.post("/{named}/retest/report")
def report_retest(
    visit: OpenVisit, named: str, new: SignedReport, version: ExpectedVersion, answer: Response
) -> SamplingView:
    """The drawn laboratory's report; its verdict is final."""
    sign(visit, new.signature)
    told = LabReport.model_validate(_plain(new))
    return _told(visit, sampling_reports.report_retest(visit, named, told, version), answer)


@router.post("/{named}/publication")
def publish(
    visit: OpenVisit, named: str, new: SignedResult, version: ExpectedVersion, answer: Response
) -> SamplingView:
    """Make the result public, once the time for a re-test is over, or urgently with the reason; never without CMA."""
    sign(visit, new.signature)
    result = publishing_results.publish(visit, named, NewResult.model_validate(_plain(new)), version)
    return _told(visit, visit.session.get_one(Sampling, result.sampling_id), answer)


@router.post("/{named}/withdrawal")
def withdraw(
    visit: OpenVisit, named: str, new: SignedWithdrawal, version: ExpectedVersion, answer: Response
) -> SamplingView:
    sign(visit, new.signature)
    return _told(visit, publishing_results.withdraw(visit, named, new.reason, version), answer)


@router.post("/{named}/cases", status_code=201)
def open_case(
    visit: OpenVisit, named: str, new: NewCase, version: ExpectedVersion, answer: Response
) -> SamplingView:
    """Begin the follow-up of a sample that failed."""
    case = sampling_cases.open_case(visit, named, new, version)
    return _told(visit, visit.session.get_one(Sampling, case.sampling_id), answer)
