"""Time limits on pages: the public table, the operator's changes, the firm's request, the office's answer."""

import re
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from fastapi.testclient import TestClient

from builders import SIGNED, new_recall
from conftest import ClientOf
from tracelot.operations import extensions, recalls
from tracelot.records.clocks import AskedExtension
from world import VisitAs, World

LONG_AGO = datetime(2026, 10, 1, 8, tzinfo=UTC)


@pytest.fixture
def recall(visit_as: VisitAs, world: World) -> tuple[UUID, str]:
    """Published long ago, so that its time is over."""
    with visit_as("quality", LONG_AGO) as visit:
        new = new_recall(world.product_id, world.code, knowledge_at=LONG_AGO - timedelta(hours=1))
        made = recalls.publish_recall(visit, recalls.open_recall(visit, new).id)
        return made.id, made.code


@pytest.fixture
def asked(visit_as: VisitAs, recall: tuple[UUID, str]) -> str:
    with visit_as("quality") as visit:
        more = AskedExtension(until=visit.today + timedelta(days=10), reason="退货仍在途中")
        return str(extensions.ask_extension(visit, recall[0], more).id)


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("zh", ("待核对", "36 小时", "10 个工作日", "10-10")),
        ("en", ("To be checked", "36 hours", "10 working days", "10-10")),
    ],
)
def test_everybody_reads_the_law(client: TestClient, language: str, words: tuple[str, ...]) -> None:
    page = client.get(f"/law?lang={language}")

    assert page.status_code == 200
    assert all(word in page.text for word in words)
    for pack in ("CN-FOOD-2015", "CN-FOOD-2026", "US-FDA-7", "CN-DRUG-2022", "CN-CONSUMER-2020", "EU-GPSR"):
        assert f'id="{pack}"' in page.text


def test_the_operator_changes_a_limit_and_everybody_reads_it(client: TestClient, client_as: ClientOf) -> None:
    site = client_as("site")
    form = site.get("/gov/law/CN-FOOD-2026/2?lang=en").text
    version = re.search(r'name="version" value="(\d+)"', form)
    assert version is not None
    sent = {"version": version[1], "start_within_hours": "36", "complete_within_workdays": "17",
            "reason": "Gazette 2026 no. 12"}  # fmt: skip

    bad = site.post("/gov/law/CN-FOOD-2026/2", data=sent | {"start_within_hours": "0"})
    unsaid = site.post("/gov/law/CN-FOOD-2026/2", data=sent | {"reason": ""})
    good = site.post("/gov/law/CN-FOOD-2026/2", data=sent)
    stale = site.post("/gov/law/CN-FOOD-2026/2", data=sent)

    assert (bad.status_code, unsaid.status_code, good.status_code, stale.status_code) == (422, 422, 303, 422)
    assert 'href="#field-start_within_hours"' in bad.text
    assert "17 working days" in client.get("/law?lang=en").text
    assert "Gazette 2026 no. 12" in site.get("/gov/law/CN-FOOD-2026/2").text


def test_the_operator_takes_over_a_year(client: TestClient, client_as: ClientOf) -> None:
    site = client_as("site")
    assert "2027-01-01" in site.get("/gov/law/days/2027").text
    sent = {"off": "2027-01-01\n2027-01-04", "working": "2027-01-03", "source": "通知", "reason": "已公布"}

    for wrong in ({"off": "2026-01-01"}, {"working": "2027-01-05"}, {"off": "tomorrow"}, {"off": ""}):
        assert site.post("/gov/law/days/2027", data=sent | wrong).status_code == 422
    assert site.post("/gov/law/days/2027", data=sent).status_code == 303
    assert "01-04" in client.get("/law").text
    assert site.get("/gov/law?lang=en").text.count("Announced") >= 3


@pytest.mark.parametrize("path", ["/gov/law", "/gov/law/CN-FOOD-2015/1", "/gov/law/days/2027"])
def test_nobody_else_changes_the_law(client: TestClient, client_as: ClientOf, path: str) -> None:
    assert client.get(path).status_code == 303
    for who in ("county", "zhenyang"):
        assert client_as(who).get(path).status_code == 403
        if path != "/gov/law":
            assert client_as(who).post(path, data={"reason": "no"}).status_code == 403


@pytest.mark.parametrize(
    "path",
    ["/gov/law/NO/1", "/gov/law/%00/1", "/gov/law/US-FDA-7/1", "/gov/law/CN-FOOD-2015/9",
     "/gov/law/CN-FOOD-2015/99999999999999999999", "/gov/law/days/99999999999999", "/gov/law/days/x"],
)  # fmt: skip
def test_a_law_that_is_not_there_is_told_so(client_as: ClientOf, path: str) -> None:
    site = client_as("site")

    assert 400 <= site.get(path).status_code < 500
    assert 400 <= site.post(path, data={"reason": "no"}).status_code < 500


@pytest.mark.parametrize(
    ("language", "words"),
    [("zh", ("时限", "已逾期", "2026-10-20 24:00 +08:00", "10 个工作日")),
     ("en", ("Time limits", "overdue for", "2026-10-20 24:00 +08:00", "10 working days"))],
)  # fmt: skip
def test_the_firm_reads_its_clocks(
    client_as: ClientOf, recall: tuple[UUID, str], language: str, words: tuple[str, ...]
) -> None:
    page = client_as("quality").get(f"/app/recalls/{recall[0]}?lang={language}")

    assert page.status_code == 200
    assert [word for word in words if word not in page.text] == []


