"""The outbox: work that follows a commit, written with it and drained by a worker; and answers kept by key."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlmodel import JSON, Field, Session, SQLModel, col, func, select, update

LEASE = timedelta(minutes=2)


class Task(SQLModel, table=True):
    """One piece of work. It is claimed by a lease, which another worker may take over once it ran out."""

    id: UUID = Field(primary_key=True)
    kind: str
    payload: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    due_at: datetime = Field(index=True)
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


def list_due(session: Session, now: datetime, limit: int = 20) -> Sequence[Task]:
    """Tasks that wait and that no living lease holds."""
    query = select(Task).where(col(Task.done_at).is_(None), col(Task.due_at) <= now)
    query = query.where(col(Task.lease_until).is_(None) | (col(Task.lease_until) < now))
    return session.exec(query.order_by(col(Task.due_at)).limit(limit)).all()


def claim(session: Session, task: Task, owner: str, now: datetime) -> bool:
    """Take the lease; of several workers one wins."""
    query = (
        update(Task)
        .where(col(Task.id) == task.id, col(Task.done_at).is_(None))
        .where(col(Task.lease_until).is_(None) | (col(Task.lease_until) < now))
        .values(owner=owner, lease_until=now + LEASE, attempts=Task.attempts + 1)
    )
    return session.exec(query).rowcount == 1


def backlog(session: Session, now: datetime) -> tuple[int, datetime | None]:
    """How many tasks are due and not done, and since when the oldest of them is."""
    query = select(func.count(), func.min(Task.due_at)).where(
        col(Task.done_at).is_(None), col(Task.due_at) <= now
    )
    count, oldest = session.exec(query).one()
    return count, oldest


def count_given_up(session: Session) -> int:
    """Tasks that failed until nobody tried any more."""
    query = select(func.count()).where(col(Task.done_at).is_not(None), col(Task.outcome).like("failed:%"))
    return session.exec(query).one()
