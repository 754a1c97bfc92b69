"""A letter on its way out: what must be durable before it leaves, and after; reminders, and a letter sent anew."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlmodel import col, select

from tracelot.operations.lettering import KIND, hand_out, letter_to, write_letters
from tracelot.operations.reaching import people_of, remind_later, settle, tell_consignees
from tracelot.operations.visit import Visit
from tracelot.records.accounts import list_officers
from tracelot.records.consignees import LetterView, RecallLetter, RecallNotice, letters_of
from tracelot.records.locking import HELD
from tracelot.records.parties import Party
from tracelot.records.recalls import Recall
from tracelot.records.tenancy import ScopedSession
from tracelot.rules.parties import covers
from tracelot.rules.reaching import (
    ANSWERED,
    ESCALATES,
    GIVE_UP,
    REMINDERS,
    LetterState,
)
from tracelot.rules.recalls import DRILL
from tracelot.rules.refusals import Conflict, Unknown

__all__ = ["KIND"]
OVER: tuple[LetterState, ...] = ("sent", "failed", "handed", "dropped")


@dataclass(frozen=True)
class Leaving:
    """A letter that may leave now, under the Message-ID that it has for good."""

    letter_id: UUID
    address: str
    language: str | None
    message_id: str
    kind: str
    tries: int
    queued_at: datetime
    notice_id: UUID


def take(kernel: ScopedSession, letter_id: UUID, message_id: str) -> Leaving | str:
    """Note that a letter is about to leave, or say in a word why it must not."""
    letter = kernel.get(RecallLetter, letter_id, with_for_update=HELD, populate_existing=True)
    if letter is None or letter.address is None:
        return "no such letter"
    if letter.state in OVER:
        return f"{letter.state} already"
    notice = kernel.get_one(RecallNotice, letter.notice_id)
    if letter.revoked_at is not None or (letter.kind == "reminder" and notice.state in ANSWERED):
        letter.state = "dropped"
        kernel.add(letter)
        return "no longer needed"
    letter.message_id = letter.message_id or message_id
    letter.state, letter.tries = "sending", letter.tries + 1
    kernel.add(letter)
    kernel.flush()
    return Leaving(letter.id, letter.address, letter.language, letter.message_id, letter.kind, letter.tries,
                   letter.queued_at, letter.notice_id)  # fmt: skip


def given_up(leaving: Leaving, now: datetime) -> bool:
    return now - leaving.queued_at > GIVE_UP


def note(visit: Visit, letter_id: UUID, state: LetterState, detail: str | None) -> None:
    """Note what became of a letter, and let the notice say so. A letter that arrived has arrived for good."""
    kernel = visit.kernel()
    letter = kernel.get_one(RecallLetter, letter_id, with_for_update=HELD, populate_existing=True)
    if letter.state in OVER:
        return
    letter.state, letter.detail = state, detail
    letter.sent_at = visit.now if state == "sent" else None
    kernel.add(letter)
    kernel.flush()
    notice = kernel.get_one(RecallNotice, letter.notice_id, with_for_update=HELD, populate_existing=True)
    settle(visit, [notice])


# --- anew, and again ---------------------------------------------------------------------------------------


def send_again(visit: Visit, recall: Recall, notice_id: UUID, address: str | None) -> str | None:
    """Write to a consignee anew, or give out the link where there is no address. Every older link ends."""
    visit.demand("notice.send")
    return write_anew(visit, recall, _sent_by(visit, recall, notice_id), address)


def write_anew(visit: Visit, recall: Recall, notice: RecallNotice, address: str | None) -> str | None:
    """The same, of a notice that whoever calls this may write about."""
    if not recall.reaches_outside:
        raise Conflict("kept-inside", "This drill tells nobody outside.")
    kernel = visit.kernel()
    if address and not notice.in_app:
        notice.email = address
    for letter in letters_of(kernel, [notice.id]).get(notice.id, ()):
        letter.revoked_at = letter.revoked_at or visit.now
        kernel.add(letter)
    kernel.flush()
    letters = letter_to(visit, notice, "again", people_of(visit, {notice.to_party_id} - {None}))  # type: ignore[arg-type]
    write_letters(visit, [letters])
    link = None if letters or notice.in_app else hand_out(visit, notice)
    settle(visit, [notice])
    facts = {"letters": len(letters), "handed": link is not None}
    visit.note("notice.sent-again", notice.id, notice.from_party_id, facts)
    return link


def _sent_by(visit: Visit, recall: Recall, notice_id: UUID) -> RecallNotice:
    """A notice of one's own customer, in one's own recall or passed on from somebody else's."""
    notice = visit.session.get(RecallNotice, notice_id)
    mine = (
        notice is not None
        and visit.actor.party_id is not None
        and notice.from_party_id == visit.actor.party_id
    )
    if notice is None or not mine or notice.recall_id != recall.id:
        raise Unknown("unknown-notice", "No such notice.")
    return visit.kernel().get_one(RecallNotice, notice_id, with_for_update=HELD, populate_existing=True)


