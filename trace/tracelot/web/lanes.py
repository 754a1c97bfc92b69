"""Ways to the site's mail server: connections that are kept, several letters on their way over them at once."""

import re
import smtplib
import threading
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from queue import Empty, SimpleQueue
from typing import NamedTuple

from tracelot.rules.reaching import LetterState
from tracelot.settings import Settings
from tracelot.web.mail import server_of

MOST = 8  # connections
EACH = 100  # letters over one connection; some servers take no more
LINE_WITH_DOT = re.compile(rb"(?m)^\.")
REST = timedelta(
    seconds=20
)  # a mail server that does not answer is left alone for so long, then for twice as long
LONGEST_REST = timedelta(minutes=15)
GOES_ON = 354
NO_CODE = -1  # an answer that is none
CLOSES = 421
TAKEN = range(200, 300)
FOR_GOOD = range(500, 600)


class Parcel(NamedTuple):
    """A letter as the mail server gets it."""

    address: str
    text: bytes


class End(NamedTuple):
    """How it ended; `again` where the end is not settled."""

    state: LetterState
    detail: str | None = None
    again: bool = False


NO_CONNECTION = End("queued", "no-connection", again=True)
NO_ANSWER = End("sending", "no-answer", again=True)
SILENT = (NO_CONNECTION.detail, NO_ANSWER.detail)


class Refused(Exception):
    """The mail server said no to a letter; `for_good` where it will say so again."""

    def __init__(self, code: int) -> None:
        super().__init__(str(code))
        self.code = code
        self.for_good = code in FOR_GOOD


class Unsure(Exception):
    """The mail server had all of it and did not say whether it took it."""


class Lane:
    """One connection, opened anew where the server closed it between two letters."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._server = server_of(settings)
        self._sent = 0

    def send(self, parcel: Parcel) -> End:
        try:
            self._try(parcel)
        except Refused as refused:
            self._forget()
            return End(
                "failed" if refused.for_good else "queued", f"smtp-{refused.code}", not refused.for_good
            )
        except Unsure:
            self.close()
            return NO_ANSWER
        except UnicodeError:
            self._forget()
            return End("failed", "bad-address")
        except (OSError, smtplib.SMTPException):
            self.close()
            return NO_CONNECTION
        return End("sent")

    def _try(self, parcel: Parcel) -> None:
        used, self._sent = self._sent, self._sent + 1
        try:
            hand_over(self._server, self._settings.mail_from, parcel)
        except Refused as refused:
            if not used or refused.code != CLOSES:
                raise
        except (OSError, smtplib.SMTPException):
            if not used:
                raise
        else:
            return
        self._renew()
        hand_over(self._server, self._settings.mail_from, parcel)

    def _renew(self) -> None:
        self.close()
        self._server, self._sent = server_of(self._settings), 1

    def _forget(self) -> None:
        """The server may still have half a letter in mind."""
        with suppress(OSError, smtplib.SMTPException):
            self._server.rset()

    @property
    def usable(self) -> bool:
        return self._server.sock is not None and self._sent < EACH

    def close(self) -> None:
        """Without waiting for a farewell: what was said stands before that."""
        with suppress(OSError, smtplib.SMTPException):
            self._server.putcmd("quit")
        self._server.close()


class Lanes:
    """As many connections as the server gives, up to `MOST`. While it does not answer at all it is left alone."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._idle: list[Lane] = []
        self._resting = datetime.min.replace(tzinfo=UTC)
        self._rest = REST

    def ready(self) -> bool:
        """Whether there is a way; found out before any letter leaves."""
        if datetime.now(UTC) < self._resting:
            return False
        if not self._idle and (lane := self._open()):
            self._idle = [lane]
        if not self._idle:
            self._leave_alone()
        return bool(self._idle)

    def _leave_alone(self) -> None:
        self._resting, self._rest = datetime.now(UTC) + self._rest, min(self._rest * 2, LONGEST_REST)

    def _open(self) -> Lane | None:
        with suppress(OSError, smtplib.SMTPException):
            return Lane(self._settings)
        return None

    def send_all(self, parcels: Mapping[int, Parcel]) -> dict[int, End]:
        """All of them, each once; for whom there is no way any more it ends without a connection."""
        waiting: SimpleQueue[int] = SimpleQueue()
        for number in parcels:
            waiting.put(number)
        ends: dict[int, End] = {}
        lanes, self._idle = self._idle, []
        lanes += [None] * (min(MOST, len(parcels)) - len(lanes))  # type: ignore[list-item]

        def work(lane: Lane | None) -> None:
            lane = lane or self._open()
            with suppress(Empty):
                while lane is not None:
                    number = waiting.get_nowait()
                    ends[number] = lane.send(parcels[number])
                    if not lane.usable:
                        lane.close()
                        lane = self._open()
            if lane is not None:
                self._idle.append(lane)

        _together(work, lanes)
        if all(end.detail in SILENT for end in ends.values()):
            self._leave_alone()  # it takes connections, and says nothing
        else:
            self._rest = REST
        return dict.fromkeys(parcels, NO_CONNECTION) | ends

    def close(self) -> None:
        for lane in self._idle:
            lane.close()
        self._idle = []


def _together(work: Callable[[Lane | None], None], lanes: Iterable[Lane | None]) -> None:
    """Daemons: a server that does not answer holds up nobody who wants to stop."""
    threads = [threading.Thread(target=work, args=(lane,), name="lane", daemon=True) for lane in lanes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def hand_over(server: smtplib.SMTP, sender: str, parcel: Parcel) -> None:
    """Give one letter to a mail server; what is not known of its outcome is told apart from what is.

    smtplib's own way does not tell in which step a connection broke.
    """
    server.ehlo_or_helo_if_needed()
    _demand(server.mail(sender)[0], TAKEN)
    _demand(server.rcpt(parcel.address)[0], TAKEN)
    _demand(server.docmd("DATA")[0], range(GOES_ON, GOES_ON + 1))
    text = LINE_WITH_DOT.sub(b"..", parcel.text).rstrip(b"\r\n")
    try:
        server.send(text + b"\r\n.\r\n")
        code, _ = server.getreply()
    except (OSError, smtplib.SMTPException):
        raise Unsure from None
    if code == NO_CODE:
        raise Unsure
    _demand(code, TAKEN)


def _demand(code: int, wanted: range) -> None:
    if code == NO_CODE:
        raise smtplib.SMTPServerDisconnected
    if code not in wanted:
        raise Refused(code)
