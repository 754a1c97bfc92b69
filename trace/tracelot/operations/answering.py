"""Answering a recall's notice: by its link without an account, or as the party that it went to."""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

from sqlmodel import select

from tracelot.operations.changing import demand_same
from tracelot.operations.notifying import Event, tell_party
from tracelot.operations.passwords import digest
from tracelot.operations.visit import Visit, origin_of
from tracelot.records.consignees import (
    NewAnswer,
    NewAnswerLine,
    RecallAnswer,
    RecallAnswerLine,
    RecallLetter,
    RecallNotice,
    RecallNoticeLine,
    RecallPhoto,
    lines_of,
)
from tracelot.records.locking import HELD
from tracelot.records.recalls import Recall, find_recall_by_code
from tracelot.rules.ids import new_id
from tracelot.rules.reaching import AMOUNTS, Line, judged
from tracelot.rules.recalls import demand_state
from tracelot.rules.refusals import Conflict, Fault, Unfit, Unknown
from tracelot.rules.retention import later, recall_kept


@dataclass(frozen=True)
class Photo:
    """A photo that was drawn anew: nothing of the file that came is in it."""

    content: bytes
    width: int
    height: int

    @property
    def sha256(self) -> str:
        return sha256(self.content).hexdigest()


def find_by_link(visit: Visit, secret: str) -> RecallNotice:
    """The notice that a link opens. Guessed, replaced and expired ones are refused alike."""
    kernel = visit.kernel()
    letter = kernel.exec(select(RecallLetter).where(RecallLetter.digest == digest(secret))).one_or_none()
    if letter is None or letter.revoked_at is not None or not _lasts(letter.link_ends_at, visit.now):
        raise Unknown(
            "notice-link-over",
            "This link was replaced by a newer one, has expired, or never was. Ask whoever recalls for a new one.",
        )
    return kernel.get_one(RecallNotice, letter.notice_id)


def _lasts(ends: datetime | None, now: datetime) -> bool:
    return ends is not None and ends > now


def find_own_notice(visit: Visit, notice_id: UUID) -> RecallNotice:
    """A notice that went to the actor's own party."""
    visit.demand("notice.read")
    notice = visit.session.get(RecallNotice, notice_id)
    if notice is None or notice.to_party_id is None or notice.to_party_id != visit.actor.party_id:
        raise Unknown("unknown-notice", "No such notice.")
    return notice


def own_notice_of(visit: Visit, code: str) -> RecallNotice:
    """The notice by which a recall was told to the actor's own party."""
    visit.demand("notice.read")
    recall = (
        find_recall_by_code(visit.kernel(), code) if code.isprintable() else None
    )  # a drill is not public
    found = None
    if recall is not None and visit.actor.party_id is not None:
        query = select(RecallNotice).where(RecallNotice.recall_id == recall.id)
        found = visit.session.exec(query.where(RecallNotice.to_party_id == visit.actor.party_id)).first()
    if found is None:
        raise Unknown("unknown-notice", "No such notice.")
    return found


def recall_of(visit: Visit, notice: RecallNotice) -> Recall:
    return visit.kernel().get_one(Recall, notice.recall_id)


def answer_own(
    visit: Visit, notice: RecallNotice, new: NewAnswer, photo: Photo | None = None
) -> RecallAnswer:
    """Answer as the party that was told."""
    visit.demand("notice.answer")
    return answer(visit, find_own_notice(visit, notice.id), new, photo)


def answer(visit: Visit, told: RecallNotice, new: NewAnswer, photo: Photo | None = None) -> RecallAnswer:
    """Keep an answer beside those before it; it counts from now on. Sent again, it is the same answer.

    More than was shipped is kept and flagged: it may have come another way, and nobody is told to say less.
    """
    kernel = visit.kernel()
    notice = kernel.get_one(RecallNotice, told.id, with_for_update=HELD, populate_existing=True)
    origin = origin_of(new) + (f".{photo.sha256}" if photo else "")
    stands = _stands(visit, notice, new.id, origin)
    if stands is not None:
        return stands
    demand_state(recall_of(visit, notice).state, "published")
    goods = {line.batch_id: line for line in lines_of(kernel, [notice.id]).get(notice.id, [])}
    _demand_known(new, goods)
    state = judged(_judged_lines(goods, new), stopped=new.stop_sale)
    kept = RecallAnswer(
        **new.model_dump(exclude={"id", "lines"}),
        id=new.id or new_id(),
        notice_id=notice.id,
        party_id=notice.party_id,
        number=notice.answers + 1,
        state=state,
        photo=photo is not None,
        origin_hash=origin,
        retain_until=later(notice.retain_until, recall_kept(visit.today).until),
        recorded_at=visit.now,
        recorded_by=visit.actor.id,
    )
    kernel.add(kept)
    kernel.flush()
    kernel.add_all([_line(kept, line, goods[line.batch_id]) for line in new.lines])
    if photo is not None:
        kernel.add(_photo(kept, photo))
    _move(visit, notice, kept)
    _note(visit, notice, kept, new.lines)
    return kept


