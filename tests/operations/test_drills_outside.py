"""A firm may let a drill's notices go outside: each says what it is, and no office but its county's reads of it."""

from collections.abc import Iterator
from uuid import UUID

import pytest
from sqlalchemy import Engine
from sqlmodel import select

from acts import Firm, firm, new_firm
from builders import new_recall
from conftest import ClientOf
from keeping import all_rows
from reached import Postbox, deliver, new_contact, notices_of, open_postbox, recalled, ship, sold, text_of
from tracelot.operations import answering, delivering, extensions, forwarding, recalls
from tracelot.records.clocks import AskedExtension
from tracelot.records.consignees import NewAnswer, RecallLetter, RecallNotice
from tracelot.records.recalls import Recall, RecallChange
from tracelot.rules.refusals import Conflict
from world import VisitAs, World

DRILL = "mock_drill"
OFFICERS = ("county", "city", "neighbour", "township")


@pytest.fixture
def postbox() -> Iterator[Postbox]:
    with open_postbox() as box:
        yield box


@pytest.fixture
def maker(visit_as: VisitAs, world: World) -> Firm:
    return firm(visit_as, world, "zhenyang")


@pytest.fixture
def trader(visit_as: VisitAs, world: World, engine: Engine) -> Firm:
    return new_firm(visit_as, world, engine, "trader", "wholesaler", name_zh="批发部")


@pytest.fixture
def product(maker: Firm, trader: Firm) -> UUID:
    """Sold to a trader with an account, who sold to a stall without one, and to a shop without one."""
    made = sold(maker)
    trader.confirms(ship(maker, maker.batch("paste"), 100, party_id=trader.party_id))
    shop = new_contact(maker, "小店", email="shop@shop.example", region_code="411723")
    ship(maker, maker.batch("paste"), 10, contact_id=shop)
    stall = new_contact(trader, "小摊", email="stall@shop.example", region_code="411723")
    ship(trader, maker.batch("paste"), 20, contact_id=stall)
    return made


def test_unless_the_firm_chose_it_nothing_of_a_drill_goes_outside(
    visit_as: VisitAs, product: UUID, engine: Engine
) -> None:
    drill = recalled(visit_as, product, kind=DRILL)

    assert {row.delivery for row in notices_of(engine, drill).values()} == {"kept_inside"}
    assert all_rows(engine, RecallLetter) == []
    with visit_as("trader") as visit:
        assert visit.session.exec(select(RecallNotice)).all() == []


def test_what_goes_outside_says_in_both_languages_that_it_is_a_drill(
    visit_as: VisitAs, product: UUID, engine: Engine, postbox: Postbox, client_as: ClientOf
) -> None:
    drill = recalled(visit_as, product, kind=DRILL, tells_outside=True)
    code = all_rows(engine, Recall, id=drill)[0].code
    deliver(engine, postbox.settings)
    [mail] = postbox.to("shop@shop.example")

    assert "演练，并非真实召回" in str(mail["Subject"])
    assert "DRILL, no real recall" in str(mail["Subject"])
    told = text_of(mail)
    assert "这是一次演练" in told
    assert "THIS IS A DRILL" in told
    assert not [one for one in ("停止销售", "Stop selling", f"/recalls/{code}") if one in told]
    page = client_as("guhuai").get(f"/n/{postbox.secrets_of('shop@shop.example')[0]}?lang=zh").text
    assert "这是一次演练" in page
    assert not [one for one in ("立即停止销售", f'href="/recalls/{code}"') if one in page]
    assert client_as("guhuai").get(f"/recalls/{code}").status_code == 404


def test_whoever_was_told_answers_and_passes_on_and_the_next_tier_reads_of_a_drill_too(
    visit_as: VisitAs, product: UUID, engine: Engine, postbox: Postbox
) -> None:
    drill = recalled(visit_as, product, kind=DRILL, tells_outside=True)
    code = all_rows(engine, Recall, id=drill)[0].code
    with visit_as("trader") as visit:
        notice = answering.own_notice_of(visit, code)
        answering.answer_own(visit, notice, NewAnswer(name="李"))
        keys = [one.wanted.key for one in forwarding.proposals(visit, notice)]
        forwarding.forward_own(visit, notice, keys, [])
    deliver(engine, postbox.settings)

    assert notices_of(engine, drill)["批发部"].state == "responded"
    assert "演练" in str(postbox.to("stall@shop.example")[0]["Subject"])


def test_of_all_offices_the_county_s_alone_reads_of_it_and_none_gets_mail(
    visit_as: VisitAs, world: World, product: UUID, engine: Engine, postbox: Postbox
) -> None:
    drill = recalled(visit_as, product, kind=DRILL, tells_outside=True)
    for number in (1, 2):
        with visit_as() as visit:
            delivering.remind(visit, drill, number)
    deliver(engine, postbox.settings)

    seen = {}
    for who in OFFICERS:
        with visit_as(who) as visit:
            seen[who] = {row.name for row in visit.session.exec(select(RecallNotice))}
            assert extensions.deadlines(visit, 50)[1] == 0
    assert seen == {"county": {"批发部", "小店"}, "city": set(), "neighbour": set(), "township": set()}
    code = all_rows(engine, Recall, id=drill)[0].code
    about = [mail for mail in postbox.mails if code in f"{mail['Subject']} {text_of(mail)}"]
    reached = {str(mail["To"]) for mail in about}
    assert world.logins["zhenyang"] in reached
    assert not reached & {world.logins[who] for who in OFFICERS}
    assert all("演练" in str(mail["Subject"]) for mail in about)


def test_a_drill_asks_no_office_for_time(visit_as: VisitAs, product: UUID) -> None:
    drill = recalled(visit_as, product, kind=DRILL)
    with visit_as("quality") as visit, pytest.raises(Conflict, match="own affair"):
        extensions.ask_extension(visit, drill, AskedExtension(until=visit.today, reason="还需时间"))


def test_what_becomes_a_recall_keeps_no_choice_of_a_drill(visit_as: VisitAs, world: World) -> None:
    new = new_recall(world.product_id, world.code, kind=DRILL, tells_outside=True)
    with visit_as("quality") as visit:
        draft = recalls.open_recall(visit, new)
        assert (draft.tells_outside, draft.reaches_outside) == (True, True)
        recall = recalls.change_recall(visit, draft.id, RecallChange(kind="recall"))
        assert (recall.tells_outside, recall.reaches_outside) == (False, True)
        drill = recalls.change_recall(visit, draft.id, RecallChange(kind="mock_drill"))
        assert drill.reaches_outside is False
