"""The pages of laboratories: what they are certified for, recording it, and what an expired certificate means."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import Engine

from conftest import ClientOf
from inspected import laboratory
from keeping import all_rows
from sampled import Way
from tracelot.records.journal import JournalEntry
from world import VisitAs, World

ENGLISH = {"accept-language": "en"}
SEEN = {
    "scheme": "CMA",
    "number": "231612050001",
    "valid_from": "2026-01-01",
    "valid_to": "2026-11-01",
    "reason": "原件",
}


def test_an_office_records_what_a_laboratory_is_certified_for_and_everybody_reads_it(
    client_as: ClientOf, visit_as: VisitAs, world: World, engine: Engine
) -> None:
    lab = laboratory(visit_as, world, engine, cma=False)
    county, at = client_as("county"), f"/gov/laboratories/{lab}"
    assert "not published" in county.get("/gov/laboratories", headers=ENGLISH).text

    wrong = county.post(at, data=SEEN | {"valid_to": "2025-01-01"}, headers=ENGLISH)
    assert wrong.status_code == 422
    assert "before the first one" in wrong.text
    assert county.post(at, data=SEEN).status_code == 303

    page = client_as("zhenyang").get("/app/laboratories", headers=ENGLISH).text
    assert "231612050001" in page
    assert "Expired" in page
    assert at not in page  # nothing to record for a firm
    assert client_as("zhenyang").post(at, data=SEEN).status_code == 403
    assert client_as("neighbour").post(at, data=SEEN).status_code == 404
    assert client_as("site").post(at, data=SEEN | {"scheme": "CNAS"}).status_code == 303
    assert [one.reason for one in all_rows(engine, JournalEntry, act="laboratory.certified")] == ["原件"] * 2


def test_the_sheet_says_that_a_report_without_a_valid_certificate_is_not_published(
    client_as: ClientOf, visit_as: VisitAs, world: World, engine: Engine
) -> None:
    lab = laboratory(visit_as, world, engine, cma=False)
    way, now = Way(visit_as, world), datetime.now(UTC) - timedelta(minutes=1)
    sheet = way.take(taken_at=now, now=now)
    way.hand(sheet.id, now=now)
    way.receive(sheet.id, now=now)
    page = client_as("lab").get(f"/app/samplings/{sheet.id}", headers=ENGLISH).text
    assert "would not be published" in page

    client_as("county").post(f"/gov/laboratories/{lab}", data=SEEN | {"valid_to": ""})

    assert (
        "would not be published"
        not in client_as("lab").get(f"/app/samplings/{sheet.id}", headers=ENGLISH).text
    )
