"""When what was kept of imports may go: once they are over and their date has passed."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import date, datetime
from uuid import UUID

from sqlmodel import Session, col, delete, select

from tracelot.records.imports import Import, ImportPart
from tracelot.records.purging import forget_entries
from tracelot.records.shelves import chunks

OVER = ("refused", "committed", "undone", "discarded")


def remove_imports(session: Session, before: date, now: datetime) -> Mapping[UUID, list[UUID]]:
    """Remove them with all their parts; answers which, by party. What they brought has dates of its own."""
    due = select(Import.party_id, Import.id).where(
        col(Import.retain_until) < before, col(Import.state).in_(OVER)
    )
    gone = defaultdict[UUID, list[UUID]](list)
    for party_id, id_ in session.exec(due.order_by(col(Import.id))).all():
        gone[party_id].append(id_)
    for some in chunks(id_ for ids in gone.values() for id_ in ids):
        session.exec(delete(ImportPart).where(col(ImportPart.import_id).in_(some)))
        session.exec(delete(Import).where(col(Import.id).in_(some)))
        forget_entries(session, some, now)
    return gone
