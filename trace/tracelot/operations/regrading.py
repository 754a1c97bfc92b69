"""The level of a published recall changes: graver by its firm, either way by an office; its clocks follow."""

from typing import Any
from uuid import UUID

from sqlalchemy.orm import object_session

from tracelot.operations.advancing import hold_own
from tracelot.operations.clocks import recompute
from tracelot.operations.reaching import remind_later
from tracelot.operations.recalling import tell_change
from tracelot.operations.retelling import tell_again
from tracelot.operations.visit import Visit
from tracelot.records.clocks import list_extensions
from tracelot.records.recalls import Recall
from tracelot.records.withdrawing import Regrading
from tracelot.rules.retention import later, recall_kept
from tracelot.rules.stages import demand_open
from tracelot.rules.withdrawing import demand_graver, demand_other_level, demand_public


def regrade(visit: Visit, recall_id: UUID, new: Regrading, version: int | None = None) -> Recall:
    """The firm finds that its recall is graver than it said."""
    visit.demand("recall.regrade")
    recall = hold_own(visit, recall_id, version)
    demand_open(recall.stage, recall.state)
    demand_public(recall.state, recall.kind)
    demand_graver(recall.level, new.level)
    set_level(visit, recall, new)
    return recall


def set_level(visit: Visit, recall: Recall, new: Regrading) -> None:
    """The act itself, whoever does it; the recall is held."""
    demand_public(recall.state, recall.kind)
    demand_other_level(recall.level, new.level)
    before, graver = recall.level, new.level < recall.level
    recall.first_level = recall.first_level or before
    recall.level, recall.regraded_at, recall.regrade_reason = new.level, visit.now, new.reason
    recall.retain_until = later(recall.retain_until, recall_kept(visit.today).until)
    session = object_session(recall) or visit.session
    session.flush()
    if graver:
        _lapse(visit, recall)
    clocks: dict[str, Any] = recompute(visit, recall, graver=graver)
    tell_change(visit, recall)
    visit.record(
        "recall.regraded", recall, party_id=recall.party_id, reason=new.reason, before=before, clocks=clocks
    )
    if graver:
        tell_again(visit, recall, "graver")
        remind_later(visit, recall, 1, visit.now)


def _lapse(visit: Visit, recall: Recall) -> None:
    """More time was granted for a danger that was thought to be less."""
    for extension in list_extensions(visit.kernel(), recall.id):
        if extension.state == "granted":
            extension.state = "lapsed"
            visit.kernel().add(extension)
    visit.kernel().flush()
