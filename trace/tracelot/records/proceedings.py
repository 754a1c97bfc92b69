"""What a firm hands in on a recall, and what its offices do about it: plans, reports and acts, none ever rewritten."""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, ClassVar
from uuid import UUID

from pydantic import model_validator
from sqlalchemy import func
from sqlmodel import JSON, Field, Session, SQLModel, UniqueConstraint, col, select

from tracelot.records.inputs import Label, MaybeDay, Moment, Name, Reason, RegionCode, Shape, Words
from tracelot.records.recalls import Areas, NewRange
from tracelot.rules.plans import Block, PlanState, ReportKind
from tracelot.rules.recalls import ReasonCode, RecallLevel, RecallState, SellerCause
from tracelot.rules.stages import Depth, EffectivenessLevel, InitiatorRole, Mode, Side, Stage, Step
from tracelot.rules.supervising import ActionType, Channel


class NewPlan(Shape):
    """What a plan says beyond what is on record already (art. 15 of the Food Recall Measures)."""

    person: Label = None
    area_codes: Areas = Field(default_factory=list)
    initiator_role: InitiatorRole = "producer"
    depth: Depth = "consumer"
    effectiveness_level: EffectivenessLevel = "A"
    process: Words = None
    ends_on: MaybeDay = None
    channels: Words = None
    duties: Words = None
    disposal: Words = None
    cost_bearer: Label = None
    expected_effect: Words = None


class NewReport(Shape):
    kind: ReportKind
    text: Reason


class NewAction(Shape):
    """An act of an office on a recall that stands. `area` names the area whose office is to supervise.

    `level` is the one to which it changes; `report_no` the report that overturns what was found.
    """

    type: ActionType
    doc_no: Label = None
    text: Reason
    due_on: MaybeDay = None
    area: RegionCode | None = None
    variance: Words = None
    level: RecallLevel | None = None
    report_no: Label = None

    @model_validator(mode="after")
    def _named_area(self) -> "NewAction":
        if self.type == "supervise" and self.area is None:
            raise ValueError("Name the area whose office is to supervise.")
        if self.type == "change_level" and self.level is None:
            raise ValueError("Name the level to which it changes.")
        return self


class NewOrder(Shape):
    """A recall that an office orders: which goods of which firm, why, and under which number.

    `seller_cause` says why it is who sold them: such an order names goods of others that came to the firm.
    """

    party_id: UUID
    seller_cause: SellerCause | None = None
    order_no: Name
    text: Reason
    level: RecallLevel
    reason_code: ReasonCode = "other"
    knowledge_at: Moment
    reason_zh: Words = None
    reason_en: Words = None
    harm_zh: Words = None
    harm_en: Words = None
    ranges: list[NewRange] = Field(min_length=1, max_length=50)


class RecallPlan(SQLModel, table=True):
    """A version of a plan. `told` is what the firm wrote; `body` and `digest` are all it says, frozen when handed in.

    People stand in both, so the journal keeps the digest alone.
    """

    PERSONAL: ClassVar[frozenset[str]] = frozenset({"told", "body"})

    __table_args__ = (UniqueConstraint("recall_id", "number"),)

    id: UUID = Field(primary_key=True)
    recall_id: UUID = Field(foreign_key="recall.id", index=True)
    party_id: UUID = Field(foreign_key="party.id", index=True)
    number: int
    state: str
    told: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    body: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    digest: str | None = None
    submitted_at: datetime | None = None
    submitted_by: UUID | None = None
    decided_at: datetime | None = None
    retain_until: date
    recorded_at: datetime
    recorded_by: UUID | None


class RecallReport(SQLModel, table=True):
    """What the firm reported, with the figures of that moment, sealed by their hash."""

    PERSONAL: ClassVar[frozenset[str]] = frozenset({"text"})

    __table_args__ = (UniqueConstraint("recall_id", "number"),)

    id: UUID = Field(primary_key=True)
    recall_id: UUID = Field(foreign_key="recall.id", index=True)
    party_id: UUID = Field(foreign_key="party.id", index=True)
    number: int
    kind: str
    text: str
    figures: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    digest: str
    retain_until: date
    recorded_at: datetime
    recorded_by: UUID | None


