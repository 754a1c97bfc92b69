"""A person's sessions: signing in, in one step or two, being recognised, signing out; and their password."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlmodel import Session, col, update

from tracelot.operations.actors import actor_of, archived, own_account
from tracelot.operations.attempts import forget_attempts
from tracelot.operations.factors import accept_code
from tracelot.operations.passwords import digest, new_secret
from tracelot.operations.security import note, note_failure, note_own
from tracelot.operations.visit import Visit
from tracelot.records.accounts import (
    Account,
    ApiKey,
    SignInSession,
    find_account,
    find_session,
    list_sessions,
    revoke_sessions,
    use_up_links,
)
from tracelot.records.security import find_factor, purge_events
from tracelot.rules.access import Actor
from tracelot.rules.refusals import Unidentified, unfit
from tracelot.rules.retention import session_kept

IDLE = timedelta(hours=12)
LONGEST = timedelta(days=30)
SEEN_STEP = timedelta(minutes=5)  # how exactly "last seen" is kept: each write costs a commit
HALFWAY = timedelta(minutes=10)
SEALED_FOR = "half a sign-in"


@dataclass(frozen=True)
class SignedIn:
    account: Account
    actor: Actor
    secret: str
    ends_at: datetime


@dataclass(frozen=True)
class Halfway:
    """The password was right; a code is still to come. `token` says so, sealed, and holds no password."""

    token: str


def sign_in(visit: Visit, login: str, password: str) -> SignedIn | Halfway:
    """Start a session; the answer to a wrong name and to a wrong password is the same."""
    account = find_account(visit.kernel(), login)
    right = visit.passwords.fits(login, password, account.password_hash if account else None)
    if account is not None and not right:
        note_failure(visit, "sign-in-failed", account)
    if account is None or not right or account.disabled_at is not None:
        raise Unidentified("bad-sign-in", "The name or the password is wrong.")
    if archived(visit.kernel(), account):
        raise Unidentified("party-archived", "This party is archived.")
    return let_in(visit, account)


def let_in(visit: Visit, account: Account) -> SignedIn | Halfway:
    """A session for whoever showed the first factor, or the way to the second one."""
    if find_factor(visit.kernel(), account.id) is None:
        return start_session(visit, account)
    content = {"account": str(account.id), "password": _stamp(account)}
    return Halfway(visit.place.keyring.seal(SEALED_FOR, content, visit.now))


def _stamp(account: Account) -> str:
    """Changes with the password: half a sign-in does not outlive it."""
    return digest(account.password_hash or "")[:16]


def find_halfway(visit: Visit, token: str) -> Account:
    """Whose code is awaited. Whoever was disabled meanwhile, or has a new password, begins anew or not at all."""
    content = visit.place.keyring.open(SEALED_FOR, token, visit.now, HALFWAY)
    account = visit.kernel().get(Account, UUID(content["account"])) if content else None
    gone = account is None or account.disabled_at is not None or archived(visit.kernel(), account)
    if not content or not account or gone or content["password"] != _stamp(account):
        raise Unidentified("sign-in-anew", "This took too long. Sign in anew.")
    return account


def finish_sign_in(visit: Visit, token: str, code: str) -> SignedIn:
    """The second step, by a code of the device or a recovery code."""
    account = find_halfway(visit, token)
    accept_code(visit, account, code)
    return start_session(visit, account)


def start_session(visit: Visit, account: Account) -> SignedIn:
    forget_attempts(visit.kernel(), "sign-in", account.login)
    purge_events(visit.kernel(), visit.today)
    note(visit, "signed-in", account)
    return _open_session(visit, account)


def _open_session(visit: Visit, account: Account) -> SignedIn:
    secret = new_secret()
    ends_at = visit.now + LONGEST
    account.last_seen_at = visit.now
    visit.kernel().add(account)
    visit.kernel().add(
        SignInSession(
            digest=digest(secret),
            account_id=account.id,
            device=visit.source.device[:200],
            started_at=visit.now,
            seen_at=visit.now,
            ends_at=ends_at,
            retain_until=session_kept(ends_at.date()).until,
        )
    )
    return SignedIn(account, actor_of(visit.kernel(), account), secret, ends_at)


def renew_session(visit: Visit, account: Account) -> SignedIn:
    """End every session of the person and go on under a new id: how they are known has changed."""
    visit.kernel().flush()
    revoke_sessions(visit.kernel(), account.id, visit.now)
    return _open_session(visit, account)


def sign_out(visit: Visit, secret: str) -> None:
    _end_session(visit, digest(secret))


def end_session(visit: Visit, prefix: str) -> None:
    """End one of the actor's own sessions, named by the first characters of its digest."""
    visit.demand("account.self")
    for session in own_sessions(visit):
        if len(prefix) >= 8 and session.digest.startswith(prefix):  # noqa: PLR2004
            _end_session(visit, session.digest)


def _end_session(visit: Visit, session_digest: str) -> None:
    kernel = visit.kernel()
    ended = update(SignInSession).where(col(SignInSession.digest) == session_digest)
    kernel.exec(ended.values(revoked_at=visit.now))
    note_own(visit, "session-ended")


def end_other_sessions(visit: Visit, secret: str) -> None:
    """End all sessions of the person but this one."""
    account = own_account(visit)
    revoke_sessions(visit.kernel(), account.id, visit.now, keep=digest(secret))
    note(visit, "sessions-ended", account)


def own_sessions(visit: Visit) -> Sequence[SignInSession]:
    return list_sessions(visit.kernel(), own_account(visit).id, visit.now)


def recognise_session(kernel: Session, secret: str, now: datetime) -> tuple[Actor, bool] | None:
    """The person behind a cookie, and whether it is time to note that they were seen."""
    found = find_session(kernel, digest(secret))
    if found is None:
        return None
    session, account = found
    over = session.revoked_at is not None or session.ends_at <= now or session.seen_at + IDLE <= now
    if over or account.disabled_at is not None or archived(kernel, account):
        return None
    return actor_of(kernel, account), now - session.seen_at > SEEN_STEP


def note_seen(kernel: Session, actor: Actor, secret: str | None, now: datetime) -> None:
    """Note that a person, or a program with its key, was here."""
    if actor.scopes is not None:
        kernel.exec(update(ApiKey).where(col(ApiKey.id) == actor.id).values(last_used_at=now))
        return
    here = col(SignInSession.digest) == digest(secret or "")
    kernel.exec(update(SignInSession).where(here).values(seen_at=now))
    kernel.exec(update(Account).where(col(Account.id) == actor.id).values(last_seen_at=now))


def change_password(visit: Visit, old: str, new: str) -> SignedIn:
    """Set a new password; every session of the person ends, and this one goes on under a new id."""
    account = own_account(visit)
    if not visit.passwords.fits(account.login, old, account.password_hash):
        note_failure(visit, "signature-failed", account)
        raise unfit("bad-password", "The present password is wrong.", "old")
    set_password(visit, account, new)
    return renew_session(visit, account)


def set_password(visit: Visit, account: Account, password: str) -> None:
    if not 12 <= len(password) <= 200:  # noqa: PLR2004
        raise unfit("weak-password", "A password has 12 to 200 characters.", "password")
    account.password_hash = visit.passwords.hash(password)
    visit.kernel().add(account)
    revoke_sessions(visit.kernel(), account.id, visit.now)
    use_up_links(visit.kernel(), account.id, visit.now)
    note(visit, "password-changed", account)
    visit.record("password.changed", account, party_id=account.party_id)
