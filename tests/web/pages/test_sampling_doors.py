"""Every step of a sampling has its door on the pages, for the role that takes it."""

import re
from inspect import getmembers, getsource, isfunction
from types import ModuleType
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Engine

from builders import SIGNED
from conftest import ClientOf
from keeping import all_rows
from sampled import at_the_laboratory, sheet, task
from tracelot.operations import (
    official_reports,
    publishing_results,
    retests,
    sampling_cases,
    sampling_custody,
    sampling_notices,
    sampling_objections,
    sampling_plans,
    sampling_reports,
    sampling_tasks,
    samplings,
)
from tracelot.records.sampling_papers import SamplingPaper
from tracelot.records.sampling_plans import SamplingTask
from tracelot.records.sampling_steps import Handed
from tracelot.records.samplings import Sampling
from tracelot.web import pages
from tracelot.web.pages import sampling_photos, sampling_sheet, sampling_work
from world import VisitAs, World

tell = at_the_laboratory
DOING: tuple[ModuleType, ...] = (
    official_reports, publishing_results, retests, sampling_cases, sampling_custody, sampling_notices,
    sampling_objections, sampling_plans, sampling_reports, sampling_tasks, samplings,
)  # fmt: skip


@pytest.fixture
def told(scene: Any) -> dict[str, UUID]:
    return scene.told


HOLDING = (
    "decide_on",
    "own_notice",
    "at_retest_lab",
    "hold_sampling",
)  # how a step begins; no steps by themselves


def steps() -> set[str]:
    """The operations by which somebody acts: those that demand a right to more than to read and count."""
    found = set()
    for module in DOING:
        for name, act in getmembers(module, isfunction):
            if name.startswith("_") or name in HOLDING or act.__module__ != module.__name__:
                continue
            source = getsource(act)
            rights = set(re.findall(r'demand\("sampling\.(\w+)"\)', source)) - {"read", "results", "count"}
            holds = any(f"{one}(" in source for one in (*HOLDING, "_at_lab", "_hold"))
            if rights or holds:
                found.add(f"{module.__name__.rpartition('.')[2]}.{name}")
    return found


def test_each_act_is_called_by_a_page() -> None:
    doors = "".join(
        getsource(one) for one in (sampling_sheet, sampling_work, sampling_photos, pages.sampling_plans)
    )
    known = steps()

    assert {"sampling_custody.turn_away", "retests.delay_draw", "official_reports.settle_change"} <= known
    assert [one for one in sorted(known) if f"{one}(" not in doors] == []


def test_every_step_has_words_and_an_open_form_where_it_fails(
    client_as: ClientOf, told: dict[str, UUID]
) -> None:
    office = client_as("county")
    for step in sampling_sheet.STEPS:
        back = office.post(
            f"/gov/samplings/{told['sampling']}/steps/{step}", data={"notice_id": str(told["task"])}
        )
        assert back.status_code in (404, 422), (step, back.status_code)


def test_the_laboratory_turns_a_sample_away_and_says_why(
    client_as: ClientOf, told: dict[str, UUID], visit_as: VisitAs, world: World, engine: Engine
) -> None:
    with visit_as("county") as visit:
        id_ = samplings.take_sample(visit, sheet(world, told["task"], taken_at=visit.now)).id
        sampling_custody.hand_over(visit, id_, Handed(condition="袋破", seal_intact=False))
    laboratory = client_as("lab")
    path = f"/app/samplings/{id_}"
    assert f'action="{path}/steps/turn_away"' in laboratory.get(path).text
    assert laboratory.post(f"{path}/steps/turn_away", data={"reason": " "}).status_code == 422

    assert laboratory.post(f"{path}/steps/turn_away", data={"reason": "封条破损"}).status_code == 303

    [row] = all_rows(engine, Sampling, id=id_)
    assert row.state == "turned_away"
    assert "封条破损" in client_as("county").get(f"/gov/samplings/{id_}").text


def test_a_firm_objects_by_its_copy_of_the_sheet_and_reads_the_answer(
    client_as: ClientOf, told: dict[str, UUID], engine: Engine
) -> None:
    firm, office = client_as("quality"), client_as("county")
    path = f"/samplings/{told['sampling']}"
    page = firm.get(f"/app{path}")
    assert page.status_code == 200
    [copy] = all_rows(engine, SamplingPaper, sampling_id=told["sampling"], kind="taken")
    form = {"notice_id": str(copy.id), "subject": "process", "text": "未当面封样"}
    assert f'action="/app{path}/steps/object_process"' in page.text

    assert firm.post(f"/app{path}/steps/object_process", data=form).status_code == 303

    assert "未当面封样" in office.get(f"/gov{path}").text
    assert told["sampling"].hex in office.get("/gov/samplings").text.replace("-", "")
    [objection] = all_rows(engine, SamplingPaper, sampling_id=told["sampling"], kind="objected")
    answer = {"notice_id": str(objection.id), "text": "录像显示当面封样"}
    assert office.post(f"/gov{path}/steps/answer", data=answer).status_code == 422
    assert office.post(f"/gov{path}/steps/answer", data=answer | {"upheld": "false"}).status_code == 303
    assert "录像显示当面封样" in firm.get(f"/app{path}").text


def test_a_firm_with_its_copy_reads_of_the_report_nothing_before_the_notice(
    client_as: ClientOf, told: dict[str, UUID], visit_as: VisitAs
) -> None:
    id_, laboratory = told["sampling"], client_as("lab")
    with visit_as("lab") as visit:
        today = visit.today.isoformat()
    report = {"report_no": "SJ-9", "issued_on": today, "conclusion": "fail", "analyte0": "黄曲霉毒素B1",
              "food_category": "oil.vegetable.peanut", "measured_text0": "48.6", "unit0": "µg/kg",
              "said0": "fail"} | SIGNED  # fmt: skip
    assert laboratory.post(f"/app/samplings/{id_}/steps/report", data=report).status_code == 303
    firm = client_as("quality")

    for path in (f"/app/samplings/{id_}", "/app/samplings", "/app/inspections", f"/api/v1/samplings/{id_}"):
        answer = firm.get(path)
        assert answer.status_code == 200
        for secret in ("48.6", "SJ-9", "黄曲霉毒素"):
            assert secret not in answer.text, path


def test_a_task_is_taken_back_on_the_page(
    client_as: ClientOf, told: dict[str, UUID], visit_as: VisitAs, world: World, engine: Engine
) -> None:
    assert told
    with visit_as("county") as visit:
        given = sampling_tasks.give_task(visit, task(world)).id
    office = client_as("county")
    assert f"/gov/samplings/tasks/{given}/withdraw" in office.get("/gov/samplings").text
    path = f"/gov/samplings/tasks/{given}/withdraw"
    assert office.post(path, data={"reason": " "}).status_code == 422
    assert office.post(path, data={"reason": "计划调整"}).status_code == 303
    [row] = all_rows(engine, SamplingTask, id=given)
    assert row.state == "withdrawn"
