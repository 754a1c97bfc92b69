"""A plan that was drawn, an open task, and a sample that failed and whose firm has the result in hand."""

from sqlalchemy import Engine

from inspected import laboratory
from sampled import TOO_MUCH, lab_report, sheet, task
from tracelot.operations import (
    products,
    sampling_cases,
    sampling_custody,
    sampling_notices,
    sampling_plans,
    sampling_reports,
    sampling_tasks,
    samplings,
)
from tracelot.records.products import ProductChange
from tracelot.records.sampling_plans import NewDraw, NewSamplingPlan
from tracelot.records.sampling_steps import Handed, NewCase, NewNotice, ReceivedSample
from world import World, visits


def put_samplings(engine: Engine, cast: World) -> dict[str, str]:
    as_ = visits(engine, cast)
    laboratory(as_, cast, engine)
    plan = _plan(engine, cast)
    with as_("county") as visit:
        given = sampling_tasks.give_task(visit, task(cast)).id
        goods = sheet(
            cast, given, taken_at=visit.now, batch_id=None, sample_name="散装炒花生", lot_no="20261120"
        )
        taken = samplings.take_sample(visit, goods).id
        sampling_custody.hand_over(visit, taken, Handed(condition="完好", seal_intact=True))
    with as_("lab") as visit:
        came = ReceivedSample(condition="完好", seal_intact=True, spare_received=True)
        sampling_custody.receive(visit, taken, came)
        found = lab_report(TOO_MUCH | {"limit_text": "≤20 µg/kg"}, issued_on=visit.today)
        sampling_reports.report(visit, taken, found)
    with as_("county") as visit:
        told = NewNotice(firm_id=cast.parties["zhenyang"], doc_no="正市监食检〔2026〕1号")
        notice = sampling_notices.notify(visit, taken, told).id
        sampling_cases.open_case(visit, taken, NewCase(case_no="正处〔2026〕1号"))
    with as_("quality") as visit:
        sampling_notices.sign_receipt(visit, notice)
    return {"plan_id": plan, "task_id": str(given), "sampling_id": str(taken)}


def _plan(engine: Engine, cast: World) -> str:
    as_ = visits(engine, cast)
    with as_("zhenyang") as visit:
        products.change_product(visit, cast.product_id, ProductChange(category="食用油、油脂及其制品"))
    cell = {"category": "食用油、油脂及其制品", "region_code": "411724", "wanted": 1}
    new = {"name": "2026年食用油监督抽检", "year": 2026, "strata": [cell]}
    with as_("county") as visit:
        plan = sampling_plans.make_plan(visit, NewSamplingPlan.model_validate(new)).id
        sampling_plans.freeze_frame(visit, plan)
        sampling_plans.draw(
            visit, plan, NewDraw(seed="03 11 19 24 28 31+07", seed_source="双色球第2026138期")
        )
    return str(plan)
