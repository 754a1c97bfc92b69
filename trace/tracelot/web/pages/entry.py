"""Coming in and going out: sign-in, sign-up, invitations and forgotten passwords."""

from typing import Any, Literal
from urllib.parse import urlencode

from fastapi import Request, Response
from fastapi.responses import RedirectResponse
from pydantic import SecretStr

from tracelot.operations import links, parties, sessions
from tracelot.operations.sessions import HALFWAY, LONGEST, Halfway, SignedIn
from tracelot.records.accounts import NewAccount
from tracelot.records.inputs import Shape
from tracelot.records.parties import NewParty
from tracelot.rules.licences import uscc_warnings
from tracelot.rules.parties import PARTY_TYPES
from tracelot.rules.refusals import Unidentified, Unknown
from tracelot.web.forms import Form, SentForm, fresh_form
from tracelot.web.frames import home_of
from tracelot.web.pages.divisions import region_choices, region_chosen
from tracelot.web.pages.site import YEAR, local
from tracelot.web.rendering import reader_of, render
from tracelot.web.routers import pages
from tracelot.web.visits import OpenVisit, cookie_name, session_secret

router = pages()

Purpose = Literal["invitation", "reset"]


class SignInFields(Shape):
    login: str
    password: SecretStr


def login_fields(text: str) -> dict[str, str | None]:
    """What was typed as a login: an e-mail address, else a mobile number."""
    login = text.strip()
    return {"email": login, "mobile": None} if "@" in login else {"email": None, "mobile": login or None}


def read_person(form: Form, shape: Any, **more: Any) -> Any:
    """A person from the fields `person` and `login`: the names that a party's fields leave free."""
    inner = Form({"name": form["person"], "password": form["password"]}, {}, form.request)
    new = inner.read(shape, **login_fields(form["login"]), **more)
    if not form["login"].strip():
        form.errors["login"] = reader_of(form.request).gettext("This field is needed.")
    renamed = {"email": "login", "mobile": "login", "": "login", "name": "person"}
    for name, text in inner.errors.items():
        form.errors.setdefault(renamed.get(name, name), text)
    return new


@router.get("/sign-in")
def ask_sign_in(request: Request, visit: OpenVisit, next: str = "") -> Response:  # noqa: A002
    if visit.actor.id is not None:
        return RedirectResponse(_aim(next, home_of(visit.actor)), 303)
    return render(request, "entry/sign_in.html", form=fresh_form(request, next=next))


@router.post("/sign-in")
def sign_in(request: Request, visit: OpenVisit, form: SentForm) -> Response:
    given = form.read(SignInFields)
    signed = _sign_in(request, visit, form, given) if given else None
    if signed is None:
        return render(request, "entry/sign_in.html", 422, form=form)
    return let_in(request, visit, signed, form["next"])


def _sign_in(
    request: Request, visit: OpenVisit, form: Form, given: SignInFields
) -> SignedIn | Halfway | None:
    try:
        return sessions.sign_in(visit, given.login, given.password.get_secret_value())
    except Unidentified as refusal:
        form.note(refusal)
        return None


def _aim(wanted: str, home: str) -> str:
    """Where to go after signing in: back to a page of this site, or home."""
    path = local(wanted)
    return home if path == "/" or path.startswith("/sign-") else path


def code_cookie(request: Request) -> str:
    """Between the password and the code a cookie of its own says whose code is awaited."""
    return f"{cookie_name(https=request.app.state.settings.https)}-code"


def _await_code(request: Request, halfway: Halfway, wanted: str) -> Response:
    https: bool = request.app.state.settings.https
    answer = RedirectResponse(
        f"/sign-in/code?{urlencode({'next': wanted})}" if wanted else "/sign-in/code", 303
    )
    lasts = int(HALFWAY.total_seconds())
    answer.set_cookie(
        code_cookie(request),
        halfway.token,
        max_age=lasts,
        path="/",
        secure=https,
        httponly=True,
        samesite="lax",
    )
    return answer


@router.get("/sign-in/code")
def ask_code(request: Request, visit: OpenVisit, next: str = "") -> Response:  # noqa: A002
    """The second step. Whoever comes without the first one is sent to it."""
    sessions.find_halfway(visit, request.cookies.get(code_cookie(request), ""))
    return render(request, "entry/code.html", form=fresh_form(request, next=next))


@router.post("/sign-in/code")
def sign_in_by_code(request: Request, visit: OpenVisit, form: SentForm) -> Response:
    token = request.cookies.get(code_cookie(request), "")
    signed = form.attempt(lambda: sessions.finish_sign_in(visit, token, form["sign_code"]))
    if signed is None:
        return render(request, "entry/code.html", 422, form=form)
    answer = let_in(request, visit, signed, form["next"])
    answer.delete_cookie(
        code_cookie(request), path="/", secure=request.app.state.settings.https, httponly=True
    )
    return answer


