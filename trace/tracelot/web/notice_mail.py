"""Letters of a recall over the site's mail server: each is sent until its outcome is known, and then never again."""

import re
import smtplib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, make_msgid
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from sqlalchemy import Engine

from tracelot.operations import delivering
from tracelot.operations.delivering import Leaving
from tracelot.operations.outbox import Handler, Later, Result
from tracelot.operations.visit import Place, Visit
from tracelot.operations.working import visiting, writing
from tracelot.records.consignees import RecallNotice, lines_of
from tracelot.records.parties import Party
from tracelot.records.recalls import Recall
from tracelot.records.tenancy import ScopedSession
from tracelot.rules.access import PUBLIC
from tracelot.rules.reaching import LetterState, wait_before
from tracelot.rules.recalls import DRILL
from tracelot.settings import Settings
from tracelot.web.mail import mailer, server_of
from tracelot.web.rendering import Language, environment_of

LINE_WITH_DOT = re.compile(rb"(?m)^\.")
REST = timedelta(
    seconds=20
)  # a mail server that does not answer is left alone for so long, then for twice as long
LONGEST_REST = timedelta(minutes=15)
GOES_ON = 354
NO_CODE = -1  # an answer that is none
TAKEN = range(200, 300)
FOR_GOOD = range(500, 600)


class Refused(Exception):
    """The mail server said no to a letter; `for_good` where it will say so again."""

    def __init__(self, code: int) -> None:
        super().__init__(str(code))
        self.code = code
        self.for_good = code in FOR_GOOD


class Unsure(Exception):
    """The mail server had all of it and did not say whether it took it."""


