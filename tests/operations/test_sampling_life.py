"""A sample from the task to the public table: the sheet, its way, the report, and when the result is public."""

from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
from pydantic import ValidationError
from sqlalchemy import Engine

from keeping import all_rows
from sampled import BEGIN, SAMPLERS, TOO_MUCH, Way, at, labs, sheet
from tracelot.operations import publishing_results, sampling_tasks, sampling_views, samplings
from tracelot.records.database import connect
from tracelot.records.inspections import Inspection
from tracelot.records.sampling_papers import SamplingClock, SamplingResult
from tracelot.records.sampling_steps import Cosigned, NewResult
from tracelot.records.samplings import NewSampling, Sampling, SamplingPhoto
from tracelot.rules.refusals import Conflict, Forbidden, Unfit, Unknown
from world import VisitAs, World

RESULT = NewResult(bulletin_no="2026年第11号")
PIXEL = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwAD"
    "hgGAWjR9awAAAABJRU5ErkJggg=="
)


def tell(url: str, world: World) -> None:
    engine = connect(url)
    labs(engine, world)
    engine.dispose()


@pytest.fixture
def way(visit_as: VisitAs, world: World) -> Way:
    return Way(visit_as, world)


def publish(visit_as: VisitAs, named: Any, now: datetime, who: str = "county", **given: Any) -> None:
    with visit_as(who, now) as visit:
        publishing_results.publish(visit, named, RESULT.model_copy(update=given))


def public(visit_as: VisitAs, verdict: str) -> list[str]:
    with visit_as() as visit:
        return [one.sheet_no for one in publishing_results.results(visit, verdict)[0]]


def test_a_sample_that_passes_is_public_after_the_report(way: Way, visit_as: VisitAs, engine: Engine) -> None:
    taken = way.take()
    assert taken.sheet_no == "CY411724202611020001"
    way.hand(taken.id)
    way.receive(taken.id)
    reported = way.report(taken.id)

    assert (reported.state, reported.verdict) == ("reported", "pass")
    [inspection] = all_rows(engine, Inspection, id=reported.inspection_id)
    assert (inspection.kind, inspection.sample_no, inspection.verdict) == (
        "supervised",
        taken.sheet_no,
        "pass",
    )
    assert inspection.legal
    publish(visit_as, taken.id, at("11-06 09:00"))
    assert public(visit_as, "pass") == [taken.sheet_no]
    assert public(visit_as, "fail") == []


def test_a_failure_is_public_only_once_the_time_for_a_re_test_is_over(way: Way, visit_as: VisitAs) -> None:
    """Signed on Friday 6 November: 9 10 11 12 13 16 17, so the time ends with the 17th."""
    id_, _ = way.failed()
    for early in ("11-06 16:00", "11-17 23:59"):
        with pytest.raises(Conflict, match="may still ask"):
            publish(visit_as, id_, at(early))

    publish(visit_as, id_, at("11-18 00:01"))

    with visit_as() as visit:
        [line], total = publishing_results.results(visit, "fail", "4117")
    assert total == 1
    assert line.failures == [{"item": "黄曲霉毒素B1", "measured": "48.6 µg/kg", "limit": "≤20 µg/kg"}]
    assert (line.lab_name, line.dated) == ("检测lab", f"2026-09-15 / {way.world.code}")


def test_nothing_that_failed_is_public_before_the_firm_has_it_in_hand(way: Way, visit_as: VisitAs) -> None:
    id_ = way.take().id
    way.hand(id_)
    way.receive(id_)
    way.report(id_, TOO_MUCH)
    for _ in range(2):
        with pytest.raises(Conflict, match="not the result in hand"):
            publish(visit_as, id_, at("12-20 09:00"))
        way.notify(id_)


def test_an_urgent_result_waits_for_no_window_but_for_a_reason(way: Way, visit_as: VisitAs) -> None:
    id_, _ = way.failed()
    with pytest.raises(Unfit, match="cannot wait"):
        publish(visit_as, id_, at("11-06 16:00"), urgent=True)

    publish(visit_as, id_, at("11-06 16:00"), urgent=True, reason="已有儿童发病")

    assert len(public(visit_as, "fail")) == 1


