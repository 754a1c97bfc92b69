"""Who sees which sheet: random offices, laboratories and firms against a list that is kept by hand."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from random import Random
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Engine
from sqlmodel import Session, SQLModel, select

from conftest import Rounds
from tracelot.records.parties import Party
from tracelot.records.sampling_papers import SamplingCase, SamplingClock, SamplingPaper, SamplingResult
from tracelot.records.sampling_plans import SamplingTask
from tracelot.records.samplings import Sampling, SamplingPhoto
from tracelot.records.sights import EVERYTHING, Sight
from tracelot.records.tenancy import ScopedSession
from world import World

NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)
REGIONS = ("411724", "411724214", "411723", "411723001", "411702", "410100", "320100")
AREAS = ("", "41", "4117", "411724", "411724214", "411723", "4101", "32")
SHEETS = 40


@dataclass(frozen=True)
class Told:
    """A paper: who wrote it, to whom, and of what kind."""

    by: UUID
    to: UUID | None
    kind: str


@dataclass
class Case:
    """One sheet in plain facts, and what hangs on it."""

    id: UUID
    region: str
    giver: UUID
    office: UUID
    lab: UUID
    taker: UUID
    papers: dict[UUID, Told]
    follow_up: UUID | None  # the office of its follow-up
    holder: UUID
    public: bool


def office_sees(one: Case, sight: Sight) -> bool:
    """Sampling is an office's work by its task, by its territory, or because a follow-up was handed to it."""
    inside = any(one.region.startswith(area) for area in sight.territory)
    return inside or (sight.party_id is not None and sight.party_id in (one.giver, one.office, one.follow_up))


def expected(one: Case, sight: Sight) -> dict[str, bool]:
    me = sight.party_id
    office = office_sees(one, sight)
    worker = office or (me is not None and me in (one.lab, one.taker))
    opened = any(
        told.to == me and told.kind in ("taken", "noticed", "lab_drawn", "transferred")
        for told in one.papers.values()
    )
    return {
        "sampling": worker or (me is not None and opened),
        "photo": worker,
        "clock": office or (me is not None and me == one.holder),
        "case": office and one.follow_up is not None,
        "result": any(one.region.startswith(area) for area in sight.territory)
        or me == one.giver
        or (sight.published and one.public),
    }


@pytest.fixture
def parties(world: World) -> list[UUID]:
    return list(world.parties.values())


@pytest.fixture
def cases(engine: Engine, parties: list[UUID], random: Random) -> list[Case]:
    with engine.connect().execution_options(writes=True) as connection, connection.begin():
        with ScopedSession(connection, EVERYTHING) as kernel:
            made = [_made(kernel, parties, random, number) for number in range(SHEETS)]
    return made


def _made(kernel: Session, parties: list[UUID], random: Random, number: int) -> Case:
    giver, office, lab, taker, holder = (random.choice(parties) for _ in range(5))
    one = Case(
        uuid4(), random.choice(REGIONS), giver, office, lab, taker, {}, random.choice([None, *parties]), holder,
        random.random() < 0.5,
    )  # fmt: skip
    kept = {"party_id": giver, "retain_until": date(2030, 1, 1), "recorded_at": NOW, "recorded_by": None}
    task = SamplingTask(id=uuid4(), category="油", area="41", office_id=office, lab_id=lab, region_code=one.region, stage="production", task_type="supervision", scope="food", **kept)  # noqa: E501  # fmt: skip
    kernel.add(task)
    kernel.flush()
    kernel.add(Sampling(id=one.id, sheet_no=f"T{number}", task_id=task.id, area="41", office_id=office, lab_id=lab, taken_by=taker, goods_key="", region_code=one.region, county=one.region[:6], month="2026-11", category="油", stage="production", task_type="supervision", scope="food", form=2, origin_hash="", taken_at=NOW, state="taken", **kept))  # noqa: E501  # fmt: skip
    kernel.flush()
    for place in range(1, 4):
        told = Told(random.choice(parties), random.choice([None, *parties]), random.choice(["taken", "noticed", "lab_drawn", "handed", "served"]))  # noqa: E501  # fmt: skip
        paper = SamplingPaper(id=uuid4(), sampling_id=one.id, number=place, kind=told.kind, by_party_id=told.by, to_party_id=told.to, **kept)  # noqa: E501  # fmt: skip
        one.papers[paper.id] = told
        kernel.add(paper)
    if one.follow_up is not None:
        kernel.add(SamplingCase(id=uuid4(), sampling_id=one.id, office_id=one.follow_up, case_no="1", state="open", **kept))  # noqa: E501  # fmt: skip
    kernel.add(SamplingClock(sampling_id=one.id, kind="report", subject_id=UUID(int=0), party_id=giver, holder="lab", holder_id=holder, amount=1, unit="days", verified=True, source_zh="", source_en="", begun_at=NOW, due_at=NOW))  # noqa: E501  # fmt: skip
    kernel.add(SamplingPhoto(id=uuid4(), sampling_id=one.id, party_id=giver, kind="photo", width=1, height=1, sha256="", content="", recorded_at=NOW, recorded_by=None))  # noqa: E501  # fmt: skip
    kernel.add(SamplingResult(id=uuid4(), sampling_id=one.id, region_code=one.region, verdict="pass", sheet_no=f"T{number}", producer_name=None, producer_address=None, firm_name="", firm_address="", sample_name="", spec=None, brand=None, dated=None, category="油", bulletin_no="", source=None, lab_name="", remark=None, reason=None, office_zh="", office_en=None, published_at=NOW, withdrawn_at=None if one.public else NOW, **kept))  # noqa: E501  # fmt: skip
    kernel.flush()
    return one


MODELS: dict[str, type[SQLModel]] = {
    "photo": SamplingPhoto, "clock": SamplingClock, "case": SamplingCase, "result": SamplingResult,
}  # fmt: skip


def test_every_reader_sees_what_the_list_by_hand_says_and_nothing_else(
    engine: Engine, cases: list[Case], parties: list[UUID], random: Random, rounds: Rounds
) -> None:
    """Each round checks one reader against one sheet with all that hangs on it."""
    with engine.connect() as connection:
        offices = _offices_inside(connection_session := ScopedSession(connection, EVERYTHING))
        connection_session.close()
        for _ in range(rounds(5, 10_000 // SHEETS)):
            areas = tuple(random.sample(AREAS, random.choice([0, 0, 1, 1, 2])))
            sight = Sight(random.choice([None, *parties]), areas, random.random() < 0.5)
            with ScopedSession(connection, sight) as session:
                _compare(session, sight, cases, offices)


def _offices_inside(kernel: Session) -> dict[UUID, str]:
    return {one.id: one.region_code for one in kernel.exec(select(Party))}


def _compare(session: Session, sight: Sight, cases: list[Case], regions: dict[UUID, str]) -> None:
    seen = {name: {one.sampling_id for one in session.exec(select(model))} for name, model in MODELS.items()}  # type: ignore[attr-defined]
    seen["sampling"] = {one.id for one in session.exec(select(Sampling))}
    papers = {one.id for one in session.exec(select(SamplingPaper))}
    for one in cases:
        wanted = expected(one, sight)
        # a result belongs to the office that published it, which those above it see
        wanted["result"] |= any(regions[one.giver].startswith(area) for area in sight.territory)
        assert {name: one.id in seen[name] for name in wanted} == wanted, (sight, one)
        for id_, told in one.papers.items():
            mine = sight.party_id is not None and sight.party_id in (told.by, told.to, one.giver)
            assert (id_ in papers) == (mine or office_sees(one, sight)), (sight, one, told)
