"""/settings: a person's own profile, and the party that they belong to."""

from typing import Any

from fastapi import Request, Response
from fastapi.responses import RedirectResponse

from tracelot.operations import accounts, parties
from tracelot.operations.actors import own_account
from tracelot.records.accounts import AccountChange
from tracelot.records.parties import PartyChange
from tracelot.web.forms import Form, SentForm, filled_form, fresh_form
from tracelot.web.pages.entry import remember_language
from tracelot.web.rendering import render
from tracelot.web.routers import pages
from tracelot.web.visits import OpenVisit

router = pages("/settings")

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


def _profile_page(request: Request, visit: OpenVisit, profile: Form | None = None) -> Response:
    account = own_account(visit)
    return render(
        request,
        "settings/profile.html",
        422 if profile else 200,
        person=account,
        profile=profile or fresh_form(request, name=account.name, language=account.language),
    )


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
