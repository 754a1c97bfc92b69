"""/gov/samplings and /app/samplings: the inbox of an office, a laboratory or a firm, and the sheet on the phone."""

from typing import Any
from uuid import UUID

from fastapi import Request, Response
from fastapi.responses import RedirectResponse

from tracelot.operations import (
    parties,
    sampling_allowed,
    sampling_figures,
    sampling_starts,
    sampling_tasks,
    sampling_views,
    samplings,
)
from tracelot.operations.lookup import look_up
from tracelot.operations.visit import Visit
from tracelot.records.samplings import NewSampling
from tracelot.rules.access import may
from tracelot.rules.places import batch_id
from tracelot.rules.refusals import Refusal, Unknown
from tracelot.rules.sampling_forms import (
    AREA_TYPES,
    DATE_KINDS,
    FORM,
    PACKAGINGS,
    SAMPLE_ATTRIBUTES,
    SAMPLE_ORIGINS,
    SAMPLE_TYPES,
    STORAGE_KINDS,
)
from tracelot.rules.sampling_stages import SAMPLING_STATES
from tracelot.web.forms import Form, SentForm, fresh_form
from tracelot.web.pages.clock import BAD_TIME, local, read_local
from tracelot.web.policy import PLACE_PERMISSIONS, SCAN_POLICY
from tracelot.web.reading import read_id, read_whole
from tracelot.web.rendering import reader_of, render
from tracelot.web.routers import pages
from tracelot.web.visits import OpenVisit

router = pages()

SHOWN = 50
CHOICES = {
    "sample_types": SAMPLE_TYPES,
    "origins": SAMPLE_ORIGINS,
    "attributes": SAMPLE_ATTRIBUTES,
    "date_kinds": DATE_KINDS,
    "packagings": PACKAGINGS,
    "storages": STORAGE_KINDS,
    "area_types": AREA_TYPES,
}


def base_of(visit: Visit) -> str:
    """Where the pages stand for whoever asks."""
    return "/gov/samplings" if visit.actor.regulator else "/app/samplings"


@router.get("")
def inbox(request: Request, visit: OpenVisit, state: str = "", offset: str = "") -> Response:
    """What is to be sampled, what was, what is late; of a firm the results that it was told."""
    wanted, start = state if state in SAMPLING_STATES else None, read_whole(offset, 6) or 0
    listed = sampling_views.samplings(visit, state=wanted, limit=SHOWN, offset=start)
    tasks = sampling_tasks.tasks(visit)
    codes = {one.region_code for one in tasks} | {one.region_code for one in listed.samplings}
    return render(
        request,
        "sampling/inbox.html",
        base=base_of(visit),
        tasks=tasks,
        listed=listed,
        state=wanted or "",
        states=SAMPLING_STATES,
        offset=start,
        late=sampling_figures.overdue(visit),
        deciding=sampling_allowed.to_decide(visit),
        notices=sampling_views.notices(visit) if visit.actor.enterprise else [],
        regions=parties.region_names(visit, codes),
        samples=may(visit.actor, "sampling.take"),
    )


@router.get("/rates")
def show_rates(request: Request, visit: OpenVisit) -> Response:
    rates = sampling_figures.rates(visit)
    return render(
        request,
        "sampling/rates.html",
        base=base_of(visit),
        rates=rates,
        regions=parties.region_names(visit, {one.county for one in rates}),
    )


# --- the sheet -----------------------------------------------------------------------------------------------------


@router.get("/new")
def new_sheet(request: Request, visit: OpenVisit, task: UUID, code: str = "") -> Response:
    visit.demand("sampling.take")
    found = sampling_tasks.find_task(visit, task)
    start: dict[str, Any] = {
        "taken_at": local(visit.now, visit.place.zone),
        "region_code": found.region_code,
        "sampler1_name": visit.actor.name,
        "code": code,
        "form": str(FORM),
    }
    return _sheet_page(
        request,
        visit,
        task,
        fresh_form(request, **start | sampling_starts.sheet_start(visit, found) | _of_code(visit, code)),
    )


def _of_code(visit: Visit, code: str) -> dict[str, str]:
    """What the record knows of a package, so that nobody types it again."""
    if not code.strip():
        return {}
    try:
        found = look_up(visit, code).found
    except Refusal:
        return {}
    if not found or not found[0].on_record:
        return {}
    product, batch = found[0].product, found[0].batch
    known = {
        "batch_id": batch_id(UUID(product.product_id), batch.code),
        "sample_name": product.name_zh,
        "brand": product.brand,
        "spec": product.spec,
        "lot_no": batch.code,
        "dated_on": batch.production_date,
        "expires_on": batch.expiry_date,
    }
    known |= sampling_starts.maker_start(visit, UUID(product.product_id))
    return {name: str(value) for name, value in known.items() if value}


@router.post("/new")
def take_sample(request: Request, visit: OpenVisit, form: SentForm) -> Response:
    visit.demand("sampling.take")
    task = read_id(form["task_id"])
    if task is None:
        raise Unknown("unknown-task", "No such sampling task.")
    new = form.read(NewSampling, **_read(form, visit))
    if "taken_at" in form.errors:
        form.errors["taken_at"] = reader_of(request).gettext(BAD_TIME)
    taken = new and form.attempt(lambda: samplings.take_sample(visit, new))
    if taken:
        return RedirectResponse(f"{base_of(visit)}/{taken.id}?done=sampled", 303)
    return _sheet_page(request, visit, task, form, 422)


def _read(form: Form, visit: Visit) -> dict[str, Any]:
    told: dict[str, Any] = {"taken_at": read_local(form["taken_at"], visit.place.zone)}
    told["samplers"] = [
        {
            "name": form[f"sampler{place}_name"],
            "certificate_no": form[f"sampler{place}_certificate"],
            "signature": _signature(form, f"sampler{place}"),
        }
        for place in (1, 2)
    ]
    told["firm_signature"] = _signature(form, "firm")
    return told | {"refused": bool(form["refused"]), "sterile": bool(form["sterile"])}


def _signature(form: Form, who: str) -> dict[str, Any] | None:
    """As drawn or typed; nothing where neither was done."""
    typed, drawn = form[f"{who}_signed"].strip(), form[f"{who}_drawn"]
    told = {"typed": typed or None, "drawn": drawn, "acknowledged": bool(form[f"{who}_acknowledged"])}
    return told if typed or drawn else None


def _sheet_page(request: Request, visit: Visit, task_id: UUID, form: Form, status: int = 200) -> Response:
    task = sampling_tasks.view_task(visit, sampling_tasks.find_task(visit, task_id))
    page = render(
        request,
        "sampling/sheet_new.html",
        status,
        base=base_of(visit),
        task=task,
        form=form,
        region=parties.region_names(visit, [task.region_code])[task.region_code],
        **CHOICES,
    )
    page.headers["permissions-policy"] = PLACE_PERMISSIONS
    page.headers["content-security-policy"] = SCAN_POLICY
    return page
