"""The scope of a recall as read: by its firm and its offices, and what everybody may know of its changes."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from tracelot.operations.scope_of_recall import missed
from tracelot.operations.visit import Visit
from tracelot.records.recalls import Recall
from tracelot.records.scopes import (
    LineChange,
    ScopeLineView,
    ScopeStep,
    ScopeSummary,
    ScopeView,
    list_line_changes,
    list_scope_lines,
    list_scopes,
)
from tracelot.rules.stages import OVER

AFTERWARDS = ("widened", "narrowed", "registered")
CHOSEN = "chosen"
MOST_STEPS = 20  # of the newest, on the public notice


def scope_view(visit: Visit, recall: Recall) -> ScopeView | None:
    """The scope with all its versions; None of a recall that has none, or where the visitor may not see it."""
    visit.demand("journal.read")
    scopes = list_scopes(visit.session, recall.id)
    if not scopes:
        return None
    changes = _by_version(list_line_changes(visit.session, recall.id))
    versions = [
        ScopeSummary.model_validate(scope.model_dump() | _told(changes[scope.version])) for scope in scopes
    ]
    newest = list_scope_lines(visit.session, recall.id, scopes[-1].version)
    return ScopeView(
        recall_id=recall.id,
        question=scopes[-1].question,
        versions=versions[::-1],
        lines=[ScopeLineView.model_validate(line, from_attributes=True) for line in newest],
        missed=missed(visit, recall) if recall.state not in OVER else [],
    )


def _by_version(changes: Iterable[LineChange]) -> defaultdict[int, list[LineChange]]:
    found = defaultdict[int, list[LineChange]](list)
    for one in changes:
        found[one.version].append(one)
    return found


def _told(changes: Sequence[LineChange]) -> dict[str, list[str]]:
    stayed = [one for one in changes if one.before is not None and one.now is not None]
    return {
        "added": [one.name for one in changes if one.before is None],
        "removed": [one.name for one in changes if one.now is None],
        "taken_in": [one.name for one in stayed if one.now == "chosen"],
        "left_out": [one.name for one in stayed if one.now != "chosen"],
    }


def public_steps(visit: Visit, recall: Recall) -> list[ScopeStep]:
    """What became of the scope since the publication, the newest first: codes and reasons, and nothing else."""
    kernel, steps = visit.kernel(), []
    later = [one for one in list_scopes(kernel, recall.id)[1:] if one.act in AFTERWARDS]
    if not later:
        return []
    told = later[-MOST_STEPS:]
    changes = _by_version(list_line_changes(kernel, recall.id, told[0].version))
    for scope in told:
        moved = [one for one in changes[scope.version] if CHOSEN in (one.before, one.now)]
        reason = None if scope.act == "registered" else scope.reason
        codes = sorted(one.name for one in moved)
        steps.append(ScopeStep(act=scope.act, recorded_at=scope.recorded_at, reason=reason, codes=codes))
    return steps[::-1]
