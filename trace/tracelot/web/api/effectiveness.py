"""/recalls/…/effectiveness, /checks, /disposals and /drills"""

from uuid import UUID

from fastapi import Response

from tracelot.operations import checking, disposing, drills
from tracelot.operations import effectiveness as reckoning
from tracelot.records.effectiveness import (
    ChecksView,
    DisposalView,
    Done,
    DrillsView,
    DrillView,
    EffectivenessView,
    NewDisposal,
    NewSample,
    Performed,
    Watched,
)
from tracelot.web.api.shapes import MOST, Cursor, Limit
from tracelot.web.routers import operations
from tracelot.web.signatures import GivenSignature, sign
from tracelot.web.visits import ExpectedVersion, OpenVisit

router = operations("recalls")


class SignedWatch(Watched):
    signature: GivenSignature | None = None


@router.get("/recalls/{code}/effectiveness")
def read_effectiveness(
    visit: OpenVisit, code: str, limit: Limit = MOST, cursor: Cursor = None
) -> EffectivenessView:
    """What became of the recalled goods, by batch and consignee; for the firm and the offices that watch it.

    Amounts are in the base unit of their batch; null is unknown. `accounted` counts what the firm has, what was
    sold, used or destroyed, and what consignees counted, sealed, set apart or answered; it closes when it is what
    was made, give or take the tolerance. The batches that were shipped come first; the curves are those of all.
    """
    return reckoning.effectiveness_of(visit, reckoning.recall_in_work(visit, code), limit, cursor)


@router.get("/recalls/{code}/score")
def read_score(visit: OpenVisit, code: str) -> DrillView:
    """How a recall or a drill went: time to scope and to notify, what is accounted for, and the mass balance."""
    return drills.drill_view(visit, code)


@router.get("/drills")
def list_drills(visit: OpenVisit) -> DrillsView:
    """The own drills with their scores, and by when the next one is due."""
    return drills.drills(visit)


@router.get("/recalls/{code}/checks")
def list_checks(visit: OpenVisit, code: str) -> ChecksView:
    """The sample of consignees that are asked again, and every attempt to reach them."""
    return checking.checks_of(visit, reckoning.recall_in_work(visit, code))


@router.post("/recalls/{code}/checks", status_code=201)
def draw_sample(visit: OpenVisit, code: str, new: NewSample) -> ChecksView:
    """Draw the sample by lot, once; a first attempt is planned with each consignee that was drawn."""
    checking.draw_sample(visit, code, new)
    return checking.checks_of(visit, reckoning.recall_in_work(visit, code))


@router.post("/recalls/{code}/checks/{check_id}")
def perform_check(
    visit: OpenVisit, code: str, check_id: UUID, done: Performed, version: ExpectedVersion
) -> ChecksView:
    """Record what a check found; whoever was unreachable gets a new attempt."""
    checking.perform_check(visit, code, check_id, done, version)
    return checking.checks_of(visit, reckoning.recall_in_work(visit, code))


@router.get("/recalls/{code}/disposals")
def list_disposals(visit: OpenVisit, code: str) -> list[DisposalView]:
    return disposing.disposals_of(visit, reckoning.recall_in_work(visit, code))


@router.post("/recalls/{code}/disposals", status_code=201)
def announce_disposal(visit: OpenVisit, code: str, new: NewDisposal, answer: Response) -> DisposalView:
    """Announce what is to be done with recalled goods: how much, how, where and when."""
    disposal = disposing.announce_disposal(visit, code, new)
    answer.headers["location"] = f"/api/v1/recalls/{code}/disposals"
    return _one(visit, code, disposal.id)


@router.post("/recalls/{code}/disposals/{disposal_id}/perform")
def perform_disposal(
    visit: OpenVisit, code: str, disposal_id: UUID, done: Done, version: ExpectedVersion
) -> DisposalView:
    """Say that a disposal is done, and by which event of the books."""
    disposing.perform_disposal(visit, code, disposal_id, done, version)
    return _one(visit, code, disposal_id)


@router.post("/recalls/{code}/disposals/{disposal_id}/witness")
def witness_disposal(
    visit: OpenVisit, code: str, disposal_id: UUID, seen: SignedWatch, version: ExpectedVersion
) -> DisposalView:
    """An office says that it watches. People send their signature; a program signs by its key."""
    sign(visit, seen.signature)
    disposing.witness_disposal(visit, code, disposal_id, Watched(witness=seen.witness), version)
    return _one(visit, code, disposal_id)


def _one(visit: OpenVisit, code: str, disposal_id: UUID) -> DisposalView:
    recall = reckoning.recall_in_work(visit, code)
    return next(one for one in disposing.disposals_of(visit, recall) if one.id == disposal_id)
