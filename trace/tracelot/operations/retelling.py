"""Whoever was told of a recall is told again that it was withdrawn or made graver: by letter, here, and by webhook."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Literal
from uuid import UUID

from sqlmodel import col, select

from tracelot.operations.lettering import letter_to, write_letters
from tracelot.operations.naming import rows_of
from tracelot.operations.notifying import Event, tell
from tracelot.operations.queuing import people_of
from tracelot.operations.visit import Visit
from tracelot.records.accounts import Account
from tracelot.records.consignees import RecallLetter, RecallNotice
from tracelot.records.following import ways_of
from tracelot.records.recalls import Recall
from tracelot.records.shelves import chunks

LEFT = ("sending", "sent", "handed")  # a letter that may have arrived
DECIDING = ("admin", "quality")
Again = Literal["withdrawn", "graver"]


def tell_again(visit: Visit, recall: Recall, kind: Again) -> None:
    """Write to everybody whom the notice reached. Letters of a withdrawn recall that still wait never leave."""
    told: list[RecallNotice] = []
    for some in chunks(_notices(visit, recall)):
        letters = _letters(visit, some)
        if kind == "withdrawn":
            _drop(visit, letters)
        reached = {one.notice_id for one in letters if one.state in LEFT}
        rows = rows_of(visit.kernel(), RecallNotice, some).values()
        told += [one for one in rows if not one.silent and (one.in_app or one.id in reached)]
    people = people_of(visit, {one.to_party_id for one in told if one.to_party_id})
    write_letters(visit, [letter_to(visit, one, kind, people) for one in told])
    for one in told:
        _beside(visit, recall, one, kind, people)
    facts = {"change": kind, "notices": len(told)}
    visit.note("recall.told-again", recall.id, recall.party_id, facts)


def _notices(visit: Visit, recall: Recall) -> Sequence[UUID]:
    return visit.kernel().exec(select(RecallNotice.id).where(RecallNotice.recall_id == recall.id)).all()


def _letters(visit: Visit, notices: Iterable[UUID]) -> Sequence[RecallLetter]:
    """Held, so that none of them leaves meanwhile."""
    query = select(RecallLetter).where(col(RecallLetter.notice_id).in_(list(notices)))
    query = query.order_by(col(RecallLetter.id)).with_for_update(key_share=True)
    return visit.kernel().exec(query.execution_options(populate_existing=True)).all()


def _drop(visit: Visit, letters: Iterable[RecallLetter]) -> None:
    for letter in letters:
        if letter.state == "queued":
            letter.state = "dropped"
            visit.kernel().add(letter)
    visit.kernel().flush()


def _beside(
    visit: Visit,
    recall: Recall,
    notice: RecallNotice,
    kind: Again,
    people: Mapping[UUID | None, Sequence[Account]],
) -> None:
    """In the application and by webhook; mail is the letter."""
    facts = {"recall": recall.code, "level": str(recall.level), "change": kind}
    event = Event("notice-changed", f"{notice.id} {recall.version}", facts, f"/app/notices/{notice.id}")
    for account in people.get(notice.to_party_id, ()) if notice.in_app else ():
        if account.role in DECIDING:
            ways = replace(ways_of(visit.kernel(), account.id, event.kind), mail=False)
            tell(visit.kernel(), account, event, ways, visit.now)
