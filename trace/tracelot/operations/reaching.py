"""Telling everybody who got recalled goods: a notice for each consignee, written with the publication itself."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from sqlmodel import col, select

from tracelot.operations.lettering import letter_to, write_letters
from tracelot.operations.shipped import Got, shipped_by
from tracelot.operations.visit import Visit
from tracelot.records.accounts import Account, find_account
from tracelot.records.consignees import (
    RecallForward,
    RecallNotice,
    RecallNoticeLine,
    letters_of,
    lines_of,
    notice_id,
)
from tracelot.records.contacts import Contact
from tracelot.records.facilities import Facility
from tracelot.records.outbox import Task
from tracelot.records.parties import Party
from tracelot.records.recalls import Recall, list_recall_batches
from tracelot.records.shelves import chunks
from tracelot.rules.ids import new_id
from tracelot.rules.places import UNKNOWN
from tracelot.rules.reaching import ANSWERED, REMIND_AFTER, delivery_of, state_of
from tracelot.rules.retention import later, recall_kept

NAMELESS = "?"  # a consignee of whom the books tell no name


@dataclass(frozen=True)
class Wanted:
    """Somebody who is to be told, and of which goods. `key` is the same whoever names them."""

    key: str
    name: str
    name_en: str | None = None
    to_party_id: UUID | None = None
    to_contact_id: UUID | None = None
    email: str | None = None
    phone: str | None = None
    region_code: str | None = None
    goods: Mapping[UUID, Got] = field(default_factory=dict)


def tell_consignees(
    visit: Visit, recall: Recall, batches: Iterable[UUID] | None = None
) -> list[RecallNotice]:
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
    found = shipped_by(visit, recall.party_id, wanted, products)
    told = add_notices(visit, recall, _consignees(visit, recall.party_id, found))
    if told:
        facts = {"notices": len(told), "letters": sum(notice.delivery == "queued" for notice in told)}
        visit.note("recall.told", recall.id, recall.party_id, facts)
    return told


def begin_telling(visit: Visit, recall: Recall) -> None:
    """What a publication sets going: the notices, and the first look at who has not answered."""
    tell_consignees(visit, recall)
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


def merged(wanted: Iterable[Wanted]) -> list[Wanted]:
    by_key: dict[str, Wanted] = {}
    for one in wanted:
        known = by_key.get(one.key)
        goods = one.goods if known is None else _together(known.goods, one.goods)
        by_key[one.key] = replace(known or one, goods=goods)
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
    ids = {end: id_ for end in found if (id_ := _id_in(end)) is not None}
    places = {row.id: row for some in chunks(ids.values())
              for row in kernel.exec(select(Facility).where(col(Facility.id).in_(some)))}  # fmt: skip
    contacts = {row.id: row for some in chunks(ids.values())
                for row in kernel.exec(select(Contact).where(col(Contact.id).in_(some)))}  # fmt: skip
    owners = {id_: _owner(end, id_, places, contacts) for end, id_ in ids.items()}
    parties = {row.id: row for some in chunks(one for one in owners.values() if one)
               for row in kernel.exec(select(Party).where(col(Party.id).in_(some)))}  # fmt: skip
    named = {}
    for end, goods in found.items():
        id_ = ids.get(end)
        party = parties.get(owners[id_] or UUID(int=0)) if id_ else None
        place, contact = (places.get(id_), contacts.get(id_)) if id_ else (None, None)
        named[end] = replace(_wanted(end, party, contact, place), goods=goods)
    return named


def _id_in(end: str) -> UUID | None:
    try:
        return UUID(end.partition(":")[2])
    except ValueError:  # a name as another system writes it, or nobody known
        return None


def _owner(
    end: str, id_: UUID, places: Mapping[UUID, Facility], contacts: Mapping[UUID, Contact]
) -> UUID | None:
    if end.startswith("party:"):
        return id_
    if id_ in places:
        return places[id_].party_id
    return contacts[id_].claimed_by if id_ in contacts else None


def _wanted(end: str, party: Party | None, contact: Contact | None, place: Facility | None) -> Wanted:
    if party is not None:
        region = place.region_code if place else party.region_code
        return replace(wanted_party(party), region_code=region)
    if contact is not None:
        return Wanted(
            f"contact:{contact.id}",
            contact.name,
            to_contact_id=contact.id,
            email=contact.email,
            phone=contact.phone,
            region_code=contact.region_code,
        )
    return Wanted(f"other:{end}", NAMELESS if end == UNKNOWN else end.partition(":")[2][:200] or NAMELESS)


def wanted_party(party: Party) -> Wanted:
    return Wanted(
        f"party:{party.id}",
        party.name_zh,
        party.name_en,
        to_party_id=party.id,
        email=party.email,
        phone=party.phone,
        region_code=party.region_code,
    )


def party_of_address(visit: Visit, email: str) -> Party | None:
    """The party whose people sign in by an address; who typed it is not told."""
    account = find_account(visit.kernel(), email)
    if account is None or account.party_id is None:
        return None
    return visit.kernel().get(Party, account.party_id)


# --- the notices -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class From:
    """Who names the consignees: the recalling firm itself, or somebody who was told."""

    notice: RecallNotice | None = None

    @property
    def tier(self) -> int:
        return self.notice.tier + 1 if self.notice else 1


def add_notices(
    visit: Visit, recall: Recall, wanted: Sequence[Wanted], source: From = From()
) -> list[RecallNotice]:
    """One notice for each consignee of a recall. Who is told already is joined, and told of new goods alone."""
    kernel = visit.kernel()
    ids = {notice_id(recall.id, one.key): one for one in wanted}
    stand = {row.id: row for some in chunks(ids)
             for row in kernel.exec(select(RecallNotice).where(col(RecallNotice.id).in_(some)))}  # fmt: skip
    had = lines_of(kernel, stand)
    reached = people_of(visit, {one.to_party_id for one in wanted if one.to_party_id})
    fresh: list[RecallNotice] = []
    wider: list[RecallNotice] = []
    for id_, one in ids.items():
        notice = stand.get(id_)
        if notice is None:
            notice = _new(visit, recall, one, source, in_app=bool(reached.get(one.to_party_id)))
            fresh.append(notice)
        known = {line.batch_id for line in had.get(id_, ())}
        more = [_line(notice, batch, got) for batch, got in one.goods.items() if batch not in known]
        if id_ in stand:
            _join(visit, notice, source, more)
            wider += [notice] if more else []
        kernel.add_all([notice, *more])
    kernel.flush()
    _link(visit, source, ids)
    if recall.reaches_outside:
        write_letters(visit, [letter_to(visit, one, "notice", reached) for one in fresh])
        write_letters(visit, [letter_to(visit, one, "widened", reached) for one in wider])
    settle(visit, [*fresh, *wider])
    return [*fresh, *wider]


def _new(visit: Visit, recall: Recall, one: Wanted, source: From, *, in_app: bool) -> RecallNotice:
    parent = source.notice
    return RecallNotice(
        id=notice_id(recall.id, one.key),
        recall_id=recall.id,
        party_id=recall.party_id,
        from_party_id=parent.to_party_id if parent else recall.party_id,
        parent_id=parent.id if parent else None,
        tier=source.tier,
        to_party_id=one.to_party_id,
        to_contact_id=one.to_contact_id,
        name=one.name,
        name_en=one.name_en,
        email=one.email,
        phone=one.phone,
        region_code=one.region_code or (parent.region_code if parent else None),
        silent=not recall.reaches_outside,
        in_app=in_app and recall.reaches_outside,
        retain_until=later(recall.retain_until, recall_kept(visit.today).until),
        recorded_at=visit.now,
        recorded_by=visit.actor.id,
    )


def _line(notice: RecallNotice, batch: UUID, got: Got) -> RecallNoticeLine:
    return RecallNoticeLine(
        notice_id=notice.id,
        batch_id=batch,
        party_id=notice.party_id,
        product_id=got.product_id,
        pooled=got.pooled,
        possible=got.possible,
        code=got.code,
        product_zh=got.product_zh,
        product_en=got.product_en,
        quantity=got.quantity,
        unit=got.unit,
    )


def _join(visit: Visit, notice: RecallNotice, source: From, more: Sequence[RecallNoticeLine]) -> None:
    """A notice that stands: it comes as near to the recalling firm as anybody says, and asks anew for new goods."""
    if source.notice is None and notice.tier > 1:
        notice.tier, notice.parent_id, notice.from_party_id = 1, None, notice.party_id
    if more and notice.state in ANSWERED:
        notice.state, notice.answered_at = "notified", None
    notice.reminded = 0 if more else notice.reminded
    visit.kernel().add(notice)


def _link(visit: Visit, source: From, ids: Iterable[UUID]) -> None:
    if source.notice is None:
        return
    kernel = visit.kernel()
    for id_ in ids:
        if id_ != source.notice.id and kernel.get(RecallForward, (source.notice.id, id_)) is None:
            kernel.add(RecallForward(parent_id=source.notice.id, notice_id=id_,
                                     party_id=source.notice.party_id, recorded_at=visit.now))  # fmt: skip
    kernel.flush()


def people_of(visit: Visit, parties: Iterable[UUID]) -> dict[UUID | None, list[Account]]:
    """The people of parties that still work and can sign in."""
    found: dict[UUID | None, list[Account]] = {}
    for some in chunks(parties):
        query = select(Account).where(col(Account.party_id).in_(some), col(Account.disabled_at).is_(None))
        query = query.where(col(Account.password_hash).is_not(None), Account.party_id == Party.id)
        query = query.where(col(Party.archived_at).is_(None)).order_by(col(Account.id))
        for account in visit.kernel().exec(query):
            found.setdefault(account.party_id, []).append(account)
    return found


def settle(visit: Visit, notices: Sequence[RecallNotice]) -> None:
    """Let notices say what their letters say."""
    kernel = visit.kernel()
    letters = letters_of(kernel, [one.id for one in notices])
    for notice in notices:
        told = [
            (letter.state, letter.tries) for letter in letters.get(notice.id, ()) if letter.revoked_at is None
        ]
        notice.delivery = "kept_inside" if notice.silent else delivery_of(told, in_app=notice.in_app)
        if notice.state not in ANSWERED and not notice.silent:
            notice.state = state_of(notice.delivery, in_app=notice.in_app)
        if notice.state not in ("pending", "unreachable"):
            notice.told_at = notice.told_at or visit.now
        kernel.add(notice)
    kernel.flush()
