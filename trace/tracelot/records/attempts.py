"""How often somebody tried lately what only its owner gets right, such as a password."""

from datetime import datetime, timedelta

from sqlalchemy import case
from sqlmodel import Field, Session, SQLModel, col, delete, update

from tracelot.records.database import insert_ignoring

FORGOTTEN = timedelta(hours=1)  # after its end; nobody waits any more for the lock of such a row


class Attempt(SQLModel, table=True):
    """Tries at one account since the first of them; `subject` is a digest, since anything may be typed."""

    subject: str = Field(primary_key=True)
    count: int
    ends_at: datetime = Field(index=True)


def count_try(session: Session, subject: str, now: datetime, lasts: timedelta) -> tuple[int, datetime]:
    """Count one more; says how many there were and when they are forgotten. Old ones are tidied away."""
    session.exec(delete(Attempt).where(col(Attempt.ends_at) <= now - FORGOTTEN))
    connection, ends_at = session.connection(), now + lasts
    new = {"subject": subject, "count": 0, "ends_at": ends_at}
    connection.execute(insert_ignoring(connection, Attempt, [new]))
    over = col(Attempt.ends_at) <= now
    bump = update(Attempt).where(col(Attempt.subject) == subject)
    bump = bump.values(
        count=case((over, 1), else_=Attempt.count + 1),
        ends_at=case((over, ends_at), else_=col(Attempt.ends_at)),
    )
    count, until = session.execute(bump.returning(col(Attempt.count), col(Attempt.ends_at))).one()
    return int(count), until


def forget_tries(session: Session, subject: str) -> None:
    session.exec(delete(Attempt).where(col(Attempt.subject) == subject))
