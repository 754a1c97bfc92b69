"""The scope of a recall: proposed by tracing, chosen, and frozen version by version.

A firm recalls the batches that it made; its drills may name whatever came to it, its recalls as a seller what came to
it of others. What the trace reaches beyond is another's to recall, or the matter of another recall, and named apart.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from tracelot.operations.reaching import tell_consignees
from tracelot.operations.recallable import demand_fit_goods, nameable
from tracelot.operations.recalling import freeze_notice, recall_line
from tracelot.operations.scope_lines import lines_of
from tracelot.operations.selecting import add_range, name_by_code, named_since, select_batches, set_ranges
from tracelot.operations.shipped import reach
from tracelot.operations.tracing import CERTAINTIES
from tracelot.operations.visit import Visit
from tracelot.records.batches import Batch
from tracelot.records.recalls import (
    NewRange,
    Recall,
    RecallBatch,
    RecallChange,
    list_recall_batches,
    list_recall_ranges,
)
from tracelot.records.scopes import (
    MissedBatch,
    RecallScope,
    RecallScopeLine,
    ScopeAct,
    ScopeChoice,
    digest_of,
    list_scope_lines,
    newest_scope,
    spared_by,
)
from tracelot.records.sights import Sight
from tracelot.rules.ids import new_id
from tracelot.rules.questions import Traced
from tracelot.rules.recalls import RecallKind, SellerCause
from tracelot.rules.refusals import unfit

Spared = Mapping[UUID, str]


@dataclass(frozen=True)
class Step:
    """Why there is a new version."""

    act: ScopeAct
    reason: str | None = None


@dataclass(frozen=True)
class Plan:
    """What a version is made of: what was asked, where the trace begins, what is left out and why."""

    question: dict[str, Any]
    named: frozenset[str]
    spared: Spared

    @property
    def follow(self) -> bool:
        return bool(self.question.get("follow"))


@dataclass(frozen=True)
class Unopened:
    """A recall that nobody has opened yet."""

    id: UUID
    party_id: UUID
    kind: str
    seller_cause: str | None = None


@dataclass(frozen=True)
class Proposal:
    """What a recall of some ranges would hold if nothing of it were left out, and whether that is all."""

    lines: Sequence[RecallScopeLine]
    starts: Sequence[UUID]  # registered batches
    complete: bool


def propose(
    visit: Visit, ranges: Sequence[NewRange], kind: RecallKind = "recall", cause: SellerCause | None = None
) -> Proposal:
    """The scope that the goods' ways propose; nothing is kept of it."""
    visit.demand("recall.open")
    nobody = Unopened(new_id(), visit.session.info["sight"].party_id, kind, cause)
    selected = select_batches(visit, nobody, ranges)
    traced = reach(visit, nobody.party_id, selected.named)
    lines = lines_of(visit, nobody, traced, selected.named, selected.lines.values())
    starts = [line.batch_id for line in lines if line.named and line.registered and line.code]
    return Proposal(lines, starts, traced.complete)


def begin(
    visit: Visit, recall: Recall, ranges: Sequence[NewRange], excluded: Sequence[ScopeChoice], *, follow: bool
) -> None:
    """The first version: the named batches and, where the goods are followed, what they became."""
    named = set_ranges(visit, recall, ranges).named
    spared = _spared(excluded)
    question = _question(ranges, follow=follow)
    settle(visit, recall, Step("opened"), Plan(question, named, spared), strict=True)


def change(visit: Visit, recall: Recall, wanted: RecallChange) -> bool:
    """What a change of a draft means for its scope; whether it means anything."""
    if wanted.ranges is None and wanted.follow is None and wanted.excluded is None:
        demand_fit_goods(visit, recall)  # it may have been a drill
        return False
    before = plan_of(visit, recall)
    question, named = dict(before.question), before.named
    if wanted.ranges is not None:
        named = set_ranges(visit, recall, wanted.ranges).named
        question = _question(wanted.ranges, follow=before.follow)
    if wanted.follow is not None:
        question["follow"] = wanted.follow
        _drop_followed(visit, recall, named)
    spared = before.spared if wanted.excluded is None else _spared(wanted.excluded)
    strict = wanted.excluded is not None
    demand_fit_goods(visit, recall)
    settle(visit, recall, Step("changed"), Plan(question, named, spared), strict=strict)
    return True


def refresh(visit: Visit, recall: Recall) -> Traced:
    """The version that is published: what was registered, or came, and what the goods became since the draft."""
    demand_fit_goods(visit, recall)
    before = plan_of(visit, recall)
    new = {str(line.batch_id) for line in named_since(visit, recall, before.spared)}
    traced = settle(
        visit, recall, Step("published"), Plan(before.question, before.named | new, before.spared)
    )
    name_by_code(visit, recall)
    return traced


def plan_of(visit: Visit, recall: Recall) -> Plan:
    """What the newest version was made of; of a recall that has none, the batches that it names."""
    scope = newest_scope(visit.session, recall.id)
    if scope is None:
        return Plan({"follow": False}, _names(visit, recall), {})
    lines = list_scope_lines(visit.session, recall.id)
    named = frozenset(line.key for line in lines if line.named)
    return Plan(
        scope.question,
        named,
        {line.batch_id: line.reason or "" for line in lines if line.verdict == "excluded"},
    )


def _names(visit: Visit, recall: Recall) -> frozenset[str]:
    return frozenset(str(line.batch_id) for line in list_recall_batches(visit.session, [recall.id]))


def _question(ranges: Sequence[NewRange], *, follow: bool) -> dict[str, Any]:
    return {
        "ranges": [one.model_dump(mode="json", exclude_defaults=True) for one in ranges],
        "follow": follow,
    }


