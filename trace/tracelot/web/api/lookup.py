"""/lookup"""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel

from tracelot.operations import lookup
from tracelot.rules.verdicts import Verdict
from tracelot.web.api.shapes import SearchText
from tracelot.web.pace import demand_pace
from tracelot.web.visits import OpenVisit, VisitRoute

router = APIRouter(tags=["lookup"], route_class=VisitRoute)


class ReadCode(BaseModel):
    """How the code was read."""

    kind: str
    gtin: str | None
    batch: str | None
    serial: str | None
    ambiguous: bool
    faults: list[str]


class OwnBatchView(BaseModel):
    id: UUID
    code: str
    status: str
    product_zh: str
    product_en: str | None


class LookupView(BaseModel):
    """`verdict` is "unknown" unless exactly one batch is found; unknown never means safe."""

    verdict: Verdict
    read: ReadCode
    matches: list[dict[str, Any]]
    own: list[OwnBatchView]
    product_recalls: list[str]
    needs_product_or_firm: bool
    as_of: str


@router.get("/lookup", dependencies=[demand_pace("search")])
def look_up(
    visit: OpenVisit,
    code: Annotated[str, Query(min_length=1, max_length=512)],
    product: SearchText = None,
    firm: SearchText = None,
) -> LookupView:
    """Find a batch by any written form of its code; a bare batch text needs the product or the firm."""
    answer = lookup.look_up(visit, code, product, firm)
    reading = answer.reading
    return LookupView(
        verdict=answer.verdict,
        read=ReadCode(
            kind=reading.kind,
            gtin=reading.gtin,
            batch=reading.batch,
            serial=reading.serial,
            ambiguous=reading.ambiguous,
            faults=list(reading.faults),
        ),
        matches=[found.facts(visit.place.public_url) for found in answer.found],
        own=[OwnBatchView.model_validate(own, from_attributes=True) for own in answer.own],
        product_recalls=[recall.code for recall in answer.product_recalls],
        needs_product_or_firm=answer.needs_more,
        as_of=visit.now.isoformat(timespec="seconds"),
    )
