"""/gov/samplings/{id} and /app/samplings/{id}: a sheet with all that followed, and the steps that are the reader's."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from fastapi import Request, Response
from fastapi.responses import RedirectResponse
from pydantic import BaseModel

from tracelot.operations import (
    food_limits,
    official_reports,
    parties,
    publishing_results,
    recall_starts,
    retests,
    sampling_allowed,
    sampling_cases,
    sampling_custody,
    sampling_notices,
    sampling_objections,
    sampling_reports,
    sampling_starts,
    sampling_tasks,
    sampling_views,
    sampling_work,
    samplings,
)
from tracelot.operations.sampling_findings import uncertified
from tracelot.operations.visit import Visit
from tracelot.records.limits import food_categories
from tracelot.records.sampling_plans import Withdrawal
from tracelot.records.sampling_steps import (
    Answer,
    Application,
    CaseStep,
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
    Transfer,
    TurnedAway,
)
from tracelot.records.sampling_views import PaperView, SamplingView
from tracelot.rules.access import may
from tracelot.rules.refusals import Unknown
from tracelot.rules.sampling_law import KEEPING, RIGHTS
from tracelot.rules.sampling_stages import MEASURES, REFUSAL_REASONS
from tracelot.web.forms import Form, SentForm, fresh_form
from tracelot.web.pages.sampling_work import base_of
from tracelot.web.reading import read_id
from tracelot.web.rendering import render
from tracelot.web.routers import pages
from tracelot.web.signatures import signed
from tracelot.web.visits import OpenVisit

router = pages()

ROWS = 5  # of findings in the form


class Wordless(BaseModel):
    """What a step is told that says all by itself."""


@dataclass(frozen=True)
class Step:
    """One step as its form takes it: what is read, what is done, and the act that is signed."""

    shape: type[BaseModel]
    do: Callable[[Visit, UUID, Form, Any], Any]
    grave: str = ""


STEPS: dict[str, Step] = {
    "cosign": Step(Cosigned, lambda visit, id_, _, new: samplings.cosign(visit, id_, new)),
    "hand_over": Step(
        Handed, lambda visit, id_, form, new: sampling_custody.hand_over(visit, id_, new, form.version)
    ),
    "receive": Step(
        ReceivedSample, lambda visit, id_, form, new: sampling_custody.receive(visit, id_, new, form.version)
    ),
    "turn_away": Step(
        TurnedAway, lambda visit, id_, form, new: sampling_custody.turn_away(visit, id_, new, form.version)
    ),
    "report": Step(
        LabReport,
        lambda visit, id_, form, new: sampling_reports.report(visit, id_, new, form.version),
        "sampling.reported",
    ),
    "notify": Step(
        NewNotice,
        lambda visit, id_, form, new: sampling_notices.notify(visit, id_, new, form.version),
        "sampling.noticed",
    ),
    "served": Step(
        Served,
        lambda visit, id_, form, new: sampling_notices.tell_served(visit, id_, _id(form, "notice_id"), new),
        "sampling.served",
    ),
    "receipt": Step(
        Served,
        lambda visit, _, form, __: sampling_notices.sign_receipt(visit, _id(form, "notice_id")),
        "sampling.served",
    ),
    "waive": Step(
        Served,
        lambda visit, _, form, __: sampling_notices.waive(visit, _id(form, "notice_id")),
        "sampling.waived",
    ),
    "apply": Step(
        Application,
        lambda visit, _, form, new: retests.apply_for_retest(visit, _id(form, "notice_id"), new),
        "sampling.applied",
    ),
    "object": Step(
        Objection,
        lambda visit, _, form, new: sampling_objections.object_to(visit, _id(form, "notice_id"), new),
    ),
    "object_process": Step(
        Objection,
        lambda visit, _, form, new: sampling_objections.object_to(visit, _id(form, "notice_id"), new),
    ),
    "answer": Step(
        Answer,
        lambda visit, id_, form, new: sampling_objections.answer_objection(
            visit, id_, _id(form, "notice_id"), new, form.version
        ),
    ),
    "settle_change": Step(
        Settlement,
        lambda visit, id_, form, new: official_reports.settle_change(visit, id_, new, form.version),
        "sampling.settled",
    ),
    "accept_retest": Step(
        Decision,
        lambda visit, id_, form, new: retests.decide_retest(visit, id_, new, form.version),
        "sampling.accepted",
    ),
    "refuse_retest": Step(
        Decision,
        lambda visit, id_, form, new: retests.decide_retest(visit, id_, new, form.version),
        "sampling.refused",
    ),
    "draw_lab": Step(Wordless, lambda visit, id_, form, _: retests.draw_lab(visit, id_, form.version)),
    "delay_draw": Step(
        Delay, lambda visit, id_, form, new: retests.delay_draw(visit, id_, new, form.version)
    ),
    "hand_spare": Step(
        Handed, lambda visit, id_, form, new: retests.hand_spare(visit, id_, new, form.version)
    ),
    "receive_spare": Step(
        ReceivedSample, lambda visit, id_, form, new: retests.receive_spare(visit, id_, new, form.version)
    ),
    "report_retest": Step(
        LabReport,
        lambda visit, id_, form, new: sampling_reports.report_retest(visit, id_, new, form.version),
        "sampling.retested",
    ),
    "open_case": Step(
        NewCase, lambda visit, id_, form, new: sampling_cases.open_case(visit, id_, new, form.version)
    ),
    "case_step": Step(
        CaseStep, lambda visit, _, form, new: sampling_cases.take_case_step(visit, _id(form, "case_id"), new)
    ),
    "transfer": Step(
        Transfer, lambda visit, _, form, new: sampling_cases.transfer_case(visit, _id(form, "case_id"), new)
    ),
    "finish_case": Step(
        Wordless,
        lambda visit, _, form, __: sampling_cases.finish_case(visit, _id(form, "case_id")),
        "sampling.case-finished",
    ),
    "publish": Step(
        NewResult,
        lambda visit, id_, form, new: publishing_results.publish(visit, id_, new, form.version),
        "sampling.published",
    ),
    "withdraw": Step(
        Withdrawal,
        lambda visit, id_, form, new: publishing_results.withdraw(visit, id_, new.reason, form.version),
        "sampling.withdrawn",
    ),
}


def _id(form: Form, name: str) -> UUID:
    found = read_id(form[name])
    if found is None:
        raise Unknown("unknown-notice", "No such notice.")
    return found


SEALED = ("hand_over", "receive", "hand_spare", "receive_spare")


def _more(step: str, form: Form) -> dict[str, Any]:
    """What a form says by boxes and rows."""
    told: dict[str, Any] = {}
    if step == "cosign":
        told["signature"] = {name: form[name] for name in ("typed", "drawn")}
        told["signature"]["acknowledged"] = bool(form["acknowledged"])
    if step in SEALED:
        told["seal_intact"] = bool(form["seal_intact"])
    if step in ("receive", "receive_spare"):
        told["spare_received"] = bool(form["spare_received"])
    if step in ("report", "report_retest"):
        lines = form["judgement_basis"].splitlines()
        told["judgement_basis"] = [line.strip() for line in lines if line.strip()]
        told["findings"] = list(_findings(form))
    if step in ("accept_retest", "refuse_retest"):
        told["accepted"] = step == "accept_retest"
    for choice in {"answer": ("upheld",), "settle_change": ("accepted",)}.get(step, ()):
        told[choice] = {"true": True, "false": False}.get(form[choice])
    if step == "case_step":
        told["measures"] = form.lists.get("measures", [])
        told["flow_found"] = {"true": True, "false": False}.get(form["flow_found"])
    if step == "publish":
        told["urgent"] = bool(form["urgent"])
    return told


def _findings(form: Form) -> list[dict[str, Any]]:
    names = ("analyte", "measured_text", "unit", "method", "limit_text", "said")
    rows = [{name: form[f"{name}{row}"] for name in names} for row in range(ROWS)]
    return [{name: text for name, text in row.items() if text.strip()} for row in rows if any(row.values())]


@router.get("/{sampling_id}")
def show_sheet(request: Request, visit: OpenVisit, sampling_id: UUID) -> Response:
    return sheet_page(request, visit, sampling_views.sampling_of(visit, sampling_id), fresh_form(request))


@router.post("/{sampling_id}/steps/{step}")
def take_step(request: Request, visit: OpenVisit, sampling_id: UUID, step: str, form: SentForm) -> Response:
    known = STEPS.get(step)
    if known is None:
        raise Unknown("not-found", "There is nothing at this address.")
    view = sampling_views.sampling_of(visit, sampling_id)
    new = form.read(known.shape, **_more(step, form))
    if new is not None:
        act = lambda: known.do(visit, view.id, form, new)  # noqa: E731
        if signed(visit, form, act) if known.grave else form.attempt(act):
            return RedirectResponse(f"{base_of(visit)}/{sampling_id}?done=step", 303)
    return sheet_page(request, visit, view, form, 422, step)


def sheet_page(
    request: Request, visit: Visit, view: SamplingView, form: Form, status: int = 200, step: str = ""
) -> Response:
    """A sheet as its reader sees it, with the step that came back open."""
    cases = _cases(visit, view)
    failing = recall_starts.failing_report(visit, view)
    reporting = "report" in view.allowed or "report_retest" in view.allowed
    return render(
        request,
        "sampling/sheet.html",
        status,
        base=base_of(visit),
        sampling=view,
        form=form,
        step=step,
        blank=fresh_form(request),
        steps=STEPS,
        rows=range(ROWS),
        own=[one for one in view.papers if one.kind == "noticed" and one.to_id == visit.actor.party_id],
        objections=sampling_allowed.unanswered(view.papers),
        served={one.told["notice_id"] for one in view.papers if one.kind == "served"},
        asking=_asking(view),
        report=sampling_starts.report_of(visit, view),
        cases=cases,
        recalls=sampling_starts.recalls_of(visit, view) if cases else [],
        failing=failing,
        orders=recall_starts.orders(visit, failing),
        orders_seller=recall_starts.orders_seller(visit, failing, view.firm_id),
        categories=food_categories().values() if reporting else [],
        analytes=food_limits.analytes(visit) if reporting else [],
        story=list(_story(view.papers)),
        region=parties.region_names(visit, [view.region_code])[view.region_code],
        offices=sampling_tasks.other_offices(visit) if cases else [],
        ends_alone=KEEPING | RIGHTS,
        measures=MEASURES,
        refusals=REFUSAL_REASONS,
        uncertified=uncertified(visit, sampling_work.find_sampling(visit, view.id)),
    )


def _cases(visit: Visit, view: SamplingView) -> set[UUID]:
    """The open follow-ups with which the reader goes on."""
    if not may(visit.actor, "sampling.decide"):
        return set()
    return {
        one.id for one in view.cases if one.state == "open" and sampling_cases.carries(visit, one.office_id)
    }


def _asking(view: SamplingView) -> set[str]:
    """The notices whose firm may still ask for a re-test."""
    running = {
        str(one.subject_id)
        for one in view.clocks
        if one.kind == "retest_apply" and one.state in ("running", "soon")
    }
    return running if view.state == "reported" and view.retest in ("none", "refused") else set()


def _story(papers: Sequence[PaperView]) -> Iterator[PaperView]:
    """The newest first; a draw is told once, however many were told of it."""
    drawn = [one for one in papers if one.kind == "lab_drawn"]
    yield from (one for one in reversed(papers) if one not in drawn[1:])
