"""What a caller sees of a trace, a recall scope and a balance."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Literal
from uuid import UUID

from sqlmodel import SQLModel

CertaintyName = Literal["recorded", "one_sided", "possible"]
EndKind = Literal["facility", "party", "contact", "unknown"]


# A long answer holds tens of thousands of these four: making models of them would take most of its time.


@dataclass(slots=True)
class EndView:
    """A facility, party or contact by name; of an unknown end only that it is there."""

    kind: EndKind
    id: UUID | None = None
    name_zh: str | None = None
    name_en: str | None = None
    party_id: UUID | None = None
    party_zh: str | None = None
    party_en: str | None = None


@dataclass(slots=True)
class PlaceView:
    """Where a stock is; `whole` stands for all stocks of a batch together."""

    kind: Literal["facility", "set_apart", "lane", "unit", "whole", "other"]
    at: EndView | None = None
    source: EndView | None = None
    target: EndView | None = None
    unit_id: UUID | None = None


@dataclass(slots=True)
class ConsigneeView:
    """Who got goods, or may have, and which batches."""

    end: EndView
    direct: bool
    certainty: CertaintyName
    batches: list[UUID | None]


@dataclass(slots=True)
class GapView:
    """Where the books of a stock do not close, and by how much where that is known."""

    kind: str
    batch_id: UUID | None
    product_id: UUID | None
    place: PlaceView
    event_id: UUID | None
    quantity: Decimal | None


class TracedBatch(SQLModel):
    """A batch; or all goods of a product of which no batch was told, and then `id` is null."""

    id: UUID | None
    code: str | None
    product_id: UUID | None
    product_zh: str | None
    product_en: str | None
    gtin: str | None
    firm: EndView | None


class StepView(SQLModel):
    """One stock on the way, and the kind of link over which it was reached; null at the start."""

    batch_id: UUID | None
    product_id: UUID | None
    place: PlaceView
    link: str | None


class OnHandView(SQLModel):
    """From the least to the most that a facility has; `most` is null where nobody can say."""

    facility: EndView
    least: Decimal
    most: Decimal | None
    unit: str | None


class ReachedView(SQLModel):
    direction: Literal["forward", "backward"]
    batch: TracedBatch
    distance: int
    certainty: CertaintyName
    quantity: Decimal | None
    unit: str | None
    path: list[StepView]
    on_hand: list[OnHandView]


class EdgeView(SQLModel):
    """One side of a link that was crossed. All with the same `link` and `key` belong to one link."""

    link: str
    key: str
    certainty: CertaintyName
    side: Literal["take", "put"]
    batch_id: UUID | None
    product_id: UUID | None
    place: PlaceView
    quantity: Decimal | None


class SharedView(SQLModel):
    """A batch that a party upstream held and lets its customers see; tier 1 is who sent goods to the caller."""

    tier: int
    batch: TracedBatch


class UpstreamView(SQLModel):
    """How many tiers of parties stand before the caller, by records of both sides, and whether every way ends."""

    tiers: int
    complete: bool
    shared: list[SharedView]


class TraceView(SQLModel):
    """One page of what was reached. Consignees, gaps, upstream and edges are of the whole, on the first page."""

    kind: Literal["trace", "recall"]
    direction: Literal["forward", "backward", "both"]
    depth: int | None
    as_of: datetime | None
    items: list[ReachedView]
    total: int
    cursor: str | None
    consignees: list[ConsigneeView]
    gaps: list[GapView]
    upstream: UpstreamView | None
    edges: list[EdgeView] | None
    complete: bool
    reason: str | None


class YieldView(SQLModel):
    batch_id: UUID | None
    code: str | None
    share: Decimal


class LineBalanceView(SQLModel):
    """What went into a line and came out, in one unit; what nothing accounts for is unexplained."""

    event_id: UUID
    line: int
    act: str
    unit: str
    taken: Decimal | None
    put: Decimal | None
    lost: Decimal | None
    unexplained: Decimal | None
    yields: list[YieldView]


class BalanceView(SQLModel):
    """The amounts of a batch by what the caller may know; null is unknown, and so is every sum with it."""

    batch: TracedBatch
    unit: str | None
    produced: Decimal | None
    introduced: Decimal | None
    found: Decimal | None
    total: Decimal | None
    ended: dict[str, Decimal | None]
    stock: Decimal | None
    returned: Decimal | None
    confirmed: Decimal | None
    shipped: Decimal | None
    came_back: Decimal | None
    recovered: Decimal | None
    accounted: Decimal | None
    recovered_share: Decimal | None
    accounted_share: Decimal | None
    lines: list[LineBalanceView]
    gaps: list[GapView]
    complete: bool
