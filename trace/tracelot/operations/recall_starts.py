"""What a recall begins with when an inspection failed: the goods, the reason, and since when it is known."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from tracelot.operations.inspections import find
from tracelot.operations.recallable import held_batches
from tracelot.operations.visit import Visit
from tracelot.records.batches import Batch
from tracelot.records.inspections import Finding, Inspection, RecallStart, list_findings
from tracelot.records.parties import Party
from tracelot.records.sampling_views import SamplingView
from tracelot.rules.access import may
from tracelot.rules.inspections import LEGAL
from tracelot.rules.parties import covers
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
BANNED = {
    "not_used": {"zh": "不得使用", "en": "must not be used"},
    "not_detected": {"zh": "不得检出", "en": "must not be detected"},
}


def recall_start(visit: Visit, inspection_id: UUID) -> RecallStart:
    """The beginning of a recall because of a report that failed one of the firm's own batches."""
    visit.demand("recall.open")
    row = find(visit, inspection_id)
    return _start(visit, row, mine=row.party_id == visit.actor.party_id)


def order_start(visit: Visit, inspection_id: UUID) -> RecallStart:
    """The beginning of a recall that an office orders because of a report on goods of its territory."""
    visit.demand("recall.order")
    return _start(visit, find(visit, inspection_id))


def failing_report(visit: Visit, sampling: SamplingView) -> Inspection | None:
    """The report by which a sample stands as failed now, if its reader may read that."""
    named = sampling.retest_inspection_id or sampling.inspection_id
    return visit.session.get(Inspection, named) if named and sampling.verdict == "fail" else None


def orders(visit: Visit, row: Inspection | None) -> bool:
    """Whether the actor's office may order a recall because of a report: of its own territory's firms alone."""
    if row is None or row.batch_id is None or not may(visit.actor, "recall.order"):
        return False
    return covers(visit.actor.territory, visit.kernel().get_one(Party, row.party_id).region_code)


def orders_seller(visit: Visit, row: Inspection | None, firm_id: UUID | None) -> bool:
    """Whether it may order a firm at which the goods were found to recall them as their seller."""
    if row is None or row.batch_id is None or firm_id in (None, row.party_id):
        return False
    firm = visit.session.get(Party, firm_id)
    if (
        firm is None
        or not may(visit.actor, "recall.order")
        or not covers(visit.actor.territory, firm.region_code)
    ):
        return False
    return bool(held_batches(visit, firm.id, [str(row.batch_id)]))


def _start(visit: Visit, row: Inspection, *, mine: bool = True) -> RecallStart:
    if not mine or row.verdict != "fail" or row.state == "draft" or row.overturned_by or row.batch_id is None:
        raise Conflict("nothing-to-recall", "Only a report that failed a batch of yours leads to a recall.")
    batch = visit.session.get_one(Batch, row.batch_id)
    failed = [one for one in list_findings(visit.session, row.id) if one.verdict == "fail"]
    return RecallStart(
        inspection_id=row.id,
        batch_id=batch.id,
        product_id=batch.product_id,
        code=batch.code,
        knowledge_at=row.opened_at or row.recorded_at,
        reason_code=_cause(failed[0]) if failed else "other",
        source_of_knowledge="supervised_sampling" if row.kind in LEGAL else "self_check",
        reason_zh=_said(row, failed, "zh"),
        reason_en=_said(row, failed, "en"),
    )


def _cause(one: Finding) -> ReasonCode:
    """What may not be used at all is forbidden, whatever else it is."""
    return "illegal_substance" if one.limit_op == "not_used" else CAUSES.get(one.item_class or "", "other")


def _said(row: Inspection, failed: Sequence[Finding], language: str) -> str:
    found = [_finding(one, language) for one in failed]
    if language == "zh":
        head = f"检验报告{row.report_no}判定不合格" if row.report_no else "检验不合格"
        return head + ("：" + "；".join(found) if found else "")
    head = f"Inspection report {row.report_no} failed" if row.report_no else "The inspection failed"
    return head + (": " + "; ".join(found) if found else "")


def _finding(one: Finding, language: str) -> str:
    result = " ".join(filter(None, [one.measured_text, one.unit]))
    allowed = _allowed(one, language)
    law = f", {one.standard}" if one.standard else ""
    if language == "zh":
        return f"{one.analyte_zh} {result}" + (f"（{allowed}{law}）" if allowed else "")
    return f"{one.analyte_en or one.analyte_zh} {result}" + (f" ({allowed}{law})" if allowed else "")


def _allowed(one: Finding, language: str) -> str:
    """The limit that was not kept, in words."""
    if one.limit_text is None and one.limit_op in BANNED:
        return BANNED[one.limit_op][language]
    value = plain(one.limit_value) if one.limit_value is not None else ""
    limit = one.limit_text or " ".join(filter(None, [value, one.limit_unit if value else None]))
    return " ".join([{"zh": "限值", "en": "limit"}[language], limit]) if limit else ""
