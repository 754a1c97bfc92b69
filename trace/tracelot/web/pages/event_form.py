"""/app/events/new and …/correct: choosing an act, and saying what was done to which goods."""

from http import HTTPStatus
from typing import Any, cast, get_args
from uuid import UUID

from fastapi import Request, Response
from fastapi.responses import RedirectResponse

from tracelot.operations import (
    acts,
    batches,
    books,
    contacts,
    parties,
    products,
    reading,
    receiving,
    recipients,
    scanning,
    stocks,
    voiding,
)
from tracelot.operations.scanning import Handled
from tracelot.operations.stocks import StockFilter
from tracelot.operations.stopped import stopped_things
from tracelot.operations.visit import Visit
from tracelot.records.acts import EventView, NewAct, NewEvent, VoidEvent
from tracelot.records.events import Event, EventFilter
from tracelot.records.facilities import Facility
from tracelot.records.inputs import Reason, Shape, Unit
from tracelot.records.shipments import ShipmentFilter
from tracelot.rules.access import may
from tracelot.rules.acts import EventAct, ManifestStage, TransformKind
from tracelot.rules.ids import new_id
from tracelot.rules.refusals import Conflict
from tracelot.web.forms import SentForm, fresh_form
from tracelot.web.pages.event_drafts import ActForm
from tracelot.web.pages.event_plans import GROUPS, asks, duties
from tracelot.web.pages.event_records import PAPER_TYPES, correctable, values_of
from tracelot.web.pages.event_rows import CAME, GOODS, MADE, PAPERS, row_values
from tracelot.web.pages.event_shaping import attempt, local_text
from tracelot.web.policy import SCAN_POLICY
from tracelot.web.reading import read_id
from tracelot.web.rendering import render
from tracelot.web.routers import pages
from tracelot.web.visits import OpenVisit

router = pages("/app/events")

UNITS = get_args(Unit)
MOST_PARTNERS = 200
LANES_SHOWN = 50
ADMITTED = frozenset({"goods-stopped", "not-released", "overdrawn"})  # what `happened` lets through


class Correction(Shape):
    reason: Reason


@router.get("/new")
def choose_act(request: Request, visit: OpenVisit, batch: UUID | None = None) -> Response:
    visit.demand("event.record")
    goods = batches.find_batch(visit, batch) if batch else None
    return render(request, "app/event_choose.html", groups=_groups(visit), batch=goods)


def _groups(visit: Visit) -> list[tuple[str, list[EventAct]]]:
    free = may(visit.actor, "stock.free")
    return [(name, [act for act in inside if free or act != "put_back"]) for name, inside in GROUPS]


@router.get("/new/{act}")
def new_event(
    request: Request, visit: OpenVisit, act: EventAct, batch: UUID | None = None, joins: UUID | None = None
) -> Response:
    visit.demand("event.record")
    own = _open_facilities(visit)
    made = dict.fromkeys(MADE.parts, "") | {"unit": "kg"}
    form = fresh_form(
        request,
        event_time=_proposed(visit),
        time_shown=_proposed(visit),
        facility_id=_usual(visit, own, batch),
        to=_giver(visit, batch) if batch and act == "return" else None,
        partner_id=new_id(),
        joins=joins if act == "transform" else None,
        kind="loading" if act == "manifest" else "process",
        **row_values(GOODS, []),
        **row_values(MADE, [made]),
        **row_values(CAME, [{"unit": "kg"}]),
        **row_values(PAPERS, [{}]),
    )
    draft = ActForm(visit, act, form, own, products.products(visit))
    if batch is not None:
        _begin_with(draft, batch)
    return _page(request, draft)


def _proposed(visit: Visit) -> str:
    return local_text(visit.now.replace(second=0), visit)


def _begin_with(draft: ActForm, batch_id: UUID) -> None:
    """A line for the batch from whose page somebody comes."""
    if draft.plan.goods:
        draft.add(f"batch:{batch_id}")
    elif draft.rows.get("made"):
        batch = batches.find_batch(draft.visit, batch_id)
        draft.rows["made"][0] |= {"product": str(batch.product_id), "code": batch.code}


def _open_facilities(visit: Visit) -> list[Facility]:
    return [one for one in parties.facilities(visit) if not one.closed]


def _usual(visit: Visit, own: list[Facility], batch_id: UUID | None) -> UUID | None:
    """Where the batch is on hand, else anywhere: there where the last act was, or the only facility."""
    known = {one.id for one in own}
    held = stocks.on_hand(visit, StockFilter(batch_id), 1, None)[0] if batch_id else []
    where = [one.facility_id for one in held if one.facility_id in known]
    last = reading.events(visit, EventFilter(), 1, None).items
    if last and last[0].facility_id in (where or known):
        return last[0].facility_id
    if where:
        return where[0]
    return own[0].id if len(own) == 1 else None


def _giver(visit: Visit, batch_id: UUID) -> str | None:
    """The only one who sent the batch."""
    came = receiving.shipments(visit, ShipmentFilter(batch_id=batch_id), LANES_SHOWN, None).items
    givers = {one.party_id for one in came if not one.sent_back}
    return f"party:{givers.pop()}" if len(givers) == 1 else None


