"""What the tests of inspections share: reports with defaults, laboratories, and what a batch stands at."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Engine

from builders import new_account, new_party
from tracelot.operations import inspections, laboratories, parties, sessions
from tracelot.records.inspections import Inspection, NewInspection
from tracelot.records.laboratories import NewScope
from tracelot.rules.access import PUBLIC
from world import VisitAs, World, visiting

TODAY = datetime.now(UTC).date()
TOO_MUCH, LITTLE = {"measured_text": "48.6"}, {"measured_text": "3.0"}


def report(batch_id: UUID | None, *findings: dict[str, Any], **given: Any) -> NewInspection:
    """An outgoing report on aflatoxin in peanut oil, of which 20 µg/kg are allowed."""
    start = {"kind": "outgoing", "batch_id": batch_id, "report_no": "CJ-1", "sample_no": "S-1",
             "issued_on": "2026-09-16", "food_category": "oil.vegetable.peanut", "tester": "李敏"}  # fmt: skip
    told = [{"analyte": "黄曲霉毒素B1", "unit": "µg/kg"} | one for one in findings or (LITTLE,)]
    return NewInspection.model_validate(start | {"findings": told} | given)


def record(visit_as: VisitAs, who: str, new: NewInspection) -> Inspection:
    with visit_as(who) as visit:
        row = inspections.record_inspection(visit, new)
        visit.session.flush()
        return Inspection(**row.model_dump())


def laboratory(
    visit_as: VisitAs, world: World, engine: Engine, name: str = "lab", *, cma: bool = True
) -> UUID:
    """A confirmed laboratory of the county; with a certificate that holds all through 2026."""
    with visiting(engine, PUBLIC) as visit:
        party, account = parties.sign_up(visit, new_party(type="lab", name_zh=f"检测{name}"), new_account())
        world.people[name], world.parties[name] = account.id, party.id
        world.cookies[name] = sessions.start_session(visit, account).secret
    with visit_as("county") as visit:
        parties.decide_party(visit, world.parties[name], "verified", "已核对")
        if cma:
            scope = {"scheme": "CMA", "number": "230000000001", "valid_from": "2026-01-01", "valid_to": "2026-12-31",
                     "reason": "已看证书"}  # fmt: skip
            laboratories.record_scope(visit, world.parties[name], NewScope.model_validate(scope))
    return world.parties[name]


def commissioned(visit_as: VisitAs, world: World, lab: UUID, **given: Any) -> Inspection:
    """The draft in which the peanut firm asks a laboratory."""
    new = report(
        world.batch_id, kind="commissioned", lab_id=lab, draft=True, report_no=None, issued_on=None, **given
    )
    return record(visit_as, "quality", new.model_copy(update={"findings": []}))
