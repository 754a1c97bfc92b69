"""/gov/recalls/…: a recall as its offices see it, and what they do about it; /gov/parties/…/order: one by order."""

from typing import Any
from uuid import UUID

from fastapi import Request, Response
from fastapi.responses import RedirectResponse

from tracelot.operations import ordering, parties, proceedings, products, recall_starts, recalls
from tracelot.operations.effectiveness import reckon
from tracelot.operations.proceeding_papers import plan_paper, report_paper
from tracelot.operations.visit import Visit
from tracelot.records.proceedings import NewAction, NewOrder
from tracelot.records.recalls import Recall
from tracelot.rules.parties import LENGTHS, covers
from tracelot.rules.recalls import REASON_CODES, SELLER_CAUSES
from tracelot.rules.supervising import POWERS, ActionType
from tracelot.web.forms import Form, SentForm, fresh_form
from tracelot.web.pages import recall_ledger, recall_scope
from tracelot.web.pages.clock import BAD_TIME, local, read_local
from tracelot.web.pages.recall_process import paper_answer, process_values, read_level
from tracelot.web.rendering import reader_of, render
from tracelot.web.routers import pages
from tracelot.web.signatures import signed
from tracelot.web.visits import OpenVisit
from tracelot.web.wording import N_

router = pages("/gov")

# What waits for the office first, the gravest last.
ORDER: tuple[ActionType, ...] = (
    "accept_plan",
    "change_plan",
    "evaluate",
    "close",
    "require_report",
    "site_check",
    "stronger_measures",
    "order_stop",
    "warning",
    "change_level",
    "supervise",
    "withdraw",
)
WHY_SELLER = N_("Others made these goods: say why it is their seller who recalls them.")
TEXTS: dict[ActionType, str] = {
    "accept_plan": N_("What was looked at"),
    "change_plan": N_("What must be changed"),
    "evaluate": N_("Evaluation: how effective the recall was"),
    "close": N_("Why it can close"),
    "require_report": N_("What the firm is to report"),
    "site_check": N_("Where you were, and what you saw"),
    "stronger_measures": N_("Which measures, and why those so far do not suffice"),
    "order_stop": N_("What must stop, and why"),
    "warning": N_("What the firm is warned of"),
    "supervise": N_("Why this office supervises"),
    "change_level": N_("Why the level changes; everybody reads this"),
    "withdraw": N_("Why the recall is withdrawn; everybody reads this"),
}


@router.get("/recalls/{code}")
def show_recall(request: Request, visit: OpenVisit, code: str) -> Response:
    recall = proceedings.find_watched(visit, code)
    visit.remember("recall.read", recall, recall.party_id)
    return _page(request, visit, recall, fresh_form(request))


def _page(request: Request, visit: Visit, recall: Recall, form: Form, status: int = 200) -> Response:
    gettext = reader_of(request).gettext
    view, found = recalls.view(visit, recall), reckon(visit, recall)
    return render(
        request,
        "gov/recall.html",
        status,
        recall=view,
        form=form,
        order=ORDER,
        texts={type_: gettext(text) for type_, text in TEXTS.items()},
        numbered=[type_ for type_, power in POWERS.items() if power.numbered],
        areas=_areas(visit, recall),
        supervises=proceedings.supervises(visit, recall),
        **process_values(visit, recall, found),
        **recall_scope.scope_values(visit, recall),
        **recall_ledger.live_values(visit, recall, view),
        **recall_ledger.values(visit, recall, found),
    )


def _areas(visit: Visit, recall: Recall) -> list[tuple[str, str]]:
    """The county, city and province of the firm, as far as the actor may give the supervision to them."""
    cuts = [recall.region_code[: LENGTHS[level]] for level in ("county", "city", "province")]
    own = [area.ljust(LENGTHS["county"], "0") for area in cuts if covers(visit.actor.territory, area)]
    return list(parties.region_names(visit, own).items())


