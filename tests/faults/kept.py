"""What a store really holds, read row by row in plain SQL, and judged without any code of ours but its tables."""

import json
from collections import Counter, defaultdict
from hashlib import sha256
from typing import Any
from uuid import UUID

from sqlalchemy import create_engine, make_url

from faults.ledger import Act, Ledger

TABLES = ("batch", "shortcode", "event", "line", "posting", "recall", "recallrange", "recallbatch",
          "searchterm", "journalentry", "bucket", "keptanswer", "task", "signature", "recall_scope", "recallclock",
          "recallnotice", "recallnoticeline", "recallletter", "webhookdelivery")  # fmt: skip
Row = dict[str, Any]


def _plain(name: str, value: Any) -> Any:
    """Ids as one text on both databases."""
    is_id = value is not None and (name == "id" or name.endswith("_id")) and name != "message_id"
    return str(UUID(str(value))) if is_id and not isinstance(value, int) else value


class Kept:
    """Every row of the tables that the writers' acts reach."""

    def __init__(self, url: str) -> None:
        parsed = make_url(url)
        self.lite = parsed.get_backend_name() == "sqlite"
        driver = "sqlite" if self.lite else "postgresql+psycopg"
        module = {"module": __import__("pysqlite3")} if self.lite else {}
        engine = create_engine(parsed.set(drivername=driver), **module)
        with engine.connect() as connection:
            self.rows: dict[str, list[Row]] = {
                table: [
                    {name: _plain(name, value) for name, value in row.items()}
                    for row in connection.exec_driver_sql(f"SELECT * FROM {table}").mappings()  # noqa: S608
                ]
                for table in TABLES
            }
            self.broken = (
                [tuple(row) for row in connection.exec_driver_sql("PRAGMA foreign_key_check")]
                + [row[0] for row in connection.exec_driver_sql("PRAGMA integrity_check") if row[0] != "ok"]
                if self.lite
                else []
            )
        engine.dispose()
        self.journal = Counter((row["act"], row["subject_id"]) for row in self.rows["journalentry"])

    def by(self, table: str, column: str) -> dict[str, list[Row]]:
        found: dict[str, list[Row]] = defaultdict(list)
        for row in self.rows[table]:
            found[row[column]].append(row)
        return found


def faults(kept: Kept) -> list[str]:
    """What no store may ever hold: half of a record, a journal with a gap, an answer without its effect."""
    return [*torn(kept), *_half_batches(kept), *_half_recalls(kept)]


def torn(kept: Kept) -> list[str]:
    """What is wrong whatever was written."""
    return [
        *(f"broken: {one}" for one in kept.broken),
        *_journal(kept),
        *(
            f"empty answer {row['key']}"
            for row in kept.rows["keptanswer"]
            if not (row["status"] and row["body"])
        ),
    ]


def _half_batches(kept: Kept) -> list[str]:
    found = []
    codes, lines = Counter(row["batch_id"] for row in kept.rows["shortcode"]), kept.by("line", "event_id")
    postings, events = kept.by("posting", "event_id"), kept.by("posting", "batch_id")
    for batch in kept.rows["batch"]:
        whole = (
            kept.journal["batch.registered", batch["id"]],
            codes[batch["id"]],
            len(events.get(batch["id"], [])),
        )
        if whole != (1, 1, 0 if batch["quantity"] is None else 1):
            found.append(f"batch {batch['id']}: journal, short codes, postings {whole}")
    for event in kept.rows["event"]:
        of_event = (
            kept.journal["event.recorded", event["id"]],
            len(lines[event["id"]]),
            len(postings[event["id"]]),
        )
        if of_event != (1, 1, 1):
            found.append(f"event {event['id']}: journal, lines, postings {of_event}")
    return found


def _half_recalls(kept: Kept) -> list[str]:
    found = []
    ranges, named = kept.by("recallrange", "recall_id"), kept.by("recallbatch", "recall_id")
    terms = kept.by("searchterm", "subject_id")
    tasks = Counter(told["recall_id"] for told in map(payload, kept.rows["task"]) if "recall_id" in told)
    for recall in kept.rows["recall"]:
        id_, published = recall["id"], recall["state"] == "published"
        whole = (
            kept.journal["recall.opened", id_], kept.journal["recall.published", id_], tasks[id_] > 0,
            len(ranges[id_]) > 0, len(named[id_]) > 0, len(terms[id_]) > 0,
        )  # fmt: skip
        if whole != (1, published, published, True, True, True):
            found.append(f"recall {id_}: opened, published, tasks, ranges, batches, terms {whole}")
    return found


def payload(task: Row) -> Row:
    told = task["payload"]
    return dict(json.loads(told) if isinstance(told, str) else told)


def _head(entry: Row) -> str:
    names = ("id", "bucket", "seq", "party_id", "actor_id", "act", "subject_id", "reason")
    said = [str(UUID(entry[name])) if isinstance(entry[name], str) and name.endswith("id") else entry[name]
            for name in names]  # fmt: skip
    moment = str(entry["recorded_at"])[:19].replace(" ", "T")
    return json.dumps([*(str(one) if isinstance(one, UUID) else one for one in said), moment],
                      ensure_ascii=False, separators=(",", ":"))  # fmt: skip


def _journal(kept: Kept) -> list[str]:
    found = []
    numbers = defaultdict(list)
    for entry in kept.rows["journalentry"]:
        numbers[entry["bucket"]].append(entry["seq"])
        told = _head(entry) + entry["record"]
        if sha256(bytes.fromhex(entry["salt"]) + told.encode()).hexdigest() != entry["commitment"]:
            found.append(f"entry {entry['id']} does not keep to its commitment")
    for bucket in kept.rows["bucket"]:
        if sorted(numbers[bucket["id"]]) != list(range(1, bucket["seq"] + 1)):
            found += [f"bucket {bucket['id']} has gaps or doubles before {bucket['seq']}"]
    return found


def losses(kept: Kept, ledger: Ledger) -> list[str]:
    """What was acknowledged and is not there, exactly once."""
    sent = {(row["key"]): row for row in kept.rows["keptanswer"]}
    batches, recalls = kept.by("batch", "id"), kept.by("recall", "id")
    named = kept.by("recallbatch", "recall_id")
    found = []
    for act, answer in ledger.acked.values():
        told = json.loads(answer.body)
        rows = (batches if act.kind in ("batch", "release") else recalls)[told["id"]]
        there = len(rows) == 1 and _done(act, told, rows[0], kept, named)
        if not there or sent.get(act.key, {}).get("body", "").encode() != answer.body:
            found.append(f"{act.kind} {told['id']} was acknowledged and is not there as it was")
    return found


def _done(act: Act, told: Row, row: Row, kept: Kept, named: dict[str, list[Row]]) -> bool:
    match act.kind:
        case "batch":
            amount = act.said.get("quantity")
            millionths = None if amount is None else round(float(amount) * 1_000_000)
            return bool(row["code"] == act.said["code"] and row["quantity"] == millionths)
        case "release":
            return kept.journal["batch.released", told["id"]] == 1 and row["released_at"] is not None
        case "recall":
            return bool(row["id"] == act.said["id"] and row["code"] == told["code"])
        case "publish":
            wanted = {batch["batch_id"] for batch in told["batches"]}
            return row["state"] == "published" and wanted == {r["batch_id"] for r in named[row["id"]]}
        case _:
            raise AssertionError(act.kind)
