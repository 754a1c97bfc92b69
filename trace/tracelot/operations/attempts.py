"""Guesses at what only its owner knows, counted by account: in the store, so for all processes and restarts."""

from datetime import datetime, timedelta
from hashlib import sha256
from math import ceil

from sqlmodel import Session

from tracelot.records.attempts import count_try, forget_tries
from tracelot.rules.pacing import too_many

MOST = 10
LASTING = {"sign-in": timedelta(minutes=5), "reset": timedelta(hours=1)}


def count_attempt(session: Session, kind: str, login: str, now: datetime) -> None:
    """Count one more attempt at an account, which need not exist, or refuse it and say when to come back."""
    count, ends_at = count_try(session, _subject(kind, login), now, LASTING[kind])
    if count > MOST:
        raise too_many(max(1, ceil((ends_at - now).total_seconds())))


def forget_attempts(session: Session, kind: str, login: str) -> None:
    """The owner was here: earlier slips do not count against them."""
    forget_tries(session, _subject(kind, login))


def _subject(kind: str, login: str) -> str:
    return sha256(f"{kind}\n{login.strip().casefold()}".encode("utf-8", "replace")).hexdigest()
