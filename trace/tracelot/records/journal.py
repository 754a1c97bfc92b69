"""The journal: who did what, when, on which record; append-only, in commit order.

Each entry commits to its record with a salted SHA-256 over the record's canonical JSON (RFC 8785), so that
a record can be proved or, with its salt, forgotten.
"""

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from hashlib import sha256
from typing import Any
from uuid import UUID

import rfc8785
from sqlmodel import Field, Session, SQLModel, UniqueConstraint, col, func, select, update

from tracelot.rules.ids import new_id
from tracelot.rules.quantities import plain
from tracelot.rules.refusals import Unavailable

BUCKETS = 16
READS = ("party.read", "batch.read")  # access records: they tell of the reader, not of the record


class Bucket(SQLModel, table=True):
    """A counter that is bumped in the writer's own transaction: its order is the order of commits."""

    id: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    seq: int = 0


class JournalEntry(SQLModel, table=True):
    __table_args__ = (UniqueConstraint("bucket", "seq", "id"),)

    id: UUID = Field(primary_key=True)
    bucket: int
    seq: int
    party_id: UUID | None = Field(default=None, index=True)
    actor_id: UUID | None
    act: str
    subject_id: UUID = Field(index=True)
    reason: str | None = None
    recorded_at: datetime
    record: str
    salt: str
    commitment: str


class EntryView(SQLModel):
    id: UUID
    bucket: int
    seq: int
    actor_id: UUID | None
    act: str
    subject_id: UUID
    reason: str | None
    recorded_at: datetime
    record: str
    salt: str
    commitment: str


@dataclass(frozen=True)
class Draft:
    """What an operation did, before its place in the journal is known."""

    act: str
    subject_id: UUID
    party_id: UUID | None
    record: dict[str, Any]
    reason: str | None = None


def plain_value(value: Any) -> Any:
    match value:
        case Decimal():
            return plain(value)
        case float():
            return repr(value)
        case date():  # datetimes too
            return value.isoformat()
        case UUID():
            return str(value)
        case dict():
            return {str(key): plain_value(inner) for key, inner in value.items()}
        case list() | tuple():
            return [plain_value(inner) for inner in value]
        case _:
            return value


def canonical(record: Any) -> str:
    """A record as canonical JSON (RFC 8785); amounts, times and ids travel as text."""
    return rfc8785.dumps(plain_value(record)).decode()


def commit_to(salt: str, record: str) -> str:
    return sha256(bytes.fromhex(salt) + record.encode()).hexdigest()


def bucket_of(party_id: UUID | None) -> int:
    return 0 if party_id is None else party_id.bytes[-1] % BUCKETS


def append_entries(
    session: Session, drafts: Iterable[Draft], actor_id: UUID | None, bucket: int, now: datetime
) -> None:
    """Write entries as the last statements before the commit, so that the bucket is locked only briefly."""
    for draft in drafts:
        bump = (
            update(Bucket)
            .where(col(Bucket.id) == bucket)
            .values(seq=Bucket.seq + 1)
            .returning(col(Bucket.seq))
        )
        seq = session.execute(bump).scalar_one_or_none()
        if seq is None:
            raise Unavailable("store-not-migrated", "The store has no journal yet: run `trace migrate`.")
        record, salt = canonical(draft.record), secrets.token_hex(16)
        session.add(
            JournalEntry(
                id=new_id(),
                bucket=bucket,
                seq=seq,
                party_id=draft.party_id,
                actor_id=actor_id,
                act=draft.act,
                subject_id=draft.subject_id,
                reason=draft.reason,
                recorded_at=now,
                record=record,
                salt=salt,
                commitment=commit_to(salt, record),
            )
        )
    session.flush()


def change_mark(session: Session) -> int:
    """A number that grows with every commit of any writer."""
    return session.exec(select(func.sum(Bucket.seq))).one() or 0


def list_history(session: Session, subject_id: UUID) -> Sequence[JournalEntry]:
    """All that was done to one record, oldest first."""
    query = select(JournalEntry).where(
        JournalEntry.subject_id == subject_id, col(JournalEntry.act).not_in(READS)
    )
    return session.exec(query.order_by(col(JournalEntry.recorded_at), col(JournalEntry.seq))).all()


def list_entries(session: Session, party_id: UUID, after: UUID | None, limit: int) -> Sequence[JournalEntry]:
    """A party's entries in the order of their commits."""
    query = select(JournalEntry).where(JournalEntry.party_id == party_id)
    if after is not None:
        mark = session.get(JournalEntry, after)
        if mark is not None:
            query = query.where(
                (col(JournalEntry.bucket) > mark.bucket)
                | ((col(JournalEntry.bucket) == mark.bucket) & (col(JournalEntry.seq) > mark.seq))
            )
    return session.exec(query.order_by(col(JournalEntry.bucket), col(JournalEntry.seq)).limit(limit)).all()
