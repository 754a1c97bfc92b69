"""People and programs: signing up and in, inviting, resetting, issuing and revoking keys."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlmodel import Session, col, select, update

from tracelot.operations.passwords import digest, fits, hash_password, new_secret
from tracelot.operations.visit import Visit
from tracelot.records.accounts import (
    Account,
    AccountChange,
    ApiKey,
    IssuedKey,
    KeyView,
    NewAccount,
    NewKey,
    NewMember,
    OneTimeLink,
    SignInSession,
    find_account,
    find_key,
    find_session,
    list_keys,
    list_members,
    list_sessions,
    revoke_sessions,
    use_up_links,
)
from tracelot.records.parties import Party
from tracelot.rules.access import Actor
from tracelot.rules.ids import new_id
from tracelot.rules.parties import area_level
from tracelot.rules.refusals import Conflict, Unfit, Unidentified, Unknown, unfit
from tracelot.rules.retention import session_kept

IDLE = timedelta(hours=12)
LONGEST = timedelta(days=30)
INVITED = timedelta(days=14)
RESET = timedelta(hours=2)
SEEN_STEP = timedelta(minutes=5)  # how exactly "last seen" is kept: each write costs a commit


@dataclass(frozen=True)
class SignedIn:
    account: Account
    actor: Actor
    secret: str
    ends_at: datetime


def new_account(visit: Visit, new: NewMember | NewAccount, party_id: UUID | None, role: str) -> Account:
    """Add an account; a person's login is taken once on the whole site."""
    kernel = visit.kernel()
    if find_account(kernel, new.text):
        raise unfit("login-taken", "This e-mail address or mobile number has an account already.", "login")
    account = Account(
        id=new_id(),
        party_id=party_id,
        role=role,
        name=new.name,
        login=new.text,
        email=new.email,
        password_hash=hash_password(new.password.get_secret_value()) if isinstance(new, NewAccount) else None,
        recorded_at=visit.now,
    )
    kernel.add(account)
    kernel.flush()
    visit.record("member.added", account, party_id=party_id)
    return account


def sign_in(visit: Visit, login: str, password: str, device: str) -> SignedIn:
    """Start a session; the answer to a wrong name and to a wrong password is the same."""
    account = find_account(visit.kernel(), login.strip().casefold())
    right = fits(password, account.password_hash if account else None)
    if account is None or not right or account.disabled_at is not None:
        raise Unidentified("bad-sign-in", "The name or the password is wrong.")
    if _archived(visit.kernel(), account):
        raise Unidentified("party-archived", "This party is archived.")
    return start_session(visit, account, device)


def _archived(kernel: Session, account: Account) -> bool:
    """Whether the party that a person works for has closed down."""
    party = kernel.get(Party, account.party_id) if account.party_id else None
    return party is not None and party.archived_at is not None


def start_session(visit: Visit, account: Account, device: str) -> SignedIn:
    secret = new_secret()
    ends_at = visit.now + LONGEST
    account.last_seen_at = visit.now
    visit.kernel().add(account)
    visit.kernel().add(
        SignInSession(
            digest=digest(secret),
            account_id=account.id,
            device=device[:200],
            started_at=visit.now,
            seen_at=visit.now,
            ends_at=ends_at,
            retain_until=session_kept(ends_at.date()).until,
        )
    )
    visit.record("session.started", account, party_id=account.party_id)
    return SignedIn(account, actor_of(visit.kernel(), account), secret, ends_at)


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
    account = kernel.get(Account, visit.actor.id) if visit.actor.id else None
    if account is not None:
        visit.record("session.ended", account, party_id=account.party_id)


def own_sessions(visit: Visit) -> Sequence[SignInSession]:
    visit.demand("account.self")
    return list_sessions(visit.kernel(), _self(visit).id, visit.now)


def recognise_session(kernel: Session, secret: str, now: datetime) -> tuple[Actor, bool] | None:
    """The person behind a cookie, and whether it is time to note that they were seen."""
    found = find_session(kernel, digest(secret))
    if found is None:
        return None
    session, account = found
    over = session.revoked_at is not None or session.ends_at <= now or session.seen_at + IDLE <= now
    if over or account.disabled_at is not None or _archived(kernel, account):
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