def let_in(request: Request, visit: OpenVisit, signed: SignedIn | Halfway, wanted: str = "") -> Response:
    """To the second step, or home with a new session; whoever was signed in here before is out."""
    if isinstance(signed, Halfway):
        return _await_code(request, signed, wanted)
    old = session_secret(request)
    if old:
        sessions.sign_out(visit, old)
    answer = RedirectResponse(_aim(wanted, home_of(signed.actor)), 303)
    return carry_session(request, answer, signed)


def carry_session(request: Request, answer: Response, signed: SignedIn) -> Response:
    """Put the cookie of a new session on an answer."""
    https: bool = request.app.state.settings.https
    answer.set_cookie(
        cookie_name(https=https),
        signed.secret,
        max_age=int(LONGEST.total_seconds()),
        path="/",
        secure=https,
        httponly=True,
        samesite="lax",
    )
    remember_language(request, answer, signed.account.language)
    return answer


def remember_language(request: Request, answer: Response, language: str | None) -> None:
    """Show the pages in the language that somebody chose for themselves."""
    if language:
        https: bool = request.app.state.settings.https
        answer.set_cookie("lang", language, max_age=YEAR, samesite="lax", httponly=True, secure=https)


@router.post("/sign-out")
def sign_out(request: Request, visit: OpenVisit) -> Response:
    https: bool = request.app.state.settings.https
    secret = session_secret(request)
    if secret:
        sessions.sign_out(visit, secret)
    answer = RedirectResponse("/sign-in?done=signed-out", 303)
    answer.delete_cookie(cookie_name(https=https), path="/", secure=https, httponly=True, samesite="lax")
    return answer


@router.get("/sign-up")
def ask_sign_up(request: Request, visit: OpenVisit) -> Response:
    return _sign_up_page(request, visit, fresh_form(request))


@router.post("/sign-up")
def sign_up(request: Request, visit: OpenVisit, form: SentForm) -> Response:
    new = form.read(NewParty)
    person = read_person(form, NewAccount)
    if region_chosen(form) and new and person:
        joined = form.attempt(lambda: parties.sign_up(visit, new, person))
        if joined:
            return let_in(request, visit, sessions.start_session(visit, joined[1]), "/welcome")
    return _sign_up_page(request, visit, form, 422)


def _sign_up_page(request: Request, visit: OpenVisit, form: Form, status: int = 200) -> Response:
    choices = region_choices(visit, form)
    return render(request, "entry/sign_up.html", status, form=form, types=PARTY_TYPES, choices=choices)


@router.get("/welcome")
def welcome(request: Request, visit: OpenVisit) -> Response:
    """What a party can do already, and what waits for its confirmation."""
    party = parties.own_party(visit)
    return render(request, "entry/welcome.html", party=party, unusual=bool(uscc_warnings(party.uscc)))


@router.get("/join/{secret}")
def ask_join(request: Request, visit: OpenVisit, secret: str) -> Response:
    return _link_page(request, visit, secret, "invitation")


@router.post("/join/{secret}")
def join(request: Request, visit: OpenVisit, secret: str, form: SentForm) -> Response:
    return _use_link(request, visit, secret, "invitation", form)


@router.get("/reset")
def ask_reset(request: Request) -> Response:
    return render(request, "entry/reset.html", form=fresh_form(request))


@router.post("/reset")
def send_reset(request: Request, visit: OpenVisit, form: SentForm) -> Response:
    """The answer is the same whether or not there is such an account."""
    links.ask_reset(visit, form["login"])
    return RedirectResponse("/sign-in?done=reset-asked", 303)


@router.get("/reset/{secret}")
def ask_new_password(request: Request, visit: OpenVisit, secret: str) -> Response:
    return _link_page(request, visit, secret, "reset")


@router.post("/reset/{secret}")
def set_new_password(request: Request, visit: OpenVisit, secret: str, form: SentForm) -> Response:
    return _use_link(request, visit, secret, "reset", form)


def _link_page(
    request: Request, visit: OpenVisit, secret: str, purpose: Purpose, form: Form | None = None
) -> Response:
    """The form of a one-time link. Mail programs open links to look at them, so looking uses nothing up."""
    try:
        account = links.find_link(visit, secret, purpose)
    except Unknown:
        return render(request, "entry/used_up.html", 404, purpose=purpose)
    form = form or fresh_form(request)
    status = 422 if form.errors else 200
    answer = render(request, "entry/password.html", status, purpose=purpose, person=account, form=form)
    answer.headers["cache-control"] = "no-store"
    return answer


def _use_link(request: Request, visit: OpenVisit, secret: str, purpose: Purpose, form: Form) -> Response:
    try:
        signed = form.attempt(lambda: links.use_link(visit, secret, purpose, form["password"]))
    except Unknown:
        return render(request, "entry/used_up.html", 404, purpose=purpose)
    if signed is None:
        return _link_page(request, visit, secret, purpose, form)
    return let_in(request, visit, signed)
