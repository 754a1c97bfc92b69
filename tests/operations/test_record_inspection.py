"""Recording an inspection: what is read, judged and kept of a report, by whom, and who sees it."""

from datetime import date, timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from sqlalchemy import Engine

from inspected import LITTLE, TODAY, TOO_MUCH, laboratory, record, report
from keeping import HOLDER, all_rows, noon
from tracelot.operations import inspections, laboratories, purging
from tracelot.records.batches import Batch
from tracelot.records.inspections import Finding, Inspection, InspectionFilter, NewInspection, list_findings
from tracelot.records.journal import JournalEntry
from tracelot.records.laboratories import NewScope
from tracelot.records.personal import PersonalValue
from tracelot.rules.refusals import Refusal
from world import VisitAs, World


def refused(visit_as: VisitAs, who: str, **given: object) -> str:
    with pytest.raises(Refusal) as no, visit_as(who) as visit:
        inspections.record_inspection(visit, report(**given))  # type: ignore[arg-type]
    return no.value.kind


def test_a_report_is_judged_by_the_limit_in_force_when_the_goods_were_made(
    visit_as: VisitAs, world: World
) -> None:
    with visit_as("quality") as visit:
        much = {"analyte": "AFB1", "measured_text": "0.0486 mg/kg", "unit": None}
        row = inspections.record_inspection(visit, report(world.batch_id, {"measured_text": "＜2.0"}, much))
        first, second = list_findings(visit.session, row.id)
    assert (row.verdict, row.state, row.edition) == ("fail", "issued", 1)
    assert (first.verdict, first.reason, first.measured_text) == ("pass", "within", "＜2.0")
    assert (first.bound, first.value, first.censored) == (Decimal("2.0"), None, "below_loq")
    assert (second.verdict, second.analyte_code, second.unit) == ("fail", "afb1", "mg/kg")
    assert (second.limit_value, second.limit_unit, second.standard) == (Decimal(20), "µg/kg", "GB 2761-2017")
    assert second.limit_to_check


def test_a_limit_whose_value_nobody_looked_up_decides_nothing_and_the_report_s_own_takes_its_place(
    visit_as: VisitAs, world: World, engine: Engine
) -> None:
    lead = {"analyte": "铅", "measured_text": "0.05", "unit": "mg/kg"}  # made on 15 September: GB 2762-2025
    printed = {"limit_op": "<=", "limit_value": "0.04", "standard": "GB 2762-2025"}
    odd = {"analyte": "未知物", "measured_text": "1", "unit": "mg/kg"}
    row = record(
        visit_as, "quality", report(world.batch_id, lead, lead | printed, odd, odd | {"said": "fail"})
    )
    found = {one.number: one for one in all_rows(engine, Finding, inspection_id=row.id)}
    assert [found[number].reason for number in (1, 2, 3, 4)] == [
        "limit_unknown",
        "outside",
        "no_limit",
        "said_fail",
    ]
    assert (found[2].limit_id, str(found[2].limit_value)) == (None, "0.04")
    assert (found[3].analyte_code, found[3].analyte_zh) == (None, "未知物")


def test_one_id_is_one_report_for_ever(visit_as: VisitAs, world: World, engine: Engine) -> None:
    new = report(world.batch_id, id=uuid4())
    first, second = (record(visit_as, "quality", new) for _ in range(2))
    assert first.id == second.id == new.id
    assert len(all_rows(engine, Finding)) == 1
    assert refused(visit_as, "quality", batch_id=world.batch_id, id=new.id, report_no="X") == "id-taken"
    assert refused(visit_as, "guhuai", batch_id=None, product_id=world.elsewhere_id, id=new.id) == "id-taken"


@pytest.mark.parametrize(
    ("given", "kind"),
    [
        ({"report_no": None}, "missing"),
        ({"issued_on": f"{TODAY + timedelta(3)}"}, "in-the-future"),
        ({"received_on": "2026-09-17"}, "before-it-began"),
        ({"food_category": "字"}, "unknown-category"),
        ({"lab_id": "00000000-0000-0000-0000-000000000001"}, "unknown-laboratory"),
        ({"retest_of": "00000000-0000-0000-0000-000000000001"}, "unknown-inspection"),
        ({"product_id": "00000000-0000-0000-0000-000000000001"}, "unknown-product"),
        ({"batch_id": None}, "goods-needed"),
        ({"findings": []}, "missing"),
    ],
)
def test_a_report_that_says_too_little_is_refused(
    visit_as: VisitAs, world: World, engine: Engine, given: dict[str, object], kind: str
) -> None:
    whole = NewInspection.model_validate(report(world.batch_id).model_dump() | given)
    with pytest.raises(Refusal) as no, visit_as("quality") as visit:
        inspections.record_inspection(visit, whole)
    assert no.value.kind == kind
    assert all_rows(engine, Inspection) == []


