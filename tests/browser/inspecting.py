"""Inspections whose pages are looked at: one that failed, with its file, and one because of which a firm is asked."""

from sqlalchemy import Engine
from sqlmodel import select

from builders import new_batch
from inspected import TOO_MUCH, report
from tracelot.operations import batches, inspection_files, inspections
from tracelot.operations.inspection_files import Paper
from tracelot.records.batches import Batch
from tracelot.records.holding import HoldRequest
from tracelot.records.sights import EVERYTHING
from tracelot.records.tenancy import ScopedSession
from world import World, actor_of, visiting


def inspect(engine: Engine, cast: World) -> dict[str, str]:
    """What the addresses of these pages need."""
    microbes = {"analyte": "菌落总数", "measured_text": "10,20,<10,30,15", "unit": "CFU/g", "plan_n": 5, "plan_c": 2,
                "plan_m": "100", "plan_most": "1000"}  # fmt: skip
    with visiting(engine, actor_of(engine, cast.people["zhenyang"])) as visit:
        batch = batches.register_batch(visit, new_batch(cast.product_id, code="JY-1", release=True))
        told = report(
            batch.id, TOO_MUCH, {"analyte": "感官", "measured_text": "淡黄色、透明", "said": "pass"}, microbes
        )
        failed = inspections.record_inspection(visit, told)
        inspection_files.attach_paper(visit, failed.id, Paper(b"%PDF-1.7", "application/pdf"))
        ids = {"inspection_id": str(failed.id), "limit_id": "cn-gb27612017-oil.vegetable.peanut-afb1"}
    with engine.connect() as connection, ScopedSession(connection, EVERYTHING) as kernel:
        came = kernel.exec(select(Batch.id).where(Batch.code == "GH-7")).one()
    with visiting(engine, actor_of(engine, cast.people["guhuai"])) as visit:
        inspections.record_inspection(visit, report(came, TOO_MUCH, report_no="GH-J-1"))
    with engine.connect() as connection, ScopedSession(connection, EVERYTHING) as kernel:
        asked = select(HoldRequest.id).where(HoldRequest.to_party_id == cast.parties["zhenyang"])
        return ids | {"hold_id": str(kernel.exec(asked).one())}
