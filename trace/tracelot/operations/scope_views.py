"""The scope of a recall as read: by its firm and its offices, and what everybody may know of its changes."""

from collections.abc import Sequence
from uuid import UUID

from sqlmodel import Session

from tracelot.operations.scope_of_recall import missed
from tracelot.operations.visit import Visit
from tracelot.records.recalls import Recall
from tracelot.records.scopes import (
    ScopeLineView,
    ScopeStep,
    ScopeSummary,
    ScopeView,
    Standing,
    list_scope_lines,
    list_scopes,
    standings_of,
)
from tracelot.rules.proposing import difference

AFTERWARDS = ("widened", "narrowed", "registered")
MOST_STEPS = 20  # of the newest, on the public notice


def scope_view(visit: Visit, recall: Recall) -> ScopeView | None:
    """The scope with all its versions; None of a recall that has none, or where the visitor may not see it."""
    visit.demand("journal.read")
    scopes = list_scopes(visit.session, recall.id)
    if not scopes:
        return None
    stood = standings_of(visit.session, recall.id)
    versions = []
    before: Sequence[Standing] = ()
    for scope in scopes:
        now = stood.get(scope.version, ())
        versions.append(ScopeSummary.model_validate(scope.model_dump() | _told(before, now)))
        before = now
    lines = list_scope_lines(visit.session, recall.id, scopes[-1].version)
    return ScopeView(
        recall_id=recall.id,
        question=scopes[-1].question,
        versions=versions[::-1],
        lines=[ScopeLineView.model_validate(line, from_attributes=True) for line in lines],
        missed=missed(visit, recall) if recall.state != "cancelled" else [],
    )


def _told(before: Sequence[Standing], after: Sequence[Standing]) -> dict[str, list[str]]:
    codes = {str(one.batch_id): one.name for one in (*before, *after)}
    sides = [{str(one.batch_id): one.verdict for one in side} for side in (before, after)]
    found = difference(sides[0], sides[1])
    return {
        "added": [codes[one] for one in found.added],
        "removed": [codes[one] for one in found.removed],
        "taken_in": [codes[one] for one, _, now in found.changed if now == "chosen"],
        "left_out": [codes[one] for one, _, now in found.changed if now != "chosen"],
    }


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
