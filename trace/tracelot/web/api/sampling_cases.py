"""/samplings/cases: the steps of a follow-up, handing it over, and its end"""

from uuid import UUID

from fastapi import Response

from tracelot.operations import sampling_cases, sampling_views
from tracelot.operations.visit import Visit
from tracelot.records.inputs import Shape
from tracelot.records.sampling_papers import SamplingCase
from tracelot.records.sampling_steps import CaseStep, Transfer
from tracelot.records.sampling_views import SamplingView
from tracelot.web.routers import operations
from tracelot.web.signatures import GivenSignature, sign
from tracelot.web.visits import ExpectedVersion, OpenVisit, etag

router = operations("samplings", "/samplings/cases")


class SignedEnd(Shape):
    signature: GivenSignature | None = None


def _told(visit: Visit, case: SamplingCase, answer: Response) -> SamplingView:
    view = sampling_views.sampling_of(visit, case.sampling_id)
    answer.headers["etag"] = etag(view.version)
    return view


@router.post("/{case_id}/steps")
def take_step(
    visit: OpenVisit, case_id: UUID, new: CaseStep, version: ExpectedVersion, answer: Response
) -> SamplingView:
    """What was done and found; what a step does not name stays as it was."""
    return _told(visit, sampling_cases.take_case_step(visit, case_id, new, version), answer)


@router.post("/{case_id}/transfer")
def transfer(
    visit: OpenVisit, case_id: UUID, new: Transfer, version: ExpectedVersion, answer: Response
) -> SamplingView:
    """Hand the follow-up over to another county's office, which reads the sheet from then on."""
    return _told(visit, sampling_cases.transfer_case(visit, case_id, new, version), answer)


@router.post("/{case_id}/finish")
def finish(
    visit: OpenVisit, case_id: UUID, new: SignedEnd, version: ExpectedVersion, answer: Response
) -> SamplingView:
    """End it, signed, once measures, cause, rectification and its acceptance are on record."""
    sign(visit, new.signature)
    return _told(visit, sampling_cases.finish_case(visit, case_id, version), answer)
