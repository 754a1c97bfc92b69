"""A report of the public from its sending to its end: who handles it, who reads what, and who learns who wrote it."""

import json
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import Engine
from sqlmodel import col, select

from inspected import laboratory
from keeping import HOLDER, all_rows, noon
from reports import NAME, REACH, WORDS, new_tip, send_tip
from sampled import Way
from tracelot.operations import purging, tip_views, tip_work, tipping
from tracelot.operations.forgetting_answers import forget_person
from tracelot.operations.passwords import digest, new_secret
from tracelot.operations.visit import Visit
from tracelot.records.following import Notification
from tracelot.records.journal import JournalEntry
from tracelot.records.personal import PersonalValue
from tracelot.records.tips import (
    Added,
    Assigned,
    Closed,
    Linked,
    Merged,
    NewTip,
    Noted,
    Shared,
    Tip,
    TipContact,
    TipFilter,
    TipNote,
    Transferred,
)
from tracelot.rules.refusals import Conflict, Forbidden, Unfit, Unknown
from tracelot.rules.tipping import handling_area
from world import VisitAs, World


def open_tips(visit: Visit) -> list[UUID]:
    return [one.id for one in tip_views.list_tips(visit, TipFilter(), 50).items]


@pytest.mark.parametrize(
    ("place", "office"),
    [("411724", "county"), ("411724214", "county"), ("411723", "neighbour"), ("411702", "city")],
)
def test_a_report_goes_to_the_office_over_the_place_where_it_was_bought(
    visit_as: VisitAs, world: World, place: str, office: str
) -> None:
    """A township decides nothing, so its county handles it; where a county has no office, its city does."""
    tip_id, _ = send_tip(visit_as, world, place=place)
    with visit_as("site") as visit:
        assert visit.kernel().get_one(Tip, tip_id).party_id == world.parties[office]


def test_without_a_place_it_goes_to_the_office_over_the_maker(visit_as: VisitAs, world: World) -> None:
    tip_id, _ = send_tip(visit_as, world, place=None)
    with visit_as("county") as visit:
        tip = tip_work.find_tip(visit, tip_id)
        assert (tip.maker_id, tip.batch_id) == (world.parties["zhenyang"], world.batch_id)


def test_a_report_that_nothing_tells_the_place_of_is_asked_for_one(visit_as: VisitAs, world: World) -> None:
    with pytest.raises(Unfit) as refused, visit_as() as visit:
        tipping.receive_tip(visit, new_tip(world, written="L9", place=None), new_secret())
    assert refused.value.kind == "place-needed"
    with pytest.raises(Unfit) as refused, visit_as() as visit:
        tipping.receive_tip(visit, new_tip(world, written="L9", place="110101"), new_secret())
    assert refused.value.kind == "no-office-here"


def test_a_township_s_area_alone_handles_nothing() -> None:
    assert handling_area(["411724214"], ["411724214"]) is None
    assert handling_area(["41", "4117", "411724"], [None, "411724214", "110101"]) == "411724"


def test_sent_again_under_its_address_it_is_the_same_report(visit_as: VisitAs, world: World) -> None:
    secret = new_secret()
    assert send_tip(visit_as, world, secret) == send_tip(visit_as, world, secret)
    with pytest.raises(Unfit):
        send_tip(visit_as, world, "short")
    with visit_as("county") as visit:
        assert len(open_tips(visit)) == 1
        assert visit.session.exec(select(Tip.digest)).one() == digest(secret)


def test_who_sees_a_report(visit_as: VisitAs, world: World) -> None:
    """Its office and those above it; a neighbour, a township that was not asked, and firms see nothing of it."""
    tip_id, _ = send_tip(visit_as, world)
    seen = {}
    for who in ("county", "city", "neighbour", "township"):
        with visit_as(who) as visit:
            seen[who] = open_tips(visit)
    assert seen == {"county": [tip_id], "city": [tip_id], "neighbour": [], "township": []}
    for who in ("zhenyang", "guhuai", "site"):
        with visit_as(who) as visit:
            assert visit.session.get(Tip, tip_id) is None
            with pytest.raises(Forbidden):
                tip_work.find_tip(visit, tip_id)


def test_only_people_of_its_office_learn_who_reported_and_each_look_is_kept(
    visit_as: VisitAs, world: World
) -> None:
    tip_id, _ = send_tip(visit_as, world)
    with pytest.raises(Forbidden), visit_as("city") as visit:
        tip_work.open_contact(visit, tip_id, "核实")
    with visit_as("county") as visit:
        assert visit.session.get(TipContact, tip_id) is None
        for reason in ("致电核实", "回访"):
            contact = tip_work.open_contact(visit, tip_id, reason)
            assert contact is not None
            assert (contact.name, contact.reach) == (NAME, REACH)

    with visit_as("county") as visit:
        looks = visit.session.exec(select(JournalEntry).where(JournalEntry.act == "tip.contact-opened")).all()
        assert {one.reason for one in looks} == {"致电核实", "回访"}
        assert {one.actor_id for one in looks} == {world.people["county"]}


