"""When reports of the public may go: who reported half a year after the end, the rest once its date has passed."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from sqlmodel import Session, col, delete, select, update

from tracelot.records.purging import forget_entries
from tracelot.records.tips import Tip, TipContact, TipNote, TipPhoto, TipShare
from tracelot.rules.tipping import OPEN_TIPS


def list_due_tips(session: Session, before: date, limit: int) -> Sequence[Tip]:
    """Those that were closed, and that no other one kept was joined to."""
    query = select(Tip).where(col(Tip.retain_until) < before, col(Tip.state).not_in(OPEN_TIPS))
    late = select(Tip.duplicate_of).where(col(Tip.retain_until) >= before, col(Tip.duplicate_of).is_not(None))
    return session.exec(query.where(col(Tip.id).not_in(late)).order_by(col(Tip.id)).limit(limit)).all()


def remove_tip(session: Session, tip: Tip, now: datetime) -> None:
    notes = session.exec(select(TipNote.id).where(TipNote.tip_id == tip.id)).all()
    forget_entries(session, [tip.id, *notes], now)
    for part in (TipContact, TipPhoto, TipNote):
        session.exec(delete(part).where(col(part.tip_id) == tip.id))
    joined = update(Tip).where(col(Tip.duplicate_of) == tip.id)
    session.exec(joined.values(duplicate_of=None))
    session.exec(delete(Tip).where(col(Tip.id) == tip.id))


def remove_contacts(session: Session, before: date) -> Sequence[UUID]:
    """Who reported what was closed half a year ago; says of which reports."""
    due = session.exec(select(TipContact.tip_id).where(col(TipContact.erase_on) < before)).all()
    session.exec(delete(TipContact).where(col(TipContact.erase_on) < before))
    return due


def remove_shares(session: Session, before: date, now: datetime) -> int:
    """What firms were told of complaints."""
    due = session.exec(select(TipShare.id).where(col(TipShare.retain_until) < before)).all()
    forget_entries(session, due, now)
    return session.exec(delete(TipShare).where(col(TipShare.id).in_(due))).rowcount if due else 0
