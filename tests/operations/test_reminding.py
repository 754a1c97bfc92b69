"""Whoever passed a recall on sees who of its customers is silent and writes to them again, tier after tier."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine

from acts import firm, new_firm
from conftest import ClientOf
from keeping import all_rows
from pursued import closes
from reached import Postbox, deliver, new_contact, notices_of, open_postbox, recalled, ship, sold
from tracelot.operations import answering, forwarding, reminding
from tracelot.operations.reach_views import Asked
from tracelot.records.consignees import NewAnswer, NewTarget, RecallNotice
from tracelot.records.recalls import Recall
from tracelot.rules.refusals import Conflict, Forbidden, Unknown
from world import VisitAs, World

SILENT = Asked(silent=True)
LATER = timedelta(hours=2)


@pytest.fixture
def postbox() -> Iterator[Postbox]:
    with open_postbox() as box:
        yield box


@pytest.fixture
def recall(visit_as: VisitAs, world: World, engine: Engine) -> Recall:
    """Maker, trader with an account, stall without one, kiosk that the stall names: each told by the one before."""
    maker = firm(visit_as, world, "zhenyang")
    trader = new_firm(visit_as, world, engine, "trader", "wholesaler", name_zh="批发部")
    product = sold(maker)
    trader.confirms(ship(maker, maker.batch("paste"), 100, party_id=trader.party_id))
    stall = new_contact(trader, "小摊", email="stall@shop.example")
    ship(trader, maker.batch("paste"), 20, contact_id=stall)
    (found,) = all_rows(engine, Recall, id=recalled(visit_as, product))
    with visit_as("trader") as visit:
        notice = answering.own_notice_of(visit, found.code)
        keys = [one.wanted.key for one in forwarding.proposals(visit, notice)]
        forwarding.forward_own(visit, notice, keys, [NewTarget(name="夜市", email="night@shop.example")])
    return Recall(**found.model_dump())


def told(engine: Engine, recall: Recall, name: str) -> RecallNotice:
    return notices_of(engine, recall.id)[name]


def test_a_seller_sees_its_customers_and_who_of_them_is_silent(
    visit_as: VisitAs, recall: Recall, engine: Engine
) -> None:
    with visit_as() as visit:
        answering.answer(visit, told(engine, recall, "小摊"), NewAnswer(name="王"))
    with visit_as("trader") as visit:
        notice = answering.own_notice_of(visit, recall.code)
        everybody = reminding.customers(visit, notice, Asked(), 50).items
        silent = reminding.customers(visit, notice, SILENT, 50).items
        assert ({one.name for one in everybody}, [one.name for one in silent]) == ({"小摊", "夜市"}, ["夜市"])
        assert (reminding.reach_of_customers(visit, notice).total, notice.tier) == (2, 1)
        assert reminding.find_customer(visit, notice, told(engine, recall, "小摊").id).tier == 2


def test_those_who_are_silent_are_reminded_and_not_within_the_hour(
    visit_as: VisitAs, recall: Recall, engine: Engine, postbox: Postbox
) -> None:
    with visit_as() as visit:
        answering.answer(visit, told(engine, recall, "小摊"), NewAnswer(name="王"))
    with visit_as("trader") as visit:
        notice = answering.own_notice_of(visit, recall.code)
        assert reminding.remind_customers(visit, notice) == reminding.Reminded(0, 1, 0)
    with visit_as("trader", datetime.now(UTC) + LATER) as visit:
        notice = answering.own_notice_of(visit, recall.code)
        assert reminding.remind_customers(visit, notice) == reminding.Reminded(1, 0, 0)
    with visit_as("quality", datetime.now(UTC) + LATER) as visit:
        assert reminding.remind_own(visit, visit.session.get_one(Recall, recall.id)).written == 1
    deliver(engine, postbox.settings)

    reminders = [str(mail["To"]) for mail in postbox.mails if "催促" in str(mail["Subject"])]
    assert reminders.count("night@shop.example") == 0  # not due for two hours
    kinds = {row.name: row.reminded for row in all_rows(engine, RecallNotice)}
    assert set(kinds.values()) == {0}  # the reminders that go out by themselves are counted apart


def test_by_link_the_next_tier_does_the_same_and_sees_nobody_else_s(
    visit_as: VisitAs, recall: Recall, engine: Engine, client_as: ClientOf, postbox: Postbox
) -> None:
    deliver(engine, postbox.settings)
    [secret] = postbox.secrets_of("stall@shop.example")
    door, page = client_as("guhuai"), f"/n/{secret}/customers"
    sent = {
        "to-0-name": "报亭",
        "to-0-email": "kiosk@shop.example",
        "to-1-name": "夜市2",
        "to-1-email": "night@shop.example",
    }
    assert door.post(f"/n/{secret}/forward", data=sent).status_code == 303
    kiosk, night = told(engine, recall, "报亭"), told(engine, recall, "夜市")

    shown = door.get(f"{page}?silent=1&lang=zh").text
    assert "报亭" in shown
    assert "夜市" not in shown  # the trader named it first
    assert door.get(f"{page}/{kiosk.id}").status_code == 200
    assert door.get(f"{page}/{night.id}").status_code == 404
    assert door.post(f"{page}/{night.id}/again").status_code == 404
    assert door.post(f"{page}/remind").headers["location"] == f"{page}?silent=1&done=nobody-reminded"
    lately = door.post(f"{page}/{kiosk.id}/again?lang=zh", data={"address": "new@shop.example"})
    assert lately.status_code in (303, 422)
    with visit_as(now=datetime.now(UTC) + LATER) as visit:
        notice = answering.find_by_link(visit, secret)
        with pytest.raises(Unknown):
            reminding.write_to_customer(visit, notice, night.id, None)
        assert reminding.write_to_customer(visit, notice, kiosk.id, "new@shop.example") is None
    assert told(engine, recall, "报亭").email == "new@shop.example"


def test_on_its_page_a_seller_writes_again_and_hands_a_link_over(
    recall: Recall, engine: Engine, client_as: ClientOf, visit_as: VisitAs
) -> None:
    with visit_as("trader") as visit:
        notice = answering.own_notice_of(visit, recall.code).id
    door, stall = client_as("trader"), told(engine, recall, "小摊")
    page = f"/app/notices/{notice}/customers"
    assert page in door.get(f"/app/notices/{notice}").text
    assert "小摊" in door.get(page).text

    assert door.post(f"{page}/{stall.id}/again").headers["location"] == f"{page}/{stall.id}?done=sent-again"
    assert "重新发送" in door.get(f"{page}/{stall.id}?lang=zh").text
    for who in ("zhenyang", "county", "guhuai"):
        assert client_as(who).get(page).status_code == 404
        assert client_as(who).post(f"{page}/{stall.id}/again").status_code in (403, 404)


def test_what_is_over_reminds_nobody(visit_as: VisitAs, recall: Recall, engine: Engine) -> None:
    with visit_as("trader") as visit:
        notice = answering.own_notice_of(visit, recall.code)
    closes(visit_as, recall)
    with visit_as("trader") as visit, pytest.raises(Conflict, match="over"):
        reminding.remind_customers(visit, notice)
    with visit_as("county") as visit, pytest.raises((Forbidden, Unknown)):
        reminding.remind_own(visit, visit.session.get_one(Recall, recall.id))