def test_the_journal_never_holds_who_reported(visit_as: VisitAs, world: World) -> None:
    tip_id, secret = send_tip(visit_as, world)
    with visit_as() as visit:
        tipping.add_to_tip(visit, tipping.find_followed(visit, secret), Added(words="又发现一瓶"))
    with visit_as("county") as visit:
        tip_work.open_contact(visit, tip_id, "核实")
        tip_work.close_tip(visit, tip_id, Closed(closing="acted", answer="已责令下架。"))
    with visit_as("county") as visit:
        written = "".join(
            one.record + (one.reason or "") for one in visit.kernel().exec(select(JournalEntry))
        )
        assert NAME not in written
        assert REACH not in written
        assert WORDS not in written  # free words may tell who wrote them: a commitment stands for them
        assert digest(secret) not in written


def test_the_firm_learns_of_it_only_what_the_office_tells(visit_as: VisitAs, world: World) -> None:
    tip_id, _ = send_tip(visit_as, world)
    with visit_as("zhenyang") as visit:
        assert tip_views.complaints(visit) == []
    for words in (f"消费者{NAME}反映有异物", f"电话{REACH}"):
        with pytest.raises(Unfit) as refused, visit_as("county") as visit:
            tip_work.share_tip(visit, tip_id, Shared(words=words))
        assert refused.value.kind == "names-the-reporter"
    with visit_as("county") as visit:
        tip_work.share_tip(visit, tip_id, Shared(words="该批次瓶底有黑色颗粒，请自查。"))

    with visit_as("zhenyang") as visit:
        (told,) = tip_views.complaints(visit)
        assert (told.share.words, told.batch.id if told.batch else None) == (
            "该批次瓶底有黑色颗粒，请自查。",
            world.batch_id,
        )
        heard = visit.session.exec(select(Notification).where(Notification.event == "tip")).all()
        assert {one.link for one in heard} == {"/app/complaints"}
        told_words = json.dumps([told.share.model_dump(mode="json"), *(one.facts for one in heard)])
        assert str(tip_id) not in told_words
    with visit_as("guhuai") as visit:
        assert tip_views.complaints(visit) == []


def test_a_report_takes_its_course(visit_as: VisitAs, world: World) -> None:
    """Assigned, looked into by a township that was asked, and closed; its reporter reads what is told."""
    tip_id, secret = send_tip(visit_as, world)
    with visit_as("county") as visit:
        due = visit.today + timedelta(days=3)
        helper = Assigned(account_id=world.people["county"], helper_id=world.parties["township"], due_on=due)
        assert tip_work.assign_tip(visit, tip_id, helper).state == "assigned"
        assert (
            tip_views.in_charge(visit, tip_work.find_tip(visit, tip_id)).office.account_id
            == world.people["county"]
        )  # type: ignore[union-attr]
    with visit_as("township") as visit:
        tip = tip_work.investigate_tip(visit, tip_id, Noted(words="到店检查", told=True))
        assert (tip.state, tip.due_on) == ("investigating", due)
        assert tip_views.steps_for(visit, tip) == ["noted"]
        with pytest.raises(Forbidden):
            tip_work.close_tip(visit, tip_id, Closed(closing="acted", answer="完成"))
    with visit_as("county") as visit:
        tip_work.note_tip(visit, tip_id, Noted(words="已抽样送检", told=True))
        tip_work.close_tip(visit, tip_id, Closed(closing="acted", answer="已责令下架。"))
        with pytest.raises(Conflict):
            tip_work.note_tip(visit, tip_id, Noted(words="再记一笔"))

    with visit_as() as visit:
        followed = tipping.followed(visit, tipping.find_followed(visit, secret))
        said = [one.words for one in followed.notes if one.words]
        assert (followed.tip.state, followed.tip.answer) == ("closed", "已责令下架。")
        assert said == ["已抽样送检", "已责令下架。"]  # what a township writes is its office's to tell


def test_a_report_that_is_handed_over_is_read_by_both_offices_and_handled_by_the_other(
    visit_as: VisitAs, world: World
) -> None:
    tip_id, _ = send_tip(visit_as, world)
    with visit_as("county") as visit:
        new = Transferred(to_party_id=world.parties["neighbour"], words="购买地在平舆县")
        tip_work.transfer_tip(visit, tip_id, new)
    with visit_as("county") as visit:
        assert open_tips(visit) == [tip_id]
        with pytest.raises(Forbidden):
            tip_work.open_contact(visit, tip_id, "核实")
        with pytest.raises(Forbidden):
            tip_work.note_tip(visit, tip_id, Noted(words="迟到的记录"))
    with visit_as("neighbour") as visit:
        tip = tip_work.find_tip(visit, tip_id)
        assert (tip.state, [one.step for one in tip_views.view(visit, tip).notes]) == (
            "received",
            ["received", "transferred"],
        )
        contact = tip_work.open_contact(visit, tip_id, "核实")
        assert contact is not None
        assert contact.name == NAME


