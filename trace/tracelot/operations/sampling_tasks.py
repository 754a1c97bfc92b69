"""Tasks of supervised sampling: given to an office and a laboratory, in whose inbox they stand until they are done."""

from uuid import UUID

from sqlmodel import col, select

from tracelot.operations.changing import demand_version
from tracelot.operations.parties import demand_division
from tracelot.operations.sampling_plans import hold_plan
from tracelot.operations.sampling_work import actor_party
from tracelot.operations.visit import Visit
from tracelot.records.batches import Batch
from tracelot.records.locking import HELD
from tracelot.records.parties import Party
from tracelot.records.reaches import names_of
from tracelot.records.sampling_plans import (
    DrawnTasks,
    NewTask,
    SamplingCandidate,
    SamplingPlan,
    SamplingTask,
    TaskView,
    list_candidates,
    list_tasks,
)
from tracelot.rules.ids import derived_id, new_id
from tracelot.rules.parties import LENGTHS, area_prefix, covers
from tracelot.rules.refusals import Conflict, Unknown, unfit
from tracelot.rules.retention import TWO_YEARS
from tracelot.rules.sampling_plans import Stratum

MOST = 500


def give_task(visit: Visit, new: NewTask) -> SamplingTask:
    """Give a task to an office of the territory and to a laboratory."""
    visit.demand("sampling.plan")
    demand_division(visit, new.region_code)
    if not covers(visit.actor.territory, area_prefix(new.region_code)):
        raise unfit("outside-territory", "This lies outside of your territory.", "region_code")
    if new.plan_id is not None:
        hold_plan(visit, new.plan_id)
    _demand_office(visit, new.office_id, new.region_code)
    demand_lab(visit, new.lab_id)
    return _keep(visit, new, new_id())


def give_drawn(visit: Visit, plan_id: UUID, new: DrawnTasks) -> list[SamplingTask]:
    """One task for each that a plan drew of a stratum; sent again, it gives out nothing twice."""
    visit.demand("sampling.plan")
    plan = hold_plan(visit, plan_id)
    if plan.state != "drawn":
        raise Conflict("not-drawn", "This plan is not drawn yet.")
    cell = next((one for one in plan.cells() if one.number == new.stratum), None)
    if cell is None:
        raise unfit("unknown-stratum", "This plan has no such stratum.", "stratum")
    demand_lab(visit, new.lab_id)
    given = []
    for row in list_candidates(visit.session, plan.id):
        if not row.drawn or row.stratum != cell.number:
            continue
        _demand_office(visit, new.office_id, row.region_code)
        id_ = derived_id(plan.id, f"task {row.stratum} {row.key}")
        given.append(visit.session.get(SamplingTask, id_) or _keep(visit, _drawn(plan, new, cell, row), id_))
    return given


def _drawn(plan: SamplingPlan, new: DrawnTasks, cell: Stratum, row: SamplingCandidate) -> NewTask:
    told = plan.model_dump(include={"task_type", "scope"}) | {"category": cell.category, "stage": cell.stage}
    told |= new.model_dump(include={"office_id", "lab_id", "due_on"})
    told |= row.model_dump(include={"plan_id", "region_code", "firm_id"})
    batch = row.key if plan.draws == "batch" else None
    return NewTask.model_validate(told | {"source": plan.source or plan.name, "batch_id": batch})


def _keep(visit: Visit, new: NewTask, id_: UUID) -> SamplingTask:
    task = SamplingTask(
        **new.model_dump(),
        id=id_,
        party_id=actor_party(visit),
        area=visit.actor.territory[0],
        retain_until=visit.today + TWO_YEARS,
        recorded_at=visit.now,
        recorded_by=visit.actor.id,
    )
    visit.session.add(task)
    visit.session.flush()
    visit.record("sampling.task-given", task, party_id=task.party_id)
    return task


def _demand_office(visit: Visit, office_id: UUID, region_code: str) -> None:
    """An office below, or the own one, that watches where the sample is to be taken."""
    office = visit.session.get(Party, office_id)
    if (
        office is None
        or office.type != "regulator"
        or office.status != "verified"
        or office.archived_at is not None
    ):
        raise unfit("no-office", "This is no office of your territory.", "office_id")
    inside = any(covers(visit.actor.territory, area) for area in office.territory)
    area = area_prefix(region_code)
    if not inside or not (
        covers(office.territory, area) or any(one.startswith(area) for one in office.territory)
    ):
        raise unfit("no-office", "This is no office of your territory.", "office_id")


