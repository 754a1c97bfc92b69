"""Inspections: reports on one sample of a batch or product, with their findings; none is ever rewritten."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import BeforeValidator, StringConstraints
from sqlalchemy import ColumnElement, func, tuple_
from sqlmodel import JSON, Field, Session, SQLModel, col, select

from tracelot.records.figures import Figure, MaybeFigure
from tracelot.records.inputs import (
    Cleaned,
    Label,
    MaybeDay,
    Name,
    OneLine,
    Reason,
    Shape,
)
from tracelot.records.locking import versioned
from tracelot.records.paging import Page, read_cursor, write_cursor
from tracelot.rules.inspections import Conclusion, InspectionKind, InspectionState, ItemClass, Verdict
from tracelot.rules.inspections import Reason as Why
from tracelot.rules.limits import Op
from tracelot.rules.measured import Censored
from tracelot.rules.official import opens
from tracelot.rules.recalls import KnowledgeSource, ReasonCode
from tracelot.rules.refusals import unfit

Printed = Annotated[
    str, StringConstraints(max_length=400), Cleaned, OneLine, StringConstraints(min_length=1)
]  # a result as it stands in the report
MaybeId = Annotated[UUID | None, BeforeValidator(lambda value: value or None)]


class NewFinding(Shape):
    """One result as printed. The limit is what the report states; one that the site knows takes its place."""

    analyte: Name
    measured_text: Printed
    unit: Label = None
    method: Label = None
    item_class: ItemClass | None = None
    lod: MaybeFigure = None
    loq: MaybeFigure = None
    uncertainty: Label = None
    limit_op: Op | None = None
    limit_value: MaybeFigure = None
    limit_upper: MaybeFigure = None
    limit_text: Label = None
    plan_n: int | None = Field(default=None, ge=1, le=60)
    plan_c: int | None = Field(default=None, ge=0, le=60)
    plan_m: MaybeFigure = None
    plan_most: MaybeFigure = None
    standard: Label = None
    said: Verdict | None = None


class InspectionFields(SQLModel):
    kind: InspectionKind
    sample_no: Label = None
    report_no: Label = None
    received_on: MaybeDay = None
    tested_from: MaybeDay = None
    tested_to: MaybeDay = None
    issued_on: MaybeDay = None
    judgement_basis: list[Name] = Field(default_factory=list, max_length=20)
    conclusion: Conclusion | None = None
    tester: Label = None
    reviewer: Label = None
    approver: Label = None
    food_category: Label = None
    jurisdiction: Name = "CN"
    lab_zh: Label = None
    lab_en: Label = None
    cma_no: Label = None
    cnas_no: Label = None
    cma_from: MaybeDay = None
    cma_to: MaybeDay = None


class NewInspection(InspectionFields, Shape):
    """A report to record. Whoever is not the firm names whose record it is by its batch or product.

    `commission` is the draft in which a firm asked this laboratory; the report takes its place.
    """

    id: UUID | None = None
    batch_id: MaybeId = None
    product_id: MaybeId = None
    lab_id: MaybeId = None
    retest_of: MaybeId = None
    commission: MaybeId = None
    draft: bool = False
    findings: list[NewFinding] = Field(default_factory=list, max_length=300)


class Correction(InspectionFields, Shape):
    """The whole report anew, and why; the former edition stays, marked as superseded."""

    reason: Reason
    lab_id: MaybeId = None
    retest_of: MaybeId = None
    draft: bool = False
    findings: list[NewFinding] = Field(default_factory=list, max_length=300)


class Withdrawal(Shape):
    reason: Reason


@versioned
class Inspection(InspectionFields, table=True):
    """A report as kept. `verdict` is computed; the laboratory's name and certificate are frozen as of its issue."""

    COMMITTED: ClassVar[frozenset[str]] = frozenset({"tester", "reviewer", "approver"})

    id: UUID = Field(primary_key=True)
    version: int = 1
    party_id: UUID = Field(foreign_key="party.id", index=True)
    product_id: UUID = Field(foreign_key="product.id", index=True)
    batch_id: UUID | None = Field(default=None, foreign_key="batch.id", index=True)
    lab_id: UUID | None = Field(default=None, foreign_key="party.id", index=True)
    issuer_id: UUID | None = Field(default=None, foreign_key="party.id")  # whose people recorded it
    kind: str
    judgement_basis: list[str] = Field(default_factory=list, sa_type=JSON)
    conclusion: str | None = None
    sample_no: str | None = Field(default=None, index=True)
    verdict: str
    legal: bool = False
    state: str = Field(index=True)
    edition: int = 1
    supersedes: UUID | None = None
    retest_of: UUID | None = Field(default=None, index=True)
    overturned_by: UUID | None = None
    office_id: UUID | None = None  # whose official sample it is
    opened_at: datetime | None = None  # of an official one: since when its firm may read it
    file_id: UUID | None = None
    file_sha256: str | None = None
    reason: str | None = None  # of the correction or withdrawal
    origin_hash: str
    retain_until: date = Field(index=True)
    recorded_at: datetime = Field(index=True)
    recorded_by: UUID | None

    @property
    def sealed(self) -> bool:
        """Whether its firm may not read it yet."""
        return not opens(official=self.office_id is not None, in_hand=self.opened_at is not None)

    @property
    def book(self) -> UUID:
        """In whose journal it is written: an official one in its office's, and in the firm's once it is opened."""
        return self.office_id or self.party_id


