"""/app/recalls: an enterprise's own recalls, from draft to published notice."""

from uuid import UUID

from fastapi import Request, Response
from fastapi.responses import RedirectResponse

from tracelot.operations import accounts, extensions, parties, products, recalls, regrading, withdrawing
from tracelot.operations.effectiveness import reckon
from tracelot.operations.visit import Visit
from tracelot.records.batches import StatusChange
from tracelot.records.clocks import AskedExtension
from tracelot.records.recall_search import RecallFilter
from tracelot.records.recalls import Recall, RecallView
from tracelot.records.withdrawing import Regrading, Withdrawal
from tracelot.rules.recalls import DRILL, STATES, unsaid
from tracelot.web.forms import Form, LongForm, SentForm, fresh_form
from tracelot.web.pages import recall_ledger, recall_scope
from tracelot.web.pages.history import deeds
from tracelot.web.pages.recall_law import lacks_plan
from tracelot.web.pages.recall_process import process_values, read_level
from tracelot.web.rendering import reader_of, render
from tracelot.web.routers import pages
from tracelot.web.signatures import signed
from tracelot.web.visits import OpenVisit
from tracelot.web.wording import N_

router = pages("/app/recalls")

SHOWN = 25
MOST_LINES = 500
NOT_READ = N_("Tick that you have read the notice.")


@router.get("")
def list_recalls(request: Request, visit: OpenVisit, state: str = "", cursor: str | None = None) -> Response:
    state = state if state in STATES else ""
    own = RecallFilter(party_id=parties.own_party(visit).id)
    asked = RecallFilter(party_id=own.party_id, state=state or None)
    return render(
        request,
        "app/recalls.html",
        page=recalls.query_recalls(visit, asked, "newest", SHOWN, cursor or None),
        counts=recalls.recall_facets(visit, own)["state"],
        states=STATES,
        state=state,
        cursor=cursor,
    )


@router.get("/{recall_id}")
def show_recall(request: Request, visit: OpenVisit, recall_id: UUID) -> Response:
    return recall_page(request, visit, recalls.find_own_recall(visit, recall_id), fresh_form(request))


def recall_page(request: Request, visit: Visit, recall: Recall, form: Form, status: int = 200) -> Response:
    view, found = recalls.view(visit, recall), reckon(visit, recall)
    return render(
        request,
        "app/recall.html",
        status,
        recall=view,
        missing=_missing(view) if view.state == "draft" else [],
        lines=view.batches[:MOST_LINES],
        goods={product.id: product for product in products.products(visit)},
        party=parties.own_party(visit),
        deeds=deeds(recalls.history(visit, recall), accounts.names(visit), reader_of(request).gettext),
        form=form,
        **recall_scope.scope_values(visit, recall),
        **recall_ledger.live_values(visit, recall, view),
        **recall_ledger.values(visit, recall, found),
        **process_values(visit, recall, found),
    )


def _missing(view: RecallView) -> list[str]:
    """Which parts of the notice are still to be said before it can be published."""
    missing = unsaid(view.model_dump())
    missing += [] if view.contact else ["contact"]
    missing += ["planned_end"] if lacks_plan(view) else []
    dated = view.seller_cause is None and any(not span.by_code for span in view.ranges)
    return missing + ([] if view.batches or dated else ["batches"])


@router.post("/{recall_id}/publish")
def publish_recall(request: Request, visit: OpenVisit, recall_id: UUID, form: SentForm) -> Response:
    recall = recalls.find_own_recall(visit, recall_id)
    if form["read"] != "1":
        form.errors["read"] = reader_of(request).gettext(NOT_READ)
    elif _published_by_reader(visit, recall) or _publish(visit, recall_id, form):
        return RedirectResponse(
            f"/app/recalls/{recall_id}?done={'drill' if recall.kind == DRILL else 'published'}", 303
        )
    return recall_page(request, visit, recall, form, 422)


def _publish(visit: Visit, recall_id: UUID, form: Form) -> bool:
    return signed(visit, form, lambda: recalls.publish_recall(visit, recall_id, form.version)) is not None


def _published_by_reader(visit: Visit, recall: Recall) -> bool:
    """Whoever presses twice is told what the first press did, and not that somebody changed the recall."""
    public = recall.state == "published"
    acts = recalls.history(visit, recall) if public else ()
    return any(one.act == "recall.published" and one.actor_id == visit.actor.id for one in acts)


@router.post("/{recall_id}/cancel")
def cancel_recall(request: Request, visit: OpenVisit, recall_id: UUID, form: SentForm) -> Response:
    recall = recalls.find_own_recall(visit, recall_id)
    change = form.read(StatusChange)
    if change and form.attempt(lambda: recalls.cancel_recall(visit, recall_id, change.reason, form.version)):
        return RedirectResponse(f"/app/recalls/{recall_id}?done=cancelled", 303)
    return recall_page(request, visit, recall, form, 422)


@router.post("/{recall_id}/withdraw")
def withdraw_recall(request: Request, visit: OpenVisit, recall_id: UUID, form: SentForm) -> Response:
    recall = recalls.find_own_recall(visit, recall_id)
    new = form.read(Withdrawal)
    if new and signed(visit, form, lambda: withdrawing.withdraw(visit, recall_id, new, form.version)):
        return RedirectResponse(f"/app/recalls/{recall_id}?done=withdrawn", 303)
    return recall_page(request, visit, recall, form, 422)


@router.post("/{recall_id}/level")
def change_level(request: Request, visit: OpenVisit, recall_id: UUID, form: SentForm) -> Response:
    recall = recalls.find_own_recall(visit, recall_id)
    new = form.read(Regrading, **read_level(form))
    if new and signed(visit, form, lambda: regrading.regrade(visit, recall_id, new, form.version)):
        return RedirectResponse(f"/app/recalls/{recall_id}?done=regraded", 303)
    return recall_page(request, visit, recall, form, 422)


@router.post("/{recall_id}/extension")
def ask_extension(request: Request, visit: OpenVisit, recall_id: UUID, form: SentForm) -> Response:
    recall = recalls.find_own_recall(visit, recall_id)
    asked = form.read(AskedExtension)
    if asked and form.attempt(lambda: extensions.ask_extension(visit, recall_id, asked)):
        return RedirectResponse(f"/app/recalls/{recall_id}?done=extension-asked", 303)
    return recall_page(request, visit, recall, form, 422)


@router.post("/{recall_id}/scope")
def change_scope(request: Request, visit: OpenVisit, recall_id: UUID, form: LongForm) -> Response:
    """Leave out and take in on a draft; widen and narrow what is published, under a signature."""
    recall = recalls.find_own_recall(visit, recall_id)
    if recall_scope.decide(visit, recall, form):
        return RedirectResponse(f"/app/recalls/{recall_id}?done=scope#scope", 303)
    return recall_page(request, visit, recall, form, 422)
