"""Telling everybody who got recalled goods: a notice for each consignee, written with the publication itself."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from msgspec.structs import replace
from sqlmodel import col, select

from tracelot.operations.naming import ids_in, rows_of
from tracelot.operations.queuing import Queued, Wanted, add_notices, wanted_party
from tracelot.operations.shipped import Got, shipped_by
from tracelot.operations.visit import Visit
from tracelot.records.accounts import find_account
from tracelot.records.contacts import Contact
from tracelot.records.database import one_of
from tracelot.records.facilities import Facility
from tracelot.records.outbox import Task
from tracelot.records.parties import Party
from tracelot.records.recalls import Recall, find_recall_by_code, list_recall_batches
from tracelot.records.shelves import chunks
from tracelot.records.sources import given_back
from tracelot.rules.ids import new_id
from tracelot.rules.places import UNKNOWN
from tracelot.rules.questions import Traced
from tracelot.rules.reaching import REMIND_AFTER
from tracelot.rules.recalls import demand_state
from tracelot.rules.refusals import Unknown

NAMELESS = "?"  # a consignee of whom the books tell no name


def tell_again(visit: Visit, named: str) -> list[Queued]:
    """Look through the books of an own recall's firm again, and tell whoever they name by now."""
    visit.demand("notice.send")
    try:
        recall = visit.session.get(Recall, UUID(named))
    except ValueError:
        recall = find_recall_by_code(visit.session, named) if named.isprintable() else None
    if recall is None or recall.party_id != visit.actor.party_id:
        raise Unknown("unknown-recall", "No such recall.")
    demand_state(recall.state, "published")
    return tell_consignees(visit, recall)


def tell_consignees(
    visit: Visit, recall: Recall, batches: Iterable[UUID] | None = None, traced: Traced | None = None
) -> list[Queued]:
    """Queue a notice for everybody to whom the recalling firm sent goods that the recall names.

    It may be done again at any time, when the scope is wider or the books know more: who was told stays told, and
    is told again only of goods that are new to them.
    """
    lines = list_recall_batches(visit.kernel(), [recall.id])
    wanted = {line.batch_id for line in lines}
    wanted &= wanted if batches is None else set(batches)
    if not wanted:
        return []
    products = {line.product_id for line in lines if line.batch_id in wanted}
    begun = None if traced is None else {stock.batch for stock in traced.starts}
    same = traced if begun == set(map(str, wanted)) else None
    found = shipped_by(visit, recall.party_id, wanted, products, same)
    told = add_notices(
        visit, recall, _but_given_back(visit, recall, _consignees(visit, recall.party_id, found))
    )
    if told:
        facts = {"notices": len(told), "letters": sum(one.delivery == "queued" for one in told)}
        visit.note("recall.told", recall.id, recall.party_id, facts)
    return told


def begin_telling(visit: Visit, recall: Recall, traced: Traced) -> None:
    """What a publication sets going: the notices, and the first look at who has not answered."""
    tell_consignees(visit, recall, traced=traced)
    if recall.reaches_outside:
        remind_later(visit, recall, 1, visit.now)


def remind_later(visit: Visit, recall: Recall, number: int, since: datetime) -> None:
    due = since + REMIND_AFTER[recall.level]
    payload = {"recall_id": str(recall.id), "number": number}
    visit.kernel().add(
        Task(id=new_id(), kind="notice-reminder", payload=payload, due_at=due, recorded_at=visit.now)
    )


# --- who it is ---------------------------------------------------------------------------------------------


def _consignees(visit: Visit, party_id: UUID, found: Mapping[str, Mapping[UUID, Got]]) -> list[Wanted]:
    """The ends of lanes as parties and contacts; of several places of one party that party once."""
    return merged(one for one in name_ends(visit, found).values() if one.to_party_id != party_id)


def _but_given_back(visit: Visit, recall: Recall, wanted: Sequence[Wanted]) -> list[Wanted]:
    back = given_back(visit.kernel(), recall)
    left = (
        replace(one, goods={batch: got for batch, got in one.goods.items() if (one.key, batch) not in back})
        for one in wanted
    )
    return [one for one in left if one.goods] if back else list(wanted)


def merged(wanted: Iterable[Wanted]) -> list[Wanted]:
    by_key: dict[str, Wanted] = {}
    for one in wanted:
        known = by_key.get(one.key)
        by_key[one.key] = replace(known, goods=_together(known.goods, one.goods)) if known else one
    return [by_key[key] for key in sorted(by_key)]


def _together(some: Mapping[UUID, Got], more: Mapping[UUID, Got]) -> dict[UUID, Got]:
    return {
        batch: some[batch] + more[batch]
        if batch in some and batch in more
        else (some.get(batch) or more[batch])
        for batch in {*some, *more}
    }


def name_ends(visit: Visit, found: Mapping[str, Mapping[UUID, Got]]) -> dict[str, Wanted]:
    """Who stands at each end. A claimed contact is the party that claimed it."""
    kernel = visit.kernel()
    ids = ids_in(found)
    named = {id_ for end, id_ in ids.items() if end.startswith("facility:")}
    places = rows_of(kernel, Facility, named)
    contacts = _contacts(visit, set(ids.values()) - set(places))
    owners = {id_: _owner(end, id_, places, contacts) for end, id_ in ids.items()}
    parties = rows_of(kernel, Party, (one for one in owners.values() if one))
    told = {}
    for end, goods in found.items():
        id_ = ids.get(end)
        owner = owners[id_] if id_ else None
        party = parties.get(owner) if owner else None
        place, contact = (places.get(id_), contacts.get(id_)) if id_ else (None, None)
        told[end] = _wanted(end, goods, party, contact, place)
    return told


class ContactRow(NamedTuple):
    """What is asked of a contact: of thousands the whole records would cost more than all the rest."""

    id: UUID
    name: str
    email: str | None
    phone: str | None
    region_code: str | None
    claimed_by: UUID | None


def _contacts(visit: Visit, ids: Iterable[UUID]) -> dict[UUID, ContactRow]:
    chosen: Any = select
    kernel = visit.kernel()
    columns = [col(getattr(Contact, name)) for name in ContactRow._fields]
    queries = (chosen(*columns).where(one_of(kernel, col(Contact.id), some)) for some in chunks(ids))
    return {row[0]: ContactRow(*row) for query in queries for row in kernel.exec(query)}


def _owner(
    end: str, id_: UUID, places: Mapping[UUID, Facility], contacts: Mapping[UUID, ContactRow]
) -> UUID | None:
    if end.startswith("party:"):
        return id_
    if id_ in places:
        return places[id_].party_id
    return contacts[id_].claimed_by if id_ in contacts else None


def _wanted(
    end: str,
    goods: Mapping[UUID, Got],
    party: Party | None,
    contact: ContactRow | None,
    place: Facility | None,
) -> Wanted:
    if party is not None:
        region = place.region_code if place else party.region_code
        return replace(wanted_party(party), region_code=region, goods=goods)
    if contact is not None:
        return Wanted(
            f"contact:{contact.id}",
            contact.name,
            to_contact_id=contact.id,
            email=contact.email,
            phone=contact.phone,
            region_code=contact.region_code,
            goods=goods,
        )
    name = NAMELESS if end == UNKNOWN else end.partition(":")[2][:200] or NAMELESS
    return Wanted(f"other:{end}", name, goods=goods)


def party_of_address(visit: Visit, email: str) -> Party | None:
    """The party whose people sign in by an address; who typed it is not told."""
    account = find_account(visit.kernel(), email)
    if account is None or account.party_id is None:
        return None
    return visit.kernel().get(Party, account.party_id)
