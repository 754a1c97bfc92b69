"""Imports of results: looked through, committed as one act or not at all, and undone as one act."""

import itertools
import json
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine

from builders import new_batch
from inspected import TOO_MUCH, report
from keeping import all_rows
from tabled import BATCH, HEAD, commit, look, problems, row, stage, table, undo, work
from tracelot.formats.tables import open_table
from tracelot.operations import batches, clearing, imports, inspections, purging
from tracelot.operations.import_problems import faulty_rows
from tracelot.records.batches import Batch, StatusChange
from tracelot.records.imports import Import, ImportPart
from tracelot.records.inspections import Correction, Finding, Inspection
from tracelot.records.journal import JournalEntry, proves
from tracelot.rules.access import STORE_HOLDER
from tracelot.rules.refusals import Refusal
from world import VisitAs, World


def entries(engine: Engine, act: str) -> list[JournalEntry]:
    return [one for one in all_rows(engine, JournalEntry) if one.act == act]


def refused(act: Callable[[], object]) -> str:
    with pytest.raises(Refusal) as no:
        act()
    return no.value.kind


BAD = {
    "product-unknown": {"商品条码": "09520001000034"},
    "batch-unknown": {"批号": "ZY-NONE"},
    "date-unreadable": {"签发日期": "三月"},
    "field": {"检验结果": "2.2×102"},
    "formula": {"检验结果": "=A1"},
}


def test_five_bad_rows_are_five_problems_with_their_rows_and_the_rest_is_taken(
    visit_as: VisitAs, engine: Engine, world: World
) -> None:
    rows = [row(number) for number in range(1, 4)] + [
        row(number, **given) for number, given in enumerate(BAD.values(), 4)
    ]

    kept = stage(visit_as, table(*rows))

    found = problems(visit_as, kept.id)
    assert [(one.row, one.kind) for one in found] == list(zip(range(5, 10), BAD, strict=True))
    assert all(one.column in HEAD and one.value for one in found)
    assert (kept.state, kept.rows, kept.reports, kept.findings, kept.faulty) == ("ready", 8, 3, 3, 5)
    assert refused(lambda: commit(visit_as, kept.id)) == "import-faulty"
    assert all_rows(engine, Inspection) == []

    done = commit(visit_as, kept.id, only_valid=True)

    assert done.state == "committed"
    assert sorted(str(one.report_no) for one in all_rows(engine, Inspection)) == ["R1", "R2", "R3"]
    [entry] = entries(engine, "import.committed")
    assert json.loads(entry.record)["checked"] == kept.checked
    assert all(proves(one) for one in all_rows(engine, JournalEntry))


def test_the_rows_with_problems_come_back_and_are_taken_once_they_are_right(
    visit_as: VisitAs, world: World
) -> None:
    kept = stage(
        visit_as, table(row(1), row(2, 批号="ZY-NONE"), row(2, 批号="ZY-NONE", 检验项目="镉"), row(3))
    )

    with visit_as("quality") as visit:
        titles, rows = faulty_rows(visit, imports.own_import(visit, kept.id))
        sent = [list(one.cells) for one in rows]

    assert titles == HEAD
    assert [(one[0], one[4]) for one in sent] == [("R2", "铅"), ("R2", "镉")]
    right = [dict(zip(HEAD, one, strict=True)) | {"批号": BATCH} for one in sent]
    again = stage(visit_as, table(*right))
    assert (again.reports, again.findings, again.problems) == (1, 2, 0)


def test_the_same_file_again_is_known_and_changes_nothing(
    visit_as: VisitAs, engine: Engine, world: World
) -> None:
    content = table(row(1), row(2))
    first = stage(visit_as, content)
    commit(visit_as, first.id)
    before = len(all_rows(engine, JournalEntry))

    assert commit(visit_as, first.id).state == "committed"
    assert len(all_rows(engine, JournalEntry)) == before
    again = stage(visit_as, content)
    assert (again.known, again.reports, again.digest) == (2, 0, first.digest)
    assert refused(lambda: commit(visit_as, again.id)) == "import-empty"


def test_an_undone_import_is_withdrawn_whole_and_may_come_again(
    visit_as: VisitAs, engine: Engine, world: World
) -> None:
    content = table(*(row(number) for number in range(1, 4)))
    kept = stage(visit_as, content)
    commit(visit_as, kept.id)

    done = undo(visit_as, kept.id)

    assert (done.state, done.undone_reason) == ("undone", "发错了文件")
    assert {one.state for one in all_rows(engine, Inspection)} == {"undone"}
    assert len(all_rows(engine, Finding)) == 3
    [entry] = entries(engine, "import.undone")
    assert json.loads(entry.record)["withdrawn"] == 3
    assert len(entries(engine, "inspection.withdrawn")) == 3
    assert undo(visit_as, kept.id).state == "undone"

    commit(visit_as, stage(visit_as, content).id)

    assert sorted(one.state for one in all_rows(engine, Inspection)) == ["issued"] * 3 + ["undone"] * 3


