"""/contacts"""

from uuid import UUID

from fastapi import Response

from tracelot.operations import contacts
from tracelot.records.contacts import Contact, ContactChange, ContactView, NewContact
from tracelot.records.inputs import Name, Shape
from tracelot.web.api.shapes import Cursor, Limit, PageView, SearchText
from tracelot.web.routers import operations
from tracelot.web.visits import ExpectedVersion, OpenVisit, etag

router = operations("contacts", "/contacts")


class Invitation(Shape):
    """The secret for the partner; it is shown this once."""

    secret: Name


@router.post("", status_code=201)
def add_contact(visit: OpenVisit, new: NewContact, answer: Response) -> ContactView:
    """Keep a partner that is not in Trace."""
    contact = contacts.add_contact(visit, new)
    answer.headers["location"] = f"/api/v1/contacts/{contact.id}"
    return _view(visit, contact, answer)


@router.get("")
def list_contacts(
    visit: OpenVisit, text: SearchText = None, limit: Limit = 50, cursor: Cursor = None
) -> PageView[ContactView]:
    page = contacts.contacts(visit, text, limit, cursor)
    return PageView(items=list(page.items), total=page.total, cursor=page.cursor)


@router.get("/{contact_id}")
def find_contact(visit: OpenVisit, contact_id: UUID, answer: Response) -> ContactView:
    return _view(visit, contacts.find_contact(visit, contact_id), answer)


@router.patch("/{contact_id}")
def change_contact(
    visit: OpenVisit, contact_id: UUID, change: ContactChange, version: ExpectedVersion, answer: Response
) -> ContactView:
    return _view(visit, contacts.change_contact(visit, contact_id, change, version), answer)


@router.post("/{contact_id}/invite")
def invite_contact(visit: OpenVisit, contact_id: UUID) -> Invitation:
    """A one-time secret with which the partner, once in Trace, shows that it is this contact."""
    return Invitation(secret=contacts.invite_contact(visit, contact_id))


@router.post("/claim")
def claim_contact(visit: OpenVisit, claim: Invitation, answer: Response) -> ContactView:
    """Take the place of the contact that the secret is for."""
    return _view(visit, contacts.claim_contact(visit, claim.secret), answer)


def _view(visit: OpenVisit, contact: Contact, answer: Response) -> ContactView:
    view = contacts.view(visit, contact)
    answer.headers["etag"] = etag(view.version)
    return view
