"""All that is a party's own, as one package: read in one snapshot, under that party's sight alone."""

from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import Engine
from sqlmodel import SQLModel, col, select

import tracelot.formats
from tracelot.formats.packing import pack
from tracelot.formats.spreadsheets import Cell, csv_lines
from tracelot.operations.visit import SECRETS, Visit
from tracelot.records.accounts import Account, ApiKey, SignInSession
from tracelot.records.batches import Batch
from tracelot.records.books import BookSetting
from tracelot.records.captures import CapturedEmptying, CapturedEvent, CapturedGoods
from tracelot.records.clocks import ClockExtension, RecallClock
from tracelot.records.consignees import (
    RecallAnswer,
    RecallAnswerLine,
    RecallLetter,
    RecallNotice,
    RecallNoticeLine,
    RecallPhoto,
)
from tracelot.records.contacts import Contact
from tracelot.records.database import snapshot
from tracelot.records.effectiveness import Disposal, EffectivenessCheck, EffectivenessSample
from tracelot.records.events import Event, EventVoid, Line, Posting, Sighting
from tracelot.records.facilities import Facility
from tracelot.records.following import Notification, NotificationChoice, SavedSearch, Webhook, WebhookDelivery
from tracelot.records.holding import HoldRequest
from tracelot.records.imports import Import, ImportPart
from tracelot.records.inspections import Finding, Inspection, InspectionFile
from tracelot.records.journal import JournalEntry
from tracelot.records.laboratories import LabScope
from tracelot.records.parties import Party
from tracelot.records.personal import PersonalValue
from tracelot.records.proceedings import RecallPlan, RecallReport, RegulatorAction
from tracelot.records.products import Product, ProductUnit
from tracelot.records.recalls import Recall, RecallBatch, RecallRange
from tracelot.records.responsible import Responsible
from tracelot.records.retained import RetainedSample
from tracelot.records.sampling_papers import SamplingCase, SamplingClock, SamplingPaper, SamplingResult
from tracelot.records.sampling_plans import SamplingCandidate, SamplingPlan, SamplingTask
from tracelot.records.samplings import Sampling, SamplingPhoto
from tracelot.records.scopes import RecallScope, RecallScopeLine
from tracelot.records.security import SecurityEvent
from tracelot.records.shipments import Shipment, ShipmentLine
from tracelot.records.sights import Sight
from tracelot.records.signatures import Signature
from tracelot.records.tenancy import ScopedSession
from tracelot.records.tips import Tip, TipNote, TipPhoto, TipShare
from tracelot.records.units import LogisticUnit, UnitStop
from tracelot.rules.refusals import Unknown

READMES = Path(tracelot.formats.__file__).parent / "leaving"
FORMAT = 1
EACH = 500


@dataclass(frozen=True)
class Noun:
    """A table of the package: the column that says whose a row is, and the columns of its spreadsheet."""

    name: str
    model: type[SQLModel]
    owner: str = "party_id"
    columns: tuple[str, ...] = ()