def recognise_key(kernel: Session, token: str, now: datetime) -> tuple[Actor, bool]:
    """The program behind `trc_<name>_<secret>`, and whether it is time to note that the key was used."""
    parts = token.split("_", 2)
    key = find_key(kernel, f"{parts[0]}_{parts[1]}") if len(parts) == 3 and token.isascii() else None  # noqa: PLR2004
    if key is None or not secrets.compare_digest(key.digest, digest(parts[2])):
        raise Unidentified("bad-key", "This API key is not known.")
    if key.revoked_at is not None or (key.expires_at is not None and key.expires_at <= now):
        raise Unidentified("key-revoked", "This API key was revoked or has expired.")
    party = kernel.get_one(Party, key.party_id)
    if party.archived_at is not None:
        raise Unidentified("party-archived", "This party is archived.")
    due = key.last_used_at is None or now - key.last_used_at > SEEN_STEP
    return _actor(key.id, "quality", party, key.name, frozenset(key.scopes)), due


def actor_of(kernel: Session, account: Account) -> Actor:
    party = kernel.get_one(Party, account.party_id) if account.party_id else None
    return _actor(account.id, account.role, party, account.name, None)


def _actor(id: UUID, role: str, party: Party | None, name: str, scopes: frozenset[str] | None) -> Actor:  # noqa: A002
    if party is None:
        return Actor(id=id, role=role, name=name, scopes=scopes)  # type: ignore[arg-type]
    return Actor(
        id=id,
        role=role,  # type: ignore[arg-type]
        party_id=party.id,
        party_type=party.type,  # type: ignore[arg-type]
        verified=party.status == "verified",
        level=area_level(party.territory[0]) if party.territory else None,
        territory=tuple(party.territory),
        scopes=scopes,
        name=name,
        party_zh=party.name_zh,
        party_en=party.name_en,
    )


def _self(visit: Visit) -> Account:
    visit.demand("account.self")
    account = visit.kernel().get(Account, visit.actor.id)
    if account is None:
        raise Unidentified("sign-in-needed", "Only a person signed in has an account.")
    return account


def own_account(visit: Visit) -> Account:
    return _self(visit)


def change_account(visit: Visit, change: AccountChange) -> Account:
    """Change how a person is called, and the language in which they are written to."""
    account = _self(visit)
    account.name, account.language = change.name, change.language
    visit.kernel().add(account)
    visit.kernel().flush()
    visit.record("member.changed", account, party_id=account.party_id)
    return account


def change_password(visit: Visit, old: str, new: str, keep_secret: str) -> Account:
    """Set a new password; every other session of the person ends."""
    account = _self(visit)
    if not fits(old, account.password_hash):
        raise unfit("bad-password", "The present password is wrong.", "old")
    _set_password(visit, account, new, keep=digest(keep_secret))
    return account


def _set_password(visit: Visit, account: Account, password: str, keep: str | None = None) -> None:
    if not 12 <= len(password) <= 200:  # noqa: PLR2004
        raise unfit("weak-password", "A password has 12 to 200 characters.", "password")
    account.password_hash = hash_password(password)
    visit.kernel().add(account)
    revoke_sessions(visit.kernel(), account.id, visit.now, keep)
    use_up_links(visit.kernel(), account.id, visit.now)
    visit.record("password.changed", account, party_id=account.party_id)


def members(visit: Visit) -> Sequence[Account]:
    visit.demand("member.read")
    return list_members(visit.session, _party_id(visit))


def names(visit: Visit) -> dict[UUID, str]:
    """What the people and keys of the actor's own party are called, for reading its journal."""
    visit.demand("journal.read")
    party_id = _party_id(visit)
    people = {member.id: member.name for member in list_members(visit.session, party_id)}
    return people | {key.id: key.name for key in list_keys(visit.session, party_id)}


def _party_id(visit: Visit) -> UUID:
    if visit.actor.party_id is None:
        raise Unknown("unknown-party", "This account belongs to no party.")
    return visit.actor.party_id


def invite_member(visit: Visit, new: NewMember) -> tuple[Account, str]:
    """Add a colleague and make the one-time link by which they choose their password."""
    visit.demand("member.invite")
    allowed = ("admin", "officer") if visit.actor.regulator else ("admin", "quality", "recorder")
    if new.role not in allowed:
        raise unfit("bad-role", "Your kind of party does not have this role.", "role")
    account = new_account(visit, new, _party_id(visit), new.role)
    return account, make_link(visit, account, "invitation", INVITED)


def make_link(visit: Visit, account: Account, purpose: str, lasts: timedelta) -> str:
    """A one-time link, shown to whoever asked for it and mailed where mail is set up."""
    secret = new_secret()
    kernel = visit.kernel()
    kernel.add(
        OneTimeLink(
            digest=digest(secret),
            purpose=purpose,
            account_id=account.id,
            ends_at=visit.now + lasts,
            recorded_at=visit.now,
        )
    )
    link = f"{visit.place.public_url}/{'join' if purpose == 'invitation' else 'reset'}/{secret}"
    if account.email:
        visit.ask(
            "mail",
            template=purpose,
            to=account.email,
            language=account.language,
            link=link,
            name=account.name,
        )
    return link


