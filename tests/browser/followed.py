"""A saved search with its finds, and a webhook with deliveries, for the pages about them."""

import json
from datetime import UTC, datetime

from sqlalchemy import Engine

from tracelot.operations import following, notifying, webhooks
from tracelot.operations.notifying import Event
from tracelot.operations.working import writing
from tracelot.records.accounts import Account
from tracelot.records.following import NewSearch, WebhookDelivery
from tracelot.records.recall_search import RecallFilter
from tracelot.records.sights import EVERYTHING
from tracelot.records.tenancy import ScopedSession
from tracelot.rules.ids import new_id
from tracelot.rules.notifying import Ways
from world import World, actor_of, visiting

STATES = [
    ("waiting", None, None),
    ("delivered", 200, None),
    ("failed", None, "too-slow"),
    ("given_up", 500, None),
]


def follow(engine: Engine, cast: World) -> dict[str, str]:
    with visiting(engine, actor_of(engine, cast.people["zhenyang"])) as visit:
        new = NewSearch(name="正阳县的一级召回", webhook=True)
        search = following.save_search(visit, new, {"level": "1"}, RecallFilter(level=1, state="published"))
        following.renew_feed(visit, search.id)
        webhook, _ = webhooks.add_webhook(visit, "https://erp.example.org/hooks/trace?token=not-a-real-one")
        webhook_id = webhook.id
    now = datetime.now(UTC)
    with writing(engine) as connection, ScopedSession(connection, EVERYTHING) as kernel:
        account = kernel.get_one(Account, cast.people["zhenyang"])
        facts = {"recall": "ZH-411724-20261126-0001", "search": "正阳县的一级召回"}
        told = Event("saved-search", "one", facts, "/recalls")
        notifying.tell(kernel, account, told, Ways(mail=False, in_app=True, webhook=False), now)
        for state, status, outcome in STATES:
            id_ = new_id()
            body = json.dumps({"id": str(id_), "event": "saved-search"} | facts, ensure_ascii=False)
            kernel.add(
                WebhookDelivery(id=id_, party_id=cast.parties["zhenyang"], webhook_id=webhook_id, about=str(id_),
                                event="saved-search", body=body, state=state, attempts=3, status=status,
                                outcome=outcome, tried_at=now, recorded_at=now)
            )  # fmt: skip
        kernel.flush()
    return {"webhook_id": str(webhook_id)}