NOUNS = (
    Noun("party", Party, "id"),
    Noun("people", Account),
    Noun("keys", ApiKey),
    Noun(
        "facilities",
        Facility,
        columns=(
            "id",
            "name_zh",
            "name_en",
            "kind",
            "code",
            "gln",
            "address_zh",
            "region_code",
            "phone",
            "closed",
            "recorded_at",
        ),
    ),
    Noun(
        "products",
        Product,
        columns=(
            "id",
            "name_zh",
            "name_en",
            "gtin",
            "own_code",
            "brand",
            "spec",
            "category",
            "shelf_life",
            "shelf_life_unit",
            "storage",
            "recorded_at",
        ),
    ),
    Noun(
        "batches",
        Batch,
        columns=(
            "id",
            "product_id",
            "code",
            "printed_text",
            "production_date",
            "expiry_date",
            "status",
            "status_reason",
            "released_at",
            "quantity",
            "unit",
            "facility_id",
            "short_code",
            "retain_until",
            "recorded_at",
        ),
    ),
    Noun("events", Event),
    Noun("lines", Line),
    Noun("postings", Posting),
    Noun("voids", EventVoid),
    Noun("sightings", Sighting),
    Noun("units", LogisticUnit),
    Noun("stops", UnitStop),
    Noun("captured_events", CapturedEvent),
    Noun("captured_emptyings", CapturedEmptying),
    Noun("captured_goods", CapturedGoods),
    Noun("product_units", ProductUnit),
    Noun("inspections", Inspection),
    Noun("findings", Finding),
    Noun("inspection_files", InspectionFile),
    Noun("retained_samples", RetainedSample),
    Noun("hold_requests", HoldRequest),
    Noun("hold_requests_received", HoldRequest, "to_party_id"),
    Noun("laboratory_scopes", LabScope),
    Noun("contacts", Contact),
    Noun("shipments", Shipment),
    Noun("shipments_received", Shipment, "to_party_id"),
    Noun("shipment_lines", ShipmentLine),
    Noun("book_settings", BookSetting),
    Noun(
        "recalls",
        Recall,
        columns=(
            "id",
            "code",
            "level",
            "kind",
            "state",
            "reason_code",
            "reason_zh",
            "reason_en",
            "published_at",
            "cancelled_reason",
            "withdrawn_at",
            "withdrawn_reason",
            "overturned_by",
            "first_level",
            "regraded_at",
            "regrade_reason",
            "retain_until",
            "recorded_at",
        ),
    ),
    Noun("recall_ranges", RecallRange),
    Noun("recall_batches", RecallBatch),
    Noun("recall_clocks", RecallClock),
    Noun("clock_extensions", ClockExtension),
    Noun("recall_scopes", RecallScope),
    Noun("recall_scope_lines", RecallScopeLine),
    Noun("recall_notices", RecallNotice),
    Noun("recall_notices_received", RecallNotice, "to_party_id"),
    Noun("recall_notice_lines", RecallNoticeLine),
    Noun("recall_letters", RecallLetter),
    Noun("recall_answers", RecallAnswer),
    Noun("recall_answer_lines", RecallAnswerLine),
    Noun("recall_photos", RecallPhoto),
    Noun("effectiveness_samples", EffectivenessSample),
    Noun("effectiveness_checks", EffectivenessCheck),
    Noun("disposals", Disposal),
    Noun("recall_plans", RecallPlan),
    Noun("recall_reports", RecallReport),
    Noun("regulator_actions", RegulatorAction),
    Noun("regulator_actions_done", RegulatorAction, "office_id"),
    Noun("tips", Tip),
    Noun("tip_notes", TipNote),
    Noun("tip_photos", TipPhoto),
    Noun("complaints", TipShare),
    Noun("complaints_told", TipShare, "office_id"),
    Noun("duties", Responsible),
    Noun("sampling_plans", SamplingPlan),
    Noun("sampling_candidates", SamplingCandidate),
    Noun("sampling_tasks", SamplingTask),
    Noun("samplings", Sampling),
    Noun("sampling_photos", SamplingPhoto),
    Noun("sampling_papers", SamplingPaper),
    Noun("sampling_papers_received", SamplingPaper, "to_party_id"),
    Noun("sampling_papers_written", SamplingPaper, "by_party_id"),
    Noun("sampling_clocks", SamplingClock),
    Noun("sampling_cases", SamplingCase),
    Noun("sampling_results", SamplingResult),
    Noun("imports", Import),
    Noun("import_parts", ImportPart),
    Noun("journal", JournalEntry),
    Noun("personal", PersonalValue),
    Noun("signatures", Signature),
    Noun("security", SecurityEvent),
    Noun("saved_searches", SavedSearch),
    Noun("notification_choices", NotificationChoice),
    Noun("notifications", Notification),
    Noun("webhooks", Webhook),
    Noun("webhook_deliveries", WebhookDelivery),
)


def remember_export(visit: Visit) -> UUID:
    """Note that somebody takes all data of their party away; committed before the first byte leaves."""
    visit.demand("data.export")
    if visit.actor.party_id is None:
        raise Unknown("unknown-party", "This account belongs to no party.")
    visit.note("data.exported", visit.actor.party_id, visit.actor.party_id, {"format": FORMAT})
    return visit.actor.party_id


def remember_export_of(visit: Visit, party_id: UUID) -> None:
    """The same by whoever holds the store, for a party that cannot sign in any more."""
    visit.demand("keeping.purge")
    if visit.kernel().get(Party, party_id) is None:
        raise Unknown("unknown-party", "No such party.")
    visit.note("data.exported", party_id, party_id, {"format": FORMAT, "by": "store"})


def export_party(engine: Engine, party_id: UUID, now: datetime) -> Generator[bytes]:
    """The package, piece by piece. What is written meanwhile is not in it."""
    with snapshot(engine) as connection, ScopedSession(connection, Sight(party_id=party_id)) as session:
        yield from pack(_files(session, party_id), now, {"format": FORMAT, "party_id": str(party_id)})


def _files(session: ScopedSession, party_id: UUID) -> Iterator[tuple[str, Iterable[bytes]]]:
    for language in ("zh", "en"):
        name = f"README.{language}.md"
        yield name, [(READMES / name).read_bytes()]
    for noun in NOUNS:
        yield f"{noun.name}.jsonl", _lines(_rows(session, noun, party_id))
        if noun.columns:
            cells = (
                [_cell(getattr(row, name)) for name in noun.columns] for row in _rows(session, noun, party_id)
            )
            yield f"{noun.name}.csv", csv_lines(noun.columns, cells)
    yield "sessions.jsonl", _lines(_sessions(session, party_id))


def _rows(session: ScopedSession, noun: Noun, party_id: UUID) -> Iterator[SQLModel]:
    owner: Any = getattr(noun.model, noun.owner)
    query = select(noun.model).where(owner == party_id)
    if noun.model is JournalEntry:
        query = query.order_by(col(JournalEntry.bucket), col(JournalEntry.seq))
    return iter(session.exec(query.execution_options(yield_per=EACH)))


def _sessions(session: ScopedSession, party_id: UUID) -> Iterator[SQLModel]:
    query = select(SignInSession).where(SignInSession.account_id == Account.id, Account.party_id == party_id)
    return iter(session.exec(query.execution_options(yield_per=EACH)))


def _lines(rows: Iterable[SQLModel]) -> Iterator[bytes]:
    """Records as JSON, one a line, without secrets."""
    for row in rows:
        yield row.model_dump_json(exclude=set(SECRETS)).encode() + b"\n"


def _cell(value: Any) -> Cell:
    return str(value) if isinstance(value, UUID | bool) else value
