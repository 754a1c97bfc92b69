"""/settings/data and /gov/keeping: taking one's data along, what has passed its date, and forgetting people."""

from typing import Any
from uuid import UUID

from fastapi import Request, Response
from fastapi.responses import RedirectResponse

from tracelot.operations import forgetting, forgetting_answers, purging
from tracelot.records.inputs import Name, Reason, Shape
from tracelot.rules.forgetting import BASES, Basis
from tracelot.web.forms import Form, SentForm, fresh_form
from tracelot.web.leaving import export_answer
from tracelot.web.rendering import render
from tracelot.web.routers import pages
from tracelot.web.signatures import signed
from tracelot.web.visits import OpenVisit

router = pages()

SHOWN = 50
HERE = "/settings/data"


class Forgetting(Shape):
    basis: Basis
    reason: Reason


class ForgettingPerson(Forgetting):
    who: Name


@router.get(HERE)
def show_data(request: Request, visit: OpenVisit) -> Response:
    return _data_page(request, visit, fresh_form(request))


@router.get(f"{HERE}.zip")
def download(request: Request, visit: OpenVisit) -> Response:
    return export_answer(request, visit)


@router.post(f"{HERE}/contacts")
def forget_contacts(request: Request, visit: OpenVisit, form: SentForm) -> Response:
    asked = form.read(Forgetting)
    if asked is None:
        return _data_page(request, visit, form, 422)
    forgetting.forget_replaced_contacts(visit, asked.basis, asked.reason)
    return RedirectResponse(f"{HERE}?done=forgotten", 303)


def _data_page(request: Request, visit: OpenVisit, form: Form, status: int = 200) -> Response:
    visit.demand("data.export")
    return render(
        request,
        "settings/data.html",
        status,
        due=purging.due_records(visit),
        batches=purging.due_batches(visit, SHOWN),
        replaced=forgetting.replaced_contacts(visit),
        bases=BASES,
        form=form,
    )


@router.get(f"{HERE}/people")
def ask_person(request: Request, visit: OpenVisit) -> Response:
    return _person_page(request, visit, fresh_form(request))


@router.post(f"{HERE}/people")
def forget_person(request: Request, visit: OpenVisit, form: SentForm) -> Response:
    asked = form.read(ForgettingPerson)
    if asked is not None:
        who, why = asked.who, (asked.basis, asked.reason)
        if form.attempt(lambda: forgetting_answers.forget_person(visit, who, *why)) is not None:
            return RedirectResponse(f"{HERE}/people?done=person-forgotten", 303)
    return _person_page(request, visit, form, 422)


def _person_page(request: Request, visit: OpenVisit, form: Form, status: int = 200) -> Response:
    visit.demand("data.forget")
    return render(request, "settings/forget_person.html", status, bases=BASES, form=form)


@router.get("/settings/members/{member_id}/forget")
def ask_forget(request: Request, visit: OpenVisit, member_id: UUID) -> Response:
    return _forget_page(request, visit, member_id, fresh_form(request))


@router.post("/settings/members/{member_id}/forget")
def forget_member(request: Request, visit: OpenVisit, member_id: UUID, form: SentForm) -> Response:
    asked = form.read(Forgetting)
    if asked and signed(
        visit, form, lambda: forgetting.pseudonymise(visit, member_id, asked.basis, asked.reason)
    ):
        return RedirectResponse("/settings/members?done=pseudonymised", 303)
    return _forget_page(request, visit, member_id, form, 422)


def _forget_page(
    request: Request, visit: OpenVisit, member_id: UUID, form: Form, status: int = 200
) -> Response:
    person = forgetting.member(visit, member_id)
    return render(request, "settings/forget.html", status, person=person, bases=BASES, form=form)


@router.get("/gov/keeping")
def list_due(request: Request, visit: OpenVisit) -> Response:
    visit.demand("keeping.purge")
    due = purging.due_records(visit)
    names: dict[UUID, Any] = purging.party_names(visit, due)
    return render(request, "gov/keeping.html", due=due, names=names, today=visit.today)
