"""Signatures of grave acts, bound to the record that the journal keeps (21 CFR 11.50, 11.70)."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from hashlib import sha256
from uuid import UUID

from sqlmodel import JSON, Field, Session, SQLModel, col, select

from tracelot.records.journal import Draft, canonical
from tracelot.rules.access import Actor
from tracelot.rules.ids import new_id
from tracelot.rules.signing import GRAVE, Factor

SIGNED = "record.signed"  # the journal's entry of a signature


class Signature(SQLModel, table=True):
    """Who signed what, with which meaning. `record_hash` is the SHA-256 of the journal entry's `record`.

    Like the journal it names people by their id alone.
    """

    id: UUID = Field(primary_key=True)
    party_id: UUID | None = Field(default=None, index=True)  # whose record it is
    actor_id: UUID | None
    actor_party_id: UUID | None = Field(default=None, index=True)
    act: str
    subject_id: UUID = Field(index=True)
    meaning_en: str
    meaning_zh: str
    record_hash: str
    factors: list[str] = Field(default_factory=list, sa_type=JSON)
    recorded_at: datetime


def hash_of(record: str) -> str:
    """The SHA-256 of a canonical record, as a signature holds it."""
    return sha256(record.encode()).hexdigest()


def sign(draft: Draft, actor: Actor, factors: Iterable[Factor], now: datetime) -> Signature:
    """The signature of what is about to enter the journal."""
    meaning = GRAVE[draft.act]
    return Signature(
        id=new_id(),
        party_id=draft.party_id,
        actor_id=actor.id,
        actor_party_id=actor.party_id,
        act=draft.act,
        subject_id=draft.subject_id,
        meaning_en=meaning.en,
        meaning_zh=meaning.zh,
        record_hash=hash_of(canonical(draft.record)),
        factors=sorted(factors),
        recorded_at=now,
    )


def list_signatures(session: Session, subject_id: UUID) -> Sequence[Signature]:
    """The signatures on one record, the oldest first."""
    query = select(Signature).where(Signature.subject_id == subject_id)
    return session.exec(query.order_by(col(Signature.recorded_at), col(Signature.id))).all()


def list_signed_by_party(session: Session, party_id: UUID, limit: int) -> Sequence[Signature]:
    """What the people and programs of a party signed, the newest first."""
    query = select(Signature).where(Signature.actor_party_id == party_id)
    return session.exec(query.order_by(col(Signature.recorded_at).desc()).limit(limit)).all()
