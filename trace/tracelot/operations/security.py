"""What people read of their account's safety: events, kept a year; and the signatures of a party's people."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from tracelot.operations.visit import Visit
from tracelot.records.accounts import Account, ApiKey
from tracelot.records.parties import Party
from tracelot.records.security import SecurityEvent, list_own_events, list_party_events
from tracelot.records.signatures import Signature, list_signatures, list_signed_by_party
from tracelot.rules.ids import new_id
from tracelot.rules.retention import session_kept
from tracelot.rules.security import EventKind

SHOWN = 100


def _event(visit: Visit, kind: EventKind, account: Account, about: str) -> SecurityEvent:
    return SecurityEvent(
        id=new_id(),
        account_id=account.id,
        party_id=account.party_id,
        kind=kind,
        about=about[:200],
        device=visit.source.device[:200],
        address=visit.source.address,
        recorded_at=visit.now,
        retain_until=session_kept(visit.today).until,
    )


def note(visit: Visit, kind: EventKind, account: Account, about: str = "") -> None:
    """Tell a person what was done to their account; it commits with the act."""
    visit.kernel().add(_event(visit, kind, account, about))


def note_failure(visit: Visit, kind: EventKind, account: Account) -> None:
    """Tell a person of a try that failed; the door keeps this although all else of the visit is undone."""
    visit.failures.append(_event(visit, kind, account, ""))


def note_own(visit: Visit, kind: EventKind, about: str = "") -> None:
    """The same of the person who acts; programs have no account to read it in."""
    account = visit.kernel().get(Account, visit.actor.id) if visit.actor.id else None
    if account is not None:
        note(visit, kind, account, about)


def own_events(visit: Visit) -> Sequence[SecurityEvent]:
    visit.demand("account.self")
    return list_own_events(visit.kernel(), visit.actor.id, SHOWN) if visit.actor.id else []


def colleagues_events(visit: Visit) -> Sequence[SecurityEvent]:
    """What happened to the accounts of the party's other people; where they were is theirs alone to know."""
    visit.demand("member.read")
    assert visit.actor.party_id is not None
    found = list_party_events(visit.session, visit.actor.party_id, visit.actor.id, SHOWN)
    return [event.model_copy(update={"address": ""}) for event in found]


def signatures_of_party(visit: Visit) -> Sequence[Signature]:
    """What the party's people and programs signed, the newest first."""
    visit.demand("member.read")
    assert visit.actor.party_id is not None
    return list_signed_by_party(visit.session, visit.actor.party_id, SHOWN)


def decisions_on(visit: Visit, party_id: UUID) -> Sequence[Signature]:
    """The signatures under what was decided on a party, for whoever watches it."""
    visit.demand("party.watch")
    signed = list_signatures(visit.kernel(), party_id)
    return [one for one in signed if one.act in ("party.verified", "party.rejected")]


def signers(visit: Visit, signed: Iterable[Signature]) -> dict[UUID, tuple[str, str | None]]:
    """Who signed, in Chinese and English: a colleague by name, others by their office."""
    return {one.actor_id: _signer(visit, one) for one in signed if one.actor_id}


def _signer(visit: Visit, signed: Signature) -> tuple[str, str | None]:
    kernel, own = visit.kernel(), signed.actor_party_id == visit.actor.party_id
    person = kernel.get(Account, signed.actor_id) or kernel.get(ApiKey, signed.actor_id)
    if own and person is not None:
        return person.name, None
    office = kernel.get(Party, signed.actor_party_id) if signed.actor_party_id else None
    return (office.name_zh, office.name_en) if office else ("平台运维", "the operator of the site")
