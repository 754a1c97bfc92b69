"""How samplings are told: the sheet with what followed, lines of the public tables, and pass rates."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlmodel import SQLModel

from tracelot.rules.recall_law import ClockState
from tracelot.rules.sampling_law import Holder, SamplingClockKind, SamplingUnit
from tracelot.rules.sampling_stages import PaperKind, RetestState, SamplingState


class PaperView(SQLModel):
    id: UUID
    number: int
    kind: PaperKind
    by_id: UUID
    by_zh: str
    by_en: str | None
    to_id: UUID | None
    to_zh: str | None
    to_en: str | None
    told: dict[str, Any]
    recorded_at: datetime


class SamplingClockView(SQLModel):
    kind: SamplingClockKind
    subject_id: UUID
    holder: Holder
    holder_zh: str | None
    holder_en: str | None
    amount: int
    unit: SamplingUnit
    verified: bool
    provisional: bool
    source_zh: str
    source_en: str
    begun_at: datetime
    due_at: datetime | None
    met_at: datetime | None
    state: ClockState


class CaseView(SQLModel):
    id: UUID
    version: int
    case_no: str
    office_id: UUID
    office_zh: str
    office_en: str | None
    state: str
    measures: list[str]
    sealed_qty: str | None
    sealed_unit: str | None
    flow_found: bool | None
    cause: str | None
    rectification: str | None
    accepted_on: date | None
    penalty_no: str | None
    recall_code: str | None
    finished_at: datetime | None


class SamplingView(SQLModel):
    """A sheet with what followed, as far as its reader may see; `allowed` are the reader's steps now."""

    id: UUID
    version: int
    sheet_no: str
    task_id: UUID
    by_zh: str
    by_en: str | None
    lab_zh: str
    lab_en: str | None
    retest_lab_zh: str | None
    retest_lab_en: str | None
    firm_id: UUID | None
    producer_id: UUID | None
    batch_id: UUID | None
    product_id: UUID | None
    region_code: str
    category: str
    stage: str
    task_type: str
    scope: str
    form: int
    told: dict[str, Any]
    spare: bool
    taken_at: datetime
    state: SamplingState
    retest: RetestState
    verdict: str | None
    inspection_id: UUID | None
    retest_inspection_id: UUID | None
    published_at: datetime | None
    retain_until: date
    recorded_at: datetime
    papers: list[PaperView]
    clocks: list[SamplingClockView]
    cases: list[CaseView]
    photos: list[UUID]
    sampled_above: date | None
    allowed: list[str]


class ResultView(SQLModel):
    """One line of the bulletin that everybody reads; `failures` only of what failed."""

    sheet_no: str
    verdict: str
    producer_name: str | None
    producer_address: str | None
    firm_name: str
    firm_address: str
    sample_name: str
    spec: str | None
    brand: str | None
    dated: str | None
    failures: list[dict[str, str]]
    category: str
    bulletin_no: str
    source: str | None
    lab_name: str
    remark: str | None
    urgent: bool
    office_zh: str
    office_en: str | None
    published_at: datetime


class RateView(SQLModel):
    """A pass rate; fewer than five samples tell their number alone."""

    category: str
    county: str
    month: str
    passed: int
    n: int
    rate: Decimal | None
    low: Decimal | None
    high: Decimal | None
