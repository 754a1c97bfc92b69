"""/settings/second-factor: setting up codes by time, recovery codes, switching off."""

import base64

from fastapi import Request, Response
from fastapi.responses import RedirectResponse

from tracelot.formats.labels import qr_svg
from tracelot.operations import enrolling
from tracelot.operations.actors import own_account
from tracelot.operations.enrolling import Offer
from tracelot.web.forms import Form, SentForm, fresh_form
from tracelot.web.frames import home_of
from tracelot.web.pages.entry import carry_session
from tracelot.web.rendering import render
from tracelot.web.routers import pages
from tracelot.web.visits import OpenVisit

router = pages("/settings/second-factor")

HERE = "/settings/second-factor"


@router.get("")
def show_factor(request: Request, visit: OpenVisit) -> Response:
    return _page(request, visit, fresh_form(request))


@router.post("/begin")
def begin(visit: OpenVisit) -> Response:
    enrolling.offer_factor(visit)
    return RedirectResponse(HERE, 303)


@router.post("")
def confirm(request: Request, visit: OpenVisit, form: SentForm) -> Response:
    confirmed = form.attempt(
        lambda: enrolling.confirm_factor(visit, form["sign_password"], form["sign_code"])
    )
    if confirmed is None:
        return _page(request, visit, form, 422)
    signed, codes = confirmed
    return carry_session(request, _codes_page(request, codes, home_of(signed.actor)), signed)


@router.post("/recovery")
def renew_recovery(request: Request, visit: OpenVisit, form: SentForm) -> Response:
    codes = form.attempt(lambda: enrolling.renew_recovery(visit, form["sign_password"], form["sign_code"]))
    if codes is None:
        return _page(request, visit, form, 422, wrong="recovery")
    return _codes_page(request, codes, "/settings/security")


@router.post("/disable")
def disable(request: Request, visit: OpenVisit, form: SentForm) -> Response:
    signed = form.attempt(lambda: enrolling.disable_factor(visit, form["sign_password"], form["sign_code"]))
    if signed is None:
        return _page(request, visit, form, 422, wrong="disable")
    return carry_session(request, RedirectResponse("/settings/security?done=factor-off", 303), signed)


def _codes_page(request: Request, codes: list[str], onward: str) -> Response:
    """The recovery codes, to be seen on this answer and never again."""
    return _unkept(render(request, "settings/recovery.html", codes=codes, onward=onward))


def _page(request: Request, visit: OpenVisit, form: Form, status: int = 200, wrong: str = "") -> Response:
    offer = enrolling.own_offer(visit)
    answer = render(
        request,
        "settings/second_factor.html",
        status,
        person=own_account(visit),
        form=form,
        wrong=wrong,
        offer=offer,
        picture=_drawn(offer) if offer else "",
        left=enrolling.own_recovery_left(visit),
    )
    return _unkept(answer)


def _drawn(offer: Offer) -> str:
    """The link as a QR code inside the page: an address of its own would hand the secret out once more."""
    return "data:image/svg+xml;base64," + base64.b64encode(qr_svg(offer.link)).decode()


def _unkept(answer: Response) -> Response:
    answer.headers["cache-control"] = "no-store"
    return answer
