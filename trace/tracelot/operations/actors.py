"""Who acts: the account behind an actor, and the actor behind an account."""

from dataclasses import replace
from uuid import UUID

from sqlalchemy import Connection
from sqlmodel import Session

from tracelot.operations.visit import Visit
from tracelot.records.accounts import Account
from tracelot.records.parties import Party
from tracelot.records.security import find_factor
from tracelot.records.sights import EVERYTHING
from tracelot.records.tenancy import ScopedSession
from tracelot.rules.access import Actor
from tracelot.rules.parties import area_level
from tracelot.rules.refusals import Unidentified, Unknown


def actor_of(kernel: Session, account: Account) -> Actor:
    party = kernel.get_one(Party, account.party_id) if account.party_id else None
    protected = find_factor(kernel, account.id) is not None
    if party is None:
        return Actor(id=account.id, role=account.role, name=account.name, second_factor=protected)  # type: ignore[arg-type]
    return in_party(party, account.id, account.role, account.name, protected=protected)


def archived(kernel: Session, account: Account) -> bool:
    """Whether the party that a person works for has closed down."""
    party = kernel.get(Party, account.party_id) if account.party_id else None
    return party is not None and party.archived_at is not None


def in_party(
    party: Party,
    id: UUID | None,  # noqa: A002
    role: str,
    name: str,
    *,
    protected: bool = False,
    scopes: frozenset[str] | None = None,
) -> Actor:
    """A person or a program that acts for a party."""
    return Actor(
        id=id,
        role=role,  # type: ignore[arg-type]
        party_id=party.id,
        party_type=party.type,  # type: ignore[arg-type]
        verified=party.status == "verified",
        level=area_level(party.territory[0]) if party.territory else None,
        territory=tuple(party.territory),
        scopes=scopes,
        second_factor=protected,
        factor_needed=party.second_factor_since is not None,
        name=name,
        party_zh=party.name_zh,
        party_en=party.name_en,
    )


def holder_for(kernel: Session, party_id: UUID) -> Actor:
    """Whoever holds the store, seeing what a party sees."""
    party = kernel.get(Party, party_id)
    if party is None:
        raise Unknown("unknown-party", "No such party.")
    return in_party(party, None, "admin", "trace", protected=True)


def own_account(visit: Visit) -> Account:
    visit.demand("account.self")
    account = visit.kernel().get(Account, visit.actor.id)
    if account is None:
        raise Unidentified("sign-in-needed", "Only a person signed in has an account.")
    return account


def member_of(connection: Connection, party_id: UUID) -> Actor:
    """Whoever holds the store, at work in the books of a party that is open."""
    with ScopedSession(connection, EVERYTHING) as kernel:
        party = kernel.get(Party, party_id)
        if party is None or party.archived_at is not None:
            raise Unknown("unknown-party", "No such party.")
        return replace(in_party(party, UUID(int=0), "admin", "trace"), id=None, factor_needed=False)
