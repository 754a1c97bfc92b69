"""A recall on its way through firm and offices: papers and acts with defaults, for the tests of its proceedings."""

from typing import Any

from builders import new_recall
from tracelot.operations import ordering, proceedings, recalls, reporting
from tracelot.operations.visit import Visit
from tracelot.records.proceedings import NewAction, NewOrder, NewPlan, NewReport, ProceedingsView
from tracelot.records.recalls import Recall
from tracelot.rules.recalls import RecallKind
from world import VisitAs, World

WHOLE = {
    "person": "李质量", "area_codes": ["411700"], "process": "通知、下架、退回", "ends_on": "2026-12-20",
    "channels": "省局网站和河南日报", "duties": "停止销售并封存", "disposal": "集中销毁", "cost_bearer": "本企业承担",
    "expected_effect": "全部追回",
}  # fmt: skip


def whole_plan(**given: Any) -> NewPlan:
    return NewPlan.model_validate(WHOLE | given)


def action(type_: str, **given: Any) -> NewAction:
    start = {"type": type_, "text": "依据核查情况", "doc_no": "正市监责召〔2026〕3号"}
    return NewAction.model_validate(start | given)


def order(world: World, **given: Any) -> NewOrder:
    start = {
        "party_id": world.parties["zhenyang"],
        "order_no": "正市监责召〔2026〕3号",
        "text": "抽检不合格，企业未主动召回",
        "level": 2,
        "knowledge_at": "2026-09-20T08:00:00+08:00",
        "reason_zh": "黄曲霉毒素B1超标",
        "ranges": [{"product_id": world.product_id, "codes": [world.code]}],
    }
    return NewOrder.model_validate(start | given)


def opened(visit: Visit, world: World, kind: RecallKind = "recall") -> Recall:
    return recalls.open_recall(visit, new_recall(world.product_id, world.code, kind=kind))


def seen(visit_as: VisitAs, who: str, recall: Recall) -> ProceedingsView:
    with visit_as(who) as visit:
        return proceedings.view(visit, proceedings.find_shared(visit, recall.code))


def acts(visit_as: VisitAs, who: str, recall: Recall, new: NewAction, version: int | None = None) -> None:
    with visit_as(who) as visit:
        ordering.act_on(visit, recall.code, new, version)


def moves(visit_as: VisitAs, recall: Recall, *steps: Any) -> None:
    for step in steps:
        with visit_as("quality") as visit:
            reporting.move_on(visit, recall.id, step)


def reports(visit_as: VisitAs, recall: Recall, kind: str) -> None:
    with visit_as("quality") as visit:
        reporting.hand_in_report(
            visit, recall.id, NewReport.model_validate({"kind": kind, "text": "进展如下"})
        )


def closes(visit_as: VisitAs, recall: Recall) -> None:
    """Take a published recall to its end, with a variance."""
    moves(visit_as, recall, "dispose", "complete")
    reports(visit_as, recall, "final")
    acts(visit_as, "county", recall, action("evaluate"))
    acts(visit_as, "county", recall, action("close", variance="其余已食用"))
