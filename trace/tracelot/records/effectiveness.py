"""How effective a recall is: the sample of consignees that is asked again, the checks, and the disposals."""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import ClassVar, Literal, get_args
from uuid import UUID

from pydantic import model_validator
from sqlmodel import JSON, Field, Session, SQLModel, col, select

from tracelot.records.inputs import Amount, Day, Label, MaybeDay, Millionths, Moment, Shape, Unit, Words
from tracelot.records.locking import versioned
from tracelot.records.traces import EndView, GapView, TracedBatch
from tracelot.rules.recovering import Missing
from tracelot.rules.sampling import CheckLevel

CheckMethod = Literal["visit", "phone", "mail"]
CHECK_METHODS: tuple[CheckMethod, ...] = get_args(CheckMethod)
Outcome = Literal["action_taken", "no_action", "not_held", "unreachable"]
OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)
DisposalMethod = Literal[
    "remediate_relabel", "harmless_treatment", "destroy_on_site", "destroy_central", "recycle"
]
DISPOSAL_METHODS: tuple[DisposalMethod, ...] = get_args(DisposalMethod)
DESTROYING = frozenset({"harmless_treatment", "destroy_on_site", "destroy_central"})


# --- checks ----------------------------------------------------------------------------------------------------


class NewSample(Shape):
    """Which share of the direct consignees is asked: A all, B `percent`, C 10 %, D 2 %, E none (21 CFR 7.42)."""

    level: CheckLevel
    percent: int | None = Field(default=None, ge=11, le=99)
    method: CheckMethod = "phone"
    planned_on: MaybeDay = None

    @model_validator(mode="after")
    def _says_its_share(self) -> "NewSample":
        if (self.level == "B") != (self.percent is not None):
            raise ValueError("Level B, and it alone, needs a percentage from 11 to 99.")
        return self


class EffectivenessSample(SQLModel, table=True):
    """Drawn once and never again: from whom, by which seed, and who was drawn."""

    id: UUID = Field(primary_key=True)
    recall_id: UUID = Field(foreign_key="recall.id", unique=True)
    party_id: UUID = Field(foreign_key="party.id", index=True)
    level: str
    percent: int
    seed: str
    consignees: list[str] = Field(default_factory=list, sa_type=JSON)
    drawn: list[str] = Field(default_factory=list, sa_type=JSON)
    drawn_by: UUID  # the party: the firm, or an office
    retain_until: date
    recorded_at: datetime
    recorded_by: UUID | None


@versioned
class EffectivenessCheck(SQLModel, table=True):
    """One attempt to learn from a consignee whether it got the notice and did what it asks."""

    COMMITTED: ClassVar[frozenset[str]] = frozenset({"note"})

    id: UUID = Field(primary_key=True)
    version: int = 1
    recall_id: UUID = Field(foreign_key="recall.id", index=True)
    party_id: UUID = Field(foreign_key="party.id", index=True)
    consignee: str
    attempt: int = 1
    method: str
    planned_on: date | None = None
    performed_at: datetime | None = None
    performed_by: UUID | None = None
    checked_by: UUID | None = None  # the party: the firm, or an office
    outcome: str | None = None
    note: str | None = None
    retain_until: date
    recorded_at: datetime
    recorded_by: UUID | None


class Performed(Shape):
    """What a check found. Of whom nobody could be reached, a new attempt is planned."""

    performed_at: Moment
    outcome: Outcome
    method: CheckMethod | None = None
    note: Words = None


class CheckView(SQLModel):
    id: UUID
    version: int
    consignee: EndView
    attempt: int
    method: CheckMethod
    planned_on: date | None
    performed_at: datetime | None
    checked_by: EndView | None
    outcome: Outcome | None
    note: str | None


class ChecksView(SQLModel):
    """The sample and its checks. `needed` consignees were drawn of `consignees`; `answered` were found out about."""

    level: CheckLevel | None
    percent: int | None
    seed: str | None
    drawn_at: datetime | None
    consignees: int
    needed: int
    answered: int
    effective: int
    items: list[CheckView]


# --- disposals -------------------------------------------------------------------------------------------------


class NewDisposal(Shape):
    """What is to be done with recalled goods, announced before: when and where (Food Safety Law art. 63).

    Goods that are destroyed on the spot at a consignee name it in `consignee` as the ledger does.
    """

    id: UUID | None = None
    batch_id: UUID
    quantity: Amount
    unit: Unit
    method: DisposalMethod
    place: Label = None
    planned_at: Moment
    consignee: Label = None
    note: Words = None


@versioned
class Disposal(SQLModel, table=True):
    """A disposal of recalled goods, from its announcement on; `event_id` is the act in the books that did it."""

    COMMITTED: ClassVar[frozenset[str]] = frozenset({"witness", "note"})

    id: UUID = Field(primary_key=True)
    version: int = 1
    recall_id: UUID = Field(foreign_key="recall.id", index=True)
    party_id: UUID = Field(foreign_key="party.id", index=True)
    batch_id: UUID
    quantity: Decimal = Field(sa_type=Millionths)
    unit: str
    amount: Decimal = Field(sa_type=Millionths)  # in the base unit of the batch
    method: str
    place: str
    consignee: str | None = None
    planned_at: datetime
    announced_at: datetime
    performed_at: datetime | None = None
    event_id: UUID | None = None
    witness: str | None = None
    watched_by: UUID | None = None  # the office that says beforehand that it comes
    witnessed_by: UUID | None = None  # the office whose people watched
    note: str | None = None
    origin_hash: str
    retain_until: date
    recorded_at: datetime
    recorded_by: UUID | None


