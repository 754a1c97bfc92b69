"""Who sees what of a recall: everybody, its firm, its offices, and those who were told of it."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any
from uuid import UUID

from sqlalchemy import Select, false, literal, or_, true
from sqlalchemy import select as core_select
from sqlmodel import SQLModel, col

from tracelot.records.clocks import ClockExtension, RecallClock
from tracelot.records.consignees import (
    RecallAnswer,
    RecallAnswerLine,
    RecallLetter,
    RecallNotice,
    RecallNoticeLine,
    RecallPhoto,
)
from tracelot.records.effectiveness import Disposal, EffectivenessCheck, EffectivenessSample
from tracelot.records.proceedings import RecallPlan, RecallReport, RegulatorAction
from tracelot.records.recalls import Recall, RecallBatch, RecallRange
from tracelot.records.scopes import RecallScope, RecallScopeLine
from tracelot.records.sights import Condition, Sight, any_of, owned, parties_inside, table
from tracelot.rules.recalls import DRILL

COUNTY_DIGITS = 6  # of the code of a division


def _published_recalls() -> Select[tuple[UUID]]:
    recall = table(Recall)
    return core_select(recall.c.id).where(recall.c.published_at.is_not(None), recall.c.kind != DRILL)


def _counties(sight: Sight) -> Sight:
    """What a county's office sees as such; other offices, above and below it, see nothing."""
    areas = tuple(area for area in sight.territory if len(area) == COUNTY_DIGITS)
    return Sight(territory=areas)


def _drills(sight: Sight) -> Select[tuple[UUID]]:
    """The drills under way that the county's office sees."""
    recall, inside = table(Recall), parties_inside(_counties(sight))
    shown = false() if inside is None else recall.c.party_id.in_(inside)
    return core_select(recall.c.id).where(recall.c.published_at.is_not(None), recall.c.kind == DRILL, shown)


def _recall(sight: Sight) -> Condition:
    """A draft is its firm's alone, and its offices' once they ordered it or were handed its plan.

    A drill is its firm's and its county office's.
    """
    own = None if sight.party_id is None else col(Recall.party_id) == literal(sight.party_id)
    sent, drill = col(Recall.published_at).is_not(None), col(Recall.kind) == DRILL
    told, watching = col(Recall.told_at).is_not(None), replace(sight, party_id=None)
    return any_of(
        own,
        sent & ~drill & owned(Recall, watching, true()),
        sent & drill & owned(Recall, _counties(sight)),
        told & owned(Recall, replace(watching, published=False)),
    )


def _told_recalls() -> Select[tuple[UUID]]:
    recall = table(Recall)
    return core_select(recall.c.id).where(recall.c.told_at.is_not(None))


def _of_recall(model: Any) -> Callable[[Sight], Condition]:
    def rule(sight: Sight) -> Condition:
        own = None if sight.party_id is None else col(model.party_id) == literal(sight.party_id)
        sent, told = (col(model.recall_id).in_(some()) for some in (_published_recalls, _told_recalls))
        watching = replace(sight, party_id=None)
        return any_of(
            own,
            sent & owned(model, watching, true()),
            told & owned(model, replace(watching, published=False)),
            col(model.recall_id).in_(_drills(sight)),
        )

    return rule


def _of_firm_and_office(model: Any) -> Callable[[Sight], Condition]:
    """How a recall is worked on: its firm's, and once it is published its regulators'; never everybody's."""
    rule = _of_recall(model)
    return lambda sight: rule(replace(sight, published=False))


def _plan(sight: Sight) -> Condition:
    """What the firm still writes on is its own."""
    own = None if sight.party_id is None else col(RecallPlan.party_id) == literal(sight.party_id)
    return any_of(own, _of_firm_and_office(RecallPlan)(sight) & (col(RecallPlan.state) != "draft"))


def _extension(sight: Sight) -> Condition:
    """What was granted is public; what is asked, or was refused, is between the firm and its offices."""
    granted = col(ClockExtension.state) == "granted"
    inside = _of_firm_and_office(ClockExtension)(sight)
    return any_of(inside, granted & _of_recall(ClockExtension)(sight))


def _notice_of(notice: Any, sight: Sight) -> Condition:
    """Whoever was told, whoever sold to them, and the offices of both; of a firm's customers the recaller sees none.

    Its own are those of the first tier. A drill is its firm's, and theirs whom the firm chose to tell; of the offices
    its county's alone sees it.
    """
    mine, told = literal(sight.party_id), notice.silent.is_(False)
    return any_of(
        None if sight.party_id is None else (notice.party_id == mine) & (notice.tier == 1),
        None if sight.party_id is None else notice.from_party_id == mine,
        None if sight.party_id is None else (notice.to_party_id == mine) & told,
        _watched_notice(notice, sight) & told,
    )


def _watched_notice(notice: Any, sight: Sight) -> Condition:
    """What an office sees: who was told by its firms or in its area, of recalls and of the drills that are its."""
    inside = parties_inside(sight)
    if inside is None:
        return false()
    shown = notice.recall_id.in_(_published_recalls()) | notice.recall_id.in_(_drills(sight))
    nobodys = or_(notice.tier == 1, notice.from_party_id.is_(None))
    return any_of(shown) & or_(
        notice.party_id.in_(inside) & nobodys,
        notice.from_party_id.in_(inside),
        notice.to_party_id.in_(inside),
        *(notice.region_code.like(f"{area}%") for area in sight.territory),
    )


def _of_notice(model: Any) -> Callable[[Sight], Condition]:
    notice = table(RecallNotice)
    return lambda sight: col(model.notice_id).in_(core_select(notice.c.id).where(_notice_of(notice.c, sight)))


RECALL_RULES: dict[type[SQLModel], Callable[[Sight], Condition]] = {
    Recall: _recall,
    RecallRange: _of_recall(RecallRange),
    RecallBatch: _of_recall(RecallBatch),
    RecallClock: _of_firm_and_office(RecallClock),
    ClockExtension: _extension,
    RecallScope: _of_firm_and_office(RecallScope),
    RecallScopeLine: _of_firm_and_office(RecallScopeLine),
    RecallNotice: lambda sight: _notice_of(RecallNotice, sight),
    RecallNoticeLine: _of_notice(RecallNoticeLine),
    RecallLetter: _of_notice(RecallLetter),
    RecallAnswer: _of_notice(RecallAnswer),
    RecallAnswerLine: _of_notice(RecallAnswerLine),
    RecallPhoto: _of_notice(RecallPhoto),
    EffectivenessSample: _of_firm_and_office(EffectivenessSample),
    EffectivenessCheck: _of_firm_and_office(EffectivenessCheck),
    Disposal: _of_firm_and_office(Disposal),
    RecallPlan: _plan,
    RecallReport: _of_firm_and_office(RecallReport),
    RegulatorAction: _of_firm_and_office(RegulatorAction),
}
