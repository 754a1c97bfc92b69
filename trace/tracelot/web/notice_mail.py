"""Letters of a recall, worded and brought to the site's mail server; and the task that reminds."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from email.utils import make_msgid
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from sqlalchemy import Engine

from tracelot.operations import delivering
from tracelot.operations.carrying import Postman
from tracelot.operations.delivering import Leaving, Outcome
from tracelot.operations.outbox import Handler
from tracelot.operations.visit import Place, Visit
from tracelot.operations.working import visiting, writing
from tracelot.records.sights import EVERYTHING
from tracelot.records.tenancy import ScopedSession
from tracelot.rules.access import PUBLIC
from tracelot.settings import Settings
from tracelot.web.lanes import End, Lanes, Parcel
from tracelot.web.letter_words import Words
from tracelot.web.mail import mailer

log = logging.getLogger("tracelot.outbox")
NO_SERVER = End("failed", "no-server")
NO_WORDS = End("queued", "not-worded", again=True)


class Letters:
    """Words letters and sends them over lanes that are kept while there are any."""

    def __init__(self, engine: Engine, settings: Settings) -> None:
        self._engine, self._settings = engine, settings
        self._words = Words(settings.public_url, settings.mail_from)
        self._lanes = Lanes(settings)

    def ready(self) -> bool:
        return self._settings.smtp_host is None or self._lanes.ready()

    def rest(self) -> None:
        self._lanes.close()

    def message_id(self) -> str:
        return make_msgid(domain=urlsplit(self._settings.public_url).hostname)

    def carry(self, letters: Sequence[tuple[Leaving, str]]) -> Sequence[Outcome]:
        numbered = dict(enumerate(letters))
        if self._settings.smtp_host is None:
            ends = dict.fromkeys(numbered, NO_SERVER)
        else:
            ends = dict.fromkeys(numbered, NO_WORDS) | self._lanes.send_all(self.parcels(numbered))
        return [Outcome(letter, *ends[number]) for number, (letter, _) in numbered.items()]

    def parcels(self, letters: Mapping[int, tuple[Leaving, str]]) -> dict[int, Parcel]:
        """Each worded by itself: what is wrong with one holds up no other."""
        parcels = {}
        with self._engine.connect() as connection, ScopedSession(connection, EVERYTHING) as kernel:
            told = delivering.contents_of(kernel, [letter for letter, _ in letters.values()])
            for number, (letter, link) in letters.items():
                try:
                    text = self._words.letter(told[letter.notice_id], letter, link)
                    parcels[number] = Parcel(letter.address, text)
                except Exception:
                    log.exception("letter %s was not worded", letter.letter_id)
        return parcels


def _place(settings: Settings) -> Place:
    return Place(settings.public_url, settings.zone)


def postman(engine: Engine, settings: Settings) -> Postman:
    """Who sends the letters of recalls."""
    return Postman(engine, Letters(engine, settings), _place(settings))


def letter_handlers(settings: Settings) -> Mapping[str, Handler]:
    """What is done for each kind of task; letters of recalls are the postman's."""

    def remind(payload: dict[str, Any], kernel: ScopedSession) -> str:
        with _visiting(kernel, _place(settings)) as visit:
            return delivering.remind(visit, UUID(payload["recall_id"]), int(payload["number"]))

    return {**mailer(settings), "notice-reminder": remind}


@contextmanager
def _visiting(kernel: ScopedSession, place: Place) -> Iterator[Visit]:
    bound = kernel.get_bind()
    engine = bound if isinstance(bound, Engine) else bound.engine
    with (
        writing(engine) as connection,
        visiting(connection, PUBLIC, datetime.now(UTC), place) as visit,
    ):
        yield visit
