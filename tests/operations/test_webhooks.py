"""Webhooks end to end: a real endpoint on this machine, signed messages, failures, and who is told of them."""

import hashlib
import hmac
import json
from datetime import UTC, datetime

import pytest
from sqlalchemy import Engine
from sqlmodel import col, update

from endpoints import Behave, answers, endpoint, silent
from following import hurry, kernel_of, publish, rows, save, work
from tracelot.operations import calling, webhooks
from tracelot.operations.outbox import TRIES
from tracelot.records.following import Webhook, WebhookDelivery
from tracelot.records.outbox import Task
from tracelot.records.sights import Sight
from tracelot.rules.refusals import Conflict, Forbidden, Unfit, Unknown
from tracelot.rules.webhooks import MOST_FAILURES
from tracelot.settings import Settings
from world import KEYRING, VisitAs, World


@pytest.fixture
def here(settings: Settings) -> Settings:
    """A deployment that lets webhooks go to this machine."""
    return settings.model_copy(update={"webhooks_anywhere": True})


def add(visit_as: VisitAs, url: str, who: str = "guhuai") -> tuple[Webhook, str]:
    with visit_as(who) as visit:
        webhook, secret = webhooks.add_webhook(visit, url, plain=True)
        visit.session.flush()
        visit.session.refresh(webhook)
        visit.session.expunge(webhook)
    return webhook, secret


def the(engine: Engine) -> WebhookDelivery:
    [one] = rows(engine, WebhookDelivery)
    return one


def test_a_message_arrives_once_and_its_signature_holds(
    visit_as: VisitAs, world: World, engine: Engine, here: Settings
) -> None:
    with endpoint(answers("204 No Content")) as there:
        _, secret = add(visit_as, there.url)
        save(visit_as, "guhuai", webhook=True)
        code = publish(visit_as, world, "A1")
        work(engine, here)
        work(engine, here)

    [request] = there.got
    head, _, body = request.partition(b"\r\n\r\n")
    told = dict(line.split(": ", 1) for line in head.decode().split("\r\n")[1:])
    message = json.loads(body)
    assert (message["event"], message["recall"], message["search"]) == ("saved-search", code, "花生油")
    assert (message["id"], message["event"]) == (told["Trace-Delivery"], told["Trace-Event"])
    assert abs(int(told["Trace-Timestamp"]) - datetime.now(UTC).timestamp()) < 300
    expected = hmac.new(
        secret.encode(), told["Trace-Timestamp"].encode() + b"." + body, hashlib.sha256
    ).hexdigest()
    assert told["Trace-Signature"] == f"v1={expected}"
    assert (the(engine).state, the(engine).status, the(engine).attempts) == ("delivered", 204, 1)
    assert secret not in str(rows(engine, Webhook)) + str(rows(engine, Task))


@pytest.mark.parametrize(
    ("behave", "status", "outcome"),
    [
        (answers("500 Internal Server Error"), 500, None),
        (answers("307 Temporary Redirect", "Location: http://169.254.169.254/latest\r\n"), 307, None),
        (lambda line, _: line.sendall(b"220 ready\r\n\r\n"), None, "not-http"),
        (silent, None, "too-slow"),
    ],
)
def test_what_is_not_taken_is_tried_again_until_it_is_given_up(
    visit_as: VisitAs, world: World, engine: Engine, here: Settings, monkeypatch: pytest.MonkeyPatch,
    behave: Behave, status: int | None, outcome: str | None,
) -> None:  # fmt: skip
    monkeypatch.setattr(calling.call, "__kwdefaults__", calling.call.__kwdefaults__ | {"seconds": 0.3})
    with endpoint(behave) as there:
        add(visit_as, there.url)
        save(visit_as, "guhuai", webhook=True)
        publish(visit_as, world, "A1")
        work(engine, here)
        assert (the(engine).state, the(engine).attempts) == ("failed", 1)
        assert (the(engine).status, the(engine).outcome) == (status, outcome)
        for _ in range(TRIES):
            hurry(engine, "webhook")
            work(engine, here)
    assert (the(engine).state, the(engine).attempts, there.met) == ("given_up", TRIES, TRIES)
    assert [task.outcome for task in rows(engine, Task) if task.kind == "webhook"] == ["given up"]
    with visit_as("guhuai") as visit:
        assert webhooks.webhooks(visit)[0].failures == TRIES


def test_a_failure_waits_longer_each_time(
    visit_as: VisitAs, world: World, engine: Engine, here: Settings
) -> None:
    with endpoint(answers("503 No")) as there:
        add(visit_as, there.url)
        save(visit_as, "guhuai", webhook=True)
        publish(visit_as, world, "A1")
        work(engine, here)
        work(engine, here)  # not due yet
    [task] = [one for one in rows(engine, Task) if one.kind == "webhook"]
    assert there.met == 1
    assert (task.due_at - task.recorded_at).total_seconds() >= 20