class Finding(SQLModel, table=True):
    """One result: as printed, as read, and judged by a limit that is frozen with it."""

    id: UUID = Field(primary_key=True)
    inspection_id: UUID = Field(foreign_key="inspection.id", index=True)
    party_id: UUID = Field(foreign_key="party.id")
    number: int
    analyte_code: str | None = Field(default=None, index=True)
    analyte_zh: str
    analyte_en: str | None = None
    item_class: str | None = None
    method: str | None = None
    unit: str | None = None
    measured_text: str
    value: Decimal | None = Field(default=None, sa_type=Figure)
    censored: str
    bound: Decimal | None = Field(default=None, sa_type=Figure)
    form: str
    lod: Decimal | None = Field(default=None, sa_type=Figure)
    loq: Decimal | None = Field(default=None, sa_type=Figure)
    uncertainty: str | None = None
    said: str | None = None
    verdict: str
    reason: str
    limit_id: str | None = None
    limit_op: str | None = None
    limit_value: Decimal | None = Field(default=None, sa_type=Figure)
    limit_upper: Decimal | None = Field(default=None, sa_type=Figure)
    limit_unit: str | None = None
    limit_text: str | None = None
    limit_to_check: bool = False
    plan_n: int | None = None
    plan_c: int | None = None
    plan_m: Decimal | None = Field(default=None, sa_type=Figure)
    plan_most: Decimal | None = Field(default=None, sa_type=Figure)
    standard: str | None = None


class InspectionFile(SQLModel, table=True):
    """The report itself, as it came, in base64."""

    id: UUID = Field(primary_key=True)
    inspection_id: UUID = Field(foreign_key="inspection.id", index=True)
    party_id: UUID = Field(foreign_key="party.id")
    name: str
    media_type: str
    size: int
    sha256: str
    content: str
    retain_until: date
    recorded_at: datetime


class FindingView(SQLModel):
    number: int
    analyte_code: str | None
    analyte_zh: str
    analyte_en: str | None
    item_class: ItemClass | None
    method: str | None
    unit: str | None
    measured_text: str
    value: Decimal | None
    censored: Censored
    bound: Decimal | None
    form: str
    lod: Decimal | None
    loq: Decimal | None
    uncertainty: str | None
    said: Verdict | None
    verdict: Verdict
    reason: Why
    limit_id: str | None
    limit_op: Op | None
    limit_value: Decimal | None
    limit_upper: Decimal | None
    limit_unit: str | None
    limit_text: str | None
    limit_to_check: bool
    plan_n: int | None
    plan_c: int | None
    plan_m: Decimal | None
    plan_most: Decimal | None
    standard: str | None


class InspectionSummary(InspectionFields):
    """An inspection in a list."""

    id: UUID
    version: int
    party_id: UUID
    product_id: UUID
    batch_id: UUID | None
    lab_id: UUID | None
    verdict: Verdict
    legal: bool
    state: InspectionState
    edition: int
    supersedes: UUID | None
    retest_of: UUID | None
    overturned_by: UUID | None
    file_id: UUID | None
    file_sha256: str | None
    reason: str | None
    retain_until: date
    recorded_at: datetime


