"""The clocks that run, for a firm its own and for an office those of its territory; and who asks for more time."""

from collections.abc import Sequence

from sqlmodel import Session, col, func, select

from tracelot.records.clocks import ClockExtension, RecallClock
from tracelot.records.parties import Party
from tracelot.records.recalls import Recall
from tracelot.rules.recalls import DRILL
from tracelot.rules.stages import OVER


def list_open_clocks(session: Session, limit: int) -> tuple[Sequence[tuple[RecallClock, Recall, Party]], int]:
    """Clocks that run in what the reader's sight holds: those without a date, then the first to end; and how many."""
    ends = func.coalesce(RecallClock.extended_to, RecallClock.due_at)
    where = (
        RecallClock.recall_id == Recall.id,
        Recall.party_id == Party.id,
        col(Recall.state).not_in(OVER),
        Recall.kind != DRILL,
        col(RecallClock.begun_at).is_not(None),
        col(RecallClock.met_at).is_(None),
    )
    count = (
        select(func.count()).select_from(RecallClock).join(Recall, col(Recall.id) == RecallClock.recall_id)
    )
    total = session.exec(count.join(Party, col(Party.id) == Recall.party_id).where(*where)).one()
    query = select(RecallClock, Recall, Party).where(*where)
    order = (ends.is_not(None), ends, col(RecallClock.recall_id), col(RecallClock.kind))
    return [(row[0], row[1], row[2]) for row in session.exec(query.order_by(*order).limit(limit))], total


def list_asked(session: Session, limit: int) -> Sequence[tuple[ClockExtension, Recall, Party]]:
    """Extensions that wait for an answer, the oldest first."""
    query = select(ClockExtension, Recall, Party).where(
        ClockExtension.state == "asked",
        ClockExtension.recall_id == Recall.id,
        Recall.party_id == Party.id,
        col(Recall.state).not_in(OVER),
    )
    found = session.exec(query.order_by(col(ClockExtension.asked_at), col(ClockExtension.id)).limit(limit))
    return [(row[0], row[1], row[2]) for row in found]