class Letters:
    """Sends letters one by one. `resting` is until when a server that did not answer is not asked."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._place = Place(settings.public_url, settings.zone)
        self._resting = datetime.min.replace(tzinfo=UTC)
        self._rest = REST

    def handlers(self) -> Mapping[str, Handler]:
        return {delivering.KIND: self.send, "notice-reminder": self.remind}

    def remind(self, payload: dict[str, Any], kernel: ScopedSession) -> str:
        with self._visiting(kernel) as visit:
            return delivering.remind(visit, UUID(payload["recall_id"]), int(payload["number"]))

    def send(self, payload: dict[str, Any], kernel: ScopedSession) -> Result:
        letter_id = UUID(payload["letter_id"])
        if self._settings.smtp_host is None:
            return self._over(kernel, letter_id, "failed", "no-server")
        if (left := self._resting - datetime.now(UTC)) > timedelta(0):
            return Later("the mail server rests", left)
        domain = urlsplit(self._settings.public_url).hostname
        with self._visiting(kernel) as visit:
            leaving = delivering.take(visit.kernel(), letter_id, make_msgid(domain=domain))
        if isinstance(leaving, str):
            return leaving
        return self._tried(kernel, leaving, self._message(kernel, leaving, payload["link"]))

    def _tried(self, kernel: ScopedSession, leaving: Leaving, message: EmailMessage) -> Result:
        """One try; what is known of its outcome is kept before anything else is done."""
        try:
            with _open(self._settings) as server:
                hand_over(server, self._settings.mail_from, leaving.address, message)
        except Refused as refused:
            if refused.for_good:
                return self._over(kernel, leaving.letter_id, "failed", f"smtp-{refused.code}")
            return self._again(kernel, leaving, f"smtp-{refused.code}", "queued")
        except Unsure:
            return self._again(kernel, leaving, "no-answer", "sending")
        except UnicodeError:
            return self._over(kernel, leaving.letter_id, "failed", "bad-address")
        except (OSError, smtplib.SMTPException):
            self._resting, self._rest = datetime.now(UTC) + self._rest, min(self._rest * 2, LONGEST_REST)
            return self._again(kernel, leaving, "no-connection", "queued")
        self._rest = REST
        return self._over(kernel, leaving.letter_id, "sent", None)

    def _over(self, kernel: ScopedSession, letter_id: UUID, state: LetterState, detail: str | None) -> str:
        with self._visiting(kernel) as visit:
            delivering.note(visit, letter_id, state, detail)
        return state if detail is None else f"{state}: {detail}"

    def _again(self, kernel: ScopedSession, leaving: Leaving, why: str, state: LetterState) -> Result:
        if delivering.given_up(leaving, datetime.now(UTC)):
            return self._over(kernel, leaving.letter_id, "failed", why)
        with self._visiting(kernel) as visit:
            delivering.note(visit, leaving.letter_id, state, why)
        return Later(why, wait_before(leaving.tries))

    @contextmanager
    def _visiting(self, kernel: ScopedSession) -> Iterator[Visit]:
        bound = kernel.get_bind()
        engine = bound if isinstance(bound, Engine) else bound.engine
        with (
            writing(engine) as connection,
            visiting(connection, PUBLIC, datetime.now(UTC), self._place) as visit,
        ):
            yield visit

    def _message(self, kernel: ScopedSession, leaving: Leaving, link: str) -> EmailMessage:
        """The letter in the reader's language; where that is not known in both, Chinese first."""
        known: Language | None = "en" if leaving.language == "en" else "zh" if leaving.language else None
        languages: list[Language] = [known] if known else ["zh", "en"]
        values = self._values(kernel, leaving, link)
        texts = [self._worded(language, values) for language in languages]
        message = EmailMessage()
        message["Subject"] = " / ".join(subject for subject, _ in texts)
        message["From"], message["To"] = self._settings.mail_from, leaving.address
        message["Date"] = format_datetime(leaving.queued_at)
        message["Message-ID"] = leaving.message_id
        message["Importance"], message["X-Priority"], message["Priority"] = "high", "1", "urgent"
        message["Auto-Submitted"] = "auto-generated"
        message.set_content("\n\n----------\n\n".join(body for _, body in texts) + "\n")
        return message

    def _values(self, kernel: ScopedSession, leaving: Leaving, link: str) -> dict[str, Any]:
        notice = kernel.get_one(RecallNotice, leaving.notice_id)
        recall = kernel.get_one(Recall, notice.recall_id)
        return {
            "recall": recall,
            "firm": kernel.get_one(Party, recall.party_id),
            "lines": lines_of(kernel, [notice.id]).get(notice.id, []),
            "name": notice.name,
            "name_en": notice.name_en,
            "kind": leaving.kind,
            "account": "/app/" in link,
            "link": link,
            "public": f"{self._settings.public_url}/recalls/{recall.code}",
        }

    def _worded(self, language: Language, values: Mapping[str, Any]) -> tuple[str, str]:
        name = "drill" if values["recall"].kind == DRILL else "notice"
        template = environment_of(language).get_template(f"mail/{name}.txt")
        text = template.render(lang="zh-CN" if language == "zh" else "en", **values)
        subject, _, body = text.partition("\n")
        return subject.strip(), re.sub(r"\n{3,}", "\n\n", body.strip())


def hand_over(server: smtplib.SMTP, sender: str, to: str, message: EmailMessage) -> None:
    """Give one letter to a mail server; what is not known of its outcome is told apart from what is.

    smtplib's own way does not tell in which step a connection broke.
    """
    server.ehlo_or_helo_if_needed()
    _demand(server.mail(sender)[0], TAKEN)
    _demand(server.rcpt(to)[0], TAKEN)
    _demand(server.docmd("DATA")[0], range(GOES_ON, GOES_ON + 1))
    text = LINE_WITH_DOT.sub(b"..", message.as_bytes(policy=SMTP)).rstrip(b"\r\n")
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


@contextmanager
def _open(settings: Settings) -> Iterator[smtplib.SMTP]:
    """A connection that ends without waiting for a farewell: what was said in it stands before that."""
    server = server_of(settings)
    try:
        yield server
    finally:
        with suppress(OSError, smtplib.SMTPException):
            server.putcmd("quit")
        server.close()


def letter_carrier(settings: Settings) -> Mapping[str, Handler]:
    """What is done for each kind of task."""
    return {**mailer(settings), **Letters(settings).handlers()}
