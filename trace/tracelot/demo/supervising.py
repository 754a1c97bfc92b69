"""What the story's firms, laboratories, offices and the public find: inspections, sampling, complaints and duties."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlmodel import SQLModel

from tracelot.demo.trading import Trade
from tracelot.operations import (
    checking,
    disposing,
    duties,
    hold_requests,
    inspections,
    laboratories,
    publishing_results,
    retests,
    sampling_cases,
    sampling_custody,
    sampling_notices,
    sampling_plans,
    sampling_reports,
    sampling_tasks,
    samplings,
    tip_work,
    tipping,
)
from tracelot.operations.effectiveness import recall_in_work
from tracelot.operations.passwords import new_secret
from tracelot.operations.visit import Visit
from tracelot.records import effectiveness, sampling_steps, tips
from tracelot.records.holding import HoldAnswer
from tracelot.records.inspections import NewInspection
from tracelot.records.laboratories import NewScope
from tracelot.records.sampling_plans import DrawnTasks, NewDraw, NewSamplingPlan, NewTask
from tracelot.records.samplings import NewSampling
from tracelot.rules.places import batch_id


def _name(visit: Visit, kind: Any, subject: Any, account: UUID) -> object:
    return duties.name_responsible(visit, kind, str(subject), account)


def _send_tip(visit: Visit, new: tips.NewTip) -> object:
    return tipping.receive_tip(visit, new, new_secret())


def _link_sample(visit: Visit, tip_id: UUID, sampling_id: UUID) -> object:
    return tip_work.link_tip(visit, tip_id, tips.Linked(sampling=str(sampling_id)))


def _answer_hold(visit: Visit, new: HoldAnswer) -> object:
    return hold_requests.answer_hold(visit, hold_requests.requests_to(visit)[0].id, new)


def _check(visit: Visit, recall: str, new: effectiveness.Performed) -> object:
    planned = checking.checks_of(visit, recall_in_work(visit, recall)).items
    return checking.perform_check(visit, recall, planned[0].id, new)


# what the data calls an act: its operation, and the shape of what it is told, if it is told anything
DEEDS: dict[str, tuple[Callable[..., Any], type[SQLModel] | None]] = {
    "certify": (laboratories.record_scope, NewScope),
    "name": (_name, None),
    "inspect": (inspections.record_inspection, NewInspection),
    "plan": (sampling_plans.make_plan, NewSamplingPlan),
    "freeze": (sampling_plans.freeze_frame, None),
    "draw": (sampling_plans.draw, NewDraw),
    "give-drawn": (sampling_tasks.give_drawn, DrawnTasks),
    "give": (sampling_tasks.give_task, NewTask),
    "sample": (samplings.take_sample, NewSampling),
    "hand-over": (sampling_custody.hand_over, sampling_steps.Handed),
    "receive": (sampling_custody.receive, sampling_steps.ReceivedSample),
    "report": (sampling_reports.report, sampling_steps.LabReport),
    "notify": (sampling_notices.notify, sampling_steps.NewNotice),
    "sign-receipt": (sampling_notices.sign_receipt, None),
    "ask-retest": (retests.apply_for_retest, sampling_steps.Application),
    "publish": (publishing_results.publish, sampling_steps.NewResult),
    "open-case": (sampling_cases.open_case, sampling_steps.NewCase),
    "case-step": (sampling_cases.take_case_step, sampling_steps.CaseStep),
    "answer-hold": (_answer_hold, HoldAnswer),
    "send-tip": (_send_tip, tips.NewTip),
    "assign-tip": (tip_work.assign_tip, tips.Assigned),
    "investigate-tip": (tip_work.investigate_tip, tips.Noted),
    "note-tip": (tip_work.note_tip, tips.Noted),
    "link-tip": (tip_work.link_tip, tips.Linked),
    "link-sample": (_link_sample, None),
    "share-tip": (tip_work.share_tip, tips.Shared),
    "close-tip": (tip_work.close_tip, tips.Closed),
    "draw-checks": (checking.draw_sample, effectiveness.NewSample),
    "check": (_check, effectiveness.Performed),
    "announce-disposal": (disposing.announce_disposal, effectiveness.NewDisposal),
}


@dataclass
class Supervision:
    """Does what the data tells. A text such as "@party village" stands for what it names.

    `recalls` has the codes of recalls by firm, `people` accounts by their login, `made` what came of earlier acts.
    """

    trade: Trade
    recalls: dict[str, str] = field(default_factory=dict)
    people: dict[str, UUID] = field(default_factory=dict)
    made: dict[str, UUID] = field(default_factory=dict)

    def do(self, visit: Visit, told: dict[str, Any]) -> None:
        act, shape = DEEDS[told["do"]]
        given = [self._meant(visit, one) for one in told.get("on", ())]
        if shape is not None:
            given.append(shape.model_validate(self._meant(visit, told["told"])))
        done = act(visit, *given)
        if "name" in told:
            self.made[told["name"]] = (done[0] if isinstance(done, list) else done).id

    def _meant(self, visit: Visit, told: Any) -> Any:
        if isinstance(told, dict):
            return {name: self._meant(visit, one) for name, one in told.items()}
        if isinstance(told, list):
            return [self._meant(visit, one) for one in told]
        if not isinstance(told, str) or not told.startswith("@"):
            return told
        what, _, name = told[1:].partition(" ")
        return self._named(visit, what, name)

    def _named(self, visit: Visit, what: str, name: str) -> Any:
        match what:
            case "now":
                return visit.now
            case "day":  # so many days after the one on which it is told
                return visit.today + timedelta(days=int(name or 0))
            case "batch":
                product, _, code = name.partition(" ")
                return batch_id(self.trade.products[product], code)
            case _:
                named: dict[str, dict[str, Any]] = {
                    "party": self.trade.parties,
                    "product": self.trade.products,
                    "person": self.people,
                    "recall": self.recalls,
                    "made": self.made,
                }
                return named[what][name]
