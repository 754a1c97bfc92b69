"""What waits for somebody by a day: reports that offices asked for, and checks that are planned."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from uuid import UUID

from sqlmodel import Session, col, select

from tracelot.records.effectiveness import EffectivenessCheck, EffectivenessSample
from tracelot.records.proceedings import RecallReport, RegulatorAction
from tracelot.records.recalls import Recall, RecallBatch, RecallRange
from tracelot.records.tips import Tip
from tracelot.rules.recalls import DRILL
from tracelot.rules.tipping import OPEN_TIPS

MOST_BATCHES = 500


def list_required_reports(session: Session, limit: int) -> Sequence[tuple[RegulatorAction, Recall]]:
    """Reports that were asked for by a day, and that nobody handed in since."""
    later = select(RecallReport.id).where(
        RecallReport.recall_id == RegulatorAction.recall_id,
        col(RecallReport.recorded_at) > RegulatorAction.recorded_at,
    )
    query = select(RegulatorAction, Recall).where(
        RegulatorAction.recall_id == Recall.id,
        RegulatorAction.type == "require_report",
        col(RegulatorAction.due_on).is_not(None),
        Recall.kind != DRILL,
        col(Recall.closed_at).is_(None),
        ~later.exists(),
    )
    found = session.exec(query.order_by(col(RegulatorAction.due_on), col(RegulatorAction.id)).limit(limit))
    return [(row[0], row[1]) for row in found]


def list_planned_checks(
    session: Session, limit: int
) -> Sequence[tuple[EffectivenessCheck, Recall, EffectivenessSample]]:
    """Checks that are planned for a day and not done, with the sample that says who drew them."""
    query = select(EffectivenessCheck, Recall, EffectivenessSample).where(
        EffectivenessCheck.recall_id == Recall.id,
        EffectivenessSample.recall_id == Recall.id,
        col(EffectivenessCheck.planned_on).is_not(None),
        col(EffectivenessCheck.performed_at).is_(None),
        Recall.kind != DRILL,
    )
    order = (col(EffectivenessCheck.planned_on), col(EffectivenessCheck.id))
    return [(row[0], row[1], row[2]) for row in session.exec(query.order_by(*order).limit(limit))]


def list_open_tips(session: Session, limit: int) -> Sequence[Tip]:
    """The reports of the public that wait, those that are due first."""
    query = select(Tip).where(col(Tip.state).in_(OPEN_TIPS))
    return session.exec(query.order_by(col(Tip.due_on), col(Tip.id)).limit(limit)).all()


def goods_of(session: Session, recalls: Collection[UUID]) -> dict[UUID, list[tuple[str, str]]]:
    """The batches and products of recalls, by kind and id, as far as somebody may answer for them."""
    found: dict[UUID, list[tuple[str, str]]] = defaultdict(list)
    named = select(RecallBatch.recall_id, RecallBatch.batch_id).where(
        col(RecallBatch.recall_id).in_(recalls), col(RecallBatch.registered)
    )
    order = (col(RecallBatch.recall_id), col(RecallBatch.batch_id))
    for recall, batch in session.exec(named.order_by(*order).limit(MOST_BATCHES)):
        found[recall].append(("batch", str(batch)))
    spans = select(RecallRange.recall_id, RecallRange.product_id).where(
        col(RecallRange.recall_id).in_(recalls)
    )
    for recall, product in session.exec(spans.distinct()):
        found[recall].append(("product", str(product)))
    return found
