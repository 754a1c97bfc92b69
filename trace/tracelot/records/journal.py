"""The journal: who did what, when, on which record; append-only, in commit order.

Each entry commits to what it says with a salted SHA-256 over its head (who did what, when, at which place in
the order) and its record, both in canonical JSON (RFC 8785), so that it can be proved or, with its salt,
forgotten. Personal fields stand in the record as commitments of
their own, so that they can be forgotten alone.
"""

import json
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from hashlib import sha256
from typing import Any
from uuid import UUID

import msgspec
import rfc8785
from sqlmodel import Field, Session, SQLModel, UniqueConstraint, col, func, or_, select, update

from tracelot.records.filling import load
from tracelot.records.personal import PersonalValue
from tracelot.rules.ids import new_id
from tracelot.rules.quantities import plain
from tracelot.rules.refusals import Unavailable
from tracelot.rules.retention import entry_kept, later

BUCKETS = 16
Position = tuple[int, ...]  # in a feed: the last number read in each bucket
START: Position = (0,) * BUCKETS
NOTHING_LATER = 2**31 - 1
Waiting = Sequence[Any]  # id, act, subject, party, record, reason, retain_until: as text, to wait in a file
UNSAFE = 2**53  # from here on JSON has no exact whole numbers
READS = (
    "party.read",
    "batch.read",
    "event.read",
    "shipment.read",
    "notice.read",
)  # access records: they tell of the reader, not of the record
CLEAR, SEALED = (
    1,
    2,
)  # the form of an entry: personal fields in clear and no head, or as commitments under a head
TO_THE_SECOND = len("2026-11-22T18:30:00")


class Bucket(SQLModel, table=True):
    """A counter that is bumped in the writer's own transaction: its order is the order of commits."""

    id: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    seq: int = 0


class JournalEntry(SQLModel, table=True):
    """An entry without its salt was forgotten, wholly or (with a record) in its personal fields.

    Its commitment, act, time and place in the order stand for ever.
    """

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
    form: int = SEALED
    retain_until: date = Field(index=True)
    forgotten_at: datetime | None = None


class PersonalView(SQLModel):
    """A personal value in canonical JSON, with the salt that proves it."""

    field: str
    value: str
    salt: str


class EntryView(SQLModel):
    id: UUID
    bucket: int
    seq: int
    party_id: UUID | None
    actor_id: UUID | None
    act: str
    subject_id: UUID
    reason: str | None
    recorded_at: datetime
    record: str
    salt: str
    commitment: str
    form: int
    retain_until: date
    forgotten_at: datetime | None
    personal: list[PersonalView] = []


@dataclass(frozen=True)
class Draft:
    """What an operation did, before its place in the journal is known.

    `values` are the personal ones, for which commitments stand in the record.
    """

    act: str
    subject_id: UUID
    party_id: UUID | None
    record: dict[str, Any]
    reason: str | None = None
    retain_until: date | None = None
    values: tuple[PersonalValue, ...] = ()
    placed: Any = None  # the row that gets the entry's place in the order of the commits
    id: UUID = field(default_factory=new_id)


@dataclass(frozen=True)
class Place:
    """Who makes entries, in which bucket, and when."""

    actor_id: UUID | None
    bucket: int
    now: datetime


def plain_value(value: Any) -> Any:
    match value:
        case str() | None:  # as most are
            return value
        case int() if abs(value) >= UNSAFE:
            raise rfc8785.IntegerDomainError(value)
        case Decimal():
            return plain(value)
        case date():  # datetimes too
            return value.isoformat()
        case float() | UUID():
            return str(value)
        case dict():
            return {
                str(key): inner if inner is None or type(inner) is str else plain_value(inner)
                for key, inner in value.items()
            }
        case list() | tuple():
            return [plain_value(inner) for inner in value]
        case _:
            return value


