"""/app/events as a list: what was done to goods, the latest first; its filters stand in the address."""

from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from fastapi import Request, Response

from tracelot.formats.gs1 import LONGEST_CODE
from tracelot.operations import parties, reading, scanning, telling
from tracelot.operations.scanning import Handled
from tracelot.operations.visit import Visit
from tracelot.records.events import EventFilter
from tracelot.rules.acts import EVENT_ACTS
from tracelot.web.pages.batch_list import BAD_CHOICE, BAD_DATE
from tracelot.web.pages.search import plain
from tracelot.web.reading import read_id
from tracelot.web.rendering import reader_of, render
from tracelot.web.routers import pages
from tracelot.web.visits import OpenVisit
from tracelot.web.wording import N_

router = pages("/app")

FIELDS = ("act", "batch", "facility", "from", "to", "flagged")
SHOWN = 25
NO_BATCH = N_("No batch that you make, hold or were sent has this code.")
SEVERAL = N_("Several batches have this code: choose one.")


@dataclass
class Asked:
    """The filled fields, the filter that they make, and what is wrong with them."""

    fields: dict[str, str]
    filter: EventFilter = field(default_factory=EventFilter)
    errors: dict[str, str] = field(default_factory=dict)
    batches: list[Handled] = field(default_factory=list)  # to choose from, or the one that is asked for

    def __getitem__(self, name: str) -> str:
        return self.fields.get(name, "")

    def url(self, **changed: str) -> str:
        """The same question with some fields changed; an empty one is dropped."""
        fields = {name: value for name, value in (self.fields | changed).items() if value}
        return f"/app/events?{urlencode(fields)}" if fields else "/app/events"


def read_asked(request: Request, visit: Visit) -> Asked:
    sent = {name: plain(request.query_params.get(name)) for name in FIELDS}
    asked = Asked({name: value for name, value in sent.items() if value})
    gettext = reader_of(request).gettext
    act = asked["act"] if asked["act"] in EVENT_ACTS else None
    if asked["act"] and act is None:
        asked.errors["act"] = gettext(BAD_CHOICE)
    facility = read_id(asked["facility"])
    if asked["facility"] and facility is None:
        asked.errors["facility"] = gettext(BAD_CHOICE)
    asked.filter = EventFilter(
        act,
        _batch(asked, visit, gettext),
        facility,
        _moment(asked, "from", visit, time.min, gettext),
        _moment(asked, "to", visit, time.max, gettext),
        bool(asked["flagged"]),
    )
    return asked


def _batch(asked: Asked, visit: Visit, gettext: Any) -> UUID | None:
    """The batch of a code in any written form, or of an id as links carry it."""
    text = asked["batch"]
    if not text or len(text) > LONGEST_CODE:
        return None
    found = list(scanning.describe(visit, [f"batch:{text}"], None).values())
    if not found:
        found = [one for one in scanning.find_handled(visit, text, None) if one.kind == "batch"]
    if len(found) != 1:
        asked.errors["batch"] = gettext(SEVERAL if found else NO_BATCH)
        asked.batches = found
        return None
    asked.batches = found
    return found[0].id


def _moment(asked: Asked, name: str, visit: Visit, hour: time, gettext: Any) -> datetime | None:
    """The first or last moment of a day in the site's zone."""
    if not asked[name]:
        return None
    try:
        return datetime.combine(date.fromisoformat(asked[name]), hour, visit.place.zone)
    except (ValueError, OverflowError):
        asked.errors[name] = gettext(BAD_DATE)
        return None


@router.get("/events")
def list_events(request: Request, visit: OpenVisit, cursor: str | None = None) -> Response:
    visit.demand("event.read")
    asked = read_asked(request, visit)
    page = None if asked.errors else reading.events(visit, asked.filter, SHOWN, cursor or None)
    return render(
        request,
        "app/events.html",
        422 if asked.errors else 200,
        asked=asked,
        page=page,
        cursor=cursor,
        act_names=EVENT_ACTS,
        goods=telling.goods_of(visit, [event.id for event in page.items]) if page else {},
        facilities={facility.id: facility for facility in parties.facilities(visit)},
    )