def _spared(excluded: Iterable[ScopeChoice]) -> dict[UUID, str]:
    return {batch: choice.reason for choice in excluded for batch in choice.batch_ids}


def _drop_followed(visit: Visit, recall: Recall, named: Collection[str]) -> None:
    """Only what is named stays; whether it is followed is decided anew."""
    for line in list_recall_batches(visit.session, [recall.id]):
        if str(line.batch_id) not in named:
            visit.session.delete(line)
    visit.session.flush()


# --- versions ----------------------------------------------------------------------------------------------


def settle(visit: Visit, recall: Recall, step: Step, plan: Plan, *, strict: bool = False) -> Traced:
    """Trace anew, take in and leave out, and freeze what came of it. A published recall takes in nothing by itself."""
    held = list_recall_batches(visit.session, [recall.id])
    traced = reach(visit, recall.party_id, plan.named)
    lines = lines_of(visit, recall, traced, plan.named, held)
    taken = {line.batch_id for line in held}
    if recall.state == "draft":
        taken |= {line.batch_id for line in lines if plan.follow or line.named}
    for line in lines:
        if line.verdict == "others":
            continue
        line.verdict = "chosen" if line.batch_id in taken else "open"
        if line.batch_id in plan.spared:
            line.verdict, line.reason = "excluded", plan.spared[line.batch_id]
    if strict and plan.spared.keys() - {line.batch_id for line in lines if line.verdict == "excluded"}:
        raise unfit("not-in-scope", "The scope holds no such batch of yours.", "excluded")
    _follow(visit, recall, held, lines)
    freeze(visit, recall, step, plan.question, lines, complete=traced.complete)
    return traced


def _follow(
    visit: Visit, recall: Recall, held: Sequence[RecallBatch], lines: Sequence[RecallScopeLine]
) -> None:
    """The batches that the recall names are those that are chosen."""
    chosen = {line.batch_id: line for line in lines if line.verdict == "chosen"}
    spared = {line.batch_id for line in lines if line.verdict == "excluded"}
    for old in held:
        if old.batch_id in spared:
            visit.session.delete(old)
    known = {line.batch_id for line in held}
    spans = {span.product_id for span in list_recall_ranges(visit.session, recall.id)}
    for line in chosen.values():
        if line.batch_id in known or line.product_id is None:
            continue
        if line.product_id not in spans:
            spans.add(line.product_id)
            add_range(visit, recall, line.product_id)
        visit.session.add(recall_line(visit, recall, line.product_id, line.code, registered=True))
    visit.session.flush()
    if recall.state == "draft":
        freeze_notice(visit, recall)


def freeze(
    visit: Visit,
    recall: Recall,
    step: Step,
    question: dict[str, Any],
    lines: Sequence[RecallScopeLine],
    *,
    complete: bool,
) -> RecallScope:
    before = newest_scope(visit.session, recall.id)
    verdicts = [line.verdict for line in lines]
    scope = RecallScope(
        recall_id=recall.id,
        version=1 if before is None else before.version + 1,
        party_id=recall.party_id,
        act=step.act,
        reason=step.reason,
        question=question,
        as_of=visit.now,
        complete=complete,
        chosen=verdicts.count("chosen"),
        excluded=verdicts.count("excluded"),
        left_open=verdicts.count("open"),
        others=verdicts.count("others"),
        digest="",
        recorded_at=visit.now,
        recorded_by=visit.actor.id,
    )
    for line in lines:
        line.version = scope.version
    scope.digest = digest_of(scope, lines)
    visit.session.add(scope)
    visit.session.add_all(lines)
    visit.session.flush()
    return scope


def registered(visit: Visit, recall: Recall, batch: Batch) -> None:
    """A version for a batch that was registered inside a published recall, and is recalled by that."""
    before = newest_scope(visit.session, recall.id)
    if before is None:
        settle(visit, recall, Step("registered"), plan_of(visit, recall))
    else:
        lines = [line for line in list_scope_lines(visit.session, recall.id) if line.batch_id != batch.id]
        new = lines_of(visit, recall, reach(visit, recall.party_id, [str(batch.id)]), [str(batch.id)], ())
        copies = [RecallScopeLine.model_validate(line.model_dump()) for line in lines]
        mine = [line for line in new if line.batch_id == batch.id]
        for line in mine:
            line.verdict = "chosen"
        freeze(visit, recall, Step("registered"), before.question, [*copies, *mine], complete=before.complete)
    tell_consignees(visit, recall, [batch.id])


# --- what is missed ----------------------------------------------------------------------------------------


def missed(visit: Visit, recall: Recall) -> list[MissedBatch]:
    """Batches that the recall may name, that a trace reaches today, and that the scope neither holds nor leaves out."""
    firm = visit.seeing(Sight(party_id=recall.party_id))
    held = {line.batch_id for line in list_recall_batches(firm, [recall.id])}
    lines = list_scope_lines(firm, recall.id)
    named = {line.key for line in lines if line.named} | {str(one) for one in held}
    settled = held | spared_by(firm, recall.id).keys()
    reached = {
        one.batch: one for answer in reach(visit, recall.party_id, named).answers for one in answer.reached
    }
    found = []
    for key, (batch, product) in nameable(visit, recall, reached).items():
        if batch.id not in settled and batch.status != "void":
            one = reached[key]
            found.append(
                MissedBatch(batch_id=batch.id, code=batch.code, product_id=product.id, product_zh=product.name_zh,
                            product_en=product.name_en, distance=one.distance, certainty=CERTAINTIES[one.certainty])
            )  # fmt: skip
    return sorted(found, key=lambda one: (one.distance, one.code, str(one.batch_id)))
