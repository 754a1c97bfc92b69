"""What was done to a record, as people read it: who, when, why, and what it changed from and to."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from tracelot.records.journal import JournalEntry
from tracelot.records.signatures import SIGNED, hash_of
from tracelot.web.wording import N_

ACTS = {
    "batch.registered": N_("Registered"),
    "batch.released": N_("Released"),
    "batch.held": N_("Put on hold"),
    "batch.corrected": N_("Corrected"),
    "batch.voided": N_("Declared void"),
    "batch.hold-lifted": N_("Hold lifted: a re-test overturned what was found"),
    "batch.recalled": N_("Recalled"),
    "batch.hold-undone": N_("Hold lifted: the import that brought the report was undone"),
    "batch.recall-withdrawn": N_("Recalled no longer: the recall was withdrawn"),
    "batch.spared": N_("Taken out of the recall; on hold until it is released"),
    "batch.exhausted": N_("Used up"),
    "batch.refilled": N_("In stock again"),
    "shipment.sent": N_("Sent"),
    "shipment.announced": N_("Announced by the sender"),
    "shipment.received": N_("Received as sent"),
    "shipment.discrepancy": N_("Received with a difference"),
    "shipment.settled": N_("Difference settled"),
    "shipment.rejected": N_("Sent back"),
    "shipment.withdrawn": N_("Withdrawn by the sender"),
    "shipment.in-transit": N_("On the way again: the receipt was void"),
    "recall.opened": N_("Draft opened"),
    "recall.changed": N_("Draft changed"),
    "recall.published": N_("Made public"),
    "recall.drill-begun": N_("Drill begun"),
    "recall.widened": N_("Widened to a batch registered since"),
    "recall.left-out": N_("Batches left out"),
    "recall.taken-in": N_("Batches taken in"),
    "recall.scope-widened": N_("Widened to further batches"),
    "recall.scope-narrowed": N_("Batches taken out of the recall"),
    "recall.cancelled": N_("Draft cancelled"),
    "recall.withdrawn": N_("Withdrawn"),
    "recall.regraded": N_("Level changed"),
    "recall.told-again": N_("All who were told are told again"),
    "recall.clock-begun": N_("A time limit began"),
    "recall.clock-met": N_("A time limit was met"),
    "recall.extension-asked": N_("More time asked for"),
    "recall.extended": N_("More time granted"),
    "recall.extension-refused": N_("More time refused"),
    "recall.told": N_("Consignees told"),
    "recall.reminded": N_("Those reminded who have not answered"),
    "recall.ordered": N_("Ordered by an office"),
    "recall.moved": N_("Next step taken"),
    "recall.plan-kept": N_("Plan written on"),
    "recall.planned": N_("Plan handed in"),
    "recall.reported": N_("Report handed in"),
    "recall.acted": N_("Act of an office"),
}
FIELDS = {
    "printed_text": N_("Text on the package"),
    "production_date": N_("Production date"),
    "production_line": N_("Production line"),
    "expiry_date": N_("Expiry date"),
    "kind": N_("Kind"),
    "origin_region_code": N_("Origin"),
    "certificate_no": N_("Certificate number"),
    "quantity": N_("Quantity"),
    "unit": N_("Unit"),
    "facility_id": N_("Facility"),
    "level": N_("Level"),
    "reason_code": N_("Cause"),
    "source_of_knowledge": N_("How it became known"),
    "knowledge_at": N_("Known since"),
    "start_due": N_("To be started by"),
    "tells_outside": N_("In a drill, customers are told too"),
    "planned_end": N_("By when you plan to be done"),
    "reason_zh": N_("Reason, in Chinese"),
    "reason_en": N_("Reason, in English"),
    "harm_zh": N_("Danger, in Chinese"),
    "harm_en": N_("Danger, in English"),
    "remedy_zh": N_("What to do, in Chinese"),
    "remedy_en": N_("What to do, in English"),
    "contact": N_("Contact"),
    "contact_hours": N_("Hours of the contact"),
}


@dataclass(frozen=True)
class Change:
    field: str
    label: str
    old: Any
    new: Any


@dataclass(frozen=True)
class Signed:
    """The signature under an entry: by whom, with which meaning, shown by which factors."""

    who: str
    meaning: tuple[str, str]
    factors: Sequence[str]


@dataclass(frozen=True)
class Deed:
    """One entry of the journal. `who` is empty where it was not one of the party's own people."""

    what: str
    when: datetime
    who: str
    reason: str | None
    changes: Sequence[Change]
    signatures: list[Signed] = field(default_factory=list)


def deeds(
    entries: Sequence[JournalEntry], names: Mapping[UUID, str], gettext: Callable[[str], str]
) -> list[Deed]:
    """The entries on one record, oldest first."""
    told: list[Deed] = []
    by_hash: dict[str, Deed] = {}
    before: dict[str, Any] = {}
    for entry in entries:
        record = json.loads(entry.record or "{}")  # what was forgotten
        who = names.get(entry.actor_id, "") if entry.actor_id else ""
        if entry.act == SIGNED:
            meaning = (record["meaning_zh"], record["meaning_en"])
            by_hash[record["record_hash"]].signatures.append(Signed(who, meaning, record["factors"]))
            continue
        changes = _changes(before, record, gettext) if before else []
        what = gettext(ACTS.get(entry.act, entry.act))
        told.append(Deed(what, entry.recorded_at, who, entry.reason, changes))
        by_hash[hash_of(entry.record)] = told[-1]
        before = {**before, **record}  # what is only noted of a recall says nothing of its fields
    return told


def _changes(old: Mapping[str, Any], new: Mapping[str, Any], gettext: Callable[[str], str]) -> list[Change]:
    return [
        Change(field, gettext(label), was, now)
        for field, label in FIELDS.items()
        if field in new and (was := _read(field, old.get(field))) != (now := _read(field, new[field]))
    ]


def _read(field: str, value: Any) -> Any:
    return datetime.fromisoformat(value) if field in ("knowledge_at", "start_due") and value else value
