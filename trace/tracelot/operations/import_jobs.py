"""Imports too large for their sender to wait for: looked through, committed and undone by a worker."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import IntegrityError

from tracelot.formats.tables import open_table
from tracelot.operations.actors import member_of
from tracelot.operations.imports import (
    CHECK,
    COMMIT,
    UNDO,
    Findings,
    changed,
    gather,
    harvest_for,
    land,
    look_through,
    refuse_import,
    withdraw_import,
)
from tracelot.operations.outbox import Handler
from tracelot.operations.visit import Place, Visit
from tracelot.operations.working import visiting, writing
from tracelot.records.database import allow_long_statements, snapshot
from tracelot.records.imports import (
    Import,
    Problem,
    drop_parts,
    keep_problems,
    lock_import,
    note_done,
    read_file,
)
from tracelot.records.sights import EVERYTHING
from tracelot.records.tenancy import ScopedSession
from tracelot.rules.access import Actor
from tracelot.rules.refusals import Refusal

GONE = "the import is over"


def import_handlers(engine: Engine, place: Place) -> Mapping[str, Handler]:
    """What is done for each kind of task."""
    work = _Work(engine, place)

    def handler(do: Callable[[UUID], str]) -> Handler:
        return lambda payload, _: do(UUID(payload["import_id"]))

    return {CHECK: handler(work.check), COMMIT: handler(work.commit), UNDO: handler(work.undo)}


@dataclass(frozen=True)
class _Work:
    engine: Engine
    place: Place

    def check(self, import_id: UUID) -> str:
        """Read in a snapshot; how far it has come is told in transactions of its own."""
        found = Findings(lambda number, some: self._keep(import_id, number, some))
        try:
            kept = self._looked_through(import_id, found)
        except Refusal as refusal:
            return self._settle(import_id, partial(refuse_import, refusal=refusal))
        if kept is None:
            return GONE

        def note(one: Import) -> None:
            one.layout, one.unknown = kept.layout, kept.unknown
            found.note(one)

        return self._settle(import_id, note)

    def _looked_through(self, import_id: UUID, found: Findings) -> Import | None:
        with self._writing() as kernel:
            drop_parts(kernel, import_id, "problems")
        with snapshot(self.engine) as connection:
            kept = self._kept(connection, import_id, "checking")
            if kept is None:
                return None
            with visiting(connection, self._actor(connection, kept), datetime.now(UTC), self.place) as visit:
                table = open_table(read_file(visit.session, kept))
                for _ in look_through(visit, kept, table, found):
                    self._note(import_id, found.rows)
        return kept

    def commit(self, import_id: UUID) -> str:
        """Made ready in a snapshot, so that no writer waits; then written at once."""
        try:
            with ExitStack() as opened:
                connection = opened.enter_context(snapshot(self.engine))
                kept = self._kept(connection, import_id, "committing")
                if kept is None:
                    return GONE
                actor = self._actor(connection, kept)
                reading = opened.enter_context(visiting(connection, actor, datetime.now(UTC), self.place))
                harvest = opened.enter_context(harvest_for(reading, kept))
                table = open_table(read_file(reading.session, kept))
                for done in gather(reading, kept, table, harvest):
                    self._note(import_id, done)
                return self._do(
                    import_id, "committing", "ready", lambda visit, row: land(visit, row, harvest)
                )
        except IntegrityError:  # the same reports came another way meanwhile
            return self._settle(import_id, partial(_back, state="ready", refusal=changed()))
        except Refusal as refusal:
            return self._settle(import_id, partial(_back, state="ready", refusal=refusal))

    def _note(self, import_id: UUID, done: int) -> None:
        with self._writing() as kernel:
            note_done(kernel, import_id, done)

    def undo(self, import_id: UUID) -> str:
        return self._do(import_id, "undoing", "committed", withdraw_import)

    def _do(self, import_id: UUID, state: str, before: str, work: Callable[[Visit, Import], None]) -> str:
        """One transaction; where it is refused, the import is again what it was before, with the reason."""
        try:
            with writing(self.engine) as connection:
                allow_long_statements(connection)
                kept = self._kept(connection, import_id, state)
                if kept is None:
                    return GONE
                with visiting(
                    connection, self._actor(connection, kept), datetime.now(UTC), self.place
                ) as visit:
                    locked = lock_import(visit.session, import_id)
                    if locked is None or locked.state != state:
                        return GONE
                    work(visit, locked)
        except Refusal as refusal:
            return self._settle(import_id, partial(_back, state=before, refusal=refusal))
        return "done"

    def _kept(self, connection: Connection, import_id: UUID, state: str) -> Import | None:
        with ScopedSession(connection, EVERYTHING) as kernel:
            kept = kernel.get(Import, import_id)
            if kept is None or kept.state != state:
                return None
            kernel.expunge(kept)
            return kept

    def _actor(self, connection: Connection, kept: Import) -> Actor:
        """Whoever asked for it, with what was allowed to them then."""
        asked = {"undoing": kept.undone_by, "committing": kept.committed_by}.get(kept.state, kept.recorded_by)
        return replace(member_of(connection, kept.party_id), id=asked)

    @contextmanager
    def _writing(self) -> Iterator[ScopedSession]:
        with writing(self.engine) as connection, ScopedSession(connection, EVERYTHING) as kernel:
            yield kernel
            kernel.flush()

    def _keep(self, import_id: UUID, number: int, some: Sequence[Problem]) -> None:
        with self._writing() as kernel:
            keep_problems(kernel, kernel.get_one(Import, import_id), number, some)

    def _settle(self, import_id: UUID, change: Callable[[Import], Any]) -> str:
        with self._writing() as kernel:
            kept = lock_import(kernel, import_id)
            if kept is None or kept.state == "discarded":
                return GONE
            change(kept)
            kernel.add(kept)
            return kept.state


def _back(kept: Import, state: str, refusal: Refusal) -> None:
    kept.state, kept.refused = state, refusal.reason
    kept.facts = ", ".join(str(value) for value in refusal.facts.values())
    if state == "ready":
        kept.committed_by = None
    else:
        kept.undone_by = kept.undone_reason = None
