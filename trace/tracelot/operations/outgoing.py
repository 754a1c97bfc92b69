"""Whether the outgoing inspections of many batches passed, kept with each of them as `failing.tell_outgoing` does."""

from collections.abc import Iterable
from uuid import UUID

from sqlmodel import col, select

from tracelot.operations.clearing import binds
from tracelot.operations.visit import Visit
from tracelot.records.batches import Batch
from tracelot.records.inspections import Inspection
from tracelot.records.products import lock_products
from tracelot.records.shelves import chunks
from tracelot.rules.inspections import COUNTS_NOT


def tell_outgoing_of(visit: Visit, batches: Iterable[UUID]) -> None:
    """For batches of the actor's own party, some at a time."""
    for some in chunks(batches):
        of_them = col(Batch.id).in_(some)
        lock_products(
            visit.kernel(), visit.kernel().exec(select(Batch.product_id).where(of_them).distinct()).all()
        )
        passed = _passed(visit, some)
        wrong = (of_them & ~col(Batch.id).in_(passed) & col(Batch.outgoing_passed)) | (
            col(Batch.id).in_(passed) & ~col(Batch.outgoing_passed)
        )
        query = select(Batch).where(wrong).order_by(col(Batch.id)).with_for_update(key_share=True)
        for batch in visit.session.exec(query.execution_options(populate_existing=True)).all():
            batch.outgoing_passed = batch.id in passed
            visit.session.add(batch)
        visit.session.flush()


def _passed(visit: Visit, batches: list[UUID]) -> set[UUID]:
    kernel, of_them = visit.kernel(), col(Inspection.batch_id).in_(batches)
    passed = select(Inspection.batch_id).where(
        of_them, Inspection.kind == "outgoing", Inspection.verdict == "pass", Inspection.state == "issued"
    )
    failed = select(Inspection).where(
        of_them,
        Inspection.verdict == "fail",
        col(Inspection.state).not_in(COUNTS_NOT),
        col(Inspection.overturned_by).is_(None),
    )
    fell = {one.batch_id for one in kernel.exec(failed) if binds(one)}
    return {id_ for id_ in kernel.exec(passed.distinct()) if id_ is not None} - fell
