"""The store of the market as it is, read in plain SQL: recalls, their scopes, the journal and who was told."""

import json
from collections.abc import Mapping
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Connection, Engine


class Row(NamedTuple):
    """What of a recall every act must leave as it was, or change by the order of the law."""

    version: int
    stage: str
    state: str
    published: bool
    closed: bool


class Entry(NamedTuple):
    act: str
    subject: UUID
    actor: UUID | None
    recorded: str
    seq: int


class Notice(NamedTuple):
    id: UUID
    recall: UUID
    end: str
    tier: int
    source: UUID | None
    state: str
    silent: bool


def uuid(value: Any) -> UUID:
    return value if isinstance(value, UUID) else UUID(str(value))


def maybe(value: Any) -> UUID | None:
    return None if value is None else uuid(value)


def rows(connection: Connection, query: str) -> list[Any]:
    return list(connection.exec_driver_sql(query).all())


class Kept(NamedTuple):
    """All of it at one moment."""

    recalls: Mapping[UUID, Row]
    named: Mapping[UUID, set[UUID]]
    journal: Mapping[UUID, Entry]


def kept(engine: Engine) -> Kept:
    with engine.connect() as connection:
        recalls = {
            uuid(id_): Row(version, stage, state, published is not None, closed is not None)
            for id_, version, stage, state, published, closed in rows(
                connection, "SELECT id, version, stage, state, published_at, closed_at FROM recall"
            )
        }
        named: dict[UUID, set[UUID]] = {id_: set() for id_ in recalls}
        for recall, batch in rows(connection, "SELECT recall_id, batch_id FROM recallbatch"):
            named[uuid(recall)].add(uuid(batch))
        found = rows(connection, "SELECT id, act, subject_id, actor_id, recorded_at, seq FROM journalentry")
        journal = {
            uuid(id_): Entry(act, uuid(subject), maybe(actor), str(moment), seq)
            for id_, act, subject, actor, moment, seq in found
        }
    return Kept(recalls, named, journal)


def last_told(engine: Engine, recall: UUID) -> dict[str, Any]:
    """What the journal says last of a recall's row. A note tells no version."""
    with engine.connect() as connection:
        found = rows(connection, "SELECT subject_id, act, record, recorded_at, seq FROM journalentry")
    told = [
        (str(moment), seq, json.loads(record))
        for subject, act, record, moment, seq in found
        if act.startswith("recall.") and uuid(subject) == recall
    ]
    versions = [record for _, _, record in told if "version" in record]
    return dict(max(versions, key=lambda record: int(record["version"])))


def rows_but_of(engine: Engine, party: UUID) -> dict[str, list[str]]:
    """Goods, acts and recalls of everybody but one party, whole rows of them."""
    found = {}
    with engine.connect() as connection:
        for table in (
            "batch",
            "product",
            "event",
            "posting",
            "shipment",
            "recall",
            "recallbatch",
            "recall_scope",
        ):
            told = rows(connection, f"SELECT party_id, t.* FROM {table} t")  # noqa: S608
            found[table] = sorted(str(row) for row in told if uuid(row[0]) != party)
    return found


def notices(engine: Engine) -> list[Notice]:
    query = "SELECT id, recall_id, to_party_id, to_contact_id, tier, from_party_id, state, silent FROM recallnotice"
    with engine.connect() as connection:
        return [
            Notice(uuid(id_), uuid(recall), f"party:{uuid(party)}" if party else f"contact:{uuid(contact)}",
                   tier, maybe(source), state, bool(silent))
            for id_, recall, party, contact, tier, source, state, silent in rows(connection, query)
        ]  # fmt: skip


def notice_goods(engine: Engine) -> dict[UUID, dict[UUID, int | None]]:
    """What each notice names, in whole units; the store keeps millionths."""
    found: dict[UUID, dict[UUID, int | None]] = {}
    with engine.connect() as connection:
        for notice, batch, amount in rows(
            connection, "SELECT notice_id, batch_id, quantity FROM recallnoticeline"
        ):
            whole = None if amount is None else round(int(amount) / 1_000_000)
            found.setdefault(uuid(notice), {})[uuid(batch)] = whole
    return found


def links(engine: Engine) -> dict[str, UUID]:
    """The secrets of the links that letters bring, as the outbox has them until they are sent, with the notices."""
    found: dict[str, UUID] = {}
    with engine.connect() as connection:
        about = {
            uuid(id_): uuid(notice)
            for id_, notice in rows(connection, "SELECT id, notice_id FROM recallletter")
        }
        for (payload,) in rows(
            connection, "SELECT payload FROM task WHERE kind = 'notice-letter' ORDER BY id"
        ):
            told = payload if isinstance(payload, dict) else json.loads(payload)
            if "/n/" in told["link"]:
                found[told["link"].rpartition("/")[2]] = about[UUID(told["letter_id"])]
    return found
