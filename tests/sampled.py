"""What the tests of supervised sampling share: laboratories, sheets with defaults, and a sample on its way."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Engine

from inspected import laboratory
from tracelot.operations import (
    sampling_custody,
    sampling_notices,
    sampling_reports,
    sampling_tasks,
    samplings,
)
from tracelot.records.database import connect
from tracelot.records.sampling_plans import NewTask
from tracelot.records.sampling_steps import Handed, LabReport, NewNotice, ReceivedSample
from tracelot.records.samplings import NewSampling, Sampling
from world import VisitAs, World, visits

SIGNED = {"typed": "李敏", "acknowledged": True}
SAMPLERS = [
    {"name": "李敏", "certificate_no": "豫Q001", "signature": SIGNED},
    {"name": "王强", "certificate_no": "豫Q002", "signature": {"typed": "王强", "acknowledged": True}},
]
LITTLE, TOO_MUCH = {"measured_text": "3.0", "said": "pass"}, {"measured_text": "48.6", "said": "fail"}


def labs(engine: Engine, world: World) -> None:
    """Three laboratories of the county; the last has no CMA."""
    for name in ("lab", "second", "uncertified"):
        laboratory(visits(engine, world), world, engine, name, cma=name != "uncertified")


def at(text: str) -> datetime:
    """A moment of the story: `at("11-02 09:00")`."""
    return datetime.fromisoformat(f"2026-{text}:00+08:00")


BEGIN = at("11-02 09:00")  # a Monday
REPORTED, NOTIFIED, SERVED = at("11-05 10:00"), at("11-06 09:00"), at("11-06 15:00")


def task(world: World, **given: Any) -> NewTask:
    start = {
        "category": "食用油、油脂及其制品",
        "region_code": "411724",
        "office_id": world.parties["county"],
        "lab_id": world.parties["lab"],
        "wanted": 3,
    }
    return NewTask.model_validate(start | given)


def sheet(world: World, task_id: UUID, **given: Any) -> NewSampling:
    start = {
        "task_id": task_id,
        "taken_at": BEGIN,
        "region_code": "411724",
        "firm_id": world.parties["zhenyang"],
        "firm_name": "正阳花生油有限公司",
        "firm_address": "真阳大道1号",
        "firm_phone": "0396-8920001",
        "batch_id": world.batch_id,
        "sample_name": "一级压榨花生油",
        "dated_on": "2026-09-15",
        "lot_no": world.code,
        "spec": "5 L/桶",
        "sample_qty": "6",
        "spare_qty": "2",
        "unit": "bottle",
        "unit_price": "89.90",
        "voucher": "FP-1",
        "producer_name": "正阳花生油有限公司",
        "producer_address": "真阳大道1号",
        "samplers": SAMPLERS,
        "firm_signature": {"typed": "赵厂长", "acknowledged": True},
    }
    return NewSampling.model_validate(start | given)


def lab_report(*findings: dict[str, Any], **given: Any) -> LabReport:
    """A report on aflatoxin in peanut oil, of which 20 µg/kg are allowed."""
    told = [
        {"analyte": "黄曲霉毒素B1", "unit": "µg/kg", "method": "GB 5009.22-2016"} | one
        for one in findings or (LITTLE,)
    ]
    failed = any(one["said"] == "fail" for one in told)
    start = {"report_no": "SJ-1", "issued_on": "2026-11-04", "conclusion": "fail" if failed else "pass",
             "judgement_basis": ["GB 2761-2017"], "food_category": "oil.vegetable.peanut",
             "tester": "周检"}  # fmt: skip
    return LabReport.model_validate(start | {"findings": told} | given)


@dataclass
class Way:
    """A sample on its way; each step returns the sheet as it then stands."""

    visit_as: VisitAs
    world: World

    def task(self, who: str = "county", now: datetime = BEGIN, **given: Any) -> UUID:
        with self.visit_as(who, now) as visit:
            return sampling_tasks.give_task(visit, task(self.world, **given)).id

    def take(self, who: str = "county", now: datetime = BEGIN, **given: Any) -> Sampling:
        task_id = given.pop("task_id", None) or self.task()
        with self.visit_as(who, now) as visit:
            return _out(samplings.take_sample(visit, sheet(self.world, task_id, **given)))

    def hand(self, named: Any, who: str = "county", now: datetime = BEGIN) -> Sampling:
        with self.visit_as(who, now) as visit:
            told = Handed(condition="完好", seal_intact=True)
            return _out(sampling_custody.hand_over(visit, named, told))

    def receive(self, named: Any, who: Any = "lab", now: datetime = BEGIN, **given: Any) -> Sampling:
        told = {"condition": "完好", "seal_intact": True, "spare_received": True} | given
        with self.visit_as(who, now) as visit:
            return _out(sampling_custody.receive(visit, named, ReceivedSample.model_validate(told)))

    def report(
        self,
        named: Any,
        *findings: dict[str, Any],
        who: str = "lab",
        now: datetime = REPORTED,
        **given: Any,
    ) -> Sampling:
        with self.visit_as(who, now) as visit:
            return _out(sampling_reports.report(visit, named, lab_report(*findings, **given)))

    def notify(self, named: Any, now: datetime = NOTIFIED, **given: Any) -> UUID:
        told = {"firm_id": self.world.parties["zhenyang"], "doc_no": "正市监食检〔2026〕1号"} | given
        with self.visit_as("county", now) as visit:
            return sampling_notices.notify(visit, named, NewNotice.model_validate(told)).id

    def sign(self, notice: UUID, now: datetime = SERVED) -> Sampling:
        with self.visit_as("quality", now) as visit:
            return _out(sampling_notices.sign_receipt(visit, notice))

    def failed(self, **given: Any) -> tuple[UUID, UUID]:
        """A sample that failed and whose firm has the result in hand since Friday, 6 November: sheet and notice."""
        id_ = self.take(**given).id
        self.hand(id_)
        self.receive(id_)
        self.report(id_, TOO_MUCH)
        notice = self.notify(id_)
        self.sign(notice)
        return id_, notice


def at_the_laboratory(url: str, world: World) -> dict[str, UUID]:
    """A task, and one sample at the laboratory, today."""
    engine = connect(url)
    labs(engine, world)
    as_ = visits(engine, world)
    with as_("county") as visit:
        given = sampling_tasks.give_task(visit, task(world)).id
        taken = samplings.take_sample(visit, sheet(world, given, taken_at=visit.now)).id
        sampling_custody.hand_over(visit, taken, Handed(condition="完好", seal_intact=True))
    with as_("lab") as visit:
        came = ReceivedSample(condition="完好", seal_intact=True, spare_received=True)
        sampling_custody.receive(visit, taken, came)
    engine.dispose()
    return {"task": given, "sampling": taken}


def _out(row: Sampling) -> Sampling:
    return Sampling(**row.model_dump())
