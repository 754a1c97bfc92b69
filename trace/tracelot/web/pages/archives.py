"""/gov/parties/…/archive and /reopen: closing a party's doors, and opening them again."""

from uuid import UUID

from fastapi import Request, Response
from fastapi.responses import RedirectResponse

from tracelot.operations import archiving, parties
from tracelot.records.inputs import Label, Reason, Shape
from tracelot.web.forms import SentForm
from tracelot.web.pages.watched import party_page
from tracelot.web.routers import pages
from tracelot.web.signatures import signed
from tracelot.web.visits import OpenVisit

router = pages("/gov/parties")


class Archive(Shape):
    reason: Reason
    successor: Label = None


@router.post("/{party_id}/archive")
def archive_party(request: Request, visit: OpenVisit, party_id: UUID, form: SentForm) -> Response:
    visit.demand("party.archive")
    asked = form.read(Archive)
    if asked and signed(
        visit,
        form,
        lambda: archiving.archive_party(visit, party_id, asked.reason, asked.successor, form.version),
    ):
        return RedirectResponse(f"/gov/parties/{party_id}?done=archived", 303)
    return party_page(request, visit, parties.find_party(visit, party_id), form, 422)


@router.post("/{party_id}/reopen")
def reopen_party(request: Request, visit: OpenVisit, party_id: UUID, form: SentForm) -> Response:
    visit.demand("party.archive")
    asked = form.read(Archive)
    if asked and signed(
        visit, form, lambda: archiving.reopen_party(visit, party_id, asked.reason, form.version)
    ):
        return RedirectResponse(f"/gov/parties/{party_id}?done=reopened", 303)
    return party_page(request, visit, parties.find_party(visit, party_id), form, 422)
