"""/app/recalls/new and …/edit: what is recalled, by tracing, why, and what to do; from a batch to its notice."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from fastapi import Request, Response
from fastapi.responses import RedirectResponse

from tracelot.operations import (
    batches,
    clocks,
    parties,
    products,
    recall_starts,
    recallable,
    recalls,
    scope_of_recall,
)
from tracelot.operations.recallable import HeldProduct
from tracelot.operations.visit import Visit
from tracelot.records.products import Product
from tracelot.records.recalls import NewRange, NewRecall, RecallChange, RecallView
from tracelot.rules.ids import new_id
from tracelot.rules.notice_texts import Both, is_proposal, notice_texts
from tracelot.rules.recalls import DRILL, KINDS, KNOWLEDGE_SOURCES, REASON_CODES, SELLER_CAUSES, RecallKind
from tracelot.rules.refusals import Refusal
from tracelot.web.forms import Form, LongForm, filled_form, fresh_form
from tracelot.web.pages.areas import areas_text, read_areas
from tracelot.web.pages.clock import BAD_TIME, local, read_local
from tracelot.web.pages.recall_proposal import Shown, Spared, exclusions, kind_of, shown
from tracelot.web.pages.recall_ranges import (
    range_values,
    read_ranges,
    rows_of,
    rows_of_draft,
    rows_of_question,
)
from tracelot.web.pages.recall_scope import TEXTS, findings
from tracelot.web.rendering import reader_of, render
from tracelot.web.routers import pages
from tracelot.web.visits import OpenVisit
from tracelot.web.wording import N_

router = pages("/app/recalls")

CLEARED = (*TEXTS, "contact", "contact_hours", "planned_end", "starts_on")
AGAIN = ("more", "look", "fill")  # buttons that bring the form back without saving it

WHY_SELLER = N_("Others made these goods: say why it is their seller who recalls them.")


@router.get("/new")
def new_recall(
    request: Request,
    visit: OpenVisit,
    batch: UUID | None = None,
    product: UUID | None = None,
    kind: RecallKind = "recall",
    inspection: UUID | None = None,
) -> Response:
    visit.demand("recall.open")
    start = recall_starts.recall_start(visit, inspection) if inspection else None
    first, held = _first_range(visit, start.batch_id if start else batch, product)
    form = fresh_form(
        request,
        id=new_id(),
        follow="1",
        kind=kind,
        seller="1" if (held or request.query_params.get("seller") == "1") and kind != DRILL else "",
        jurisdiction="CN",
        planned_end=clocks.proposed_end(visit, "CN"),
        knowledge_at=local(start.knowledge_at if start else visit.now, visit.place.zone),
        source_of_knowledge=start.source_of_knowledge if start else "self_check",
        reason_code=start.reason_code if start else None,
        reason_zh=start.reason_zh if start else None,
        reason_en=start.reason_en if start else None,
        contact=parties.own_party(visit).phone,
        **{
            name: text
            for name, text in notice_texts("other", Both("", "")).items()
            if name.startswith("remedy")
        },
        **range_values([first]),
    )
    return _page(request, visit, form)


def _first_range(visit: Visit, batch_id: UUID | None, product_id: UUID | None) -> tuple[dict[str, Any], bool]:
    """What the form begins with, and whether others made it."""
    if batch_id is not None:
        held = recallable.find_held(visit, batch_id)
        batch = held or batches.find_batch(visit, batch_id)
        return {"product": batch.product_id, "codes": batch.code}, held is not None
    return {"product": product_id}, False


@router.post("")
def open_recall(request: Request, visit: OpenVisit, form: LongForm) -> Response:
    visit.demand("recall.open")
    if any(form[name] for name in AGAIN):
        return _page(request, visit, _filled(visit, form))
    ranges = read_ranges(form, visit.place.zone)
    new = form.read(NewRecall, **_read(form, visit), **_scope(form, visit, ranges, {}))
    recall = _sound(form) and new and form.attempt(lambda: recalls.open_recall(visit, new))
    if recall:
        return RedirectResponse(f"/app/recalls/{recall.id}?done=opened", 303)
    return _page(request, visit, form, 422)


@router.get("/{recall_id}/edit")
def edit_recall(request: Request, visit: OpenVisit, recall_id: UUID) -> Response:
    visit.demand("recall.change")
    view = recalls.view(visit, recalls.find_draft(visit, recall_id))
    plan = scope_of_recall.plan_of(visit, recalls.find_draft(visit, recall_id))
    reasons = set(plan.spared.values())
    form = filled_form(
        request,
        view,
        knowledge_at=local(view.knowledge_at, visit.place.zone),
        follow="1" if plan.follow else "",
        tells_outside="1" if view.tells_outside else "",
        seller="1" if view.seller_cause else "",
        why=reasons.pop() if len(reasons) == 1 else "",
        area=areas_text(visit, view.area_codes),
        **range_values(_rows(visit, view, plan.question)),
    )
    return _page(request, visit, form, recall_id=recall_id)


def _rows(visit: Visit, view: RecallView, question: dict[str, Any]) -> list[dict[str, str]]:
    asked = question.get("ranges")
    return rows_of_draft(view) if asked is None else rows_of_question(asked, visit.place.zone)


@router.post("/{recall_id}/edit")
def change_recall(request: Request, visit: OpenVisit, recall_id: UUID, form: LongForm) -> Response:
    visit.demand("recall.change")
    recall = recalls.find_draft(visit, recall_id)
    if any(form[name] for name in AGAIN):
        return _page(request, visit, _filled(visit, form), recall_id=recall_id)
    ranges = read_ranges(form, visit.place.zone)
    cleared = {name: None for name in CLEARED if not form[name].strip()}
    spared = scope_of_recall.plan_of(visit, recall).spared
    sent = _read(form, visit) | cleared | _scope(form, visit, ranges, spared)
    change = form.read(RecallChange, **sent)
    if _sound(form) and change and form.attempt(
        lambda: recalls.change_recall(visit, recall.id, change, form.version)
    ):  # fmt: skip
        return RedirectResponse(f"/app/recalls/{recall_id}?done=saved", 303)
    return _page(request, visit, form, 422, recall_id)


def _read(form: Form, visit: Visit) -> dict[str, Any]:
    """What a form writes otherwise than the shape: a number, and a time on a clock of the site's zone."""
    level = {"level": int(form["level"])} if form["level"] in ("1", "2", "3") else {}
    known = {"knowledge_at": read_local(form["knowledge_at"], visit.place.zone)}
    cause = form["seller_cause"] if form["seller"] == "1" else None
    return level | known | {"area_codes": read_areas(form, visit, "area"), "seller_cause": cause or None}


