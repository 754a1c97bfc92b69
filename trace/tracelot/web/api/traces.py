"""/traces, also as files, and the balance of a batch"""

from dataclasses import replace
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import Depends, Query, Request, Response
from pydantic import BeforeValidator

from tracelot.operations import balances, tracing
from tracelot.operations.beginning import MOST_BATCHES, Named
from tracelot.operations.trace_files import MEDIA_TYPES, FileKind
from tracelot.operations.tracing import Asked
from tracelot.records.inputs import Moment
from tracelot.records.traces import BalanceView, TraceView
from tracelot.rules.grouping import Grouping
from tracelot.web.api.shapes import Cursor, Limit, SearchText, digits
from tracelot.web.routers import operations
from tracelot.web.taking import trace_answer
from tracelot.web.visits import OpenVisit

router = operations("traces")
DEEPEST = 1000
Depth = Annotated[int, BeforeValidator(digits), Query(ge=1, le=DEEPEST)]
FILES: dict[int | str, dict[str, Any]] = {200: {"content": {kind: {} for kind in MEDIA_TYPES.values()}}}


def asked_of(
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
) -> Asked:
    named = Named(batch or (), code, shipment, unit, facility, since, until)
    return Asked(named, direction, kind, depth, as_of)


Question = Annotated[Asked, Depends(asked_of)]


@router.get("/traces")
def trace(
    visit: OpenVisit,
    question: Question,
    edges: Annotated[bool, Query(description="Tell the links that were crossed, too.")] = False,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> TraceView:
    """What goods became (forward) or were made of (backward), and who got them; a recall misses nothing possible.

    Name one start. An enterprise sees its own, and one step each way by name; a regulator its territory and what
    was shipped into it. Where `complete` is false there was more to read than may be read at once.
    """
    return tracing.trace(visit, replace(question, edges=edges, limit=limit, cursor=cursor))


@router.get("/traces/export", response_class=Response, responses=FILES)
def export_trace(
    request: Request,
    visit: OpenVisit,
    question: Question,
    format: FileKind,  # noqa: A002
    by: Annotated[Grouping | None, Query(description="Draw groups of batches.")] = None,
) -> Response:
    """The same as a file in the language of `Accept-Language`; of a large trace the drawing shows groups."""
    return trace_answer(request, visit, question, format, by)


@router.get("/batches/{batch_id}/balance")
def batch_balance(visit: OpenVisit, batch_id: UUID) -> BalanceView:
    """How much of a batch there was, what became of it, and the yield of each line that made or used it."""
    return balances.balance(visit, batch_id)
