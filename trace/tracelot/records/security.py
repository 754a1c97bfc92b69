"""Second factors with their recovery codes, and what people can read of their account's safety."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from sqlmodel import Field, Session, SQLModel, col, delete, func, select, update


class SecondFactor(SQLModel, table=True):
    """A person's TOTP secret (RFC 6238), sealed with the deployment's key; without `confirmed_at` it is an offer."""

    account_id: UUID = Field(primary_key=True, foreign_key="account.id")
    sealed: str
    last_step: int = 0  # the newest half minute whose code was used
    confirmed_at: datetime | None = None
    recorded_at: datetime


class RecoveryCode(SQLModel, table=True):
    """A code that works once where the device is lost; kept as its SHA-256."""

    account_id: UUID = Field(primary_key=True, foreign_key="account.id")
    digest: str = Field(primary_key=True)
    used_at: datetime | None = None


class SecurityEvent(SQLModel, table=True):
    """Something that happened to an account. Kept for a year, and so not in the journal."""

    id: UUID = Field(primary_key=True)
    account_id: UUID = Field(index=True)
    party_id: UUID | None = Field(default=None, index=True)
    kind: str
    about: str = ""
    device: str = ""
    address: str = ""  # coarse
    recorded_at: datetime
    retain_until: date = Field(index=True)


def find_factor(session: Session, account_id: UUID) -> SecondFactor | None:
    """A person's second factor, if it is switched on."""
    factor = session.get(SecondFactor, account_id)
    return factor if factor is not None and factor.confirmed_at is not None else None


def use_step(session: Session, account_id: UUID, step: int) -> bool:
    """Take a code's half minute, unless it or a later one was used already, even at this very moment."""
    mine = (col(SecondFactor.account_id) == account_id, col(SecondFactor.last_step) < step)
    return session.exec(update(SecondFactor).where(*mine).values(last_step=step)).rowcount == 1


def use_recovery(session: Session, account_id: UUID, digest: str, now: datetime) -> bool:
    """Take a recovery code, if it is there and was not used."""
    mine = (col(RecoveryCode.account_id) == account_id, col(RecoveryCode.digest) == digest)
    unused = update(RecoveryCode).where(*mine, col(RecoveryCode.used_at).is_(None))
    return session.exec(unused.values(used_at=now)).rowcount == 1


def count_recovery(session: Session, account_id: UUID) -> int:
    """How many recovery codes are left."""
    mine = (RecoveryCode.account_id == account_id, col(RecoveryCode.used_at).is_(None))
    return session.exec(select(func.count()).select_from(RecoveryCode).where(*mine)).one()


def drop_recovery(session: Session, account_id: UUID) -> None:
    session.exec(delete(RecoveryCode).where(col(RecoveryCode.account_id) == account_id))


def drop_factor(session: Session, account_id: UUID) -> None:
    """Take off a second factor, with its recovery codes."""
    drop_recovery(session, account_id)
    session.exec(delete(SecondFactor).where(col(SecondFactor.account_id) == account_id))


def list_protected(session: Session, account_ids: Sequence[UUID]) -> set[UUID]:
    """Which of these people have a second factor."""
    mine = (col(SecondFactor.account_id).in_(account_ids), col(SecondFactor.confirmed_at).is_not(None))
    return set(session.exec(select(SecondFactor.account_id).where(*mine)))


def list_own_events(session: Session, account_id: UUID, limit: int) -> Sequence[SecurityEvent]:
    query = select(SecurityEvent).where(SecurityEvent.account_id == account_id)
    return session.exec(query.order_by(col(SecurityEvent.recorded_at).desc()).limit(limit)).all()


def list_party_events(
    session: Session, party_id: UUID, but: UUID | None, limit: int
) -> Sequence[SecurityEvent]:
    """What happened to the accounts of a party, one person's left out."""
    query = select(SecurityEvent).where(SecurityEvent.party_id == party_id, SecurityEvent.account_id != but)
    return session.exec(query.order_by(col(SecurityEvent.recorded_at).desc()).limit(limit)).all()


def blank_events(session: Session, account_id: UUID, party_id: UUID | None, names: Sequence[str]) -> None:
    """Take a person's devices out of their events, and their names out of those of colleagues."""
    mine = col(SecurityEvent.account_id) == account_id
    session.exec(update(SecurityEvent).where(mine).values(device="", address="", about=""))
    told = (col(SecurityEvent.party_id) == party_id, col(SecurityEvent.about).in_(names))
    session.exec(update(SecurityEvent).where(*told).values(about=""))


def purge_events(session: Session, today: date) -> None:
    """Forget what is past its time."""
    session.exec(delete(SecurityEvent).where(col(SecurityEvent.retain_until) < today))
