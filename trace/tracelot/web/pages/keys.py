"""/settings/keys: which programs may act for a party."""

from typing import Annotated
from uuid import UUID

from fastapi import Request, Response
from fastapi.responses import RedirectResponse
from pydantic import Field

from tracelot.operations import keys
from tracelot.operations.keys import LONGEST_OVERLAP, OVERLAP
from tracelot.records.accounts import IssuedKey, NewKey
from tracelot.records.inputs import Shape
from tracelot.rules.access import SCOPES
from tracelot.web.forms import Form, SentForm, fresh_form
from tracelot.web.pages.members import Why
from tracelot.web.rendering import render
from tracelot.web.routers import pages
from tracelot.web.signatures import signed
from tracelot.web.visits import OpenVisit

router = pages("/settings")

DAYS = (30, 90, 365, 1095)
FOREVER = "never"


class Overlap(Shape):
    """For how many days a rotated key works on."""

    overlap: Annotated[int, Field(ge=0, le=LONGEST_OVERLAP)] = OVERLAP


@router.get("/keys")
def list_keys(request: Request, visit: OpenVisit) -> Response:
    return _keys_page(request, visit, fresh_form(request, days=365))


@router.post("/keys")
def issue_key(request: Request, visit: OpenVisit, form: SentForm) -> Response:
    lasting = {"days": None} if form["days"] == FOREVER else {}
    new = form.read(NewKey, scopes=form.lists.get("scopes", []), **lasting)
    issued = signed(visit, form, lambda: keys.issue_key(visit, new)) if new else None
    if issued is None:
        return _keys_page(request, visit, form, 422)
    return _keys_page(request, visit, fresh_form(request, days=365), issued=issued)


@router.post("/keys/{key_id}/revoke")
def revoke_key(request: Request, visit: OpenVisit, key_id: UUID, form: SentForm) -> Response:
    why = form.read(Why)
    if why is None or not signed(visit, form, lambda: keys.revoke_key(visit, key_id, why.reason)):
        return _keys_page(request, visit, form, 422, wrong=f"revoke-{key_id}")
    return RedirectResponse("/settings/keys?done=revoked", 303)


@router.post("/keys/{key_id}/rotate")
def rotate_key(request: Request, visit: OpenVisit, key_id: UUID, form: SentForm) -> Response:
    lasting = form.read(Overlap)
    issued = signed(visit, form, lambda: keys.rotate_key(visit, key_id, lasting.overlap)) if lasting else None
    if issued is None:
        return _keys_page(request, visit, form, 422, wrong=f"rotate-{key_id}")
    return _keys_page(request, visit, fresh_form(request, days=365), issued=issued)


def _keys_page(
    request: Request,
    visit: OpenVisit,
    form: Form,
    status: int = 200,
    *,
    issued: IssuedKey | None = None,
    wrong: str = "",
) -> Response:
    answer = render(
        request,
        "settings/keys.html",
        status,
        keys=keys.keys(visit),
        scopes=SCOPES,
        days=DAYS,
        form=form,
        issued=issued,
        overlap=OVERLAP,
        wrong=wrong,
        now=visit.now,
    )
    answer.headers["cache-control"] = "no-store"
    return answer
