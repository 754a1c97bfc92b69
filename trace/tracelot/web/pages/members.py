"""/settings/members and /settings/keys: who, and which programs, may act for a party."""

from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from tracelot.operations import accounts
from tracelot.records.accounts import Account, IssuedKey, NewKey, NewMember
from tracelot.records.inputs import Reason, Shape
from tracelot.rules.access import SCOPES
from tracelot.web.forms import Form, SentForm, fresh_form
from tracelot.web.pages.entry import read_person
from tracelot.web.rendering import render
from tracelot.web.visits import OpenVisit, VisitRoute

router = APIRouter(prefix="/settings", route_class=VisitRoute)

DAYS = (30, 90, 365, 1095)
FOREVER = "never"


class Why(Shape):
    reason: Reason


@router.get("/members")
def list_members(request: Request, visit: OpenVisit) -> Response:
    return _members_page(request, visit, fresh_form(request))


@router.post("/members")
def invite_member(request: Request, visit: OpenVisit, form: SentForm) -> Response:
    new = read_person(form, NewMember, role=form["role"])
    invited = form.attempt(lambda: accounts.invite_member(visit, new)) if new else None
    if invited is None:
        return _members_page(request, visit, form, 422)
    return _members_page(request, visit, fresh_form(request), link=_shown(request, *invited))


@router.post("/members/{member_id}/link")
def renew_link(request: Request, visit: OpenVisit, member_id: UUID) -> Response:
    link = accounts.reset_member(visit, member_id)
    member = next(one for one in accounts.members(visit) if one.id == member_id)
    return _members_page(request, visit, fresh_form(request), link=_shown(request, member, link))


@router.post("/members/{member_id}/disable")
def disable_member(request: Request, visit: OpenVisit, member_id: UUID, form: SentForm) -> Response:
    why = form.read(Why)
    if why and form.attempt(lambda: accounts.disable_member(visit, member_id, why.reason)):
        return RedirectResponse("/settings/members?done=disabled", 303)
    return _members_page(request, visit, form, 422, wrong=member_id)


def _shown(request: Request, member: Account, link: str) -> dict[str, Any]:
    """A one-time link, to be seen on this answer and never again."""
    mailed = bool(member.email and request.app.state.settings.smtp_host)
    return {"name": member.name, "link": link, "mailed": mailed and member.email}


def _members_page(
    request: Request,
    visit: OpenVisit,
    form: Form,
    status: int = 200,
    *,
    link: dict[str, Any] | None = None,
    wrong: UUID | None = None,
) -> Response:
    roles = ("admin", "officer") if visit.actor.regulator else ("admin", "quality", "recorder")
    members = accounts.members(visit)
    answer = render(
        request,
        "settings/members.html",
        status,
        members=members,
        roles=roles,
        form=form,
        link=link,
        wrong=wrong,
    )
    answer.headers["cache-control"] = "no-store"
    return answer


@router.get("/keys")
def list_keys(request: Request, visit: OpenVisit) -> Response:
    return _keys_page(request, visit, fresh_form(request, days=365))


@router.post("/keys")
def issue_key(request: Request, visit: OpenVisit, form: SentForm) -> Response:
    lasting = {"days": None} if form["days"] == FOREVER else {}
    new = form.read(NewKey, scopes=form.lists.get("scopes", []), **lasting)
    issued = form.attempt(lambda: accounts.issue_key(visit, new)) if new else None
    if issued is None:
        return _keys_page(request, visit, form, 422)
    return _keys_page(request, visit, fresh_form(request, days=365), issued=issued)


@router.post("/keys/{key_id}/revoke")
def revoke_key(request: Request, visit: OpenVisit, key_id: UUID, form: SentForm) -> Response:
    why = form.read(Why)
    if why is None:
        return _keys_page(request, visit, form, 422, wrong=key_id)
    accounts.revoke_key(visit, key_id, why.reason)
    return RedirectResponse("/settings/keys?done=revoked", 303)


def _keys_page(
    request: Request,
    visit: OpenVisit,
    form: Form,
    status: int = 200,
    *,
    issued: IssuedKey | None = None,
    wrong: UUID | None = None,
) -> Response:
    answer = render(
        request,
        "settings/keys.html",
        status,
        keys=accounts.keys(visit),
        scopes=SCOPES,
        days=DAYS,
        form=form,
        issued=issued,
        wrong=wrong,
        now=visit.now,
    )
    answer.headers["cache-control"] = "no-store"
    return answer
