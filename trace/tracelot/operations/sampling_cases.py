"""What is done at a firm about a sample that failed (核查处置): measures, cause, rectification, and how it ends."""

from uuid import UUID

from tracelot.operations.changing import demand_version
from tracelot.operations.sampling_work import (
    decide_on,
    find_sampling,
    happened,
    hold_sampling,
    keep_paper,
)
from tracelot.operations.visit import Visit
from tracelot.records.locking import HELD
from tracelot.records.parties import Party
from tracelot.records.recalls import find_recall_by_code
from tracelot.records.sampling_papers import SamplingCase, list_cases
from tracelot.records.sampling_steps import CaseStep, NewCase, Transfer
from tracelot.records.samplings import Sampling
from tracelot.rules.ids import new_id
from tracelot.rules.parties import LENGTHS, area_level, covers
from tracelot.rules.refusals import Conflict, Forbidden, Unknown, unfit
from tracelot.rules.retention import TWO_YEARS
from tracelot.rules.sampling_stages import demand_step


def open_case(visit: Visit, named: str | UUID, new: NewCase, version: int | None = None) -> SamplingCase:
    """Begin the follow-up of a sample that failed."""
    sampling = decide_on(visit, named, version)
    demand_step("case_opened", sampling.state)
    if sampling.verdict != "fail":
        raise Conflict("nothing-failed", "A follow-up is of a sample that failed.")
    if list_cases(visit.kernel(), sampling.id):
        raise Conflict("case-open", "This sample has its follow-up already.")
    case = _new(visit, sampling, visit.actor.party_id, new.case_no)
    keep_paper(visit, sampling, "case_opened", new.model_dump(mode="json"), case_id=case.id)
    happened(visit, sampling, "case_opened", subject=case.id, holder=case.office_id)
    return case


def _new(
    visit: Visit, sampling: Sampling, office: UUID | None, number: str, before: UUID | None = None
) -> SamplingCase:
    assert office is not None
    case = SamplingCase(
        id=new_id(), sampling_id=sampling.id, party_id=sampling.party_id, office_id=office, from_case_id=before,
        case_no=number, state="open", retain_until=visit.today + TWO_YEARS, recorded_at=visit.now,
        recorded_by=visit.actor.id,
    )  # fmt: skip
    visit.kernel().add(case)
    visit.kernel().flush()
    return case


def _hold(visit: Visit, case_id: UUID, version: int | None) -> tuple[Sampling, SamplingCase]:
    """An open case of the actor's office, or of one below it, with its sheet held."""
    visit.demand("sampling.decide")
    seen = visit.session.get(SamplingCase, case_id)
    if seen is None:
        raise Unknown("unknown-case", "No such follow-up.")
    sampling = hold_sampling(visit, seen.sampling_id)
    case = visit.kernel().get_one(SamplingCase, case_id, with_for_update=HELD, populate_existing=True)
    demand_version(case, version)
    if not handles(visit, case.office_id):
        raise Forbidden("other-office-decides", "The office that gave the task decides, or one above it.")
    if case.state != "open":
        raise Conflict("case-closed", "This follow-up is over, or went to another office.")
    return sampling, case


def handles(visit: Visit, office_id: UUID) -> bool:
    """Whether the actor works on the follow-ups of an office: its own, or one below it."""
    office = visit.kernel().get_one(Party, office_id)
    below = any(covers(visit.actor.territory, area) for area in office.territory)
    return below or office_id == visit.actor.party_id


def take_case_step(visit: Visit, case_id: UUID, new: CaseStep, version: int | None = None) -> SamplingCase:
    """Put on record what was done and found; what a step does not name stays as it was."""
    sampling, case = _hold(visit, case_id, version)
    if (new.sealed_qty is None) != (new.sealed_unit is None):
        raise unfit(
            "quantity-needs-unit", "A quantity needs its unit, and a unit its quantity.", "sealed_unit"
        )
    if new.recall_code:
        recall = find_recall_by_code(visit.with_published(), new.recall_code)
        if recall is None:
            raise unfit("unknown-recall", "No such recall.", "recall_code")
        case.recall_id = recall.id
    case.measures = sorted({*case.measures, *new.measures})
    if new.sealed_qty is not None:
        case.sealed_qty, case.sealed_unit = str(new.sealed_qty), new.sealed_unit
    for name in ("flow_found", "cause", "rectification", "accepted_on", "penalty_no"):
        if getattr(new, name) is not None:
            setattr(case, name, getattr(new, name))
    _keep(visit, case)
    keep_paper(visit, sampling, "case_step", new.model_dump(mode="json", exclude_unset=True), case_id=case.id)
    return case


def _keep(visit: Visit, case: SamplingCase) -> None:
    visit.kernel().add(case)
    visit.kernel().flush()


def transfer_case(visit: Visit, case_id: UUID, new: Transfer, version: int | None = None) -> SamplingCase:
    """Hand a follow-up over to another county's office, where the maker is (移送); it reads the sheet from now on."""
    sampling, case = _hold(visit, case_id, version)
    office = visit.kernel().get(Party, new.office_id)
    if (
        office is None
        or office.type != "regulator"
        or office.status != "verified"
        or office.id == case.office_id
    ):
        raise unfit("no-office", "This is no other office.", "office_id")
    if len(office.territory[0]) > LENGTHS["county"]:
        raise unfit(
            "township-decides-nothing", "A township decides nothing: name a county or one above.", "office_id"
        )
    case.state, case.finished_at = "transferred", visit.now
    _keep(visit, case)
    after = _new(visit, sampling, office.id, new.case_no, case.id)
    told = {
        "from": str(case.office_id),
        "office_id": str(office.id),
        "level": area_level(office.territory[0]),
        "reason": new.reason,
    }
    keep_paper(visit, sampling, "transferred", told, to=office.id, case_id=after.id)
    happened(visit, sampling, "case_finished", subject=case.id)
    happened(visit, sampling, "case_opened", subject=after.id, holder=office.id)
    return after


def finish_case(visit: Visit, case_id: UUID, version: int | None = None) -> SamplingCase:
    """End a follow-up: what was done, why the goods failed, and how it was put right stand on record."""
    sampling, case = _hold(visit, case_id, version)
    for name in ("measures", "cause", "rectification", "accepted_on"):
        if not getattr(case, name):
            raise unfit(
                "case-unfinished", "Measures, cause, rectification and its acceptance come first.", name
            )
    case.state, case.finished_at = "finished", visit.now
    _keep(visit, case)
    keep_paper(visit, sampling, "case_finished", {"case_no": case.case_no}, case_id=case.id)
    happened(visit, sampling, "case_finished", subject=case.id)
    return case


def find_case(visit: Visit, case_id: UUID) -> tuple[Sampling, SamplingCase]:
    case = visit.session.get(SamplingCase, case_id)
    if case is None:
        raise Unknown("unknown-case", "No such follow-up.")
    return find_sampling(visit, case.sampling_id), case
