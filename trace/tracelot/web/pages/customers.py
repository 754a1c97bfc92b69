"""/app/notices/…/customers and /n/…/customers: those whom a consignee named, who of them is silent, writing again."""

from dataclasses import dataclass
from uuid import UUID

from fastapi import Request, Response
from fastapi.responses import RedirectResponse

from tracelot.operations import answering, reminding
from tracelot.operations.visit import Visit
from tracelot.records.consignees import RecallNotice
from tracelot.rules.access import may
from tracelot.rules.refusals import Unknown
from tracelot.web.forms import Form, SentForm, fresh_form
from tracelot.web.pace import keep_pace
from tracelot.web.pages.reach_shown import (
    PAGE,
    AgainFields,
    Where,
    asked_of,
    reminded_where,
    show_counts,
    show_list,
    show_notice,
)
from tracelot.web.routers import pages
from tracelot.web.visits import OpenVisit
from tracelot.web.wording import N_

router = pages()

TO_ANSWER = N_("Recalls to answer")


@dataclass(frozen=True)
class Seller:
    """A consignee who passed a recall on, and where it sees to whom."""

    notice: RecallNotice
    at: Where


def _seller(visit: Visit, notice: RecallNotice, url: str, *, account: bool) -> Seller:
    recall = answering.recall_of(visit, notice)
    crumbs = ((recall.code, url),)
    above = ((TO_ANSWER, "/app/notices"),) if account else ()
    sends = not account or may(visit.actor, "notice.send")
    return Seller(notice, Where(recall, f"{url}/customers", above + crumbs, sends, files=False))


def _as_party(visit: Visit, notice_id: UUID) -> Seller:
    notice = answering.find_own_notice(visit, notice_id)
    return _seller(visit, notice, f"/app/notices/{notice.id}", account=True)


def _by_link(request: Request, visit: Visit, secret: str) -> Seller:
    """Guesses are counted by address; who has a link is never too many."""
    try:
        notice = answering.find_by_link(visit, secret)
    except Unknown:
        keep_pace(request.scope, "bad-link")
        raise
    return _seller(visit, notice, f"/n/{secret}", account=False)


@router.get("/app/notices/{notice_id}/customers")
def list_customers(request: Request, visit: OpenVisit, notice_id: UUID) -> Response:
    return _list(request, visit, _as_party(visit, notice_id))


@router.get("/n/{secret}/customers")
def list_customers_by_link(request: Request, visit: OpenVisit, secret: str) -> Response:
    return _list(request, visit, _by_link(request, visit, secret))


@router.post("/app/notices/{notice_id}/customers/remind")
def remind(visit: OpenVisit, notice_id: UUID) -> Response:
    return _remind(visit, _as_party(visit, notice_id))


@router.post("/n/{secret}/customers/remind")
def remind_by_link(request: Request, visit: OpenVisit, secret: str) -> Response:
    return _remind(visit, _by_link(request, visit, secret))


@router.get("/app/notices/{notice_id}/customers/{customer_id}")
def read_customer(request: Request, visit: OpenVisit, notice_id: UUID, customer_id: UUID) -> Response:
    return _read(request, visit, _as_party(visit, notice_id), customer_id)


@router.get("/n/{secret}/customers/{named_id}")
def read_customer_by_link(request: Request, visit: OpenVisit, secret: str, named_id: UUID) -> Response:
    return _read(request, visit, _by_link(request, visit, secret), named_id)


@router.post("/app/notices/{notice_id}/customers/{customer_id}/again")
def write_again(
    request: Request, visit: OpenVisit, notice_id: UUID, customer_id: UUID, form: SentForm
) -> Response:
    return _write(request, visit, _as_party(visit, notice_id), customer_id, form)


@router.post("/n/{secret}/customers/{named_id}/again")
def write_again_by_link(
    request: Request, visit: OpenVisit, secret: str, named_id: UUID, form: SentForm
) -> Response:
    return _write(request, visit, _by_link(request, visit, secret), named_id, form)


def _list(request: Request, visit: Visit, of: Seller) -> Response:
    reached = reminding.reach_of_customers(visit, of.notice)
    if request.headers.get("hx-request"):
        return show_counts(request, of.at, reached)
    cursor = request.query_params.get("cursor")
    page = reminding.customers(visit, of.notice, asked_of(request), PAGE, cursor or None)
    return show_list(request, visit, of.at, reached, page)


def _remind(visit: Visit, of: Seller) -> Response:
    return RedirectResponse(reminded_where(of.at, reminding.remind_customers(visit, of.notice)), 303)


def _read(request: Request, visit: Visit, of: Seller, customer_id: UUID) -> Response:
    customer = reminding.find_customer(visit, of.notice, customer_id)
    return show_notice(request, visit, of.at, customer, fresh_form(request))


def _write(request: Request, visit: Visit, of: Seller, customer_id: UUID, form: Form) -> Response:
    link: str | None = None
    given = form.read(AgainFields)
    if given is not None:
        address = given.address
        link = form.attempt(lambda: reminding.write_to_customer(visit, of.notice, customer_id, address))
    if not form.errors and link is None:
        return RedirectResponse(f"{of.at.url}/{customer_id}?done=sent-again", 303)
    customer = reminding.find_customer(visit, of.notice, customer_id)
    return show_notice(request, visit, of.at, customer, form, link or "")