def test_the_firm_asks_and_is_told_what_is_wrong(client_as: ClientOf, recall: tuple[UUID, str]) -> None:
    quality, path = client_as("quality"), f"/app/recalls/{recall[0]}/extension"
    early = quality.post(path, data={"kind": "complete", "until": "2026-10-05", "reason": "退货仍在途中"})
    unsaid = quality.post(path, data={"kind": "complete", "until": "2027-01-20"})
    start = quality.post(path, data={"kind": "start", "until": "2027-01-20", "reason": "退货仍在途中"})
    good = quality.post(path, data={"kind": "complete", "until": "2027-01-20", "reason": "退货仍在途中"})
    again = quality.post(path, data={"kind": "complete", "until": "2027-01-25", "reason": "退货仍在途中"})

    assert [one.status_code for one in (early, unsaid, start, good, again)] == [422, 422, 422, 303, 422]
    assert 'href="#field-until"' in early.text
    page = quality.get(f"/app/recalls/{recall[0]}?lang=en").text
    assert "Asked for" in page
    assert "Ask the office for more time" not in page
    assert client_as("county").post(path, data={"until": "2027-01-20", "reason": "退货"}).status_code in (
        403,
        404,
    )


@pytest.mark.parametrize(
    ("language", "late", "until"), [("zh", "已逾期", "延至"), ("en", "overdue for", "granted by")]
)
def test_the_office_finds_it_decides_and_everybody_reads(
    client: TestClient,
    client_as: ClientOf,
    recall: tuple[UUID, str],
    asked: str,
    language: str,
    late: str,
    until: str,
) -> None:
    county, path = client_as("county"), f"/gov/extensions/{asked}"
    overview = county.get(f"/gov?lang={language}").text
    assert late in overview
    assert path in overview
    notice = f"/recalls/{recall[1]}?lang={language}"
    assert 'id="extended"' not in client.get(notice).text

    unsigned = county.post(path, data={"granted": "true"})
    bare = county.post(path, data=SIGNED | {"granted": "false"})
    granted = county.post(path, data=SIGNED | {"granted": "true", "note": "情况属实"})

    assert [one.status_code for one in (unsigned, bare, granted)] == [422, 422, 303]
    told = client.get(notice).text
    assert until in told
    assert "退货仍在途中" in told
    assert county.post(path, data=SIGNED | {"granted": "true"}).status_code == 422
    history = client_as("quality").get(f"/app/recalls/{recall[0]}?lang={language}").text
    assert until in history
    assert path not in county.get(f"/gov?lang={language}").text


def test_whoever_does_not_watch_the_firm_finds_no_request(
    client: TestClient, client_as: ClientOf, asked: str
) -> None:
    path = f"/gov/extensions/{asked}"
    answers = {
        who: client_as(who).get(path).status_code for who in ("neighbour", "township", "site", "quality")
    }

    assert answers == {"neighbour": 404, "township": 404, "site": 404, "quality": 403}
    assert client.get(path).status_code == 303
    for who in ("neighbour", "township", "site", "quality"):
        assert client_as(who).post(path, data=SIGNED | {"granted": "true"}).status_code in (403, 404, 422)


def test_a_draft_that_must_name_its_end_says_so(visit_as: VisitAs, client_as: ClientOf, world: World) -> None:
    known = datetime(2026, 12, 2, tzinfo=UTC)
    with visit_as("quality", known + timedelta(hours=1)) as visit:
        draft = recalls.open_recall(visit, new_recall(world.product_id, "A1", knowledge_at=known)).id
    page = client_as("quality").get(f"/app/recalls/{draft}?lang=en").text
    assert f"/app/recalls/{draft}/edit#field-planned_end" in page
    assert "To be checked" in page


def test_the_api_tells_clocks_to_the_firm_and_its_offices(
    client: TestClient, client_as: ClientOf, program_of: ClientOf, recall: tuple[UUID, str]
) -> None:
    path = f"/api/v1/recalls/{recall[1]}"
    firm, office = program_of("zhenyang").get(path).json(), client_as("county").get(path).json()
    others = [
        one.get(path).json()
        for one in (client, program_of("guhuai"), client_as("neighbour"), client_as("site"))
    ]

    assert [clock["kind"] for clock in firm["clocks"]] == ["start", "complete", "report"]
    assert [clock["state"] for clock in office["clocks"]] == ["met", "overdue", "waiting"]
    assert firm["rule_pack"] == "CN-FOOD-2015"
    assert [one["clocks"] for one in others] == [[]] * 4


def test_the_api_takes_the_law_and_the_plan(program_of: ClientOf, world: World) -> None:
    program = program_of("zhenyang")
    new = {"level": 2, "knowledge_at": "2026-11-20T09:00:00+08:00", "jurisdiction": "US", "planned_end": "2027-02-01",
           "ranges": [{"product_id": str(world.product_id), "codes": ["Z1"]}]}  # fmt: skip
    made = program.post("/api/v1/recalls", json=new).json()
    changed = program.patch(f"/api/v1/recalls/{made['id']}", json={"jurisdiction": "CN"}).json()

    assert (made["rule_pack"], [one["kind"] for one in made["clocks"]]) == ("US-FDA-7", ["status"])
    assert (changed["rule_pack"], changed["planned_end"]) == ("CN-FOOD-2015", "2027-02-01")
    for bad in ({"jurisdiction": None}, {"jurisdiction": "FR"}, {"planned_end": "soon"}):
        assert program.patch(f"/api/v1/recalls/{made['id']}", json=bad).status_code == 422
