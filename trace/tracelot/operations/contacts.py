"""Contacts: partners outside Trace, kept by whoever trades with them, and claimed by one-time link."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from sqlmodel import col, select

from tracelot.operations.changing import apply_change, demand_same, demand_version
from tracelot.operations.goods import mine
from tracelot.operations.parties import demand_division
from tracelot.operations.passwords import digest, new_secret
from tracelot.operations.visit import Visit, origin_of
from tracelot.records.contacts import (
    Contact,
    ContactChange,
    ContactView,
    NewContact,
    list_contacts,
    search_contacts,
)
from tracelot.records.locking import HELD
from tracelot.records.paging import Page
from tracelot.records.parties import Party
from tracelot.rules.ids import new_id
from tracelot.rules.parties import masked
from tracelot.rules.refusals import Conflict, Unknown, unfit

LASTS = timedelta(days=30)


def add_contact(visit: Visit, new: NewContact) -> Contact:
    """Keep a partner that is not in Trace."""
    visit.demand("contact.keep")
    stands = visit.session.get(Contact, new.id) if new.id else None
    if stands is not None:
        return demand_same(stands, origin_of(new))
    if new.region_code:
        demand_division(visit, new.region_code)
    if new.code and any(one.code == new.code for one in list_contacts(visit.session, mine(visit))):
        raise unfit("code-taken", "Another of your contacts has it.", "code")
    contact = Contact.model_validate(
        new,
        update={
            "id": new.id or new_id(),
            "party_id": mine(visit),
            "origin_hash": origin_of(new),
            "recorded_at": visit.now,
            "recorded_by": visit.actor.id,
        },
    )
    visit.session.add(contact)
    visit.session.flush()
    visit.record("contact.added", contact, party_id=contact.party_id)
    return contact


def contacts(visit: Visit, text: str | None, limit: int, cursor: str | None) -> Page[ContactView]:
    visit.demand("contact.read")
    page = search_contacts(visit.session, mine(visit), text, limit, cursor)
    return Page([view(visit, one) for one in page.items], page.total, page.cursor)


def find_contact(visit: Visit, contact_id: UUID) -> Contact:
    visit.demand("contact.read")
    contact = visit.session.get(Contact, contact_id)
    if contact is None:
        raise Unknown("unknown-contact", "No such contact.")
    return contact


def view(visit: Visit, contact: Contact) -> ContactView:
    """A contact; how it is reached is whole for both who trade with each other, and masked for all others."""
    sees = visit.actor.party_id in (contact.party_id, contact.claimed_by)
    reached = {} if sees else {"phone": masked(contact.phone), "email": None}
    return ContactView.model_validate(contact, update=reached)


def change_contact(
    visit: Visit, contact_id: UUID, change: ContactChange, version: int | None = None
) -> Contact:
    visit.demand("contact.keep")
    contact = _own(visit, contact_id)
    demand_version(contact, version)
    if change.region_code:
        demand_division(visit, change.region_code)
    apply_change(visit, contact, change)
    visit.record("contact.changed", contact, party_id=contact.party_id)
    return contact


def _own(visit: Visit, contact_id: UUID) -> Contact:
    contact = visit.session.get(Contact, contact_id)
    if contact is None or contact.party_id != visit.actor.party_id:
        raise Unknown("unknown-contact", "No such contact.")
    return contact


def invite_contact(visit: Visit, contact_id: UUID) -> str:
    """A secret with which the partner itself, once in Trace, shows that it is this contact; an older one ends."""
    visit.demand("contact.keep")
    contact = _own(visit, contact_id)
    if contact.claimed_by is not None:
        raise Conflict("contact-claimed", "This contact is a party in Trace already.")
    secret = new_secret()
    contact.digest, contact.link_ends_at = digest(secret), visit.now + LASTS
    visit.session.add(contact)
    visit.session.flush()
    visit.record("contact.invited", contact, party_id=contact.party_id)
    return secret


def find_invited(visit: Visit, secret: str) -> Contact:
    """The contact that a secret is for, to be read before its place is taken."""
    visit.demand("contact.claim")
    contact = visit.kernel().exec(select(Contact).where(Contact.digest == digest(secret))).first()
    fresh = contact is not None and contact.link_ends_at is not None and contact.link_ends_at > visit.now
    if contact is None or not fresh or contact.party_id == visit.actor.party_id:
        raise Unknown("link-used-up", "This link was used, has expired, or never was.")
    return contact


def claim_contact(visit: Visit, secret: str) -> Contact:
    """Take the place of a contact, by the secret that its keeper handed over; the secret is then used up."""
    kernel, invited = visit.kernel(), find_invited(visit, secret)
    contact = kernel.get_one(Contact, invited.id, with_for_update=HELD, populate_existing=True)
    if contact.digest != digest(secret):
        raise Unknown("link-used-up", "This link was used, has expired, or never was.")
    contact.claimed_by, contact.claimed_at = visit.actor.party_id, visit.now
    contact.digest = contact.link_ends_at = None
    kernel.add(contact)
    kernel.flush()
    visit.record("contact.claimed", contact, party_id=contact.party_id)
    return contact


def parties_of(visit: Visit, found: Sequence[Contact | ContactView]) -> dict[UUID, Party]:
    """The parties that showed that they are these contacts; whoever keeps a contact may know which one it is."""
    ids = sorted({one.claimed_by for one in found if one.claimed_by is not None})
    return {
        party.id: party for party in visit.kernel().exec(select(Party).where(col(Party.id).in_(ids))).all()
    }


def keeper_of(visit: Visit, contact: Contact) -> Party:
    """The enterprise that keeps a contact, for whoever was invited to take its place."""
    return visit.kernel().get_one(Party, contact.party_id)