class InspectionView(InspectionSummary):
    """An inspection with its findings; `contradicts` are others on the same sample that say the opposite."""

    findings: list[FindingView]
    contradicts: list[UUID] = Field(default_factory=list)
    superseded_by: UUID | None = None


class RecallStart(SQLModel):
    """What a recall because of a failed report begins with; its level is for the firm to judge."""

    inspection_id: UUID
    batch_id: UUID
    product_id: UUID
    code: str
    knowledge_at: datetime
    reason_code: ReasonCode
    source_of_knowledge: KnowledgeSource
    reason_zh: str
    reason_en: str


@dataclass(frozen=True)
class InspectionFilter:
    """Which inspections are asked for; days include both ends."""

    text: str | None = None
    product_id: UUID | None = None
    batch_id: UUID | None = None
    kind: str | None = None
    verdict: str | None = None
    state: str | None = None
    issued_from: date | None = None
    issued_to: date | None = None


def list_findings(session: Session, inspection_id: UUID) -> Sequence[Finding]:
    query = select(Finding).where(Finding.inspection_id == inspection_id)
    return session.exec(query.order_by(col(Finding.number))).all()


def list_inspections_of(session: Session, batch_id: UUID, *states: str) -> Sequence[Inspection]:
    """The inspections of a batch in these states, the newest first."""
    query = select(Inspection).where(Inspection.batch_id == batch_id, col(Inspection.state).in_(states))
    return session.exec(query.order_by(col(Inspection.recorded_at).desc(), col(Inspection.id).desc())).all()


def list_same_sample(session: Session, one: Inspection) -> Sequence[Inspection]:
    """Other reports that stand on the same sample of the same goods."""
    if not one.sample_no:
        return []
    query = select(Inspection).where(
        Inspection.party_id == one.party_id, Inspection.product_id == one.product_id,
        Inspection.sample_no == one.sample_no, Inspection.state == "issued", Inspection.id != one.id,
    )  # fmt: skip
    return session.exec(query.order_by(col(Inspection.recorded_at), col(Inspection.id))).all()


def find_successor(session: Session, inspection_id: UUID) -> Inspection | None:
    return session.exec(select(Inspection).where(Inspection.supersedes == inspection_id)).first()


def search_inspections(
    session: Session,
    owners: Collection[ColumnElement[bool]],
    asked: InspectionFilter,
    limit: int,
    cursor: str | None,
) -> Page[Inspection]:
    """Inspections that the session may see, those recorded last first."""
    where = [*owners, *_conditions(asked)]
    total = session.exec(select(func.count()).select_from(Inspection).where(*where)).one()
    query = select(Inspection).where(*where)
    if cursor:
        query = query.where(tuple_(Inspection.recorded_at, Inspection.id) < _place(cursor))
    query = query.order_by(col(Inspection.recorded_at).desc(), col(Inspection.id).desc()).limit(limit + 1)
    rows = session.exec(query).all()
    last = rows[limit - 1] if len(rows) > limit else None
    rest = write_cursor(last.recorded_at.isoformat(), last.id) if last else None
    return Page(rows[:limit], total, rest)


def _place(cursor: str) -> tuple[datetime, UUID]:
    try:
        moment, row = read_cursor(cursor, 2)
        return datetime.fromisoformat(moment), UUID(row)
    except ValueError:
        raise unfit("bad-cursor", "This cursor was not given out here.", "cursor") from None


def _conditions(asked: InspectionFilter) -> list[ColumnElement[bool]]:
    where: list[ColumnElement[bool]] = []
    for name in ("product_id", "batch_id", "kind", "verdict"):
        value = getattr(asked, name)
        if value:
            where.append(col(getattr(Inspection, name)) == value)
    if asked.state:
        where.append(col(Inspection.state) == asked.state)
    else:
        where.append(col(Inspection.state).in_(("draft", "issued")))
    if asked.issued_from:
        where.append(col(Inspection.issued_on) >= asked.issued_from)
    if asked.issued_to:
        where.append(col(Inspection.issued_on) <= asked.issued_to)
    if asked.text:
        pattern = f"%{asked.text.replace('!', '!!').replace('%', '!%').replace('_', '!_')}%"
        where.append(
            col(Inspection.report_no).ilike(pattern, escape="!")
            | col(Inspection.sample_no).ilike(pattern, escape="!")
        )
    return where
