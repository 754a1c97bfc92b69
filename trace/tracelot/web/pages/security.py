"""/settings/security: a person's password and devices, and what happened to their account."""

from typing import Any

from fastapi import Request, Response
from fastapi.responses import RedirectResponse

from tracelot.operations import accounts, security, sessions
from tracelot.operations.actors import own_account
from tracelot.operations.passwords import digest
from tracelot.rules.access import may
from tracelot.rules.security import EventKind
from tracelot.web.forms import Form, SentForm, fresh_form
from tracelot.web.pages.entry import carry_session
from tracelot.web.rendering import render
from tracelot.web.routers import pages
from tracelot.web.visits import OpenVisit, session_secret
from tracelot.web.wording import N_

router = pages("/settings")

NAMED = 16  # so much of a session's digest names it in an address
BROWSERS = (("MicroMessenger", "WeChat"), ("Edg", "Edge"), ("OPR", "Opera"), ("Firefox", "Firefox"),
            ("Chrome", "Chrome"), ("Safari", "Safari"))  # fmt: skip
SYSTEMS = (("HarmonyOS", "HarmonyOS"), ("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"),
           ("Windows", "Windows"), ("Mac OS X", "macOS"), ("Linux", "Linux"))  # fmt: skip
HAPPENED: dict[EventKind, str] = {
    "signed-in": N_("Signed in"),
    "sign-in-failed": N_("A sign-in failed: wrong password"),
    "code-failed": N_("A wrong code was given"),
    "signature-failed": N_("A wrong password was given for a signature or a change"),
    "recovery-used": N_("A recovery code was used"),
    "password-changed": N_("The password was changed"),
    "factor-enabled": N_("The second factor was switched on"),
    "factor-disabled": N_("The second factor was switched off"),
    "factor-reset": N_("The second factor was taken off this account"),
    "recovery-renewed": N_("New recovery codes were made"),
    "session-ended": N_("A session was ended"),
    "sessions-ended": N_("All other sessions were ended"),
    "key-issued": N_("A key was issued"),
    "key-rotated": N_("A key was rotated"),
    "key-revoked": N_("A key was revoked"),
    "invited": N_("A colleague was invited"),
    "link-made": N_("A one-time link was made for this account"),
    "disabled": N_("The account was disabled"),
    "party-secured": N_("The rule for signing in was changed for the whole party"),
}
ALARMING: frozenset[EventKind] = frozenset(
    {"sign-in-failed", "code-failed", "signature-failed", "recovery-used", "factor-disabled", "factor-reset"}
)


@router.get("/security")
def show_security(request: Request, visit: OpenVisit) -> Response:
    return _page(request, visit)


@router.post("/password")
def change_password(request: Request, visit: OpenVisit, form: SentForm) -> Response:
    renewed = form.attempt(lambda: sessions.change_password(visit, form["old"], form["password"]))
    if renewed is None:
        return _page(request, visit, form)
    return carry_session(request, RedirectResponse("/settings/security?done=password", 303), renewed)


@router.post("/sessions/end-others")
def end_other_sessions(request: Request, visit: OpenVisit) -> Response:
    sessions.end_other_sessions(visit, session_secret(request) or "")
    return RedirectResponse("/settings/security?done=others-ended", 303)


@router.post("/sessions/{prefix}/end")
def end_session(visit: OpenVisit, prefix: str) -> Response:
    sessions.end_session(visit, prefix)
    return RedirectResponse("/settings/security?done=ended", 303)


def _page(request: Request, visit: OpenVisit, secret: Form | None = None) -> Response:
    here = digest(session_secret(request) or "")
    return render(
        request,
        "settings/security.html",
        422 if secret else 200,
        person=own_account(visit),
        secret=secret or fresh_form(request),
        sessions=[
            (session, session.digest[:NAMED], device_name(session.device), session.digest == here)
            for session in sessions.own_sessions(visit)
        ],
        events=security.own_events(visit),
        happened=HAPPENED,
        alarming=ALARMING,
        device_name=device_name,
        **_of_the_party(visit),
    )


def _of_the_party(visit: OpenVisit) -> dict[str, Any]:
    """What an administrator reads of the party's other people."""
    if not may(visit.actor, "member.read") or visit.actor.unprotected:
        return {"colleagues": None}
    signed = security.signatures_of_party(visit)
    return {
        "colleagues": security.colleagues_events(visit),
        "names": accounts.names(visit),
        "signed": signed,
        "signers": security.signers(visit, signed),
    }


def device_name(agent: str) -> str:
    """The browser and the system that a User-Agent names, for somebody to tell their devices apart."""
    found = (next((name for mark, name in marks if mark in agent), "") for marks in (BROWSERS, SYSTEMS))
    return " · ".join(name for name in found if name) or agent[:40]
