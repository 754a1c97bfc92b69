"""/gov/site: an office at a shop or a disposal, on the phone: few bytes, and forms that a bad network keeps."""

from collections.abc import Callable
from typing import Any, TypeVar
from uuid import UUID

from fastapi import Request, Response
from fastapi.responses import RedirectResponse

from tracelot.operations import checking, disposing, ordering, owing, proceedings, recalls
from tracelot.operations.lookup import Found, look_up
from tracelot.operations.once import done_before
from tracelot.operations.visit import Visit
from tracelot.records.effectiveness import OUTCOMES, DisposalView, Performed, Watched
from tracelot.records.proceedings import NewAction
from tracelot.records.recalls import Recall
from tracelot.rules.access import may
from tracelot.rules.ids import new_id
from tracelot.rules.recalls import DRILL
from tracelot.rules.refusals import Unfit, Unknown
from tracelot.web.forms import Form, SentForm, fresh_form
from tracelot.web.pages.clock import BAD_TIME, local, read_local
from tracelot.web.public_page import state_of
from tracelot.web.rendering import reader_of, render
from tracelot.web.routers import pages
from tracelot.web.signatures import signed
from tracelot.web.visits import OpenVisit

router = pages("/gov/site")

MOST = 15
Done = TypeVar("Done")


@router.get("")
def show_inbox(request: Request, visit: OpenVisit, code: str = "") -> Response:
    visit.demand("tip.read")
    found = _found(visit, code.strip())
    mine = owing.owed_by_me(visit)
    return render(
        request,
        "gov/site.html",
        code=code.strip(),
        found=[(one, _state(one), _watched(visit, one)) for one in found],
        mine=mine[:MOST],
        more=max(0, len(mine) - MOST),
        works=_works(visit, [one.code for one in mine[:MOST] if one.kind != "tip"]),
        now=visit.now,
    )


def _found(visit: Visit, code: str) -> list[Found]:
    """What a code stands for; what is no code is found as nothing."""
    try:
        return list(look_up(visit, code).found) if code else []
    except Unfit:
        return []


def _state(found: Found) -> str:
    return state_of(found.verdict, found.level)


def _watched(visit: Visit, found: Found) -> list[str]:
    """The recalls of a batch that the office works on; others are told by their public notice."""
    return _works(visit, [one.code for one in found.recalls])


def _works(visit: Visit, codes: list[str]) -> list[str]:
    known = []
    for code in dict.fromkeys(codes):
        try:
            recall = proceedings.find_watched(visit, code)
        except Unknown:
            continue
        if recall.state == "published" and recall.kind != DRILL:
            known.append(code)
    return known


@router.get("/{code}")
def show_recall(request: Request, visit: OpenVisit, code: str) -> Response:
    visit.demand("tip.read")
    recall = proceedings.find_watched(visit, code)
    visit.remember("recall.read", recall, recall.party_id)
    return _page(request, visit, recall, fresh_form(request))


def _page(request: Request, visit: Visit, recall: Recall, form: Form, wrong: str = "") -> Response:
    allowed = proceedings.allowed_acts(visit, recall, planned=False)
    return render(
        request,
        "gov/site_recall.html",
        422 if form.errors else 200,
        recall=recall,
        view=recalls.view(visit, recall),
        checks=[one for one in checking.checks_of(visit, recall).items if one.outcome is None],
        disposals=[one for one in disposing.disposals_of(visit, recall) if _waits(one)],
        checks_site="site_check" in allowed and may(visit.actor, "recall.assist"),
        outcomes=OUTCOMES,
        form=form,
        wrong=wrong,
        fresh_key=lambda: str(new_id()),
        now=local(visit.now, visit.place.zone),
    )


def _waits(one: DisposalView) -> bool:
    """For an office that comes, or once it is done for the witness."""
    return one.office is None and (one.performed_at is not None or one.watching is None)


def _once(visit: Visit, form: Form, about: str, act: Callable[[], Done]) -> bool:
    """Do what the form says, unless it was done under the form's key already."""

    def do() -> bool:
        if not done_before(visit, form["key"], about):
            act()
        return True

    return form.attempt(do) is True


@router.post("/{code}/checks/{check_id}")
def confirm_stop(request: Request, visit: OpenVisit, code: str, check_id: UUID, form: SentForm) -> Response:
    """What was found at a shop: whether it has stopped selling what is recalled."""
    recall = proceedings.find_watched(visit, code)
    told = form.read(
        Performed, performed_at=read_local(form["performed_at"], visit.place.zone), method="visit"
    )
    if "performed_at" in form.errors:
        form.errors["performed_at"] = reader_of(request).gettext(BAD_TIME)
    if told is not None and _once(
        visit, form, f"check {check_id}", lambda: checking.perform_check(visit, code, check_id, told)
    ):
        return RedirectResponse(f"/gov/site/{recall.code}?done=checked", 303)
    return _page(request, visit, recall, form, str(check_id))


@router.post("/{code}/disposals/{disposal_id}")
def watch_disposal(
    request: Request, visit: OpenVisit, code: str, disposal_id: UUID, form: SentForm
) -> Response:
    recall = proceedings.find_watched(visit, code)
    seen = form.read(Watched)
    if seen is not None and _signed_once(
        visit, form, f"disposal {disposal_id}",
        lambda: disposing.witness_disposal(visit, code, disposal_id, seen),
    ):  # fmt: skip
        return RedirectResponse(f"/gov/site/{recall.code}?done=witnessed", 303)
    return _page(request, visit, recall, form, str(disposal_id))


@router.post("/{code}/acts")
def check_site(request: Request, visit: OpenVisit, code: str, form: SentForm) -> Response:
    recall = proceedings.find_watched(visit, code)
    new = form.read(NewAction, type="site_check")
    if new is not None and _signed_once(
        visit, form, f"site {recall.id}", lambda: ordering.act_on(visit, code, new)
    ):
        return RedirectResponse(f"/gov/site/{recall.code}?done=acted", 303)
    return _page(request, visit, recall, form, "site")


def _signed_once(visit: Visit, form: Form, about: str, act: Callable[[], Any]) -> bool:
    """The signature is asked for each time; the act is done once."""

    def do() -> bool:
        if not done_before(visit, form["key"], about):
            act()
        return True

    return signed(visit, form, do) is True
