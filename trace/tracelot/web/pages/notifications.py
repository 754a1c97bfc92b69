"""/settings/notifications: what a person is told and how, their saved searches, and each search's own feed."""

from typing import Any
from uuid import UUID

from fastapi import Request, Response
from fastapi.responses import RedirectResponse

from tracelot.operations import following, notifying
from tracelot.records.following import NewSearch
from tracelot.rules.notifying import MAIL_PACES, EventKind, Ways, kinds_for
from tracelot.rules.refusals import Unfit
from tracelot.web.forms import Form, SentForm, fresh_form
from tracelot.web.pages.register import Asked, read_asked
from tracelot.web.rendering import reader_of, render
from tracelot.web.routers import pages
from tracelot.web.visits import OpenVisit
from tracelot.web.wording import N_

router = pages("/settings")

WAYS = ("mail", "in_app", "webhook")
HERE = "/settings/notifications"
BAD_FILTER = N_("This filter cannot be read: make it anew on the list of recalls.")


@router.get("/notifications")
def show_notifications(request: Request, visit: OpenVisit) -> Response:
    return _page(request, visit)


@router.post("/notifications")
def choose_ways(request: Request, visit: OpenVisit, form: SentForm) -> Response:
    chosen: dict[EventKind, Ways] = {}
    for kind in kinds_for(visit.actor):
        ticked = form.lists.get(kind, [])
        chosen[kind] = Ways(*(way in ticked for way in WAYS))
    notifying.choose(visit, chosen)
    return RedirectResponse(f"{HERE}?done=saved", 303)


@router.post("/notifications/read")
def mark_read(visit: OpenVisit) -> Response:
    notifying.read_notices(visit)
    return RedirectResponse(HERE, 303)


@router.get("/searches/new")
def new_search(request: Request, visit: OpenVisit) -> Response:
    """A form that names the filter in the address."""
    visit.demand("search.save")
    return _form_page(request, read_asked(request, visit), fresh_form(request, mail="daily", in_app="1"))


@router.post("/searches/new")
def save_search(request: Request, visit: OpenVisit, form: SentForm) -> Response:
    asked = read_asked(request, visit)
    new = _channels(form)
    if asked.errors:
        form.note(Unfit("bad-filter", BAD_FILTER))
    elif new and form.attempt(lambda: following.save_search(visit, new, asked.fields, asked.filter)):
        return RedirectResponse(f"{HERE}?done=saved", 303)
    return _form_page(request, asked, form, 422)


def _channels(form: Form) -> NewSearch | None:
    return form.read(NewSearch, in_app=form["in_app"] == "1", webhook=form["webhook"] == "1")


def _form_page(request: Request, asked: Asked, form: Form, status: int = 200) -> Response:
    return render(request, "settings/search.html", status, asked=asked, form=form, paces=MAIL_PACES)


@router.post("/searches/{search_id}")
def change_search(request: Request, visit: OpenVisit, search_id: UUID, form: SentForm) -> Response:
    new = _channels(form)
    if new and form.attempt(lambda: following.change_search(visit, search_id, new)):
        return RedirectResponse(f"{HERE}?done=saved", 303)
    return _page(request, visit, 422, form=form, wrong=str(search_id))


@router.post("/searches/{search_id}/remove")
def remove_search(visit: OpenVisit, search_id: UUID) -> Response:
    following.remove_search(visit, search_id)
    return RedirectResponse(f"{HERE}?done=removed", 303)


@router.post("/searches/{search_id}/feed")
def renew_feed(request: Request, visit: OpenVisit, search_id: UUID) -> Response:
    """The address is shown in this answer and nowhere else."""
    return _page(request, visit, feed=following.renew_feed(visit, search_id))


@router.post("/searches/{search_id}/feed/revoke")
def revoke_feed(visit: OpenVisit, search_id: UUID) -> Response:
    following.revoke_feed(visit, search_id)
    return RedirectResponse(f"{HERE}?done=feed-ended", 303)


def _page(request: Request, visit: OpenVisit, status: int = 200, **more: Any) -> Response:
    told, unread = notifying.notices(visit)
    searches = following.searches(visit)
    values: dict[str, Any] = {
        "notices": told,
        "unread": unread,
        "searches": [(one, Asked(dict(one.fields)).url()) for one in searches],
        "choices": {kind: notifying.choices(visit)[kind] for kind in kinds_for(visit.actor)},
        "ways": WAYS,
        "paces": MAIL_PACES,
        "form": fresh_form(request),
        "wrong": "",
        "feed": None,
        "language": reader_of(request).language,
    }
    answer = render(request, "settings/notifications.html", status, **values | more)
    answer.headers["cache-control"] = "no-store"
    return answer
