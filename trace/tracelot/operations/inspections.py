"""Recording inspections and correcting them: a firm's own, a laboratory's reports, and rapid tests of offices."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlmodel import col

from tracelot.operations.changing import demand_same, demand_version
from tracelot.operations.failing import follow_issue, take_back
from tracelot.operations.judging import Ground, Lists, category_of, judge_findings, read_lists
from tracelot.operations.keeping import kept
from tracelot.operations.naming import rows_of
from tracelot.operations.official_reports import hold_sheet, report_changed
from tracelot.operations.visit import Visit, origin_of
from tracelot.records.batches import Batch
from tracelot.records.inspections import (
    Correction,
    Finding,
    FindingView,
    Inspection,
    InspectionFields,
    InspectionFilter,
    InspectionSummary,
    InspectionView,
    NewInspection,
    Withdrawal,
    find_successor,
    list_findings,
    list_inspections_of,
    list_same_sample,
    search_inspections,
)
from tracelot.records.laboratories import scope_on
from tracelot.records.locking import HELD
from tracelot.records.paging import Page
from tracelot.records.parties import Party
from tracelot.records.products import Product
from tracelot.records.tenancy import ScopedSession
from tracelot.rules.ids import new_id
from tracelot.rules.inspections import (
    certified_on,
    contradicting,
    counts_before_law,
    demand_kind_of_commission,
    demand_order,
    judge_report,
)
from tracelot.rules.refusals import Conflict, Forbidden, Unknown, unfit
from tracelot.rules.retention import later

FIXED = ("kind", "sample_no", "retest_of")  # what the sheet of an official sample says, in every edition
EMPTY = dict.fromkeys(Inspection.model_fields)


@dataclass(frozen=True)
class Goods:
    """What an inspection is about, and whose record it is."""

    product: Product
    batch: Batch | None

    @property
    def party_id(self) -> UUID:
        return self.batch.party_id if self.batch else self.product.party_id


@dataclass(frozen=True)
class Entry:
    """Under which id a report is put on record, in whose place, and whose official sample it is about."""

    origin: str
    id: UUID | None = None
    former: Inspection | None = None
    office_id: UUID | None = None


def record_inspection(visit: Visit, new: NewInspection) -> Inspection:
    """Put a report on record, or a draft of one. Sent again under its id, it is the same one."""
    visit.demand("inspection.record")
    if not new.draft:
        visit.demand("inspection.issue")
    origin = origin_of(new)
    stands = visit.kernel().get(Inspection, new.id) if new.id else None
    if stands is not None:
        return demand_same(stands, origin)
    commissioned = _commission(visit, new)
    goods = goods_of(visit, new, commissioned)
    _demand_kind(visit, new.kind, commissioned)
    return add_inspection(visit, new, goods, Entry(origin, new.id, commissioned))


def goods_of(visit: Visit, new: NewInspection, commissioned: Inspection | None) -> Goods:
    """The goods that an actor may report on: a firm its own, a laboratory what it was asked, an office its area's."""
    if visit.actor.party_type == "lab":
        if commissioned is None:
            raise Forbidden("not-commissioned", "Nobody asked your laboratory for a report on these goods.")
        return find_goods(visit.kernel(), commissioned.product_id, commissioned.batch_id)
    goods = find_goods(visit.session, new.product_id, new.batch_id)
    if visit.actor.enterprise and goods.party_id != visit.actor.party_id:
        raise unfit("unknown-batch", "None of your batches has this id.", "batch_id")
    if visit.actor.regulator and goods.batch is None:
        raise unfit("batch-needed", "Name the batch that was tested.", "batch_id")
    return goods


def find_goods(session: ScopedSession, product_id: UUID | None, batch_id: UUID | None) -> Goods:
    """A batch with its product, or a product alone, among those that a session sees."""
    batch = session.get(Batch, batch_id) if batch_id else None
    if batch_id and batch is None:
        raise unfit("unknown-batch", "No such batch.", "batch_id")
    named = batch.product_id if batch else product_id
    if named is None:
        raise unfit("goods-needed", "Name the batch or the product that was inspected.", "batch_id")
    product = session.get(Product, named)
    if product is None or (product_id and product_id != product.id):
        raise unfit("unknown-product", "This product is not that of the batch.", "product_id")
    return Goods(product, batch)