def test_nobody_reports_on_what_is_not_theirs(visit_as: VisitAs, world: World, engine: Engine) -> None:
    laboratory(visit_as, world, engine)
    own = {"batch_id": world.batch_id}
    assert refused(visit_as, "guhuai", **own) in ("unknown-batch", "unknown-product")
    assert refused(visit_as, "lab", **own, kind="commissioned") == "not-commissioned"
    assert refused(visit_as, "lab", **own, commission=uuid4()) == "unknown-commission"
    assert refused(visit_as, "recorder", **own) == "not-allowed"
    assert refused(visit_as, "township", **own, kind="rapid") == "unknown-batch"  # another township's
    assert refused(visit_as, "site", **own) == "not-allowed"
    with visit_as("lab") as visit:
        goods = inspections.find_goods(visit.kernel(), None, world.batch_id)
        assert goods.party_id == world.parties["zhenyang"]


def test_two_laboratories_on_one_sample_are_both_kept_and_shown_as_contradicting(
    visit_as: VisitAs, world: World
) -> None:
    good = record(visit_as, "quality", report(world.batch_id, LITTLE, kind="commissioned", lab_zh="甲"))
    bad = record(visit_as, "quality", report(world.batch_id, TOO_MUCH, kind="commissioned", lab_zh="乙"))
    with visit_as("quality") as visit:
        shown = [inspections.view(visit, inspections.find(visit, one.id)).contradicts for one in (good, bad)]
    assert shown == [[bad.id], [good.id]]


def test_each_sees_its_own_and_an_office_no_draft(visit_as: VisitAs, world: World) -> None:
    issued = record(visit_as, "quality", report(world.batch_id, LITTLE))
    draft = record(visit_as, "recorder", report(world.batch_id, draft=True))
    seen = {}
    for who in ("zhenyang", "county", "city", "neighbour", "guhuai"):
        with visit_as(who) as visit:
            page = inspections.search(visit, InspectionFilter(), 10, None)
            seen[who] = {one.id for one in page.items}
            assert page.total == len(seen[who])
    nobody: set[object] = set()
    both, one = {issued.id, draft.id}, {issued.id}
    assert seen == {"zhenyang": both, "county": one, "city": one, "neighbour": nobody, "guhuai": nobody}


def test_pages_of_inspections_follow_each_other(visit_as: VisitAs, world: World) -> None:
    made = [
        record(visit_as, "quality", report(world.batch_id, LITTLE, report_no=f"R{number}")).id
        for number in range(5)
    ]
    with visit_as("quality") as visit:
        found, cursor = [], None
        for _ in range(3):
            page = inspections.search(visit, InspectionFilter(kind="outgoing", text="R"), 2, cursor)
            found += [one.id for one in page.items]
            cursor = page.cursor
        assert inspections.search(visit, InspectionFilter(text="100%"), 2, None).total == 0
    assert (found, cursor) == (made[::-1], None)


def test_a_certificate_counts_on_the_days_on_which_it_held(
    visit_as: VisitAs, world: World, engine: Engine
) -> None:
    lab = laboratory(visit_as, world, engine)

    def issued(day: str) -> Inspection:
        draft = record(
            visit_as, "quality", report(world.batch_id, kind="commissioned", lab_id=lab, draft=True)
        )
        told = report(
            None, LITTLE, kind="commissioned", commission=draft.id, issued_on=day, cma_no="typed in"
        )
        return record(visit_as, "lab", told)

    held, before = issued("2026-09-16"), issued("2025-12-31")
    assert (held.cma_no, held.cma_to, held.legal) == ("230000000001", date(2026, 12, 31), False)
    assert (before.cma_no, before.legal) == (None, False)
    scope = NewScope.model_validate(
        {"scheme": "CMA", "number": "1", "valid_from": "2025-01-01", "reason": "旧证"}
    )
    with pytest.raises(Refusal), visit_as("neighbour") as visit:
        laboratories.record_scope(visit, lab, scope)
    assert all_rows(engine, Inspection, id=before.id)[0].cma_no is None  # what was issued stays as it was


def test_people_of_a_report_stand_in_the_journal_as_commitments(
    visit_as: VisitAs, world: World, engine: Engine
) -> None:
    row = record(visit_as, "quality", report(world.batch_id, tester="王小检"))
    [entry] = all_rows(engine, JournalEntry, subject_id=row.id)
    assert entry.act == "inspection.issued"
    assert "王小检" not in entry.record
    assert "48.6" not in entry.record
    assert "黄曲霉毒素B1" in entry.record
    assert any("王小检" in one.value for one in all_rows(engine, PersonalValue, entry_id=entry.id))


def test_a_report_goes_with_its_batch_and_no_earlier(visit_as: VisitAs, world: World, engine: Engine) -> None:
    row = record(visit_as, "quality", report(world.batch_id, TOO_MUCH))
    [batch] = all_rows(engine, Batch, id=world.batch_id)
    alone = record(visit_as, "quality", report(None, product_id=world.product_id))
    assert row.retain_until >= batch.retain_until
    day = max(row.retain_until, alone.retain_until) + timedelta(400)
    with visit_as(HOLDER, noon(day)) as visit:
        assert purging.purge_inspections(visit, alone.retain_until, "tester").removed["inspection"] == 0
        assert purging.purge_inspections(visit, day, "tester").removed["inspection"] == 1
        assert purging.purge_batches(visit, day, "tester").removed["batch"] == 1
    assert all_rows(engine, Inspection) == all_rows(engine, Finding) == all_rows(engine, Batch) == []
