"""A sampling goes as a whole once its two years are over, and never while its follow-up is open."""

from datetime import date, timedelta
from uuid import UUID

import pytest
from sqlalchemy import Engine
from sqlmodel import SQLModel

from keeping import HOLDER, all_rows, noon
from sampled import Way, at, labs, task
from tracelot.operations import purging, sampling_cases, sampling_tasks
from tracelot.records.database import connect
from tracelot.records.sampling_plans import SamplingTask
from tracelot.records.sampling_steps import CaseStep, NewCase
from tracelot.records.samplings import Sampling
from world import VisitAs, World


def tell(url: str, world: World) -> None:
    engine = connect(url)
    labs(engine, world)
    engine.dispose()


def rows_of(engine: Engine, id_: UUID) -> int:
    models = [
        mapper.class_
        for mapper in SQLModel._sa_registry.mappers
        if "sampling_id" in mapper.class_.model_fields
    ]
    return sum(len(all_rows(engine, model, sampling_id=id_)) for model in models)


def purge(visit_as: VisitAs, day: date) -> dict[str, int]:
    with visit_as(HOLDER, noon(day)) as visit:
        return dict(purging.purge_samplings(visit, day, "tester").removed)


@pytest.fixture
def case(visit_as: VisitAs, world: World) -> UUID:
    id_, _ = Way(visit_as, world).failed()
    with visit_as("county", at("11-09 09:00")) as visit:
        return sampling_cases.open_case(visit, id_, NewCase(case_no="1")).id


def test_all_of_it_goes_after_two_years_and_not_while_its_follow_up_is_open(
    visit_as: VisitAs, world: World, engine: Engine, case: UUID
) -> None:
    [sampling] = all_rows(engine, Sampling)
    assert rows_of(engine, sampling.id) > 10
    late = sampling.retain_until + timedelta(30)
    assert purge(visit_as, late) == {"task": 0}
    step = {"measures": ["seal"], "cause": "霉变", "rectification": "换料", "accepted_on": "2026-11-20"}
    with visit_as("county", at("11-20 09:00")) as visit:
        sampling_cases.take_case_step(visit, case, CaseStep.model_validate(step))
        sampling_cases.finish_case(visit, case)
    [sampling] = all_rows(engine, Sampling)

    assert purge(visit_as, sampling.retain_until) == {"task": 0}  # the last day of keeping
    assert purge(visit_as, sampling.retain_until + timedelta(1)) == {"sampling": 1, "task": 1}

    assert rows_of(engine, sampling.id) == 0
    assert all_rows(engine, Sampling) == all_rows(engine, SamplingTask) == []


def test_a_task_that_is_still_kept_stays(visit_as: VisitAs, world: World, engine: Engine) -> None:
    with visit_as("county", at("11-02 09:00")) as visit:
        sampling_tasks.give_task(visit, task(world))

    assert purge(visit_as, date(2028, 11, 1)) == {"task": 0}
    assert len(all_rows(engine, SamplingTask)) == 1
