"""People, their sessions, programs' keys, and one-time links."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, ClassVar, Literal
from uuid import UUID

from pydantic import AfterValidator, SecretStr, WithJsonSchema, model_validator
from sqlmodel import JSON, Field, Session, SQLModel, col, or_, select, update

from tracelot.records.inputs import Email, Mobile, Name, Shape
from tracelot.records.locking import versioned
from tracelot.records.parties import Party
from tracelot.rules.access import Role, Scope

Purpose = Literal["invitation", "reset"]


def _long_enough(password: SecretStr) -> SecretStr:
    if not 12 <= len(password) <= 200:  # noqa: PLR2004
        raise ValueError("A password has 12 to 200 characters.")
    return password


Password = Annotated[
    SecretStr,
    AfterValidator(_long_enough),
    WithJsonSchema({"type": "string", "format": "password", "minLength": 12, "maxLength": 200}),
]


@versioned
class Account(SQLModel, table=True):
    """A person. A party's account works for that party alone; the site's operator has none.

    The journal names people by their id alone: it is kept for ever, and personal fields must not be.
    """

    PERSONAL: ClassVar[frozenset[str]] = frozenset({"name", "login", "email"})

    id: UUID = Field(primary_key=True)
    version: int = 1
    party_id: UUID | None = Field(default=None, foreign_key="party.id", index=True)
    role: str
    name: str
    login: str = Field(unique=True)  # an e-mail address in lower case, or a mainland mobile number
    email: str | None = None
    password_hash: str | None = None
    language: str | None = None
    disabled_at: datetime | None = None
    pseudonymised_at: datetime | None = None
    last_seen_at: datetime | None = None
    recorded_at: datetime


class AccountView(SQLModel):
    id: UUID
    name: str
    login: str
    role: Role
    disabled_at: datetime | None
    last_seen_at: datetime | None
    recorded_at: datetime


class SignInSession(SQLModel, table=True):
    """A person signed in on a device; the cookie's secret is kept only as its SHA-256."""

    digest: str = Field(primary_key=True)
    account_id: UUID = Field(foreign_key="account.id", index=True)
    device: str
    started_at: datetime
    seen_at: datetime
    ends_at: datetime
    revoked_at: datetime | None = None
    retain_until: date


class ApiKey(SQLModel, table=True):
    """A program's key; the secret is kept only as its SHA-256. A rotated one names its successor."""

    id: UUID = Field(primary_key=True)
    party_id: UUID = Field(foreign_key="party.id", index=True)
    prefix: str = Field(unique=True)
    digest: str
    name: str
    scopes: list[str] = Field(default_factory=list, sa_type=JSON)
    expires_at: datetime | None = None
    revoked_at: datetime | None = None
    last_used_at: datetime | None = None
    recorded_at: datetime
    recorded_by: UUID | None
    successor_id: UUID | None = None


class NewKey(Shape):
    name: Name
    scopes: list[Scope] = Field(min_length=1, max_length=4)
    days: int | None = Field(default=365, ge=1, le=3650)


class KeyView(SQLModel):
    id: UUID
    prefix: str
    name: str
    scopes: list[Scope]
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None
    recorded_at: datetime
    successor_id: UUID | None = None


class IssuedKey(KeyView):
    """The only answer that ever holds the key itself."""

    key: str


class OneTimeLink(SQLModel, table=True):
    """An invitation or a password reset; its secret is kept only as its SHA-256."""

    digest: str = Field(primary_key=True)
    purpose: str
    account_id: UUID = Field(foreign_key="account.id", index=True)
    ends_at: datetime
    used_at: datetime | None = None
    recorded_at: datetime


class Login(Shape):
    """How a person signs in: by e-mail address or by mainland mobile number."""

    email: Email | None = None
    mobile: Mobile | None = None

    @model_validator(mode="after")
    def _one_of_them(self) -> "Login":
        if (self.email is None) == (self.mobile is None):
            raise ValueError("Give an e-mail address or a mobile number.")
        return self

    @property
    def text(self) -> str:
        return (self.email or self.mobile or "").casefold()


class NewMember(Login):
    name: Name
    role: Role


class NewAccount(Login):
    """The first account of a party that signs up."""

    name: Name
    password: Password


class AccountChange(Shape):
    """What a person may say of themselves; without a language they are written to in the site's."""

    name: Name
    language: Literal["zh", "en"] | None = None


def find_account(session: Session, login: str) -> Account | None:
    """The account of a login as somebody typed it; one with a NUL, which no store keeps, is nobody's."""
    name = login.strip().casefold()
    if "\0" in name:
        return None
    return session.exec(select(Account).where(Account.login == name)).one_or_none()


def find_session(session: Session, digest: str) -> tuple[SignInSession, Account] | None:
    query = select(SignInSession, Account).where(
        SignInSession.digest == digest, SignInSession.account_id == Account.id
    )
    row = session.exec(query).one_or_none()
    return None if row is None else (row[0], row[1])


def find_key(session: Session, prefix: str) -> ApiKey | None:
    return session.exec(select(ApiKey).where(ApiKey.prefix == prefix)).one_or_none()


def list_members(session: Session, party_id: UUID) -> Sequence[Account]:
    query = select(Account).where(Account.party_id == party_id)
    return session.exec(query.order_by(col(Account.recorded_at), col(Account.id))).all()


def list_keys(session: Session, party_id: UUID) -> Sequence[ApiKey]:
    query = select(ApiKey).where(ApiKey.party_id == party_id)
    return session.exec(query.order_by(col(ApiKey.recorded_at).desc(), col(ApiKey.id))).all()


def list_working_keys(session: Session, issuer_ids: Sequence[UUID], now: datetime) -> Sequence[ApiKey]:
    """The keys that these people issued and that still work."""
    query = select(ApiKey).where(col(ApiKey.recorded_by).in_(issuer_ids), col(ApiKey.revoked_at).is_(None))
    query = query.where(or_(col(ApiKey.expires_at).is_(None), col(ApiKey.expires_at) > now))
    return session.exec(query.order_by(col(ApiKey.recorded_at))).all()


def list_sessions(session: Session, account_id: UUID, now: datetime) -> Sequence[SignInSession]:
    query = select(SignInSession).where(
        SignInSession.account_id == account_id,
        col(SignInSession.revoked_at).is_(None),
        col(SignInSession.ends_at) > now,
    )
    return session.exec(query.order_by(col(SignInSession.seen_at).desc())).all()


def revoke_sessions(session: Session, account_id: UUID, now: datetime, keep: str | None = None) -> None:
    """End all sessions of a person, but for the one kept."""
    query = update(SignInSession).where(
        col(SignInSession.account_id) == account_id, col(SignInSession.revoked_at).is_(None)
    )
    if keep:
        query = query.where(col(SignInSession.digest) != keep)
    session.exec(query.values(revoked_at=now))


def use_up_links(session: Session, account_id: UUID, now: datetime) -> None:
    """Close all one-time links of a person."""
    mine = col(OneTimeLink.account_id) == account_id
    session.exec(update(OneTimeLink).where(mine, col(OneTimeLink.used_at).is_(None)).values(used_at=now))


def list_officers(session: Session) -> Sequence[tuple[Account, list[str]]]:
    """The people of every verified regulator that still works, with the territory that they watch."""
    query = select(Account, Party.territory).where(Account.party_id == Party.id, Party.type == "regulator")
    query = query.where(Party.status == "verified", col(Party.archived_at).is_(None))
    query = query.where(col(Account.disabled_at).is_(None))
    return [(row[0], list(row[1])) for row in session.exec(query)]