def _commission(visit: Visit, new: NewInspection) -> Inspection | None:
    """The draft in which a firm asked the actor's laboratory for this report."""
    if new.commission is None:
        return None
    found = visit.kernel().get(Inspection, new.commission, with_for_update=HELD, populate_existing=True)
    if found is None or found.lab_id is None or found.lab_id != visit.actor.party_id:
        raise Unknown("unknown-commission", "Nobody asked your laboratory for this report.")
    if found.state != "draft":
        raise Conflict("commission-answered", "A report on this commission is issued already.")
    return found


def _demand_kind(visit: Visit, kind: str, asked: Inspection | None) -> None:
    """`asked` is the commission, or the edition in whose place the report comes."""
    if visit.actor.regulator and kind != "rapid":
        raise unfit("kind-not-yours", "An office records rapid tests; reports are a laboratory's.", "kind")
    if visit.actor.party_type == "lab":
        demand_kind_of_commission(kind, asked.kind if asked else "")


def add_inspection(visit: Visit, new: NewInspection | Correction, goods: Goods, entry: Entry) -> Inspection:
    """Judge a report and put it on record, in the place of a former one where there is one.

    Whoever calls this has made sure that the actor may report on these goods.
    """
    lists = read_lists(visit, new.jurisdiction, new.findings)
    told_row, told = draw_up(visit, new, goods, lists, entry.former)
    row = Inspection(**told_row | {"id": entry.id or new_id(), "origin_hash": entry.origin})
    row.office_id = entry.office_id
    certified = certified_on(row.issued_on, row.cma_no, row.cma_from, row.cma_to)
    row.legal = counts_before_law(row.kind, certified=certified, official=row.office_id is not None)
    _keep(visit, row, [Finding(**one) for one in told], entry)
    return row