def letters(visit: Visit, notice: RecallNotice) -> list[LetterView]:
    """The letters about a notice that was found before."""
    rows = letters_of(visit.kernel(), [notice.id]).get(notice.id, ())
    return [LetterView.model_validate(row, from_attributes=True) for row in rows]


def remind(visit: Visit, recall_id: UUID, number: int) -> str:
    """Write again to all who have not answered; look for consignees that the books did not know before."""
    kernel = visit.kernel()
    recall = kernel.get(Recall, recall_id)
    if recall is None or recall.state != "published" or recall.closed_at or not recall.reaches_outside:
        return "no longer needed"
    tell_consignees(visit, recall)
    silent = _silent(visit, recall, number)
    for notice in silent:
        notice.reminded = number
        kernel.add(notice)
    people = people_of(visit, {one.to_party_id for one in silent if one.to_party_id})
    write_letters(visit, [letter_to(visit, one, "reminder", people) for one in silent])
    settle(visit, silent)
    if number < REMINDERS:
        remind_later(visit, recall, number + 1, visit.now)
    if number >= ESCALATES and silent:
        _escalate(visit, recall, len(silent))
    visit.note("recall.reminded", recall.id, recall.party_id, {"number": number, "silent": len(silent)})
    return f"{len(silent)} have not answered"


def _silent(visit: Visit, recall: Recall, number: int) -> list[RecallNotice]:
    query = select(RecallNotice).where(RecallNotice.recall_id == recall.id, RecallNotice.reminded < number)
    query = query.where(col(RecallNotice.state).not_in(ANSWERED)).order_by(col(RecallNotice.id))
    return list(visit.kernel().exec(query.with_for_update(key_share=True)).all())


def _escalate(visit: Visit, recall: Recall, silent: int) -> None:
    """Tell the firm's people and every office above it how many keep silent; of a drill its firm alone."""
    kernel = visit.kernel()
    firm = kernel.get_one(Party, recall.party_id)
    own = [one for one in people_of(visit, {firm.id}).get(firm.id, []) if one.role in ("admin", "quality")]
    watching = [] if recall.kind == DRILL else list_officers(kernel)
    offices = [one for one, territory in watching if covers(territory, recall.region_code)]
    for account in {one.id: one for one in (*own, *offices) if one.email}.values():
        inside = account.party_id == firm.id
        place = f"/app/recalls/{recall.id}/reach" if inside else f"/gov/recalls/{recall.code}/reach"
        visit.ask("mail", template="unanswered", to=account.email, language=account.language, code=recall.code,
                  level=recall.level, firm_zh=firm.name_zh, firm_en=firm.name_en, silent=silent,
                  drill=recall.kind == DRILL, address=f"{visit.place.public_url}{place}")  # fmt: skip
