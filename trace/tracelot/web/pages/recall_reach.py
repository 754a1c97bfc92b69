"""Who was told of a recall and what they answered: for the firm that recalls, and for the offices that watch."""

import base64
from collections.abc import Iterator
from typing import Any
from uuid import UUID

from fastapi import Request, Response
from fastapi.responses import RedirectResponse

from tracelot.formats.spreadsheets import Cell, write_csv
from tracelot.operations import delivering, reach_views, reaching, recalls, reminding
from tracelot.operations.visit import Visit
from tracelot.records.consignees import NoticeView, RecallNotice
from tracelot.records.recalls import Recall
from tracelot.rules.access import may
from tracelot.rules.reaching import AMOUNTS
from tracelot.rules.recalls import DRILL
from tracelot.rules.refusals import Unknown
from tracelot.web.forms import Form, SentForm, fresh_form
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
from tracelot.web.rendering import reader_of, words_of
from tracelot.web.routers import pages
from tracelot.web.visits import OpenVisit
from tracelot.web.wording import N_

router = pages()

RECALLS = N_("Recalls")
REGISTER = N_("Recall register")
HEAD = (
    N_("Steps away"),
    N_("Consignee"),
    N_("Region"),
    N_("E-mail"),
    N_("Telephone"),
    N_("State"),
    N_("Letter"),
    N_("Told"),
    N_("Reminders"),
    N_("Answered"),
    N_("Product"),
    N_("Batch"),
    N_("Shipped"),
    N_("Unit"),
    N_("Still there"),
    N_("Sold to consumers"),
    N_("Returned to the seller"),
    N_("Destroyed"),
    N_("Passed on to other firms"),
    N_("More than was shipped"),
    N_("Answered by"),
)


def reach_values(visit: Visit, recall: Any, url: str) -> dict[str, Any]:
    """What the block `recall/_reach.html` needs; nothing where the reader sees no notices of it."""
    others = recall.firm_id != visit.actor.party_id
    inside = recall.kind == DRILL and others and not recall.tells_outside  # whom it would tell, the firm sees
    shown = recall.published_at is not None and may(visit.actor, "notice.read") and not inside
    return {
        "reached": reach_views.reach_of(visit, _kept(visit, recall.id)) if shown else None,
        "reach_url": url,
    }


def _kept(visit: Visit, recall_id: UUID) -> Recall:
    return visit.with_published().get_one(Recall, recall_id)


def _firm(visit: Visit, recall_id: UUID) -> Where:
    recall = recalls.find_own_recall(visit, recall_id)
    crumbs = ((RECALLS, "/app/recalls"), (recall.code, f"/app/recalls/{recall.id}"))
    sends = may(visit.actor, "notice.send")
    return Where(recall, f"/app/recalls/{recall_id}/reach", crumbs, sends, sends)


def _office(visit: Visit, code: str) -> Where:
    visit.demand("party.watch")
    visit.demand("notice.read")
    recall = recalls.find_recall(visit, code)
    if recall.published_at is None:
        raise Unknown("unknown-recall", "No such recall.")
    watched = visit.session.get(Recall, recall.id) is not None  # of others it reads the notice, as everybody
    page = f"/gov/recalls/{recall.code}" if watched else f"/recalls/{recall.code}"
    crumbs = ((REGISTER, "/gov/recalls"), (recall.code, page))
    return Where(recall, f"/gov/recalls/{recall.code}/reach", crumbs)


@router.get("/app/recalls/{recall_id}/reach")
def read_reach(request: Request, visit: OpenVisit, recall_id: UUID) -> Response:
    return _list_page(request, visit, _firm(visit, recall_id))


@router.get("/gov/recalls/{code}/reach")
def watch_reach(request: Request, visit: OpenVisit, code: str) -> Response:
    return _list_page(request, visit, _office(visit, code))


@router.get("/app/recalls/{recall_id}/reach.csv")
def download_reach(request: Request, visit: OpenVisit, recall_id: UUID) -> Response:
    return _spreadsheet(request, visit, _firm(visit, recall_id).recall)


@router.get("/gov/recalls/{code}/reach.csv")
def download_watched_reach(request: Request, visit: OpenVisit, code: str) -> Response:
    return _spreadsheet(request, visit, _office(visit, code).recall)


