"""/lookup: one code, or a list of thousands."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Body, Query, Request, Response
from msgspec.json import encode
from pydantic import BaseModel

from tracelot.operations import lookup
from tracelot.operations.lookup_lists import MOST_CODES
from tracelot.operations.visit import Visit
from tracelot.rules.refusals import Refusal
from tracelot.rules.verdicts import Verdict
from tracelot.web.api.shapes import SearchText
from tracelot.web.listing import answered
from tracelot.web.pace import demand_pace
from tracelot.web.rendering import reader_of
from tracelot.web.routers import operations
from tracelot.web.visits import AskingRoute, OpenVisit

router = operations("lookup", route_class=AskingRoute)


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


class Told(BaseModel):
    """`verdict` is "unknown" unless exactly one batch is found; unknown never means safe."""

    verdict: Verdict
    read: ReadCode
    matches: list[dict[str, Any]]
    own: list[OwnBatchView]
    product_recalls: list[str]
    needs_product_or_firm: bool


class LookupView(Told):
    as_of: str


class ListProblem(BaseModel):
    """What is wrong with one code of a list; `type` is stable."""

    type: str
    detail: str


class ListedAnswer(BaseModel):
    """The answer to one code, which says what it would say alone, or what is wrong with the code."""

    answer: Told | None
    problem: ListProblem | None


class ListView(BaseModel):
    """As many answers as codes were sent, in their order."""

    answers: list[ListedAnswer]
    as_of: str


@router.get("/lookup", dependencies=[demand_pace("search")])
def look_up(
    visit: OpenVisit,
    code: Annotated[str, Query(min_length=1, max_length=512)],
    product: SearchText = None,
    firm: SearchText = None,
) -> LookupView:
    """Find a batch by any written form of its code; a bare batch text needs the product or the firm."""
    told = _told(visit, lookup.look_up(visit, code, product, firm))
    return LookupView(**told, as_of=visit.now.isoformat(timespec="seconds"))


@router.post("/lookup", dependencies=[demand_pace("list")], response_model=ListView)
def look_up_list(
    request: Request,
    visit: OpenVisit,
    codes: Annotated[
        list[Any], Body(min_length=1, max_length=MOST_CODES, examples=[["(01)09520001000027(10)A1"]])
    ],
) -> Response:
    """Whether each of up to 10,000 codes is recalled: a JSON list of any written forms, answered in its order.

    Nothing is recorded. A code that cannot be read is told so in its place and spoils no other.
    """
    found = answered(visit, codes)
    reader = reader_of(request)
    place = f"{visit.place.public_url}/problems"
    shown: dict[int, dict[str, Any]] = {}  # the same code again is the same answer
    for one in found:
        if id(one) not in shown:
            shown[id(one)] = (
                {
                    "answer": None,
                    "problem": {"type": f"{place}/{one.kind}", "detail": reader.gettext(one.reason)},
                }
                if isinstance(one, Refusal)
                else {"answer": _told(visit, one), "problem": None}
            )
    body = {"answers": [shown[id(one)] for one in found], "as_of": visit.now.isoformat(timespec="seconds")}
    return Response(encode(body), media_type="application/json")


def _told(visit: Visit, answer: lookup.Answer) -> dict[str, Any]:
    reading = answer.reading
    return {
        "verdict": answer.verdict,
        "read": {
            "kind": reading.kind,
            "gtin": reading.gtin,
            "batch": reading.batch,
            "serial": reading.serial,
            "ambiguous": reading.ambiguous,
            "faults": list(reading.faults),
        },
        "matches": [found.facts(visit.place.public_url) for found in answer.found],
        "own": [
            {
                "id": own.id,
                "code": own.code,
                "status": own.status,
                "product_zh": own.product_zh,
                "product_en": own.product_en,
            }
            for own in answer.own
        ],
        "product_recalls": [recall.code for recall in answer.product_recalls],
        "needs_product_or_firm": answer.needs_more,
    }
