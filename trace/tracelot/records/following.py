"""What somebody follows: saved searches of the register, the ways on which they are told, and what they were told."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import StringConstraints
from sqlmodel import JSON, Field, Session, SQLModel, UniqueConstraint, col, delete, func, select, update

from tracelot.records.accounts import Account
from tracelot.records.inputs import Name, Shape
from tracelot.records.parties import Party
from tracelot.rules.access import Actor
from tracelot.rules.notifying import EventKind, MailPace, Ways, usual_ways

MOST_SHOWN = 50
SearchName = Annotated[Name, StringConstraints(max_length=60)]


class SearchChannels(SQLModel):
    name: SearchName
    mail: MailPace = "daily"
    in_app: bool = True
    webhook: bool = False


class NewSearch(SearchChannels, Shape):
    """How a search is called, and on which ways its finds are told."""


class SavedSearch(SearchChannels, table=True):
    """A filter of the register under a name, with how far it was read for each way.

    `position` is that of notices and webhooks, `mailed` that of mail. The secret of its feed is kept as a hash.
    """

    id: UUID = Field(primary_key=True)
    party_id: UUID = Field(foreign_key="party.id")
    account_id: UUID = Field(foreign_key="account.id", index=True)
    mail: str
    fields: dict[str, str] = Field(
        default_factory=dict, sa_type=JSON
    )  # as they stand in the register's address
    asked: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)  # the filter that they made
    digest: str | None = Field(default=None, unique=True)
    position: str
    mailed: str
    digest_due_at: datetime | None = None
    recorded_at: datetime


class NotificationChoice(SQLModel, table=True):
    """On which ways a person wants to hear of one kind of event; without a row, on the usual ones."""

    account_id: UUID = Field(primary_key=True, foreign_key="account.id")
    event: str = Field(primary_key=True)
    party_id: UUID = Field(foreign_key="party.id")
    mail: bool = True
    in_app: bool = True
    webhook: bool = False


class Notification(SQLModel, table=True):
    """Something that a person is told inside Trace. Its id is made of what it tells: it is told once."""

    id: UUID = Field(primary_key=True)
    party_id: UUID = Field(foreign_key="party.id")
    account_id: UUID = Field(foreign_key="account.id", index=True)
    event: str
    facts: dict[str, str] = Field(default_factory=dict, sa_type=JSON)
    link: str
    shown: bool = True  # False: it went by mail alone, and stands here so that it does so once
    recorded_at: datetime
    read_at: datetime | None = None


class Webhook(SQLModel, table=True):
    """An endpoint of a party's own; the secret that signs its deliveries is kept sealed."""

    id: UUID = Field(primary_key=True)
    party_id: UUID = Field(foreign_key="party.id", index=True)
    account_id: UUID  # who added it, and hears when it is switched off
    url: str
    sealed: str
    failures: int = 0  # in a row
    disabled_at: datetime | None = None
    recorded_at: datetime


class WebhookDelivery(SQLModel, table=True):
    """One message to one endpoint, word for word, and how it went."""

    __table_args__ = (UniqueConstraint("webhook_id", "about", name="uq_webhookdelivery_about"),)

    id: UUID = Field(primary_key=True)
    party_id: UUID = Field(foreign_key="party.id")
    webhook_id: UUID = Field(foreign_key="webhook.id")
    about: str  # the event and its place in the order of changes: one endpoint hears of it once
    event: str
    body: str
    state: str = "waiting"
    attempts: int = 0
    status: int | None = None  # of the last answer
    outcome: str | None = None  # why there was none
    tried_at: datetime | None = None
    recorded_at: datetime


def ways_of(session: Session, account_id: UUID, event: EventKind) -> Ways:
    row = session.get(NotificationChoice, (account_id, event))
    return Ways(row.mail, row.in_app, row.webhook) if row else usual_ways(event)


def list_searches(session: Session, account_id: UUID) -> Sequence[SavedSearch]:
    query = select(SavedSearch).where(SavedSearch.account_id == account_id)
    return session.exec(query.order_by(col(SavedSearch.recorded_at), col(SavedSearch.id))).all()


def list_search_ids(session: Session, after: UUID | None, limit: int) -> Sequence[UUID]:
    """Searches of people who can still sign in, in the order of their ids."""
    query = select(SavedSearch.id).where(SavedSearch.account_id == Account.id, Account.party_id == Party.id)
    query = query.where(col(Account.disabled_at).is_(None), col(Party.archived_at).is_(None))
    if after is not None:
        query = query.where(col(SavedSearch.id) > after)
    return session.exec(query.order_by(col(SavedSearch.id)).limit(limit)).all()


def find_search_by_feed(session: Session, digest: str) -> SavedSearch | None:
    query = select(SavedSearch).where(SavedSearch.digest == digest, SavedSearch.account_id == Account.id)
    query = query.where(col(Account.disabled_at).is_(None), SavedSearch.party_id == Party.id)
    return session.exec(query.where(col(Party.archived_at).is_(None))).one_or_none()


def list_notifications(session: Session, actor: Actor) -> Sequence[Notification]:
    """The newest notices of a person."""
    query = select(Notification).where(Notification.account_id == actor.id, col(Notification.shown))
    query = query.order_by(col(Notification.recorded_at).desc(), col(Notification.id))
    return session.exec(query.limit(MOST_SHOWN)).all()


def count_unread(session: Session, actor: Actor) -> int:
    query = select(func.count()).select_from(Notification).where(Notification.account_id == actor.id)
    query = query.where(col(Notification.shown), col(Notification.read_at).is_(None))
    return session.exec(query).one()


def mark_read(session: Session, actor: Actor, now: datetime) -> None:
    query = update(Notification).where(col(Notification.account_id) == actor.id)
    session.exec(query.where(col(Notification.read_at).is_(None)).values(read_at=now))


def forget_follower(session: Session, account_id: UUID) -> None:
    """Let go of what a person followed and was told."""
    for model in (SavedSearch, NotificationChoice, Notification):
        session.exec(delete(model).where(col(model.account_id) == account_id))


def list_webhooks(session: Session, party_id: UUID) -> Sequence[Webhook]:
    query = select(Webhook).where(Webhook.party_id == party_id)
    return session.exec(query.order_by(col(Webhook.recorded_at), col(Webhook.id))).all()


def list_deliveries(session: Session, webhook_id: UUID) -> Sequence[WebhookDelivery]:
    """The newest deliveries of an endpoint."""
    query = select(WebhookDelivery).where(WebhookDelivery.webhook_id == webhook_id)
    query = query.order_by(col(WebhookDelivery.recorded_at).desc(), col(WebhookDelivery.id))
    return session.exec(query.limit(MOST_SHOWN)).all()
