"""Showing who one is: the password, codes by time (RFC 6238), and recovery codes for when the device is lost."""

from pyotp import TOTP
from pyotp.utils import strings_equal

from tracelot.operations.actors import own_account
from tracelot.operations.attempts import forget_attempts
from tracelot.operations.passwords import digest
from tracelot.operations.security import note, note_failure
from tracelot.operations.visit import Visit
from tracelot.records.accounts import Account
from tracelot.records.security import SecondFactor, find_factor, use_recovery, use_step
from tracelot.rules.refusals import Unfit, unfit
from tracelot.rules.signing import Factor

SEALED_FOR = "second factor"
STEP = 30  # seconds
NEAR = (0, -1, 1)  # a clock may go half a minute wrong


def totp_of(visit: Visit, factor: SecondFactor) -> TOTP | None:
    """What makes the codes; None where the key is gone that the secret was sealed with."""
    opened = visit.place.keyring.open(SEALED_FOR, factor.sealed, visit.now)
    return None if opened is None else TOTP(opened["secret"], interval=STEP)


def demand_password(visit: Visit, account: Account, password: str) -> None:
    if not visit.passwords.fits(account.login, password, account.password_hash):
        note_failure(visit, "signature-failed", account)
        raise unfit("bad-password", "The password is wrong.", "sign_password")
    forget_attempts(visit.kernel(), "sign-in", account.login)


def demand_device_code(visit: Visit, account: Account, factor: SecondFactor, code: str) -> Factor:
    """Take a code of the device that fits one of the near half minutes, if none so new was used before."""
    visit.passwords.count_guess(account.login, code)
    totp = totp_of(visit, factor)
    now = int(visit.now.timestamp()) // STEP
    for step in (now + off for off in NEAR):
        if (
            totp
            and strings_equal(totp.generate_otp(step), code)
            and use_step(visit.kernel(), account.id, step)
        ):
            return "code"
    raise _refused(visit, account)


def _refused(visit: Visit, account: Account) -> Unfit:
    note_failure(visit, "code-failed", account)
    return unfit("bad-code", "The code is wrong or was used already. Wait for the next one.", "sign_code")


def accept_code(visit: Visit, account: Account, text: str) -> Factor:
    """Take a code of the device or a recovery code, each at most once; anything else is refused."""
    kernel = visit.kernel()
    factor = find_factor(kernel, account.id)
    plain = "".join(char for char in text.upper() if char.isascii() and char.isalnum())
    visit.passwords.count_guess(account.login, plain)
    if factor is not None and plain.isdigit():
        accepted = demand_device_code(visit, account, factor, plain)
    elif factor is not None and use_recovery(kernel, account.id, digest(plain), visit.now):
        note(visit, "recovery-used", account)
        accepted = "recovery"
    else:
        raise _refused(visit, account)
    forget_attempts(kernel, "sign-in", account.login)
    return accepted


def prove(visit: Visit, password: str, code: str) -> None:
    """Show anew that it is the person themselves, for the signature of a grave act in this same visit."""
    account = own_account(visit)
    demand_password(visit, account, password)
    shown: set[Factor] = {"password"}
    if find_factor(visit.kernel(), account.id) is not None:
        shown.add(accept_code(visit, account, code))
    visit.factors = frozenset(shown)
