"""Scenario G: a re-test overturns what was found. Goods stand as before, and all who were told hear it."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import Engine

from acts import Firm, firm, new_firm
from builders import new_batch, new_recall
from following import rows
from inspected import TOO_MUCH, record, report
from keeping import all_rows
from pursued import action, closes, order
from reached import Postbox, deliver, new_contact, notices_of, open_postbox, recalled, ship, sold, text_of
from tracelot.operations import (
    answering,
    batches,
    checking,
    delivering,
    disposing,
    enforcement,
    extensions,
    lookup,
    ordering,
    recalls,
    rescoping,
    withdrawing,
)
from tracelot.operations.effectiveness import recall_in_work
from tracelot.records.batches import StatusChange
from tracelot.records.consignees import NewAnswer, RecallLetter
from tracelot.records.effectiveness import Done, NewDisposal, NewSample, Performed, Watched
from tracelot.records.following import Notification
from tracelot.records.recall_search import RecallFilter
from tracelot.records.recalls import RecallChange
from tracelot.records.scopes import ScopeChoice
from tracelot.records.withdrawing import Withdrawal
from tracelot.rules.access import PUBLIC
from tracelot.rules.refusals import Conflict, Forbidden, Stale, Unknown
from world import VisitAs, World

WHY = Withdrawal(reason="复检合格，原检验结论不成立", report_no="FJ-2026-118")


@pytest.fixture
def maker(visit_as: VisitAs, world: World) -> Firm:
    return firm(visit_as, world, "zhenyang")


@pytest.fixture
def postbox() -> Iterator[Postbox]:
    with open_postbox() as box:
        yield box


def published(visit_as: VisitAs, world: World, *codes: str, level: int = 1) -> UUID:
    return recalled(visit_as, world.product_id, *(codes or (world.code,)), level=level)


def taken_back(visit_as: VisitAs, recall_id: UUID, who: str = "quality", version: int | None = None) -> int:
    with visit_as(who) as visit:
        return withdrawing.withdraw(visit, recall_id, WHY, version).version


def state_of(visit_as: VisitAs, batch_id: UUID) -> str:
    with visit_as("quality") as visit:
        return batches.find_batch(visit, batch_id).status


def verdict(visit_as: VisitAs, world: World) -> str:
    with visit_as(PUBLIC) as visit:
        return lookup.look_up(visit, f"(01){world.gtin}(10){world.code}").verdict


def test_the_batch_stands_as_before_and_its_history_keeps_both(visit_as: VisitAs, world: World) -> None:
    recall_id = published(visit_as, world)
    assert (state_of(visit_as, world.batch_id), verdict(visit_as, world)) == ("recalled", "recalled")

    taken_back(visit_as, recall_id)

    assert (state_of(visit_as, world.batch_id), verdict(visit_as, world)) == ("released", "no_recall")
    with visit_as("quality") as visit:
        batch = batches.find_batch(visit, world.batch_id)
        acts = [one.act for one in batches.history(visit, batch)]
        told = {one.act: one for one in recalls.history(visit, recalls.find_own_recall(visit, recall_id))}
    assert acts[-2:] == ["batch.recalled", "batch.recall-withdrawn"]
    assert batch.stopped_at is None
    assert told["recall.withdrawn"].reason == WHY.reason
    assert WHY.report_no in told["recall.withdrawn"].record


def test_what_was_held_or_not_yet_released_goes_back_to_that(visit_as: VisitAs, world: World) -> None:
    with visit_as("quality") as visit:
        fresh = batches.register_batch(visit, new_batch(world.product_id, code="FRESH")).id
        apart = batches.register_batch(visit, new_batch(world.product_id, code="APART")).id
        batches.hold_batch(visit, apart, StatusChange(reason="另有投诉"))
    recall_id = published(visit_as, world, world.code, "FRESH", "APART")
    taken_back(visit_as, recall_id)

    with visit_as("quality") as visit:
        held = batches.find_batch(visit, apart)
        assert (held.status, held.status_reason) == ("held", "另有投诉")
        assert held.stopped_at is not None
        assert batches.find_batch(visit, fresh).status == "pending_inspection"


def test_what_failed_while_it_was_recalled_is_held_and_not_set_free(visit_as: VisitAs, world: World) -> None:
    recall_id = published(visit_as, world)
    record(visit_as, "quality", report(world.batch_id, TOO_MUCH))
    taken_back(visit_as, recall_id)

    with visit_as("quality") as visit:
        batch = batches.find_batch(visit, world.batch_id)
        acts = [one.act for one in batches.history(visit, batch)]
    assert (batch.status, str(batch.status_reason)[:4]) == ("held", "CJ-1")
    assert acts[-2:] == ["batch.recall-withdrawn", "batch.held"]


def test_what_another_recall_names_stays_recalled_until_that_one_is_withdrawn_too(
    visit_as: VisitAs, world: World
) -> None:
    first, second = published(visit_as, world), published(visit_as, world, level=2)
    taken_back(visit_as, first)
    assert (state_of(visit_as, world.batch_id), verdict(visit_as, world)) == ("recalled", "recalled")
    taken_back(visit_as, second)
    assert (state_of(visit_as, world.batch_id), verdict(visit_as, world)) == ("released", "no_recall")


def test_a_batch_that_is_registered_later_is_recalled_no_more(visit_as: VisitAs, world: World) -> None:
    with visit_as("quality") as visit:  # all of September
        recall = recalls.open_recall(visit, new_recall(world.product_id))
        recalls.publish_recall(visit, recall.id)
    taken_back(visit_as, recall.id)
    with visit_as("quality") as visit:
        assert batches.register_batch(visit, new_batch(world.product_id)).status == "pending_inspection"


def test_the_register_and_the_feed_of_changes_say_withdrawn_and_openfda_leaves_it_out(
    visit_as: VisitAs, world: World
) -> None:
    recall_id = published(visit_as, world)
    with visit_as(PUBLIC) as visit:
        since = recalls.newest_change(visit)
        assert len(list(enforcement.all_records(visit, None))) == 1
    taken_back(visit_as, recall_id)

    with visit_as(PUBLIC) as visit:
        [listed] = recalls.query_recalls(visit, RecallFilter(public=True)).items
        [changed] = recalls.changed_recalls(visit, RecallFilter(), since)[0].items
        assert recalls.query_recalls(visit, RecallFilter(state="published")).total == 0
        assert list(enforcement.all_records(visit, None)) == []
        view = recalls.view(visit, recalls.find_recall(visit, str(recall_id)))
    assert listed.id == changed.id == recall_id
    assert listed.state == "withdrawn"
    assert listed.withdrawn_at is not None
    assert (view.withdrawn_reason, view.overturned_by) == (WHY.reason, WHY.report_no)


def test_its_clocks_stop_and_no_office_waits_for_them(visit_as: VisitAs, world: World) -> None:
    recall_id = published(visit_as, world)
    with visit_as("county") as visit:
        assert extensions.deadlines(visit, 10)[1] > 0
    taken_back(visit_as, recall_id)
    with visit_as("county") as visit:
        assert extensions.deadlines(visit, 10) == ([], 0)
        view = recalls.view(visit, recalls.find_recall(visit, str(recall_id)))
    assert {one.state for one in view.clocks} <= {"met", "met_late", "stopped"}
    assert "stopped" in {one.state for one in view.clocks}


def test_all_who_were_told_hear_it_and_letters_that_wait_never_leave(
    visit_as: VisitAs, world: World, maker: Firm, engine: Engine, postbox: Postbox
) -> None:
    product = sold(maker)
    shop = new_firm(visit_as, world, engine, "shop", "retailer", name_zh="shop")
    contact = new_contact(maker, "corner", email="corner@shop.example")
    ship(maker, maker.batch("paste"), 10, party_id=shop.party_id)
    ship(maker, maker.batch("paste"), 10, contact_id=contact)
    recall_id = recalled(visit_as, product)
    deliver(engine, postbox.settings)
    taken_back(visit_as, recall_id)
    deliver(engine, postbox.settings)

    notice = notices_of(engine, recall_id)["shop"]
    [told] = [one for one in rows(engine, Notification) if one.event == "notice-changed"]
    assert (told.link, told.facts["change"]) == (f"/app/notices/{notice.id}", "withdrawn")
    first, last = postbox.to("corner@shop.example")
    assert WHY.reason not in text_of(first)
    assert WHY.reason in text_of(last)
    assert "URGENT" not in str(last["Subject"])
    with visit_as("shop") as visit, pytest.raises(Conflict):
        answering.answer_own(visit, notice, NewAnswer(stop_sale=True, name="王强"))
    with visit_as("quality") as visit, pytest.raises(Conflict):
        delivering.send_again(visit, recalls.find_own_recall(visit, recall_id), notice.id, None)


def test_reminders_stop(visit_as: VisitAs, world: World, maker: Firm, engine: Engine) -> None:
    product = sold(maker)
    contact = new_contact(maker, "reached", email="reached@trace.test")
    ship(maker, maker.batch("paste"), 10, contact_id=contact)
    recall_id = recalled(visit_as, product)
    taken_back(visit_as, recall_id)
    with visit_as("quality", datetime.now(UTC) + timedelta(days=2)) as visit:
        assert delivering.remind(visit, recall_id, 1) == "no longer needed"
    assert {one.state for one in all_rows(engine, RecallLetter)} == {"dropped"}


def test_only_the_firm_withdraws_what_it_began_and_only_an_office_what_it_ordered(
    visit_as: VisitAs, world: World
) -> None:
    recall_id = published(visit_as, world)
    for who, refusal in (("guhuai", Unknown), ("recorder", Forbidden), ("county", Forbidden)):
        with visit_as(who) as visit, pytest.raises(refusal):
            withdrawing.withdraw(visit, recall_id, WHY)
    with visit_as("county") as visit, pytest.raises(Conflict):
        ordering.act_on(visit, str(recall_id), action("withdraw"))
    with visit_as("county") as visit:
        ordered = ordering.order_recall(visit, order(world)).id
    with visit_as("quality") as visit:
        words = {"harm_zh": "损害肝脏", "remedy_zh": "停止食用"}
        recalls.change_recall(visit, ordered, RecallChange.model_validate(words))
        recalls.publish_recall(visit, ordered)
    with visit_as("quality") as visit, pytest.raises(Conflict, match="ordered"):
        withdrawing.withdraw(visit, ordered, WHY)
    with visit_as("township") as visit, pytest.raises(Forbidden):
        ordering.act_on(visit, str(ordered), action("withdraw"))
    taken_back(visit_as, recall_id)
    assert state_of(visit_as, world.batch_id) == "recalled"
    with visit_as("county") as visit:
        ordering.act_on(visit, str(ordered), action("withdraw", report_no=WHY.report_no))
    assert state_of(visit_as, world.batch_id) == "released"
    with visit_as(PUBLIC) as visit:
        view = recalls.view(visit, recalls.find_recall(visit, str(ordered)))
    assert (view.state, view.overturned_by) == ("withdrawn", WHY.report_no)


def test_nothing_is_withdrawn_twice_nor_unseen_nor_added_to_afterwards(
    visit_as: VisitAs, world: World
) -> None:
    recall_id = published(visit_as, world)
    with visit_as("quality") as visit, pytest.raises(Stale):
        withdrawing.withdraw(visit, recall_id, WHY, 1)
    taken_back(visit_as, recall_id)
    with visit_as("quality") as visit, pytest.raises(Conflict):
        withdrawing.withdraw(visit, recall_id, WHY)
    choice = ScopeChoice(batch_ids=[world.batch_id], reason="再次")
    with visit_as("quality") as visit, pytest.raises(Conflict):
        rescoping.widen(visit, recall_id, choice)
    with visit_as("county") as visit, pytest.raises(Conflict):
        ordering.act_on(visit, str(recall_id), action("warning"))


def test_a_draft_or_a_drill_is_not_withdrawn(visit_as: VisitAs, world: World) -> None:
    with visit_as("quality") as visit:
        draft = recalls.open_recall(visit, new_recall(world.product_id, world.code)).id
    drill = recalled(visit_as, world.product_id, world.code, kind="mock_drill")
    for one in (draft, drill):
        with visit_as("quality") as visit, pytest.raises(Conflict):
            withdrawing.withdraw(visit, one, WHY)


def test_a_closed_recall_is_withdrawn_too(visit_as: VisitAs, world: World) -> None:
    with visit_as("quality") as visit:
        recall = recalls.open_recall(visit, new_recall(world.product_id, world.code))
        recalls.publish_recall(visit, recall.id)
    closes(visit_as, recall)
    taken_back(visit_as, recall.id)
    assert state_of(visit_as, world.batch_id) == "released"


def test_a_withdrawn_recall_takes_no_more_work(visit_as: VisitAs, world: World, maker: Firm) -> None:
    product = sold(maker)
    ship(maker, maker.batch("paste"), 40, contact_id=new_contact(maker, "街口小店"))
    recall_id = recalled(visit_as, product)
    with visit_as("quality") as visit:
        checking.draw_sample(visit, recall_id, NewSample(level="A"))
        [check] = checking.checks_of(visit, recall_in_work(visit, recall_id)).items
        planned = {"batch_id": maker.batch("paste"), "quantity": "40", "unit": "case", "method": "remediate_relabel",
                   "place": "一号库", "planned_at": datetime.now(UTC)}  # fmt: skip
        disposal = disposing.announce_disposal(visit, recall_id, NewDisposal.model_validate(planned))
        disposal_id = disposal.id
    taken_back(visit_as, recall_id)

    made = Performed(performed_at=datetime.now(UTC), outcome="action_taken")
    for who, work in (
        ("quality", lambda visit: checking.perform_check(visit, recall_id, check.id, made)),
        ("county", lambda visit: checking.perform_check(visit, recall_id, check.id, made)),
        (
            "quality",
            lambda visit: disposing.perform_disposal(
                visit, recall_id, disposal_id, Done(performed_at=datetime.now(UTC))
            ),
        ),
        ("county", lambda visit: disposing.witness_disposal(visit, recall_id, disposal_id, Watched())),
    ):
        with pytest.raises(Conflict) as refused, visit_as(who) as visit:
            work(visit)
        assert refused.value.kind == "recall-withdrawn"
    with visit_as("quality") as visit:
        assert checking.checks_of(visit, recall_in_work(visit, recall_id)).answered == 0
