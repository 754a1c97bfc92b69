"""What stands around every page: who is signed in, where they can go, and what was just done."""

from typing import Any

from fastapi import Request

from tracelot.rules.access import Actor, may
from tracelot.web.rendering import reader_of
from tracelot.web.wording import N_

ROLES = {
    "admin": N_("Administrator"),
    "quality": N_("Quality manager"),
    "recorder": N_("Recorder"),
    "officer": N_("Officer"),
    "site": N_("Operator of the site"),
}

# What a redirect says was done: /app/batches/…?done=released
DONE = {
    "registered": N_("Registered."),
    "released": N_("The batch is released."),
    "held": N_("The batch is on hold."),
    "corrected": N_("The correction is recorded."),
    "received": N_("The receipt is recorded. The goods are in your stock."),
    "receipt-corrected": N_("The receipt is corrected."),
    "sent-back": N_("The goods are on their way back."),
    "settled": N_("The difference is settled."),
    "claimed": N_("You are this partner from now on."),
    "voided": N_("The batch is void."),
    "saved": N_("Saved."),
    "opened": N_("The recall is a draft. Read it once more, then publish it."),
    "moved": N_("The step is taken."),
    "plan-handed-in": N_("The plan is handed in. Its office reads it now."),
    "reported": N_("The report is handed in."),
    "ordered": N_("The recall is ordered: the firm has it among its recalls now."),
    "acted": N_("The act is recorded, and the firm reads it."),
    "published": N_("The recall is published. Its batches show as recalled from now on."),
    "extension-asked": N_("The office will answer your request for more time."),
    "extended": N_("More time is granted. It stands on the public notice."),
    "extension-refused": N_("More time is refused. The firm reads your reason."),
    "drill": N_("The drill has begun. The stopwatch stops when all goods are accounted for."),
    "drawn": N_("The sample is drawn and stays as it is."),
    "checked": N_("The check is recorded."),
    "announced": N_("The disposal is announced."),
    "performed": N_("The disposal is recorded as done."),
    "witnessed": N_("You are recorded as its witness."),
    "to-watch": N_("It is recorded that you come. When it is done, say that you were there."),
    "cancelled": N_("The draft is cancelled."),
    "withdrawn": N_("The recall is withdrawn. All who were told of it get word."),
    "regraded": N_("The level is changed. All who were told of the recall get word."),
    "scope": N_("The scope is changed, as a version of its own."),
    "verified": N_("The party is verified."),
    "rejected": N_("The party is refused."),
    "invited": N_("The invitation is ready."),
    "disabled": N_("The account is disabled and signed out everywhere."),
    "revoked": N_("The key is revoked."),
    "ended": N_("The session is ended."),
    "password": N_("The password is changed. Other devices are signed out."),
    "others-ended": N_("All other sessions are ended."),
    "factor-off": N_("The second factor is off. Other devices are signed out."),
    "factor-reset": N_("The second factor is taken off that account. It is signed out everywhere."),
    "factor-needed": N_("Your party asks all its people for a second factor. Set yours up to go on."),
    "signed-out": N_("You are signed out."),
    "forgotten": N_("The former contacts are erased."),
    "person-forgotten": N_("This person is forgotten: ended recalls name a pseudonym."),
    "pseudonymised": N_("The person is forgotten. What the account did stays on record under a pseudonym."),
    "archived": N_("The party is archived. Its people and keys no longer work."),
    "reopened": N_("The party is open again."),
    "inspected": N_("The inspection is recorded."),
    "file-kept": N_("The file is kept."),
    "report-withdrawn": N_("The report is taken back."),
    "import-discarded": N_("The file is discarded. Nothing of it was recorded."),
    "answered": N_("Your answer is recorded. Thank you."),
    "passed-on": N_("They are being told."),
    "reported-problem": N_("Your report is with the office. Thank you."),
    "added": N_("It is added to your report."),
    "contact-erased": N_("Your name and how to reach you are erased."),
    "accredited": N_("The accreditation is on record."),
    "tip-step": N_("It is recorded in the history of the report."),
    "complaint-told": N_("The firm is told. It does not learn who reported it."),
    "named": N_("It is recorded who answers for this."),
    "sent-again": N_("They are being written to again."),
    "lifted": N_("The hold is lifted. It stays in the history, with what overturned it."),
    "reminded": N_("They are being reminded."),
    "nobody-reminded": N_(
        "Nobody was written to: whoever is silent had a letter within the last hour, or nobody can write to them."
    ),
    "looked": N_("The books were looked through again."),
    "removed": N_("Removed."),
    "feed-ended": N_("The feed has ended: its address leads nowhere."),
    "resent": N_("It is sent once more."),
    "planned": N_("The plan is on record. Freeze its frame next."),
    "frozen": N_("The frame is frozen. Publish the seed now, then draw."),
    "drawn-plan": N_("The plan is drawn and stays so."),
    "given": N_("The tasks stand in the inbox of office and laboratory."),
    "sampled": N_("The sheet is on record."),
    "step": N_("The step is on record."),
    "reset-asked": N_("If there is such an account, a link is on its way."),
}


