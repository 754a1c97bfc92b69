"""How long it takes until the scope of a recall is computed and told, against the bare walk over the index."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Engine

from tracelot.bench.chains import Chains, holder
from tracelot.bench.crowds import Crowd, ranges_of
from tracelot.bench.figures import Figure, Spent, within
from tracelot.bench.registrations import PLACE
from tracelot.bench.trace import RECALL, ours, starts
from tracelot.operations import scope_of_recall, tracing
from tracelot.operations.beginning import Named
from tracelot.operations.memory import Memory
from tracelot.operations.tracing import Asked
from tracelot.operations.visit import Visit
from tracelot.operations.working import visiting, writing
from tracelot.rules.access import Actor

ROUNDS = 5
GOAL = 1.0  # seconds, for each 100,000 stocks that are told
EACH = 100_000


def scope_figures(
    name: str, engine: Engine, memory: Memory, chains: Chains, crowd: Crowd
) -> Iterator[Figure]:
    """What `GET /api/v1/traces?kind=recall` answers first, and what the form of a recall proposes."""
    kept = memory.kept()
    if kept is None:
        raise RuntimeError("The index was not loaded.")
    huge, _ = starts(kept, chains)
    bare = ours(kept, huge, RECALL)
    asked = Asked(Named(batches=[UUID(huge.name)]), "forward", "recall")
    told = f"{name}: scope of a batch, {huge.reached} stocks reached, computed and told"
    yield from _paired(
        told,
        bare,
        _visited(engine, memory, holder(engine), lambda visit: _told(visit, asked)),
        GOAL * max(1.0, huge.reached / EACH),
    )
    walk = _walk(kept, crowd)
    told = f"{name}: scope proposed by the form, {crowd.shops} consignees"
    yield from _paired(
        told, walk, _visited(engine, memory, crowd.actor, lambda visit: _proposed(visit, crowd))
    )


def _told(visit: Visit, asked: Asked) -> str:
    view = tracing.trace(visit, asked)
    if not view.complete:
        raise RuntimeError("The scope was cut.")
    return view.model_dump_json()


def _proposed(visit: Visit, crowd: Crowd) -> None:
    if not scope_of_recall.propose(visit, ranges_of(crowd)).complete:
        raise RuntimeError("The scope was cut.")


def _walk(kept: Any, crowd: Crowd) -> Callable[[], Any]:
    def do() -> Any:
        return kept.index.trace(RECALL, kept.index.stocks_of("recall", map(str, crowd.batches)))

    return do


def _visited(engine: Engine, memory: Memory, actor: Actor, do: Callable[[Visit], Any]) -> Callable[[], Any]:
    def visited() -> None:
        with writing(engine) as connection, visiting(connection, actor, datetime.now(UTC), PLACE) as visit:
            visit.memory = memory
            do(visit)

    return visited


def _paired(
    told: str, bare: Callable[[], Any], full: Callable[[], Any], goal: float = GOAL
) -> Iterator[Figure]:
    """Turns of both; the first, which warms up, does not count."""
    return within(told, [(Spent.on(bare), Spent.on(full)) for _ in range(ROUNDS + 1)][1:], goal)
