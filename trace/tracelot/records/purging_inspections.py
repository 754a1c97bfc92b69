"""What is kept of inspections: how long, and removing it with the batch, or alone where no batch was named."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from sqlmodel import Session, col, delete, func, select

from tracelot.records.holding import HoldRequest
from tracelot.records.inspections import Finding, Inspection, InspectionFile
from tracelot.records.retained import RetainedSample


def inspections_of(session: Session, batch_id: UUID) -> Sequence[UUID]:
    return session.exec(select(Inspection.id).where(Inspection.batch_id == batch_id)).all()


def samples_of(session: Session, batch_id: UUID) -> Sequence[UUID]:
    return session.exec(select(RetainedSample.id).where(RetainedSample.batch_id == batch_id)).all()


def latest_kept(session: Session, batch_id: UUID) -> date | None:
    """The last day on which anything of a batch's inspections and samples must be there."""
    reports = select(func.max(Inspection.retain_until)).where(Inspection.batch_id == batch_id)
    asked = select(func.max(HoldRequest.retain_until)).where(HoldRequest.batch_id == batch_id)
    samples = select(func.max(RetainedSample.retain_until)).where(RetainedSample.batch_id == batch_id)
    found = [session.exec(one).one() for one in (reports, asked, samples)]
    return max((day for day in found if day), default=None)


def remove_inspections(session: Session, ids: Sequence[UUID]) -> None:
    """Reports with their findings, files and requests."""
    for model in (HoldRequest, Finding, InspectionFile):
        session.exec(delete(model).where(col(model.inspection_id).in_(ids)))
    session.exec(delete(Inspection).where(col(Inspection.id).in_(ids)))


def remove_samples(session: Session, batch_id: UUID) -> None:
    session.exec(delete(RetainedSample).where(col(RetainedSample.batch_id) == batch_id))


def list_due_inspections(session: Session, before: date, limit: int) -> Sequence[Inspection]:
    """Reports on a product alone whose date has passed."""
    query = select(Inspection).where(
        col(Inspection.batch_id).is_(None), col(Inspection.retain_until) < before
    )
    return session.exec(query.order_by(col(Inspection.id)).limit(limit)).all()
