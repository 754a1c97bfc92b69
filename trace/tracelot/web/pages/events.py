"""/app/events/{id}: what was done to which goods, what is missing of it, and declaring it void."""

from uuid import UUID

from fastapi import Request, Response
from fastapi.responses import RedirectResponse

from tracelot.operations import accounts, books, parties, reading, telling, voiding
from tracelot.operations.visit import Visit
from tracelot.records.acts import EventView, VoidEvent
from tracelot.records.events import Event
from tracelot.rules.access import may
from tracelot.web.forms import Form, SentForm, fresh_form
from tracelot.web.pages.event_plans import duties
from tracelot.web.pages.event_records import correctable
from tracelot.web.rendering import reader_of, render
from tracelot.web.routers import pages
from tracelot.web.visits import OpenVisit
from tracelot.web.wording import N_

router = pages("/app/events")

DONE = {
    "recorded": N_("The act is on record."),
    "replaced": N_("The correction is on record; the mistaken record is void and stays readable."),
    "voided": N_("The record is void. What it moved is as if it had not been moved."),
}


@router.get("/{event_id}")
def show_event(request: Request, visit: OpenVisit, event_id: UUID) -> Response:
    return _page(
        request, visit, reading.find_event(visit, event_id), fresh_form(request, kind="did_not_occur")
    )


def _page(request: Request, visit: Visit, event: Event, form: Form, status: int = 200) -> Response:
    view: EventView = reading.view(visit, event)
    own = view.party_id == visit.actor.party_id
    laws = books.own_books(visit).jurisdictions if own else ["CN"]
    return render(
        request,
        "app/event.html",
        status,
        event=view,
        telling=telling.tell(visit, view),
        party=parties.find_party(visit, view.party_id),
        recorder=accounts.names(visit).get(event.recorded_by, "") if own and event.recorded_by else "",
        duties=[law for law in duties(view.act, laws) if set(law.names) & set(view.missing)],
        own=own,
        voidable=own and view.void is None and view.kind != "settled" and may(visit.actor, "event.void"),
        correctable=may(visit.actor, "event.void") and correctable(visit, view),
        form=form,
        done=reader_of(request).gettext(DONE.get(request.query_params.get("done", ""), "")),
    )


@router.post("/{event_id}/void")
def void_event(request: Request, visit: OpenVisit, event_id: UUID, form: SentForm) -> Response:
    event = reading.find_event(visit, event_id)
    asked = form.read(VoidEvent)
    if asked and form.attempt(lambda: voiding.void_event(visit, event_id, asked)):
        return RedirectResponse(f"/app/events/{event_id}?done=voided", 303)
    return _page(request, visit, event, form, 422)
