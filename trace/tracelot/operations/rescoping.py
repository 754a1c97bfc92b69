"""How a firm decides about its recall's scope: leave out and take in on a draft, widen and narrow what is published."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from uuid import UUID

from sqlalchemy.orm.attributes import flag_modified
from sqlmodel import col, select

from tracelot.operations.advancing import demand_unordered
from tracelot.operations.changing import demand_version
from tracelot.operations.joining import take_in as recall_at_once
from tracelot.operations.reaching import tell_consignees
from tracelot.operations.recallable import nameable
from tracelot.operations.recalling import date_line, index_recall, move_batch, recall_line, tell_change
from tracelot.operations.scope_of_recall import Plan, Step, plan_of, settle
from tracelot.operations.selecting import add_range
from tracelot.operations.visit import Visit
from tracelot.records.batches import Batch
from tracelot.records.locking import HELD
from tracelot.records.products import Product, lock_products
from tracelot.records.recalls import (
    Recall,
    list_recall_batches,
    list_recall_ranges,
    list_recalls_of,
)
from tracelot.records.scopes import ScopeChoice, list_scope_lines, newest_scope
from tracelot.rules.recalls import DRILL, RecallState, demand_state
from tracelot.rules.refusals import Conflict, Unknown, unfit
from tracelot.rules.stages import demand_open


def _own(visit: Visit, recall_id: UUID) -> Recall:
    recall = visit.session.get(Recall, recall_id)
    if recall is None or recall.party_id != visit.actor.party_id:
        raise Unknown("unknown-recall", "No such recall.")
    return recall


def _held(visit: Visit, recall_id: UUID, state: RecallState, version: int | None) -> Recall:
    """A recall of the own party, held until the commit."""
    recall = visit.session.get(Recall, recall_id, with_for_update=HELD, populate_existing=True)
    if recall is None or recall.party_id != visit.actor.party_id:
        raise Unknown("unknown-recall", "No such recall.")
    demand_version(recall, version)
    demand_state(recall.state, state)
    if newest_scope(visit.session, recall.id) is None:  # it was opened before scopes were kept
        settle(visit, recall, Step("published" if state == "published" else "opened"), plan_of(visit, recall))
    return recall


def leave_out(visit: Visit, recall_id: UUID, choice: ScopeChoice, version: int | None = None) -> Recall:
    """Batches of a draft are not recalled, for a reason; the trace goes on through them all the same."""
    visit.demand("recall.change")
    recall = _held(visit, recall_id, "draft", version)
    demand_unordered(visit, recall, choice.batch_ids)
    plan = plan_of(visit, recall)
    spared = {**plan.spared, **dict.fromkeys(choice.batch_ids, choice.reason)}
    return _choose(visit, recall, Step("left_out", choice.reason), replace(plan, spared=spared), choice)


def take_in(visit: Visit, recall_id: UUID, choice: ScopeChoice, version: int | None = None) -> Recall:
    """Batches of a draft that were left out, or that nobody had decided about, are recalled."""
    visit.demand("recall.change")
    recall = _held(visit, recall_id, "draft", version)
    plan = plan_of(visit, recall)
    spared = {id_: why for id_, why in plan.spared.items() if id_ not in choice.batch_ids}
    new = _add_lines(visit, recall, _nameable(visit, recall, choice.batch_ids))
    plan = Plan(plan.question, plan.named | _beyond(visit, recall, new), spared)
    return _choose(visit, recall, Step("taken_in", choice.reason), plan, choice)


def _choose(visit: Visit, recall: Recall, step: Step, plan: Plan, choice: ScopeChoice) -> Recall:
    settle(visit, recall, step, plan, strict=True)
    flag_modified(recall, "state")  # a version stands for the scope too, which has rows of its own
    visit.session.add(recall)
    visit.session.flush()
    index_recall(visit, recall)
    ids = [str(id_) for id_ in choice.batch_ids]
    told = f"recall.{step.act.replace('_', '-')}"
    visit.record(told, recall, party_id=recall.party_id, reason=choice.reason, batches=ids)
    return recall


def widen(visit: Visit, recall_id: UUID, choice: ScopeChoice, version: int | None = None) -> Recall:
    """A published recall takes in further batches that it may name, which are recalled at once."""
    visit.demand("recall.publish")
    batches = _nameable(visit, _own(visit, recall_id), choice.batch_ids)
    lock_products(visit.kernel(), [batch.product_id for batch in batches])
    recall = _held(visit, recall_id, "published", version)
    demand_open(recall.stage, recall.state)
    plan = plan_of(visit, recall)
    new = _add_lines(visit, recall, batches)
    if not new:
        raise Conflict("nothing-to-widen", "The recall names all of these batches already.")
    for batch in new:
        recall_at_once(visit, recall, batch)
    spared = {id_: why for id_, why in plan.spared.items() if id_ not in choice.batch_ids}
    named = plan.named | _beyond(visit, recall, new)
    settle(visit, recall, Step("widened", choice.reason), Plan(plan.question, named, spared))
    ids = [batch.id for batch in new]
    _tell(visit, recall, "recall.scope-widened", choice.reason, ids)
    tell_consignees(visit, recall, ids)
    return recall


def narrow(visit: Visit, recall_id: UUID, choice: ScopeChoice, version: int | None = None) -> Recall:
    """Batches leave a published recall, for a reason that everybody reads; they are on hold until they are released."""
    visit.demand("recall.publish")
    recall = _held(visit, recall_id, "published", version)
    named = {line.batch_id for line in list_recall_batches(visit.session, [recall.id])}
    if set(choice.batch_ids) - named:
        raise unfit("not-in-scope", "The scope holds no such batch of yours.", "batch_ids")
    if not named - set(choice.batch_ids):
        raise Conflict("nothing-left", "A published recall keeps at least one batch.")
    demand_unordered(visit, recall, choice.batch_ids)
    plan = plan_of(visit, recall)
    spared = {**plan.spared, **dict.fromkeys(choice.batch_ids, choice.reason)}
    settle(visit, recall, Step("narrowed", choice.reason), replace(plan, spared=spared), strict=True)
    for batch in _rows(visit, choice.batch_ids):
        if batch.status == "recalled" and not list_recalls_of(visit.session, batch.id):
            move_batch(visit, batch, "spare", choice.reason)
    tell_change(visit, recall)
    _tell(visit, recall, "recall.scope-narrowed", choice.reason, choice.batch_ids)
    return recall


def _beyond(visit: Visit, recall: Recall, batches: Sequence[Batch]) -> frozenset[str]:
    """The batches that the trace did not reach: from now on it begins at them too."""
    reached = {line.key for line in list_scope_lines(visit.session, recall.id)}
    return frozenset(str(batch.id) for batch in batches) - reached


def _nameable(visit: Visit, recall: Recall, ids: Iterable[UUID]) -> list[Batch]:
    """Batches that the recall may name: the firm's own, in a drill and a seller's recall what came; no others."""
    wanted = sorted(set(ids))
    found = nameable(visit, recall, map(str, wanted))
    if len(found) < len(wanted) and recall.kind == DRILL:
        raise unfit("not-held-batch", "A drill names batches that you made or that came to you.", "batch_ids")
    if len(found) < len(wanted) and recall.seller_cause is not None:
        raise unfit(
            "not-others-batch",
            "A seller's recall names batches of others that came to that seller.",
            "batch_ids",
        )
    if len(found) < len(wanted):
        raise unfit("not-own-batch", "A firm recalls only batches that it made itself.", "batch_ids")
    return [found[str(id_)][0] for id_ in wanted]


def _rows(visit: Visit, ids: Iterable[UUID]) -> list[Batch]:
    """Those that the firm made: of others' it changes none."""
    query = select(Batch).where(col(Batch.id).in_(sorted(ids))).order_by(col(Batch.id))
    return list(visit.session.exec(query).all())


