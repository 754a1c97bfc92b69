"""Second factors set up, switched off, taken off a colleague, and asked of a whole party."""

import secrets
from dataclasses import dataclass
from uuid import UUID

from pyotp import random_base32
from sqlmodel import select

from tracelot.operations.accounts import member
from tracelot.operations.actors import own_account
from tracelot.operations.factors import SEALED_FOR, demand_device_code, demand_password, prove, totp_of
from tracelot.operations.passwords import digest
from tracelot.operations.security import note
from tracelot.operations.sessions import SignedIn, renew_session
from tracelot.operations.visit import Visit
from tracelot.records.accounts import Account, find_account, revoke_sessions
from tracelot.records.parties import Party
from tracelot.records.security import (
    RecoveryCode,
    SecondFactor,
    count_recovery,
    drop_factor,
    drop_recovery,
    find_factor,
)
from tracelot.rules.refusals import Conflict, Unknown

ISSUER = "Trace"
RECOVERY_CODES = 10
LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"  # 16 of these 32 are 80 random bits: a plain hash keeps them
LONG = 16


@dataclass(frozen=True)
class Offer:
    """A secret that waits for its first code: as a link for the device to scan, and to be typed."""

    secret: str
    link: str


def offer_factor(visit: Visit) -> None:
    """Make a secret for the person's device. It does nothing before a first code confirms it."""
    account = own_account(visit)
    kernel = visit.kernel()
    factor = kernel.get(SecondFactor, account.id)
    if factor is not None and factor.confirmed_at is not None:
        raise Conflict("factor-on", "Your second factor is switched on already.")
    sealed = visit.place.keyring.seal(SEALED_FOR, {"secret": random_base32()}, visit.now)
    factor = factor or SecondFactor(account_id=account.id, sealed=sealed, recorded_at=visit.now)
    factor.sealed, factor.recorded_at = sealed, visit.now
    kernel.add(factor)
    kernel.flush()


def own_offer(visit: Visit) -> Offer | None:
    """The secret that waits for its first code; one that was confirmed is never shown again."""
    account = own_account(visit)
    factor = visit.kernel().get(SecondFactor, account.id)
    totp = totp_of(visit, factor) if factor is not None and factor.confirmed_at is None else None
    return (
        None
        if totp is None
        else Offer(totp.secret, totp.provisioning_uri(name=account.login, issuer_name=ISSUER))
    )


def confirm_factor(visit: Visit, password: str, code: str) -> tuple[SignedIn, list[str]]:
    """Switch the second factor on by its first code; answers the recovery codes, to be read this once."""
    account = own_account(visit)
    demand_password(visit, account, password)
    factor = visit.kernel().get(SecondFactor, account.id)
    if factor is None or factor.confirmed_at is not None:
        raise Conflict("no-offer", "Begin anew: there is no code to confirm.")
    demand_device_code(visit, account, factor, code.replace(" ", ""))
    factor.confirmed_at = visit.now
    visit.kernel().add(factor)
    note(visit, "factor-enabled", account)
    visit.record("factor.enabled", account, party_id=account.party_id)
    return renew_session(visit, account), _new_codes(visit, account)


def _new_codes(visit: Visit, account: Account) -> list[str]:
    """Fresh recovery codes in the place of all earlier ones."""
    drop_recovery(visit.kernel(), account.id)
    codes = ["".join(secrets.choice(LETTERS) for _ in range(LONG)) for _ in range(RECOVERY_CODES)]
    visit.kernel().add_all(RecoveryCode(account_id=account.id, digest=digest(code)) for code in codes)
    return ["-".join(code[start : start + 4] for start in range(0, LONG, 4)) for code in codes]


def own_recovery_left(visit: Visit) -> int:
    return count_recovery(visit.kernel(), own_account(visit).id)


def renew_recovery(visit: Visit, password: str, code: str) -> list[str]:
    """New recovery codes; the earlier ones no longer work."""
    account = _proved(visit, password, code)
    note(visit, "recovery-renewed", account)
    return _new_codes(visit, account)


def _proved(visit: Visit, password: str, code: str) -> Account:
    account = own_account(visit)
    if find_factor(visit.kernel(), account.id) is None:
        raise Conflict("factor-off", "Your second factor is not switched on.")
    prove(visit, password, code)
    return account


def disable_factor(visit: Visit, password: str, code: str) -> SignedIn:
    """Switch the own second factor off, by password and code. Where the party asks for one, a new one follows."""
    account = _proved(visit, password, code)
    drop_factor(visit.kernel(), account.id)
    note(visit, "factor-disabled", account)
    visit.record("factor.disabled", account, party_id=account.party_id)
    return renew_session(visit, account)


def reset_factor(visit: Visit, account_id: UUID, reason: str) -> Account:
    """Take the second factor off a colleague's account whose device is lost; they are signed out everywhere."""
    visit.demand("member.reset")
    account = member(visit, account_id)
    if account.id == visit.actor.id:
        raise Conflict("own-account", "Your own second factor is yours to switch off.")
    _take_off(visit, account, reason)
    return account


def _take_off(visit: Visit, account: Account, reason: str) -> None:
    if find_factor(visit.kernel(), account.id) is None:
        raise Conflict("factor-off", "This account has no second factor.")
    drop_factor(visit.kernel(), account.id)
    revoke_sessions(visit.kernel(), account.id, visit.now)
    note(visit, "factor-reset", account)
    visit.record("member.factor-reset", account, party_id=account.party_id, reason=reason)


def reset_factor_by_store(visit: Visit, login: str) -> Account:
    """The same for whoever holds the store itself, through the command line alone."""
    account = find_account(visit.kernel(), login)
    if account is None:
        raise Unknown("unknown-member", "No such member.")
    visit.factors = frozenset({"store"})
    _take_off(visit, account, "Reset by the holder of the store.")
    return account


def ask_of_all(visit: Visit, *, needed: bool) -> Party:
    """Ask all people of the party for a second factor, or no longer; whoever asks must have one."""
    visit.demand("party.secure")
    account = own_account(visit)
    if needed and find_factor(visit.kernel(), account.id) is None:
        raise Conflict("factor-off", "Switch your own second factor on first.")
    party = visit.session.exec(select(Party).where(Party.id == account.party_id)).one()
    party.second_factor_since = visit.now if needed else None
    visit.session.add(party)
    visit.session.flush()
    note(visit, "party-secured", account)
    visit.record("party.secured", party, party_id=party.id)
    return party
