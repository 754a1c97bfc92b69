"""The ledger of a recall as the pages of its firm and of an office show it: sums, curves, checks and disposals."""

from typing import Any

from fastapi import Request, Response
from markupsafe import Markup

from tracelot.formats.curves import CurveWords, Line, curves_svg
from tracelot.operations import checking, disposing, proceedings, recalls
from tracelot.operations import effectiveness as reckoning
from tracelot.operations.visit import Visit
from tracelot.operations.watching import stand_of
from tracelot.records.effectiveness import (
    CHECK_METHODS,
    DISPOSAL_METHODS,
    OUTCOMES,
    DisposalView,
    EffectivenessView,
)
from tracelot.records.recalls import Recall, RecallView
from tracelot.rules.quantities import UNITS
from tracelot.rules.recall_law import Left
from tracelot.rules.sampling import CHECK_LEVELS
from tracelot.web.forms import Form
from tracelot.web.pages.clock import local
from tracelot.web.pages.recall_law import law_values
from tracelot.web.pages.recall_reach import reach_values
from tracelot.web.rendering import reader_of, render
from tracelot.web.wording import N_

MOST_SHOWN = 20  # batches on one page
CURVES = {"notified": N_("told"), "responded": N_("answered"), "recovered": N_("recovered")}
TITLE = N_(
    "Share of the consignees told, of those that answered, and of the shipped goods recovered, over time"
)


def values(
    visit: Visit, recall: Recall, found: reckoning.Reckoning, cursor: str | None = None
) -> dict[str, Any]:
    """What the block `recall/_ledger.html` shows, on whichever page of a recall it stands."""
    public = recall.state == "published"
    return _where(visit, recall) | {
        "ledger": reckoning.view_of(visit, found, MOST_SHOWN, cursor),
        "headline": proceedings.figures_of(visit, recall, found) if public else None,
    }


def _where(visit: Visit, recall: Recall) -> dict[str, Any]:
    office = recall.party_id != visit.actor.party_id
    at = f"/gov/recalls/{recall.code}" if office else f"/app/recalls/{recall.id}"
    return {"ledger_at": at, "office": office}


def live_values(visit: Visit, recall: Recall, view: RecallView) -> dict[str, Any]:
    """Of `recall/_live.html` what costs little: the time limits, who was told, and a mark of how all of it stands."""
    law = law_values(visit, view)
    times = [(one.clock.kind, one.clock.state, one.clock.ends_at, _coarse(one.left)) for one in law["clocks"]]
    reach = reach_values(visit, view, f"{_where(visit, recall)['ledger_at']}/reach")
    return law | reach | {"stand": stand_of(visit, recall, times)}


def _coarse(left: Left | None) -> tuple[int, ...]:
    """What is left of a limit, told so roughly that nobody's page is drawn anew more often than need be."""
    return () if left is None else (left.days, left.hours, 0 if left.days else left.minutes // 10)


def watch(request: Request, visit: Visit, recall: Recall) -> Response:
    """The live part of a recall's page, for whoever has it open; nothing while nothing changed."""
    view = recalls.view(visit, recall)
    shown = live_values(visit, recall, view)
    if request.query_params.get("seen") == shown["stand"]:
        return Response(status_code=204, headers={"cache-control": "no-store"})
    shown |= values(visit, recall, reckoning.reckon(visit, recall))
    return render(request, "recall/_live.html", recall=view, **shown)


def drawing(request: Request, visit: Visit, view: EffectivenessView) -> str:
    """The curves of a published recall; nothing before."""
    if view.since is None:
        return ""
    _ = reader_of(request).gettext
    lines = [
        Line(_(CURVES[one.name]), [(point.at, float(point.share)) for point in one.points])
        for one in view.curves
    ]
    return curves_svg(lines, view.since, visit.now, CurveWords(_(TITLE), _("h"), _("d")))


def show(request: Request, visit: Visit, recall: Recall, form: Form, status: int = 200) -> Response:
    """The page on which the work on a recall's goods is done."""
    cursor = request.query_params.get("cursor")
    shown = values(visit, recall, reckoning.reckon(visit, recall), cursor)
    disposals = disposing.disposals_of(visit, recall)
    return render(
        request,
        "recall/effectiveness.html",
        status,
        recall=recall,
        drawing=Markup(drawing(request, visit, shown["ledger"])),  # noqa: S704  (drawn by ourselves, escaped there)
        checks=checking.checks_of(visit, recall),
        disposals=disposals,
        acts={one.id: _acts(visit, recall, one) for one in disposals},
        places=disposing.own_facilities(visit),
        now=local(visit.now, visit.place.zone),
        form=form,
        cursor=cursor,
        levels=CHECK_LEVELS,
        methods=CHECK_METHODS,
        outcomes=OUTCOMES,
        ways=DISPOSAL_METHODS,
        units=UNITS,
        **shown,
    )


def _acts(visit: Visit, recall: Recall, disposal: DisposalView) -> list[tuple[str, Any]]:
    """The acts that a disposal may be tied to, while it is not done."""
    if disposal.performed_at or recall.party_id != visit.actor.party_id:
        return []
    return [(str(event.id), event.event_time) for event in disposing.acts_of(visit, recall, disposal.id)]
