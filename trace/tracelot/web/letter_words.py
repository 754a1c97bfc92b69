"""The words of a recall's letters: rendered once for all who got the same goods, and filled in for each."""

import re
from base64 import encodebytes
from collections.abc import Sequence
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from functools import lru_cache
from typing import Any

from tracelot.operations.delivering import Contents, Leaving
from tracelot.records.consignees import RecallNoticeLine
from tracelot.rules.recalls import DRILL
from tracelot.web.rendering import Language, mail_of

NAME, NAME_EN, LINK = "\0name\0", "\0name_en\0", "\0link\0"  # no text that is kept has a NUL
MOST = 500  # frames
USUAL = re.compile(r"[A-Za-z0-9._+-]{1,64}@[A-Za-z0-9.-]{1,200}")
MIME = (
    b'MIME-Version: 1.0\r\nContent-Type: text/plain; charset="utf-8"\r\nContent-Transfer-Encoding: base64\r\n'
)


class Words:
    """What a letter says depends on its consignee by name and link alone, once the goods are told."""

    def __init__(self, public_url: str, sender: str) -> None:
        self._public_url, self._sender = public_url, sender
        self._frames: dict[object, str] = {}
        self._said: tuple[Contents | None, str] = (None, "")

    def letter(self, told: Contents, leaving: Leaving, link: str) -> bytes:
        """In the reader's language; where that is not known in both, Chinese first."""
        known: Language | None = "en" if leaving.language == "en" else "zh" if leaving.language else None
        languages: list[Language] = [known] if known else ["zh", "en"]
        texts = [self.text(one, told, leaving, link) for one in languages]
        subject = " / ".join(subject for subject, _ in texts)
        body = "\n\n----------\n\n".join(body for _, body in texts) + "\n"
        head = _head(subject, self._sender, leaving.queued_at)
        own = _to(leaving.address) + f"Message-ID: {leaving.message_id}\r\n".encode()
        coded = encodebytes(body.replace("\n", "\r\n").encode()).replace(b"\n", b"\r\n")
        return head + own + MIME + b"\r\n" + coded

    def text(self, language: Language, told: Contents, leaving: Leaving, link: str) -> tuple[str, str]:
        """Subject and body."""
        text = self._frame(language, told, leaving.kind, account="/app/" in link)
        name, name_en = told.notice.name, told.notice.name_en
        text = text.replace(NAME, name or "").replace(NAME_EN, name_en or "").replace(LINK, link)
        subject, _, body = text.partition("\n")
        return subject.strip(), re.sub(r"\n{3,}", "\n\n", body.strip())

    def _frame(self, language: Language, told: Contents, kind: str, *, account: bool) -> str:
        """The letter without name and link; of what may change meanwhile all stands in the key."""
        named = bool(told.notice.name), bool(told.notice.name_en)
        key = language, kind, account, named, self._sayings(told), _goods(told.lines)
        if key not in self._frames:
            if len(self._frames) >= MOST:
                self._frames.clear()
            template = "drill" if told.recall.kind == DRILL else "notice"
            template = "withdrawn" if kind == "withdrawn" else template
            values: dict[str, Any] = {
                "recall": told.recall,
                "firm": told.firm,
                "lines": told.lines,
                "name": NAME if named[0] else told.notice.name,
                "name_en": NAME_EN if named[1] else told.notice.name_en,
                "kind": kind,
                "account": account,
                "link": LINK,
                "public": f"{self._public_url}/recalls/{told.recall.code}",
            }
            words = mail_of(language).get_template(f"mail/{template}.txt")
            self._frames[key] = words.render(lang="zh-CN" if language == "zh" else "en", **values)
        return self._frames[key]

    def _sayings(self, told: Contents) -> str:
        """All that recall and firm say; letters that leave together share both."""
        last, said = self._said
        if last is None or last.recall is not told.recall or last.firm is not told.firm:
            said = repr((told.recall.model_dump(), told.firm.model_dump()))
            self._said = told, said
        return said


def _goods(lines: Sequence[RecallNoticeLine]) -> tuple[object, ...]:
    return tuple(
        (one.product_zh, one.product_en, one.pooled, one.code, one.quantity, one.unit) for one in lines
    )


@lru_cache(maxsize=64)
def _head(subject: str, sender: str, queued_at: datetime) -> bytes:
    """The lines that all letters of one recall begin with: to write them costs as much as all the rest."""
    head = EmailMessage(policy=SMTP)
    head["Subject"], head["From"], head["Date"] = subject, sender, format_datetime(queued_at)
    head["Importance"], head["X-Priority"], head["Priority"] = "high", "1", "urgent"
    head["Auto-Submitted"] = "auto-generated"
    return head.as_bytes().rstrip(b"\r\n") + b"\r\n"


def _to(address: str) -> bytes:
    if USUAL.fullmatch(address):
        return f"To: {address}\r\n".encode()
    head = EmailMessage(policy=SMTP)
    head["To"] = address
    return head.as_bytes().rstrip(b"\r\n") + b"\r\n"
