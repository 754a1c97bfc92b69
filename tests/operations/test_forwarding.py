"""Passing a recall on, tier by tier: everybody is told once, circles end, and nobody learns a rival's customers."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Engine
from sqlmodel import select

from acts import Firm, firm, new_firm
from keeping import all_rows
from reached import Postbox, deliver, new_contact, notices_of, open_postbox, recalled, ship, sold, text_of
from tracelot.operations import answering, delivering, forwarding, reach_views
from tracelot.operations.reach_views import Asked
from tracelot.operations.visit import Visit
from tracelot.records.consignees import NewAnswer, NewTarget, RecallForward, RecallLetter, RecallNotice
from tracelot.records.database import connect
from tracelot.records.outbox import Task
from tracelot.records.recalls import Recall
from tracelot.rules.refusals import Forbidden, Unfit, Unknown
from world import Scene, VisitAs, World, visits

EVERYTHING = Asked()


def tell(url: str, world: World) -> dict[str, Any]:
    """The maker sold to the trader, the trader to Guhuai and to a stall without an account, before the recall."""
    engine = connect(url)
    visit_as = visits(engine, world)
    maker = firm(visit_as, world, "zhenyang")
    trader = new_firm(visit_as, world, engine, "trader", "wholesaler", name_zh="批发部")
    product = sold(maker)
    trader.confirms(ship(maker, maker.batch("paste"), 100, party_id=trader.party_id))
    ship(trader, maker.batch("paste"), 30, party_id=world.parties["guhuai"])
    stall = new_contact(trader, "小摊", email="stall@shop.example", region_code="411723")
    ship(trader, maker.batch("paste"), 20, contact_id=stall)
    recall = recalled(visit_as, product)
    engine.dispose()
    return {"products": maker.products, "facility": trader.facility_id, "recall": recall}


@pytest.fixture
def maker(visit_as: VisitAs, scene: Scene) -> Firm:
    return replace(firm(visit_as, scene.world, "zhenyang"), products=scene.told["products"])


@pytest.fixture
def trader(visit_as: VisitAs, scene: Scene) -> Firm:
    """A wholesaler of the county."""
    return Firm("trader", visit_as, scene.world.parties["trader"], scene.told["facility"])


@pytest.fixture
def postbox() -> Iterator[Postbox]:
    with open_postbox() as box:
        yield box


@pytest.fixture
def recall(scene: Scene) -> UUID:
    return UUID(str(scene.told["recall"]))


def own(visit: Visit, recall: UUID) -> RecallNotice:
    query = select(RecallNotice).where(RecallNotice.recall_id == recall)
    return visit.session.exec(query.where(RecallNotice.to_party_id == visit.actor.party_id)).one()


def pass_on(visit_as: VisitAs, who: str, recall: UUID, *typed: NewTarget) -> forwarding.Forwarded:
    """To all whom the books name, and to those typed."""
    with visit_as(who) as visit:
        notice = own(visit, recall)
        keys = [one.wanted.key for one in forwarding.proposals(visit, notice)]
        return forwarding.forward_own(visit, notice, keys, typed)


def test_the_recall_itself_tells_direct_customers_alone(recall: UUID, engine: Engine) -> None:
    assert {(name, row.tier) for name, row in notices_of(engine, recall).items()} == {("批发部", 1)}


def test_the_books_propose_the_next_tier_with_what_it_got(
    visit_as: VisitAs, world: World, recall: UUID, engine: Engine
) -> None:
    with visit_as("trader") as visit:
        found = forwarding.proposals(visit, own(visit, recall))
        assert {(one.wanted.name, one.told) for one in found} == {
            ("古槐粮油有限公司", False),
            ("小摊", False),
        }
        assert sorted(got.quantity for one in found for got in one.wanted.goods.values()) == [20, 30]

    pass_on(visit_as, "trader", recall)

    told = notices_of(engine, recall)
    assert {(name, row.tier, row.from_party_id) for name, row in told.items() if row.tier == 2} == {
        ("古槐粮油有限公司", 2, world.parties["trader"]),
        ("小摊", 2, world.parties["trader"]),
    }


def test_a_firm_sees_of_its_customers_customers_how_many_they_are_and_where_they_stand(
    visit_as: VisitAs, recall: UUID, engine: Engine
) -> None:
    pass_on(visit_as, "trader", recall)
    with visit_as("guhuai") as visit:
        answering.answer_own(visit, own(visit, recall), NewAnswer(name="李"))

    with visit_as("quality") as visit:
        kept = visit.session.get_one(Recall, recall)
        reached = reach_views.reach_of(visit, kept)
        assert [(tier.number, tier.total, tier.answered) for tier in reached.tiers] == [(1, 1, 0), (2, 2, 1)]
        page = reach_views.notices(visit, kept, EVERYTHING, 50)
        assert [one.name for one in page.items] == ["批发部"]
        assert reach_views.passed_on(visit, page.items) == {page.items[0].id: {"responded": 1, "pending": 1}}
        hidden = notices_of(engine, recall)["小摊"]
        assert visit.session.get(RecallNotice, hidden.id) is None
        with pytest.raises(Unknown):
            delivering.send_again(visit, kept, hidden.id, None)


@pytest.mark.parametrize(
    ("who", "names"),
    [
        ("county", {"批发部", "古槐粮油有限公司", "小摊"}),  # where the trader is
        ("neighbour", {"古槐粮油有限公司", "小摊"}),  # where the goods went
        ("city", {"批发部", "古槐粮油有限公司", "小摊"}),
        ("township", set()),
        ("trader", {"批发部", "古槐粮油有限公司", "小摊"}),
        ("guhuai", {"古槐粮油有限公司"}),
        ("impostor", set()),
    ],
)
def test_everybody_else_sees_what_concerns_them(
    visit_as: VisitAs, recall: UUID, who: str, names: set[str]
) -> None:
    pass_on(visit_as, "trader", recall)
    with visit_as(who) as visit:
        kept = visit.with_published().get_one(Recall, recall)
        page = reach_views.notices(visit, kept, EVERYTHING, 50)
        assert {one.name for one in page.items} == names
        assert reach_views.reach_of(visit, kept).total == len(names)


def test_a_circle_ends(
    visit_as: VisitAs, world: World, recall: UUID, engine: Engine, postbox: Postbox
) -> None:
    back = NewTarget(name="厂家", email=world.logins["zhenyang"])
    again = NewTarget(name="批发部?", email=all_rows(engine, RecallNotice)[0].email or "x@shop.example")
    pass_on(visit_as, "trader", recall, back)
    before = len(all_rows(engine, RecallNotice))

    done = pass_on(visit_as, "guhuai", recall, back, NewTarget(name="摊", email="stall@shop.example"), again)
    deliver(engine, postbox.settings)

    told = all_rows(engine, RecallNotice)
    assert world.parties["zhenyang"] not in {row.to_party_id for row in told}
    assert len(told) == before + len(done.notices)
    assert len(postbox.to("stall@shop.example")) == 1
    stall = notices_of(engine, recall)["小摊"]
    assert (stall.tier, stall.from_party_id) == (2, world.parties["trader"])
    edges = {(row.parent_id, row.notice_id) for row in all_rows(engine, RecallForward)}
    assert (notices_of(engine, recall)["古槐粮油有限公司"].id, stall.id) in edges


def test_naming_the_same_customer_again_tells_it_once(
    visit_as: VisitAs, recall: UUID, engine: Engine, postbox: Postbox
) -> None:
    target = NewTarget(name="夜市", email="night@shop.example")
    first = pass_on(visit_as, "trader", recall, target)
    second = pass_on(visit_as, "trader", recall, target, NewTarget(name="夜市 2", email="NIGHT@shop.example"))
    deliver(engine, postbox.settings)

    assert (len(first.notices), len(second.notices), second.joined) == (3, 0, 3)
    assert len(postbox.to("night@shop.example")) == 1


def test_by_link_a_consignee_names_customers_and_is_given_links_for_those_without_an_address(
    visit_as: VisitAs, recall: UUID, engine: Engine, postbox: Postbox
) -> None:
    pass_on(visit_as, "trader", recall)
    deliver(engine, postbox.settings)
    [secret] = postbox.secrets_of("stall@shop.example")
    with visit_as() as visit:
        stall = answering.find_by_link(visit, secret)
        targets = [
            NewTarget(name="张三", phone="139 0000 0009"),
            NewTarget(name="李四", email="li@shop.example"),
        ]
        done = forwarding.forward(visit, stall, targets)

    assert [name for name, _ in done.links] == ["张三"]
    with visit_as() as visit:
        handed = answering.find_by_link(visit, done.links[0][1].rpartition("/")[2])
        assert (handed.name, handed.tier, handed.parent_id) == ("张三", 3, stall.id)
        answering.answer(visit, handed, NewAnswer(name="张三", stop_sale=True))
    assert notices_of(engine, recall)["张三"].state == "responded"
    for who in ("quality", "trader"):
        with visit_as(who) as visit:
            assert visit.session.get(RecallNotice, handed.id) is None
    with visit_as("county") as visit:
        assert visit.session.get(RecallNotice, handed.id) is not None


def test_who_cannot_be_reached_is_not_taken(visit_as: VisitAs, recall: UUID, engine: Engine) -> None:
    with pytest.raises(Unfit) as refused:
        pass_on(visit_as, "trader", recall, NewTarget(name="谁"))

    assert [fault.pointer for fault in refused.value.faults] == ["#/targets/0/email"]
    assert {row.tier for row in all_rows(engine, RecallNotice)} == {1}


def test_nobody_passes_on_a_notice_of_others(visit_as: VisitAs, recall: UUID, engine: Engine) -> None:
    [told] = all_rows(engine, RecallNotice)
    for who in ("guhuai", "impostor", "county"):
        with visit_as(who) as visit, pytest.raises((Unknown, Forbidden)):
            forwarding.forward_own(visit, told, [], [NewTarget(name="甲", phone="1")])


def test_who_is_silent_is_reminded_and_the_offices_are_told(
    visit_as: VisitAs, world: World, recall: UUID, engine: Engine, postbox: Postbox
) -> None:
    pass_on(visit_as, "trader", recall)
    with visit_as("guhuai") as visit:
        answering.answer_own(visit, own(visit, recall), NewAnswer(name="李"))
    [waiting] = [task for task in all_rows(engine, Task) if task.kind == "notice-reminder"]
    assert timedelta(hours=23) < waiting.due_at - datetime.now(UTC) < timedelta(hours=25)  # level 1

    for number in (1, 2, 2):  # a task that is done again reminds nobody again
        with visit_as() as visit:
            delivering.remind(visit, recall, number)
    deliver(engine, postbox.settings)

    reminders = [row.address for row in all_rows(engine, RecallLetter, kind="reminder")]
    assert sorted(filter(None, reminders)) == sorted(
        [world_login(engine, "批发部")] * 2 + ["stall@shop.example"] * 2
    )
    assert {row.reminded for row in all_rows(engine, RecallNotice)} == {0, 2}
    told = [mail for mail in postbox.mails if "2 个收货方未答复" in str(mail["Subject"])]
    assert {str(mail["To"]) for mail in told} >= {world.logins["county"], world.logins["city"]}
    urged = [mail for mail in postbox.to("stall@shop.example") if "催促" in str(mail["Subject"])]
    assert len(urged) == 2  # in whatever order the letters went out together
    assert all("/n/" in text_of(mail) for mail in urged)


def world_login(engine: Engine, name: str) -> str | None:
    """The address to which the first letter to a party went."""
    [notice] = [row for row in all_rows(engine, RecallNotice) if row.name == name]
    return next(row.address for row in all_rows(engine, RecallLetter, notice_id=notice.id, kind="notice"))
