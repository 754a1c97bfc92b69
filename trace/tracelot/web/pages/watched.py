"""/gov/parties: whom a regulator or the operator of the site confirms."""

from uuid import UUID

from fastapi import Request, Response
from fastapi.responses import RedirectResponse

from tracelot.operations import archiving, parties, security
from tracelot.operations.parties import Decision
from tracelot.records.accounts import NewMember
from tracelot.records.inputs import Note, Shape
from tracelot.records.parties import NewParty, Party, PartyFilter
from tracelot.rules.access import may
from tracelot.rules.parties import PARTY_STATUSES, PARTY_TYPES
from tracelot.web.forms import Form, SentForm, fresh_form
from tracelot.web.pages.divisions import region_choices, region_chosen
from tracelot.web.pages.entry import read_person
from tracelot.web.pages.gov import territory_names
from tracelot.web.pages.search import plain
from tracelot.web.rendering import render
from tracelot.web.routers import pages
from tracelot.web.signatures import signed
from tracelot.web.visits import OpenVisit

router = pages("/gov/parties")

SHOWN = 50


class DecisionFields(Shape):
    decision: Decision
    note: Note = ""


@router.get("")
def list_parties(
    request: Request, visit: OpenVisit, status: str = "unverified", q: str = "", cursor: str | None = None
) -> Response:
    chosen = status if status in PARTY_STATUSES else "unverified"
    text = plain(q)
    page = parties.watched_parties(visit, PartyFilter(chosen, text or None), SHOWN, cursor or None)
    return render(
        request,
        "gov/parties.html",
        page=page,
        chosen=chosen,
        statuses=PARTY_STATUSES,
        text=text,
        cursor=cursor,
        counts={
            one: parties.watched_parties(visit, PartyFilter(one, text or None), 1).total
            for one in PARTY_STATUSES
        },
        regions=parties.region_names(visit, [party.region_code for party in page.items]),
        territory=territory_names(visit),
    )


@router.get("/new")
def ask_enrol(request: Request, visit: OpenVisit) -> Response:
    return _enrol_page(request, visit, fresh_form(request, type="regulator"))


@router.post("/new")
def enrol_party(request: Request, visit: OpenVisit, form: SentForm) -> Response:
    new = form.read(NewParty)
    person = read_person(form, NewMember, role="admin")
    enrolled = None
    if region_chosen(form) and new and person:
        enrolled = signed(visit, form, lambda: parties.enrol_party(visit, new, person))
    if enrolled is None:
        return _enrol_page(request, visit, form, 422)
    party, link = enrolled
    mailed = person.email if request.app.state.settings.smtp_host else None
    answer = render(request, "gov/enrolled.html", party=party, link=link, mailed=mailed, name=person.name)
    answer.headers["cache-control"] = "no-store"
    return answer


def _enrol_page(request: Request, visit: OpenVisit, form: Form, status: int = 200) -> Response:
    visit.demand("party.enrol")
    return render(
        request, "gov/enrol.html", status, form=form, types=PARTY_TYPES, choices=region_choices(visit, form)
    )


@router.get("/{party_id}")
def read_party(request: Request, visit: OpenVisit, party_id: UUID) -> Response:
    visit.demand("party.watch")
    party = parties.find_party(visit, party_id)
    return party_page(request, visit, party, fresh_form(request, version=party.version))


@router.post("/{party_id}")
def decide_party(request: Request, visit: OpenVisit, party_id: UUID, form: SentForm) -> Response:
    given = form.read(DecisionFields)
    if given and signed(
        visit, form, lambda: parties.decide_party(visit, party_id, given.decision, given.note, form.version)
    ):
        return RedirectResponse(f"/gov/parties/{party_id}?done={given.decision}", 303)
    return party_page(request, visit, parties.find_party(visit, party_id), form, 422)


def party_page(request: Request, visit: OpenVisit, party: Party, form: Form, status: int = 200) -> Response:
    decisions = security.decisions_on(visit, party.id)
    return render(
        request,
        "gov/party.html",
        status,
        decisions=decisions,
        signers=security.signers(visit, decisions),
        party=party,
        form=form,
        doubts=parties.doubts(visit, party),
        region=parties.region_names(visit, [party.region_code])[party.region_code],
        barrier=_barrier(visit, party),
        successor=archiving.successor_of(visit, party),
    )


def _barrier(visit: OpenVisit, party: Party) -> str | None:
    """Why the reader may look at a party and not decide on it."""
    if not may(visit.actor, "party.confirm"):
        return "township"
    if visit.actor.role != "site" and party.type == "regulator":
        return "regulator"
    return None
