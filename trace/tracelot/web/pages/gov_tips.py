"""/gov/tips: reports of the public as offices triage them; /app/complaints: what a firm was told of them."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from fastapi import Request, Response
from fastapi.responses import RedirectResponse

from tracelot.operations import duties, parties, tip_views, tip_work, tipping
from tracelot.operations.visit import Visit
from tracelot.records.tips import (
    Assigned,
    Closed,
    Linked,
    Merged,
    Noted,
    Shared,
    Tip,
    TipContact,
    TipFilter,
    Transferred,
)
from tracelot.rules.access import may
from tracelot.rules.parties import covers
from tracelot.rules.refusals import Unknown
from tracelot.rules.tipping import CLOSINGS, TIP_KINDS, TIP_STATES, TipStep
from tracelot.web.forms import Form, SentForm, fresh_form
from tracelot.web.rendering import render
from tracelot.web.routers import pages
from tracelot.web.visits import OpenVisit

router = pages()

SHOWN = 50
STATES = ("open", *TIP_STATES)
STEPS: dict[TipStep, tuple[type[Any], Callable[[Visit, UUID, Any, int | None], object]]] = {
    "assigned": (Assigned, tip_work.assign_tip),
    "investigating": (Noted, tip_work.investigate_tip),
    "noted": (Noted, tip_work.note_tip),
    "shared": (Shared, tip_work.share_tip),
    "linked": (Linked, tip_work.link_tip),
    "merged": (Merged, tip_work.merge_tip),
    "transferred": (Transferred, tip_work.transfer_tip),
    "closed": (Closed, tip_work.close_tip),
}


@router.get("/gov/tips")
def list_tips(
    request: Request, visit: OpenVisit, state: str = "open", kind: str = "", cursor: str | None = None
) -> Response:
    asked = TipFilter(state if state in (*STATES, "") else "open", kind if kind in TIP_KINDS else None)
    page = tip_views.list_tips(visit, asked, SHOWN, cursor or None)
    return render(
        request,
        "gov/tips.html",
        page=page,
        asked=asked,
        cursor=cursor,
        states=STATES,
        kinds=TIP_KINDS,
        regions=parties.region_names(visit, [one.region_code for one in page.items]),
    )


@router.get("/gov/tips/{tip_id}")
def show_tip(request: Request, visit: OpenVisit, tip_id: UUID) -> Response:
    return _page(request, visit, tip_work.find_tip(visit, tip_id), fresh_form(request))


@router.post("/gov/tips/{tip_id}/contact")
def open_contact(request: Request, visit: OpenVisit, tip_id: UUID, form: SentForm) -> Response:
    """Who reported is shown in this one answer, and each look is in the journal."""
    tip = tip_work.find_tip(visit, tip_id)
    contact = form.attempt(lambda: tip_work.open_contact(visit, tip_id, form["reason"]))
    if form.errors:
        return _page(request, visit, tip, form, "contact")
    return _page(request, visit, tip, fresh_form(request), contact=contact)


@router.post("/gov/tips/{tip_id}/{step}")
def take_step(request: Request, visit: OpenVisit, tip_id: UUID, step: TipStep, form: SentForm) -> Response:
    tip = tip_work.find_tip(visit, tip_id)
    if step not in STEPS:
        raise Unknown("not-found", "There is nothing at this address.")
    shape, act = STEPS[step]
    new = form.read(shape)
    if new is not None and form.attempt(lambda: act(visit, tip_id, new, form.version)) is not None:
        done = "complaint-told" if step == "shared" else "tip-step"
        return RedirectResponse(f"/gov/tips/{tip_id}?done={done}", 303)
    return _page(request, visit, tip, form, step)


@router.get("/gov/tips/{tip_id}/photos/{photo_id}.jpg")
def show_photo(visit: OpenVisit, tip_id: UUID, photo_id: UUID) -> Response:
    content = tipping.photo_of(visit, tip_work.find_tip(visit, tip_id), photo_id)
    return Response(content, media_type="image/jpeg", headers={"cache-control": "no-store"})


def _page(
    request: Request,
    visit: Visit,
    tip: Tip,
    form: Form,
    wrong: str = "",
    contact: TipContact | None = None,
) -> Response:
    others = tip_views.offices_beside(visit)
    main = tip_views.main_tip(visit, tip)
    answer = render(
        request,
        "gov/tip.html",
        422 if form.errors else 200,
        tip=tip_views.view(visit, tip),
        form=form,
        wrong=wrong,
        contact=contact,
        steps=tip_views.steps_for(visit, tip),
        own=tip_work.handles(visit, tip) and may(visit.actor, "tip.handle"),
        both=tip_views.in_charge(visit, tip),
        people=duties.colleagues(visit),
        helpers=[one for one in others if all(covers(visit.actor.territory, area) for area in one.territory)],
        offices=[one for one in others if len(one.territory[0]) <= 6],  # noqa: PLR2004
        closings=CLOSINGS,
        main=main,
        recall=tip_views.recall_code(visit, tip),
        sampling=tip_views.sampling_of(visit, tip),
        samplings=tip_views.samplings_near(visit, tip),
        batch_code=tip_views.batch_code(visit, tip),
        regions=parties.region_names(visit, [tip.region_code]),
    )
    answer.headers["cache-control"] = "no-store"
    return answer


@router.get("/app/complaints")
def list_complaints(request: Request, visit: OpenVisit) -> Response:
    return render(request, "app/complaints.html", complaints=tip_views.complaints(visit))
