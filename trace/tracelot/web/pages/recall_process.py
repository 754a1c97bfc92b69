"""What the pages of a recall say of its proceedings, for its firm and for its offices."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from fastapi import Response

from tracelot.operations import parties, proceedings
from tracelot.operations.effectiveness import Reckoning
from tracelot.operations.proceeding_papers import Paper
from tracelot.operations.visit import Visit
from tracelot.records.proceedings import ActionView, PlanView, ProceedingsView, ReportView
from tracelot.records.recalls import Recall
from tracelot.rules.recalls import LEVELS
from tracelot.rules.stages import STAGES
from tracelot.web.forms import Form
from tracelot.web.pages.duty_shown import duty_values


def read_level(form: Form) -> dict[str, int]:
    """The level that a form names, where it is one."""
    return {"level": int(form["level"])} if form["level"] in map(str, LEVELS) else {}


@dataclass(frozen=True)
class Moment:
    """Something that was handed in or ordered: a plan, a report, or an act."""

    kind: str
    when: datetime
    item: PlanView | ReportView | ActionView


def moments_of(work: ProceedingsView) -> list[Moment]:
    """All of them, the latest first; a plan that is still being written is nobody's yet."""
    return sorted(_moments(work), key=lambda one: one.when, reverse=True)


def _moments(work: ProceedingsView) -> Iterator[Moment]:
    for plan in work.plans:
        if plan.submitted_at is not None:
            yield Moment("plan", plan.submitted_at, plan)
    for report in work.reports:
        yield Moment("report", report.recorded_at, report)
    for act in work.actions:
        yield Moment("act", act.recorded_at, act)


def asked_for(work: ProceedingsView) -> list[ActionView]:
    """Reports that an office required and that did not come yet."""
    last = max((one.recorded_at for one in work.reports), default=None)
    required = [one for one in work.actions if one.type == "require_report"]
    return [one for one in required if last is None or one.recorded_at > last]


def process_values(visit: Visit, recall: Recall, found: Reckoning | None = None) -> dict[str, Any]:
    """What a recall's page needs for its proceedings."""
    work = proceedings.view(visit, recall, found)
    plan = work.plans[-1] if work.plans else None
    changes = [one.text for one in work.actions if one.type == "change_plan"]
    codes = {*work.reached_areas, work.supervised_area}
    codes |= {one.area for one in work.actions if one.area}
    return {
        "work": work,
        "plan": plan,
        "change_wanted": changes[-1] if changes else "",
        "asked": asked_for(work),
        "moments": moments_of(work),
        "stages": STAGES,
        "regions": parties.region_names(visit, codes),
        **duty_values(visit, "recall", recall.id),
    }


def paper_answer(paper: Paper) -> Response:
    head = {"content-disposition": f'attachment; filename="{paper.name}"', "cache-control": "no-store"}
    return Response(paper.content, media_type="application/pdf", headers=head)
