"""/recalls: the plan, the steps and reports of a recall, and what its offices order and decide"""

from uuid import UUID

from fastapi import Response

from tracelot.operations import ordering, planning, proceedings, reporting
from tracelot.operations.visit import Visit
from tracelot.records.inputs import Shape, Words
from tracelot.records.proceedings import NewAction, NewOrder, NewPlan, NewReport, ProceedingsView
from tracelot.records.recalls import Recall
from tracelot.rules.stages import FirmStep
from tracelot.web.routers import operations
from tracelot.web.signatures import GivenSignature, sign
from tracelot.web.visits import ExpectedVersion, OpenVisit, etag

router = operations("recalls", "/recalls")


class NewStep(Shape):
    step: FirmStep
    note: Words = None


class SignedAction(NewAction):
    signature: GivenSignature | None = None


class SignedOrder(NewOrder):
    signature: GivenSignature | None = None


def _tagged(visit: Visit, recall_id: UUID, answer: Response) -> ProceedingsView:
    view = proceedings.view(visit, _read(visit, recall_id))
    answer.headers["etag"] = etag(view.version)
    return view


def _read(visit: Visit, recall_id: UUID) -> Recall:
    return visit.session.get_one(Recall, recall_id, populate_existing=True)


@router.get("/{code}/proceedings")
def read_proceedings(visit: OpenVisit, code: str, answer: Response) -> ProceedingsView:
    """Where the work stands: stage, next step, plans, reports, acts of offices, figures; for the firm and its offices.

    `required_channel` follows from where the goods were shipped, and so does the office that supervises.
    """
    return _tagged(visit, proceedings.find_shared(visit, code).id, answer)


@router.put("/{recall_id}/plan")
def keep_plan(
    visit: OpenVisit, recall_id: UUID, new: NewPlan, version: ExpectedVersion, answer: Response
) -> ProceedingsView:
    """Keep what is written of the plan. Only the firm sees it until it is handed in."""
    planning.keep_plan(visit, recall_id, new, version)
    return _tagged(visit, recall_id, answer)


@router.post("/{recall_id}/plan", status_code=201)
def submit_plan(
    visit: OpenVisit, recall_id: UUID, new: NewPlan, version: ExpectedVersion, answer: Response
) -> ProceedingsView:
    """Hand the plan in, whole: its offices read it from then on, and this version is never changed."""
    planning.submit_plan(visit, recall_id, new, version)
    return _tagged(visit, recall_id, answer)


@router.post("/{recall_id}/steps")
def move_on(
    visit: OpenVisit, recall_id: UUID, new: NewStep, version: ExpectedVersion, answer: Response
) -> ProceedingsView:
    """The firm's next step: it started, disposal begins, all is done. Publishing and reporting are apart."""
    reporting.move_on(visit, recall_id, new.step, new.note, version)
    return _tagged(visit, recall_id, answer)


@router.post("/{recall_id}/reports", status_code=201)
def hand_in_report(
    visit: OpenVisit, recall_id: UUID, new: NewReport, version: ExpectedVersion, answer: Response
) -> ProceedingsView:
    """Report to the office, with the figures of this moment; the final report ends the firm's part."""
    reporting.hand_in_report(visit, recall_id, new, version)
    return _tagged(visit, recall_id, answer)


@router.post("/orders", status_code=201)
def order_recall(visit: OpenVisit, new: SignedOrder, answer: Response) -> ProceedingsView:
    """An office orders a recall: the firm gets a draft that it must act on. Only people, under their signature."""
    sign(visit, new.signature)
    recall = ordering.order_recall(visit, NewOrder.model_validate(new.model_dump(exclude={"signature"})))
    answer.headers["location"] = f"/api/v1/recalls/{recall.code}"
    return _tagged(visit, recall.id, answer)


@router.post("/{code}/actions", status_code=201)
def act_on(
    visit: OpenVisit, code: str, new: SignedAction, version: ExpectedVersion, answer: Response
) -> ProceedingsView:
    """An office's act on a recall of its territory; `allowed` of the proceedings names those that have a place now."""
    sign(visit, new.signature)
    action = NewAction.model_validate(new.model_dump(exclude={"signature"}))
    return _tagged(visit, ordering.act_on(visit, code, action, version).recall_id, answer)
