"""After a failure: the time for a re-test, the laboratory drawn by lot, its final word, objections and follow-ups."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Engine

from keeping import all_rows
from sampled import LITTLE, TOO_MUCH, Way, at, lab_report, labs
from tracelot.operations import (
    publishing_results,
    retests,
    sampling_cases,
    sampling_figures,
    sampling_notices,
    sampling_objections,
    sampling_reports,
)
from tracelot.operations.visit import Visit
from tracelot.records.database import connect
from tracelot.records.inspections import Inspection
from tracelot.records.sampling_papers import SamplingCase, SamplingClock, SamplingPaper, SamplingResult
from tracelot.records.sampling_steps import (
    Answer,
    Application,
    CaseStep,
    Decision,
    Delay,
    Handed,
    NewCase,
    NewResult,
    Objection,
    ReceivedSample,
    Served,
    Transfer,
)
from tracelot.records.samplings import Sampling
from tracelot.rules.refusals import Conflict, Forbidden, Unfit, Unknown
from tracelot.rules.sampling import draw
from world import VisitAs, World

HANDED = Handed(condition="完好", seal_intact=True)
CAME = ReceivedSample(condition="完好", seal_intact=True, spare_received=True)
Do = Callable[..., Any]


def tell(url: str, world: World) -> None:
    engine = connect(url)
    labs(engine, world)
    engine.dispose()


@pytest.fixture
def way(visit_as: VisitAs, world: World) -> Way:
    return Way(visit_as, world)


@pytest.fixture
def do(visit_as: VisitAs) -> Do:
    """`do("county", "11-09 09:00", act, …)`: one act by one of the cast."""

    def done(who: str, when: str, act: Callable[..., Any], *given: Any) -> Any:
        with visit_as(who, at(when)) as visit:
            return act(visit, *given)

    return done


def state(engine: Engine, id_: UUID) -> tuple[str, str, str | None]:
    [row] = all_rows(engine, Sampling, id=id_)
    return row.state, row.retest, row.verdict


def to_the_second(do: Do, id_: UUID, notice: UUID) -> None:
    """Asked for, accepted, drawn, handed over and received."""
    do("quality", "11-09 09:00", retests.apply_for_retest, notice, Application(reason="不服"))
    do("county", "11-10 09:00", retests.decide_retest, id_, Decision(accepted=True))
    do("county", "11-11 09:00", retests.draw_lab, id_)
    do("lab", "11-12 09:00", retests.hand_spare, id_, HANDED)
    do("second", "11-13 09:00", retests.receive_spare, id_, CAME)


def again(*findings: dict[str, Any], **given: Any) -> Any:
    return lab_report(*findings, **{"issued_on": "2026-11-16", "report_no": "FJ-1"} | given)


def result(**given: Any) -> NewResult:
    return NewResult.model_validate({"bulletin_no": "2026年第11号"} | given)


def test_a_re_test_that_passes_overturns_the_failure_and_takes_it_out_of_the_public_table(
    way: Way, do: Do, engine: Engine, visit_as: VisitAs
) -> None:
    id_, notice = way.failed()
    do("county", "11-06 16:00", publishing_results.publish, id_, result(urgent=True, reason="急"))
    to_the_second(do, id_, notice)

    do("second", "11-17 09:00", sampling_reports.report_retest, id_, again(LITTLE))

    assert state(engine, id_) == ("final", "final", "pass")
    with visit_as() as visit:
        assert publishing_results.results(visit, "fail") == ([], 0)
    [withdrawn] = all_rows(engine, SamplingResult)
    assert withdrawn.withdrawn_reason == sampling_reports.OVERTURNED
    first, second = sorted(all_rows(engine, Inspection), key=lambda one: one.recorded_at)
    assert (second.kind, second.retest_of, first.overturned_by) == ("retest", first.id, second.id)


def test_a_re_test_that_fails_too_is_final_and_public_at_once(way: Way, do: Do, engine: Engine) -> None:
    id_, notice = way.failed()
    to_the_second(do, id_, notice)
    with pytest.raises(Conflict, match="re-test is under way"):
        do("county", "11-20 09:00", publishing_results.publish, id_, result())

    do("second", "11-17 09:00", sampling_reports.report_retest, id_, again(TOO_MUCH))
    do("county", "11-17 10:00", publishing_results.publish, id_, result())

    assert state(engine, id_) == ("final", "final", "fail")
    assert all_rows(engine, SamplingResult)[0].lab_name == "检测second"
    with pytest.raises(Conflict, match="no place"):
        do("quality", "11-17 11:00", retests.apply_for_retest, notice, Application(reason="再来"))


@pytest.mark.parametrize(
    ("when", "in_time"), [("11-17 23:59", True), ("11-18 00:00", True), ("11-18 00:01", False)]
)
def test_the_time_to_ask_ends_with_the_seventh_working_day(
    way: Way, do: Do, when: str, in_time: bool
) -> None:
    _, notice = way.failed()
    ask = Application(reason="不服")
    if in_time:
        do("quality", when, retests.apply_for_retest, notice, ask)
    else:
        with pytest.raises(Conflict, match="time to ask for this is over"):
            do("quality", when, retests.apply_for_retest, notice, ask)


def test_no_time_runs_before_the_firm_has_the_result_in_hand(way: Way, do: Do) -> None:
    id_ = way.take().id
    way.hand(id_)
    way.receive(id_)
    way.report(id_, TOO_MUCH)
    notice = way.notify(id_)
    with pytest.raises(Conflict, match="not the result in hand"):
        do("quality", "11-09 09:00", retests.apply_for_retest, notice, Application(reason="不服"))
    with pytest.raises(Unknown):
        do("guhuai", "11-09 09:00", sampling_notices.sign_receipt, notice)

    posted = Served.model_validate({"way": "post", "served_on": "2026-11-12", "note": "EMS 1"})
    do("county", "11-13 09:00", sampling_notices.tell_served, id_, notice, posted)

    do(
        "quality", "11-23 23:00", retests.apply_for_retest, notice, Application(reason="不服")
    )  # 13 16 17 18 19 20 23


def test_whoever_waives_the_re_test_lets_the_result_be_public(way: Way, do: Do) -> None:
    id_, notice = way.failed()

    do("quality", "11-06 16:00", sampling_notices.waive, notice)
    do("county", "11-06 17:00", publishing_results.publish, id_, result())

    with pytest.raises(Conflict, match="asked already"):
        do("quality", "11-06 18:00", retests.apply_for_retest, notice, Application(reason="后悔"))


def test_a_refused_application_leaves_the_first_verdict(way: Way, do: Do, engine: Engine) -> None:
    id_, notice = way.failed()
    do("quality", "11-09 09:00", retests.apply_for_retest, notice, Application(reason="不服"))
    with pytest.raises(Unfit, match="why there is no re-test"):
        do("county", "11-10 09:00", retests.decide_retest, id_, Decision(accepted=False))

    do("county", "11-10 09:00", retests.decide_retest, id_, Decision(accepted=False, refusal="microbiology"))

    assert state(engine, id_) == ("reported", "refused", "fail")
    do("county", "11-18 09:00", publishing_results.publish, id_, result())


def test_the_laboratory_is_drawn_among_all_others_with_cma_and_the_draw_is_proved(
    way: Way, do: Do, engine: Engine
) -> None:
    id_, notice = way.failed()
    do("quality", "11-09 09:00", retests.apply_for_retest, notice, Application(reason="不服"))
    with pytest.raises(Conflict, match="re-test stands now"):
        do("county", "11-10 09:00", retests.draw_lab, id_)
    do("county", "11-10 09:00", retests.decide_retest, id_, Decision(accepted=True))

    do("county", "11-11 09:00", retests.draw_lab, id_)

    told = all_rows(engine, SamplingPaper, kind="lab_drawn")[0].told
    assert told["laboratories"] == [str(way.world.parties["second"])]
    assert draw(told["laboratories"], 1, told["seed"]) == [told["drawn"]]
    for who in ("lab", "uncertified"):
        with pytest.raises((Forbidden, Unknown)):
            do(who, "11-12 09:00", retests.receive_spare, id_, CAME)


@pytest.mark.parametrize(
    ("finding", "why"),
    [
        ({"method": "KJ 201708"}, "no quick method"),
        ({"method": "胶体金免疫层析"}, "no quick method"),
        ({"method": None}, "names the method"),
        ({"analyte": "酸价", "unit": "mg/g", "measured_text": "1.2"}, "examined again"),
        ({"measured_text": "约二十", "said": None}, "pass or fail"),
    ],
)
def test_a_re_test_takes_no_quick_method_and_leaves_nothing_out(
    way: Way, do: Do, finding: dict[str, Any], why: str
) -> None:
    id_, notice = way.failed()
    to_the_second(do, id_, notice)

    with pytest.raises(Unfit, match=why):
        do("second", "11-17 09:00", sampling_reports.report_retest, id_, again(LITTLE | finding))
    with pytest.raises(Forbidden):
        do("lab", "11-17 09:00", sampling_reports.report_retest, id_, again(LITTLE))


def test_without_a_spare_part_there_is_no_re_test(way: Way, do: Do) -> None:
    _, notice = way.failed(spare_qty="0")

    with pytest.raises(Conflict, match="no spare sample"):
        do("quality", "11-09 09:00", retests.apply_for_retest, notice, Application(reason="不服"))


def test_objections_have_their_time_and_get_an_answer(way: Way, do: Do, engine: Engine) -> None:
    id_, notice = way.failed()
    [copy] = all_rows(engine, SamplingPaper, kind="taken")
    with pytest.raises(Conflict, match="time to ask for this is over"):  # taken on Monday the 2nd: 3 4 5 6 9
        do(
            "quality",
            "11-10 00:01",
            sampling_objections.object_to,
            copy.id,
            Objection(subject="process", text="单人抽样"),
        )
    objection = Objection(subject="sample", text="不是我厂产品")

    kept = do("quality", "11-13 23:00", sampling_objections.object_to, notice, objection).id

    with pytest.raises(Conflict, match="objected already"):
        do("quality", "11-13 23:30", sampling_objections.object_to, notice, objection)
    answer = Answer(upheld=False, text="样品与留样一致")
    do("county", "11-16 09:00", sampling_objections.answer_objection, id_, kept, answer)
    with pytest.raises(Conflict, match="answered already"):
        do("county", "11-16 09:00", sampling_objections.answer_objection, id_, kept, answer)


# --- follow-up -------------------------------------------------------------------------------------------------


def test_a_follow_up_ends_once_all_of_it_is_told(way: Way, do: Do, engine: Engine) -> None:
    id_, _ = way.failed()
    case = do("county", "11-09 09:00", sampling_cases.open_case, id_, NewCase(case_no="正处〔2026〕1号")).id
    with pytest.raises(Conflict, match="follow-up already"):
        do("county", "11-09 09:00", sampling_cases.open_case, id_, NewCase(case_no="2"))
    steps = [{"measures": ["seal", "stop_production"], "sealed_qty": "42", "sealed_unit": "bottle"},
             {"measures": ["rectify"], "cause": "原料霉变", "rectification": "更换供应商"}]  # fmt: skip
    for step in steps:
        with pytest.raises(Unfit, match="come first"):
            do("county", "11-10 09:00", sampling_cases.finish_case, case)
        do("county", "11-10 09:00", sampling_cases.take_case_step, case, CaseStep.model_validate(step))
    last = CaseStep.model_validate({"accepted_on": "2026-11-20"})
    do("county", "11-20 09:00", sampling_cases.take_case_step, case, last)

    do("county", "11-20 10:00", sampling_cases.finish_case, case)

    [kept] = all_rows(engine, SamplingCase)
    assert (kept.state, kept.measures, kept.sealed_qty) == (
        "finished",
        ["rectify", "seal", "stop_production"],
        "42",
    )
    with pytest.raises(Conflict, match="is over"):
        do("county", "11-21 09:00", sampling_cases.take_case_step, case, last)


def test_a_follow_up_goes_to_another_county_which_reads_the_sheet_from_then_on(
    way: Way, do: Do, engine: Engine
) -> None:
    id_, _ = way.failed()
    case = do("county", "11-09 09:00", sampling_cases.open_case, id_, NewCase(case_no="1")).id
    step = CaseStep.model_validate({"cause": "原料霉变"})

    def sees(visit: Visit) -> bool:
        return visit.session.get(Sampling, id_) is not None

    assert not do("neighbour", "11-10 09:00", sees)
    to = Transfer(office_id=way.world.parties["neighbour"], case_no="平处1", reason="生产者在平舆")
    after = do("county", "11-10 09:00", sampling_cases.transfer_case, case, to).id

    assert do("neighbour", "11-10 09:00", sees)
    do("neighbour", "11-10 10:00", sampling_cases.take_case_step, after, step)
    with pytest.raises(Forbidden):
        do("county", "11-10 10:00", sampling_cases.take_case_step, after, step)
    clocks = {one.subject_id: one for one in all_rows(engine, SamplingClock, kind="follow_up")}
    assert clocks[case].met_at is not None
    assert (clocks[after].met_at, clocks[after].holder_id) == (None, way.world.parties["neighbour"])


def test_what_is_overdue_is_told_to_the_office_and_to_whoever_holds_it(way: Way, do: Do) -> None:
    id_ = way.take().id  # Monday 2 November: to the laboratory by the end of the 9th

    def late(visit: Visit) -> list[tuple[str, str | None]]:
        return [(one.clock.kind, one.clock.holder_zh) for one in sampling_figures.overdue(visit)]

    assert do("county", "11-09 23:59", late) == []
    told = [("to_lab", "正阳县市场监督管理局")]
    assert do("county", "11-10 00:01", late) == do("city", "11-10 00:01", late) == told
    assert do("neighbour", "11-10 00:01", late) == do("second", "11-10 00:01", late) == []
    way.hand(id_)
    way.receive(id_, now=at("11-10 09:00"))
    assert do("county", "12-08 23:59", late) == []  # 20 working days of the laboratory
    assert do("lab", "12-09 00:01", late) == do("county", "12-09 00:01", late) == [("report", "检测lab")]


def test_rates_of_fewer_than_five_are_not_told(way: Way, do: Do) -> None:
    task_id = way.task(wanted=9)
    for number in range(5):
        id_ = way.take(task_id=task_id).id
        way.hand(id_)
        way.receive(id_)
        way.report(id_, TOO_MUCH if number == 0 else LITTLE, report_no=f"SJ-{number}")
        [one] = do("county", "11-06 09:00", sampling_figures.rates)
        assert (one.n, one.rate is None) == (number + 1, number < 4)

    assert (one.county, one.month, one.passed, str(one.rate)) == ("411724", "2026-11", 4, "0.8000")
    assert do("neighbour", "11-06 09:00", sampling_figures.rates) == []
    assert len(do("lab", "11-06 09:00", sampling_figures.rates)) == 1  # its own workload


def test_the_time_to_draw_is_prolonged_once_while_it_runs_with_the_reason_told(
    way: Way, do: Do, engine: Engine
) -> None:
    """Accepted on Tuesday the 10th: five days end with the 17th, ten with the 24th."""
    id_, notice = way.failed()
    why = Delay(reason="两家机构停检")
    with pytest.raises(Conflict):
        do("county", "11-09 09:00", retests.delay_draw, id_, why)
    do("quality", "11-09 09:00", retests.apply_for_retest, notice, Application(reason="不服"))
    do("county", "11-10 09:00", retests.decide_retest, id_, Decision(accepted=True))
    with pytest.raises(Conflict, match="is over"):
        do("county", "11-18 00:01", retests.delay_draw, id_, why)

    do("county", "11-17 23:00", retests.delay_draw, id_, why)

    [clock] = all_rows(engine, SamplingClock, sampling_id=id_, kind="retest_lab")
    assert (clock.due_at, clock.amount) == (at("11-25 00:00"), 10)
    [paper] = all_rows(engine, SamplingPaper, sampling_id=id_, kind="delayed")
    assert (paper.to_party_id, paper.told["reason"]) == (way.world.parties["zhenyang"], "两家机构停检")
    with pytest.raises(Conflict, match="no more"):
        do("county", "11-18 09:00", retests.delay_draw, id_, why)
