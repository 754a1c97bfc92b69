"""Mail that follows a commit: worded in the reader's language, sent over the site's SMTP server."""

import smtplib
import ssl
from collections.abc import Mapping
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from tracelot.operations.outbox import Handler, Split
from tracelot.records.accounts import Account, list_officers
from tracelot.records.following import ways_of
from tracelot.records.parties import Party
from tracelot.records.recalls import Recall
from tracelot.records.tenancy import ScopedSession
from tracelot.rules.parties import covers
from tracelot.rules.recalls import DRILL
from tracelot.settings import Settings
from tracelot.web.rendering import Language, mail_of

SECONDS = 20


def mailer(settings: Settings) -> Mapping[str, Handler]:
    """What is done for each kind of task."""

    def mail(payload: dict[str, Any], _: ScopedSession) -> str:
        language: Language = "en" if payload.get("language") == "en" else "zh"
        return send(settings, payload["to"], f"mail/{payload['template']}.txt", language, payload)

    def find_officers(payload: dict[str, Any], kernel: ScopedSession) -> Split:
        recall = kernel.get_one(Recall, UUID(payload["recall_id"]))
        if recall.kind == DRILL:
            return Split("a drill concerns no officer", "recall-letter", [])
        letters = [
            payload | {"to": to, "language": language}
            for to, language in officers_of(kernel, recall.region_code)
        ]
        return Split(f"{len(letters)} officers have an address", "recall-letter", letters)

    def tell_officer(payload: dict[str, Any], kernel: ScopedSession) -> str:
        recall = kernel.get_one(Recall, UUID(payload["recall_id"]))
        firm = kernel.get_one(Party, recall.party_id)
        values = {"recall": recall, "firm": firm, "link": f"{settings.public_url}/recalls/{recall.code}"}
        return send(settings, payload["to"], "mail/recall.txt", payload["language"], values)

    return {"mail": mail, "recall-published": find_officers, "recall-letter": tell_officer}


def language_of(account: Account) -> Language:
    return "en" if account.language == "en" else "zh"


def officers_of(kernel: ScopedSession, region_code: str) -> list[tuple[str, Language]]:
    """Whoever watches the region and has an address."""
    return [
        (account.email, language_of(account))
        for account, territory in list_officers(kernel)
        if account.email
        and covers(territory, region_code)
        and ways_of(kernel, account.id, "recall-in-territory").mail
    ]


def send(settings: Settings, to: str, template: str, language: Language, values: Mapping[str, Any]) -> str:
    """Send one mail; without an SMTP server nothing is sent, and the task says so."""
    if settings.smtp_host is None:
        return "not sent: no SMTP server is set"
    text = (
        mail_of(language).get_template(template).render(lang="zh-CN" if language == "zh" else "en", **values)
    )
    subject, _, body = text.partition("\n")
    message = EmailMessage()
    message["Subject"], message["From"], message["To"] = subject.strip(), settings.mail_from, to
    message["Date"] = format_datetime(datetime.now(UTC))
    message["Message-ID"] = make_msgid(domain=urlsplit(settings.public_url).hostname)
    message.set_content(body.strip() + "\n")
    with server_of(settings) as server:
        server.send_message(message)
    return "sent"


def server_of(settings: Settings) -> smtplib.SMTP:
    """The mail server, greeted and told who sends."""
    server = _greeted(settings)
    if settings.smtp_user and settings.smtp_password:
        server.login(settings.smtp_user, settings.smtp_password.get_secret_value())
    return server


def _greeted(settings: Settings) -> smtplib.SMTP:
    host = settings.smtp_host or ""
    if settings.smtp_tls == "tls":
        return smtplib.SMTP_SSL(
            host, settings.smtp_port, timeout=SECONDS, context=ssl.create_default_context()
        )
    server = smtplib.SMTP(host, settings.smtp_port, timeout=SECONDS)
    if settings.smtp_tls == "starttls":
        server.starttls(context=ssl.create_default_context())
    return server
