"""Tables of results for tests: rows with defaults, written as a laboratory's program would."""

from typing import Any
from uuid import UUID

from sqlalchemy import Engine

from builders import GTIN
from tracelot.formats.spreadsheets import write_csv
from tracelot.operations import imports
from tracelot.operations.import_jobs import import_handlers
from tracelot.operations.outbox import Worker
from tracelot.records.imports import Import, Problem
from tracelot.records.sights import EVERYTHING
from tracelot.records.tenancy import ScopedSession
from world import PLACE, VisitAs

HEAD = ("报告编号", "商品条码", "批号", "签发日期", "检验项目", "检验结果", "单位", "标准值", "检验机构")
BATCH = "ZY20260915A"


def row(number: int, **given: str) -> dict[str, str]:
    start = {"报告编号": f"R{number}", "商品条码": GTIN, "批号": BATCH, "签发日期": "2026-09-16", "检验项目": "铅",
             "检验结果": "0.02", "单位": "mg/kg", "标准值": "≤0.1", "检验机构": "正阳检测"}  # fmt: skip
    return start | given


def table(*rows: dict[str, str], head: tuple[str, ...] = HEAD) -> bytes:
    return write_csv(head, [[one.get(name, "") for name in head] for one in rows])


def stage(visit_as: VisitAs, content: bytes, who: str = "quality", name: str = "结果.csv") -> Import:
    with visit_as(who) as visit:
        kept = imports.stage_import(visit, "inspections", name, content)
        visit.session.flush()
        return Import(**kept.model_dump())


def commit(visit_as: VisitAs, import_id: UUID, who: str = "quality", **given: Any) -> Import:
    with visit_as(who) as visit:
        kept = imports.commit_import(visit, import_id, **({"only_valid": False} | given))
        visit.session.flush()
        return Import(**kept.model_dump())


def undo(visit_as: VisitAs, import_id: UUID, who: str = "quality") -> Import:
    with visit_as(who) as visit:
        kept = imports.undo_import(visit, import_id, "发错了文件")
        visit.session.flush()
        return Import(**kept.model_dump())


def look(engine: Engine, import_id: UUID) -> Import:
    with engine.connect() as connection, ScopedSession(connection, EVERYTHING) as kernel:
        return Import(**kernel.get_one(Import, import_id).model_dump())


def problems(visit_as: VisitAs, import_id: UUID) -> list[Problem]:
    with visit_as("quality") as visit:
        return list(imports.problems_of(visit, imports.own_import(visit, import_id)))


def work(engine: Engine) -> None:
    """Do what waits in the outbox for imports."""
    handlers = import_handlers(engine, PLACE)
    while Worker(engine, handlers, only=tuple(handlers)).drain():
        pass