def find_link(visit: Visit, secret: str, purpose: str) -> Account:
    """Whom a one-time link is for."""
    kernel = visit.kernel()
    link = kernel.get(OneTimeLink, digest(secret))
    if link is None or link.purpose != purpose or link.used_at is not None or link.ends_at <= visit.now:
        raise Unknown("link-used-up", "This link was used, has expired, or never was.")
    return kernel.get_one(Account, link.account_id)


def use_link(visit: Visit, secret: str, purpose: str, password: str, device: str) -> SignedIn:
    """Choose a password by a one-time link, and be signed in; every other link of the person is used up too."""
    account = find_link(visit, secret, purpose)
    if account.disabled_at is not None or _archived(visit.kernel(), account):
        raise Unknown("link-used-up", "This link was used, has expired, or never was.")
    _set_password(visit, account, password)
    return start_session(visit, account, device)


def ask_reset(visit: Visit, login: str) -> None:
    """Mail a reset link. Whether the login exists is not told."""
    account = find_account(visit.kernel(), login.strip().casefold())
    if account is None or account.disabled_at is not None or _archived(visit.kernel(), account):
        return
    if account.email:
        make_link(visit, account, "reset", RESET)


def reset_member(visit: Visit, account_id: UUID) -> str:
    """An administrator's way to give a colleague a new one-time link."""
    visit.demand("member.invite")
    account = _member(visit, account_id)
    purpose = "reset" if account.password_hash else "invitation"
    visit.record("member.link-made", account, party_id=account.party_id)
    return make_link(visit, account, purpose, RESET if account.password_hash else INVITED)


def _member(visit: Visit, account_id: UUID) -> Account:
    account = visit.session.get(Account, account_id)
    if account is None or account.party_id != _party_id(visit):
        raise Unknown("unknown-member", "No such member.")
    return account


def disable_member(visit: Visit, account_id: UUID, reason: str) -> Account:
    """Shut an account at once, with all its sessions."""
    visit.demand("member.disable")
    account = _member(visit, account_id)
    if account.id == visit.actor.id:
        raise Conflict("own-account", "You cannot disable your own account.")
    account.disabled_at = visit.now
    visit.session.add(account)
    revoke_sessions(visit.kernel(), account.id, visit.now)
    visit.record("member.disabled", account, party_id=account.party_id, reason=reason)
    return account


def keys(visit: Visit) -> Sequence[ApiKey]:
    visit.demand("key.read")
    return list_keys(visit.session, _party_id(visit))


def issue_key(visit: Visit, new: NewKey) -> IssuedKey:
    """Issue a key; the answer is the only place where it can be read."""
    visit.demand("key.issue")
    if not new.scopes:
        raise Unfit("no-scope", "A key needs at least one scope.")
    prefix, secret = f"trc_{secrets.token_hex(6)}", new_secret()
    key = ApiKey(
        id=new_id(),
        party_id=_party_id(visit),
        prefix=prefix,
        digest=digest(secret),
        name=new.name,
        scopes=sorted(set(new.scopes)),
        expires_at=visit.now + timedelta(days=new.days) if new.days else None,
        recorded_at=visit.now,
        recorded_by=visit.actor.id,
    )
    visit.session.add(key)
    visit.session.flush()
    visit.record("key.issued", key, party_id=key.party_id)
    view = KeyView.model_validate(key, from_attributes=True)
    return IssuedKey(**view.model_dump(), key=f"{prefix}_{secret}")


def revoke_key(visit: Visit, key_id: UUID, reason: str) -> None:
    """Stop a key from working, for ever."""
    visit.demand("key.revoke")
    key = visit.session.get(ApiKey, key_id)
    if key is None:
        raise Unknown("unknown-key", "No such key.")
    if key.revoked_at is None:
        key.revoked_at = visit.now
        visit.session.add(key)
        visit.record("key.revoked", key, party_id=key.party_id, reason=reason)


def add_operator(visit: Visit, new: NewMember) -> tuple[Account, str]:
    """Add an operator of the site; only the command line, which holds the store itself, may do this."""
    account = visit.kernel().exec(select(Account).where(Account.login == new.text)).one_or_none()
    if account is None:
        account = new_account(visit, new, None, "site")
    if account.role != "site":
        raise Conflict("login-taken", "This login belongs to a party.")
    return account, make_link(visit, account, "invitation", INVITED)
