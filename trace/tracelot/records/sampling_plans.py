"""Plans of supervised sampling, the frames that they draw from, and the tasks that come of them."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlmodel import JSON, Field, Index, Session, SQLModel, col, func, select

from tracelot.records.inputs import Label, MaybeDay, Name, Reason, RegionCode, Shape, Words
from tracelot.records.locking import versioned
from tracelot.rules.sampling_law import GoodsScope
from tracelot.rules.sampling_plans import Candidate, DrawnKind, SamplingStage, Stratum, TaskType


class NewStratum(Shape):
    """One cell of a plan: so many samples of a category, in an area, at a stage; drawn among firms or batches."""

    category: Name
    region_code: RegionCode
    stage: SamplingStage = "production"
    wanted: int = Field(ge=1, le=1000)


class PlanFields(SQLModel):
    name: Name
    year: int = Field(ge=2000, le=2100)
    task_type: TaskType = "supervision"
    source: Label = None  # whose task it is: 任务来源
    scope: GoodsScope = "food"
    draws: DrawnKind = "firm"


class NewSamplingPlan(PlanFields, Shape):
    strata: list[NewStratum] = Field(min_length=1, max_length=100)


class NewDraw(Shape):
    """The seed, and where it was published after the frame was frozen, so that nobody can have chosen it."""

    seed: Name
    seed_source: Name


@versioned
class SamplingPlan(PlanFields, table=True):
    """A plan as kept: `frame_hash` freezes what is drawn from, `result_hash` what was drawn."""

    task_type: str
    scope: str
    draws: str
    id: UUID = Field(primary_key=True)
    version: int = 1
    party_id: UUID = Field(foreign_key="party.id", index=True)
    area: str  # the office's own, whose firms it draws from
    state: str  # open, frozen, drawn
    strata: list[dict[str, Any]] = Field(default_factory=list, sa_type=JSON)
    frame_hash: str | None = None
    frozen_at: datetime | None = None
    seed: str | None = None
    seed_source: str | None = None
    result_hash: str | None = None
    drawn_at: datetime | None = None
    retain_until: date
    recorded_at: datetime
    recorded_by: UUID | None

    def cells(self) -> list[Stratum]:
        return [Stratum(**one) for one in self.strata]


class SamplingCandidate(SQLModel, table=True):
    """One line of a frozen frame, and whether it was drawn."""

    plan_id: UUID = Field(primary_key=True, foreign_key="samplingplan.id")
    stratum: int = Field(primary_key=True)
    key: str = Field(primary_key=True)  # the id of a firm or a batch
    party_id: UUID = Field(foreign_key="party.id")
    firm_id: UUID
    name: str
    region_code: str
    drawn: bool = False

    def candidate(self) -> Candidate:
        return Candidate(self.stratum, self.key)


class TaskFields(SQLModel):
    category: Name
    region_code: RegionCode
    stage: SamplingStage = "production"
    task_type: TaskType = "supervision"
    scope: GoodsScope = "food"
    source: Label = None
    wanted: int = Field(default=1, ge=1, le=1000)
    due_on: MaybeDay = None
    note: Words = None


class NewTask(TaskFields, Shape):
    """A task for an office and a laboratory, with or without a plan; it may name the firm or batch that was drawn."""

    plan_id: UUID | None = None
    office_id: UUID
    lab_id: UUID
    firm_id: UUID | None = None
    batch_id: UUID | None = None


class DrawnTasks(Shape):
    """Give out all that a plan drew of a stratum, each as a task of its own."""

    stratum: int = Field(ge=1, le=100)
    office_id: UUID
    lab_id: UUID
    due_on: MaybeDay = None


class Withdrawal(Shape):
    reason: Reason


@versioned
class SamplingTask(TaskFields, table=True):
    """A task as kept: of the office that gave it (`party_id`), for an office and a laboratory."""

    __table_args__ = (Index("ix_samplingtask_office_id_state", "office_id", "state"),)

    stage: str
    task_type: str
    scope: str
    id: UUID = Field(primary_key=True)
    version: int = 1
    plan_id: UUID | None = Field(default=None, foreign_key="samplingplan.id", index=True)
    party_id: UUID = Field(foreign_key="party.id", index=True)
    area: str  # of the office that gave it
    office_id: UUID = Field(foreign_key="party.id")
    lab_id: UUID = Field(foreign_key="party.id", index=True)
    region_code: str = Field(index=True)
    firm_id: UUID | None = None
    batch_id: UUID | None = None
    taken: int = 0
    state: str = "open"  # open, done, withdrawn
    retain_until: date
    recorded_at: datetime
    recorded_by: UUID | None


class PlanView(PlanFields):
    id: UUID
    version: int
    state: str
    office_zh: str
    office_en: str | None
    strata: list[dict[str, Any]]
    candidates: int
    drawn: int
    frame_hash: str | None
    frozen_at: datetime | None
    seed: str | None
    seed_source: str | None
    result_hash: str | None
    drawn_at: datetime | None
    recorded_at: datetime


class DrawnView(SQLModel):
    stratum: int
    key: str
    name: str
    region_code: str
    drawn: bool


class ProofView(SQLModel):
    """All that somebody needs to draw again, and whether the same comes of it."""

    plan: PlanView
    frame: list[DrawnView]
    frame_hash: str
    result_hash: str | None
    holds: bool
    method: str


class TaskView(TaskFields):
    id: UUID
    version: int
    plan_id: UUID | None
    office_id: UUID
    lab_id: UUID
    by_zh: str
    by_en: str | None
    office_zh: str
    office_en: str | None
    lab_zh: str
    lab_en: str | None
    firm_id: UUID | None
    firm_zh: str | None
    batch_id: UUID | None
    batch_code: str | None
    taken: int
    state: str
    overdue: bool
    recorded_at: datetime


def list_sampling_plans(session: Session) -> Sequence[SamplingPlan]:
    query = select(SamplingPlan)
    return session.exec(query.order_by(col(SamplingPlan.year).desc(), col(SamplingPlan.id).desc())).all()


def list_candidates(session: Session, plan_id: UUID) -> Sequence[SamplingCandidate]:
    query = select(SamplingCandidate).where(SamplingCandidate.plan_id == plan_id)
    return session.exec(query.order_by(col(SamplingCandidate.stratum), col(SamplingCandidate.key))).all()


def count_candidates(session: Session, plan_id: UUID) -> tuple[int, int]:
    """How many stand in a frame, and how many of them were drawn."""
    query = select(func.count()).where(SamplingCandidate.plan_id == plan_id)
    drawn = query.where(col(SamplingCandidate.drawn).is_(True))
    return session.exec(query).one(), session.exec(drawn).one()


def list_tasks(session: Session, states: Sequence[str], limit: int) -> Sequence[SamplingTask]:
    """Tasks that the reader's sight holds, the first to be due first."""
    query = select(SamplingTask).where(col(SamplingTask.state).in_(states))
    order = (col(SamplingTask.due_on).is_(None), col(SamplingTask.due_on), col(SamplingTask.id))
    return session.exec(query.order_by(*order).limit(limit)).all()
