"""/settings/members: who may act for a party, and how they must sign in."""

from typing import Any
from uuid import UUID

from fastapi import Request, Response
from fastapi.responses import RedirectResponse

from tracelot.operations import accounts, enrolling, parties
from tracelot.records.accounts import Account, NewMember
from tracelot.records.inputs import Reason, Shape
from tracelot.web.forms import Form, SentForm, fresh_form
from tracelot.web.pages.entry import read_person
from tracelot.web.rendering import render
from tracelot.web.routers import pages
from tracelot.web.signatures import signed
from tracelot.web.visits import OpenVisit

router = pages("/settings")

HERE = "/settings/members"


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
    if why and signed(visit, form, lambda: accounts.disable_member(visit, member_id, why.reason)):
        return RedirectResponse(f"{HERE}?done=disabled", 303)
    return _members_page(request, visit, form, 422, wrong=f"disable-{member_id}")


@router.post("/members/{member_id}/second-factor")
def reset_factor(request: Request, visit: OpenVisit, member_id: UUID, form: SentForm) -> Response:
    why = form.read(Why)
    if why and signed(visit, form, lambda: enrolling.reset_factor(visit, member_id, why.reason)):
        return RedirectResponse(f"{HERE}?done=factor-reset", 303)
    return _members_page(request, visit, form, 422, wrong=f"factor-{member_id}")


@router.post("/members/rule")
def change_rule(request: Request, visit: OpenVisit, form: SentForm) -> Response:
    if signed(visit, form, lambda: enrolling.ask_of_all(visit, needed=form["needed"] == "1")):
        return RedirectResponse(f"{HERE}?done=saved", 303)
    return _members_page(request, visit, form, 422, wrong="rule")


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
    wrong: str = "",
) -> Response:
    roles = ("admin", "officer") if visit.actor.regulator else ("admin", "quality", "recorder")
    members = accounts.members(visit)
    answer = render(
        request,
        "settings/members.html",
        status,
        members=members,
        protected=accounts.protected_members(visit),
        keys=accounts.keys_of_members(visit),
        party=parties.own_party(visit),
        roles=roles,
        form=form,
        link=link,
        wrong=wrong,
    )
    answer.headers["cache-control"] = "no-store"
    return answer
