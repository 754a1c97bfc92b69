"""What follows at once when an inspection fails: the firm's stock is held, others are asked, offices are told.

Enforcement of one firm's finding ends at its own door: whoever else got the goods is asked, and bound by an order of
an office alone.
"""

from collections.abc import Sequence
from uuid import UUID

from sqlmodel import col, select

from tracelot.operations.clearing import failures, passed_outgoing
from tracelot.operations.hold_requests import ask_holders, withdraw_requests
from tracelot.operations.notifying import Event, tell_party
from tracelot.operations.recalling import move_batch
from tracelot.operations.visit import Visit
from tracelot.records.batches import Batch
from tracelot.records.inspections import Finding, Inspection, list_findings, list_same_sample
from tracelot.records.locking import HELD
from tracelot.records.parties import Party
from tracelot.records.products import lock_products
from tracelot.records.reaches import find_office, offices_over
from tracelot.rules.batches import possible, status_on
from tracelot.rules.inspections import COUNTS_NOT, Weight, certified_on, overturns, weight_of
from tracelot.rules.official import hold_words
from tracelot.rules.quantities import plain
from tracelot.rules.supervising import office_for

OFFICERS = ("admin", "officer")
SIGNS = {"<=": "≤", "<": "<", ">=": "≥"}


def follow_issue(visit: Visit, row: Inspection, findings: Sequence[Finding]) -> None:
    """What an issued report means for the goods: a fail stops them, a re-test that passed may free them."""
    if row.batch_id is None:
        return
    if row.verdict == "fail":
        what = told_in_short(row, findings)
        _stop(visit, row, hold_words(row.sample_no or "", what, sealed=row.sealed))
    elif row.kind == "retest":
        _overturn(visit, row)
    tell_outgoing(visit, row.batch_id)


def tell_outgoing(visit: Visit, batch_id: UUID) -> None:
    """Keep with the batch whether its outgoing inspection passed: all that the public reads of an inspection."""
    kernel = visit.kernel()
    found = kernel.exec(select(Batch.party_id, Batch.product_id).where(Batch.id == batch_id)).one()
    lock_products(kernel, [found[1]])
    writes = visit.session if found[0] == visit.actor.party_id else kernel
    batch = writes.get_one(Batch, batch_id, with_for_update=HELD, populate_existing=True)
    passed = passed_outgoing(visit, batch_id) and not failures(visit, batch_id)
    if batch.outgoing_passed != passed:
        batch.outgoing_passed = passed
        writes.add(batch)
        writes.flush()


def take_back(visit: Visit, row: Inspection) -> None:
    """What a re-test overturned stands again when the re-test itself is corrected or withdrawn."""
    kernel = visit.kernel()
    again = select(Inspection).where(Inspection.overturned_by == row.id).order_by(col(Inspection.id))
    for failed in kernel.exec(again.with_for_update(key_share=True)).all():
        failed.overturned_by = None
        kernel.add(failed)
        kernel.flush()
        visit.record("inspection.restored", failed, party_id=failed.book, by=row.id)
        if failed.batch_id is not None and failed.state == "issued":
            _hold(visit, failed, failed.report_no or "")
    if row.batch_id is not None and row.state != "draft":
        tell_outgoing(visit, row.batch_id)


def told_in_short(row: Inspection, findings: Sequence[Finding]) -> str:
    """The number of the report and what failed, with result and limit: the same in every language."""
    failed = [one for one in findings if one.verdict == "fail"]
    said = "; ".join(filter(None, [_finding(one) for one in failed[:5]]))
    return f"{row.report_no or ''}: {said}"[:400] if said else (row.report_no or "")


def _finding(one: Finding) -> str:
    value = None if one.limit_value is None else plain(one.limit_value)
    told = [SIGNS.get(one.limit_op or ""), value, one.limit_unit]
    limit = one.limit_text or (" ".join(filter(None, told)) if value else "")
    name = " / ".join(filter(None, [one.analyte_zh, one.analyte_en]))
    result = " ".join(filter(None, [name, one.measured_text, one.unit]))
    return f"{result} ({limit})" if limit else result


