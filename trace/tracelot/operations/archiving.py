"""Archiving a party that closed down or was merged, and opening it again.

Its people and keys stop at once and nothing new is recorded. What is public of it stays public and says so; its
claims stay its own, so that nobody else can take its numbers.
"""

from uuid import UUID

from sqlmodel import col, select, update

from tracelot.operations.changing import demand_version
from tracelot.operations.parties import in_reach
from tracelot.operations.visit import Visit
from tracelot.records.accounts import Account, ApiKey, revoke_sessions, use_up_links
from tracelot.records.parties import Party
from tracelot.rules.refusals import Conflict, unfit


def archive_party(
    visit: Visit, party_id: UUID, reason: str, successor: str | None = None, version: int | None = None
) -> Party:
    """Archive a party, with the reason; `successor` is the credit code of the verified party that goes on."""
    visit.demand("party.archive")
    party = in_reach(visit, party_id)
    demand_version(party, version)
    if party.archived_at is not None:
        raise Conflict("party-archived", "This party is archived.")
    party.successor_id = _successor(visit, party, successor).id if successor else None
    party.archived_at, party.archived_by, party.archive_reason = visit.now, visit.actor.id, reason
    visit.kernel().add(party)
    _stop(visit, party)
    visit.record("party.archived", party, party_id=party.id, reason=reason)
    return party


def _successor(visit: Visit, party: Party, uscc: str) -> Party:
    query = select(Party).where(Party.uscc_claim == uscc.strip().upper())
    heir = visit.kernel().exec(query).one_or_none()
    if heir is None or heir.archived_at is not None or heir.type == "regulator":
        raise unfit(
            "unknown-successor", "No verified party that still works has this credit code.", "successor"
        )
    if heir.id == party.id:
        raise unfit("own-successor", "A party cannot succeed itself.", "successor")
    return heir


def _stop(visit: Visit, party: Party) -> None:
    """End every session, link and key of the party. Keys do not come back when it is opened again."""
    kernel = visit.kernel()
    for account_id in kernel.exec(select(Account.id).where(Account.party_id == party.id)).all():
        revoke_sessions(kernel, account_id, visit.now)
        use_up_links(kernel, account_id, visit.now)
    living = update(ApiKey).where(col(ApiKey.party_id) == party.id, col(ApiKey.revoked_at).is_(None))
    kernel.exec(living.values(revoked_at=visit.now))
    kernel.flush()


def reopen_party(visit: Visit, party_id: UUID, reason: str, version: int | None = None) -> Party:
    """Open an archived party again, with the reason; its people sign in as before."""
    visit.demand("party.archive")
    party = in_reach(visit, party_id)
    demand_version(party, version)
    if party.archived_at is None:
        raise Conflict("not-archived", "This party is not archived.")
    party.archived_at = party.archived_by = party.archive_reason = party.successor_id = None
    visit.kernel().add(party)
    visit.kernel().flush()
    visit.record("party.reopened", party, party_id=party.id, reason=reason)
    return party


def successor_of(visit: Visit, party: Party) -> Party | None:
    """Who goes on in the place of an archived party; its name is public."""
    return visit.kernel().get(Party, party.successor_id) if party.successor_id else None
