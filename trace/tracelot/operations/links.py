"""One-time links: invitations, and passwords chosen anew."""

from datetime import timedelta

from tracelot.operations.actors import archived
from tracelot.operations.attempts import count_attempt
from tracelot.operations.passwords import digest, new_secret
from tracelot.operations.sessions import Halfway, SignedIn, let_in, set_password
from tracelot.operations.visit import Visit
from tracelot.records.accounts import Account, OneTimeLink, find_account
from tracelot.rules.refusals import Unknown

INVITED = timedelta(days=14)
RESET = timedelta(hours=2)


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
    """Whom a one-time link is for; whoever was disabled since has none."""
    kernel = visit.kernel()
    link = kernel.get(OneTimeLink, digest(secret))
    fresh = link is not None and link.purpose == purpose and link.used_at is None and link.ends_at > visit.now
    account = kernel.get_one(Account, link.account_id) if link is not None and fresh else None
    if account is None or account.disabled_at is not None or archived(kernel, account):
        raise Unknown("link-used-up", "This link was used, has expired, or never was.")
    return account


def use_link(visit: Visit, secret: str, purpose: str, password: str) -> SignedIn | Halfway:
    """Choose a password by a one-time link, and be signed in, by the second factor too where there is one.

    Every other link of the person is used up.
    """
    account = find_link(visit, secret, purpose)
    set_password(visit, account, password)
    return let_in(visit, account)


def ask_reset(visit: Visit, login: str) -> None:
    """Mail a reset link. Whether the login exists is not told."""
    count_attempt(visit.kernel(), "reset", login, visit.now)
    account = find_account(visit.kernel(), login)
    if account is None or account.disabled_at is not None or archived(visit.kernel(), account):
        return
    if account.email:
        make_link(visit, account, "reset", RESET)
