"""What follows when an inspection fails: own stock held, others asked, offices told; and what frees it again."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from sqlalchemy import Engine

from acts import Firm, firm, goods, new_firm, output
from inspected import LITTLE, TOO_MUCH, laboratory, record, report
from keeping import all_rows
from reached import new_contact, ship
from sampled import Way, labs
from tracelot.operations import batches, hold_requests, inspections, products
from tracelot.operations.inspections import Withdrawal
from tracelot.records.batches import Batch, Lift, StatusChange
from tracelot.records.following import Notification
from tracelot.records.holding import HoldAnswer, HoldRequest
from tracelot.records.inspections import Correction, Inspection
from tracelot.records.outbox import Task
from tracelot.records.products import ProductChange
from tracelot.rules.refusals import Refusal, Unknown
from tracelot.settings import Settings
from tracelot.web.working import handlers_of
from world import VisitAs, World


def status(engine: Engine, batch_id: object) -> str:
    [row] = all_rows(engine, Batch, id=batch_id)
    return str(row.status)


def refused(visit_as: VisitAs, who: str, act: object) -> str:
    with pytest.raises(Refusal) as no, visit_as(who) as visit:
        act(visit)  # type: ignore[operator]
    return no.value.kind


def test_a_fail_holds_the_firm_s_own_stock_in_the_same_act(
    visit_as: VisitAs, world: World, engine: Engine
) -> None:
    failed = record(visit_as, "quality", report(world.batch_id, TOO_MUCH))

    [batch] = all_rows(engine, Batch, id=world.batch_id)
    assert (failed.verdict, batch.status) == ("fail", "held")
    assert batch.status_reason == "CJ-1: 黄曲霉毒素B1 / Aflatoxin B1 48.6 µg/kg (≤ 20 µg/kg)"
    assert {one.party_id for one in all_rows(engine, Notification)} == {world.parties["county"]}


def test_what_failed_when_all_of_it_was_sold_is_held_as_soon_as_some_comes_back(
    visit_as: VisitAs, world: World, engine: Engine
) -> None:
    maker = firm(visit_as, world, "zhenyang")
    buyer = new_firm(visit_as, world, engine, "buyer", "wholesaler")
    maker.does("produce", outputs=[output(maker.makes("paste"), "X1", 10, "case")])
    batch = maker.batch("paste")
    sent = ship(maker, batch, 10, party_id=buyer.party_id)
    buyer.confirms(sent)
    record(visit_as, "quality", report(batch, TOO_MUCH))
    assert status(engine, batch) == "exhausted"

    back = buyer.does("return", to={"party_id": str(maker.party_id)}, lines=[goods(batch, 4, "case")])
    maker.confirms(back.id)

    assert status(engine, batch) == "held"
    put_back = {"lines": [goods(batch, 4, "case")], "event_time": datetime.now(UTC).isoformat()}
    with pytest.raises(Refusal) as no:
        maker.does("put_back", **put_back)
    assert no.value.kind == "goods-stopped"


def test_a_pass_a_draft_and_a_doubt_hold_nothing(visit_as: VisitAs, world: World, engine: Engine) -> None:
    record(visit_as, "quality", report(world.batch_id, LITTLE))
    record(visit_as, "recorder", report(world.batch_id, TOO_MUCH, draft=True))
    doubt = record(visit_as, "quality", report(world.batch_id, {"measured_text": "未检出"}))

    assert doubt.verdict == "undecided"
    assert status(engine, world.batch_id) == "released"


def test_a_fail_that_stands_stops_release_and_lift_until_its_re_test(
    visit_as: VisitAs, world: World, engine: Engine
) -> None:
    failed = record(visit_as, "quality", report(world.batch_id, TOO_MUCH))
    lift = Lift(reason="复检合格", report_no="FJ-9")

    assert (
        refused(visit_as, "quality", lambda visit: batches.release_batch(visit, world.batch_id))
        == "inspection-failed"
    )
    assert (
        refused(visit_as, "quality", lambda visit: batches.lift_hold(visit, world.batch_id, lift))
        == "inspection-failed"
    )

    other = report(world.batch_id, LITTLE, kind="retest", sample_no="S-2", report_no="FJ-8")
    record(visit_as, "quality", other)
    assert (
        refused(visit_as, "quality", lambda visit: batches.lift_hold(visit, world.batch_id, lift))
        == "inspection-failed"
    )

    retest = record(
        visit_as,
        "quality",
        report(world.batch_id, LITTLE, kind="retest", report_no="FJ-9", retest_of=failed.id),
    )
    [kept] = all_rows(engine, Inspection, id=failed.id)
    assert (kept.state, kept.verdict, kept.overturned_by) == ("issued", "fail", retest.id)
    wrong = Lift(reason="复检合格", report_no="FJ-8")
    assert (
        refused(visit_as, "quality", lambda visit: batches.lift_hold(visit, world.batch_id, wrong))
        == "not-the-retest"
    )
    with visit_as("quality") as visit:
        batches.lift_hold(visit, world.batch_id, lift)
    assert status(engine, world.batch_id) == "released"


def test_a_correction_or_a_withdrawal_frees_no_goods(visit_as: VisitAs, world: World, engine: Engine) -> None:
    failed = record(visit_as, "quality", report(world.batch_id, TOO_MUCH))
    told = report(world.batch_id, LITTLE).model_dump(exclude={"id", "batch_id", "product_id", "commission"})
    with visit_as("quality") as visit:
        second = inspections.correct(visit, failed.id, Correction.model_validate(told | {"reason": "小数点"}))
        assert (second.verdict, second.edition, second.supersedes) == ("pass", 2, failed.id)
    assert (
        refused(visit_as, "quality", lambda visit: batches.release_batch(visit, world.batch_id))
        == "inspection-failed"
    )
    with visit_as("quality") as visit:
        inspections.withdraw(visit, second.id, Withdrawal(reason="作废"))
    assert (
        refused(visit_as, "quality", lambda visit: batches.release_batch(visit, world.batch_id))
        == "inspection-failed"
    )


def test_a_re_test_that_is_withdrawn_lets_the_fail_stand_again(
    visit_as: VisitAs, world: World, engine: Engine
) -> None:
    failed = record(visit_as, "quality", report(world.batch_id, TOO_MUCH))
    retest = record(
        visit_as, "quality", report(world.batch_id, LITTLE, kind="retest", report_no="F", retest_of=failed.id)
    )
    with visit_as("quality") as visit:
        batches.lift_hold(visit, world.batch_id, Lift(reason="复检合格", report_no="F"))
    with visit_as("quality") as visit:
        inspections.withdraw(visit, retest.id, Withdrawal(reason="样品弄错"))

    [kept] = all_rows(engine, Inspection, id=failed.id)
    assert kept.overturned_by is None
    assert status(engine, world.batch_id) == "held"


def test_what_the_law_found_falls_by_no_re_test_that_the_firm_itself_asked_for(
    visit_as: VisitAs, world: World, engine: Engine
) -> None:
    labs(engine, world)
    way = Way(visit_as, world)
    id_ = way.take().id
    way.hand(id_)
    way.receive(id_)
    way.report(id_, TOO_MUCH | {"said": "fail"})
    [failed] = all_rows(engine, Inspection)
    assert (failed.legal, failed.lab_id, failed.cma_no) == (True, world.parties["lab"], "230000000001")
    assert status(engine, world.batch_id) == "held"

    own = report(world.batch_id, LITTLE, kind="retest", report_no="OWN", retest_of=failed.id)
    record(visit_as, "quality", own)
    for number, who in enumerate(("lab", "second", "uncertified")):
        ask = report(world.batch_id, kind="retest", lab_id=world.parties[who], draft=True, report_no=None)
        draft = record(visit_as, "quality", ask)
        told = report(None, LITTLE, kind="retest", report_no=f"J-{number}", commission=draft.id,
                      retest_of=failed.id)  # fmt: skip
        assert not record(visit_as, who, told).legal

    assert all_rows(engine, Inspection, id=failed.id)[0].overturned_by is None


def test_what_a_certified_laboratory_found_falls_by_another_one(
    visit_as: VisitAs, world: World, engine: Engine
) -> None:
    labs(engine, world)

    def tested(who: str, number: str, finding: dict[str, str], kind: str, **given: object) -> Inspection:
        ask = report(world.batch_id, kind=kind, lab_id=world.parties[who], draft=True, report_no=None)
        draft = record(visit_as, "quality", ask)
        told = report(None, finding, kind=kind, report_no=number, commission=draft.id, **given)
        return record(visit_as, who, told)

    failed = tested("lab", "J-1", TOO_MUCH, "commissioned")
    for who, number in (("uncertified", "J-2"), ("lab", "J-3")):
        tested(who, number, LITTLE, "retest", retest_of=failed.id)
        assert all_rows(engine, Inspection, id=failed.id)[0].overturned_by is None

    freed = tested("second", "J-4", LITTLE, "retest", retest_of=failed.id)
    assert all_rows(engine, Inspection, id=failed.id)[0].overturned_by == freed.id


def test_a_commission_is_answered_by_no_official_report(
    visit_as: VisitAs, world: World, engine: Engine
) -> None:
    lab = laboratory(visit_as, world, engine)
    draft = record(visit_as, "quality", report(world.batch_id, kind="commissioned", lab_id=lab, draft=True))
    for kind in ("supervised", "risk_monitoring", "evaluation", "retest"):
        told = report(None, LITTLE, kind=kind, commission=draft.id)
        assert refused(
            visit_as, "lab", lambda visit, told=told: inspections.record_inspection(visit, told)
        ) == ("kind-not-asked")


def test_a_product_may_ask_for_its_outgoing_inspection_before_release(
    visit_as: VisitAs, world: World, engine: Engine
) -> None:
    with visit_as("quality") as visit:
        products.change_product(visit, world.product_id, ProductChange(outgoing_required=True))
        batches.hold_batch(visit, world.batch_id, StatusChange(reason="等检验"))
    assert (
        refused(visit_as, "quality", lambda visit: batches.release_batch(visit, world.batch_id))
        == "outgoing-needed"
    )
    record(visit_as, "quality", report(world.batch_id, LITTLE, kind="self_check"))
    assert (
        refused(visit_as, "quality", lambda visit: batches.release_batch(visit, world.batch_id))
        == "outgoing-needed"
    )
    record(visit_as, "quality", report(world.batch_id, LITTLE))
    with visit_as("quality") as visit:
        assert batches.release_batch(visit, world.batch_id).status == "released"


# --- those who are asked -----------------------------------------------------------------------------------


@pytest.fixture
def maker(visit_as: VisitAs, world: World) -> Firm:
    return firm(visit_as, world, "zhenyang")


@pytest.fixture
def shops(visit_as: VisitAs, world: World, engine: Engine, maker: Firm) -> dict[str, Firm]:
    """Oil goes to a wholesaler and to a contact; the wholesaler sends some on, and a kitchen makes a dressing of it."""
    maker.makes("oil")
    maker.does("produce", outputs=[output(maker.products["oil"], "X1", 100, "case")])
    found = {kind: new_firm(visit_as, world, engine, kind, kind, name_zh=kind)
             for kind in ("wholesaler", "retailer", "caterer", "market")}  # fmt: skip
    oil = maker.batch("oil")
    for source, target in (("maker", "wholesaler"), ("wholesaler", "retailer"), ("wholesaler", "caterer")):
        sender = maker if source == "maker" else found[source]
        to = {"party_id": str(found[target].party_id)}
        sent = sender.does("ship", to=to, lines=[goods(oil, 60 if source == "maker" else 20, "case")])
        found[target].confirms(sent.id)
    ship(maker, oil, 5, contact_id=new_contact(maker, "老店", email="shop@shop.example"))
    cook = found["caterer"]
    cook.makes("dressing")
    cook.does("transform", inputs=[goods(oil, 10, "case")],
              outputs=[output(cook.products["dressing"], "D1", 5, "case")])  # fmt: skip
    sent = cook.does("ship", to={"party_id": str(found["market"].party_id)},
                     lines=[goods(cook.batch("dressing", "D1"), 5, "case")])  # fmt: skip
    found["market"].confirms(sent.id)
    return found


def test_whoever_got_the_batch_is_asked_at_any_distance_and_nobody_beyond_what_was_made_of_it(
    visit_as: VisitAs, world: World, engine: Engine, maker: Firm, shops: dict[str, Firm]
) -> None:
    record(visit_as, "quality", report(maker.batch("oil"), TOO_MUCH))

    asked = {one.name: one for one in all_rows(engine, HoldRequest)}
    assert {name: one.direct for name, one in asked.items()} == {
        "wholesaler": True, "retailer": False, "caterer": False, "老店": True,
    }  # fmt: skip
    with visit_as("quality") as visit:  # the firm learns nothing of its customers' customers
        failed = inspections.search(visit, inspections.InspectionFilter(), 10, None).items[0]
        own = hold_requests.requests_of(visit, inspections.find(visit, failed.id))
        assert {one.name for one in own} == {"wholesaler", "老店"}
    with visit_as("county") as visit:
        assert len(hold_requests.requests_of(visit, inspections.find(visit, failed.id))) == 4
    with visit_as("market") as visit:
        assert hold_requests.requests_to(visit) == []
        with pytest.raises(Unknown):
            hold_requests.find_request(visit, asked["retailer"].id)


def test_a_request_is_told_once_answered_and_withdrawn_by_the_re_test(
    visit_as: VisitAs, world: World, engine: Engine, maker: Firm, shops: dict[str, Firm], settings: Settings
) -> None:
    failed = record(visit_as, "quality", report(maker.batch("oil"), TOO_MUCH))
    work = handlers_of(engine, settings)["hold-asked"]
    [task] = all_rows(engine, Task, kind="hold-asked")
    first, again = (work(task.payload, None) for _ in range(2))  # type: ignore[arg-type]
    assert [one["to"] for one in first.payloads] == ["shop@shop.example"]  # type: ignore[union-attr]
    assert again.payloads == []  # type: ignore[union-attr]
    told = [one for one in all_rows(engine, Notification) if one.party_id == shops["retailer"].party_id]
    assert [one.event for one in told] == ["inspection"]

    with visit_as("retailer") as visit:
        [asked] = hold_requests.requests_to(visit)
        answer = HoldAnswer.model_validate({"stop_sale": True, "on_hand": "12", "unit": "case"})
        hold_requests.answer_hold(visit, asked.id, answer, asked.version)
    with visit_as("wholesaler") as visit, pytest.raises(Unknown):
        hold_requests.answer_hold(visit, asked.id, answer)
    [row] = all_rows(engine, HoldRequest, id=asked.id)
    assert (row.state, row.stop_sale, row.on_hand, row.unit) == ("answered", True, Decimal(12), "case")

    record(
        visit_as,
        "quality",
        report(maker.batch("oil"), LITTLE, kind="retest", report_no="F", retest_of=failed.id),
    )
    assert {one.state for one in all_rows(engine, HoldRequest)} == {"withdrawn"}


def test_a_township_s_rapid_test_asks_the_firm_and_binds_nobody(
    visit_as: VisitAs, world: World, engine: Engine
) -> None:
    with visit_as("city") as visit:
        quick = inspections.record_inspection(visit, report(world.batch_id, TOO_MUCH, kind="rapid"))
        assert (quick.verdict, quick.legal) == ("fail", False)
    assert status(engine, world.batch_id) == "released"
    [asked] = all_rows(engine, HoldRequest)
    assert asked.to_party_id == world.parties["zhenyang"]
    with visit_as("quality") as visit:
        batches.hold_batch(visit, world.batch_id, StatusChange(reason="快检"))
        assert batches.release_batch(visit, world.batch_id).status == "released"
    assert refused(
        visit_as, "city", lambda visit: inspections.record_inspection(visit, report(world.batch_id, kind="supervised"))
    ) == "kind-not-yours"  # fmt: skip
    assert refused(
        visit_as, "neighbour", lambda visit: inspections.record_inspection(visit, report(world.batch_id, kind="rapid"))
    ) == "unknown-batch"  # fmt: skip
