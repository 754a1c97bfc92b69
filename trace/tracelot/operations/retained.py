"""Samples that a firm keeps of its batches: taken, kept until a day, and disposed of no earlier."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from tracelot.operations.changing import demand_same, demand_version
from tracelot.operations.visit import Visit, origin_of
from tracelot.records.batches import Batch
from tracelot.records.locking import HELD
from tracelot.records.retained import Disposed, NewRetained, RetainedSample, list_retained
from tracelot.rules.ids import new_id
from tracelot.rules.refusals import Conflict, Unknown, unfit
from tracelot.rules.retention import TWO_YEARS, later


def keep_sample(visit: Visit, new: NewRetained) -> RetainedSample:
    """Record a sample of an own batch; where no day is named it is kept until the batch expires, or for two years."""
    visit.demand("sample.keep")
    stands = visit.session.get(RetainedSample, new.id) if new.id else None
    if stands is not None:
        return demand_same(stands, origin_of(new))
    batch = visit.session.get(Batch, new.batch_id)
    if batch is None or batch.party_id != visit.actor.party_id:
        raise unfit("unknown-batch", "None of your batches has this id.", "batch_id")
    if new.taken_on > visit.today:
        raise unfit("in-the-future", "This day lies in the future.", "taken_on")
    least = batch.expiry_date or (new.until or new.taken_on + TWO_YEARS)
    until = new.until or least
    if until < least:
        raise unfit("kept-too-short", "A sample is kept at least until its batch expires.", "until")
    row = RetainedSample(
        **new.model_dump(exclude={"id", "until"}),
        id=new.id or new_id(),
        party_id=batch.party_id,
        until=until,
        origin_hash=origin_of(new),
        retain_until=later(batch.retain_until, until + timedelta(days=1)),
        recorded_at=visit.now,
        recorded_by=visit.actor.id,
    )
    visit.session.add(row)
    visit.session.flush()
    visit.record("sample.retained", row, party_id=row.party_id)
    return row


def dispose_sample(
    visit: Visit, sample_id: UUID, told: Disposed, version: int | None = None
) -> RetainedSample:
    """Record that a sample is gone: not before its day, unless it was used up in an inspection, as the reason says."""
    visit.demand("sample.keep")
    row = visit.session.get(RetainedSample, sample_id, with_for_update=HELD, populate_existing=True)
    if row is None or row.party_id != visit.actor.party_id:
        raise Unknown("unknown-sample", "No such sample.")
    demand_version(row, version)
    if row.disposed_on is not None:
        raise Conflict("sample-gone", "This sample is recorded as gone already.")
    if told.disposed_on > visit.today:
        raise unfit("in-the-future", "This day lies in the future.", "disposed_on")
    row.disposed_on, row.disposed_note = told.disposed_on, told.reason
    visit.session.add(row)
    visit.session.flush()
    visit.record(
        "sample.disposed", row, party_id=row.party_id, reason=told.reason, early=told.disposed_on < row.until
    )
    return row


def samples_of(visit: Visit, batch_id: UUID) -> Sequence[RetainedSample]:
    visit.demand("batch.read")
    return list_retained(visit.session, batch_id)