def canonical(record: Any) -> str:
    """A record as canonical JSON (RFC 8785); amounts, times and ids travel as text.

    A compiled writer writes the same, but for the order of names beyond the basic plane.
    """
    value = plain_value(record)
    try:
        text = msgspec.json.encode(value, order="sorted").decode()
    except (TypeError, UnicodeEncodeError):
        return rfc8785.dumps(value).decode()
    basic = len(text.encode("utf-16-le")) == 2 * len(text)
    return text if basic else rfc8785.dumps(value).decode()


def commit_to(salt: str, record: str) -> str:
    return sha256(bytes.fromhex(salt) + record.encode()).hexdigest()


def head_text(parts: Sequence[Any]) -> str:
    """The head of an entry as canonical JSON: `parts` are ids as text, numbers, text and None."""
    return msgspec.json.encode(parts).decode()


def told(entry: "JournalEntry") -> str:
    """What an entry commits to."""
    if entry.form == CLEAR:
        return entry.record
    ids = (entry.id, entry.party_id, entry.actor_id, entry.subject_id)
    number, party, actor, subject = (None if one is None else str(one) for one in ids)
    moment = entry.recorded_at.isoformat()[:TO_THE_SECOND]
    head = (number, entry.bucket, entry.seq, party, actor, entry.act, subject, entry.reason, moment)
    return head_text(head) + entry.record


def bucket_of(party_id: UUID | None) -> int:
    return 0 if party_id is None else party_id.bytes[-1] % BUCKETS


def waiting(draft: Draft, today: date) -> Waiting:
    """An entry before its place in the order is known."""
    until = later(draft.retain_until, entry_kept(draft.act, today).until)
    party = None if draft.party_id is None else str(draft.party_id)
    head = (str(draft.id), draft.act, str(draft.subject_id), party)
    return (*head, canonical(draft.record), draft.reason, until.isoformat())


def append_entries(session: Session, drafts: Iterable[Draft], place: Place) -> None:
    """Write entries as the last statements before the commit, so that the bucket is locked only briefly."""
    drafts = list(drafts)
    if not drafts:
        return
    for seq, draft in enumerate(drafts, _numbers(session, place.bucket, len(drafts))):
        entry = JournalEntry(**_placed(waiting(draft, place.now.date()), seq, place))
        if draft.placed is not None:
            draft.placed.bucket, draft.placed.seq = place.bucket, seq
        session.add_all([entry, *draft.values])
    session.flush()


def append_waiting(session: Session, some: Iterable[Sequence[Waiting]], count: int, place: Place) -> None:
    """The same for many entries, read some at a time; none has personal values."""
    seq = _numbers(session, place.bucket, count)
    for entries in some:
        rows = [_placed(one, at, place) for at, one in enumerate(entries, seq)]
        load(session.connection(), JournalEntry, rows)
        seq += len(entries)


def _numbers(session: Session, bucket: int, count: int) -> int:
    """Take the next numbers of a bucket, whose row is locked from here on; answers the first one."""
    bump = update(Bucket).where(col(Bucket.id) == bucket).values(seq=Bucket.seq + count)
    last = session.execute(bump.returning(col(Bucket.seq))).scalar_one_or_none()
    if last is None:
        raise Unavailable("store-not-migrated", "The store has no journal yet: run `trace migrate`.")
    return int(last) - count + 1


def _placed(entry: Waiting, seq: int, place: Place) -> dict[str, Any]:
    """An entry at its place in the order, with its commitment."""
    id_, act, subject, party, record, reason, until = entry
    moment, salt = place.now.astimezone(UTC), secrets.token_hex(16)
    actor = None if place.actor_id is None else str(place.actor_id)
    time = moment.isoformat()[:TO_THE_SECOND]
    head = head_text((id_, place.bucket, seq, party, actor, act, subject, reason, time))
    return {
        "id": UUID(id_), "bucket": place.bucket, "seq": seq, "party_id": None if party is None else UUID(party),
        "actor_id": place.actor_id, "act": act, "subject_id": UUID(subject), "reason": reason,
        "recorded_at": moment, "record": record, "salt": salt, "commitment": commit_to(salt, head + record),
        "form": SEALED, "retain_until": date.fromisoformat(until), "forgotten_at": None,
    }  # fmt: skip


