"""/app: what an enterprise has to do."""

from dataclasses import dataclass
from datetime import timedelta

from fastapi import Request, Response
from fastapi.responses import RedirectResponse

from tracelot.operations import (
    batches,
    hold_requests,
    parties,
    products,
    reach_views,
    recalls,
    receiving,
    sampling_views,
)
from tracelot.operations.visit import Visit
from tracelot.records.batches import BatchFilter, BatchView
from tracelot.records.paging import Page
from tracelot.records.recall_search import RecallFilter
from tracelot.records.recalls import RecallSummary
from tracelot.records.shipments import WAITS, Box, ShipmentFilter, ShipmentView
from tracelot.web.frames import home_of
from tracelot.web.pages.recall_law import own_deadlines
from tracelot.web.pages.shipments import stops_of
from tracelot.web.rendering import render
from tracelot.web.routers import pages
from tracelot.web.visits import OpenVisit

router = pages("/app")

SOON = timedelta(days=30)
SHOWN = 5


@dataclass(frozen=True)
class Steps:
    """How far a new enterprise has come: it needs a place, a product and a batch."""

    facility: bool
    product: bool
    batch: bool

    @property
    def done(self) -> bool:
        return self.facility and self.product and self.batch


@router.get("")
def home(request: Request, visit: OpenVisit) -> Response:
    visit.demand("party.read")
    if home_of(visit.actor) != "/app":
        return RedirectResponse(home_of(visit.actor), 303)
    party = parties.own_party(visit)
    if not visit.actor.enterprise:
        return render(request, "app/waiting.html", party=party)
    soon = visit.today + SOON
    incoming, differing = _shipments(visit, "in"), _shipments(visit, "out")
    return render(
        request,
        "app/home.html",
        party=party,
        soon=soon,
        steps=_steps(visit),
        holds=[one for one in hold_requests.requests_to(visit) if one.state == "open"],
        results=sampling_views.unread_notices(visit),
        told=[one for one in reach_views.told_to(visit) if one.open],
        names={product.id: product for product in products.products(visit)},
        pending=_some(visit, BatchFilter(status="pending_inspection")),
        held=_some(visit, BatchFilter(status="held")),
        expiring=_some(visit, BatchFilter(status="released", expires_to=soon)),
        deadlines=own_deadlines(visit),
        drafts=_recalls(visit, "draft"),
        published=_recalls(visit, "published"),
        incoming=incoming,
        differing=differing,
        stops=stops_of(visit, [*incoming.items, *differing.items]),
    )


def _steps(visit: Visit) -> Steps:
    any_batch = batches.search(visit, BatchFilter(), 1, None).total > 0
    return Steps(bool(parties.facilities(visit)), bool(products.products(visit)), any_batch)


def _some(visit: Visit, asked: BatchFilter) -> Page[BatchView]:
    return batches.search(visit, asked, SHOWN, None)


def _recalls(visit: Visit, state: str) -> Page[RecallSummary]:
    asked = RecallFilter(state=state, party_id=visit.actor.party_id)
    return recalls.query_recalls(visit, asked, "newest", SHOWN)


def _shipments(visit: Visit, box: Box) -> Page[ShipmentView]:
    """Those that wait for the party's answer: what came is to be confirmed, a difference to be settled."""
    return receiving.shipments(visit, ShipmentFilter(box, WAITS[box]), SHOWN, None)
