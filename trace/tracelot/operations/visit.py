"""Who came, when, what they may see, and the transaction that their work goes into."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from hashlib import sha256
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Connection
from sqlmodel import SQLModel

from tracelot.operations.memory import Memory
from tracelot.operations.passwords import Passwords
from tracelot.operations.sealing import Keyring
from tracelot.records.journal import Draft, append_entries, bucket_of, canonical, seal_personal
from tracelot.records.journal import Place as EntryPlace
from tracelot.records.outbox import Task
from tracelot.records.security import SecurityEvent
from tracelot.records.sights import EVERYTHING, Sight, sight_of, with_published
from tracelot.records.signatures import SIGNED, sign
from tracelot.records.tenancy import ScopedSession
from tracelot.rules.access import Actor, demand
from tracelot.rules.ids import new_id
from tracelot.rules.refusals import Forbidden, Refusal
from tracelot.rules.retention import entry_kept, later
from tracelot.rules.signing import GRAVE, Factor

SECRETS = frozenset(
    {"password_hash", "digest", "sealed"}
)  # never copied into the journal, whoever may read it
PLACE = frozenset({"bucket", "seq"})  # known when the visit settles, after the record
UNSALTED = frozenset({"origin_hash"})  # a hash over personal fields without a salt: they could be guessed


@dataclass(frozen=True)
class Place:
    """What an operation must know of the deployment: where its pages stand, its zone, and with what it seals."""

    public_url: str
    zone: ZoneInfo
    keyring: Keyring = field(default_factory=Keyring, compare=False)


@dataclass(frozen=True)
class Source:
    """Where a visit comes from: the device as it calls itself, and its network."""

    device: str = ""
    address: str = ""


@dataclass
class Visit:
    """One unit of work. Operations flush; whoever opened the visit settles and commits it.

    `factors` are those by which the person showed in this very visit that it is they. `failures` are what
    the door keeps of a visit even when it is refused.
    """

    connection: Connection
    actor: Actor
    now: datetime
    place: Place
    source: Source = Source()
    passwords: Passwords = field(default_factory=Passwords)
    factors: frozenset[Factor] = frozenset()
    failures: list[SecurityEvent] = field(default_factory=list)
    memory: Memory | None = None  # the index of this process, where there may be one
    session: ScopedSession = field(init=False)
    _sessions: dict[Sight, ScopedSession] = field(default_factory=dict)
    _drafts: list[Draft] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.session = self.seeing(sight_of(self.actor))

    @property
    def today(self) -> date:
        return self.now.astimezone(self.place.zone).date()

    def demand(self, act: str) -> None:
        demand(self.actor, act)

    def seeing(self, sight: Sight) -> ScopedSession:
        """A session of the same transaction under another sight."""
        if sight not in self._sessions:
            self._sessions[sight] = ScopedSession(self.connection, sight)
        return self._sessions[sight]

    def with_published(self) -> ScopedSession:
        """What the actor sees by role, and what everybody may see."""
        return self.seeing(with_published(sight_of(self.actor)))

    def kernel(self) -> ScopedSession:
        """Everything: for checks that must see beyond the actor, never for an answer to them."""
        return self.seeing(EVERYTHING)

    @contextmanager
    def apart(self) -> Iterator[None]:
        """A part of the work that may be refused alone: what it wrote and noted is taken back, all else stands."""
        noted, sessions = len(self._drafts), (self.session, self.kernel())
        for session in sessions:
            session.connection()  # it joins the transaction before the savepoint, and so outlives it
        with ExitStack() as savepoints:
            for session in sessions:
                savepoints.enter_context(session.begin_nested())
                session.connection()  # and sets its own at once: they must end in the order in which they began
            try:
                yield
            except Refusal:
                del self._drafts[noted:]
                raise

    def record(
        self,
        act: str,
        row: SQLModel,
        *,
        party_id: UUID | None,
        reason: str | None = None,
        placed: SQLModel | None = None,
        **more: Any,
    ) -> None:
        """Put an act on a row into the journal, a grave one with its signature; written when the visit settles.

        `placed` is the row that gets the entry's place in the order of the commits, which is known only then.
        """
        sealed: frozenset[str] = getattr(row, "COMMITTED", frozenset())
        hidden = SECRETS | getattr(row, "PERSONAL", frozenset()) | (UNSALTED if sealed else frozenset())
        hidden |= frozenset() if placed is None else PLACE
        record = row.model_dump(exclude=set(hidden)) | more
        kept = later(getattr(row, "retain_until", None), entry_kept(act, self.today).until)
        subject = getattr(row, "id")  # noqa: B009
        draft = Draft(act, subject, party_id, record, reason, kept, placed=placed)
        draft = seal_personal(draft, sealed)
        self._drafts.append(draft)
        if act in GRAVE:
            self._sign(draft)

    def _sign(self, draft: Draft) -> None:
        """A program signs by its key; a person must have shown anew that it is they."""
        factors: frozenset[Factor] = self.factors if self.actor.scopes is None else frozenset({"key"})
        if not factors:
            raise Forbidden("signature-needed", "This needs your signature: send your password with it.")
        signature = sign(draft, self.actor, factors, self.now)
        self.kernel().add(signature)
        self.note(SIGNED, draft.subject_id, draft.party_id, signature.model_dump())

    def note(
        self,
        act: str,
        subject_id: UUID,
        party_id: UUID | None,
        facts: dict[str, Any],
        reason: str | None = None,
    ) -> None:
        """Put into the journal what is not the state of a row."""
        kept = entry_kept(act, self.today).until
        self._drafts.append(Draft(act, subject_id, party_id, facts, reason, kept))

    def remember(self, act: str, row: SQLModel, owner_id: UUID) -> None:
        """Note in the reader's journal that they read somebody else's record; the record is not copied."""
        if owner_id != self.actor.party_id:
            subject = getattr(row, "id")  # noqa: B009
            seen = {"party_id": owner_id, "version": getattr(row, "version", None)}
            self.note(act, subject, self.actor.party_id, seen)

    @property
    def unsettled(self) -> bool:
        return bool(self._drafts)

    def settle_in(self, kernel: ScopedSession) -> None:
        """Write the journal in a session that sees everything; this visit's own may be one that only reads."""
        place = EntryPlace(self.actor.id, bucket_of(self.actor.party_id), self.now)
        append_entries(kernel, self._drafts, place)

    def ask(self, kind: str, **payload: Any) -> None:
        """Put work that follows the commit into the outbox."""
        task = Task(id=new_id(), kind=kind, payload=payload, due_at=self.now, recorded_at=self.now)
        self.kernel().add(task)

    def settle(self) -> None:
        """Write all that is left to write; the commit comes next."""
        for session in self._sessions.values():
            session.flush()
        self.settle_in(self.kernel())
        for session in self._sessions.values():
            session.flush()  # the places in the order

    def close(self) -> None:
        for session in self._sessions.values():
            session.close()


def origin_of(new: SQLModel) -> str:
    """The hash of what a caller sent, to tell a repeated registration from another one under the same id."""
    return sha256(canonical(new.model_dump()).encode()).hexdigest()
