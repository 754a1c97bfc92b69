"""/report and /t/{secret}: anybody reports a problem with goods in three steps, and follows what became of it."""

from collections.abc import Callable, Coroutine
from typing import Any
from uuid import UUID

from fastapi import Request, Response
from fastapi.responses import RedirectResponse

from tracelot.operations import parties, tipping
from tracelot.operations.lookup import Found, look_up
from tracelot.operations.passwords import new_secret
from tracelot.operations.visit import Visit
from tracelot.records.divisions import Division
from tracelot.records.tips import Added, NewTip, Tip
from tracelot.rules.parties import masked
from tracelot.rules.refusals import Unfit, Unknown
from tracelot.rules.tipping import OPEN_TIPS, TIP_KINDS
from tracelot.web.forms import Form, SentForm, fresh_form
from tracelot.web.pace import keep_pace
from tracelot.web.photos import PhotoRoute, photo_of
from tracelot.web.rendering import render
from tracelot.web.routers import pages
from tracelot.web.visits import OpenVisit


class NamelessRoute(PhotoRoute):
    """A route on which nobody is recognised: whoever reports their own firm stands in no journal by their account."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def nameless(request: Request) -> Response:
            request.state.nameless = True
            return await handle(request)

        return nameless


router = pages(route_class=NamelessRoute)

PLACES = 12
TWO, THREE = 2, 3
OF_STEP_2 = ("kind", "words", "shop", "product", "maker", "bought_on", "place_text")


@router.get("/report")
def begin_report(request: Request, visit: OpenVisit, code: str = "", step: int = 1) -> Response:
    visit.demand("tip.send")
    written = code.strip()
    form = fresh_form(request, written=written)
    return _page(request, visit, form, TWO if written or step == TWO else 1)


@router.post("/report")
def go_on(request: Request, visit: OpenVisit, form: SentForm) -> Response:
    """The steps keep what was said in the form itself: until it is sent nothing is kept here."""
    visit.demand("tip.send")
    if form["step"] == "2":
        return _page(request, visit, form, TWO)
    new = form.read(NewTip)
    photo = photo_of(form)
    if form.errors.keys() & {*OF_STEP_2, ""}:
        return _page(request, visit, form, TWO, 422)
    if form["step"] != "send":
        return _page(request, visit, form, THREE)
    if new is not None and not form.errors:
        tip = form.attempt(lambda: tipping.receive_tip(visit, new, form["key"], photo))
        if tip is not None:
            return RedirectResponse(f"/t/{form['key']}?done=reported-problem", 303)
    return _page(request, visit, form, THREE, 422)


def _page(request: Request, visit: Visit, form: Form, step: int, status: int = 200) -> Response:
    """The key is the address at which the reporter will follow it; whoever sends the form twice reports once."""
    if step == THREE and not tipping.SECRET.fullmatch(form["key"]):
        form = Form({**form.values, "key": new_secret()}, form.lists, request, form.errors)
    return render(
        request,
        "public/report.html",
        status,
        form=form,
        step=step,
        found=_found(visit, form["written"]),
        places=_places(visit, form) if step == THREE else [],
        kinds_=TIP_KINDS,
    )


def _found(visit: Visit, written: str) -> Found | None:
    """What everybody may know of the goods."""
    try:
        found = look_up(visit, written).found if written else []
    except Unfit:
        return None
    return found[0] if len(found) == 1 else None


def _places(visit: Visit, form: Form) -> list[Division]:
    text = form["place_text"].strip()[:60]
    return list(parties.divisions(visit, text, PLACES)) if text else []


# --- following it ------------------------------------------------------------------------------------------


def _tip(request: Request, visit: Visit, secret: str) -> Tip:
    """Guesses are counted by address; who has one is never too many."""
    try:
        return tipping.find_followed(visit, secret)
    except Unknown:
        keep_pace(request.scope, "bad-link")
        raise


@router.get("/t/{secret}")
def follow(request: Request, visit: OpenVisit, secret: str) -> Response:
    return _followed(request, visit, secret, fresh_form(request))


@router.post("/t/{secret}")
def add_to(request: Request, visit: OpenVisit, secret: str, form: SentForm) -> Response:
    tip = _tip(request, visit, secret)
    added, photo = form.read(Added), photo_of(form)
    if added and not form.errors and form.attempt(lambda: tipping.add_to_tip(visit, tip, added, photo)):
        return RedirectResponse(f"/t/{secret}?done=added", 303)
    return _followed(request, visit, secret, form, 422)


@router.post("/t/{secret}/contact/erase")
def erase_contact(request: Request, visit: OpenVisit, secret: str) -> Response:
    tipping.withdraw_contact(visit, _tip(request, visit, secret))
    return RedirectResponse(f"/t/{secret}?done=contact-erased", 303)


@router.get("/t/{secret}/photos/{photo_id}.jpg")
def show_photo(request: Request, visit: OpenVisit, secret: str, photo_id: UUID) -> Response:
    content = tipping.photo_of(visit, _tip(request, visit, secret), photo_id)
    return Response(content, media_type="image/jpeg", headers={"cache-control": "no-store"})


def _followed(request: Request, visit: Visit, secret: str, form: Form, status: int = 200) -> Response:
    found = tipping.followed(visit, _tip(request, visit, secret))
    contact = found.contact
    values: dict[str, Any] = {
        "followed": found,
        # Whoever finds the address on a phone that was lost must not learn who reported.
        "known": [masked(one) for one in (contact.name, contact.reach) if one] if contact else [],
        "form": form,
        "door": f"/t/{secret}",
        "address": f"{visit.place.public_url}/t/{secret}",
        "fresh": request.query_params.get("done") == "reported-problem",
        "open": OPEN_TIPS,
    }
    answer = render(request, "public/followed.html", status, **values)
    answer.headers["cache-control"] = "no-store"
    return answer
