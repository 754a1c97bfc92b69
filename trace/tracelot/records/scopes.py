"""The scope of a recall, frozen version by version: what was asked, every batch that was reached, how each stands."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from hashlib import sha256
from typing import Any, Literal, NamedTuple
from uuid import UUID

from sqlalchemy.orm import aliased
from sqlmodel import JSON, Field, Session, SQLModel, String, col, func, select

from tracelot.records.inputs import Reason, Shape
from tracelot.records.journal import canonical
from tracelot.records.traces import CertaintyName, EndKind
from tracelot.rules.places import pool_of
from tracelot.rules.proposing import Verdict

# Why a version was made.
ScopeAct = Literal[
    "opened", "changed", "left_out", "taken_in", "published", "widened", "narrowed", "registered"
]


class ScopeChoice(Shape):
    """Batches of a scope, and why they are left out or taken in."""

    batch_ids: list[UUID] = Field(min_length=1, max_length=5000)
    reason: Reason


class RecallScope(SQLModel, table=True):
    """One version. It is never changed; `digest` is the SHA-256 of `document_of` it and its lines."""

    __tablename__ = "recall_scope"

    recall_id: UUID = Field(primary_key=True, foreign_key="recall.id")
    version: int = Field(primary_key=True)
    party_id: UUID = Field(foreign_key="party.id")
    act: ScopeAct = Field(sa_type=String)
    reason: str | None = None
    question: dict[str, Any] = Field(
        sa_type=JSON
    )  # as asked: the selectors, and whether the goods are followed
    as_of: datetime
    complete: bool
    chosen: int
    excluded: int
    left_open: int
    others: int
    digest: str
    recorded_at: datetime
    recorded_by: UUID | None


class RecallScopeLine(SQLModel, table=True):
    """A batch in one version, called as it was then. Goods of a product without a batch have no code."""

    __tablename__ = "recall_scope_line"

    recall_id: UUID = Field(primary_key=True, foreign_key="recall.id")
    version: int = Field(primary_key=True)
    batch_id: UUID = Field(primary_key=True)
    party_id: UUID = Field(foreign_key="party.id")
    product_id: UUID | None = None
    code: str
    product_zh: str | None = None
    product_en: str | None = None
    firm_zh: str | None = None
    firm_en: str | None = None
    registered: bool
    named: bool
    distance: int
    certainty: str
    verdict: Verdict = Field(sa_type=String)
    reason: str | None = None
    amounts: dict[str, Any] = Field(sa_type=JSON)

    @property
    def key(self) -> str:
        """The batch as a trace names it."""
        return str(self.batch_id) if self.code or self.product_id is None else pool_of(str(self.product_id))


class SentView(SQLModel):
    """What of a batch went to one consignee; of that, what nobody has received yet. Null is unknown."""

    kind: EndKind
    id: UUID | None = None
    name_zh: str | None = None
    name_en: str | None = None
    party_zh: str | None = None
    party_en: str | None = None
    sent: Decimal | None
    on_way: Decimal | None


class AmountsView(SQLModel):
    """`made` is what came to the firm where it `bought` the batch: one that others made, named by a drill."""

    unit: str | None
    bought: bool = False
    made: Decimal | None
    on_hand: Decimal | None
    on_way: Decimal | None
    used: Decimal | None
    sold: Decimal | None
    consignees: list[SentView]


class ScopeLineView(SQLModel):
    """`verdict`: chosen (recalled), excluded (for a reason), open (undecided), others (not this firm's to recall)."""

    batch_id: UUID
    product_id: UUID | None
    code: str
    product_zh: str | None
    product_en: str | None
    firm_zh: str | None
    firm_en: str | None
    registered: bool
    named: bool
    distance: int
    certainty: CertaintyName
    verdict: Verdict
    reason: str | None
    amounts: AmountsView


class ScopeSummary(SQLModel):
    """A version without its lines, and how it differs from the one before."""

    version: int
    act: ScopeAct
    reason: str | None
    as_of: datetime
    complete: bool
    chosen: int
    excluded: int
    left_open: int
    others: int
    digest: str
    recorded_at: datetime
    added: list[str]
    removed: list[str]
    taken_in: list[str]
    left_out: list[str]


class MissedBatch(SQLModel):
    """A batch that the recall may name, reached by a trace today, which the scope neither holds nor leaves out."""

    batch_id: UUID
    code: str
    product_id: UUID
    product_zh: str
    product_en: str | None
    distance: int
    certainty: CertaintyName


class ScopeView(SQLModel):
    """The scope as it stands, its versions with the newest first, and what a trace reaches today beyond it."""

    recall_id: UUID
    question: dict[str, Any]
    versions: list[ScopeSummary]
    lines: list[ScopeLineView]
    missed: list[MissedBatch]


class ScopeStep(SQLModel):
    """What everybody may know of a change after the publication."""

    act: ScopeAct
    recorded_at: datetime
    reason: str | None
    codes: list[str]


def document_of(scope: RecallScope, lines: Iterable[RecallScopeLine]) -> str:
    """A version as canonical JSON: the one text that its digest stands for."""
    told = scope.model_dump(exclude={"digest"})
    rows = [line.model_dump(exclude={"recall_id", "version", "party_id"}) for line in lines]
    return canonical(told | {"lines": sorted(rows, key=lambda row: str(row["batch_id"]))})


def digest_of(scope: RecallScope, lines: Iterable[RecallScopeLine]) -> str:
    return sha256(document_of(scope, lines).encode()).hexdigest()


def list_scopes(session: Session, recall_id: UUID) -> Sequence[RecallScope]:
    """All versions, the first first."""
    query = select(RecallScope).where(RecallScope.recall_id == recall_id)
    return session.exec(query.order_by(col(RecallScope.version))).all()


def newest_scope(session: Session, recall_id: UUID) -> RecallScope | None:
    query = select(RecallScope).where(RecallScope.recall_id == recall_id)
    return session.exec(query.order_by(col(RecallScope.version).desc()).limit(1)).first()


def list_scope_lines(
    session: Session, recall_id: UUID, version: int | None = None
) -> Sequence[RecallScopeLine]:
    """The lines of a version, or of the newest: what was named first, then by distance."""
    newest = select(func.max(RecallScope.version)).where(RecallScope.recall_id == recall_id)
    query = select(RecallScopeLine).where(
        RecallScopeLine.recall_id == recall_id,
        RecallScopeLine.version == (newest.scalar_subquery() if version is None else version),
    )
    order = (col(RecallScopeLine.named).desc(), col(RecallScopeLine.distance), col(RecallScopeLine.code))
    return session.exec(query.order_by(*order, col(RecallScopeLine.batch_id))).all()


class LineChange(NamedTuple):
    """How a batch stands in a version beside the one before; None where it is not in it."""

    version: int
    batch_id: UUID
    name: str
    before: str | None
    now: str | None


def list_line_changes(session: Session, recall_id: UUID, since: int = 1) -> list[LineChange]:
    """What each version from one on changed, by batch; lines that stand as before are not read."""
    this: Any = RecallScopeLine
    other: Any = aliased(RecallScopeLine)
    told: list[Any] = [this.version, this.batch_id, this.code, this.product_zh, this.verdict, other.verdict]

    def lines(step: int, since: int) -> Any:
        """The lines of the versions from one on, each beside that of its batch so many versions later."""
        same = (other.recall_id == this.recall_id) & (other.batch_id == this.batch_id)
        query = (
            select(*told).select_from(this).outerjoin(other, same & (other.version == this.version + step))
        )
        return query.where(this.recall_id == recall_id, this.version >= since)

    newest = select(func.max(RecallScope.version)).where(RecallScope.recall_id == recall_id)
    came = lines(-1, since).where(other.verdict.is_(None) | (other.verdict != this.verdict))
    gone = lines(1, since - 1).where(other.verdict.is_(None), this.version < newest.scalar_subquery())
    changes = [
        LineChange(version, id_, code or product or "", before, now)
        for version, id_, code, product, now, before in session.exec(came)
    ]
    changes += [
        LineChange(version + 1, id_, code or product or "", before, None)
        for version, id_, code, product, before, _ in session.exec(gone)
    ]
    return sorted(changes, key=lambda one: (one.version, str(one.batch_id)))


def spared_by(session: Session, recall_id: UUID) -> dict[UUID, str]:
    """The batches that the newest version leaves out, with the reasons."""
    lines = list_scope_lines(session, recall_id)
    return {line.batch_id: line.reason or "" for line in lines if line.verdict == "excluded"}