@router.get("/app/recalls/{recall_id}/reach/{told_id}")
def read_consignee(request: Request, visit: OpenVisit, recall_id: UUID, told_id: UUID) -> Response:
    return _notice_page(request, visit, _firm(visit, recall_id), told_id, fresh_form(request))


@router.get("/gov/recalls/{code}/reach/{told_id}")
def watch_consignee(request: Request, visit: OpenVisit, code: str, told_id: UUID) -> Response:
    return _notice_page(request, visit, _office(visit, code), told_id, fresh_form(request))


@router.post("/app/recalls/{recall_id}/reach/look")
def look_again(visit: OpenVisit, recall_id: UUID) -> Response:
    """Tell whoever the books name by now."""
    visit.demand("notice.send")
    at = _firm(visit, recall_id)
    if at.recall.state == "published":
        reaching.tell_consignees(visit, at.recall)
    return RedirectResponse(f"{at.url}?done=looked", 303)


@router.post("/app/recalls/{recall_id}/reach/remind")
def remind(visit: OpenVisit, recall_id: UUID) -> Response:
    """Write to all who have not answered."""
    at = _firm(visit, recall_id)
    return RedirectResponse(reminded_where(at, reminding.remind_own(visit, at.recall)), 303)


@router.post("/app/recalls/{recall_id}/reach/{told_id}/again")
def write_again(
    request: Request, visit: OpenVisit, recall_id: UUID, told_id: UUID, form: SentForm
) -> Response:
    at = _firm(visit, recall_id)
    given = form.read(AgainFields)
    link: str | None = None
    if given is not None:
        link = form.attempt(lambda: delivering.send_again(visit, at.recall, told_id, given.address))
    if form.errors:
        return _notice_page(request, visit, at, told_id, form)
    if link is None:
        return RedirectResponse(f"{at.url}/{told_id}?done=sent-again", 303)
    return _notice_page(request, visit, at, told_id, form, link)


@router.get("/recall-photos/{answer_id}.jpg")
def show_photo(visit: OpenVisit, answer_id: UUID) -> Response:
    photo = reach_views.photo_of(visit, answer_id)
    return Response(base64.b64decode(photo.content), media_type="image/jpeg")


def _list_page(request: Request, visit: Visit, at: Where) -> Response:
    reached = reach_views.reach_of(visit, at.recall)
    if request.headers.get("hx-request"):
        return show_counts(request, at, reached)
    visit.remember("notice.read", at.recall, at.recall.party_id)
    cursor = request.query_params.get("cursor")
    page = reach_views.notices(visit, at.recall, asked_of(request), PAGE, cursor or None)
    return show_list(request, visit, at, reached, page)


def _notice_page(
    request: Request, visit: Visit, at: Where, notice_id: UUID, form: Form, link: str = ""
) -> Response:
    notice = visit.session.get(RecallNotice, notice_id)
    if notice is None or notice.recall_id != at.recall.id:
        raise Unknown("unknown-notice", "No such notice.")
    visit.remember("notice.read", notice, notice.party_id)
    return show_notice(request, visit, at, notice, form, link)


def _spreadsheet(request: Request, visit: Visit, recall: Recall) -> Response:
    """Exactly the list that the page shows under the same question, a line for each batch."""
    reader = reader_of(request)
    visit.remember("notice.read", recall, recall.party_id)
    rows = (
        row
        for one in reach_views.all_notices(visit, recall, asked_of(request))
        for row in _rows(request, one)
    )
    content = write_csv([reader.gettext(title) for title in HEAD], rows)
    name = f"{recall.code}-consignees.csv"
    headers = {"content-disposition": f'attachment; filename="{name}"'}
    return Response(content, media_type="text/csv; charset=utf-8", headers=headers)


def _rows(request: Request, one: NoticeView) -> Iterator[list[Cell]]:
    words = words_of(reader_of(request).language, "recall/_words.html")
    told = {line.batch_id: line for line in one.latest.lines} if one.latest else {}
    for line in one.lines:
        said = told.get(line.batch_id)
        amounts: list[Cell] = [getattr(said, name) if said else None for name in AMOUNTS]
        yield [
            one.tier,
            one.name,
            one.region_code,
            one.email,
            one.phone,
            str(words.state_word(one.state)),
            str(words.delivery(one.delivery)),
            one.told_at,
            one.reminded,
            one.answered_at,
            line.product_zh or line.product_en,
            line.code,
            line.quantity,
            line.unit,
            *amounts,
            said.over if said else None,
            one.latest.name if one.latest else None,
        ]