def draw_up(
    visit: Visit,
    new: NewInspection | Correction,
    goods: Goods,
    lists: Lists,
    former: Inspection | None = None,
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """A report and its findings as the rows that they would become, judged; nothing is kept yet, and no id given."""
    issued_on = new.issued_on or (None if new.draft else visit.today)
    demand_order(new.received_on, new.tested_from, new.tested_to, issued_on)
    row = _row(visit, new, goods, issued_on, former)
    made_on = goods.batch.production_date if goods.batch else (issued_on or visit.today)
    findings = judge_findings(lists, new.findings, Ground(row["food_category"], row["jurisdiction"], made_on))
    row["verdict"] = judge_report([one["verdict"] for one in findings], row["conclusion"])
    if not new.draft:
        _demand_whole(visit, row, findings)
    return row, findings


def _row(
    visit: Visit,
    new: NewInspection | Correction,
    goods: Goods,
    issued_on: date | None,
    former: Inspection | None,
) -> dict[str, Any]:
    row = EMPTY | {name: getattr(new, name) for name in InspectionFields.model_fields}
    row |= _laboratory(visit, new, issued_on or visit.today)
    expiry = goods.batch.expiry_date if goods.batch else None
    until = kept(visit, goods.product, expiry).until
    return row | {
        "version": 1,
        "party_id": goods.party_id,
        "product_id": goods.product.id,
        "batch_id": goods.batch.id if goods.batch else None,
        "issuer_id": visit.actor.party_id,
        "state": "draft" if new.draft else "issued",
        "edition": former.edition + 1 if former else 1,
        "supersedes": former.id if former else None,
        "retest_of": _retested(visit, new.retest_of, goods),
        "reason": new.reason if isinstance(new, Correction) else None,
        "food_category": category_of(goods.product, new.food_category),
        "issued_on": issued_on,
        "legal": False,
        "retain_until": later(goods.batch.retain_until if goods.batch else None, until),
        "recorded_at": visit.now,
        "recorded_by": visit.actor.id,
    }


def _laboratory(visit: Visit, new: NewInspection | Correction, day: date) -> dict[str, object]:
    """Who tested, frozen: of a laboratory of this site what its confirmed certificates say, else what is printed."""
    lab_id = visit.actor.party_id if visit.actor.party_type == "lab" else new.lab_id
    if lab_id is None:
        return {"lab_id": None}
    kernel = visit.kernel()
    lab = kernel.get(Party, lab_id)
    if lab is None or lab.type != "lab" or lab.status != "verified":
        raise unfit("unknown-laboratory", "No confirmed laboratory has this id.", "lab_id")
    cma, cnas = (scope_on(kernel, lab_id, scheme, day) for scheme in ("CMA", "CNAS"))
    return {
        "lab_id": lab_id,
        "lab_zh": lab.name_zh,
        "lab_en": lab.name_en,
        "cma_no": cma.number if cma else None,
        "cma_from": cma.valid_from if cma else None,
        "cma_to": cma.valid_to if cma else None,
        "cnas_no": cnas.number if cnas else None,
    }


def _retested(visit: Visit, retest_of: UUID | None, goods: Goods) -> UUID | None:
    if retest_of is None:
        return None
    former = visit.kernel().get(Inspection, retest_of)
    if former is None or former.party_id != goods.party_id or former.product_id != goods.product.id:
        raise unfit("unknown-inspection", "No inspection of these goods has this id.", "retest_of")
    return retest_of


def _demand_whole(visit: Visit, row: Mapping[str, Any], findings: Sequence[Any]) -> None:
    """What a report must say before it is issued."""
    if not row["report_no"]:
        raise unfit("missing", "A report that is issued has its number.", "report_no")
    if not findings:
        raise unfit("missing", "A report that is issued has at least one finding.", "findings")
    if row["issued_on"] is not None and row["issued_on"] > visit.today:
        raise unfit("in-the-future", "This day lies in the future.", "issued_on")


def _keep(visit: Visit, row: Inspection, findings: list[Finding], entry: Entry) -> None:
    former = entry.former
    writes = visit.session if row.party_id == visit.actor.party_id else visit.kernel()
    if former is not None:
        former.state = "superseded"
        writes.add(former)
        row.file_id, row.file_sha256 = former.file_id, former.file_sha256
    writes.add(row)
    writes.flush()
    for one in findings:
        one.inspection_id, one.party_id = row.id, row.party_id
    writes.add_all(findings)
    writes.flush()
    act = (
        "inspection.corrected" if former and former.issuer_id == row.issuer_id else f"inspection.{_done(row)}"
    )
    told = [FindingView.model_validate(one.model_dump()).model_dump(mode="json") for one in findings]
    visit.record(act, row, party_id=row.book, reason=row.reason, findings=told)
    if former is not None:
        take_back(visit, former)
    if row.state == "issued":
        follow_issue(visit, row, findings)
    if former is not None and row.office_id is not None:
        report_changed(visit, former, row)


def _done(row: Inspection) -> str:
    return "drafted" if row.state == "draft" else "issued"


def correct(visit: Visit, id_: UUID, new: Correction, version: int | None = None) -> Inspection:
    """Put a new edition in the place of a report; the former one stays, and what failed in it stands."""
    visit.demand("inspection.record")
    former = own_issue(visit, id_)
    if not new.draft or former.state == "issued":
        visit.demand("inspection.issue")
    demand_version(former, version)
    if former.state not in ("draft", "issued"):
        raise Conflict("inspection-replaced", "This edition was replaced or withdrawn already.")
    if new.draft and former.state == "issued":
        raise unfit("issued-already", "A report that was issued is no draft any more.", "draft")
    origin = origin_of(new)
    if former.office_id is None:
        _demand_kind(visit, new.kind, former)
    else:
        new = new.model_copy(update={name: getattr(former, name) for name in FIXED})
    goods = find_goods(visit.kernel(), former.product_id, former.batch_id)
    return add_inspection(visit, new, goods, Entry(origin, former=former, office_id=former.office_id))


def withdraw(visit: Visit, id_: UUID, told: Withdrawal, version: int | None = None) -> Inspection:
    """Take a report back, with the reason. It stays readable, and what failed in it stands until a re-test."""
    visit.demand("inspection.issue")
    row = own_issue(visit, id_)
    demand_version(row, version)
    if row.state not in ("draft", "issued"):
        raise Conflict("inspection-replaced", "This edition was replaced or withdrawn already.")
    row.state, row.reason = "withdrawn", told.reason
    writes = visit.session if row.party_id == visit.actor.party_id else visit.kernel()
    writes.add(row)
    writes.flush()
    visit.record("inspection.withdrawn", row, party_id=row.book, reason=told.reason)
    take_back(visit, row)
    if row.office_id is not None:
        report_changed(visit, row, None)
    return row


def own_issue(visit: Visit, id_: UUID) -> Inspection:
    """An inspection of the actor's own issue, held: one correction at a time, and of an official one its sheet."""
    hold_sheet(visit, id_)
    found = visit.kernel().get(Inspection, id_, with_for_update=HELD, populate_existing=True)
    if found is None or found.issuer_id != visit.actor.party_id:
        raise Unknown("unknown-inspection", "No such inspection.")
    return found if found.party_id != visit.actor.party_id else visit.session.get_one(Inspection, id_)


def find(visit: Visit, id_: UUID) -> Inspection:
    """An inspection that the actor may see; who reads another's record is remembered."""
    visit.demand("inspection.read")
    row = visit.session.get(Inspection, id_)
    if row is None:
        raise Unknown("unknown-inspection", "No such inspection.")
    visit.remember("inspection.read", row, row.party_id)
    return row


def view(visit: Visit, row: Inspection) -> InspectionView:
    """An inspection with all that is to be read of it."""
    others = list_same_sample(visit.session, row) if row.state == "issued" else []
    opposed = [one.id for one in others if contradicting([one.verdict, row.verdict])]  # type: ignore[list-item]
    successor = find_successor(visit.session, row.id)
    return InspectionView.model_validate(
        row.model_dump()
        | {
            "findings": [one.model_dump() for one in list_findings(visit.session, row.id)],
            "contradicts": opposed,
            "superseded_by": successor.id if successor else None,
        }
    )


def search(visit: Visit, asked: InspectionFilter, limit: int, cursor: str | None) -> Page[InspectionSummary]:
    """A firm's own inspections, a laboratory's reports and commissions, those of an office's area."""
    visit.demand("inspection.read")
    mine = [col(Inspection.party_id) == visit.actor.party_id] if visit.actor.enterprise else []
    page = search_inspections(visit.session, mine, asked, limit, cursor)
    shown = [InspectionSummary.model_validate(row.model_dump()) for row in page.items]
    return Page(shown, page.total, page.cursor)


def inspections_of(visit: Visit, batch_id: UUID) -> Sequence[Inspection]:
    """What was inspected of a batch, as far as the actor may see it."""
    visit.demand("inspection.read")
    return list_inspections_of(visit.session, batch_id, "draft", "issued")


def firm_of(visit: Visit, row: Inspection) -> Party:
    """Whose record it is, for whoever reads it."""
    return visit.kernel().get_one(Party, row.party_id)


def goods_named(visit: Visit, rows: Sequence[InspectionSummary]) -> dict[UUID, tuple[Product, Batch | None]]:
    """The product and the batch of each report: whoever reads a report reads what it is about."""
    kernel = visit.kernel()
    products = rows_of(kernel, Product, {one.product_id for one in rows})
    batches = rows_of(kernel, Batch, {one.batch_id for one in rows if one.batch_id})
    return {
        one.id: (products[one.product_id], batches.get(one.batch_id) if one.batch_id else None)
        for one in rows
    }


def named_goods(visit: Visit, batch: str, commission: str) -> Goods | None:
    """The goods that a form names: a batch that the actor sees, or those of a commission."""
    try:
        if commission:
            asked = find(visit, UUID(commission))
            return find_goods(visit.kernel(), asked.product_id, asked.batch_id)
        return find_goods(visit.session, None, UUID(batch)) if batch else None
    except ValueError:
        return None