def test_what_was_taken_is_not_sent_again_where_the_worker_died_before_the_outbox_knew(
    visit_as: VisitAs, world: World, engine: Engine, here: Settings
) -> None:
    with endpoint(answers("204 No Content")) as there:
        add(visit_as, there.url)
        save(visit_as, "guhuai", webhook=True)
        publish(visit_as, world, "A1")
        work(engine, here)
        with kernel_of(engine) as kernel:
            kernel.exec(
                update(Task).where(col(Task.kind) == "webhook").values(done_at=None, due_at=Task.recorded_at)
            )
        work(engine, here)

    assert there.met == 1
    assert [task.outcome for task in rows(engine, Task) if task.kind == "webhook"] == ["delivered already"]
    assert (the(engine).state, the(engine).attempts) == ("delivered", 1)


def test_a_delivery_is_sent_again_on_demand_word_for_word(
    visit_as: VisitAs, world: World, engine: Engine, here: Settings
) -> None:
    with endpoint(answers("200 OK")) as there:
        webhook, _ = add(visit_as, there.url)
        save(visit_as, "guhuai", webhook=True)
        publish(visit_as, world, "A1")
        with pytest.raises(Unknown), visit_as("guhuai") as visit:
            webhooks.resend(visit, webhook.id, webhook.id)
        work(engine, here)
        sent = the(engine).id
        with visit_as("guhuai") as visit:
            webhooks.resend(visit, webhook.id, sent)
        with pytest.raises(Conflict), visit_as("guhuai") as visit:
            webhooks.resend(visit, webhook.id, sent)
        work(engine, here)
    first, second = (request.partition(b"\r\n\r\n")[2] for request in there.got)
    assert first == second


def test_an_endpoint_that_fails_too_often_is_switched_off_and_its_owner_is_told(
    visit_as: VisitAs, world: World, engine: Engine, here: Settings
) -> None:
    with endpoint(answers("410 Gone")) as there:
        webhook, _ = add(visit_as, there.url)
        save(visit_as, "guhuai", webhook=True)
        publish(visit_as, world, "A1")
        with kernel_of(engine) as kernel:
            kernel.get_one(Webhook, webhook.id).failures = MOST_FAILURES - 1
        work(engine, here)
        publish(visit_as, world, "A2")
        work(engine, here)
    assert there.met == 1
    assert the(engine).state == "given_up"
    [letter] = [task for task in rows(engine, Task) if task.kind == "webhook-off"]
    assert letter.payload == {"account_id": str(world.people["guhuai"]), "host": "127.0.0.1"}
    with visit_as("guhuai") as visit:
        webhooks.enable_webhook(visit, webhook.id)
        assert webhooks.webhooks(visit)[0].disabled_at is None


def test_without_the_setting_nothing_goes_to_this_machine(
    visit_as: VisitAs, world: World, engine: Engine, settings: Settings
) -> None:
    with endpoint(answers("200 OK")) as there:
        with kernel_of(engine) as kernel:
            party = world.parties["guhuai"]
            sealed = KEYRING.seal("webhook", {"secret": "s"}, datetime.now(UTC))
            kernel.add(
                Webhook(id=party, party_id=party, account_id=world.people["guhuai"], sealed=sealed,
                        url=f"https://localhost:{there.port}/", recorded_at=datetime.now(UTC))
            )  # fmt: skip
        save(visit_as, "guhuai", webhook=True)
        publish(visit_as, world, "A1")
        work(engine, settings)
    assert there.met == 0
    assert (the(engine).state, the(engine).outcome) == ("failed", "address-not-public")


def test_only_an_administrator_keeps_webhooks_and_only_their_own(visit_as: VisitAs, world: World) -> None:
    webhook, _ = add(visit_as, "http://127.0.0.1:9999/")
    with pytest.raises(Forbidden), visit_as("quality") as visit:
        webhooks.webhooks(visit)
    with pytest.raises(Unknown), visit_as("zhenyang") as visit:
        webhooks.deliveries(visit, webhook.id)
    with pytest.raises(Unfit), visit_as("guhuai") as visit:
        webhooks.add_webhook(visit, "http://127.0.0.1:9999/")
    with visit_as("guhuai") as visit:
        webhooks.remove_webhook(visit, webhook.id)
        assert webhooks.webhooks(visit) == []
        assert visit.seeing(Sight(party_id=world.parties["guhuai"])).get(Webhook, webhook.id) is None
