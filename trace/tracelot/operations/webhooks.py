"""Webhooks: endpoints of a party's own, and the messages that go there, signed, until one is taken."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Engine
from sqlmodel import col, delete

from tracelot.operations.calling import CallFailed, Resolve, call, resolve_name
from tracelot.operations.following import person
from tracelot.operations.notifying import ask
from tracelot.operations.outbox import TRIES
from tracelot.operations.sealing import Keyring
from tracelot.operations.visit import Visit
from tracelot.operations.working import writing
from tracelot.records.accounts import Account
from tracelot.records.following import Webhook, WebhookDelivery, list_deliveries, list_webhooks
from tracelot.records.locking import HELD
from tracelot.records.sights import EVERYTHING
from tracelot.records.tenancy import ScopedSession
from tracelot.rules.ids import new_id
from tracelot.rules.refusals import Conflict, Unknown
from tracelot.rules.webhooks import MOST_FAILURES, OK, read_endpoint, signature

MOST_WEBHOOKS = 10
PURPOSE = "webhook"
OVER = ("delivered", "given_up")


@dataclass(frozen=True)
class Post:
    """What the deliveries of this deployment need: its keys, and whether they may go anywhere at all."""

    keyring: Keyring
    anywhere: bool = False
    resolve: Resolve = resolve_name


class NotTaken(Exception):
    """The endpoint did not take a delivery; the outbox tries again."""


def webhooks(visit: Visit) -> Sequence[Webhook]:
    visit.demand("webhook.keep")
    return list_webhooks(visit.session, person(visit)[1])


def own_webhook(visit: Visit, webhook_id: UUID) -> Webhook:
    visit.demand("webhook.keep")
    webhook = visit.session.get(Webhook, webhook_id)
    if webhook is None:
        raise Unknown("unknown-webhook", "No such webhook.")
    return webhook


def add_webhook(visit: Visit, url: str, *, plain: bool = False) -> tuple[Webhook, str]:
    """Add an endpoint. The secret that signs what goes there is told this once."""
    visit.demand("webhook.keep")
    endpoint = read_endpoint(url.strip(), plain=plain)
    if len(webhooks(visit)) >= MOST_WEBHOOKS:
        raise Conflict("too-many-webhooks", "Your party has 10 webhooks: remove one first.")
    account_id, party_id = person(visit)
    secret = f"whsec_{secrets.token_urlsafe(32)}"
    webhook = Webhook(
        id=new_id(),
        party_id=party_id,
        account_id=account_id,
        url=url.strip(),
        sealed=visit.place.keyring.seal(PURPOSE, {"secret": secret}, visit.now),
        recorded_at=visit.now,
    )
    visit.session.add(webhook)
    visit.session.flush()
    visit.note("webhook.added", webhook.id, webhook.party_id, {"host": endpoint.host})
    return webhook, secret


def remove_webhook(visit: Visit, webhook_id: UUID) -> None:
    """Forget an endpoint and what was sent there."""
    webhook = own_webhook(visit, webhook_id)
    visit.session.exec(delete(WebhookDelivery).where(col(WebhookDelivery.webhook_id) == webhook.id))
    visit.session.delete(webhook)
    visit.session.flush()
    visit.note("webhook.removed", webhook.id, webhook.party_id, {})


def enable_webhook(visit: Visit, webhook_id: UUID) -> None:
    """Switch an endpoint on again after it failed too often."""
    webhook = own_webhook(visit, webhook_id)
    webhook.disabled_at, webhook.failures = None, 0
    visit.session.add(webhook)
    visit.session.flush()
    visit.note("webhook.enabled", webhook.id, webhook.party_id, {})


def deliveries(visit: Visit, webhook_id: UUID) -> Sequence[WebhookDelivery]:
    return list_deliveries(visit.session, own_webhook(visit, webhook_id).id)


def resend(visit: Visit, webhook_id: UUID, delivery_id: UUID) -> None:
    """Send a delivery once more, word for word and under the same id."""
    webhook = own_webhook(visit, webhook_id)
    delivery = visit.session.get(WebhookDelivery, delivery_id, with_for_update=HELD)
    if delivery is None or delivery.webhook_id != webhook.id:
        raise Unknown("unknown-delivery", "No such delivery.")
    if webhook.disabled_at is not None:
        raise Conflict("webhook-disabled", "This webhook is switched off: switch it on first.")
    if delivery.state in ("waiting", "failed"):
        raise Conflict("delivery-waiting", "This delivery is still being tried.")
    delivery.state, delivery.attempts = "waiting", 0
    visit.session.add(delivery)
    visit.session.flush()
    ask(visit.kernel(), "webhook", {"delivery_id": str(delivery.id)}, visit.now, lane=webhook.id)


def deliver(engine: Engine, delivery_id: UUID, post: Post, now: datetime) -> str:
    """Try one delivery and keep how it went; `NotTaken` asks the outbox for another try."""
    with engine.connect() as connection, ScopedSession(connection, EVERYTHING) as kernel:
        delivery = kernel.get(WebhookDelivery, delivery_id)
        webhook = kernel.get(Webhook, delivery.webhook_id) if delivery else None
        kernel.expunge_all()
    if delivery is None or webhook is None:
        return "removed meanwhile"
    if delivery.state in OVER:  # a worker noted it, and died before the outbox did
        return f"{delivery.state} already"
    if webhook.disabled_at is not None:
        _keep(engine, delivery, (None, "webhook-disabled"), now, final=True)
        return "webhook disabled"
    status, outcome = _try(webhook, delivery, post, now)
    taken = status in OK if status is not None else False
    final = delivery.attempts + 1 >= TRIES
    if _keep(engine, delivery, (status, outcome), now, final=final):
        return "webhook disabled"
    if not taken and not final:
        raise NotTaken(outcome or str(status))
    return f"taken: {status}" if taken else "given up"  # no failure of ours: the endpoint's owner sees it


def _try(
    webhook: Webhook, delivery: WebhookDelivery, post: Post, now: datetime
) -> tuple[int | None, str | None]:
    kept = post.keyring.open(PURPOSE, webhook.sealed, now)
    if kept is None:
        return None, "secret-lost"
    body, timestamp = delivery.body.encode(), int(now.timestamp())
    headers = {
        "Trace-Delivery": str(delivery.id),
        "Trace-Event": delivery.event,
        "Trace-Timestamp": str(timestamp),
        "Trace-Signature": signature(kept["secret"], timestamp, body),
    }
    try:
        endpoint = read_endpoint(webhook.url, plain=post.anywhere)
        return call(endpoint, headers, body, anywhere=post.anywhere, resolve=post.resolve), None
    except CallFailed as failure:
        return None, str(failure)


def _keep(
    engine: Engine,
    sent: WebhookDelivery,
    result: tuple[int | None, str | None],
    now: datetime,
    *,
    final: bool,
) -> bool:
    """Write down how a try went; says whether the endpoint was switched off by it, or was before."""
    status, outcome = result
    taken = status is not None and status in OK
    with writing(engine) as connection, ScopedSession(connection, EVERYTHING) as kernel:
        webhook = kernel.get(Webhook, sent.webhook_id, with_for_update=HELD)
        delivery = kernel.get(WebhookDelivery, sent.id, with_for_update=HELD)
        if webhook is None or delivery is None:
            return True
        delivery.attempts += 1
        delivery.status, delivery.outcome, delivery.tried_at = status, outcome, now
        webhook.failures = 0 if taken else webhook.failures + 1
        if webhook.failures >= MOST_FAILURES and webhook.disabled_at is None:
            _switch_off(kernel, webhook, now)
        off = webhook.disabled_at is not None and not taken
        delivery.state = "delivered" if taken else "given_up" if final or off else "failed"
        kernel.add_all([webhook, delivery])
        kernel.flush()
    return off


def _switch_off(kernel: ScopedSession, webhook: Webhook, now: datetime) -> None:
    """Too many failures in a row: nothing goes there any more, and who added it is told."""
    webhook.disabled_at = now
    account = kernel.get(Account, webhook.account_id)
    if account is not None and account.email and account.disabled_at is None:
        ask(kernel, "webhook-off", {"account_id": str(account.id), "host": read_host(webhook.url)}, now)


def read_host(url: str) -> str:
    """The name in an address; the rest of it may be a secret."""
    return read_endpoint(url, plain=True).host