@router.post("/new/{act}")
def record_event(request: Request, visit: OpenVisit, act: EventAct, form: SentForm) -> Response:
    visit.demand("event.record")
    draft = ActForm(visit, act, form, _open_facilities(visit), products.products(visit))
    if not form["record"] or form["code"].strip():
        draft.step()
        return _page(request, draft)
    event = attempt(draft, lambda new: acts.record_event(visit, cast("NewAct", new)))
    if event is not None:
        return RedirectResponse(f"/app/events/{event.id}?done=recorded", 303)
    return _page(request, draft, 422)


@router.get("/{event_id}/correct")
def edit_event(request: Request, visit: OpenVisit, event_id: UUID) -> Response:
    view = _correctable(visit, event_id)
    form = fresh_form(request, partner_id=new_id(), **values_of(visit, view))
    draft = ActForm(visit, view.act, form, _open_facilities(visit), products.products(visit))
    return _page(request, draft, replaces=view)


def _correctable(visit: Visit, event_id: UUID) -> EventView:
    visit.demand("event.void")
    view = reading.view(visit, reading.find_event(visit, event_id))
    if not correctable(visit, view):
        raise Conflict(
            "not-correctable", "This record cannot be corrected by form: declare it void, and record it anew."
        )
    return view


@router.post("/{event_id}/correct")
def correct_event(request: Request, visit: OpenVisit, event_id: UUID, form: SentForm) -> Response:
    void = reading.view(visit, reading.find_event(visit, event_id)).void
    if void is not None and str(void.replaced_by) == form["id"]:  # sent again
        return RedirectResponse(f"/app/events/{void.replaced_by}?done=replaced", 303)
    view = _correctable(visit, event_id)
    draft = ActForm(visit, view.act, form, _open_facilities(visit), products.products(visit))
    if not form["record"] or form["code"].strip():
        draft.step()
        return _page(request, draft, replaces=view)
    form.read(Correction)

    def replace(new: NewEvent) -> Event:
        asked = VoidEvent.model_validate({"reason": form["reason"], "replacement": new})
        voiding.void_event(visit, event_id, asked)
        return reading.find_event(visit, UUID(draft.id))

    event = attempt(draft, replace)
    if event is not None:
        return RedirectResponse(f"/app/events/{event.id}?done=replaced", 303)
    return _page(request, draft, 422, view)


def _page(request: Request, draft: ActForm, status: int = 200, replaces: EventView | None = None) -> Response:
    visit, form = draft.visit, draft.form
    rows = draft.rows.get("goods", [])
    named = draft.described([row["what"] for row in rows])
    shelf = _shelf(draft, named)
    jurisdictions = books.own_books(visit).jurisdictions
    told = {
        name.removeprefix("kd-") for name, value in form.values.items() if name.startswith("kd-") and value
    }
    told.update(replaces.missing if replaces else ())
    answer = render(
        request,
        "app/event_form.html",
        status,
        draft=draft,
        form=form,
        refused=status >= HTTPStatus.BAD_REQUEST,
        time=_proposed(visit) if draft.untouched else form["event_time"],
        named=named,
        shelf=shelf,
        stopped=stopped_things(visit, [*named.values(), *draft.choices, *shelf]),
        asks=asks(draft.act, jurisdictions, told),
        duties=duties(draft.act, jurisdictions),
        units=UNITS,
        paper_types=PAPER_TYPES,
        admits=draft.refused in ADMITTED or form["happened"] == "1",
        replaces=replaces,
        **_choices(draft),
    )
    answer.headers["content-security-policy"] = SCAN_POLICY
    return answer


def _shelf(draft: ActForm, named: dict[str, Handled]) -> list[Handled]:
    """What can be picked without a code: what is here, or what is in the unit, and is no line yet."""
    if not draft.plan.goods:
        return []
    if draft.act == "unpack":
        unit = draft.unit_id
        found = scanning.inside(draft.visit, unit, draft.facility_id) if unit else []
    else:
        found = scanning.shelf(draft.visit, draft.facility_id) if draft.facility_id else []
    return [one for one in found if one.name not in named]


def _choices(draft: ActForm) -> dict[str, Any]:
    """What only some acts choose from."""
    visit, act = draft.visit, draft.act
    told: dict[str, Any] = {"partners": [], "firms": list(draft.firms), "kinds": (), "ways": []}
    if act in ("ship", "return", "receive"):
        told["partners"] = contacts.contacts(visit, None, MOST_PARTNERS, None).items
    if draft.to.startswith("party:") and not draft.firms:
        chosen = read_id(draft.to.removeprefix("party:"))
        firm = recipients.find_recipient(visit, chosen) if chosen else None
        told["firms"] = [firm] if firm else []
    if act == "transform":
        told["kinds"] = get_args(TransformKind)
    if act == "manifest":
        told["kinds"] = get_args(ManifestStage)
        asked = ShipmentFilter("out", "in_transit")
        told["ways"] = receiving.shipments(visit, asked, LANES_SHOWN, None).items
    return told
