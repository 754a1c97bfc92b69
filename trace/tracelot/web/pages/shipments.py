"""/app/shipments: what comes and what was sent, the waiting ones first, and several confirmed at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from fastapi import Request, Response

from tracelot.operations import inbox, parties, receiving, stocks
from tracelot.operations.inbox import Outcome
from tracelot.operations.visit import Visit
from tracelot.records.acts import Confirmation
from tracelot.records.shipments import STATUSES, WAITS, Box, ShipmentFilter, ShipmentView
from tracelot.records.stops import StopOfGoods
from tracelot.rules.ids import new_id
from tracelot.web.forms import Form, SentForm, fresh_form
from tracelot.web.pages.answering import read_answer
from tracelot.web.pages.clock import local
from tracelot.web.pages.search import plain
from tracelot.web.reading import read_id
from tracelot.web.rendering import reader_of, render
from tracelot.web.routers import pages
from tracelot.web.visits import OpenVisit
from tracelot.web.wording import N_

router = pages("/app/shipments")

SHOWN = 25
NONE_CHOSEN = N_("Choose at least one shipment.")


@dataclass(frozen=True)
class Asked:
    """Which box, and what is looked for in it."""

    box: Box = "in"
    status: str = ""
    code: str = ""
    batch: UUID | None = None

    @property
    def filtered(self) -> bool:
        return bool(self.status or self.code or self.batch)

    @property
    def filter(self) -> ShipmentFilter:
        return ShipmentFilter(
            self.box, self.status or None, self.batch, self.code or None, waiting_first=True
        )

    def url(self, **changed: str) -> str:
        """The same question with some fields changed; an empty one is dropped."""
        told = {"box": self.box, "status": self.status, "code": self.code, "batch": str(self.batch or "")}
        fields = {name: value for name, value in (told | changed).items() if value}
        return f"/app/shipments?{urlencode(fields)}"


def read_asked(request: Request) -> Asked:
    """What the address asks; what is none of the choices asks for nothing."""
    given = request.query_params
    box: Box = "out" if given.get("box") == "out" else "in"
    status = next((one for one in STATUSES if one == given.get("status")), "")
    return Asked(box, status, plain(given.get("code")), read_id(given.get("batch")))


@router.get("")
def list_shipments(request: Request, visit: OpenVisit, cursor: str | None = None) -> Response:
    return _page(request, visit, _fresh(request, visit), cursor=cursor)


@router.post("/confirm")
def confirm_shipments(request: Request, visit: OpenVisit, form: SentForm) -> Response:
    """Each that was chosen came as it was sent; what is refused of one is told beside it."""
    answers: dict[UUID, Confirmation] = {}
    for text in form.lists.get("chosen", []):
        shipment = receiving.find_shipment(visit, UUID(text)) if read_id(text) else None
        new = shipment and read_answer(form, visit, shipment, Confirmation, id=form[f"id-{text}"] or None)
        if shipment and new:
            answers[shipment.id] = new
    if not answers and not form.errors:
        form.errors["chosen"] = reader_of(request).gettext(NONE_CHOSEN)
    if form.errors:
        return _page(request, visit, form, 422)
    outcomes = inbox.confirm_each(visit, answers)
    failed = all(one.refusal for one in outcomes)
    return _page(request, visit, _fresh(request, visit), 422 if failed else 200, outcomes=outcomes)


def stops_of(visit: Visit, shipments: Sequence[ShipmentView]) -> dict[UUID, list[StopOfGoods]]:
    """Which of the batches that are in shipments are recalled, so far as that binds the visitor's enterprise."""
    return stocks.stopped(visit, {line.batch_id for one in shipments for line in one.lines})


def _fresh(request: Request, visit: Visit) -> Form:
    return fresh_form(request, event_time=local(visit.now, visit.place.zone))


def _page(
    request: Request,
    visit: Visit,
    form: Form,
    status: int = 200,
    *,
    cursor: str | None = None,
    outcomes: list[Outcome] | None = None,
) -> Response:
    asked = read_asked(request)
    page = receiving.shipments(visit, asked.filter, SHOWN, cursor or None)
    answered = [(receiving.find_shipment(visit, one.shipment_id), one.refusal) for one in outcomes or ()]
    return render(
        request,
        "app/shipments.html",
        status,
        asked=asked,
        page=page,
        cursor=cursor,
        form=form,
        stops=stops_of(visit, page.items),
        outcomes=[(receiving.view(visit, shipment), refusal) for shipment, refusal in answered],
        waiting=waiting(visit),
        waits=WAITS[asked.box],
        statuses=[one for one in STATUSES if one != "announced"],
        ids={one.id: form[f"id-{one.id}"] or new_id() for one in page.items},
        facilities=open_facilities(visit),
    )


def waiting(visit: Visit) -> dict[Box, int]:
    """How many shipments of each box wait for the actor's party."""
    if visit.actor.regulator:
        return {}
    return {
        box: receiving.shipments(visit, ShipmentFilter(box, status), 1, None).total
        for box, status in WAITS.items()
    }


def open_facilities(visit: Visit) -> list[Any]:
    return [one for one in parties.facilities(visit) if not one.closed]
