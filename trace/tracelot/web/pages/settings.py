"""/settings: a person's own account and devices, and the party that they belong to."""

from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from tracelot.operations import accounts, parties
from tracelot.operations.passwords import digest
from tracelot.records.accounts import AccountChange
from tracelot.records.parties import PartyChange
from tracelot.web.forms import Form, SentForm, filled_form, fresh_form
from tracelot.web.pages.entry import remember_language
from tracelot.web.rendering import render
from tracelot.web.visits import OpenVisit, VisitRoute, session_secret

router = APIRouter(prefix="/settings", route_class=VisitRoute)

NAMED = 16  # so much of a session's digest names it in an address
BROWSERS = (("MicroMessenger", "WeChat"), ("Edg", "Edge"), ("OPR", "Opera"), ("Firefox", "Firefox"),
            ("Chrome", "Chrome"), ("Safari", "Safari"))  # fmt: skip
SYSTEMS = (("HarmonyOS", "HarmonyOS"), ("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"),
           ("Windows", "Windows"), ("Mac OS X", "macOS"), ("Linux", "Linux"))  # fmt: skip
CLEARABLE = (
    "name_en",
    "short_name",
    "legal_rep",
    "main_responsible_person",
    "address_en",
    "email",
    "longitude",
    "latitude",
)


@router.get("")
def show_profile(request: Request, visit: OpenVisit) -> Response:
    return _profile_page(request, visit)


@router.post("")
def change_profile(request: Request, visit: OpenVisit, form: SentForm) -> Response:
    change = form.read(AccountChange)
    account = form.attempt(lambda: accounts.change_account(visit, change)) if change else None
    if account is None:
        return _profile_page(request, visit, profile=form)
    answer = RedirectResponse("/settings?done=saved", 303)
    remember_language(request, answer, account.language)
    return answer


@router.post("/password")
def change_password(request: Request, visit: OpenVisit, form: SentForm) -> Response:
    keep = session_secret(request) or ""
    if form.attempt(lambda: accounts.change_password(visit, form["old"], form["password"], keep)):
        return RedirectResponse("/settings?done=password", 303)
    return _profile_page(request, visit, secret=form)


@router.post("/sessions/{prefix}/end")
def end_session(visit: OpenVisit, prefix: str) -> Response:
    accounts.end_session(visit, prefix)
    return RedirectResponse("/settings?done=ended", 303)


def _profile_page(
    request: Request, visit: OpenVisit, profile: Form | None = None, secret: Form | None = None
) -> Response:
    account = accounts.own_account(visit)
    here = digest(session_secret(request) or "")
    return render(
        request,
        "settings/profile.html",
        422 if profile or secret else 200,
        person=account,
        profile=profile or fresh_form(request, name=account.name, language=account.language),
        secret=secret or fresh_form(request),
        sessions=[
            (session, session.digest[:NAMED], device_name(session.device), session.digest == here)
            for session in accounts.own_sessions(visit)
        ],
    )


def device_name(agent: str) -> str:
    """The browser and the system that a User-Agent names, for somebody to tell their devices apart."""
    found = (next((name for mark, name in marks if mark in agent), "") for marks in (BROWSERS, SYSTEMS))
    return " · ".join(name for name in found if name) or agent[:40]


@router.get("/party")
def show_party(request: Request, visit: OpenVisit) -> Response:
    party = parties.own_party(visit)
    return _party_page(request, visit, filled_form(request, party))


@router.post("/party")
def change_party(request: Request, visit: OpenVisit, form: SentForm) -> Response:
    visit.demand("party.change")
    cleared: dict[str, Any] = {
        name: None for name in CLEARABLE if name in form.values and not form[name].strip()
    }
    change = form.read(PartyChange, **cleared)
    if change and form.attempt(lambda: parties.change_party(visit, change, form.version)):
        return RedirectResponse("/settings/party?done=saved", 303)
    return _party_page(request, visit, form, 422)


def _party_page(request: Request, visit: OpenVisit, form: Form, status: int = 200) -> Response:
    party = parties.own_party(visit)
    region = parties.region_names(visit, [party.region_code])[party.region_code]
    return render(request, "settings/party.html", status, party=party, region=region, form=form)
