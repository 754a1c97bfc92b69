"""What stands around every page: who is signed in, where they can go, and what was just done."""

from typing import Any

from fastapi import Request

from tracelot.rules.access import Actor, may
from tracelot.web.rendering import reader_of


def _(text: str) -> str:
    """Marks a sentence for the catalogue; it is translated where it is told."""
    return text


ROLES = {
    "admin": _("Administrator"),
    "quality": _("Quality manager"),
    "recorder": _("Recorder"),
    "officer": _("Officer"),
    "site": _("Operator of the site"),
}

# What a redirect says was done: /app/batches/…?done=released
DONE = {
    "registered": _("Registered."),
    "released": _("The batch is released."),
    "held": _("The batch is on hold."),
    "corrected": _("The correction is recorded."),
    "voided": _("The batch is void."),
    "saved": _("Saved."),
    "opened": _("The recall is a draft. Read it once more, then publish it."),
    "published": _("The recall is published. Its batches show as recalled from now on."),
    "cancelled": _("The draft is cancelled."),
    "verified": _("The party is verified."),
    "rejected": _("The party is refused."),
    "invited": _("The invitation is ready."),
    "disabled": _("The account is disabled and signed out everywhere."),
    "revoked": _("The key is revoked."),
    "ended": _("The session is ended."),
    "password": _("The password is changed. Other devices are signed out."),
    "signed-out": _("You are signed out."),
    "reset-asked": _("If there is such an account, a link is on its way."),
}


def home_of(actor: Actor) -> str:
    """Where somebody starts after signing in."""
    if may(actor, "party.watch"):
        return "/gov"
    return "/app" if actor.party_id else "/"


def _places(actor: Actor) -> list[tuple[str, str]]:
    if actor.id is None:
        return [("/recalls", _("Recalls")), ("/scan", _("Scan a code"))]
    if may(actor, "party.watch"):
        places = [("/gov", _("Overview")), ("/gov/recalls", _("Recall register")), ("/gov/parties", _("Parties"))]
    elif actor.regulator or not actor.enterprise:
        places = [("/app", _("Home")), ("/recalls", _("Recalls"))]
    else:
        places = [
            ("/app", _("Home")),
            ("/app/batches", _("Batches")),
            ("/app/products", _("Products")),
            ("/app/recalls", _("Recalls")),
            ("/app/facilities", _("Facilities")),
        ]
    return [*places, ("/settings", _("Settings"))]


def frame_of(request: Request, actor: Actor) -> dict[str, Any]:
    """The values that base.html needs beside the page's own."""
    reader = reader_of(request)
    gettext = reader.gettext
    path = request.url.path
    places = _places(actor)
    here = max((url for url, _label in places if path == url or path.startswith(f"{url}/")), key=len, default="")
    account = None
    if actor.id is not None:
        party = (actor.party_en if reader.language == "en" else None) or actor.party_zh
        account = {"name": actor.name, "party": party, "role": gettext(ROLES.get(actor.role or "", ""))}
    return {
        "account": account,
        "actor": actor,
        "may": lambda act: may(actor, act),
        "nav": [(url, gettext(label), url == here) for url, label in places],
        "done": gettext(DONE.get(request.query_params.get("done", ""), "")),
    }
