"""Reports on official samples: the office first, the firm by the notice, and what follows when one is changed."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Engine

from inspected import report as plain_report
from keeping import all_rows
from mailboxes import Mailbox, open_mailbox, settings_for
from sampled import LITTLE, NOTIFIED, TOO_MUCH, Way, at, labs
from tracelot.operations import (
    batches,
    inspections,
    official_reports,
    publishing_results,
    sampling_allowed,
    sampling_views,
)
from tracelot.operations.outbox import Worker
from tracelot.records.batches import Batch, Lift
from tracelot.records.database import connect
from tracelot.records.following import Notification
from tracelot.records.inspections import Correction, Inspection, InspectionFilter, Withdrawal
from tracelot.records.journal import JournalEntry
from tracelot.records.sampling_papers import SamplingPaper
from tracelot.records.sampling_steps import NewResult, Settlement
from tracelot.records.samplings import Sampling
from tracelot.rules.refusals import Conflict, Unknown
from tracelot.web.working import handlers_of
from world import VisitAs, World

LATER = at("11-09 10:00")


def tell(url: str, world: World) -> None:
    engine = connect(url)
    labs(engine, world)
    engine.dispose()


@pytest.fixture
def way(visit_as: VisitAs, world: World) -> Way:
    return Way(visit_as, world)


@pytest.fixture
def mailbox() -> Iterator[tuple[Mailbox, int]]:
    with open_mailbox() as (box, port):
        yield box, port


def reported(way: Way, *findings: dict[str, Any]) -> UUID:
    id_ = way.take().id
    way.hand(id_)
    way.receive(id_)
    way.report(id_, *findings or (TOO_MUCH,))
    return id_


def sheet(engine: Engine, id_: UUID) -> Sampling:
    [row] = all_rows(engine, Sampling, id=id_)
    return row


def read_by_firm(visit_as: VisitAs, id_: UUID) -> tuple[str, str | None, int]:
    """State and verdict of the sheet, and how many reports the firm reads."""
    with visit_as("quality", NOTIFIED) as visit:
        view = sampling_views.sampling_of(visit, id_)
        [line] = sampling_views.samplings(visit).samplings
        assert (line.state, line.verdict) == (view.state, view.verdict)
        for state in ("received", "reported"):
            assert sampling_views.samplings(visit, state=state).total == (state == view.state)
        found = inspections.search(visit, InspectionFilter(), 10, None)
        return view.state, view.verdict, found.total


def test_a_failure_holds_the_stock_at_once_and_tells_the_firm_no_finding_before_the_notice(
    way: Way, visit_as: VisitAs, world: World, engine: Engine
) -> None:
    id_ = reported(way)

    [batch] = all_rows(engine, Batch, id=world.batch_id)
    assert batch.status == "held"
    assert batch.status_reason is not None
    assert sheet(engine, id_).sheet_no in batch.status_reason
    told = {(one.party_id, one.event) for one in all_rows(engine, Notification)}
    assert (world.parties["county"], "sampling") in told
    assert read_by_firm(visit_as, id_) == ("received", None, 0)
    firm = world.parties["zhenyang"]
    written = [one.record for one in all_rows(engine, JournalEntry, party_id=firm)]
    written += [str(one.facts) for one in all_rows(engine, Notification, party_id=firm)]
    assert not [one for one in written if "48.6" in one or "SJ-1" in one]

    notice = way.notify(id_)
    assert read_by_firm(visit_as, id_) == ("received", None, 0)
    with visit_as("quality", NOTIFIED) as visit:
        [(_, sealed)] = sampling_views.notices(visit)
        assert (sealed.told.get("verdict"), sealed.told["doc_no"]) == (None, "正市监食检〔2026〕1号")
        with pytest.raises(Unknown):
            inspections.find(visit, sheet(engine, id_).inspection_id)  # type: ignore[arg-type]

    way.sign(notice)
    assert read_by_firm(visit_as, id_) == ("reported", "fail", 1)
    with visit_as("quality") as visit:
        [(_, opened)] = sampling_views.notices(visit)
        assert opened.told["failures"][0]["measured"] == "48.6 µg/kg"
    assert [one.act for one in all_rows(engine, JournalEntry, party_id=firm)].count("inspection.opened") == 1


def test_a_notice_is_mailed_once_in_the_reader_s_language_and_names_no_result(
    way: Way, world: World, engine: Engine, mailbox: tuple[Mailbox, int]
) -> None:
    way.notify(reported(way))
    box, port = mailbox
    with engine.connect().execution_options(writes=True) as connection, connection.begin():
        connection.exec_driver_sql("UPDATE account SET language = 'en' WHERE role = 'admin'")

    for _ in range(2):
        Worker(engine, handlers_of(engine, settings_for(port))).drain()

    notices = [one for one in box.mails if "签收" in one["Subject"] or "sign for it" in one["Subject"]]
    subjects = sorted(str(one["Subject"]) for one in notices)
    people = [one for one in all_rows(engine, Notification, party_id=world.parties["zhenyang"])
              if one.event == "sampling" and one.facts["step"] == "noticed"]  # fmt: skip
    assert len(subjects) == len(people) >= 2
    assert {one.isascii() for one in subjects} == {True, False}
    for mail in box.mails:
        assert "48.6" not in mail.as_string()


def corrected(visit_as: VisitAs, id_: UUID, *findings: dict[str, Any], **given: Any) -> Inspection:
    """By the laboratory, which even calls it something else."""
    told = plain_report(None, *findings, kind="commissioned", sample_no="X", issued_on="2026-11-05", **given)
    fields = told.model_dump(exclude={"id", "batch_id", "product_id", "commission"})
    with visit_as("lab", LATER) as visit:
        row = inspections.correct(visit, id_, Correction.model_validate(fields | {"reason": "小数点"}))
        return Inspection(**row.model_dump())


def waiting(visit_as: VisitAs) -> list[str]:
    with visit_as("county", LATER) as visit:
        return [one.what for one in sampling_allowed.to_decide(visit)]


def settle(visit_as: VisitAs, id_: UUID, *, accepted: bool) -> None:
    with visit_as("county", LATER) as visit:
        official_reports.settle_change(visit, id_, Settlement(accepted=accepted, reason="已核实"))


def test_a_correction_stands_on_the_sheet_and_frees_goods_only_once_the_office_accepts_it(
    way: Way, visit_as: VisitAs, world: World, engine: Engine
) -> None:
    id_ = reported(way)
    first = sheet(engine, id_).inspection_id
    second = corrected(visit_as, first, LITTLE, report_no="SJ-2")  # type: ignore[arg-type]

    row = sheet(engine, id_)
    assert (row.inspection_id, row.verdict, second.edition) == (second.id, "pass", 2)
    assert (second.kind, second.sample_no, second.legal) == ("supervised", row.sheet_no, True)
    assert waiting(visit_as) == ["change"]
    with visit_as("county", LATER) as visit, pytest.raises(Conflict, match="decide on that first"):
        publishing_results.publish(visit, id_, NewResult(bulletin_no="1"))
    lift = Lift(reason="更正", report_no="SJ-2")
    with visit_as("quality", LATER) as visit, pytest.raises(Conflict, match="An inspection failed"):
        batches.lift_hold(visit, world.batch_id, lift)

    settle(visit_as, id_, accepted=True)

    assert waiting(visit_as) == []
    with visit_as("quality", LATER) as visit:
        batches.lift_hold(visit, world.batch_id, lift)
    with visit_as("county", LATER) as visit, pytest.raises(Conflict, match="No changed report"):
        official_reports.settle_change(visit, id_, Settlement(accepted=True, reason="再来"))


def test_what_a_firm_was_told_is_not_rewritten_by_a_correction_or_a_withdrawal(
    way: Way, visit_as: VisitAs, engine: Engine
) -> None:
    id_, notice = way.failed()
    first = sheet(engine, id_).inspection_id
    before = all_rows(engine, SamplingPaper, id=notice)
    second = corrected(visit_as, first, TOO_MUCH, report_no="SJ-1A")  # type: ignore[arg-type]

    assert waiting(visit_as) == ["change"]
    assert all_rows(engine, SamplingPaper, id=notice) == before
    with visit_as("quality", LATER) as visit:
        assert inspections.find(visit, first).report_no == "SJ-1"  # type: ignore[arg-type]
        with pytest.raises(Unknown):
            inspections.find(visit, second.id)
    settle(visit_as, id_, accepted=False)
    assert waiting(visit_as) == []

    with visit_as("lab", LATER) as visit:
        inspections.withdraw(visit, second.id, Withdrawal(reason="样品弄错"))
    assert (sheet(engine, id_).verdict, waiting(visit_as)) == (None, ["change"])
    with visit_as("quality", LATER) as visit:
        view = sampling_views.sampling_of(visit, id_)
        assert (view.verdict, view.state) == ("fail", "reported")