def _scope(form: Form, visit: Visit, ranges: Sequence[NewRange], spared: Spared) -> dict[str, Any]:
    left = (form.attempt(lambda: exclusions(form, visit, ranges, spared)) or []) if ranges else []
    return {
        "ranges": [one.model_dump() for one in ranges],
        "follow": form["follow"] == "1",
        "tells_outside": form["tells_outside"] == "1",
        "excluded": [one.model_dump() for one in left],
    }


def _sound(form: Form) -> bool:
    """Whether nothing is wrong; faults of a range stand at its fields, and a bad time is said plainly."""
    if any(name.startswith("range-") for name in form.errors):
        form.errors.pop("ranges", None)
    if form["seller"] == "1" and kind_of(form) != DRILL and not form["seller_cause"]:
        form.errors["seller_cause"] = reader_of(form.request).gettext(WHY_SELLER)
    if "knowledge_at" in form.errors:
        form.errors["knowledge_at"] = reader_of(form.request).gettext(BAD_TIME)
    return not form.errors


# --- texts -------------------------------------------------------------------------------------------------


def _product(form: Form, known: Sequence[Product | HeldProduct]) -> Both:
    """What the texts call the goods: the product of the first range."""
    chosen = next((one for one in known if str(one.id) == form["range-0-product"]), None)
    return (
        Both(chosen.name_zh, chosen.name_en or chosen.name_zh) if chosen else Both("本产品", "This product")
    )


def _held(visit: Visit, form: Form) -> Sequence[HeldProduct]:
    """Products of others of which goods came: a drill or a seller's recall may name them. Who named one keeps it."""
    named = form["range-0-product"] not in {"", *(str(one.id) for one in products.products(visit))}
    wanted = named or kind_of(form) == DRILL or form["seller"] == "1"
    return recallable.held_products(visit) if wanted else ()


def _filled(visit: Visit, form: Form) -> Form:
    """With the texts that the cause proposes, where nothing was written; what somebody wrote stays."""
    cause = next((code for code in REASON_CODES if code == form["reason_code"]), None)
    if not form["fill"] or cause is None:
        return form
    product = _product(form, [*products.products(visit), *_held(visit, form)])
    texts = notice_texts(cause, product)
    fresh = {
        name: text
        for name, text in texts.items()
        if not form[name].strip() or is_proposal(name, form[name], product)
    }
    return Form(dict(form.values) | fresh, form.lists, form.request)


# --- the page ----------------------------------------------------------------------------------------------


def _page(
    request: Request, visit: Visit, form: Form, status: int = 200, recall_id: UUID | None = None
) -> Response:
    seller = form["seller"] == "1" and kind_of(form) != DRILL
    known, held = [] if seller else products.products(visit), _held(visit, form)
    product = _product(form, [*known, *held])
    return render(
        request,
        "app/recall_form.html",
        status,
        form=form,
        rows=rows_of(form),
        recall_id=recall_id,
        proposal=_proposal(request, visit, form, recall_id),
        products=known,
        held=held,
        drill=kind_of(form) == DRILL,
        seller=seller,
        seller_causes=SELLER_CAUSES,
        facilities=parties.facilities(visit),
        reason_codes=REASON_CODES,
        sources=KNOWLEDGE_SOURCES,
        kinds=KINDS,
        adding=bool(form["more"]),
        looked=bool(form["look"]),
        filled=bool(form["fill"]),
        proposed={name for name in TEXTS if is_proposal(name, form[name], product)},
        played_down=findings({name: form[name] for name in TEXTS}),
    )


def _proposal(request: Request, visit: Visit, form: Form, recall_id: UUID | None) -> Shown | None:
    """What the ranges lead to, as far as they can be read; their faults are told when the form is saved."""
    read = Form(form.values, form.lists, request)
    ranges = read_ranges(read, visit.place.zone)
    if not ranges or read.errors:
        return None
    recall = recalls.find_draft(visit, recall_id) if recall_id else None
    spared = scope_of_recall.plan_of(visit, recall).spared if recall else {}
    try:
        return shown(request, visit, ranges, form, spared)
    except Refusal:
        return None
