"""How a recall goes from stage to stage: held, moved, and told to whoever follows its changes."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy.orm import object_session
from sqlalchemy.orm.attributes import flag_modified
from sqlmodel import select

from tracelot.operations.changing import demand_version
from tracelot.operations.clocks import begin_clock, clock_met
from tracelot.operations.parties import demand_division
from tracelot.operations.recallable import nameable
from tracelot.operations.recalling import tell_change
from tracelot.operations.visit import Visit
from tracelot.records.batches import Batch
from tracelot.records.locking import HELD
from tracelot.records.products import lock_products
from tracelot.records.reaches import regions_reached
from tracelot.records.recalls import NewRange, Recall, RecallRange, list_recall_batches, list_recall_ranges
from tracelot.records.scopes import list_scope_lines, list_scopes
from tracelot.rules.recall_law import ClockKind
from tracelot.rules.recalls import DRILL, Range
from tracelot.rules.refusals import Conflict, Stale, Unknown
from tracelot.rules.retention import later, recall_kept
from tracelot.rules.stages import Step, after
from tracelot.rules.supervising import counties_of

# What a step does to the time limits: which of them it meets, and which begins with it.
CLOCKS_OF: dict[Step, tuple[ClockKind, ClockKind | None]] = {
    "start": ("start", None),
    "complete": ("complete", "report"),
    "report": ("report", None),
}


def hold_products(visit: Visit, recall_id: UUID) -> set[UUID]:
    """Let nobody else publish or register meanwhile what this recall names: both ask which recalls stand.

    Products are held before their recalls: whoever registers a batch holds its product, and then the recall it joins.
    """
    products = _products_of(visit, recall_id)
    lock_products(visit.kernel(), products)
    return products


def _products_of(visit: Visit, recall_id: UUID) -> set[UUID]:
    return set(visit.kernel().exec(select(RecallRange.product_id).where(RecallRange.recall_id == recall_id)))


def demand_held(visit: Visit, recall_id: UUID, held: set[UUID]) -> None:
    """Refuse a step where the recall got products meanwhile that nobody holds."""
    if _products_of(visit, recall_id) - held:
        raise Stale("changed-meanwhile", "The record changed after you read it.")


def hold_recall(visit: Visit, recall_id: UUID, version: int | None) -> Recall:
    """A recall that the actor's sight holds, to be written by an office; kept from everybody else until the commit."""
    if visit.session.get(Recall, recall_id) is None:
        raise Unknown("unknown-recall", "No such recall.")
    recall = visit.kernel().get_one(Recall, recall_id, with_for_update=HELD, populate_existing=True)
    demand_version(recall, version)
    return recall


def hold_own(visit: Visit, recall_id: UUID, version: int | None) -> Recall:
    """A recall of the actor's own party, kept from everybody else until the commit."""
    recall = visit.session.get(Recall, recall_id, with_for_update=HELD, populate_existing=True)
    if recall is None or recall.party_id != visit.actor.party_id:
        raise Unknown("unknown-recall", "No such recall.")
    demand_version(recall, version)
    return recall


def keep_move(
    visit: Visit, recall: Recall, act: str, *, reason: str | None = None, public: bool = False, **facts: Any
) -> None:
    """Keep what changed: a new version, a place in the public feed where everybody sees it, and the journal's entry."""
    flag_modified(recall, "state")  # a version stands for the papers too, which have rows of their own
    recall.retain_until = later(recall.retain_until, recall_kept(visit.today).until)
    if public and recall.published_at is not None:
        tell_change(visit, recall)
    session = object_session(recall)
    assert session is not None
    session.flush()
    visit.record(act, recall, party_id=recall.party_id, reason=reason, **facts)


def take_step(visit: Visit, recall: Recall, step: Step, reason: str | None = None) -> None:
    before = recall.stage
    recall.stage = after(recall.stage, step)
    if step == "start":
        recall.started_at = visit.now
    if step == "close":
        recall.closed_at = visit.now
    if step in CLOCKS_OF:
        met, begun = CLOCKS_OF[step]
        clock_met(visit, recall, met)
        if begun:
            begin_clock(visit, recall, begun)
    keep_move(visit, recall, "recall.moved", reason=reason, public=True, step=step, before=before)


def begin_recovery(visit: Visit, recall: Recall) -> None:
    """Publication takes the recall there; whoever did not say before that it began says so now."""
    recall.stage = after(recall.stage, "publish")
    for code in recall.area_codes:
        demand_division(visit, code, "area_codes")
    recall.area_codes = recall.area_codes or counties_of(regions_reached(visit.kernel(), recall.id))
    recall.starts_on = recall.starts_on or visit.today
    recall.ends_on = recall.ends_on or recall.planned_end
    recall.started_at = recall.started_at or visit.now


def demand_cancellable(recall: Recall) -> None:
    if recall.mode == "ordered":
        raise Conflict("recall-ordered", "An office ordered this recall: the firm cannot drop it.")


@contextmanager
def keeping_order(visit: Visit, recall: Recall) -> Iterator[None]:
    """What an office ordered may be made graver and wider by the firm, and nothing of it taken back."""
    before, kind, ordered = recall.level, recall.kind, recall.mode == "ordered"
    known, law, cause = recall.knowledge_at, recall.jurisdiction, recall.seller_cause
    named = _named(visit, recall) if ordered else set()
    dated = _dated(visit, recall) if ordered else []
    yield
    if recall.told_at is not None and DRILL in (kind, recall.kind) and kind != recall.kind:
        raise Conflict("no-drill-any-more", "An office knows of this recall: it is no drill.")
    if ordered and (
        recall.level > before
        or recall.kind != kind
        or recall.knowledge_at > known  # its time limits run from there
        or (recall.jurisdiction, recall.seller_cause) != (law, cause)
        or named - _named(visit, recall)
        or not all(any(_holds(new, old) for new in _dated(visit, recall)) for old in dated)
    ):
        raise _ordered_so()


def _ordered_so() -> Conflict:
    return Conflict(
        "recall-ordered-so",
        "An office ordered this level and these batches: add to them, take nothing away.",
    )


def demand_unordered(visit: Visit, recall: Recall, batches: Collection[UUID]) -> None:
    """Refuse to spare a batch that the order named: in the first version of the scope, or by its dates."""
    versions = list_scopes(visit.session, recall.id) if recall.mode == "ordered" else []
    if not versions:
        return
    lines = list_scope_lines(visit.session, recall.id, versions[0].version)
    named = {line.batch_id for line in lines if line.verdict == "chosen"}
    asked = [NewRange.model_validate(one) for one in versions[0].question.get("ranges", ())]
    if named & set(batches):
        raise _ordered_so()
    for batch, _ in nameable(visit, recall, map(str, batches)).values():  # of others' goods no more is told
        if any(_covers(one, batch) for one in asked if not one.by_code):
            raise _ordered_so()


def _covers(asked: NewRange, batch: Batch) -> bool:
    return asked.product_id == batch.product_id and Range(asked.made_from, asked.made_to).holds(
        batch.production_date
    )


def _named(visit: Visit, recall: Recall) -> set[UUID]:
    return {line.batch_id for line in list_recall_batches(visit.session, [recall.id])}


Span = tuple[UUID, date, date]


def _dated(visit: Visit, recall: Recall) -> list[Span]:
    """The ranges of production dates."""
    return [
        (span.product_id, span.made_from or date.min, span.made_to or date.max)
        for span in list_recall_ranges(visit.session, recall.id)
        if not span.by_code
    ]


def _holds(new: Span, old: Span) -> bool:
    return new[0] == old[0] and new[1] <= old[1] and new[2] >= old[2]