class RegulatorAction(SQLModel, table=True):
    """What an office did about a recall; the row belongs to the recall's firm, which reads it."""

    __table_args__ = (UniqueConstraint("recall_id", "number"),)

    id: UUID = Field(primary_key=True)
    recall_id: UUID = Field(foreign_key="recall.id", index=True)
    party_id: UUID = Field(foreign_key="party.id", index=True)
    number: int
    office_id: UUID = Field(foreign_key="party.id", index=True)
    type: str
    doc_no: str | None = None
    text: str
    due_on: date | None = None
    area: str | None = None
    variance: str | None = None
    level: int | None = None
    plan_number: int | None = None
    figures: dict[str, Any] | None = Field(default=None, sa_type=JSON)
    retain_until: date
    recorded_at: datetime
    recorded_by: UUID | None


class PlanView(SQLModel):
    number: int
    state: PlanState
    told: dict[str, Any]
    body: dict[str, Any]
    digest: str | None
    submitted_at: datetime | None
    decided_at: datetime | None


class ReportView(SQLModel):
    number: int
    kind: ReportKind
    text: str
    figures: dict[str, Any]
    digest: str
    recorded_at: datetime


class ActionView(SQLModel):
    number: int
    type: ActionType
    office_id: UUID
    office_zh: str
    office_en: str | None
    doc_no: str | None
    text: str
    due_on: date | None
    area: str | None
    variance: str | None
    level: RecallLevel | None
    plan_number: int | None
    meaning_zh: str
    meaning_en: str
    recorded_at: datetime


class LineView(SQLModel):
    product_zh: str
    product_en: str | None
    unit: str | None
    batches: int
    total: Decimal | None
    shipped: Decimal | None
    recovered: Decimal | None
    accounted: Decimal | None


class FiguresView(SQLModel):
    lines: list[LineView]
    accounted: Decimal | None
    recovered: Decimal | None
    complete: bool = True


class MissingView(SQLModel):
    block: Block
    field: str


class ProceedingsView(SQLModel):
    """Where the work of a recall stands, for its firm and its offices."""

    id: UUID
    version: int
    code: str
    state: RecallState
    stage: Stage
    mode: Mode
    next_step: Step | None
    next_by: Side | None
    order_no: str | None
    ordered_at: datetime | None
    started_at: datetime | None
    published_at: datetime | None
    closed_at: datetime | None
    initiator_role: InitiatorRole
    depth: Depth | None
    effectiveness_level: EffectivenessLevel | None
    cost_bearer: str | None
    expected_effect: str | None
    supervised_area: str
    office_zh: str | None
    office_en: str | None
    required_channel: Channel
    reached_areas: list[str]
    figures: FiguresView | None
    plan_missing: list[MissingView]
    plans: list[PlanView]
    reports: list[ReportView]
    actions: list[ActionView]
    allowed: list[ActionType]


def list_plans(session: Session, recall_id: UUID) -> Sequence[RecallPlan]:
    query = select(RecallPlan).where(RecallPlan.recall_id == recall_id)
    return session.exec(query.order_by(col(RecallPlan.number))).all()


def list_reports(session: Session, recall_id: UUID) -> Sequence[RecallReport]:
    query = select(RecallReport).where(RecallReport.recall_id == recall_id)
    return session.exec(query.order_by(col(RecallReport.number))).all()


def list_actions(session: Session, recall_id: UUID) -> Sequence[RegulatorAction]:
    query = select(RegulatorAction).where(RegulatorAction.recall_id == recall_id)
    return session.exec(query.order_by(col(RegulatorAction.number))).all()


def next_of(
    session: Session, model: type[RecallPlan | RecallReport | RegulatorAction], recall_id: UUID
) -> int:
    """The number of the next paper of its kind; the recall's row is held, so nobody else takes it."""
    query = select(func.max(model.number)).where(model.recall_id == recall_id)
    return (session.exec(query).one() or 0) + 1
