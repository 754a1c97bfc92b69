"""Forgetting people without breaking a proof: those who left, and contacts of a party that were replaced."""

import json
from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID

from sqlmodel import col, delete, select, update

from tracelot.operations.forgetting_answers import (
    forget_account,
    forget_former_addresses,
    former_addresses,
)
from tracelot.operations.visit import Visit
from tracelot.records.accounts import Account, ApiKey, OneTimeLink, SignInSession, revoke_sessions
from tracelot.records.batches import Batch
from tracelot.records.contacts import Contact, list_contacts
from tracelot.records.facilities import Facility, list_facilities
from tracelot.records.following import forget_follower
from tracelot.records.journal import CLEAR, JournalEntry, canonical, forget_fields
from tracelot.records.locking import HELD
from tracelot.records.outbox import KeptAnswer, Task
from tracelot.records.parties import Party
from tracelot.records.personal import PersonalValue, list_personal_of
from tracelot.records.security import blank_events, drop_factor
from tracelot.rules.forgetting import Basis, demand_gone, demand_not_required, new_pseudonym
from tracelot.rules.refusals import Unknown

Named = Party | Facility | Contact
EMPTY = {"phone": "—"}  # a party's telephone is never without a value


def pseudonymise(visit: Visit, account_id: UUID, basis: Basis, reason: str) -> Account:
    """Put an opaque name in the place of a person who left; what the account did stays under its id."""
    account = member(visit, account_id)
    demand_gone(disabled=account.disabled_at is not None)
    if account.pseudonymised_at is not None:
        return account
    names = [text for text in (account.email, account.login, account.name) if text]
    account.name = account.login = new_pseudonym()
    account.email = account.password_hash = account.language = None
    account.pseudonymised_at = visit.now
    visit.kernel().add(account)
    visit.kernel().flush()
    _end(visit, account, names)
    forget_account(visit, account, names)
    visit.record("person.pseudonymised", account, party_id=account.party_id, reason=reason, basis=basis)
    return account


def member(visit: Visit, account_id: UUID) -> Account:
    """A person whom the actor may forget: of its own party, or anybody for the operator."""
    visit.demand("data.forget")
    account = visit.kernel().get(Account, account_id)
    if account is None or visit.actor.party_id not in (None, account.party_id):
        raise Unknown("unknown-member", "No such member.")
    return account


def _end(visit: Visit, account: Account, names: Sequence[str]) -> None:
    """End the person's sessions and links, and let go of devices, mail and answers that name them."""
    kernel = visit.kernel()
    revoke_sessions(kernel, account.id, visit.now)
    drop_factor(kernel, account.id)
    forget_follower(kernel, account.id)
    blank_events(kernel, account.id, account.party_id, names)
    kernel.exec(update(SignInSession).where(col(SignInSession.account_id) == account.id).values(device=""))
    kernel.exec(delete(OneTimeLink).where(col(OneTimeLink.account_id) == account.id))
    kernel.exec(delete(KeptAnswer).where(col(KeptAnswer.actor_id) == account.id))
    addressed: Any = col(Task.payload)["to"]
    kernel.exec(delete(Task).where(col(Task.kind) == "mail", addressed.as_string().in_(names)))


def replaced_contacts(visit: Visit) -> int:
    """How many values of the party's former contacts the journal and ended recalls still hold in clear."""
    visit.demand("data.forget")
    party = _own(visit)
    told = len(_sealed(visit, party)) + sum(len(fields) for _, fields in _clear(visit, party))
    return told + len(former_addresses(visit, party))


def forget_replaced_contacts(visit: Visit, basis: Basis, reason: str) -> int:
    """Erase what the journal says in clear of a party's former contacts; its present ones stay."""
    visit.demand("data.forget")
    party = _own(visit)
    erased = _erase_former(visit, party)
    facts = {"basis": basis, "erased": erased}
    visit.note("contacts.forgotten", party.id, party.id, facts, reason)
    return erased


def forget_contacts(visit: Visit, party_id: UUID, basis: Basis, reason: str) -> int:
    """Erase the present contacts of an archived party too, once none of its goods must be kept."""
    visit.demand("keeping.purge")
    kernel = visit.kernel()
    party = kernel.get(Party, party_id, with_for_update=HELD)
    if party is None:
        raise Unknown("unknown-party", "No such party.")
    held = kernel.exec(
        select(Batch.id).where(Batch.party_id == party.id, col(Batch.retain_until) >= visit.today).limit(1)
    ).first()
    demand_not_required(Party.COMMITTED, goods_kept=held is not None, archived=party.archived_at is not None)
    for row in _named(visit, party):
        for name in row.COMMITTED:
            setattr(row, name, EMPTY.get(name) if isinstance(row, Party) else None)
        kernel.add(row)
    kernel.flush()
    erased = _erase_former(visit, party)
    visit.note("contacts.forgotten", party.id, party.id, {"basis": basis, "erased": erased}, reason)
    return erased


def _own(visit: Visit) -> Party:
    if visit.actor.party_id is None:
        raise Unknown("unknown-party", "This account belongs to no party.")
    return visit.kernel().get_one(Party, visit.actor.party_id)


def _named(visit: Visit, party: Party) -> list[Named]:
    kernel = visit.kernel()
    return [party, *list_facilities(kernel, party.id), *list_contacts(kernel, party.id)]


def _erase_former(visit: Visit, party: Party) -> int:
    """Erase values from the table of personal values, and from old entries that hold them in their record."""
    kernel, sealed, clear = visit.kernel(), _sealed(visit, party), list(_clear(visit, party))
    for value in sealed:
        kernel.delete(value)
    for entry, fields in clear:
        forget_fields(entry, fields, visit.now)
        kernel.add(entry)
    party.origin_hash = ""  # an unsalted hash over what was just forgotten
    kernel.add(party)
    kernel.flush()
    _empty_answers(visit, party.id)
    addresses = forget_former_addresses(visit, party)
    return len(sealed) + sum(len(fields) for _, fields in clear) + addresses


def _sealed(visit: Visit, party: Party) -> list[PersonalValue]:
    """Personal values of the journal that are not the present ones."""
    rows = {row.id: row for row in _named(visit, party)}
    return [
        value
        for value in list_personal_of(visit.kernel(), rows)
        if value.value != canonical(getattr(rows[value.subject_id], value.field))
    ]


def _clear(visit: Visit, party: Party) -> Iterator[tuple[JournalEntry, list[str]]]:
    """Entries of the old form, with the fields in which they name somebody who was replaced."""
    rows = {row.id: row for row in _named(visit, party)}
    query = select(JournalEntry).where(col(JournalEntry.subject_id).in_(rows), JournalEntry.form == CLEAR)
    for entry in visit.kernel().exec(query.where(JournalEntry.record != "")).all():
        record, row = json.loads(entry.record), rows[entry.subject_id]
        fields = [name for name in row.COMMITTED if record.get(name) not in (None, getattr(row, name))]
        if fields:
            yield entry, sorted(fields)


def _empty_answers(visit: Visit, party_id: UUID) -> None:
    """Kept answers of the party's people and programs show its contacts as they were."""
    people = select(Account.id).where(Account.party_id == party_id)
    programs = select(ApiKey.id).where(ApiKey.party_id == party_id)
    mine = col(KeptAnswer.actor_id).in_(people) | col(KeptAnswer.actor_id).in_(programs)
    told = col(KeptAnswer.body).contains('"phone"')
    visit.kernel().exec(update(KeptAnswer).where(mine, told).values(body=""))
