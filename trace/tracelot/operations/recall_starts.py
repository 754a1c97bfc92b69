"""What a recall begins with when an inspection failed: the goods, the reason, and since when it is known."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from tracelot.operations.inspections import find
from tracelot.operations.visit import Visit
from tracelot.records.batches import Batch
from tracelot.records.inspections import Finding, Inspection, RecallStart, list_findings
from tracelot.rules.inspections import LEGAL
from tracelot.rules.quantities import plain
from tracelot.rules.recalls import ReasonCode
from tracelot.rules.refusals import Conflict

CAUSES: Mapping[str, ReasonCode] = {
    "pesticide": "pesticide_residue",
    "veterinary": "veterinary_residue",
    "heavy_metal": "heavy_metal",
    "mycotoxin": "mycotoxin",
    "microbe": "microbial",
    "additive": "additive",
    "banned": "illegal_substance",
    "quality": "quality",
    "label": "labelling",
}


def recall_start(visit: Visit, inspection_id: UUID) -> RecallStart:
    """The beginning of a recall because of a report that failed one of the firm's own batches."""
    visit.demand("recall.open")
    row = find(visit, inspection_id)
    if (
        row.verdict != "fail"
        or row.state == "draft"
        or row.batch_id is None
        or row.party_id != visit.actor.party_id
    ):
        raise Conflict("nothing-to-recall", "Only a report that failed a batch of yours leads to a recall.")
    batch = visit.session.get_one(Batch, row.batch_id)
    failed = [one for one in list_findings(visit.session, row.id) if one.verdict == "fail"]
    return RecallStart(
        inspection_id=row.id,
        batch_id=batch.id,
        product_id=batch.product_id,
        code=batch.code,
        knowledge_at=row.opened_at or row.recorded_at,
        reason_code=CAUSES.get(failed[0].item_class or "", "other") if failed else "other",
        source_of_knowledge="supervised_sampling" if row.kind in LEGAL else "self_check",
        reason_zh=_said(row, failed, "zh"),
        reason_en=_said(row, failed, "en"),
    )


def _said(row: Inspection, failed: Sequence[Finding], language: str) -> str:
    found = [_finding(one, language) for one in failed]
    if language == "zh":
        head = f"检验报告{row.report_no}判定不合格" if row.report_no else "检验不合格"
        return head + ("：" + "；".join(found) if found else "")
    head = f"Inspection report {row.report_no} failed" if row.report_no else "The inspection failed"
    return head + (": " + "; ".join(found) if found else "")


def _finding(one: Finding, language: str) -> str:
    result = " ".join(filter(None, [one.measured_text, one.unit]))
    limit = one.limit_text or (plain(one.limit_value) if one.limit_value is not None else "")
    unit = one.limit_unit if limit and one.limit_text is None else None
    allowed = " ".join(filter(None, [limit, unit]))
    law = f", {one.standard}" if one.standard else ""
    if language == "zh":
        return f"{one.analyte_zh} {result}" + (f"（限值 {allowed}{law}）" if allowed else "")
    return f"{one.analyte_en or one.analyte_zh} {result}" + (f" (limit {allowed}{law})" if allowed else "")
