"""Recording an inspection: what is read, judged and kept of a report, by whom, and who sees it."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from tracelot.operations import inspections
from tracelot.records.inspections import NewInspection, list_findings
from world import VisitAs, World

TODAY = datetime.now(UTC).date()


def report(world: World, *findings: dict[str, Any], **given: Any) -> NewInspection:
    start = {"kind": "outgoing", "batch_id": world.batch_id, "report_no": "CJ-1", "sample_no": "S-1",
             "issued_on": "2026-09-16", "food_category": "oil.vegetable.peanut", "tester": "李敏"}  # fmt: skip
    told = [{"analyte": "黄曲霉毒素B1", "unit": "µg/kg"} | one for one in findings]
    return NewInspection.model_validate(start | {"findings": told} | given)


def test_a_report_is_judged_by_the_limit_in_force_when_the_goods_were_made(
    visit_as: VisitAs, world: World
) -> None:
    with visit_as("quality") as visit:
        row = inspections.record_inspection(
            visit,
            report(
                world,
                {"measured_text": "＜2.0"},
                {"analyte": "AFB1", "measured_text": "0.0486 mg/kg", "unit": None},
            ),
        )
        first, second = list_findings(visit.session, row.id)
    assert (row.verdict, row.state, row.edition) == ("fail", "issued", 1)
    assert (first.verdict, first.reason, first.measured_text, first.bound) == (
        "pass",
        "within",
        "＜2.0",
        Decimal("2.0"),
    )
    assert (second.verdict, second.analyte_code, second.unit) == ("fail", "afb1", "mg/kg")
    assert (second.limit_value, second.limit_unit, second.standard) == (Decimal(20), "µg/kg", "GB 2761-2017")