@router.post("/recalls/{code}/acts")
def act_on(request: Request, visit: OpenVisit, code: str, form: SentForm) -> Response:
    recall = proceedings.find_watched(visit, code)
    new = form.read(NewAction, **read_level(form))
    if new and signed(visit, form, lambda: ordering.act_on(visit, code, new, form.version)):
        return RedirectResponse(f"/gov/recalls/{recall.code}?done=acted", 303)
    return _page(request, visit, recall, form, 422)


@router.get("/recalls/{code}/plans/{number}.pdf")
def print_plan(request: Request, visit: OpenVisit, code: str, number: int) -> Response:
    recall = proceedings.find_watched(visit, code)
    return paper_answer(plan_paper(visit, recall, number, reader_of(request)))


@router.get("/recalls/{code}/reports/{number}.pdf")
def print_report(request: Request, visit: OpenVisit, code: str, number: int) -> Response:
    recall = proceedings.find_watched(visit, code)
    return paper_answer(report_paper(visit, recall, number, reader_of(request)))


# --- a recall by order -------------------------------------------------------------------------------------


@router.get("/parties/{party_id}/order")
def ask_order(
    request: Request,
    visit: OpenVisit,
    party_id: UUID,
    codes: str = "",
    product_id: str = "",
    inspection: UUID | None = None,
) -> Response:
    start = recall_starts.order_start(visit, inspection) if inspection else None
    form = fresh_form(
        request,
        knowledge_at=local(start.knowledge_at if start else visit.now, visit.place.zone),
        codes=start.code if start else codes,
        product_id=start.product_id if start else product_id,
        reason_code=start.reason_code if start else "other",
        reason_zh=start.reason_zh if start else None,
        reason_en=start.reason_en if start else None,
    )
    return _order_page(request, visit, party_id, form)


@router.post("/parties/{party_id}/order")
def order_recall(request: Request, visit: OpenVisit, party_id: UUID, form: SentForm) -> Response:
    visit.demand("recall.order")
    new = form.read(NewOrder, party_id=party_id, **_read(form, visit))
    recall = new and signed(visit, form, lambda: ordering.order_recall(visit, new))
    _say_plainly(form)
    if new and "seller_cause" in form.errors:
        form.errors["seller_cause"] = reader_of(request).gettext(WHY_SELLER)
    if recall:
        return RedirectResponse(f"/gov/recalls/{recall.code}?done=ordered", 303)
    return _order_page(request, visit, party_id, form, 422)


def _read(form: Form, visit: Visit) -> dict[str, Any]:
    codes = [line.strip() for line in form["codes"].splitlines() if line.strip()]
    span = {"product_id": form["product_id"], "codes": codes}
    span |= {"made_from": form["made_from"], "made_to": form["made_to"]}
    return read_level(form) | {
        "knowledge_at": read_local(form["knowledge_at"], visit.place.zone),
        "ranges": [span],
        "seller_cause": form["seller_cause"] or None,
    }


def _say_plainly(form: Form) -> None:
    """A fault of the goods stands at the codes, and a bad time is said plainly."""
    gettext = reader_of(form.request).gettext
    if "ranges" in form.errors:
        form.errors.setdefault("codes", form.errors.pop("ranges"))
    if "knowledge_at" in form.errors:
        form.errors["knowledge_at"] = gettext(BAD_TIME)


def _order_page(request: Request, visit: Visit, party_id: UUID, form: Form, status: int = 200) -> Response:
    visit.demand("recall.order")
    party = parties.find_party(visit, party_id)
    bought = ordering.products_bought(visit, party_id)
    others = {one.id for one in bought}
    return render(
        request,
        "gov/order.html",
        status,
        form=form,
        party=party,
        products=[one for one in products.products_of(visit, party_id) if one.id not in others],
        bought=bought,
        seller_causes=SELLER_CAUSES,
        reason_codes=REASON_CODES,
    )