def add_photo(visit: Visit, told: RecallNotice, answer_id: UUID, photo: Photo) -> RecallAnswer:
    """Put a photo beside an answer of the actor's own party that has none; sent again, it is the same one."""
    visit.demand("notice.answer")
    notice, kernel = find_own_notice(visit, told.id), visit.kernel()
    kept = kernel.get(RecallAnswer, answer_id, with_for_update=HELD)
    if kept is None or kept.notice_id != notice.id:
        raise Unknown("unknown-answer", "No such answer.")
    stands = kernel.get(RecallPhoto, kept.id)
    if stands is not None and stands.sha256 != photo.sha256:
        raise Conflict(
            "photo-stands", "This answer has a photo already: send another answer with the new one."
        )
    if stands is None:
        kept.photo = True
        kernel.add_all([kept, _photo(kept, photo)])
        kernel.flush()
        facts = {"answer_id": kept.id, "sha256": photo.sha256}
        visit.note("notice.photo-added", notice.id, notice.from_party_id, facts)
    return kept


def _stands(visit: Visit, notice: RecallNotice, id_: UUID | None, origin: str) -> RecallAnswer | None:
    """The same answer, if it was sent before."""
    stands = visit.kernel().get(RecallAnswer, id_) if id_ else None
    if stands is None:
        return None
    if stands.notice_id != notice.id:
        raise Conflict("id-taken", "Another record stands under this id.")
    return demand_same(stands, origin)


def _move(visit: Visit, notice: RecallNotice, kept: RecallAnswer) -> None:
    """The notice says what its latest answer says."""
    notice.state, notice.answers, notice.answered_at = kept.state, kept.number, visit.now
    notice.told_at = notice.told_at or visit.now
    notice.retain_until = kept.retain_until
    visit.kernel().add(notice)
    visit.kernel().flush()


def _demand_known(new: NewAnswer, goods: Mapping[UUID, RecallNoticeLine]) -> None:
    named = [line.batch_id for line in new.lines]
    faults = [
        Fault(f"#/lines/{number}/batch_id", "This batch is not in the notice, or stands here twice.")
        for number, batch in enumerate(named)
        if batch not in goods or batch in named[:number]
    ]
    if faults:
        raise Unfit("unknown-goods", "The answer names goods that the notice does not.", faults=faults)


def _judged_lines(goods: Mapping[UUID, RecallNoticeLine], new: NewAnswer) -> list[Line]:
    told = {line.batch_id: line for line in new.lines}
    return [line_of(one, told.get(batch)) for batch, one in goods.items()]


def line_of(shipped: RecallNoticeLine, told: NewAnswerLine | RecallAnswerLine | None) -> Line:
    """What was shipped of a batch beside what an answer says became of it. Without a unit that of the shipment."""
    amounts = {name: getattr(told, name) if told else None for name in AMOUNTS}
    unit = (told.unit if told else None) or shipped.unit
    return Line(shipped.quantity, shipped.unit, amounts, unit)


def _line(kept: RecallAnswer, told: NewAnswerLine, shipped: RecallNoticeLine) -> RecallAnswerLine:
    return RecallAnswerLine(
        **told.model_dump(exclude={"unit"}),
        answer_id=kept.id,
        notice_id=kept.notice_id,
        party_id=kept.party_id,
        unit=told.unit or shipped.unit,
    )


def _photo(kept: RecallAnswer, photo: Photo) -> RecallPhoto:
    return RecallPhoto(
        answer_id=kept.id,
        notice_id=kept.notice_id,
        party_id=kept.party_id,
        width=photo.width,
        height=photo.height,
        sha256=photo.sha256,
        content=base64.b64encode(photo.content).decode(),
    )


def _note(visit: Visit, notice: RecallNotice, kept: RecallAnswer, lines: Sequence[NewAnswerLine]) -> None:
    """In the journal of whoever sold to the consignee, without the name and telephone of who answered."""
    facts: dict[str, Any] = kept.model_dump(exclude={"name", "phone", "note", "origin_hash"})
    facts["lines"] = [line.model_dump() for line in lines]
    visit.note("notice.answered", notice.id, notice.from_party_id, facts)
    if notice.from_party_id is not None and not notice.silent:
        event = Event("answer", str(kept.id), {"recall": recall_of(visit, notice).code}, _board(notice))
        tell_party(visit.kernel(), notice.from_party_id, event, visit.now)


def _board(notice: RecallNotice) -> str:
    """Where whoever sold to the consignee reads the answer."""
    if notice.from_party_id == notice.party_id:
        return f"/app/recalls/{notice.recall_id}/reach"
    return f"/app/notices/{notice.parent_id}"
