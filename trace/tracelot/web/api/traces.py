"""/traces, and the balance of a batch"""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BeforeValidator

from tracelot.operations import balances, tracing
from tracelot.operations.beginning import MOST_BATCHES, Named
from tracelot.records.inputs import Moment
from tracelot.records.traces import BalanceView, TraceView
from tracelot.web.api.shapes import Cursor, Limit, SearchText, digits
from tracelot.web.visits import OpenVisit, VisitRoute

router = APIRouter(tags=["traces"], route_class=VisitRoute)
DEEPEST = 1000
Depth = Annotated[int, BeforeValidator(digits), Query(ge=1, le=DEEPEST)]


@router.get("/traces")
def trace(
    visit: OpenVisit,
    batch: Annotated[
        list[UUID] | None, Query(max_length=MOST_BATCHES, description="Whole batches; may be repeated.")
    ] = None,
    code: SearchText = None,
    shipment: UUID | None = None,
    unit: UUID | None = None,
    facility: UUID | None = None,
    since: Annotated[Moment | None, Query(description="With a facility: from when.")] = None,
    until: Annotated[Moment | None, Query(description="With a facility: until when.")] = None,
    direction: Literal["forward", "backward", "both"] = "forward",
    kind: Literal["trace", "recall"] = "trace",
    depth: Depth | None = None,
    as_of: Annotated[Moment | None, Query(description="By what was recorded until then.")] = None,
    edges: Annotated[bool, Query(description="Tell the links that were crossed, too.")] = False,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> TraceView:
    """What goods became (forward) or were made of (backward), and who got them; a recall misses nothing possible.

    Name one start. An enterprise sees its own, and one step each way by name; a regulator its territory and what
    was shipped into it. Where `complete` is false there was more to read than may be read at once.
    """
    since_: datetime | None = since
    named = Named(batch or (), code, shipment, unit, facility, since_, until)
    asked = tracing.Asked(named, direction, kind, depth, as_of, edges, limit, cursor)
    return tracing.trace(visit, asked)


@router.get("/batches/{batch_id}/balance")
def batch_balance(visit: OpenVisit, batch_id: UUID) -> BalanceView:
    """How much of a batch there was, what became of it, and the yield of each line that made or used it."""
    return balances.balance(visit, batch_id)
