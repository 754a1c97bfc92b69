"""What consignees answered to a recall, as its ledger reckons with it; and when they were told and answered."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from sqlmodel import select

from tracelot.operations.recovery_curves import Words
from tracelot.operations.tracing import unit_of
from tracelot.operations.visit import Visit
from tracelot.records.consignees import (
    RecallAnswerLine,
    RecallNotice,
    answer_lines,
    latest_answers,
)
from tracelot.records.recalls import Recall
from tracelot.rules.balancing import Hands
from tracelot.rules.places import contact_end, party_end
from tracelot.rules.recovering import Answer, Answers

Key = tuple[str, str]


@dataclass(frozen=True)
class Answered:
    answers: Answers
    words: dict[str, Words]


def answered(visit: Visit, recall: Recall, hands: Hands) -> Answered:
    """The newest answer of each consignee; an amount in another unit than that of the books does not count."""
    kernel = visit.kernel()
    query = select(RecallNotice).where(RecallNotice.recall_id == recall.id)
    notices = [one for one in kernel.exec(query) if _end(one)]
    latest = latest_answers(kernel, notices)
    lines = answer_lines(kernel, [one.id for one in latest.values()])
    told: dict[Key, Answer] = {}
    for notice in notices:
        if notice.id in latest:
            told |= _told(_end(notice), lines.get(latest[notice.id].id, ()), hands)
    return Answered(told, {_end(one): Words(one.told_at, one.answered_at) for one in notices})


def _end(notice: RecallNotice) -> str:
    """How the books name the consignee; nothing for those whom a consignee named and the books do not know."""
    if notice.to_party_id is not None:
        return party_end(notice.to_party_id)
    return contact_end(notice.to_contact_id) if notice.to_contact_id is not None else ""


def _told(end: str, lines: Iterable[RecallAnswerLine], hands: Hands) -> dict[Key, Answer]:
    return {
        (end, str(line.batch_id)): _answer(line)
        for line in lines
        if line.unit in (None, unit_of(hands, str(line.batch_id)))
    }


def _answer(line: RecallAnswerLine) -> Answer:
    amounts: dict[str, Decimal | None] = {
        name: getattr(line, name) for name in ("returned", "destroyed", "sold", "on_hand")
    }
    return Answer(**amounts)