def test_what_a_laboratory_without_cma_found_is_never_public(way: Way, visit_as: VisitAs) -> None:
    task_id = way.task(lab_id=way.world.parties["uncertified"])
    id_ = way.take(task_id=task_id).id
    way.hand(id_)
    way.receive(id_, "uncertified")
    way.report(id_, who="uncertified")

    for urgent in (False, True):
        with pytest.raises(Conflict, match="no valid CMA"):
            publish(visit_as, id_, at("11-30 09:00"), urgent=urgent, reason="急")


def test_a_certificate_must_hold_on_the_day_of_the_report(
    way: Way, visit_as: VisitAs, engine: Engine
) -> None:
    """It held all through 2026, and is over when the result becomes public."""
    id_ = way.take().id
    way.hand(id_)
    way.receive(id_)
    way.report(id_)

    publish(visit_as, id_, datetime.fromisoformat("2027-03-01T09:00:00+08:00"))

    assert len(all_rows(engine, SamplingResult)) == 1


def test_one_laboratory_reports_once(way: Way) -> None:
    id_, _ = way.failed()

    with pytest.raises(Conflict, match="no second report"):
        way.report(id_)


def test_the_report_is_the_assigned_laboratory_s(way: Way) -> None:
    id_ = way.take().id
    way.hand(id_)
    with pytest.raises(Unknown):
        way.receive(id_, "second")
    way.receive(id_)
    with pytest.raises(Unknown):
        way.report(id_, who="second")


# --- the sheet -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("who", "may"), [("county", True), ("lab", True), ("city", True), ("township", False),
                                          ("second", False), ("quality", False), ("neighbour", False)])  # fmt: skip
def test_office_and_laboratory_of_the_task_take_the_sample(way: Way, who: str, may: bool) -> None:
    task_id = way.task()
    if may:
        assert way.take(who, task_id=task_id).state == "taken"
    else:
        with pytest.raises((Forbidden, Unknown)):
            way.take(who, task_id=task_id)


def test_a_township_s_person_signs_as_the_second_one(way: Way, visit_as: VisitAs) -> None:
    region = "411724214"
    task_id = way.task(region_code=region, office_id=way.world.parties["township"])
    unsigned = [SAMPLERS[0], {"name": "站员", "certificate_no": "豫Q900"}]
    id_ = way.take(task_id=task_id, region_code=region, samplers=unsigned, firm_id=None).id
    with pytest.raises(Conflict, match="second sampler"):
        way.hand(id_)
    signature = Cosigned.model_validate({"signature": {"typed": "站员", "acknowledged": True}})
    with visit_as("county", BEGIN) as visit, pytest.raises(Conflict, match="account of their own"):
        samplings.cosign(visit, id_, signature)

    with visit_as("township", BEGIN) as visit:
        samplings.cosign(visit, id_, signature)

    assert way.hand(id_).state == "handed"


def test_two_different_people_take_a_sample(way: Way) -> None:
    with pytest.raises(Unfit, match="Two different people"):
        way.take(samplers=[SAMPLERS[0], SAMPLERS[0] | {"certificate_no": "豫Q009"}])
    with pytest.raises(ValidationError):
        way.take(samplers=SAMPLERS[:1])


@pytest.mark.parametrize("name", ["sample_name", "spare_qty", "lot_no", "producer_name", "firm_signature"])
def test_a_sheet_with_a_sample_says_all_that_the_law_asks(way: Way, name: str) -> None:
    with pytest.raises(ValidationError):
        way.take(**{name: None})


def test_a_refusal_needs_its_reason_and_begins_no_clock(way: Way, engine: Engine) -> None:
    nothing = dict.fromkeys(("sample_name", "sample_qty", "spare_qty", "firm_signature", "batch_id"))
    with pytest.raises(ValidationError, match="how the sample was refused"):
        way.take(refused=True, **nothing)

    refused = way.take(refused=True, refused_reason="拒不开门", **nothing)

    assert refused.state == "refused"
    assert all_rows(engine, SamplingClock) == []


