"""Who was told of a recall and what they answered: for the firm that recalls, and for the offices that watch."""

import base64
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from tracelot.formats.spreadsheets import Cell, write_csv
from tracelot.operations import delivering, reach_views, reaching, recalls
from tracelot.operations.reach_views import Asked
from tracelot.operations.visit import Visit
from tracelot.records.consignees import NoticeView, RecallNotice
from tracelot.records.inputs import MaybeEmail, Shape
from tracelot.records.recalls import Recall
from tracelot.rules.access import may
from tracelot.rules.reaching import AMOUNTS, STATES
from tracelot.rules.recalls import DRILL
from tracelot.rules.refusals import Unknown
from tracelot.web.forms import Form, SentForm, fresh_form
from tracelot.web.rendering import reader_of, render, words_of
from tracelot.web.visits import OpenVisit, VisitRoute
from tracelot.web.wording import N_

router = APIRouter(route_class=VisitRoute)

PAGE = 100
RECALLS = N_("Recalls")
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


@dataclass(frozen=True)
class Where:
    """A recall, and the address at which the reader sees whom it was told."""

    recall: Recall
    url: str

    @property
    def crumbs(self) -> list[tuple[str, str]]:
        if self.url.startswith("/gov/"):
            return [(RECALLS, "/gov/recalls"), (self.recall.code, f"/recalls/{self.recall.code}")]
        return [(RECALLS, "/app/recalls"), (self.recall.code, f"/app/recalls/{self.recall.id}")]


class AgainFields(Shape):
    address: MaybeEmail = None


def reach_values(visit: Visit, recall: Any, url: str) -> dict[str, Any]:
    """What the block `recall/_reach.html` needs; nothing where the reader sees no notices of it."""
    inside = (
        recall.kind == DRILL and recall.firm_id != visit.actor.party_id
    )  # whom a drill would tell is the firm's
    shown = recall.state == "published" and may(visit.actor, "notice.read") and not inside
    return {
        "reached": reach_views.reach_of(visit, _kept(visit, recall.id)) if shown else None,
        "reach_url": url,
    }


def _kept(visit: Visit, recall_id: UUID) -> Recall:
    return visit.with_published().get_one(Recall, recall_id)


def _firm(visit: Visit, recall_id: UUID) -> Where:
    return Where(recalls.find_own_recall(visit, recall_id), f"/app/recalls/{recall_id}/reach")


def _office(visit: Visit, code: str) -> Where:
    visit.demand("party.watch")
    visit.demand("notice.read")
    recall = recalls.find_recall(visit, code)
    if recall.state != "published":
        raise Unknown("unknown-recall", "No such recall.")
    return Where(recall, f"/gov/recalls/{recall.code}/reach")


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


def _asked(request: Request) -> Asked:
    state = request.query_params.get("state", "")
    return Asked(state if state in STATES else None, request.query_params.get("silent") == "1")


def _list_page(request: Request, visit: Visit, at: Where) -> Response:
    recall, reached = at.recall, reach_views.reach_of(visit, at.recall)
    if request.headers.get("hx-request"):
        return render(request, "recall/_reach_counts.html", reached=reached, reach_url=at.url)
    visit.remember("notice.read", recall, recall.party_id)
    asked, cursor = _asked(request), request.query_params.get("cursor")
    page = reach_views.notices(visit, recall, asked, PAGE, cursor or None)
    return render(
        request,
        "recall/reach.html",
        recall=recall,
        reached=reached,
        reach_url=at.url,
        crumbs=_crumbs(request, at),
        asked=asked,
        cursor=cursor,
        states=STATES,
        page=page,
        passed=reach_views.passed_on(visit, page.items),
        parents=reach_views.parents(visit, page.items),
        sends=_sends(visit, recall),
    )


def _crumbs(request: Request, at: Where) -> list[tuple[str, str]]:
    gettext = reader_of(request).gettext
    return [(gettext(label), address) for label, address in at.crumbs]


def _sends(visit: Visit, recall: Recall) -> bool:
    return recall.party_id == visit.actor.party_id and may(visit.actor, "notice.send")


def _notice_page(
    request: Request, visit: Visit, at: Where, notice_id: UUID, form: Form, link: str = ""
) -> Response:
    notice = visit.session.get(RecallNotice, notice_id)
    if notice is None or notice.recall_id != at.recall.id:
        raise Unknown("unknown-notice", "No such notice.")
    view = reach_views.view(visit, notice)
    visit.remember("notice.read", notice, notice.party_id)
    answer = render(
        request,
        "recall/notice.html",
        422 if form.errors else 200,
        recall=at.recall,
        notice=view,
        reach_url=at.url,
        crumbs=_crumbs(request, at),
        answers=reach_views.answers(visit, notice),
        letters=delivering.letters(visit, notice),
        passed=reach_views.passed_on(visit, [view]).get(view.id, {}),
        sends=_sends(visit, at.recall) and not notice.silent,
        form=form,
        link=link,
    )
    answer.headers["cache-control"] = "no-store"
    return answer


def _spreadsheet(request: Request, visit: Visit, recall: Recall) -> Response:
    """Exactly the list that the page shows under the same question, a line for each batch."""
    reader = reader_of(request)
    visit.remember("notice.read", recall, recall.party_id)
    rows = (
        row for one in reach_views.all_notices(visit, recall, _asked(request)) for row in _rows(request, one)
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
