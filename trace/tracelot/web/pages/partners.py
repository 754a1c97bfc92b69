"""/app/partners: customers and suppliers outside Trace, as the enterprise keeps them, and the link that lets one in."""

from typing import Any
from uuid import UUID

from fastapi import Request, Response
from fastapi.responses import RedirectResponse

from tracelot.operations import contacts, parties
from tracelot.operations.visit import Visit
from tracelot.records.contacts import Contact, ContactChange, NewContact
from tracelot.rules.ids import new_id
from tracelot.web.forms import Form, SentForm, filled_form, fresh_form
from tracelot.web.pages.divisions import region_choices, region_chosen
from tracelot.web.pages.search import plain
from tracelot.web.rendering import render
from tracelot.web.routers import pages
from tracelot.web.visits import OpenVisit

router = pages("/app/partners")

SHOWN = 25
CLEARABLE = ("uscc", "licence_no", "address", "region_code", "phone", "email", "gln")


@router.get("")
def list_partners(request: Request, visit: OpenVisit, cursor: str | None = None) -> Response:
    text = plain(request.query_params.get("text"))
    page = contacts.contacts(visit, text or None, SHOWN, cursor or None)
    regions = parties.region_names(visit, {one.region_code for one in page.items if one.region_code})
    return render(
        request,
        "app/partners.html",
        page=page,
        text=text,
        cursor=cursor,
        regions=regions,
        claimed=contacts.parties_of(visit, page.items),
    )


@router.get("/new")
def new_partner(request: Request, visit: OpenVisit) -> Response:
    visit.demand("contact.keep")
    return _page(request, visit, fresh_form(request, id=new_id()))


@router.post("")
def add_partner(request: Request, visit: OpenVisit, form: SentForm) -> Response:
    visit.demand("contact.keep")
    new = form.read(NewContact)
    if _placed(form) and new and (contact := form.attempt(lambda: contacts.add_contact(visit, new))):
        return RedirectResponse(f"/app/partners/{contact.id}?done=saved", 303)
    return _page(request, visit, form, 422)


def _placed(form: Form) -> bool:
    """Whether the place is chosen, or none is wanted."""
    return not (form["region_code"] or form["region_code_text"].strip()) or region_chosen(form)


@router.get("/claim/{secret}")
def read_invitation(request: Request, visit: OpenVisit, secret: str) -> Response:
    """Whose partner the reader would become, before they do."""
    return _claim_page(request, visit, contacts.find_invited(visit, secret))


@router.post("/claim/{secret}")
def claim_partner(request: Request, visit: OpenVisit, secret: str, form: SentForm) -> Response:
    contact = contacts.find_invited(visit, secret)
    if form.attempt(lambda: contacts.claim_contact(visit, secret)):
        return RedirectResponse(f"/app/partners/{contact.id}?done=claimed", 303)
    return _claim_page(request, visit, contact, 422)


def _claim_page(request: Request, visit: Visit, contact: Contact, status: int = 200) -> Response:
    answer = render(
        request,
        "app/partner_claim.html",
        status,
        contact=contact,
        keeper=contacts.keeper_of(visit, contact),
        party=parties.own_party(visit),
    )
    answer.headers["cache-control"] = "no-store"
    return answer


@router.get("/{contact_id}")
def show_partner(request: Request, visit: OpenVisit, contact_id: UUID) -> Response:
    contact = contacts.find_contact(visit, contact_id)
    return _page(request, visit, _filled(request, visit, contact), contact=contact)


def _filled(request: Request, visit: Visit, contact: Contact) -> Form:
    return filled_form(request, contacts.view(visit, contact))


@router.post("/{contact_id}")
def change_partner(request: Request, visit: OpenVisit, contact_id: UUID, form: SentForm) -> Response:
    contact = contacts.find_contact(visit, contact_id)
    cleared = {name: None for name in CLEARABLE if not form[name].strip()}
    change = form.read(ContactChange, **cleared)
    if _placed(form) and change and form.attempt(
        lambda: contacts.change_contact(visit, contact_id, change, form.version)
    ):  # fmt: skip
        return RedirectResponse(f"/app/partners/{contact_id}?done=saved", 303)
    return _page(request, visit, form, 422, contact)


@router.post("/{contact_id}/invite")
def invite_partner(request: Request, visit: OpenVisit, contact_id: UUID, form: SentForm) -> Response:
    secret = form.attempt(lambda: contacts.invite_contact(visit, contact_id))
    contact = contacts.find_contact(visit, contact_id)
    if secret is None:
        return _page(request, visit, form, 422, contact)
    link = f"{visit.place.public_url}/app/partners/claim/{secret}"
    return _page(request, visit, _filled(request, visit, contact), contact=contact, link=link)


def _page(
    request: Request,
    visit: Visit,
    form: Form,
    status: int = 200,
    contact: Contact | None = None,
    **more: Any,
) -> Response:
    own = contact is None or contact.party_id == visit.actor.party_id
    answer = render(
        request,
        "app/partner.html",
        status,
        form=form,
        contact=contact,
        own=own,
        party=next(iter(contacts.parties_of(visit, [contact]).values()), None) if contact and own else None,
        keeper=None if own or contact is None else contacts.keeper_of(visit, contact),
        choices=region_choices(visit, form),
        now=visit.now,
        **{"link": ""} | more,
    )
    answer.headers["cache-control"] = "no-store"
    return answer