def test_a_sheet_filled_on_an_older_form_is_still_taken(way: Way, visit_as: VisitAs, world: World) -> None:
    now = sheet(world, uuid4()).model_dump(mode="json", exclude_none=True)
    old = now | {
        "form": 1,
        "production_date": now["dated_on"],
        "quantity": "6",
        "spare": "2",
        "batch_no": "X1",
    }
    for name in ("dated_on", "date_kind", "sample_qty", "spare_qty", "lot_no"):
        old.pop(name)

    read = NewSampling.model_validate(old)

    assert (read.form, str(read.dated_on), read.date_kind, read.lot_no) == (
        1,
        "2026-09-15",
        "production",
        "X1",
    )
    old["task_id"] = way.task()
    with visit_as("county", BEGIN) as visit:
        kept = samplings.take_sample(visit, NewSampling.model_validate(old))
        assert (kept.form, kept.told["lot_no"]) == (1, "X1")
    with pytest.raises(ValidationError):
        NewSampling.model_validate(now | {"form": 3})


def test_a_sheet_sent_twice_is_kept_once(way: Way, engine: Engine) -> None:
    task_id, id_ = way.task(), uuid4()
    first = way.take(task_id=task_id, id=id_)
    again = way.take(task_id=task_id, id=id_)

    assert first.id == again.id
    assert len(all_rows(engine, Sampling)) == 1
    with pytest.raises(Conflict):
        way.take(task_id=task_id, id=id_, lot_no="other")


def test_drawn_signatures_are_kept_as_pictures_and_not_in_the_sheet(way: Way, engine: Engine) -> None:
    drawn = [one | {"signature": {"drawn": PIXEL}} for one in SAMPLERS]
    taken = way.take(samplers=drawn, firm_signature={"drawn": PIXEL})

    photos = {str(one.id): one.kind for one in all_rows(engine, SamplingPhoto)}
    assert sorted(photos.values()) == ["signature:firm", "signature:李敏", "signature:王强"]
    assert {one["signature"]["drawn"] for one in taken.told["samplers"]} <= photos.keys()


def test_what_a_higher_office_sampled_a_lower_one_does_not_sample_again(way: Way, visit_as: VisitAs) -> None:
    by_city = way.task("city", region_code="411700", office_id=way.world.parties["city"])
    way.take("city", task_id=by_city)
    with pytest.raises(Conflict, match="higher office sampled"):
        way.take()

    kept = way.take(despite="接到投诉举报")

    with visit_as("county") as visit:
        assert str(sampling_views.sampling_of(visit, kept.id).sampled_above) == "2026-11-02"
    way.take("city", task_id=by_city)  # the city's own, and the county's, stand in nobody's way above


def test_a_task_stands_in_both_inboxes_until_all_is_taken(way: Way, visit_as: VisitAs) -> None:
    task_id = way.task(wanted=1)

    def inbox(who: str) -> list[UUID]:
        with visit_as(who) as visit:
            return [one.id for one in sampling_tasks.tasks(visit)]

    assert inbox("county") == inbox("lab") == inbox("city") == [task_id]
    assert inbox("second") == inbox("neighbour") == inbox("quality") == []
    way.take(task_id=task_id)
    assert inbox("county") == inbox("lab") == []
    with pytest.raises(Conflict, match="done or was withdrawn"):
        way.take(task_id=task_id)


# --- the way to the laboratory -------------------------------------------------------------------------------------


def test_a_broken_seal_is_turned_away(way: Way) -> None:
    id_ = way.take().id
    way.hand(id_)

    with pytest.raises(Unfit, match="seal is broken"):
        way.receive(id_, seal_intact=False)
    with pytest.raises(Unfit, match="came without"):
        way.receive(id_, spare_received=False)


def test_whoever_hands_a_sample_over_does_not_confirm_that_it_came(way: Way) -> None:
    id_ = way.take("lab").id
    way.hand(id_, "lab")

    with pytest.raises(Conflict, match="does not confirm"):
        way.receive(id_)


def test_a_sample_is_not_reported_on_before_it_came(way: Way) -> None:
    id_ = way.take().id
    with pytest.raises(Conflict, match="no place"):
        way.report(id_)
    way.hand(id_)
    way.receive(id_, now=at("11-05 09:00"))
    with pytest.raises(Unfit, match="the day the sample came"):
        way.report(id_, issued_on="2026-11-04")
