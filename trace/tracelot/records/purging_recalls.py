"""When a recall may go, and removing it: with its notices, answers, scopes, clocks and papers, or not at all."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlmodel import Session, col, delete, select, update

from tracelot.records.batches import Batch
from tracelot.records.clocks import ClockExtension, RecallClock
from tracelot.records.consignees import (
    RecallAnswer,
    RecallAnswerLine,
    RecallForward,
    RecallLetter,
    RecallNotice,
    RecallNoticeLine,
    RecallPhoto,
)
from tracelot.records.effectiveness import Disposal, EffectivenessCheck, EffectivenessSample
from tracelot.records.journal import JournalEntry
from tracelot.records.proceedings import RecallPlan, RecallReport, RegulatorAction
from tracelot.records.purging import forget_entries
from tracelot.records.recalls import Recall, RecallBatch, RecallRange
from tracelot.records.scopes import RecallScope, RecallScopeLine
from tracelot.records.searching import SearchTerm
from tracelot.records.tips import Tip
from tracelot.rules.recalls import DRILL
from tracelot.rules.retention import OPEN_RECALLS

PAPERS: tuple[Any, ...] = (
    EffectivenessSample,
    EffectivenessCheck,
    Disposal,
    RecallPlan,
    RecallReport,
    RegulatorAction,
)
OF_NOTICE: tuple[Any, ...] = (
    RecallPhoto,
    RecallAnswerLine,
    RecallAnswer,
    RecallLetter,
    RecallNoticeLine,
    RecallForward,
)
OF_RECALL: tuple[Any, ...] = (
    RecallNotice, *PAPERS, ClockExtension, RecallClock, RecallBatch, RecallScopeLine, RecallScope, RecallRange,
)  # fmt: skip
ENDED = col(Recall.closed_at).is_not(None) | col(Recall.state).not_in(OPEN_RECALLS)


def list_due_recalls(session: Session, before: date) -> Sequence[Recall]:
    """Recalls that were closed or dropped, and whose date has passed."""
    query = select(Recall).where(col(Recall.retain_until) < before, ENDED)
    return session.exec(query.order_by(col(Recall.id))).all()


def kept_by(session: Session, recall: Recall, before: date) -> bool:
    """Whether something of a recall must still be kept: an answer, a paper, an entry, or goods that it recalled."""
    id_ = recall.id
    queries: list[Any] = [
        select(one.id).where(one.recall_id == id_, col(one.retain_until) >= before)
        for one in (RecallNotice, *PAPERS)
    ]
    late = col(RecallAnswer.retain_until) >= before
    answered = select(RecallAnswer.id).where(RecallAnswer.notice_id == RecallNotice.id, late)
    queries.append(answered.where(RecallNotice.recall_id == id_))
    told = select(JournalEntry.id).where(JournalEntry.subject_id == id_, JournalEntry.salt != "")
    queries.append(told.where(col(JournalEntry.retain_until) >= before))
    if recall.published_at is not None and recall.kind != DRILL:  # what shows as recalled must say why
        goods = select(Batch.id).where(Batch.id == RecallBatch.batch_id, RecallBatch.recall_id == id_)
        queries.append(goods.where(col(Batch.retain_until) >= before))
    return any(session.exec(query.limit(1)).first() is not None for query in queries)


def remove_recall(session: Session, recall: Recall, now: datetime) -> None:
    of: list[Any] = [RecallNotice, *PAPERS]
    ids: list[UUID] = [
        id_ for one in of for id_ in session.exec(select(one.id).where(one.recall_id == recall.id))
    ]
    forget_entries(session, [recall.id, *ids], now)
    notices = select(RecallNotice.id).where(RecallNotice.recall_id == recall.id)
    for part in OF_NOTICE:
        session.exec(delete(part).where(col(part.notice_id).in_(notices)))
    for row in OF_RECALL:
        session.exec(delete(row).where(col(row.recall_id) == recall.id))
    session.exec(update(Tip).where(col(Tip.recall_id) == recall.id).values(recall_id=None))
    session.exec(delete(SearchTerm).where(col(SearchTerm.subject_id) == recall.id))
    session.exec(delete(Recall).where(col(Recall.id) == recall.id))
