"""What the tests of reaching share: a firm that sold, its customers, a recall of what it sold, and a mail server."""

import asyncio
import re
import socket
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import Message
from email.policy import default as policy
from typing import Any
from uuid import UUID

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from sqlalchemy import Engine
from sqlmodel import select

from acts import Firm, firm, goods, output
from builders import new_recall
from keeping import all_rows
from tracelot.bench.servers import free_port
from tracelot.operations import contacts, recalls
from tracelot.operations.lettering import KIND
from tracelot.operations.outbox import Worker
from tracelot.operations.working import writing
from tracelot.records.consignees import RecallNotice
from tracelot.records.contacts import Contact, NewContact
from tracelot.records.database import connect
from tracelot.records.events import Event, Line, Posting
from tracelot.records.sights import EVERYTHING
from tracelot.records.tenancy import ScopedSession
from tracelot.rules.ids import new_id
from tracelot.rules.places import contact_end, facility_place, lane_place
from tracelot.settings import Settings
from tracelot.web.notice_mail import letter_handlers, postman
from world import VisitAs, World, visits

LINK = re.compile(r"/n/([A-Za-z0-9_-]+)")


def sold(maker: Firm, quantity: int = 1000) -> UUID:
    """A product with one batch of so many cases, none of it shipped yet."""
    product = maker.makes("paste", spec="500 g")
    maker.does("produce", outputs=[output(product, "X1", quantity, "case")])
    return product


def new_contact(maker: Firm, name: str, **given: Any) -> UUID:
    with maker.visit_as(maker.name) as visit:
        return contacts.add_contact(visit, NewContact.model_validate({"name": name} | given)).id


def ship(maker: Firm, batch: UUID, quantity: int, **to: Any) -> UUID:
    told = {name: str(value) for name, value in to.items()}
    return maker.does("ship", to=told, lines=[goods(batch, quantity, "case")]).id


def recalled(visit_as: VisitAs, product: UUID, *codes: str, who: str = "quality", **given: Any) -> UUID:
    with visit_as(who) as visit:
        recall = recalls.open_recall(visit, new_recall(product, *(codes or ("X1",)), **given))
        return recalls.publish_recall(visit, recall.id).id


def notices_of(engine: Engine, recall_id: UUID) -> dict[str, RecallNotice]:
    return {row.name: row for row in all_rows(engine, RecallNotice, recall_id=recall_id)}


def ship_to_many(engine: Engine, maker: Firm, product: UUID, count: int) -> None:
    """As the books stand after so many shipments, written in bulk."""
    batch, here, now = maker.batch("paste"), facility_place(maker.facility_id), datetime.now(UTC)
    with writing(engine) as connection, ScopedSession(connection, EVERYTHING) as kernel:
        whole = kernel.exec(select(Event).where(Event.act == "produce")).first()
        postings = kernel.exec(select(Posting).where(Posting.batch_id == batch)).all()
        line = kernel.exec(select(Line)).first()
        assert whole is not None
        assert line is not None
        for number in range(count):
            contact = Contact(id=new_id(), party_id=maker.party_id, name=f"店{number}", email=f"{number}@shop.example",
                              origin_hash="", recorded_at=now, recorded_by=None)  # fmt: skip
            event = Event(**whole.model_dump() | {"id": new_id(), "act": "ship", "seq": 10_000 + number})
            lane = lane_place(here, contact_end(contact.id))
            moved = {"id": new_id(), "event_id": event.id, "record_id": event.id, "act": "ship", "quantity": 1,
                     "base_quantity": 1}  # fmt: skip
            kernel.add_all([contact, event])
            kernel.flush() if number % 1000 == 0 else None
            kernel.add_all([
                Line(**line.model_dump() | {"event_id": event.id}),
                Posting(**postings[0].model_dump() | moved | {"side": "take", "place": here}),
                Posting(**postings[0].model_dump() | moved | {"id": new_id(), "side": "put", "place": lane}),
            ])  # fmt: skip
        kernel.flush()


class Postbox:
    """An SMTP server that keeps what arrives, and answers as it is told to by what stands in `replies`.

    A reply is a line of SMTP, or `stall` (it never answers), `cut` (it hangs up without an answer).
    """

    def __init__(self) -> None:
        self.port = free_port()
        self.mails: list[Message] = []
        self.replies: list[str] = []
        self.refused: dict[str, str] = {}
        self.on_mail: Callable[[Message], None] = lambda _mail: None

    async def handle_RCPT(  # noqa: N802
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: Sequence[str]
    ) -> str:
        if address in self.refused:
            return self.refused[address]
        envelope.rcpt_tos.append(address)
        return "250 known"

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        assert isinstance(envelope.content, bytes)
        mail = message_from_bytes(envelope.content, policy=policy)
        letter = "shop.example" in str(mail["To"])  # and none to the offices
        reply = self.replies.pop(0) if self.replies and letter else "250 kept"
        if reply.startswith(("250", "stall", "cut")):
            self.mails.append(mail)
        self.on_mail(mail)
        if reply == "stall":
            await asyncio.sleep(3600)
        if reply == "cut":
            transport: Any = server.transport
            transport.abort()
            await asyncio.sleep(0)
        return reply

    @property
    def ids(self) -> Counter[str]:
        return Counter(str(mail["Message-ID"]) for mail in self.mails if "shop.example" in str(mail["To"]))

    def to(self, address: str) -> list[Message]:
        return [mail for mail in self.mails if str(mail["To"]) == address]

    def secrets_of(self, address: str) -> list[str]:
        return [LINK.findall(text_of(mail))[0] for mail in self.to(address)]

    @property
    def settings(self) -> Settings:
        return Settings(
            smtp_host="127.0.0.1", smtp_port=self.port, smtp_tls="none", mail_from="trace@example.org"
        )


def text_of(mail: Any) -> str:
    return str(mail.get_content())


@contextmanager
def open_postbox() -> Iterator[Postbox]:
    box = Postbox()
    server = Controller(box, hostname="127.0.0.1", port=box.port)
    server.start()
    try:
        yield box
    finally:
        server.stop()


def deaf_port() -> tuple[socket.socket, int]:
    """A port on which somebody listens and never says a word."""
    listener = socket.create_server(("127.0.0.1", 0))
    return listener, int(listener.getsockname()[1])


def deliver(engine: Engine, settings: Settings) -> int:
    """Do all that is due; says how many tasks were tried."""
    workers, tried = (Worker(engine, letter_handlers(settings), but=(KIND,)), postman(engine, settings)), 0
    while done := sum(worker.drain() for worker in workers):
        tried += done
    return tried


def told_to_two(url: str, world: World) -> dict[str, Any]:
    """Recalled paste, of which a shop without an account got 60 cases and Guhuai 40; the shop has its letter."""
    engine = connect(url)
    visit_as = visits(engine, world)
    maker = firm(visit_as, world, "zhenyang")
    product = sold(maker)
    shop = new_contact(maker, "甲店", email="a@shop.example", region_code="411724")
    ship(maker, maker.batch("paste"), 60, contact_id=shop)
    ship(maker, maker.batch("paste"), 40, party_id=world.parties["guhuai"])
    recall = recalled(visit_as, product)
    with open_postbox() as postbox:
        deliver(engine, postbox.settings)
        (secret,) = postbox.secrets_of("a@shop.example")
    engine.dispose()
    return {"products": maker.products, "recall": recall, "link": f"/n/{secret}"}