def _add_lines(visit: Visit, recall: Recall, batches: Sequence[Batch]) -> list[Batch]:
    """Lines for the batches that the recall does not name yet, called as they are called today."""
    held = {line.batch_id for line in list_recall_batches(visit.session, [recall.id])}
    spans = {span.product_id for span in list_recall_ranges(visit.session, recall.id)}
    new = [batch for batch in batches if batch.id not in held]
    for batch in new:
        if batch.product_id not in spans:
            spans.add(batch.product_id)
            add_range(visit, recall, batch.product_id)
        line = recall_line(visit, recall, batch.product_id, batch.code, registered=True)
        date_line(line, batch)
        visit.session.add(line)
    visit.session.flush()
    _call(visit, recall)
    return new


def _call(visit: Visit, recall: Recall) -> None:
    """A range that was added is called as its product is called now; what was published before stays as it was."""
    for span in list_recall_ranges(visit.session, recall.id):
        if not span.product_name_zh:
            product = visit.kernel().get_one(Product, span.product_id)
            span.product_name_zh, span.product_name_en = product.name_zh, product.name_en
            span.spec = product.spec
            visit.session.add(span)
    visit.session.flush()


def _tell(visit: Visit, recall: Recall, act: str, reason: str, batches: Iterable[UUID]) -> None:
    index_recall(visit, recall)
    ids = sorted({str(one) for one in batches})
    visit.record(act, recall, party_id=recall.party_id, reason=reason, batches=ids)


ACTS: dict[str, Callable[[Visit, UUID, ScopeChoice, int | None], Recall]] = {
    "leave_out": leave_out,
    "take_in": take_in,
    "widen": widen,
    "narrow": narrow,
}
