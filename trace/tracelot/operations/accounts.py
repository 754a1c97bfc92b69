"""People: who belongs to a party, invited, called by name, disabled; and the operators of the site."""

from collections.abc import Sequence
from uuid import UUID

from sqlmodel import select

from tracelot.operations.actors import own_account
from tracelot.operations.links import INVITED, RESET, make_link
from tracelot.operations.security import note, note_own
from tracelot.operations.visit import Visit
from tracelot.records.accounts import (
    Account,
    AccountChange,
    ApiKey,
    NewAccount,
    NewMember,
    find_account,
    list_keys,
    list_members,
    list_working_keys,
    revoke_sessions,
    use_up_links,
)
from tracelot.records.security import list_protected
from tracelot.rules.ids import new_id
from tracelot.rules.refusals import Conflict, Unknown, unfit


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
        password_hash=visit.passwords.hash(new.password.get_secret_value())
        if isinstance(new, NewAccount)
        else None,
        recorded_at=visit.now,
    )
    kernel.add(account)
    kernel.flush()
    visit.record("member.added", account, party_id=party_id)
    return account


def change_account(visit: Visit, change: AccountChange) -> Account:
    """Change how a person is called, and the language in which they are written to."""
    account = own_account(visit)
    account.name, account.language = change.name, change.language
    visit.kernel().add(account)
    visit.kernel().flush()
    visit.record("member.changed", account, party_id=account.party_id)
    return account


def members(visit: Visit) -> Sequence[Account]:
    visit.demand("member.read")
    return list_members(visit.session, _party_id(visit))


def protected_members(visit: Visit) -> set[UUID]:
    """Which people of the party have a second factor."""
    return list_protected(visit.session, [member.id for member in members(visit)])


def keys_of_members(visit: Visit) -> dict[UUID, list[str]]:
    """The names of the working keys that each colleague issued: they outlive the account."""
    found: dict[UUID, list[str]] = {member.id: [] for member in members(visit)}
    for key in list_working_keys(visit.session, list(found), visit.now):
        found[_issuer(key)].append(key.name)
    return found


def _issuer(key: ApiKey) -> UUID:
    assert key.recorded_by is not None
    return key.recorded_by


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
    note_own(visit, "invited", account.name)
    return account, make_link(visit, account, "invitation", INVITED)


def reset_member(visit: Visit, account_id: UUID) -> str:
    """An administrator's way to give a colleague a new one-time link."""
    visit.demand("member.invite")
    account = member(visit, account_id)
    if account.disabled_at is not None:
        raise Conflict("account-disabled", "This account is disabled.")
    purpose = "reset" if account.password_hash else "invitation"
    note(visit, "link-made", account)
    visit.record("member.link-made", account, party_id=account.party_id)
    return make_link(visit, account, purpose, RESET if account.password_hash else INVITED)


def member(visit: Visit, account_id: UUID) -> Account:
    """Somebody of the actor's own party."""
    account = visit.session.get(Account, account_id)
    if account is None or account.party_id != _party_id(visit):
        raise Unknown("unknown-member", "No such member.")
    return account


def disable_member(visit: Visit, account_id: UUID, reason: str) -> Account:
    """Shut an account at once, with all its sessions and links. Keys are the party's and work on."""
    visit.demand("member.disable")
    account = member(visit, account_id)
    if account.id == visit.actor.id:
        raise Conflict("own-account", "You cannot disable your own account.")
    account.disabled_at = visit.now
    visit.session.add(account)
    revoke_sessions(visit.kernel(), account.id, visit.now)
    use_up_links(visit.kernel(), account.id, visit.now)
    note(visit, "disabled", account)
    visit.record("member.disabled", account, party_id=account.party_id, reason=reason)
    return account


def add_operator(visit: Visit, new: NewMember) -> tuple[Account, str]:
    """Add an operator of the site; only the command line, which holds the store itself, may do this."""
    account = visit.kernel().exec(select(Account).where(Account.login == new.text)).one_or_none()
    if account is None:
        account = new_account(visit, new, None, "site")
    if account.role != "site":
        raise Conflict("login-taken", "This login belongs to a party.")
    return account, make_link(visit, account, "invitation", INVITED)