def test_what_something_builds_on_is_not_undone(visit_as: VisitAs, engine: Engine, world: World) -> None:
    kept = stage(visit_as, table(row(1), row(2)))
    commit(visit_as, kept.id)
    first = next(one for one in all_rows(engine, Inspection) if one.report_no == "R1")
    told = report(None, report_no="R1").model_dump(exclude={"id", "batch_id", "product_id", "commission"})
    with visit_as("quality") as visit:
        inspections.correct(visit, first.id, Correction.model_validate(told | {"reason": "改单位"}))

    assert refused(lambda: undo(visit_as, kept.id)) == "import-built-on"
    assert look(engine, kept.id).state == "committed"
    assert "undone" not in {one.state for one in all_rows(engine, Inspection)}


def test_a_fail_in_a_file_holds_its_batch_as_one_by_itself(
    visit_as: VisitAs, engine: Engine, world: World
) -> None:
    kept = stage(
        visit_as, table(row(1, 检验项目="黄曲霉毒素B1", 检验结果="48.6", 单位="µg/kg", 标准值="≤20"))
    )

    assert kept.failing == 1
    commit(visit_as, kept.id)

    assert status_of(engine, world) == "held"
    undo(visit_as, kept.id)

    assert status_of(engine, world) == "released"
    [entry] = entries(engine, "batch.hold-undone")
    assert (entry.reason, entry.subject_id) == ("发错了文件", world.batch_id)
    with visit_as("quality") as visit:  # nothing is left that would keep the batch from its customers
        assert clearing.failures(visit, world.batch_id) == []


def status_of(engine: Engine, world: World) -> str:
    [batch] = all_rows(engine, Batch, id=world.batch_id)
    return batch.status


FAIL = {"检验项目": "黄曲霉毒素B1", "检验结果": "48.6", "单位": "µg/kg", "标准值": "≤20"}


@pytest.mark.parametrize("first", ["hand", "file"], ids=["held by hand before", "failed by hand after"])
def test_what_not_only_the_file_stopped_stays_on_hold_when_it_is_undone(
    visit_as: VisitAs, engine: Engine, world: World, first: str
) -> None:
    if first == "hand":
        with visit_as("quality") as visit:
            batches.hold_batch(visit, world.batch_id, StatusChange(reason="另有投诉"))
    kept = stage(visit_as, table(row(1, **FAIL)))
    commit(visit_as, kept.id)
    if first == "file":
        with visit_as("quality") as visit:
            inspections.record_inspection(visit, report(world.batch_id, TOO_MUCH))

    undo(visit_as, kept.id)

    assert status_of(engine, world) == "held"
    assert entries(engine, "batch.hold-undone") == []


def test_an_import_goes_once_its_date_has_passed_and_what_it_brought_stays(
    visit_as: VisitAs, engine: Engine, world: World
) -> None:
    kept = stage(visit_as, table(row(1)))
    commit(visit_as, kept.id)
    waits = stage(visit_as, table(row(2)))
    last = kept.retain_until

    assert purged(visit_as, last) == 0  # its last day is a day on which it must be there
    assert purged(visit_as, last + timedelta(1)) == 1

    assert [one.id for one in all_rows(engine, Import)] == [waits.id]  # nobody decided on this one yet
    assert {one.import_id for one in all_rows(engine, ImportPart)} == {waits.id}
    assert [one.state for one in all_rows(engine, Inspection)] == ["issued"]
    assert {entry.record for entry in all_rows(engine, JournalEntry, subject_id=kept.id)} == {""}


def purged(visit_as: VisitAs, day: date) -> int:
    with visit_as(STORE_HOLDER, datetime.combine(day, time(12), UTC)) as visit:
        return purging.purge_imports(visit, day, "tester").removed["import"]


@pytest.fixture
def by_a_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    """Even the smallest file waits for the outbox."""
    monkeypatch.setattr(imports, "AT_ONCE", 0)
    monkeypatch.setattr(imports, "UNDONE_AT_ONCE", 0)


@pytest.mark.usefixtures("by_a_worker")
def test_a_large_file_is_checked_committed_and_undone_by_a_worker(
    visit_as: VisitAs, engine: Engine, world: World
) -> None:
    rows = [row(number, **({"批号": "ZY-NONE"} if number == 7 else {})) for number in range(1, 700)]
    kept = stage(visit_as, table(*rows))
    assert kept.state == "checking"

    work(engine)
    ready = look(engine, kept.id)
    assert (ready.state, ready.reports, ready.faulty, ready.done) == ("ready", 698, 1, 699)

    assert commit(visit_as, kept.id, only_valid=True).state == "committing"
    work(engine)
    assert look(engine, kept.id).state == "committed"
    assert len(all_rows(engine, Inspection)) == 698
    [entry] = entries(engine, "import.committed")
    assert entry.actor_id == world.people["quality"]
    assert all(proves(one) for one in all_rows(engine, JournalEntry))

    assert undo(visit_as, kept.id).state == "undoing"
    work(engine)
    assert look(engine, kept.id).state == "undone"
    assert {one.state for one in all_rows(engine, Inspection)} == {"undone"}


