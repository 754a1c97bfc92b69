"""Who is told of a recall, of which goods, and how it is known whether the letter arrived."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from sqlalchemy import Engine
from sqlmodel import col, update

from acts import Firm, firm, goods, new_firm, output
from builders import new_recall
from keeping import all_rows
from peanuts import deliver_all, produce
from reached import (
    Postbox,
    deaf_port,
    deliver,
    new_contact,
    notices_of,
    open_postbox,
    recalled,
    ship,
    sold,
    text_of,
)
from tracelot.operations import delivering, reaching, recalls
from tracelot.operations.working import writing
from tracelot.records.consignees import RecallLetter, RecallNotice, RecallNoticeLine
from tracelot.records.outbox import Task
from tracelot.records.recalls import Recall
from tracelot.records.sights import EVERYTHING
from tracelot.records.tenancy import ScopedSession
from tracelot.records.units import LogisticUnit
from tracelot.settings import Settings
from tracelot.web import lanes
from tracelot.web import mail as site_mail
from world import VisitAs, World


@pytest.fixture
def maker(visit_as: VisitAs, world: World) -> Firm:
    return firm(visit_as, world, "zhenyang")


@pytest.fixture
def postbox() -> Iterator[Postbox]:
    with open_postbox() as box:
        yield box


def lines(engine: Engine, notice: RecallNotice) -> dict[str, tuple[Decimal | None, str | None]]:
    rows = all_rows(engine, RecallNoticeLine, notice_id=notice.id)
    return {row.code: (row.quantity, row.unit) for row in rows}


def let_pass(engine: Engine) -> None:
    """As when the time has come for all that waits."""
    with writing(engine) as connection, ScopedSession(connection, EVERYTHING) as kernel:
        past = datetime.now(UTC) - timedelta(seconds=1)
        waiting = col(Task.done_at).is_(None)
        kernel.exec(update(Task).where(waiting).values(due_at=past, lease_until=None))


def test_every_direct_consignee_of_scenario_a_is_told_of_what_it_got(
    visit_as: VisitAs, world: World, maker: Firm, engine: Engine
) -> None:
    produce(maker)
    kinds = ("wholesaler", "retailer", "caterer")
    customers = [new_firm(visit_as, world, engine, kind, kind, name_zh=kind) for kind in kinds]
    deliver_all(maker, customers)
    both = [{"product_id": maker.products[name], "codes": ["X1"]} for name in ("bottled", "packs")]

    recall = recalled(visit_as, maker.products["packs"], ranges=both)

    told = notices_of(engine, recall)
    assert {row.to_party_id for row in told.values()} == {one.party_id for one in customers}
    got = {name: sorted(row.quantity for row in all_rows(engine, RecallNoticeLine, notice_id=notice.id))
           for name, notice in told.items()}  # fmt: skip
    assert got == {"wholesaler": [60, 150], "retailer": [40, 100], "caterer": [40]}
    assert {(row.state, row.tier, row.in_app) for row in told.values()} == {("notified", 1, True)}


def test_a_consignee_of_other_goods_is_not_told(visit_as: VisitAs, maker: Firm, engine: Engine) -> None:
    product = sold(maker)
    maker.does("produce", outputs=[output(product, "X2", 10, "case")])
    one, other = new_contact(maker, "甲"), new_contact(maker, "乙")
    ship(maker, maker.batch("paste"), 5, contact_id=one)
    ship(maker, maker.batch("paste", "X2"), 5, contact_id=other)

    assert set(notices_of(engine, recalled(visit_as, product))) == {"甲"}


def test_two_shipments_to_one_contact_are_one_notice_with_their_sum(
    visit_as: VisitAs, maker: Firm, engine: Engine
) -> None:
    product = sold(maker)
    shop = new_contact(maker, "甲", email="a@shop.example")
    for quantity in (5, 7):
        ship(maker, maker.batch("paste"), quantity, contact_id=shop)

    [notice] = notices_of(engine, recalled(visit_as, product)).values()

    assert lines(engine, notice) == {"X1": (Decimal(12), "case")}
    assert (notice.state, notice.delivery, notice.email) == ("pending", "queued", "a@shop.example")


def test_the_notice_tells_what_was_on_a_pallet_when_it_left(
    visit_as: VisitAs, maker: Firm, engine: Engine
) -> None:
    product = sold(maker)
    batch, shop = maker.batch("paste"), new_contact(maker, "甲店")
    maker.does("pack", carrier={"code": "P-1"}, lines=[goods(batch, 40, "case")])
    (pallet,) = all_rows(engine, LogisticUnit)
    maker.does("unpack", unit_id=str(pallet.id), lines=[goods(batch, 10, "case")])
    maker.does("ship", to={"contact_id": str(shop)}, lines=[{"unit_id": str(pallet.id)}])

    [notice] = notices_of(engine, recalled(visit_as, product)).values()

    assert lines(engine, notice) == {"X1": (Decimal(30), "case")}


def test_who_has_no_address_is_listed_as_not_reached(visit_as: VisitAs, maker: Firm, engine: Engine) -> None:
    product = sold(maker)
    ship(maker, maker.batch("paste"), 5, contact_id=new_contact(maker, "甲", phone="1"))

    [notice] = notices_of(engine, recalled(visit_as, product)).values()

    assert (notice.state, notice.delivery) == ("unreachable", "no_address")


def test_the_notice_commits_with_the_publication_or_not_at_all(
    visit_as: VisitAs, world: World, maker: Firm, engine: Engine
) -> None:
    product = sold(maker)
    ship(maker, maker.batch("paste"), 5, contact_id=new_contact(maker, "甲", email="a@shop.example"))

    def publish_and_fail() -> None:
        with visit_as("quality") as visit:
            recall = recalls.open_recall(visit, new_recall(product, "X1"))
            recalls.publish_recall(visit, recall.id)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        publish_and_fail()

    assert all_rows(engine, RecallNotice) == all_rows(engine, RecallLetter) == []
    assert [task for task in all_rows(engine, Task) if task.kind == delivering.KIND] == []


def test_the_letter_says_what_to_stop_and_how_to_answer_in_both_languages(
    visit_as: VisitAs, maker: Firm, engine: Engine, postbox: Postbox
) -> None:
    product = sold(maker)
    ship(maker, maker.batch("paste"), 5, contact_id=new_contact(maker, "甲店", email="a@shop.example"))
    recall = recalled(visit_as, product)

    deliver(engine, postbox.settings)

    [mail] = postbox.to("a@shop.example")
    text = text_of(mail)
    assert str(mail["Subject"]).startswith("【紧急】")
    assert mail["Importance"] == "high"
    for part in ("甲店", "黄曲霉毒素B1超标", "X1", "5 case", "Aflatoxin", "http://127.0.0.1:8000/n/"):
        assert part in text
    assert text.index("立即") < text.index("Stop selling")
    [notice] = notices_of(engine, recall).values()
    assert (notice.state, notice.delivery) == ("notified", "sent")
    [letter] = all_rows(engine, RecallLetter)
    assert letter.message_id == mail["Message-ID"]
    assert "link" not in next(task for task in all_rows(engine, Task) if task.kind == delivering.KIND).payload


def test_a_refusal_for_good_is_listed_and_not_tried_again(
    visit_as: VisitAs, maker: Firm, engine: Engine, postbox: Postbox
) -> None:
    product = sold(maker)
    ship(maker, maker.batch("paste"), 5, contact_id=new_contact(maker, "甲", email="gone@shop.example"))
    postbox.refused["gone@shop.example"] = "550 5.1.1 no such mailbox"
    recall = recalled(visit_as, product)

    deliver(engine, postbox.settings)
    let_pass(engine)
    deliver(engine, postbox.settings)

    [notice] = notices_of(engine, recall).values()
    [letter] = all_rows(engine, RecallLetter, kind="notice")
    assert (notice.state, notice.delivery) == ("unreachable", "failed")
    assert (letter.state, letter.detail, letter.tries) == ("failed", "smtp-550", 1)


@pytest.mark.parametrize("reply", ["451 4.3.0 later", "cut", "stall"])
def test_what_was_not_taken_or_is_not_known_to_be_is_sent_again_under_the_same_id(
    visit_as: VisitAs,
    maker: Firm,
    engine: Engine,
    postbox: Postbox,
    reply: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:

    monkeypatch.setattr(site_mail, "SECONDS", 1)
    product = sold(maker)
    ship(maker, maker.batch("paste"), 5, contact_id=new_contact(maker, "甲", email="a@shop.example"))
    recall = recalled(visit_as, product)
    postbox.replies = [reply]

    deliver(engine, postbox.settings)
    [notice] = notices_of(engine, recall).values()
    assert notice.delivery == ("queued" if reply.startswith("451") else "unsure")
    let_pass_letters(engine)
    deliver(engine, postbox.settings)

    assert len(postbox.ids) == 1
    assert postbox.ids.total() == (1 if reply.startswith("451") else 2)
    [notice] = notices_of(engine, recall).values()
    assert (notice.state, notice.delivery) == ("notified", "sent")
    let_pass_letters(engine)
    deliver(engine, postbox.settings)
    assert postbox.ids.total() == (1 if reply.startswith("451") else 2)


def let_pass_letters(engine: Engine) -> None:
    with writing(engine) as connection, ScopedSession(connection, EVERYTHING) as kernel:
        past = datetime.now(UTC) - timedelta(seconds=1)
        due = col(Task.done_at).is_(None) & (col(Task.kind) == delivering.KIND)
        kernel.exec(update(Task).where(due).values(due_at=past, lease_until=None))


def test_a_dead_mail_server_is_tried_until_it_lives(
    visit_as: VisitAs, maker: Firm, engine: Engine, postbox: Postbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lanes, "REST", timedelta(0))
    product = sold(maker)
    for name in ("甲", "乙"):
        shop = new_contact(maker, name, email=f"{ord(name)}@shop.example")
        ship(maker, maker.batch("paste"), 5, contact_id=shop)
    recall = recalled(visit_as, product)
    dead = Settings(smtp_host="127.0.0.1", smtp_port=1, smtp_tls="none")
    for _ in range(12):  # more often than any other task is tried
        deliver(engine, dead)
        let_pass_letters(engine)
    assert {row.delivery for row in notices_of(engine, recall).values()} == {"queued"}

    deliver(engine, postbox.settings)

    assert sorted(postbox.ids.values()) == [1, 1]
    assert {row.delivery for row in notices_of(engine, recall).values()} == {"sent"}


def test_a_mail_server_that_never_speaks_is_asked_once_and_no_letter_counts_as_tried(
    visit_as: VisitAs, maker: Firm, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:

    monkeypatch.setattr(site_mail, "SECONDS", 1)
    product = sold(maker)
    for number in range(5):
        shop = new_contact(maker, f"店{number}", email=f"{number}@shop.example")
        ship(maker, maker.batch("paste"), 5, contact_id=shop)
    recall = recalled(visit_as, product)
    listener, port = deaf_port()

    deliver(engine, Settings(smtp_host="127.0.0.1", smtp_port=port, smtp_tls="none"))

    listener.close()
    assert {row.tries for row in all_rows(engine, RecallLetter, kind="notice")} == {0}
    assert {row.delivery for row in notices_of(engine, recall).values()} == {"queued"}


def test_without_a_mail_server_all_are_listed_as_not_reached(
    visit_as: VisitAs, maker: Firm, engine: Engine
) -> None:
    product = sold(maker)
    ship(maker, maker.batch("paste"), 5, contact_id=new_contact(maker, "甲", email="a@shop.example"))
    recall = recalled(visit_as, product)

    deliver(engine, Settings(smtp_host=None))

    [notice] = notices_of(engine, recall).values()
    assert (notice.state, notice.delivery) == ("unreachable", "failed")


def test_telling_again_tells_nobody_twice_and_whoever_is_new_once(
    visit_as: VisitAs, maker: Firm, engine: Engine, postbox: Postbox
) -> None:
    product = sold(maker)
    ship(maker, maker.batch("paste"), 5, contact_id=new_contact(maker, "甲", email="a@shop.example"))
    recall_id = recalled(visit_as, product)
    late = new_contact(maker, "乙", email="b@shop.example")
    with visit_as("quality") as visit:
        recall = visit.session.get_one(Recall, recall_id)
        assert reaching.tell_consignees(visit, recall) == []
    maker.does(
        "ship", to={"contact_id": str(late)}, happened=True, lines=[goods(maker.batch("paste"), 1, "case")]
    )
    with visit_as("quality") as visit:
        recall = visit.session.get_one(Recall, recall_id)
        assert [one.name for one in reaching.tell_consignees(visit, recall)] == ["乙"]

    deliver(engine, postbox.settings)

    assert sorted(str(mail["To"]) for mail in postbox.mails if "@shop" in str(mail["To"])) == [
        "a@shop.example",
        "b@shop.example",
    ]


def test_a_drill_tells_nobody_outside(visit_as: VisitAs, world: World, maker: Firm, engine: Engine) -> None:
    product = sold(maker)
    ship(maker, maker.batch("paste"), 5, contact_id=new_contact(maker, "甲", email="a@shop.example"))
    ship(maker, maker.batch("paste"), 5, party_id=world.parties["guhuai"])
    with visit_as("quality") as visit:
        recall = recalls.open_recall(visit, new_recall(product, "X1", kind="mock_drill"))
        recall_id: UUID = recalls.publish_recall(visit, recall.id).id

    told = notices_of(engine, recall_id)
    assert {row.delivery for row in told.values()} == {"kept_inside"}
    assert all_rows(engine, RecallLetter) == []
    with visit_as("guhuai") as visit:
        assert visit.session.get(RecallNotice, told["古槐粮油有限公司"].id) is None