def home_of(actor: Actor) -> str:
    """Where somebody starts after signing in."""
    if may(actor, "party.watch"):
        return "/gov"
    if actor.regulator:
        return "/welcome"  # not verified yet
    return "/app" if actor.party_id else "/"


Places = list[tuple[str, str]]
SITE: Places = [
    ("/gov", N_("Overview")),
    ("/gov/parties", N_("Parties")),
    ("/gov/law", N_("Law")),
    ("/gov/limits", N_("Limits")),
    ("/gov/keeping", N_("Keeping")),
    ("/gov/laboratories", N_("Laboratories")),
]
OFFICE: Places = [
    ("/gov", N_("Overview")),
    ("/gov/recalls", N_("Recall register")),
    ("/gov/tips", N_("Reports")),
    ("/gov/late", N_("Who is late")),
    ("/gov/site", N_("On site")),
    ("/gov/inspections", N_("Inspections")),
    ("/gov/samplings", N_("Sampling")),
    ("/gov/trace", N_("Tracing")),
    ("/gov/parties", N_("Parties")),
]
FIRM: Places = [
    ("/app", N_("Home")),
    ("/app/batches", N_("Batches")),
    ("/app/events", N_("Goods")),
    ("/app/shipments", N_("Shipments")),
    ("/app/stock", N_("Stock")),
    ("/app/trace", N_("Tracing")),
    ("/app/inspections", N_("Inspections")),
    ("/app/recalls", N_("Recalls")),
    ("/app/samplings", N_("Sampling")),
    ("/app/products", N_("Products")),
    ("/app/facilities", N_("Facilities")),
    ("/app/partners", N_("Partners")),
]
LABORATORY: Places = [
    ("/app", N_("Home")),
    ("/app/inspections", N_("Inspections")),
    ("/app/samplings", N_("Sampling")),
    ("/recalls", N_("Recalls")),
]
UNCONFIRMED: Places = [("/welcome", N_("Home")), ("/recalls", N_("Recalls"))]
ANYBODY: Places = [("/recalls", N_("Recalls")), ("/scan", N_("Scan a code"))]


UNDER = {"/app/notices": "/app/recalls", "/app/drills": "/app/recalls", "/app/units": "/app/stock"}


def _places(actor: Actor) -> Places:
    if actor.id is None:
        return ANYBODY
    if actor.regulator:
        own = OFFICE if may(actor, "party.watch") else UNCONFIRMED
    else:
        own = SITE if actor.role == "site" else FIRM if actor.enterprise else LABORATORY
    return [*own, ("/settings", N_("Settings"))]


def frame_of(request: Request, actor: Actor) -> dict[str, Any]:
    """The values that base.html needs beside the page's own."""
    reader = reader_of(request)
    gettext = reader.gettext
    path = request.url.path
    path = next((over + path[len(own) :] for own, over in UNDER.items() if path.startswith(own)), path)
    places = _places(actor)
    here = max(
        (url for url, _label in places if path == url or path.startswith(f"{url}/")), key=len, default=""
    )
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
