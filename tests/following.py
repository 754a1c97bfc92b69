"""For tests of what is told: recalls to follow, a search that follows them, and the work that tells."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeVar
from uuid import UUID

from sqlalchemy import Engine
from sqlmodel import SQLModel, col, select, update

from builders import new_recall
from tracelot.operations import following, recalls
from tracelot.operations.outbox import Runner
from tracelot.operations.working import writing
from tracelot.records.following import NewSearch, SavedSearch
from tracelot.records.outbox import Task
from tracelot.records.recall_search import RecallFilter
from tracelot.records.sights import EVERYTHING
from tracelot.records.tenancy import ScopedSession
from tracelot.settings import Settings
from tracelot.web.working import workers
from world import VisitAs, World

Row = TypeVar("Row", bound=SQLModel)


def publish(visit_as: VisitAs, world: World, *codes: str, level: int = 1) -> str:
    with visit_as("quality") as visit:
        recall = recalls.open_recall(visit, new_recall(world.product_id, *codes, level=level))
        return recalls.publish_recall(visit, recall.id).code


def save(visit_as: VisitAs, who: str, asked: RecallFilter | None = None, **channels: object) -> UUID:
    new = NewSearch.model_validate({"name": "花生油", "mail": "at_once", "in_app": True} | channels)
    with visit_as(who) as visit:
        return following.save_search(visit, new, {"level": "1"}, asked or RecallFilter(state="published")).id


@contextmanager
def kernel_of(engine: Engine) -> Iterator[ScopedSession]:
    with writing(engine) as connection, ScopedSession(connection, EVERYTHING) as kernel:
        yield kernel
        kernel.flush()


def rows(engine: Engine, model: type[Row]) -> list[Row]:
    with kernel_of(engine) as kernel:
        found = list(kernel.exec(select(model)).all())
        kernel.expunge_all()
        return found


def work(engine: Engine, settings: Settings) -> None:
    """Do all that is due, in every kind of worker, until nothing is."""
    made: list[Runner] = workers(engine, settings)
    while sum(worker.drain() for worker in made):
        pass


def hurry(engine: Engine, kind: str) -> None:
    """Let what waits be due now: a day, a lease or a pause is over."""
    with kernel_of(engine) as kernel:
        waiting = col(Task.done_at).is_(None), col(Task.kind) == kind
        kernel.exec(update(Task).where(*waiting).values(due_at=Task.recorded_at, lease_until=None))


def mailed(engine: Engine) -> list[str]:
    """Every code that a mail of a search tells, as often as it does."""
    return [
        code for task in rows(engine, Task) if task.kind == "search-mail" for code in task.payload["codes"]
    ]


def search_of(engine: Engine, id_: UUID) -> SavedSearch:
    return next(one for one in rows(engine, SavedSearch) if one.id == id_)
