"""Telling people what happened, on the ways that they chose; each event reaches each of them once."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID, uuid5

from sqlalchemy import Engine
from sqlmodel import col, select

from tracelot.operations.following import person
from tracelot.operations.visit import Visit
from tracelot.operations.working import writing
from tracelot.records.accounts import Account
from tracelot.records.following import (
    Notification,
    NotificationChoice,
    Webhook,
    WebhookDelivery,
    count_unread,
    list_notifications,
    mark_read,
    ways_of,
)
from tracelot.records.outbox import Task
from tracelot.records.sights import EVERYTHING
from tracelot.records.tenancy import ScopedSession
from tracelot.rules.ids import new_id
from tracelot.rules.notifying import EVENT_KINDS, EventKind, Ways
from tracelot.rules.refusals import unfit

TOLD = UUID("5f1e6c1e-7d0b-5b0e-9d55-1f0a6a1a2b14")  # the names of what was told begin here


@dataclass(frozen=True)
class Event:
    """What happened. `about` names it for ever, so that nobody hears of it twice; `facts` go with it as they are."""

    kind: EventKind
    about: str
    facts: Mapping[str, str]
    link: str


def tell_party(
    kernel: ScopedSession,
    party_id: UUID,
    event: Event,
    now: datetime,
    roles: Iterable[str] = ("admin", "quality"),
) -> None:
    """Tell the people of a party who decide for it, such as that a clock runs out or an answer came."""
    query = select(Account).where(Account.party_id == party_id, col(Account.disabled_at).is_(None))
    for account in kernel.exec(query.where(col(Account.role).in_(list(roles)))):
        tell(kernel, account, event, ways_of(kernel, account.id, event.kind), now)


def tell_beside_mail(engine: Engine, accounts: Iterable[UUID], event: Event, now: datetime) -> None:
    """Tell people in the application and by webhook of what they get a letter about anyway."""
    with writing(engine) as connection, ScopedSession(connection, EVERYTHING) as kernel:
        for id_ in accounts:
            ways = replace(ways_of(kernel, id_, event.kind), mail=False)
            tell(kernel, kernel.get_one(Account, id_), event, ways, now)


def tell(kernel: ScopedSession, account: Account, event: Event, ways: Ways, now: datetime) -> None:
    """Tell one person, on the ways given. What was told already is not told again, nor mailed again."""
    if account.party_id is None:  # the operator, whom nothing of this concerns
        return
    if ways.in_app or ways.mail:
        id_ = uuid5(TOLD, f"{account.id} {event.kind} {event.about}")
        if kernel.get(Notification, id_) is not None:
            return
        kernel.add(
            Notification(
                id=id_,
                party_id=account.party_id,
                account_id=account.id,
                event=event.kind,
                facts=dict(event.facts),
                link=event.link,
                shown=ways.in_app,
                recorded_at=now,
            )
        )
        if ways.mail and account.email:
            payload = {"account_id": str(account.id), "event": event.kind, "link": event.link, **event.facts}
            ask(kernel, "notice", payload, now)
    if ways.webhook:
        deliver_to(kernel, account.party_id, event, now)
    kernel.flush()


def deliver_to(kernel: ScopedSession, party_id: UUID, event: Event, now: datetime) -> None:
    """Put a message for each endpoint of a party into the outbox."""
    query = select(Webhook).where(Webhook.party_id == party_id, col(Webhook.disabled_at).is_(None))
    about = f"{event.kind} {event.about}"
    for webhook in kernel.exec(query.order_by(col(Webhook.id))).all():
        id_ = uuid5(webhook.id, about)
        if kernel.get(WebhookDelivery, id_) is not None:
            continue
        body = {
            "id": str(id_),
            "event": event.kind,
            "at": now.isoformat(timespec="seconds"),
            "link": event.link,
        }
        kernel.add(
            WebhookDelivery(
                id=id_,
                party_id=party_id,
                webhook_id=webhook.id,
                about=about,
                event=event.kind,
                body=json.dumps(body | dict(event.facts), ensure_ascii=False),
                recorded_at=now,
            )
        )
        ask(kernel, "webhook", {"delivery_id": str(id_)}, now, lane=webhook.id)


def ask(
    kernel: ScopedSession,
    kind: str,
    payload: Mapping[str, object],
    now: datetime,
    due_at: datetime | None = None,
    lane: UUID | None = None,
) -> None:
    """Put work into the outbox, in the transaction of what it follows."""
    kernel.add(
        Task(
            id=new_id(),
            kind=kind,
            lane=lane,
            payload=dict(payload),
            due_at=due_at or now,
            recorded_at=now,
        )
    )
    kernel.flush()


def notices(visit: Visit) -> tuple[Sequence[Notification], int]:
    """The newest notices of the person, and how many are unread."""
    visit.demand("search.save")
    return list_notifications(visit.session, visit.actor), count_unread(visit.session, visit.actor)


def read_notices(visit: Visit) -> None:
    visit.demand("search.save")
    mark_read(visit.session, visit.actor, visit.now)


def choices(visit: Visit) -> dict[EventKind, Ways]:
    visit.demand("search.save")
    account_id, _ = person(visit)
    return {kind: ways_of(visit.session, account_id, kind) for kind in EVENT_KINDS}


def choose(visit: Visit, chosen: Mapping[EventKind, Ways]) -> None:
    """From now on the person is told on these ways."""
    visit.demand("search.save")
    if not chosen.keys() <= set(EVENT_KINDS):
        raise unfit("unknown-event", "There is no such kind of event.", "event")
    account_id, party_id = person(visit)
    for kind, ways in chosen.items():
        visit.session.merge(
            NotificationChoice(
                account_id=account_id,
                event=kind,
                party_id=party_id,
                mail=ways.mail,
                in_app=ways.in_app,
                webhook=ways.webhook,
            )
        )
    visit.session.flush()
