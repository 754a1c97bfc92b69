"""Who does the work that follows commits, a thread each: mail and the feed of changes, webhooks, letters of recalls."""

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import Engine

from tracelot.operations.digests import follow_change, send_digest
from tracelot.operations.hold_requests import tell_holders
from tracelot.operations.import_jobs import import_handlers
from tracelot.operations.lettering import KIND
from tracelot.operations.notifying import tell_beside_mail
from tracelot.operations.outbox import Handler, Runner, Split, Worker
from tracelot.operations.visit import Place
from tracelot.operations.webhooks import Post, deliver
from tracelot.operations.working import writing
from tracelot.records.accounts import Account
from tracelot.records.following import SavedSearch
from tracelot.records.recalls import Recall, find_recall_by_code
from tracelot.records.sights import EVERYTHING
from tracelot.records.tenancy import ScopedSession
from tracelot.settings import Settings
from tracelot.web.escalating import escalations
from tracelot.web.mail import send
from tracelot.web.notice_mail import letter_handlers, postman
from tracelot.web.rendering import Language

SLOW = ("webhook",)  # work that waits for machines of strangers
AT_ONCE = 4  # so many of these machines are waited for at a time; each gets one message after the other
TOLD = {"firm_zh", "firm_en", "product_zh", "product_en", "code", "what"}
MOST_NAMED = 30  # recalls in one mail; of more there is a link


def workers(engine: Engine, settings: Settings) -> list[Runner]:
    """All the work of one process."""
    handlers = handlers_of(engine, settings)
    return [
        Worker(engine, handlers, but=(*SLOW, KIND)),
        *(Worker(engine, handlers, only=SLOW) for _ in range(AT_ONCE)),
        postman(engine, settings),
    ]


def handlers_of(engine: Engine, settings: Settings) -> Mapping[str, Handler]:
    """What is done for each kind of task."""
    return {
        **letter_handlers(settings),
        **escalations(settings, partial(tell_beside_mail, engine)),
        **import_handlers(engine, Place(settings.public_url, settings.zone)),
        **_following(engine, settings),
        **_letters(settings),
        **_holding(engine),
    }


def _holding(engine: Engine) -> dict[str, Handler]:
    def asked(payload: dict[str, Any], _: ScopedSession) -> Split:
        """The people of those who are asked are told; a contact without an account gets a letter."""
        with writing(engine) as connection, ScopedSession(connection, EVERYTHING) as kernel:
            strangers = tell_holders(kernel, UUID(payload["inspection_id"]), datetime.now(UTC))
            letters: list[dict[str, Any]] = [
                {"to": one.email, "template": "hold", "language": "zh"}
                | one.model_dump(mode="json", include=TOLD)
                for one in strangers
                if one.email
            ]
        return Split(f"{len(letters)} have no account, and an address", "mail", letters)

    return {"hold-asked": asked}


def _following(engine: Engine, settings: Settings) -> dict[str, Handler]:
    def changed(payload: dict[str, Any], _: ScopedSession) -> str:
        return follow_change(engine, UUID(payload["recall_id"]), settings.zone, datetime.now(UTC))

    def digest(payload: dict[str, Any], _: ScopedSession) -> str:
        return send_digest(engine, UUID(payload["search_id"]), settings.zone, datetime.now(UTC))

    def webhook(payload: dict[str, Any], _: ScopedSession) -> str:
        post = Post(settings.keyring(), settings.webhooks_anywhere)
        return deliver(engine, UUID(payload["delivery_id"]), post, datetime.now(UTC))

    return {"recall-changed": changed, "search-digest": digest, "webhook": webhook}


def _letters(settings: Settings) -> dict[str, Handler]:
    """Mail to a person, whose address and language are asked for when it goes out."""

    def letter(template: str, payload: dict[str, Any], kernel: ScopedSession, **more: Any) -> str:
        account = kernel.get(Account, UUID(payload["account_id"]))
        if account is None or account.email is None or account.disabled_at is not None:
            return "not sent: nobody to send it to"
        language: Language = "en" if account.language == "en" else "zh"
        values = {"site": settings.public_url, "told": payload, **more}
        return send(settings, account.email, template, language, values)

    def found(payload: dict[str, Any], kernel: ScopedSession) -> str:
        recalls = [_recall(kernel, code) for code in payload["codes"][:MOST_NAMED]]
        search = kernel.get(SavedSearch, UUID(payload["search_id"]))
        fields = search.fields if search else {}
        return letter("mail/search.txt", payload, kernel, recalls=recalls, fields=fields)

    def notice(payload: dict[str, Any], kernel: ScopedSession) -> str:
        return letter("mail/notification.txt", payload, kernel)

    def off(payload: dict[str, Any], kernel: ScopedSession) -> str:
        return letter("mail/webhook.txt", payload, kernel)

    return {"search-mail": found, "notice": notice, "webhook-off": off}


def _recall(kernel: ScopedSession, code: str) -> Recall | None:
    return find_recall_by_code(kernel, code)
