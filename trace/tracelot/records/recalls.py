"""Recalls: as opened, published, and found again."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import model_validator
from sqlalchemy import func
from sqlmodel import JSON, Field, ForeignKeyConstraint, Index, Session, SQLModel, col, select

from tracelot.records.clocks import ClockView, ExtensionView
from tracelot.records.inputs import BatchCode, Label, MaybeDay, Moment, Name, RegionCode, Shape, Words
from tracelot.records.locking import versioned
from tracelot.records.scopes import ScopeChoice
from tracelot.rules.parties import PartyStatus
from tracelot.rules.reaching import reaches_outside
from tracelot.rules.recall_law import Jurisdiction
from tracelot.rules.recalls import (
    DRILL,
    KnowledgeSource,
    ReasonCode,
    RecallKind,
    RecallLevel,
    RecallState,
    SellerCause,
)
from tracelot.rules.stages import Mode, Stage

Areas = Annotated[list[RegionCode], Field(max_length=100)]


class RecallFields(SQLModel):
    level: RecallLevel
    kind: RecallKind = "recall"
    seller_cause: SellerCause | None = None
    reason_code: ReasonCode = "other"
    source_of_knowledge: KnowledgeSource = "self_check"
    knowledge_at: Moment
    reason_zh: Words = None
    reason_en: Words = None
    harm_zh: Words = None
    harm_en: Words = None
    remedy_zh: Words = None
    remedy_en: Words = None
    contact: Label = None
    contact_hours: Label = None
    jurisdiction: Jurisdiction = "CN"
    planned_end: MaybeDay = None
    area_codes: Areas = Field(default_factory=list)
    starts_on: MaybeDay = None
    ends_on: MaybeDay = None
    tells_outside: bool = False


class NewRange(Shape):
    """Which batches of a product: by code, by production date (both ends included), by both together, or all.

    `code_from` and `code_to` name what is registered between two codes, `facility_id` what was at a facility of the
    firm's own between two moments; of this alone the product may be left out. A drill, and a seller's recall, may
    name products of others, and then what of them came to the firm.
    """

    product_id: UUID | None = None
    codes: list[BatchCode] = Field(default_factory=list, max_length=1000)
    made_from: MaybeDay = None
    made_to: MaybeDay = None
    code_from: BatchCode | None = None
    code_to: BatchCode | None = None
    facility_id: UUID | None = None
    since: Moment | None = None
    until: Moment | None = None
    whole: bool = False

    @property
    def by_code(self) -> bool:
        """Whether it names batches of today; one by dates alone, or of all, holds for what is registered later too."""
        return bool(self.codes or self.code_from or self.code_to or self.facility_id)

    @model_validator(mode="after")
    def _names_something(self) -> "NewRange":
        dated = self.made_from is not None or self.made_to is not None
        if not (self.by_code or dated or self.whole):
            raise ValueError("Name batch codes, or the production dates from and to.")
        if self.made_from and self.made_to and self.made_from > self.made_to:
            raise ValueError("The first date lies after the last.")
        if self.whole and (self.by_code or dated):
            raise ValueError("All batches of a product are named without codes, dates or a facility.")
        return self._demand_place()

    def _demand_place(self) -> "NewRange":
        if (self.facility_id is None) != (self.since is None) or (self.since is None) != (self.until is None):
            raise ValueError("A facility, and from when and until when goods were there, belong together.")
        if self.since and self.until and self.since > self.until:
            raise ValueError("The span ends before it begins.")
        if self.product_id is None and self.facility_id is None:
            raise ValueError("Name the product.")
        return self


class NewRecall(RecallFields, Shape):
    """`follow` takes in, by tracing, what the named batches became; `excluded` leaves some of it out, with reasons.

    `seller_cause` says why a firm recalls goods of others that came to it: such a recall names no other goods.
    """

    id: UUID | None = None
    ranges: list[NewRange] = Field(min_length=1, max_length=50)
    follow: bool = False
    excluded: list[ScopeChoice] = Field(default_factory=list, max_length=100)


class RecallChange(Shape):
    """What a draft may still change; a list of ranges replaces the whole scope, one of exclusions all of these."""

    level: RecallLevel | None = None
    kind: RecallKind | None = None
    seller_cause: SellerCause | None = None
    reason_code: ReasonCode | None = None
    source_of_knowledge: KnowledgeSource | None = None
    knowledge_at: Moment | None = None
    reason_zh: Words = None
    reason_en: Words = None
    harm_zh: Words = None
    harm_en: Words = None
    remedy_zh: Words = None
    remedy_en: Words = None
    contact: Label = None
    contact_hours: Label = None
    jurisdiction: Jurisdiction | None = None
    planned_end: MaybeDay = None
    area_codes: Areas | None = None
    starts_on: MaybeDay = None
    ends_on: MaybeDay = None
    tells_outside: bool | None = None
    ranges: list[NewRange] | None = Field(default=None, min_length=1, max_length=50)
    follow: bool | None = None
    excluded: list[ScopeChoice] | None = Field(default=None, max_length=100)


@versioned
class Recall(RecallFields, table=True):
    """A recall as kept; its ranges and lines are kept as long as it is.

    `bucket` and `seq` are its place in the order of changes, from its publication on. `told_at` is when its
    offices first learnt of it other than by its publication: by their own order, or by a plan handed in.
    `tells_outside` is a firm's choice for a drill: its notices leave the firm, marked as those of a drill.
    `seller_cause` is there where a seller recalls what others made: it binds those who have the goods from it.
    """

    __table_args__ = (Index("ix_recall_bucket_seq", "bucket", "seq"),)

    id: UUID = Field(primary_key=True)
    version: int = 1
    level: int = Field(index=True)
    kind: str
    seller_cause: str | None = None
    reason_code: str
    source_of_knowledge: str
    jurisdiction: str  # under whose law; `rule_pack` is the law that held when the danger was known
    planned_end: date | None = None
    tells_outside: bool
    rule_pack: str | None = None
    code: str = Field(unique=True)
    party_id: UUID = Field(foreign_key="party.id", index=True)
    region_code: str = Field(index=True)
    state: str = Field(index=True)
    published_at: datetime | None = Field(default=None, index=True)
    cancelled_reason: str | None = None
    area_codes: list[str] = Field(default_factory=list, sa_type=JSON)
    stage: str = Field(default="assessing", index=True)
    mode: str = "voluntary"
    order_no: str | None = None
    ordered_by: UUID | None = None  # the office
    ordered_at: datetime | None = None
    told_at: datetime | None = None
    started_at: datetime | None = None
    closed_at: datetime | None = None
    withdrawn_at: datetime | None = None
    withdrawn_reason: str | None = None
    withdrawn_by: UUID | None = None  # the office; none where the firm did it itself
    overturned_by: str | None = None  # number of the report that overturned what was found
    first_level: int | None = None  # as it was published, once that was changed
    regraded_at: datetime | None = None
    regrade_reason: str | None = None
    initiator_role: str = "producer"
    depth: str | None = None
    effectiveness_level: str | None = None
    cost_bearer: str | None = None
    expected_effect: str | None = None
    supervised_area: str | None = None  # where an office laid down which one supervises
    listed_at: datetime = Field(index=True)  # when it was opened, and from its publication on when that was
    changed_at: datetime = Field(index=True)  # when it was opened, published, or changed since
    bucket: int | None = None
    seq: int | None = None
    origin_hash: str
    retain_until: date
    recorded_at: datetime
    recorded_by: UUID | None

    @property
    def reaches_outside(self) -> bool:
        return reaches_outside(self.kind, chosen=self.tells_outside)


class RecallRange(SQLModel, table=True):
    """The scope as the firm said it. A batch that is registered later and falls inside is recalled at once.

    The product is called as it was when the notice was published: a notice is never rewritten.
    """

    recall_id: UUID = Field(primary_key=True, foreign_key="recall.id")
    number: int = Field(primary_key=True)
    party_id: UUID = Field(foreign_key="party.id")
    product_id: UUID = Field(foreign_key="product.id", index=True)
    made_from: date | None = None
    made_to: date | None = None
    by_code: bool = False
    product_name_zh: str = ""
    product_name_en: str | None = None
    spec: str | None = None


class RecallBatch(SQLModel, table=True):
    """One batch that a recall names. A code that is not registered yet stands here without its batch."""

    __table_args__ = (ForeignKeyConstraint(["product_id"], ["product.id"], name="fk_recall_batch_product"),)

    batch_id: UUID = Field(primary_key=True)
    recall_id: UUID = Field(primary_key=True, foreign_key="recall.id", index=True)
    party_id: UUID = Field(foreign_key="party.id")
    product_id: UUID = Field(index=True)
    code: str = Field(index=True)
    registered: bool = True
    production_date: date | None = None
    expiry_date: date | None = None
    added_at: datetime


class RecalledBatch(SQLModel):
    """A line of a recall as read: product, batch code, and the batch where it is registered."""

    batch_id: UUID
    product_id: UUID
    product_name_zh: str
    product_name_en: str | None
    gtin: str | None
    code: str
    registered: bool
    production_date: date | None
    expiry_date: date | None
    spec: str | None
    short_code: str | None


class RangeView(SQLModel):
    product_id: UUID
    product_name_zh: str
    product_name_en: str | None
    spec: str | None
    made_from: date | None
    made_to: date | None
    by_code: bool


class RecallSummary(SQLModel):
    """A recall in a list."""

    id: UUID
    code: str
    level: RecallLevel
    kind: RecallKind
    seller_cause: SellerCause | None
    state: RecallState
    stage: Stage
    mode: Mode
    reason_code: ReasonCode
    reason_zh: str | None
    reason_en: str | None
    firm_id: UUID
    firm_zh: str
    firm_en: str | None
    region_code: str
    published_at: datetime | None
    changed_at: datetime
    recorded_at: datetime
    version: int
    batches: int
    products: list[Name]
    products_en: list[Name]  # the Chinese name where there is no other
    withdrawn_at: datetime | None
    withdrawn_reason: str | None


class RecallView(RecallFields):
    """A recall with all that its reader may see."""

    id: UUID
    version: int
    code: str
    state: RecallState
    stage: Stage
    mode: Mode
    closed_at: datetime | None
    region_code: str
    published_at: datetime | None
    changed_at: datetime
    recorded_at: datetime
    firm_id: UUID
    firm_zh: str
    firm_en: str | None
    firm_sc_no: str | None
    firm_status: PartyStatus
    firm_archived: bool
    successor_zh: str | None
    successor_en: str | None
    cancelled_reason: str | None
    withdrawn_at: datetime | None
    withdrawn_reason: str | None
    overturned_by: str | None
    first_level: RecallLevel | None  # as it was published, once that was changed
    regraded_at: datetime | None
    regrade_reason: str | None
    rule_pack: str | None
    clocks: list[ClockView]  # for its firm and its offices
    extensions: list[ExtensionView]  # for everybody once an office granted them
    ranges: list[RangeView]
    batches: list[RecalledBatch]


# Asked of a few recalls by their keys: `coalesce` keeps SQLite from beginning at all that are published.
PUBLISHED = (func.coalesce(Recall.state, "") == "published", col(Recall.kind) != DRILL)
BY_MAKER = (*PUBLISHED, col(Recall.seller_cause).is_(None))
BY_SELLER = (*PUBLISHED, col(Recall.seller_cause).is_not(None))


def find_recall_by_code(session: Session, code: str) -> Recall | None:
    return session.exec(select(Recall).where(Recall.code == code)).one_or_none()


def list_recall_ranges(session: Session, recall_id: UUID) -> Sequence[RecallRange]:
    query = select(RecallRange).where(RecallRange.recall_id == recall_id)
    return session.exec(query.order_by(col(RecallRange.number))).all()


def list_recall_batches(session: Session, recall_ids: Iterable[UUID]) -> Sequence[RecallBatch]:
    query = select(RecallBatch).where(col(RecallBatch.recall_id).in_(list(recall_ids)))
    return session.exec(query.order_by(col(RecallBatch.code))).all()


def list_open_ranges(session: Session, product_id: UUID) -> Sequence[tuple[RecallRange, Recall]]:
    """Date ranges of a product's published recalls; a drill or a seller's recall reaches out for nothing."""
    query = (
        select(RecallRange, Recall)
        .where(RecallRange.product_id == product_id, col(RecallRange.by_code).is_(False))
        .where(RecallRange.recall_id == Recall.id, *BY_MAKER)
    )
    return [(row[0], row[1]) for row in session.exec(query)]


def list_recalls_of(session: Session, batch_id: UUID) -> Sequence[Recall]:
    """Published recalls by which a batch is recalled, the gravest first; drills and sellers' recalls are none."""
    return _naming(session, batch_id, BY_MAKER)


def list_seller_recalls_of(session: Session, batch_id: UUID) -> Sequence[Recall]:
    """Published recalls by which sellers recall what they sold of a batch, the gravest first."""
    return _naming(session, batch_id, BY_SELLER)


def _naming(session: Session, batch_id: UUID, which: Iterable[Any]) -> Sequence[Recall]:
    query = select(Recall).where(RecallBatch.batch_id == batch_id, RecallBatch.recall_id == Recall.id)
    query = query.where(*which).order_by(col(Recall.level), col(Recall.published_at))
    return session.exec(query).all()
