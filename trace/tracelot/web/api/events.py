"""/events, /stocks, /units"""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import Body, Query, Response
from pydantic import BaseModel

from tracelot.operations import acts, capturing, reading, stocks, voiding
from tracelot.operations.stocks import StockFilter
from tracelot.records.acts import EventSummary, EventView, NewAct, VoidEvent
from tracelot.records.captures import CaptureView
from tracelot.records.events import EventFilter
from tracelot.records.inputs import Moment
from tracelot.records.stocks import StockView
from tracelot.records.units import StopView, UnitView
from tracelot.rules.acts import EventAct
from tracelot.web.api.shapes import Cursor, Limit, PageView, SearchText
from tracelot.web.routers import operations
from tracelot.web.visits import OpenVisit

router = operations("events")


class Stocks(BaseModel):
    """What is on hand; `cursor` fetches the stocks of the next batches, and a page may be empty before the last."""

    items: list[StockView]
    cursor: str | None


class UnitContents(UnitView):
    """A unit with what the books know to be in it, and its way."""

    contents: list[StockView]
    stops: list[StopView]


@router.post("/events", status_code=201)
def record_event(visit: OpenVisit, new: NewAct, answer: Response) -> EventView:
    """Record an act on goods. With an id of your own (UUIDv7) it is safe to send it again."""
    view = reading.view(visit, acts.record_event(visit, new))
    answer.headers["location"] = f"/api/v1/events/{view.id}"
    return view


@router.post("/events/epcis", status_code=201)
def capture_epcis(visit: OpenVisit, document: Annotated[dict[str, Any], Body()]) -> CaptureView:
    """Capture an EPCIS 2.0 document (JSON), all of it or nothing; the same again changes nothing.

    Each event becomes an event here; `flags` say what was kept as it is and should be looked at.
    """
    return capturing.capture(visit, document)


@router.get("/events")
def list_events(
    visit: OpenVisit,
    act: EventAct | None = None,
    batch: UUID | None = None,
    facility: UUID | None = None,
    since: Annotated[Moment | None, Query(description="Not before, such as 2026-09-15T08:00:00Z.")] = None,
    until: Annotated[Moment | None, Query(description="Not after.")] = None,
    flagged: Annotated[
        bool, Query(description="Only what broke a rule, or took more than was there.")
    ] = False,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> PageView[EventSummary]:
    """The caller's own events, the latest first."""
    since_: datetime | None = since
    asked = EventFilter(act, batch, facility, since_, until, flagged)
    page = reading.events(visit, asked, limit, cursor)
    return PageView(items=list(page.items), total=page.total, cursor=page.cursor)


@router.get("/events/{event_id}")
def find_event(visit: OpenVisit, event_id: UUID) -> EventView:
    """An event with its lines, postings and evidence."""
    return reading.view(visit, reading.find_event(visit, event_id))


@router.post("/events/{event_id}/void")
def void_event(visit: OpenVisit, event_id: UUID, asked: VoidEvent) -> EventView:
    """Declare a record wrong, with the reason; another one may replace it in the same step."""
    return reading.view(visit, voiding.void_event(visit, event_id, asked))


@router.get("/stocks")
def list_stocks(
    visit: OpenVisit,
    batch: UUID | None = None,
    product: UUID | None = None,
    facility: UUID | None = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Stocks:
    """What the caller has on hand, per facility, set-apart area and unit, batch by batch."""
    items, more = stocks.on_hand(visit, StockFilter(batch, product, facility), limit, cursor)
    return Stocks(items=items, cursor=more)


@router.get("/units")
def list_units(
    visit: OpenVisit, code: SearchText = None, limit: Limit = 50, cursor: Cursor = None
) -> PageView[UnitView]:
    """Pallets and cases that the caller packed or received, the newest first; `code` is an SSCC or an own code."""
    page = reading.units(visit, code, limit, cursor)
    return PageView(items=list(page.items), total=page.total, cursor=page.cursor)


@router.get("/units/{unit_id}")
def find_unit(visit: OpenVisit, unit_id: UUID) -> UnitContents:
    """A pallet or case that the caller packed or received."""
    unit = reading.find_unit(visit, unit_id)
    return UnitContents(
        **reading.unit_view(visit, unit).model_dump(),
        contents=stocks.views(visit, reading.unit_contents(visit, unit)),
        stops=reading.unit_stops(visit, unit),
    )