class Done(Shape):
    """That a disposal was carried out. Where the goods stood in the firm's books, `event_id` is the destruction."""

    performed_at: Moment
    event_id: UUID | None = None
    witness: Label = None


class Watched(Shape):
    """That an office watched a disposal, and who did."""

    witness: Label = None


class DisposalView(SQLModel):
    id: UUID
    version: int
    batch: TracedBatch
    quantity: Decimal
    unit: str
    method: DisposalMethod
    place: str
    consignee: EndView | None
    planned_at: datetime
    announced_at: datetime
    performed_at: datetime | None
    event_id: UUID | None
    witness: str | None
    watching: EndView | None  # the office that says that it comes
    office: EndView | None  # the one that was there
    claimed: bool  # destroyed at a consignee, and nobody but the firm says so
    note: str | None


# --- the ledger as read ----------------------------------------------------------------------------------------


class EntryView(SQLModel):
    """A batch at one consignee. Null is unknown; `told` names the amounts that rest on its answer alone.

    Consignees to whom the firm did not send the goods itself are one line without a name, but for their offices.
    """

    consignee: EndView | None
    key: str | None
    direct: bool
    shipped: Decimal | None
    came: Decimal | None
    passed_on: Decimal | None
    way: Decimal | None
    on_hand: Decimal | None
    sealed: Decimal | None
    returned: Decimal | None
    destroyed: Decimal | None
    sold: Decimal | None
    otherwise: Decimal | None
    unaccounted: Decimal | None
    told: list[str]
    missing: list[Missing]


class FiguresView(SQLModel):
    """One batch of a recall in sums, in its base unit; null is unknown, and then so is every sum with it.

    `made` is what came to the firm where it `bought` the batch: one that others made, named by a drill.
    """

    batch: TracedBatch
    bought: bool = False
    unit: str | None
    made: Decimal | None
    shipped: Decimal | None
    own: Decimal | None
    own_ended: dict[str, Decimal | None]
    way: Decimal | None
    way_back: Decimal | None
    accounted: Decimal | None
    recovered: Decimal | None
    missing: Decimal | None
    accounted_share: Decimal | None
    recovered_share: Decimal | None
    recovered_of_shipped: Decimal | None
    unexplained_share: Decimal | None
    closes: bool
    entries: list[EntryView]
    gaps: list[GapView]


class PointView(SQLModel):
    at: datetime
    share: Decimal


class CurveView(SQLModel):
    """How a share grew from the beginning on; `half` and `all` are the hours to 50 and to 100 %."""

    name: Literal["notified", "responded", "recovered"]
    points: list[PointView]
    half: Decimal | None
    all: Decimal | None


class EffectivenessView(SQLModel):
    """The ledger of a recall as its reader may see it: some of its `total` batches, and the curves of all.

    `cursor` fetches the next page; `complete` is false where the books were not read to their end.
    """

    recall_id: UUID
    code: str
    since: datetime | None
    tolerance: Decimal
    figures: list[FiguresView]
    curves: list[CurveView]
    complete: bool
    total: int
    cursor: str | None


class DrillView(SQLModel):
    """A drill with its score: `met` of `known` goals; seconds and shares are null where they are not known yet."""

    id: UUID
    code: str
    state: str
    began_at: datetime
    closed_at: datetime | None
    scope_seconds: int | None
    notify_seconds: int | None
    accounted: Decimal | None
    unexplained: Decimal | None
    met: int
    known: int
    goals: dict[str, bool | None]


class DrillsView(SQLModel):
    """A firm's drills, the newest first, and by when the next one is due."""

    due_on: Day
    overdue: bool
    items: list[DrillView]


# --- queries ---------------------------------------------------------------------------------------------------


def find_sample(session: Session, recall_id: UUID) -> EffectivenessSample | None:
    query = select(EffectivenessSample).where(EffectivenessSample.recall_id == recall_id)
    return session.exec(query).one_or_none()


def list_checks(session: Session, recall_id: UUID) -> Sequence[EffectivenessCheck]:
    query = select(EffectivenessCheck).where(EffectivenessCheck.recall_id == recall_id)
    return session.exec(
        query.order_by(
            col(EffectivenessCheck.consignee), col(EffectivenessCheck.attempt), col(EffectivenessCheck.id)
        )
    ).all()


def list_disposals(session: Session, recall_id: UUID) -> Sequence[Disposal]:
    query = select(Disposal).where(Disposal.recall_id == recall_id)
    return session.exec(query.order_by(col(Disposal.planned_at), col(Disposal.id))).all()
