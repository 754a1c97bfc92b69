"""/notices and /recalls/{code}/…: what came to the caller, writing to its own customers again, photos with answers."""

import base64
from datetime import datetime
from typing import Any
from uuid import UUID

from fastapi import Request, Response
from pydantic import BaseModel

from tracelot.operations import answering, delivering, reach_views, reaching, recalls, reminding
from tracelot.operations.reach_views import Asked
from tracelot.operations.visit import Visit
from tracelot.records.consignees import AnswerView, LetterView, NoticeView, RecallNotice
from tracelot.records.inputs import MaybeEmail, Shape
from tracelot.records.recalls import Recall
from tracelot.rules.reaching import NoticeState
from tracelot.rules.recalls import RecallKind, RecallLevel
from tracelot.rules.refusals import Unknown
from tracelot.web.api.shapes import Cursor, Limit, PageView
from tracelot.web.photos import PhotoBodyRoute, photo_in
from tracelot.web.routers import operations
from tracelot.web.visits import OpenVisit

router = operations("recalls")
photos = operations("recalls", route_class=PhotoBodyRoute)

PHOTO: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            kind: {"schema": {"type": "string", "format": "binary"}}
            for kind in ("image/jpeg", "image/png", "image/webp")
        },
    }
}
JPEG: dict[int | str, dict[str, Any]] = {
    200: {"content": {"image/jpeg": {"schema": {"type": "string", "format": "binary"}}}}
}


class ToldView(BaseModel):
    """A recall as it was told to the caller's own party. One of the kind `mock_drill` is a drill."""

    notice_id: UUID
    code: str
    kind: RecallKind
    level: RecallLevel
    firm_zh: str
    firm_en: str | None
    state: NoticeState
    open: bool
    recorded_at: datetime


class NoticeDetail(NoticeView):
    """A notice with all its answers, the latest first, and its letters."""

    all_answers: list[AnswerView]
    letters: list[LetterView]


class Anew(Shape):
    address: MaybeEmail = None


class Handed(BaseModel):
    """A link to hand over where nobody can write, shown this once."""

    link: str | None


class Looked(BaseModel):
    """How many consignees are told, or told of further goods, now that the books were looked through again."""

    told: int


class RemindedView(BaseModel):
    """To how many somebody wrote; who had a letter within the hour or has no address is not written to."""

    written: int
    lately: int
    mute: int


@router.get("/notices")
def list_received(visit: OpenVisit) -> list[ToldView]:
    """Recalls that were told to the caller's own party, those first that wait for an answer: 200 at most."""
    return [
        ToldView(
            notice_id=one.notice.id,
            code=one.recall.code,
            kind=one.recall.kind,  # type: ignore[arg-type]
            level=one.recall.level,  # type: ignore[arg-type]
            firm_zh=one.firm_zh,
            firm_en=one.firm_en,
            state=one.notice.state,  # type: ignore[arg-type]
            open=one.open,
            recorded_at=one.notice.recorded_at,
        )
        for one in reach_views.told_to(visit)
    ]


@router.get("/recalls/{code}/customers")
def list_customers(
    visit: OpenVisit,
    code: str,
    state: NoticeState | None = None,
    silent: bool = False,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> PageView[NoticeView]:
    """The customers to whom the caller's own party passed a recall on; `silent` gives those without an answer."""
    notice = answering.own_notice_of(visit, code)
    page = reminding.customers(visit, notice, Asked(state, silent), limit, cursor)
    return PageView(items=list(page.items), total=page.total, cursor=page.cursor)


@router.get("/recalls/{code}/notices/{notice_id}")
def read_notice(visit: OpenVisit, code: str, notice_id: UUID) -> NoticeDetail:
    """One notice that the caller may see, with its answers and letters."""
    visit.demand("notice.read")
    _, notice = _found(visit, code, notice_id)
    visit.remember("notice.read", notice, notice.party_id)
    told = reach_views.view(visit, notice).model_dump()
    more = {"all_answers": reach_views.answers(visit, notice), "letters": delivering.letters(visit, notice)}
    return NoticeDetail.model_validate(told | more)


@router.post("/recalls/{code}/notices", status_code=201)
def tell_again(visit: OpenVisit, code: str) -> Looked:
    """Look through the own books again, and tell whoever they name by now; who was told stays told."""
    return Looked(told=len(reaching.tell_again(visit, code)))


@router.post("/recalls/{code}/notices/{notice_id}/letters", status_code=201)
def write_again(visit: OpenVisit, code: str, notice_id: UUID, new: Anew) -> Handed:
    """Write anew to an own customer, of one's recall or of one passed on. Every link sent before ends."""
    visit.demand("notice.send")
    recall, notice = _found(visit, code, notice_id)
    return Handed(link=delivering.send_again(visit, recall, notice.id, new.address))


@router.post("/recalls/{code}/reminders", status_code=201)
def remind(visit: OpenVisit, code: str) -> RemindedView:
    """Remind the own customers who have not answered: of one's recall, or of one that was passed on."""
    visit.demand("notice.send")
    own = _own_recall(visit, code)
    if own is not None:
        done = reminding.remind_own(visit, own)
    else:
        done = reminding.remind_customers(visit, answering.own_notice_of(visit, code))
    return RemindedView(written=done.written, lately=done.lately, mute=done.mute)


@photos.put("/recalls/{code}/answers/{answer_id}/photo", openapi_extra=PHOTO)
def add_photo(request: Request, visit: OpenVisit, code: str, answer_id: UUID) -> AnswerView:
    """Put a photo beside an own answer that has none. It is drawn anew: place, time and device are left out."""
    notice = answering.own_notice_of(visit, code)
    answering.add_photo(visit, notice, answer_id, photo_in(request))
    return next(one for one in reach_views.answers(visit, notice) if one.id == answer_id)


@router.get("/recalls/{code}/answers/{answer_id}/photo", response_class=Response, responses=JPEG)
def read_photo(visit: OpenVisit, code: str, answer_id: UUID) -> Response:
    """The photo that came with an answer, as JPEG."""
    photo = reach_views.photo_of(visit, answer_id)
    _found(visit, code, photo.notice_id)
    return Response(base64.b64decode(photo.content), media_type="image/jpeg")


def _found(visit: Visit, code: str, notice_id: UUID) -> tuple[Recall, RecallNotice]:
    """A notice that the caller may see, and its recall, which may be a drill that only its notices show."""
    notice = visit.session.get(RecallNotice, notice_id)
    recall = answering.recall_of(visit, notice) if notice is not None else None
    if notice is None or recall is None or code not in (recall.code, str(recall.id)):
        raise Unknown("unknown-notice", "No such notice.")
    return recall, notice


def _own_recall(visit: Visit, code: str) -> Recall | None:
    try:
        recall = recalls.find_recall(visit, code)
    except Unknown:
        return None
    return recall if recall.party_id == visit.actor.party_id else None
