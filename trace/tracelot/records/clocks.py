"""The clocks of recalls, and the time that offices grant beyond them."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlmodel import Field, Index, Session, SQLModel, col, select

from tracelot.records.inputs import Day, Reason, Shape, Words
from tracelot.records.locking import versioned
from tracelot.rules.recall_law import ClockKind, ClockState, Unit


@versioned
class RecallClock(SQLModel, table=True):
    """A time limit of a recall, as it was when the recall was opened; it begins when `begun_at` is known."""

    __table_args__ = (Index("ix_recallclock_met_at_due_at", "met_at", "due_at"),)

    recall_id: UUID = Field(primary_key=True, foreign_key="recall.id")
    kind: str = Field(primary_key=True)
    number: int = Field(default=1, primary_key=True)
    party_id: UUID = Field(foreign_key="party.id")
    amount: int | None
    unit: str
    verified: bool
    planned: bool = False  # by the firm's own date, where the law's was not verified
    provisional: bool = False
    source_zh: str
    source_en: str
    begun_at: datetime | None = None
    due_at: datetime | None = None
    extended_to: datetime | None = None
    met_at: datetime | None = None
    version: int = 1

    @property
    def ends_at(self) -> datetime | None:
        return self.extended_to or self.due_at

    @property
    def in_time(self) -> bool:
        """Whether what it waits for was done, by the end that it has."""
        return self.met_at is not None and (self.ends_at is None or self.met_at <= self.ends_at)


@versioned
class ClockExtension(SQLModel, table=True):
    """More time as a firm asked for it, and what the office said; whatever was granted is public (art. 18)."""

    id: UUID = Field(primary_key=True)
    recall_id: UUID = Field(foreign_key="recall.id", index=True)
    kind: str
    number: int = 1
    party_id: UUID = Field(foreign_key="party.id")
    region_code: str
    reason: str
    was_due_at: datetime | None
    due_at: datetime
    state: str = Field(index=True)  # asked, granted, refused, lapsed
    asked_at: datetime
    asked_by: UUID | None
    decided_at: datetime | None = None
    decided_by: UUID | None = None
    office_id: UUID | None = None
    office_zh: str | None = None
    office_en: str | None = None
    decision_note: str | None = None
    version: int = 1


class ExtensionView(SQLModel):
    """An extension as it is told: without the people who asked and decided."""

    id: UUID
    kind: ClockKind
    reason: str
    was_due_at: datetime | None
    due_at: datetime
    state: str
    asked_at: datetime
    decided_at: datetime | None
    office_zh: str | None
    office_en: str | None
    decision_note: str | None


class ClockView(SQLModel):
    """A clock with how it stands now; `ends_at` is the limit with all that was granted."""

    kind: ClockKind
    number: int
    amount: int | None
    unit: Unit
    verified: bool
    planned: bool
    provisional: bool
    source_zh: str
    source_en: str
    begun_at: datetime | None
    due_at: datetime | None
    extended_to: datetime | None
    ends_at: datetime | None
    met_at: datetime | None
    state: ClockState


class AskedExtension(Shape):
    kind: ClockKind = "complete"
    until: Day
    reason: Reason


class DecidedExtension(Shape):
    granted: bool
    note: Words = None


def list_clocks(session: Session, recall_id: UUID) -> Sequence[RecallClock]:
    query = select(RecallClock).where(RecallClock.recall_id == recall_id)
    return session.exec(query.order_by(col(RecallClock.kind), col(RecallClock.number))).all()


def list_extensions(session: Session, recall_id: UUID) -> Sequence[ClockExtension]:
    query = select(ClockExtension).where(ClockExtension.recall_id == recall_id)
    return session.exec(query.order_by(col(ClockExtension.asked_at), col(ClockExtension.id))).all()
