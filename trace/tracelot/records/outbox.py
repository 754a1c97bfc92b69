"""The outbox: work that follows a commit, written with it and drained by a worker; and answers kept by key."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, exists
from sqlalchemy.orm import aliased
from sqlmodel import JSON, Field, Index, Session, SQLModel, case, col, func, select, update

LEASE = timedelta(minutes=2)
FAILED = "failed"  # how the outcome of a task begins that did not succeed
SECRET = frozenset({"link"})  # a one-time link is kept no longer than until its mail is sent


class Task(SQLModel, table=True):
    """One piece of work. It is claimed by a lease, which another worker may take over once it ran out.

    Of the tasks of one lane one is worked on at a time, in their order.
    """

    __table_args__ = (Index("ix_task_done_at_due_at", "done_at", "due_at"),)

    id: UUID = Field(primary_key=True)
    kind: str
    lane: UUID | None = Field(default=None, index=True)
    payload: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    due_at: datetime
    attempts: int = 0
    lease_until: datetime | None = None
    owner: str | None = None
    done_at: datetime | None = None
    outcome: str | None = None
    recorded_at: datetime


class KeptAnswer(SQLModel, table=True):
    """The answer given under an Idempotency-Key; it commits with the effect and is never thrown away."""

    actor_id: UUID = Field(primary_key=True)
    key: str = Field(primary_key=True)
    fingerprint: str
    status: int = 0
    headers: dict[str, str] = Field(default_factory=dict, sa_type=JSON)
    body: str = ""
    recorded_at: datetime


def list_due(
    session: Session, now: datetime, only: Sequence[str] = (), but: Sequence[str] = (), limit: int = 20
) -> Sequence[Task]:
    """Tasks that wait and that no living lease holds, nor one on another task of their lane."""
    query = select(Task).where(col(Task.done_at).is_(None), col(Task.due_at) <= now, ~_held_up(now, Task))
    query = query.where(col(Task.lease_until).is_(None) | (col(Task.lease_until) < now))
    if only:
        query = query.where(col(Task.kind).in_(only))
    if but:
        query = query.where(col(Task.kind).not_in(but))
    return session.exec(query.order_by(col(Task.due_at), col(Task.id)).limit(limit)).all()


def _held_up(now: datetime, task: Any) -> ColumnElement[bool]:
    """Whether another task of its lane is being worked on, or comes before it."""
    other = aliased(Task)
    leased = col(other.lease_until) >= now
    first = (col(other.due_at) < task.due_at) | (
        (col(other.due_at) == task.due_at) & (col(other.id) < task.id)
    )
    return exists().where(col(other.lane) == task.lane, col(other.done_at).is_(None), leased | first)


def claim(session: Session, task: Task, owner: str, now: datetime) -> bool:
    """Take the lease; of several workers one wins, and none passes another in a lane."""
    query = (
        update(Task)
        .where(col(Task.id) == task.id, col(Task.done_at).is_(None), ~_held_up(now, Task))
        .where(col(Task.lease_until).is_(None) | (col(Task.lease_until) < now))
        .values(owner=owner, lease_until=now + LEASE, attempts=Task.attempts + 1)
    )
    return session.exec(query).rowcount == 1


def claim_due(
    session: Session,
    kind: str,
    owner: str,
    now: datetime,
    limit: int,
    recorded_before: datetime | None = None,
) -> Sequence[Task]:
    """Take the leases of many tasks at once; what somebody else is about to take is left to them."""
    query = select(Task).where(col(Task.done_at).is_(None), col(Task.due_at) <= now, col(Task.kind) == kind)
    query = query.where(col(Task.lease_until).is_(None) | (col(Task.lease_until) < now))
    if recorded_before is not None:
        query = query.where(col(Task.recorded_at) < recorded_before)
    query = query.order_by(col(Task.due_at)).limit(limit)
    tasks = session.exec(query.with_for_update(skip_locked=True, key_share=True)).all()
    for task in tasks:
        task.owner, task.lease_until, task.attempts = owner, now + LEASE, task.attempts + 1
    session.add_all(tasks)
    session.flush()
    return tasks


def renew(session: Session, tasks: Collection[UUID], owner: str, now: datetime) -> bool:
    """Hold leases longer; says whether all of them are still the owner's."""
    query = update(Task).where(col(Task.id).in_(tasks), col(Task.owner) == owner, col(Task.done_at).is_(None))
    return session.exec(query.values(lease_until=now + LEASE)).rowcount == len(tasks)


def list_held(session: Session, tasks: Collection[UUID], owner: str) -> Sequence[Task]:
    """Those of some tasks that nobody else took over."""
    query = select(Task).where(col(Task.id).in_(tasks), col(Task.owner) == owner, col(Task.done_at).is_(None))
    return session.exec(query.with_for_update(key_share=True)).all()


def close(task: Task, now: datetime) -> None:
    """It is over, and so is the use of its secrets."""
    task.done_at, task.lease_until = now, None
    task.payload = {name: value for name, value in task.payload.items() if name not in SECRET}


def waiting(session: Session, now: datetime) -> tuple[int, int, datetime | None]:
    """How many tasks are not done, how many of them were tried, and since when the oldest waits.

    A task that was put there for a day to come waits from that day on, which stands in `recorded_at`.
    """
    tried = func.sum(case((col(Task.outcome).is_not(None), 1), else_=0))
    query = select(func.count(), tried, func.min(Task.recorded_at)).where(
        col(Task.done_at).is_(None), col(Task.recorded_at) <= now
    )
    count, retried, oldest = session.exec(query).one()
    return count, int(retried or 0), oldest


def count_given_up(session: Session) -> int:
    query = select(func.count()).select_from(Task)
    return session.exec(
        query.where(col(Task.done_at).is_not(None), col(Task.outcome).startswith(FAILED))
    ).one()