def demand_lab(visit: Visit, lab_id: UUID) -> Party:
    lab = visit.with_published().get(Party, lab_id)
    if lab is None or lab.type != "lab" or lab.status != "verified" or lab.archived_at is not None:
        raise unfit("no-lab", "This is no confirmed laboratory.", "lab_id")
    return lab


def find_task(visit: Visit, task_id: UUID) -> SamplingTask:
    visit.demand("sampling.read")
    task = visit.session.get(SamplingTask, task_id)
    if task is None:
        raise Unknown("unknown-task", "No such sampling task.")
    return task


def withdraw_task(visit: Visit, task_id: UUID, reason: str, version: int | None = None) -> SamplingTask:
    """Take a task back before anything was sampled for it."""
    visit.demand("sampling.plan")
    if find_task(visit, task_id).party_id != visit.actor.party_id:
        raise Unknown("unknown-task", "No such sampling task.")
    task = visit.session.get_one(SamplingTask, task_id, with_for_update=HELD, populate_existing=True)
    demand_version(task, version)
    if task.state != "open" or task.taken:
        raise Conflict("task-begun", "Something was sampled for this task, or it is closed: it stays.")
    task.state = "withdrawn"
    visit.session.add(task)
    visit.session.flush()
    visit.record("sampling.task-withdrawn", task, party_id=task.party_id, reason=reason)
    return task


def tasks(visit: Visit, *, closed: bool = False) -> list[TaskView]:
    """The tasks of the own office or laboratory, those of the territory, and those that were given out."""
    visit.demand("sampling.read")
    states = ("done", "withdrawn") if closed else ("open",)
    return [view_task(visit, one) for one in list_tasks(visit.session, states, MOST)]


def view_task(visit: Visit, task: SamplingTask) -> TaskView:
    kernel = visit.kernel()
    ids = [one for one in (task.party_id, task.office_id, task.lab_id, task.firm_id) if one is not None]
    names = names_of(kernel, ids)
    batch = kernel.get(Batch, task.batch_id) if task.batch_id else None
    told = _named("by", names[task.party_id]) | _named("office", names[task.office_id])
    more = {
        "firm_zh": names[task.firm_id][0] if task.firm_id in names else None,
        "batch_code": batch.code if batch else None,
        "overdue": task.state == "open" and task.due_on is not None and task.due_on < visit.today,
    }
    return TaskView.model_validate(task.model_dump() | told | _named("lab", names[task.lab_id]) | more)


def _named(what: str, name: tuple[str, str | None]) -> dict[str, str | None]:
    return {f"{what}_zh": name[0], f"{what}_en": name[1]}


def offices_below(visit: Visit) -> list[Party]:
    """The own office and those inside the territory, to which a task can be given."""
    visit.demand("sampling.plan")
    query = select(Party).where(Party.type == "regulator", Party.status == "verified")
    found = visit.session.exec(query.where(col(Party.archived_at).is_(None)).order_by(col(Party.region_code)))
    return [one for one in found if any(covers(visit.actor.territory, area) for area in one.territory)]


def laboratories(visit: Visit) -> list[Party]:
    """Confirmed laboratories, wherever they are."""
    visit.demand("sampling.plan")
    query = select(Party).where(Party.type == "lab", Party.status == "verified")
    found = visit.with_published().exec(
        query.where(col(Party.archived_at).is_(None)).order_by(col(Party.name_zh))
    )
    return list(found)


def other_offices(visit: Visit) -> list[Party]:
    """Offices of counties and above to which a follow-up can be handed over, wherever they are."""
    visit.demand("sampling.decide")
    query = select(Party).where(Party.type == "regulator", Party.status == "verified")
    found = visit.with_published().exec(query.order_by(col(Party.region_code)))
    own = visit.actor.party_id
    return [one for one in found if one.id != own and len(one.territory[0]) <= LENGTHS["county"]]
