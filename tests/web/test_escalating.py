"""When a clock runs out, its officers and its firm's administrators are written to, once."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import partial
from uuid import UUID

import pytest
from sqlmodel import update

from builders import new_recall
from mailboxes import Mailbox, open_mailbox, settings_for
from pursued import order
from tracelot.operations import extensions, ordering, recalls
from tracelot.operations.clocks import DUE, clock_met
from tracelot.operations.notifying import tell_beside_mail
from tracelot.operations.outbox import Worker
from tracelot.records.clocks import AskedExtension
from tracelot.records.outbox import Task
from tracelot.records.recalls import Recall
from tracelot.web.app import Site
from tracelot.web.escalating import escalations
from tracelot.web.mail import mailer
from world import VisitAs, World

KNOWN = datetime(2026, 10, 8, 1, tzinfo=UTC)  # so long ago that every clock of it has run out


@pytest.fixture
def mailbox() -> Iterator[tuple[Mailbox, int]]:
    with open_mailbox() as (box, port):
        yield box, port


def drained(app: Site, port: int) -> None:
    settings = settings_for(port)
    engine = app.state.engine
    handlers = {**mailer(settings), **escalations(settings, partial(tell_beside_mail, engine))}
    workers = [Worker(engine, handlers) for _ in range(2)]
    while sum(worker.drain() for worker in workers):
        pass


def overdue(box: Mailbox, code: str) -> list[str]:
    return sorted(
        str(mail["To"])
        for mail in box.mails
        if "逾期" in str(mail["Subject"]) and code in str(mail["Subject"])
    )


def draft(visit_as: VisitAs, world: World, **given: object) -> tuple[UUID, str]:
    with visit_as("quality", KNOWN + timedelta(hours=1)) as visit:
        new = new_recall(world.product_id, world.code, knowledge_at=KNOWN, **given)
        made = recalls.open_recall(visit, new)
        return made.id, made.code


def test_an_overdue_recall_is_told_once_to_officers_and_administrators(
    app: Site, visit_as: VisitAs, world: World, mailbox: tuple[Mailbox, int]
) -> None:
    box, port = mailbox
    recall_id, code = draft(visit_as, world)
    with visit_as("quality", KNOWN + timedelta(hours=2)) as visit:
        recalls.publish_recall(visit, recall_id)
    drained(app, port)
    drained(app, port)

    assert overdue(box, code) == sorted(world.logins[who] for who in ("zhenyang", "county", "city"))
    letter = next(
        mail for mail in box.mails if str(mail["To"]) == world.logins["county"] and "逾期" in mail["Subject"]
    )
    assert "2026-10-21 24:00 +08:00" in letter.get_content()  # ten working days from 8 October
    assert "完成召回" in str(letter["Subject"])


def test_a_draft_that_is_late_is_told_to_its_firm_alone(
    app: Site, visit_as: VisitAs, world: World, mailbox: tuple[Mailbox, int]
) -> None:
    box, port = mailbox
    _, code = draft(visit_as, world)
    drained(app, port)

    assert overdue(box, code) == [world.logins["zhenyang"]]


def test_a_drill_has_no_limits_and_no_officer_hears_of_it(
    app: Site, visit_as: VisitAs, world: World, mailbox: tuple[Mailbox, int]
) -> None:
    box, port = mailbox
    drill, code = draft(visit_as, world, kind="mock_drill")
    with visit_as("quality", KNOWN + timedelta(hours=2)) as visit:
        recalls.publish_recall(visit, drill)
    drained(app, port)

    assert overdue(box, code) == []
    assert not [mail for mail in box.mails if code in f"{mail['Subject']} {mail.get_content()}"]


def test_an_ordered_recall_that_does_not_start_is_told_to_its_offices(
    app: Site, visit_as: VisitAs, world: World, mailbox: tuple[Mailbox, int]
) -> None:
    box, port = mailbox
    with visit_as("county", KNOWN + timedelta(hours=1)) as visit:
        code = ordering.order_recall(visit, order(world, knowledge_at=KNOWN)).code
    drained(app, port)

    assert overdue(box, code) == sorted(world.logins[who] for who in ("zhenyang", "county", "city"))
    texts = {str(mail["To"]): mail.get_content() for mail in box.mails if "逾期" in str(mail["Subject"])}
    assert f"/gov/recalls/{code}" in texts[world.logins["county"]]
    with visit_as("county") as visit:
        found, _ = extensions.deadlines(visit, 10)
        assert [(one.recall.code, one.clock.kind, one.clock.state) for one in found] == [
            (code, "start", "overdue")
        ]


def test_what_is_done_in_time_is_told_to_nobody(
    app: Site, visit_as: VisitAs, world: World, mailbox: tuple[Mailbox, int]
) -> None:
    box, port = mailbox
    recall_id, code = draft(visit_as, world)
    with visit_as("quality", KNOWN + timedelta(hours=2)) as visit:
        recalls.publish_recall(visit, recall_id)
        clock_met(visit, visit.session.get_one(Recall, recall_id), "complete")
    drained(app, port)

    assert overdue(box, code) == []


def test_with_more_time_the_new_end_counts(
    app: Site, visit_as: VisitAs, world: World, mailbox: tuple[Mailbox, int]
) -> None:
    box, port = mailbox
    recall_id, code = draft(visit_as, world)
    with visit_as("quality", KNOWN + timedelta(hours=2)) as visit:
        recalls.publish_recall(visit, recall_id)
        asked = extensions.ask_extension(
            visit, recall_id, AskedExtension(until=date(2027, 6, 1), reason="门店众多")
        )
        asked_id = asked.id
    with visit_as("county", KNOWN + timedelta(days=1)) as visit:
        extensions.decide_extension(visit, asked_id, granted=True, note=None)
    drained(app, port)
    before = overdue(box, code)
    with app.state.engine.connect().execution_options(writes=True) as connection, connection.begin():
        waits = update(Task).where(Task.kind == DUE, Task.done_at.is_(None))  # type: ignore[arg-type, union-attr]
        connection.execute(waits.values(due_at=KNOWN))
    drained(app, port)

    assert before == []
    assert overdue(box, code) == sorted(world.logins[who] for who in ("zhenyang", "county", "city"))


def test_a_cancelled_draft_is_told_to_nobody(
    app: Site, visit_as: VisitAs, world: World, mailbox: tuple[Mailbox, int]
) -> None:
    box, port = mailbox
    recall_id, code = draft(visit_as, world)
    with visit_as("quality", KNOWN + timedelta(hours=2)) as visit:
        recalls.cancel_recall(visit, recall_id, "误报")
    drained(app, port)

    assert overdue(box, code) == []