@pytest.mark.usefixtures("by_a_worker")
def test_a_file_that_cannot_be_read_says_why(visit_as: VisitAs, engine: Engine, world: World) -> None:
    kept = stage(visit_as, b"a,b,c\n1,2,3\n")
    work(engine)

    assert (look(engine, kept.id).state, look(engine, kept.id).refused[:30]) == (
        "refused",
        "No row of titles was found: na",
    )


@pytest.mark.usefixtures("by_a_worker")
def test_what_changed_since_the_check_is_looked_at_again(
    visit_as: VisitAs, engine: Engine, world: World
) -> None:
    kept = stage(visit_as, table(row(1), row(2, 批号="NEU-1")))
    work(engine)
    commit(visit_as, kept.id, only_valid=True)
    with visit_as("quality") as visit:
        batches.register_batch(visit, new_batch(world.product_id, code="NEU-1"))
    work(engine)

    assert (look(engine, kept.id).state, all_rows(engine, Inspection)) == ("ready", [])
    assert look(engine, kept.id).refused.startswith("What the file means has changed")
    with visit_as("quality") as visit:
        imports.check_again(visit, kept.id)
    work(engine)
    commit(visit_as, kept.id)
    work(engine)
    assert len(all_rows(engine, Inspection)) == 2


def test_a_discarded_file_is_gone(visit_as: VisitAs, engine: Engine, world: World) -> None:
    kept = stage(visit_as, table(row(1)))
    with visit_as("quality") as visit:
        imports.discard_import(visit, kept.id)

    assert all_rows(engine, ImportPart) == []
    assert refused(lambda: commit(visit_as, kept.id)) == "import-not-ready"


def test_nobody_else_sees_or_commits_it(visit_as: VisitAs, engine: Engine, world: World) -> None:
    kept = stage(visit_as, table(row(1)))

    with pytest.raises(Refusal) as no, visit_as("guhuai") as visit:
        imports.own_import(visit, kept.id)
    assert no.value.kind == "unknown-import"
    assert refused(lambda: commit(visit_as, kept.id, who="recorder")) == "not-allowed"
    for _ in range(imports.MOST_OPEN - 1):
        stage(visit_as, table(row(1)))
    assert refused(lambda: stage(visit_as, table(row(1)))) == "too-many-imports"


RESULTS = ["0.02", "0.3", "未检出", "<0.05", "0.1", "2.2×10²", "合格", "10;20;0;0;5", ""]
finding = st.fixed_dictionaries(
    {
        "检验项目": st.sampled_from(["铅", "黄曲霉毒素B1", "酸价", "菌落总数", "某新物质"]),
        "检验结果": st.sampled_from(RESULTS),
        "单位": st.sampled_from(["mg/kg", "µg/kg", "", "CFU/g"]),
        "标准值": st.sampled_from(["≤0.1", "≤20µg/kg", "不得检出", "n=5,c=2,m=100,M=1000", "见产品标准", ""]),
    }
)


def plain(engine: Engine, row: Inspection) -> tuple[object, ...]:
    """All that a report, its findings and its entry say, but for ids and times."""
    drop = {"id", "inspection_id", "recorded_at", "version"}
    told = [one.model_dump(exclude=drop) for one in all_rows(engine, Finding, inspection_id=row.id)]
    [entry] = all_rows(engine, JournalEntry, subject_id=row.id, act="inspection.issued")
    record = {name: value for name, value in json.loads(entry.record).items() if name not in drop}
    facts = (entry.act, entry.party_id, entry.actor_id, entry.reason, entry.retain_until, entry.form, record)
    return row.model_dump(exclude=drop), sorted(told, key=lambda one: one["number"]), facts


def test_in_bulk_each_report_is_recorded_as_by_itself(
    visit_as: VisitAs, engine: Engine, world: World
) -> None:
    """The same rows, verdicts and facts of the journal, on results of every form."""
    marks = itertools.count(1)

    def issued(mark: str) -> dict[str | None, object]:
        [batch] = all_rows(engine, Batch, id=world.batch_id)
        rows = [
            one for one in all_rows(engine, Inspection, state="issued") if str(one.report_no).startswith(mark)
        ]
        return {one.report_no: plain(engine, one) for one in rows} | {
            None: (batch.outgoing_passed, batch.status)
        }

    @settings(max_examples=12, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
    @given(st.lists(st.lists(finding, min_size=1, max_size=3), min_size=1, max_size=4))
    def same(told: list[list[dict[str, str]]]) -> None:
        mark = f"{next(marks)}-"
        content = table(
            *(row(0, 报告编号=f"{mark}{at}", **one) for at, each in enumerate(told) for one in each)
        )
        kept = stage(visit_as, content)
        with visit_as("quality") as visit:
            reading = imports.NOUNS["inspections"].read(visit, open_table(content), kept.id)
            news = [one.new for some in reading.candidates for one in some if not one.problems]
        if kept.reports:
            commit(visit_as, kept.id, only_valid=True)
        bulk = issued(mark)
        if kept.reports:
            undo(visit_as, kept.id)
        with visit_as("quality") as visit:
            for new in news:
                inspections.record_inspection(visit, new)
        assert bulk == issued(mark)
        assert len(bulk) - 1 == kept.reports == len(news)

    same()
