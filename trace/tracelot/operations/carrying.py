"""Letters on their way, several at a time; what became of each is kept before as many others may leave."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Protocol
from uuid import UUID

from sqlalchemy import Engine

from tracelot.operations.delivering import Leaving, Outcome, note, take
from tracelot.operations.lettering import KIND
from tracelot.operations.outbox import Runner
from tracelot.operations.visit import Place, Visit
from tracelot.operations.working import visiting, writing
from tracelot.records.outbox import Task, claim_due, close, list_due, list_held
from tracelot.records.sights import EVERYTHING
from tracelot.records.tenancy import ScopedSession
from tracelot.rules.access import PUBLIC
from tracelot.rules.reaching import GIVE_UP, wait_before

AT_ONCE = 16  # so many letters may have to be sent again after a worker died


class Carrier(Protocol):
    """Whoever brings letters away."""

    def ready(self) -> bool:
        """Whether letters can leave now."""

    def rest(self) -> None:
        """There is nothing more to bring for now."""

    def message_id(self) -> str:
        """One that no letter has yet."""

    def carry(self, letters: Sequence[tuple[Leaving, str]]) -> Sequence[Outcome]:
        """Try to bring letters, each with its link, and say of each what became of it."""


class Postman(Runner):
    """Takes due letters in rounds. One transaction keeps what became of a round and lets the next one leave.

    While nobody takes letters none leaves and none counts as tried; those that wait for too long are given up.
    """

    def __init__(self, engine: Engine, carrier: Carrier, place: Place) -> None:
        super().__init__(engine, "letters")
        self._carrier, self._place = carrier, place
        self._away: dict[UUID, UUID] = {}  # letter → its task
        self._known: Sequence[Outcome] = ()

    def drain(self) -> int:
        tried = 0
        while self._known or self._due():
            tasks, leaving = self._turn()
            tried += tasks
            if leaving:
                with self._held(list(self._away.values())):
                    self._known = self._carrier.carry(leaving)
            elif not tasks:
                break
        self._carrier.rest()
        return tried

    def _due(self) -> bool:
        with self._engine.connect() as connection, ScopedSession(connection, EVERYTHING) as session:
            return bool(list_due(session, datetime.now(UTC), (KIND,), limit=1))

    def _turn(self) -> tuple[int, list[tuple[Leaving, str]]]:
        """Keep what is known, and take what may leave: so many tasks, and the letters with their links."""
        going = not self._stopped.is_set() and self._carrier.ready()
        with self._visiting() as visit:
            kernel = visit.kernel()
            self._keep(visit)
            tasks = [] if self._stopped.is_set() else self._claim(kernel, visit.now, late=not going)
            by_letter = {UUID(task.payload["letter_id"]): task for task in tasks}
            leaving, staying = take(kernel, by_letter.keys(), self._carrier.message_id)
            for letter, why in staying.items():
                by_letter[letter].outcome = why
                close(by_letter[letter], visit.now)
            away = {one.letter_id: by_letter[one.letter_id].id for one in leaving}
            links = [(one, str(by_letter[one.letter_id].payload["link"])) for one in leaving]
        self._known, self._away = (), away
        if not going:
            self._known = [Outcome(one, "failed", "no-connection") for one, _ in links]
            return len(tasks), []
        return len(tasks), links

    def _claim(self, kernel: ScopedSession, now: datetime, *, late: bool) -> Sequence[Task]:
        return claim_due(kernel, KIND, self._owner, now, AT_ONCE, now - GIVE_UP if late else None)

    def _keep(self, visit: Visit) -> None:
        known = {one.letter.letter_id: one.at(visit.now) for one in self._known}
        if not known:
            return
        note(visit, known.values())
        held = {task.id: task for task in list_held(visit.kernel(), list(self._away.values()), self._owner)}
        for letter, outcome in known.items():
            task = held.get(self._away[letter])
            if task is None:  # another worker took it over, and its word counts
                continue
            task.outcome, task.lease_until = outcome.words, None
            if outcome.again:
                task.due_at, task.attempts = visit.now + wait_before(outcome.letter.tries), 0
            else:
                close(task, visit.now)
        visit.kernel().flush()

    @contextmanager
    def _visiting(self) -> Iterator[Visit]:
        with (
            writing(self._engine) as connection,
            visiting(connection, PUBLIC, datetime.now(UTC), self._place) as visit,
        ):
            yield visit
