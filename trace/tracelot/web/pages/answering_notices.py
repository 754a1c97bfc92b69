"""/n/{secret} and /app/notices: a recall as its consignee reads it, answers it and passes it on."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from fastapi import Request, Response
from fastapi.responses import RedirectResponse

from tracelot.operations import answering, forwarding, reach_views, recalls
from tracelot.operations.answering import Photo
from tracelot.operations.forwarding import Forwarded
from tracelot.operations.visit import Visit
from tracelot.records.consignees import NewAnswer, NewTarget, NoticeView, RecallAnswer, RecallNotice
from tracelot.rules.access import may
from tracelot.rules.refusals import Unknown
from tracelot.web.forms import Form, SentForm, fresh_form
from tracelot.web.pace import keep_pace
from tracelot.web.pages.answer_forms import SHOWN, answer_values, read_answer, read_targets, start_of
from tracelot.web.photos import PhotoRoute, photo_of
from tracelot.web.rendering import render
from tracelot.web.routers import pages
from tracelot.web.visits import OpenVisit

router = pages(route_class=PhotoRoute)


@dataclass(frozen=True)
class Door:
    """By which address the consignee came, and how it answers and passes on from there."""

    url: str
    notice: RecallNotice
    answer: Callable[[NewAnswer, Photo | None], RecallAnswer]
    forward: Callable[[Form, list[NewTarget]], Forwarded]
    account: bool = False


def _by_link(request: Request, visit: Visit, secret: str) -> Door:
    """Guesses are counted by address; who has a link is never too many."""
    try:
        notice = answering.find_by_link(visit, secret)
    except Unknown:
        keep_pace(request.scope, "bad-link")
        raise
    return Door(
        f"/n/{secret}",
        notice,
        lambda new, photo: answering.answer(visit, notice, new, photo),
        lambda _form, typed: forwarding.forward(visit, notice, typed),
    )


def _as_party(visit: Visit, notice_id: UUID) -> Door:
    notice = answering.find_own_notice(visit, notice_id)
    return Door(
        f"/app/notices/{notice.id}",
        notice,
        lambda new, photo: answering.answer_own(visit, notice, new, photo),
        lambda form, typed: forwarding.forward_own(visit, notice, form.lists.get("to", []), typed),
        account=True,
    )


@router.get("/n/{secret}")
def read_by_link(request: Request, visit: OpenVisit, secret: str) -> Response:
    return _read(request, visit, _by_link(request, visit, secret))


@router.post("/n/{secret}")
def answer_by_link(request: Request, visit: OpenVisit, secret: str, form: SentForm) -> Response:
    return _answer(request, visit, _by_link(request, visit, secret), form)


@router.post("/n/{secret}/forward")
def forward_by_link(request: Request, visit: OpenVisit, secret: str, form: SentForm) -> Response:
    return _forward(request, visit, _by_link(request, visit, secret), form)


@router.get("/app/notices")
def list_notices(request: Request, visit: OpenVisit) -> Response:
    return render(request, "app/notices.html", told=reach_views.told_to(visit))


@router.get("/app/notices/{notice_id}")
def read_notice(request: Request, visit: OpenVisit, notice_id: UUID) -> Response:
    return _read(request, visit, _as_party(visit, notice_id))


@router.post("/app/notices/{notice_id}")
def answer_notice(request: Request, visit: OpenVisit, notice_id: UUID, form: SentForm) -> Response:
    return _answer(request, visit, _as_party(visit, notice_id), form)


@router.post("/app/notices/{notice_id}/forward")
def forward_notice(request: Request, visit: OpenVisit, notice_id: UUID, form: SentForm) -> Response:
    return _forward(request, visit, _as_party(visit, notice_id), form)


def _read(request: Request, visit: Visit, door: Door) -> Response:
    view = reach_views.view(visit, door.notice)
    first = start_of(request.query_params.get("from"), view)
    name = visit.actor.name if door.account else ""
    form = fresh_form(request, **(answer_values(view, first) | ({"name": name} if name else {})))
    return _page(request, visit, door, form, view=view, first=first)


def _answer(request: Request, visit: Visit, door: Door, form: Form) -> Response:
    view = reach_views.view(visit, door.notice)
    new: NewAnswer | None = read_answer(form, view)
    photo = photo_of(form)
    kept = None if new is None or form.errors else form.attempt(lambda: door.answer(new, photo))
    if kept is not None:
        return RedirectResponse(f"{door.url}?done=answered", 303)
    return _page(request, visit, door, form, 422, view=view, first=start_of(form["from"], view))


def _forward(request: Request, visit: Visit, door: Door, form: Form) -> Response:
    """Links for those to whom nobody can write are shown this once, so that page is the answer itself."""
    typed = read_targets(form)
    chosen = form.lists.get("to", [])
    if not form.errors and (typed or chosen):
        done = form.attempt(lambda: door.forward(form, typed))
        if done is not None and not done.links:
            return RedirectResponse(f"{door.url}?done=passed-on", 303)
        if done is not None:
            view = reach_views.view(visit, door.notice)
            fresh = fresh_form(request, **answer_values(view, 0))
            return _page(request, visit, door, fresh, view=view, links=done.links)
    view = reach_views.view(visit, door.notice)
    return _page(request, visit, door, form, 422, view=view, passing=True)


def _page(
    request: Request,
    visit: Visit,
    door: Door,
    form: Form,
    status: int = 200,
    *,
    view: NoticeView,
    **more: Any,
) -> Response:
    recall = answering.recall_of(visit, door.notice)
    answer = render(
        request,
        "recall/answer.html",
        status,
        door=door,
        notice=view,
        recall=recalls.view(visit, recall),
        form=form,
        answers=reach_views.answers(visit, door.notice),
        proposals=forwarding.proposals(visit, door.notice) if door.account else [],
        passed=reach_views.passed_on(visit, [view]).get(view.id, {}),
        writes=not door.account or may(visit.actor, "notice.answer"),
        shown=SHOWN,
        now=visit.now,
        **{"first": 0, "links": (), "passing": False} | more,
    )
    answer.headers["cache-control"] = "no-store"
    return answer