def _stop(visit: Visit, row: Inspection, what: str) -> None:
    """An office's rapid test asks the firm like anybody else; every other fail holds the firm's own stock at once."""
    binding = row.kind != "rapid" or row.issuer_id == row.party_id
    batch = _hold(visit, row, what) if binding else visit.kernel().get_one(Batch, row.batch_id)
    ask_holders(visit, row, batch, what, firm_too=not binding)
    facts = {"report": row.report_no or "", "batch": batch.code}
    if row.issuer_id != row.party_id:
        event = Event("inspection", f"fail {row.id}", facts, f"/app/inspections/{row.id}")
        held = Event("inspection", f"fail {row.id}", {"batch": batch.code}, f"/app/batches/{batch.id}")
        tell_party(visit.kernel(), row.party_id, held if row.sealed else event, visit.now)
    _tell_office(visit, row, Event("inspection", f"fail {row.id}", facts, f"/gov/inspections/{row.id}"))


def _hold(visit: Visit, row: Inspection, what: str) -> Batch:
    kernel = visit.kernel()
    lock_products(kernel, [row.product_id])
    writes = visit.session if row.party_id == visit.actor.party_id else kernel
    batch = writes.get_one(Batch, row.batch_id, with_for_update=HELD, populate_existing=True)
    if possible("hold", status_on(visit.today, batch.status, batch.expiry_date)):
        move_batch(visit, batch, "hold", what, inspection_id=row.id)
    return batch


def hold_failed(visit: Visit, batch: Batch) -> None:
    """Stop a batch that gets free otherwise than by a release, where it failed while nothing of it could be held."""
    standing = failures(visit, batch.id)
    if standing and possible("hold", status_on(visit.today, batch.status, batch.expiry_date)):
        failed = standing[-1]
        what = told_in_short(failed, list_findings(visit.kernel(), failed.id))
        words = hold_words(failed.sample_no or "", what, sealed=failed.sealed)
        move_batch(visit, batch, "hold", words, inspection_id=failed.id)


def _tell_office(visit: Visit, row: Inspection, event: Event) -> None:
    """The office of the firm's county; where there is none, the next one over it."""
    kernel = visit.kernel()
    firm = kernel.get_one(Party, row.party_id)
    areas = [area for office in offices_over(kernel, firm.region_code) for area in office.territory]
    area = office_for(areas, firm.region_code[:6], firm.region_code)
    office = find_office(kernel, area) if area else None
    if office is not None:
        tell_party(kernel, office.id, event, visit.now, OFFICERS)


def _overturn(visit: Visit, retest: Inspection) -> None:
    """Take back what the re-test of the same sample disproved, in every edition of the report that failed."""
    kernel = visit.kernel()
    wanted = {one.id for one in list_same_sample(kernel, retest)} | ({retest.retest_of} - {None})
    for failed in _standing(visit, retest.batch_id):
        named = failed.id in wanted or bool(retest.sample_no and failed.sample_no == retest.sample_no)
        if named and _disproves(retest, failed):
            overturn(visit, failed, retest.id)


def overturn(visit: Visit, failed: Inspection, by: UUID) -> None:
    """Take back what a report found, because of another one; whoever was asked to hold the goods is told."""
    failed.overturned_by = by
    visit.kernel().add(failed)
    visit.kernel().flush()
    visit.record("inspection.overturned", failed, party_id=failed.book, by=by)
    withdraw_requests(visit, failed)


def _standing(visit: Visit, batch_id: UUID | None) -> Sequence[Inspection]:
    query = select(Inspection).where(
        Inspection.batch_id == batch_id, Inspection.verdict == "fail", col(Inspection.state).not_in(COUNTS_NOT),
        col(Inspection.overturned_by).is_(None),
    )  # fmt: skip
    kernel = visit.kernel()
    return kernel.exec(query.order_by(col(Inspection.id)).with_for_update(key_share=True)).all()


def _disproves(retest: Inspection, failed: Inspection) -> bool:
    same = _laboratory(retest) == _laboratory(failed)
    weight, found = _weight(retest), _weight(failed)
    return overturns(retest.kind, retest.verdict, weight=weight, failed=found, same_laboratory=same)


def _laboratory(row: Inspection) -> str:
    return str(row.lab_id or row.cma_no or row.lab_zh or "")


def _weight(row: Inspection) -> Weight:
    certified = certified_on(row.issued_on, row.cma_no, row.cma_from, row.cma_to)
    own = row.lab_id is not None and row.issuer_id == row.lab_id
    return weight_of(row.kind, certified=certified, by_laboratory=own, legal=row.legal)