def seal_personal(draft: Draft, names: Iterable[str]) -> Draft:
    """Put a commitment in the place of each personal value; the values go along with their salts."""
    record, values = dict(draft.record), list[PersonalValue]()
    for name in sorted(names):
        if record.get(name) is None:
            continue
        value, salt = canonical(record[name]), secrets.token_hex(16)
        record[name] = {"sha256": commit_to(salt, value)}
        values.append(
            PersonalValue(
                entry_id=draft.id,
                field=name,
                party_id=draft.party_id,
                subject_id=draft.subject_id,
                value=value,
                salt=salt,
            )
        )
    return replace(draft, record=record, values=tuple(values))


def proves(entry: JournalEntry, personal: Iterable[PersonalValue] = ()) -> bool | None:
    """Whether an entry's commitments follow from what is kept; None where it was forgotten."""
    if not entry.salt:
        return None
    record = json.loads(entry.record)
    sound = all({"sha256": commit_to(one.salt, one.value)} == record.get(one.field) for one in personal)
    return sound and commit_to(entry.salt, told(entry)) == entry.commitment


def forget(entry: JournalEntry, now: datetime) -> None:
    """Let go of what an entry says; that it was made, when, and its commitment stay."""
    entry.record = entry.salt = ""
    entry.forgotten_at = now


def forget_fields(entry: JournalEntry, fields: Iterable[str], now: datetime) -> None:
    """Take personal fields out of a record that holds them in clear; what is left can be read, not proved."""
    record = json.loads(entry.record)
    entry.record, entry.salt = canonical(record | dict.fromkeys(fields)), ""
    entry.forgotten_at = now


def change_mark(session: Session) -> int:
    """A number that grows with every commit of any writer."""
    return session.exec(select(func.sum(Bucket.seq))).one() or 0


def list_history(session: Session, subject_id: UUID) -> Sequence[JournalEntry]:
    """All that was done to one record, oldest first.

    Inside a bucket the numbers say what came first, whatever the clock said; only between buckets does time.
    """
    query = select(JournalEntry).where(
        JournalEntry.subject_id == subject_id, col(JournalEntry.act).not_in(READS)
    )
    entries = session.exec(query.order_by(col(JournalEntry.bucket), col(JournalEntry.seq))).all()
    reached: dict[int, datetime] = {}  # by bucket, the latest time so far: it does not go back
    placed = []
    for entry in entries:
        reached[entry.bucket] = max(reached.get(entry.bucket, entry.recorded_at), entry.recorded_at)
        placed.append((reached[entry.bucket], entry))
    return [entry for _, entry in sorted(placed, key=lambda one: one[0])]


def list_entries(
    session: Session, party_id: UUID, since: Position, limit: int
) -> tuple[Sequence[JournalEntry], Position]:
    """A party's entries after a position, in each bucket in the order of their commits, and the next position.

    What others do to a party stands in their buckets, so that a position is a number for each of them. It is
    told by the party's own entries alone: the heads of the buckets would tell how much their sharers do.
    """
    later = (
        (col(JournalEntry.bucket) == bucket) & (col(JournalEntry.seq) > seq)
        for bucket, seq in enumerate(since)
    )
    query = select(JournalEntry).where(JournalEntry.party_id == party_id, or_(*later))
    query = query.order_by(col(JournalEntry.bucket), col(JournalEntry.seq)).limit(limit)
    found, position = session.exec(query).all(), list(since)
    for entry in found:
        position[entry.bucket] = entry.seq
    return found, tuple(position)


def position_at(session: Session, after: UUID) -> Position:
    """The position of a reader who knows no more than the last entry that it has."""
    mark = session.get(JournalEntry, after)
    if mark is None:
        return START
    return tuple(
        mark.seq if bucket == mark.bucket else 0 if bucket > mark.bucket else NOTHING_LATER
        for bucket in range(BUCKETS)
    )
