"""What follows a sampling sheet: papers that are never rewritten, clocks, follow-up cases, and results made public."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import ColumnElement, func
from sqlmodel import JSON, Field, Index, Session, SQLModel, col, select

from tracelot.records.locking import versioned

# Whoever gets such a paper reads the sheet from then on; the sampled firm its copy, and the result by the notice.
OPENING = ("taken", "noticed", "lab_drawn", "transferred")


class SamplingPaper(SQLModel, table=True):
    """One step of a sampling, as it was taken, by whom, and to whom it was addressed."""

    COMMITTED: ClassVar[frozenset[str]] = frozenset({"told"})

    __table_args__ = (Index("ix_samplingpaper_sampling_id_number", "sampling_id", "number", unique=True),)

    id: UUID = Field(primary_key=True)
    sampling_id: UUID = Field(foreign_key="sampling.id")
    number: int
    party_id: UUID = Field(foreign_key="party.id", index=True)
    kind: str
    by_party_id: UUID = Field(foreign_key="party.id", index=True)
    to_party_id: UUID | None = Field(default=None, foreign_key="party.id", index=True)
    case_id: UUID | None = None
    told: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    retain_until: date
    recorded_at: datetime
    recorded_by: UUID | None


@versioned
class SamplingClock(SQLModel, table=True):
    """A limit of a sampling, frozen when it began; `subject_id` is the firm or the case that it is about."""

    __table_args__ = (Index("ix_samplingclock_met_at_due_at", "met_at", "due_at"),)

    sampling_id: UUID = Field(primary_key=True, foreign_key="sampling.id")
    kind: str = Field(primary_key=True)
    subject_id: UUID = Field(primary_key=True)
    party_id: UUID = Field(foreign_key="party.id")
    holder: str
    holder_id: UUID | None = Field(default=None, index=True)
    amount: int
    unit: str
    verified: bool
    provisional: bool = False
    source_zh: str
    source_en: str
    begun_at: datetime
    due_at: datetime | None
    met_at: datetime | None = None
    version: int = 1


@versioned
class SamplingCase(SQLModel, table=True):
    """A follow-up at one office; one that was handed over to another county goes on there as a case of its own."""

    id: UUID = Field(primary_key=True)
    version: int = 1
    sampling_id: UUID = Field(foreign_key="sampling.id", index=True)
    party_id: UUID = Field(foreign_key="party.id", index=True)
    office_id: UUID = Field(foreign_key="party.id", index=True)
    from_case_id: UUID | None = None
    case_no: str
    state: str  # open, transferred, finished
    measures: list[str] = Field(default_factory=list, sa_type=JSON)
    sealed_qty: str | None = None
    sealed_unit: str | None = None
    flow_found: bool | None = None
    cause: str | None = None
    rectification: str | None = None
    accepted_on: date | None = None
    penalty_no: str | None = None
    recall_id: UUID | None = None
    finished_at: datetime | None = None
    retain_until: date
    recorded_at: datetime
    recorded_by: UUID | None


@versioned
class SamplingResult(SQLModel, table=True):
    """A result as it became public: the columns of the bulletin, never rewritten; one overturned is withdrawn."""

    __table_args__ = (Index("ix_samplingresult_verdict_published_at", "verdict", "published_at"),)

    id: UUID = Field(primary_key=True)
    version: int = 1
    sampling_id: UUID = Field(foreign_key="sampling.id", index=True)
    party_id: UUID = Field(foreign_key="party.id", index=True)
    region_code: str
    verdict: str
    sheet_no: str
    producer_name: str | None
    producer_address: str | None
    firm_name: str
    firm_address: str
    sample_name: str
    spec: str | None
    brand: str | None
    dated: str | None
    failures: list[dict[str, str]] = Field(default_factory=list, sa_type=JSON)
    category: str
    bulletin_no: str
    source: str | None
    lab_name: str
    remark: str | None
    urgent: bool = False
    reason: str | None = None
    office_zh: str
    office_en: str | None
    published_at: datetime
    withdrawn_at: datetime | None = Field(default=None, index=True)
    withdrawn_reason: str | None = None
    retain_until: date
    recorded_at: datetime
    recorded_by: UUID | None


def list_papers(session: Session, sampling_id: UUID) -> Sequence[SamplingPaper]:
    query = select(SamplingPaper).where(SamplingPaper.sampling_id == sampling_id)
    return session.exec(query.order_by(col(SamplingPaper.number))).all()


def next_paper(session: Session, sampling_id: UUID) -> int:
    """The number of the next paper; the sheet's row is held, so nobody else takes it."""
    query = select(func.max(SamplingPaper.number)).where(SamplingPaper.sampling_id == sampling_id)
    return (session.exec(query).one() or 0) + 1


def list_sampling_clocks(session: Session, sampling_id: UUID) -> Sequence[SamplingClock]:
    query = select(SamplingClock).where(SamplingClock.sampling_id == sampling_id)
    query = query.order_by(col(SamplingClock.begun_at), col(SamplingClock.kind))
    return session.exec(query.execution_options(populate_existing=True)).all()


def list_cases(session: Session, sampling_id: UUID) -> Sequence[SamplingCase]:
    query = select(SamplingCase).where(SamplingCase.sampling_id == sampling_id)
    query = query.order_by(col(SamplingCase.recorded_at), col(SamplingCase.id))
    return session.exec(query.execution_options(populate_existing=True)).all()


def list_results(
    session: Session, verdict: str, area: str, limit: int, offset: int
) -> tuple[Sequence[SamplingResult], int]:
    """Results that stand in public, the newest first; and how many."""
    where: list[ColumnElement[bool]] = [col(SamplingResult.verdict) == verdict]
    where.append(col(SamplingResult.withdrawn_at).is_(None))
    if area:
        where.append(col(SamplingResult.region_code).like(f"{area}%"))
    total = session.exec(select(func.count()).select_from(SamplingResult).where(*where)).one()
    order = (col(SamplingResult.published_at).desc(), col(SamplingResult.id))
    query = select(SamplingResult).where(*where).order_by(*order).offset(offset).limit(limit)
    return session.exec(query).all(), total


def standing_result(session: Session, sampling_id: UUID) -> SamplingResult | None:
    query = select(SamplingResult).where(SamplingResult.sampling_id == sampling_id)
    return session.exec(query.where(col(SamplingResult.withdrawn_at).is_(None))).one_or_none()
