"""Who sees what of a sampling: the office that gave the task, whose it is, its laboratories, its firms once told."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from sqlalchemy import Select, literal, or_
from sqlalchemy import select as core_select
from sqlmodel import SQLModel, col

from tracelot.records.sampling_papers import (
    OPENING,
    SamplingCase,
    SamplingClock,
    SamplingPaper,
    SamplingResult,
)
from tracelot.records.sampling_plans import SamplingCandidate, SamplingPlan, SamplingTask
from tracelot.records.samplings import Sampling, SamplingPhoto
from tracelot.records.sights import Condition, Sight, any_of, owned, table


def _inside(column: Any, sight: Sight) -> list[Condition]:
    return [column.like(f"{area}%") for area in sight.territory]


def _mine(sight: Sight, *columns: Any) -> Condition | None:
    if sight.party_id is None:
        return None
    return or_(*(column == literal(sight.party_id) for column in columns))


def _task(sight: Sight) -> Condition:
    one = SamplingTask
    own = _mine(sight, col(one.party_id), col(one.office_id), col(one.lab_id))
    return any_of(own, *_inside(col(one.region_code), sight))


def _worked_on(sampling: Any, sight: Sight) -> Condition:
    """For whom it is work: the offices, and the laboratory of the task."""
    case = table(SamplingCase)
    handed = core_select(case.c.sampling_id).where(case.c.office_id == literal(sight.party_id))
    return any_of(
        _mine(sight, sampling.party_id, sampling.office_id, sampling.lab_id, sampling.taken_by),
        None if sight.party_id is None else sampling.id.in_(handed),
        *_inside(sampling.region_code, sight),
    )


def _sampling(sampling: Any, sight: Sight) -> Condition:
    """And who was told: its firms with the result, the re-test's laboratory when it is drawn."""
    paper = table(SamplingPaper)
    told = core_select(paper.c.sampling_id).where(
        paper.c.to_party_id == literal(sight.party_id), paper.c.kind.in_(OPENING)
    )
    return any_of(
        _worked_on(sampling, sight),
        None if sight.party_id is None else sampling.id.in_(told),
    )


def _watched(sight: Sight) -> Select[tuple[UUID]]:
    """What an office sees whole: by its task, its territory, or a case that was handed to it."""
    sampling, case = table(Sampling), table(SamplingCase)
    handed = core_select(case.c.sampling_id).where(case.c.office_id == literal(sight.party_id))
    shown = any_of(
        _mine(sight, sampling.c.party_id, sampling.c.office_id),
        None if sight.party_id is None else sampling.c.id.in_(handed),
        *_inside(sampling.c.region_code, sight),
    )
    return core_select(sampling.c.id).where(shown)


def _paper(sight: Sight) -> Condition:
    """The offices read all; others what they wrote and what was addressed to them."""
    one = SamplingPaper
    own = _mine(sight, col(one.party_id), col(one.by_party_id), col(one.to_party_id))
    return any_of(own, col(one.sampling_id).in_(_watched(sight)))


def _clock(sight: Sight) -> Condition:
    own = _mine(sight, col(SamplingClock.party_id), col(SamplingClock.holder_id))
    return any_of(own, col(SamplingClock.sampling_id).in_(_watched(sight)))


def _case(sight: Sight) -> Condition:
    own = _mine(sight, col(SamplingCase.party_id), col(SamplingCase.office_id))
    return any_of(own, col(SamplingCase.sampling_id).in_(_watched(sight)))


def _photo(sight: Sight) -> Condition:
    sampling = table(Sampling)
    seen = core_select(sampling.c.id).where(_worked_on(sampling.c, sight))
    return any_of(_mine(sight, col(SamplingPhoto.party_id)), col(SamplingPhoto.sampling_id).in_(seen))


def _result(sight: Sight) -> Condition:
    """What stands in public is everybody's; what was withdrawn its office's."""
    public = col(SamplingResult.withdrawn_at).is_(None) if sight.published else None
    return any_of(owned(SamplingResult, sight), *_inside(col(SamplingResult.region_code), sight), public)


def _of_office(model: Any) -> Callable[[Sight], Condition]:
    """An office's own plans, and those of the offices inside its territory."""
    return lambda sight: owned(model, sight)


SAMPLING_RULES: dict[type[SQLModel], Callable[[Sight], Condition]] = {
    SamplingPlan: _of_office(SamplingPlan),
    SamplingCandidate: _of_office(SamplingCandidate),
    SamplingTask: _task,
    Sampling: lambda sight: _sampling(Sampling, sight),
    SamplingPhoto: _photo,
    SamplingPaper: _paper,
    SamplingClock: _clock,
    SamplingCase: _case,
    SamplingResult: _result,
}
