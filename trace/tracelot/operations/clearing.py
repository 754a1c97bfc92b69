"""What stands between a batch and its release: a fail that nothing overturned, an outgoing inspection that is due."""

from collections.abc import Sequence
from uuid import UUID

from sqlmodel import col, select

from tracelot.operations.visit import Visit
from tracelot.records.batches import Batch
from tracelot.records.inspections import Inspection
from tracelot.records.products import Product
from tracelot.rules.inspections import COUNTS_NOT
from tracelot.rules.refusals import Conflict, unfit


def failures(visit: Visit, batch_id: UUID, *, overturned: bool = False) -> Sequence[Inspection]:
    """Reports that failed a batch, of all editions: those that stand, or those that a re-test overturned.

    A correction or a withdrawal frees no goods: what failed once falls by a re-test, or, of an official sample, by a
    correction that its office accepted.
    """
    query = select(Inspection).where(
        Inspection.batch_id == batch_id,
        Inspection.verdict == "fail",
        col(Inspection.state).not_in(COUNTS_NOT),
    )
    gone = col(Inspection.overturned_by)
    query = query.where(gone.is_not(None) if overturned else gone.is_(None))
    return [one for one in visit.kernel().exec(query.order_by(col(Inspection.id))) if binds(one)]


def binds(one: Inspection) -> bool:
    """An office's rapid test asks and decides nothing."""
    return one.kind != "rapid" or one.issuer_id == one.party_id


def demand_no_failure(visit: Visit, batch: Batch) -> None:
    standing = failures(visit, batch.id)
    if standing:
        raise Conflict(
            "inspection-failed",
            "An inspection failed this batch: only a re-test of the same sample that passes frees it.",
            facts={"report": "" if standing[0].sealed else standing[0].report_no or ""},
        )


def demand_cleared(visit: Visit, batch: Batch) -> None:
    """Refuse a release against a fail, or before the outgoing inspection that the product asks for (FSL art. 52)."""
    demand_no_failure(visit, batch)
    product = visit.kernel().get_one(Product, batch.product_id)
    if product.outgoing_required and not passed_outgoing(visit, batch.id):
        raise Conflict(
            "outgoing-needed",
            "This product is released only after its outgoing inspection passed: record that one first.",
        )


def passed_outgoing(visit: Visit, batch_id: UUID) -> bool:
    query = select(Inspection.id).where(
        Inspection.batch_id == batch_id, Inspection.kind == "outgoing", Inspection.verdict == "pass",
        Inspection.state == "issued",
    )  # fmt: skip
    return visit.kernel().exec(query.limit(1)).first() is not None


def demand_retest(visit: Visit, batch: Batch, report_no: str) -> None:
    """Refuse to lift a hold against a fail; one that was overturned is lifted by the number of its re-test."""
    demand_no_failure(visit, batch)
    fell = failures(visit, batch.id, overturned=True)
    retests = [visit.kernel().get_one(Inspection, one.overturned_by) for one in fell]
    if retests and report_no not in {one.report_no for one in retests}:
        raise unfit(
            "not-the-retest", "Name the report of the re-test that overturned what was found.", "report_no"
        )
