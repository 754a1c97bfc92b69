"""Many entries of the journal at once: the same facts and commitments, and a lock on the bucket that is short."""

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from sqlmodel import Session, col, update

from tracelot.records.filling import load
from tracelot.records.journal import (
    SEALED,
    TO_THE_SECOND,
    Bucket,
    JournalEntry,
    canonical,
    commit_to,
    head_text,
)
from tracelot.rules.ids import new_id
from tracelot.rules.retention import entry_kept, later

Waiting = Sequence[Any]  # id, act, subject, record, reason, retain_until: as text, to wait in a file


def waiting(
    act: str, subject_id: UUID, record: dict[str, Any], reason: str | None, retain_until: date, today: date
) -> Waiting:
    """An entry before its place in the order is known."""
    until = later(retain_until, entry_kept(act, today).until)
    return (str(new_id()), act, str(subject_id), canonical(record), reason, until.isoformat())


@dataclass(frozen=True)
class Place:
    """Whose entries they are, who made them and when."""

    party_id: UUID
    actor_id: UUID | None
    bucket: int
    now: datetime


def append_waiting(session: Session, some: Iterable[Sequence[Waiting]], count: int, place: Place) -> None:
    """Write entries one after the other, as the last statements before the commit."""
    bump = update(Bucket).where(col(Bucket.id) == place.bucket).values(seq=Bucket.seq + count)
    seq = session.execute(bump.returning(col(Bucket.seq))).scalar_one() - count
    for entries in some:
        load(
            session.connection(),
            JournalEntry,
            [_row(one, at, place) for at, one in enumerate(entries, seq + 1)],
        )
        seq += len(entries)


def _row(entry: Waiting, seq: int, place: Place) -> dict[str, Any]:
    id_, act, subject, record, reason, until = entry
    moment, salt = place.now.astimezone(UTC), secrets.token_hex(16)
    actor = None if place.actor_id is None else str(place.actor_id)
    head = head_text(
        (
            id_,
            place.bucket,
            seq,
            str(place.party_id),
            actor,
            act,
            subject,
            reason,
            moment.isoformat()[:TO_THE_SECOND],
        )
    )
    return {
        "id": UUID(id_), "bucket": place.bucket, "seq": seq, "party_id": place.party_id,
        "actor_id": place.actor_id, "act": act, "subject_id": UUID(subject), "reason": reason,
        "recorded_at": moment, "record": record, "salt": salt, "commitment": commit_to(salt, head + record),
        "form": SEALED, "retain_until": date.fromisoformat(until), "forgotten_at": None,
    }  # fmt: skip
