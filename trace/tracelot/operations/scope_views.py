"""The scope of a recall as read: by its firm and its offices, and what everybody may know of its changes."""

from collections.abc import Sequence
from uuid import UUID

from sqlmodel import Session

from tracelot.operations.scope_of_recall import missed
from tracelot.operations.visit import Visit
from tracelot.records.recalls import Recall
from tracelot.records.scopes import (
    RecallScopeLine,
    ScopeLineView,
    ScopeStep,
    ScopeSummary,
    ScopeView,
    list_scope_lines,
    list_scopes,
)
from tracelot.rules.proposing import Difference, difference

AFTERWARDS = ("widened", "narrowed", "registered")
MOST_STEPS = 20  # of the newest, on the public notice


def scope_view(visit: Visit, recall: Recall) -> ScopeView | None:
    """The scope with all its versions; None of a recall that has none, or where the visitor may not see it."""
    visit.demand("journal.read")
    scopes = list_scopes(visit.session, recall.id)
    if not scopes:
        return None
    lines = {scope.version: list_scope_lines(visit.session, recall.id, scope.version) for scope in scopes}
    versions = []
    before: Sequence[RecallScopeLine] = ()
    for scope in scopes:
        now = lines[scope.version]
        versions.append(ScopeSummary.model_validate(scope.model_dump() | _told(before, now)))
        before = now
    return ScopeView(
        recall_id=recall.id,
        question=scopes[-1].question,
        versions=versions[::-1],
        lines=[ScopeLineView.model_validate(line, from_attributes=True) for line in before],
        missed=missed(visit, recall) if recall.state != "cancelled" else [],
    )


def _told(before: Sequence[RecallScopeLine], after: Sequence[RecallScopeLine]) -> dict[str, list[str]]:
    codes = {str(line.batch_id): line.code or line.product_zh or "" for line in (*before, *after)}
    found = _difference(before, after)
    return {
        "added": [codes[one] for one in found.added],
        "removed": [codes[one] for one in found.removed],
        "taken_in": [codes[one] for one, _, now in found.changed if now == "chosen"],
        "left_out": [codes[one] for one, _, now in found.changed if now != "chosen"],
    }


def _difference(before: Sequence[RecallScopeLine], after: Sequence[RecallScopeLine]) -> Difference:
    sides = [{str(line.batch_id): line.verdict for line in side} for side in (before, after)]
    return difference(sides[0], sides[1])


def public_steps(visit: Visit, recall: Recall) -> list[ScopeStep]:
    """What became of the scope since the publication, the newest first: codes and reasons, and nothing else."""
    kernel, steps = visit.kernel(), []
    later = [one for one in list_scopes(kernel, recall.id)[1:] if one.act in AFTERWARDS]
    for scope in later[-MOST_STEPS:]:
        before, now = (_chosen(kernel, recall.id, version) for version in (scope.version - 1, scope.version))
        codes = sorted({**before, **now}[one] for one in before.keys() ^ now.keys())
        reason = None if scope.act == "registered" else scope.reason
        steps.append(ScopeStep(act=scope.act, recorded_at=scope.recorded_at, reason=reason, codes=codes))
    return steps[::-1]


def _chosen(session: Session, recall_id: UUID, version: int) -> dict[UUID, str]:
    lines = list_scope_lines(session, recall_id, version)
    return {line.batch_id: line.code for line in lines if line.verdict == "chosen"}
