"""Programs' keys: issued, recognised, rotated, revoked."""

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlmodel import Session

from tracelot.operations.actors import in_party
from tracelot.operations.passwords import digest
from tracelot.operations.security import note_own
from tracelot.operations.visit import Visit
from tracelot.records.accounts import ApiKey, IssuedKey, KeyView, NewKey, find_key, list_keys
from tracelot.records.parties import Party
from tracelot.rules.access import Actor
from tracelot.rules.ids import new_id
from tracelot.rules.keys import KeyText, new_key_text, read_key
from tracelot.rules.refusals import Conflict, Unfit, Unidentified, Unknown, unfit

SEEN_STEP = timedelta(minutes=5)  # how exactly the last use is kept: each write costs a commit
OVERLAP = 7  # days for which a rotated key works on
LONGEST_OVERLAP = 90


def recognise_key(kernel: Session, token: str, now: datetime) -> tuple[Actor, bool]:
    """The program behind a key, and whether it is time to note that the key was used."""
    text = read_key(token)
    key = find_key(kernel, text.prefix)
    if key is None or not secrets.compare_digest(key.digest, digest(text.secret)):
        raise Unidentified("bad-key", "This API key is not known.")
    if _over(key, now):
        raise Unidentified("key-revoked", "This API key was revoked or has expired.")
    party = kernel.get_one(Party, key.party_id)
    if party.archived_at is not None:
        raise Unidentified("party-archived", "This party is archived.")
    due = key.last_used_at is None or now - key.last_used_at > SEEN_STEP
    return in_party(party, key.id, "quality", key.name, scopes=frozenset(key.scopes)), due


def _over(key: ApiKey, now: datetime) -> bool:
    return key.revoked_at is not None or (key.expires_at is not None and key.expires_at <= now)


def keys(visit: Visit) -> Sequence[ApiKey]:
    visit.demand("key.read")
    return list_keys(visit.session, _party_id(visit))


def _party_id(visit: Visit) -> UUID:
    if visit.actor.party_id is None:
        raise Unknown("unknown-party", "This account belongs to no party.")
    return visit.actor.party_id


def _own(visit: Visit, key_id: UUID) -> ApiKey:
    key = visit.session.get(ApiKey, key_id)
    if key is None:
        raise Unknown("unknown-key", "No such key.")
    return key


def issue_key(visit: Visit, new: NewKey) -> IssuedKey:
    """Issue a key; the answer is the only place where it can be read."""
    visit.demand("key.issue")
    if not new.scopes:
        raise Unfit("no-scope", "A key needs at least one scope.")
    ends = visit.now + timedelta(days=new.days) if new.days else None
    key, text = _new_key(visit, new.name, sorted(set(new.scopes)), ends)
    note_own(visit, "key-issued", key.name)
    visit.record("key.issued", key, party_id=key.party_id)
    return _shown(key, text)


def _new_key(visit: Visit, name: str, scopes: list[str], ends: datetime | None) -> tuple[ApiKey, KeyText]:
    text = new_key_text()
    key = ApiKey(
        id=new_id(),
        party_id=_party_id(visit),
        prefix=text.prefix,
        digest=digest(text.secret),
        name=name,
        scopes=scopes,
        expires_at=ends,
        recorded_at=visit.now,
        recorded_by=visit.actor.id,
    )
    visit.session.add(key)
    visit.session.flush()
    return key, text


def _shown(key: ApiKey, text: KeyText) -> IssuedKey:
    view = KeyView.model_validate(key, from_attributes=True)
    return IssuedKey(**view.model_dump(), key=str(text))


def rotate_key(visit: Visit, key_id: UUID, days: int = OVERLAP) -> IssuedKey:
    """Make a successor with the same name, scopes and span; the old key works on for some days, not longer."""
    visit.demand("key.rotate")
    if not 0 <= days <= LONGEST_OVERLAP:
        raise unfit("bad-overlap", "The old key works on for 0 to 90 days.", "overlap")
    old = _own(visit, key_id)
    if _over(old, visit.now):
        raise Conflict("key-revoked", "This API key was revoked or has expired.")
    if old.successor_id is not None:
        raise Conflict("key-rotated", "This key has a successor already.")
    ends = None if old.expires_at is None else visit.now + (old.expires_at - old.recorded_at)
    key, text = _new_key(visit, old.name, old.scopes, ends)
    last_day = visit.now + timedelta(days=days)
    old.expires_at = last_day if old.expires_at is None else min(old.expires_at, last_day)
    old.successor_id = key.id
    visit.session.add(old)
    visit.session.flush()
    note_own(visit, "key-rotated", key.name)
    visit.record("key.rotated", key, party_id=key.party_id, replaces=old.id)
    visit.record("key.retired", old, party_id=old.party_id)
    return _shown(key, text)


def revoke_key(visit: Visit, key_id: UUID, reason: str) -> ApiKey:
    """Stop a key from working, for ever."""
    visit.demand("key.revoke")
    key = _own(visit, key_id)
    if key.revoked_at is None:
        key.revoked_at = visit.now
        visit.session.add(key)
        note_own(visit, "key-revoked", key.name)
        visit.record("key.revoked", key, party_id=key.party_id, reason=reason)
    return key