def test_two_reports_of_the_same_are_joined(visit_as: VisitAs, world: World) -> None:
    first, _ = send_tip(visit_as, world)
    second, secret = send_tip(visit_as, world)
    with visit_as("county") as visit:
        code = tip_work.find_tip(visit, first).code
        with pytest.raises(Unfit):
            tip_work.merge_tip(visit, first, Merged(code=code))  # not with itself
        tip_work.merge_tip(visit, second, Merged(code=code))
        assert open_tips(visit) == [first]
        tip_work.close_tip(visit, first, Closed(closing="recalled", answer="企业已启动召回。"))
    with visit_as() as visit:
        followed = tipping.followed(visit, tipping.find_followed(visit, secret))
        assert (followed.tip.state, followed.outcome.answer) == ("merged", "企业已启动召回。")


def test_a_report_is_tied_to_a_recall_or_a_sample(visit_as: VisitAs, world: World, engine: Engine) -> None:
    tip_id, _ = send_tip(visit_as, world)
    laboratory(visit_as, world, engine)
    sheet = Way(visit_as, world).take()
    with visit_as("county") as visit:
        assert [one.id for one in tip_views.samplings_near(visit, tip_work.find_tip(visit, tip_id))] == [
            sheet.id
        ]
        tip = tip_work.link_tip(visit, tip_id, Linked(sampling=sheet.sheet_no))
        assert (tip.sampling_id, tip_views.view(visit, tip).notes[-1].words) == (sheet.id, sheet.sheet_no)
        for wrong in (
            Linked(recall="R000000-20260101-001"),
            Linked(sampling="CY41172420260101009"),
            Linked(),
        ):
            with pytest.raises(Unfit):
                tip_work.link_tip(visit, tip_id, wrong)


def test_its_reporter_may_erase_who_they_are(visit_as: VisitAs, world: World) -> None:
    tip_id, secret = send_tip(visit_as, world)
    with visit_as() as visit:
        tipping.withdraw_contact(visit, tipping.find_followed(visit, secret))
    with visit_as("county") as visit:
        assert tip_work.open_contact(visit, tip_id, "核实") is None
        assert visit.kernel().exec(select(TipContact).where(col(TipContact.tip_id) == tip_id)).all() == []


def test_an_address_that_was_guessed_opens_nothing(visit_as: VisitAs, world: World) -> None:
    send_tip(visit_as, world)
    with pytest.raises(Unknown), visit_as() as visit:
        tipping.find_followed(visit, new_secret())


def test_a_report_says_at_least_what_happened(world: World) -> None:
    with pytest.raises(ValueError, match="words"):
        NewTip.model_validate(new_tip(world).model_dump() | {"words": "坏"})


def test_who_reported_goes_half_a_year_after_the_end_and_the_report_after_two_years(
    visit_as: VisitAs, world: World, engine: Engine
) -> None:
    open_id, _ = send_tip(visit_as, world)
    tip_id, secret = send_tip(visit_as, world)
    with visit_as("county") as visit:
        tip_work.close_tip(visit, tip_id, Closed(closing="acted", answer="已责令下架。"))
        today = visit.today

    def purge(days: int) -> dict[str, int]:
        day = today + timedelta(days)
        with visit_as(HOLDER, noon(day)) as visit:
            purged = purging.purge_tips(visit, day, "tester")
        return {what: count for what, count in purged.removed.items() if count}

    assert purge(184) == {}
    assert purge(185) == {"contact of a report": 1}
    assert {one.tip_id for one in all_rows(engine, TipContact)} == {open_id}
    assert purge(731) == {}
    assert purge(732) == {"report": 1}
    assert [one.id for one in all_rows(engine, Tip)] == [open_id]  # what is open is kept, however long ago
    assert {one.tip_id for one in all_rows(engine, TipNote)} == {open_id}
    assert all_rows(engine, PersonalValue, subject_id=tip_id) == []
    with pytest.raises(Unknown), visit_as() as visit:
        tipping.find_followed(visit, secret)


def test_an_office_forgets_a_reporter_by_name_and_the_words_that_name_them(
    visit_as: VisitAs, world: World, engine: Engine
) -> None:
    tip_id, _ = send_tip(visit_as, world, words=f"我是{NAME}，瓶底有黑色颗粒。")
    with pytest.raises(Unfit), visit_as("neighbour") as visit:
        forget_person(visit, NAME, "asked-to-erase", "本人要求")
    with visit_as("county") as visit:
        assert forget_person(visit, NAME, "asked-to-erase", "本人要求") == 1
    assert all_rows(engine, TipContact) == []
    (tip,) = all_rows(engine, Tip)
    assert (tip.id, tip.words, tip.shop) == (tip_id, "", "真阳大道便民超市")
    assert not any(NAME in one.value for one in all_rows(engine, PersonalValue, subject_id=tip_id))
