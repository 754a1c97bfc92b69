"""Mail goes out over a real SMTP server, in the reader's language, and never before its commit."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlmodel import select

from builders import new_recall
from mailboxes import Mailbox, open_mailbox, settings_for
from tracelot.operations import recalls
from tracelot.operations.outbox import Worker
from tracelot.records.outbox import Task
from tracelot.records.sights import EVERYTHING
from tracelot.records.tenancy import ScopedSession
from tracelot.rules.ids import new_id
from tracelot.settings import Settings
from tracelot.web.app import Site
from tracelot.web.mail import mailer
from world import VisitAs, World


@pytest.fixture
def mailbox() -> Iterator[tuple[Mailbox, int]]:
    with open_mailbox() as (box, port):
        yield box, port


def asked(app: Site, **payload: str) -> None:
    now = datetime.now(UTC)
    with app.state.engine.connect().execution_options(writes=True) as connection, connection.begin():
        with ScopedSession(connection, EVERYTHING) as session:
            session.add(Task(id=new_id(), kind="mail", payload=payload, due_at=now, recorded_at=now))
            session.flush()


def outcomes(app: Site) -> list[tuple[str | None, bool]]:
    with app.state.engine.connect() as connection:
        rows = connection.exec_driver_sql("SELECT outcome, done_at FROM task").all()
    return [(row[0], row[1] is not None) for row in rows]


def test_an_invitation_arrives_in_chinese(app: Site, mailbox: tuple[Mailbox, int]) -> None:
    box, port = mailbox
    asked(app, template="invitation", to="li@example.org", name="李质量", link="http://127.0.0.1:8000/join/x")

    tried = Worker(app.state.engine, mailer(settings_for(port))).drain()

    assert tried == 1
    assert box.mails[0]["To"] == "li@example.org"
    assert "李质量" in box.mails[0].get_content()
    assert "http://127.0.0.1:8000/join/x" in box.mails[0].get_content()
    assert box.mails[0]["Message-ID"].endswith("@127.0.0.1>")
    assert abs(box.mails[0]["Date"].datetime - datetime.now(UTC)) < timedelta(hours=1)
    assert outcomes(app) == [("sent", True)]


def test_a_one_time_link_is_not_kept_once_its_mail_is_sent(app: Site, mailbox: tuple[Mailbox, int]) -> None:
    asked(app, template="reset", to="li@example.org", name="x", link="http://127.0.0.1:8000/reset/x")

    Worker(app.state.engine, mailer(settings_for(mailbox[1]))).drain()

    with app.state.engine.connect() as connection, ScopedSession(connection, EVERYTHING) as session:
        [task] = session.exec(select(Task)).all()
        assert task.payload == {"template": "reset", "to": "li@example.org", "name": "x"}


def test_a_mail_that_fails_waits_for_another_try(app: Site, mailbox: tuple[Mailbox, int]) -> None:
    _, port = mailbox
    asked(app, template="reset", to="nobody", name="x", link="http://127.0.0.1:8000/reset/x", language="en")
    broken = Worker(app.state.engine, mailer(Settings(smtp_host="127.0.0.1", smtp_port=1, smtp_tls="none")))

    broken.drain()

    [(outcome, done)] = outcomes(app)
    assert outcome is not None
    assert outcome.startswith("failed")
    assert not done
    assert Worker(app.state.engine, mailer(settings_for(port))).drain() == 0  # not due yet


def test_without_a_server_the_task_says_that_nothing_was_sent(app: Site) -> None:
    asked(app, template="reset", to="li@example.org", name="x", link="http://127.0.0.1:8000/reset/x")

    Worker(app.state.engine, mailer(Settings(smtp_host=None))).drain()

    assert outcomes(app) == [("not sent: no SMTP server is set", True)]


def test_two_workers_do_a_task_once(app: Site, mailbox: tuple[Mailbox, int]) -> None:
    box, port = mailbox
    asked(app, template="reset", to="li@example.org", name="x", link="http://127.0.0.1:8000/reset/x")
    first, second = (Worker(app.state.engine, mailer(settings_for(port))) for _ in range(2))

    assert [first.drain(), second.drain()] == [1, 0]
    assert len(box.mails) == 1


def test_a_recall_is_told_once_to_every_officer_who_watches_there(
    app: Site, visit_as: VisitAs, world: World, mailbox: tuple[Mailbox, int]
) -> None:
    box, port = mailbox
    with visit_as("quality") as visit:
        recall = recalls.open_recall(visit, new_recall(world.product_id, world.code))
        code = recalls.publish_recall(visit, recall.id).code
    worker = Worker(app.state.engine, mailer(settings_for(port)))
    while worker.drain():
        pass

    told = sorted(str(mail["To"]) for mail in box.mails if code in str(mail["Subject"]))
    assert told == sorted([world.logins["county"], world.logins["city"]])
