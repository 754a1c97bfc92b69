"""When a sampling may go, and removing it with all that followed; tasks and plans go once nothing is left of them."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlmodel import Session, col, delete, exists, select

from tracelot.records.purging import forget_entries
from tracelot.records.sampling_papers import SamplingCase, SamplingClock, SamplingPaper, SamplingResult
from tracelot.records.sampling_plans import SamplingCandidate, SamplingPlan, SamplingTask
from tracelot.records.samplings import Sampling, SamplingPhoto

OF_SAMPLING: tuple[Any, ...] = (SamplingPhoto, SamplingClock, SamplingResult, SamplingCase, SamplingPaper)


def list_due_samplings(session: Session, before: date) -> Sequence[Sampling]:
    """Samplings whose date has passed, and of which no follow-up is open."""
    open_ = select(SamplingCase.sampling_id).where(SamplingCase.state == "open")
    query = select(Sampling).where(col(Sampling.retain_until) < before, col(Sampling.id).not_in(open_))
    return session.exec(query.order_by(col(Sampling.id))).all()


def remove_sampling(session: Session, sampling: Sampling, now: datetime) -> None:
    papers = session.exec(select(SamplingPaper.id).where(SamplingPaper.sampling_id == sampling.id)).all()
    forget_entries(session, [sampling.id, *papers], now)
    for part in OF_SAMPLING:
        session.exec(delete(part).where(col(part.sampling_id) == sampling.id))
    session.exec(delete(Sampling).where(col(Sampling.id) == sampling.id))


def remove_empty(session: Session, before: date, now: datetime) -> int:
    """Remove tasks of which no sheet is left, and plans of which no task is."""
    sheet = exists(select(Sampling.id).where(Sampling.task_id == SamplingTask.id))
    late = col(SamplingTask.retain_until) < before
    tasks = session.exec(select(SamplingTask.id).where(late, ~sheet)).all()
    forget_entries(session, tasks, now)
    session.exec(delete(SamplingTask).where(col(SamplingTask.id).in_(tasks)))
    task = exists(select(SamplingTask.id).where(SamplingTask.plan_id == SamplingPlan.id))
    plans = session.exec(select(SamplingPlan.id).where(col(SamplingPlan.retain_until) < before, ~task)).all()
    forget_entries(session, plans, now)
    session.exec(delete(SamplingCandidate).where(col(SamplingCandidate.plan_id).in_(plans)))
    session.exec(delete(SamplingPlan).where(col(SamplingPlan.id).in_(plans)))
    return len(tasks) + len(plans)
