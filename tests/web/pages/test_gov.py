"""What regulators and the site's operator see and decide; who reads another's record is remembered."""

import csv
import io
import re
from uuid import UUID

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine
from sqlmodel import select

from builders import SIGNED, new_account, new_member, new_party, new_recall, valid_uscc
from conftest import ClientOf
from tracelot.operations import parties, recalls, reporting
from tracelot.records.database import connect
from tracelot.records.journal import JournalEntry
from tracelot.records.proceedings import NewReport
from tracelot.records.sights import EVERYTHING
from tracelot.records.tenancy import ScopedSession
from tracelot.rules.access import PUBLIC
from world import Scene, VisitAs, World, visits

ENGLISH = {"accept-language": "en"}
REQUEST = r"[0-9a-f]{16}|[0-9a-f-]{36}"  # the number of the request, and the id in its address


def tell(url: str, world: World) -> dict[str, str]:
    """Two recalls in the county, of level 1 and 3, and one in its neighbour."""
    engine, made = connect(url), {}
    visit_as = visits(engine, world)
    for level, reason in ((3, "labelling"), (1, "mycotoxin")):
        with visit_as("zhenyang") as visit:
            new = new_recall(world.product_id, world.code, level=level, reason_code=reason)
            opened = recalls.open_recall(visit, new)
            made[f"level-{level}"] = recalls.publish_recall(visit, opened.id).code
    with visit_as("guhuai") as visit:
        opened = recalls.open_recall(visit, new_recall(world.elsewhere_id, "G-1", level=2))
        made["elsewhere"] = recalls.publish_recall(visit, opened.id).code
    engine.dispose()
    return made


@pytest.fixture
def codes(scene: Scene) -> dict[str, str]:
    assert isinstance(scene.told, dict)
    return scene.told


def entries(engine: Engine, act: str) -> list[JournalEntry]:
    with engine.connect() as connection, ScopedSession(connection, EVERYTHING) as kernel:
        return list(kernel.exec(select(JournalEntry).where(JournalEntry.act == act)))


def shown(text: str) -> set[str]:
    return set(re.findall(r"ZH-\d{6}-\d{8}-\d{4}", text))


# The register of recalls


def test_the_overview_shows_the_territory(client_as: ClientOf, codes: dict[str, str]) -> None:
    page = client_as("county").get("/gov", headers=ENGLISH).text
    assert "河南省驻马店市正阳县" in page
    assert page.index(codes["level-1"]) < page.index(codes["level-3"])
    assert codes["elsewhere"] not in page
    assert "正阳花生油直销" in page or "Zhengyang Oil Direct" in page


def test_the_register_begins_with_the_own_territory(client_as: ClientOf, codes: dict[str, str]) -> None:
    page = client_as("county").get("/gov/recalls", headers=ENGLISH).text
    assert shown(page) == {codes["level-1"], codes["level-3"]}
    assert "2 recalls" in page
    assert "河南省驻马店市正阳县" in page


def test_a_switch_shows_all_that_is_published(client_as: ClientOf, codes: dict[str, str]) -> None:
    assert shown(client_as("county").get("/gov/recalls?area=all").text) == set(codes.values())


def test_a_city_sees_all_its_counties(client_as: ClientOf, codes: dict[str, str]) -> None:
    assert shown(client_as("city").get("/gov/recalls").text) == set(codes.values())


def test_a_township_sees_its_own_places_only(client_as: ClientOf, codes: dict[str, str]) -> None:
    assert shown(client_as("township").get("/gov/recalls").text) == set()


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("level=1", {"level-1"}),
        ("reason=labelling", {"level-3"}),
        ("q=黄曲霉", {"level-1", "level-3"}),
        ("firm=花生油", {"level-1", "level-3"}),
        ("product=花生油", {"level-1", "level-3"}),
        ("gtin=9520001000027", {"level-1", "level-3"}),
        ("batch=ZY20260915A&level=3", {"level-3"}),
        ("batch=zy20260915a", set()),
        ("region=411724", {"level-1", "level-3"}),
        ("region=411723", set()),
        ("region=411723&area=all", {"elsewhere"}),
        ("from=2999-01-01", set()),
    ],
)
def test_the_register_is_asked_by_any_field(
    client_as: ClientOf, codes: dict[str, str], asked: str, found: set[str]
) -> None:
    answer = client_as("county").get(f"/gov/recalls?{asked}")
    assert answer.status_code == 200
    assert shown(answer.text) == {codes[name] for name in found}


@pytest.mark.parametrize("asked", ["gtin=123", "from=yesterday", "region=nowhere-at-all", "level=9"])
def test_what_cannot_be_meant_stands_at_its_field(client_as: ClientOf, asked: str) -> None:
    answer = client_as("county").get(f"/gov/recalls?{asked}")
    assert answer.status_code == 422
    assert f'id="field-{asked.partition("=")[0]}-error"' in answer.text


def test_facets_count_what_another_choice_would_leave(client_as: ClientOf, codes: dict[str, str]) -> None:
    page = client_as("county").get("/gov/recalls?level=1", headers=ENGLISH).text
    counts = dict(re.findall(r'>(Level I+ recall)<span class="count">(\d+)<', page))
    assert counts == {"Level I recall": "1", "Level II recall": "0", "Level III recall": "1"}


def test_the_spreadsheet_is_exactly_the_list(client_as: ClientOf, codes: dict[str, str]) -> None:
    county = client_as("county")
    for asked, found in (("", {"level-1", "level-3"}), ("?area=all&level=2", {"elsewhere"})):
        answer = county.get(f"/gov/recalls.csv{asked}")
        rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
        assert {row[0] for row in rows[1:]} == {codes[name] for name in found}


@pytest.mark.parametrize("path", ["/gov", "/gov/recalls", "/gov/recalls.csv", "/gov/parties"])
@pytest.mark.parametrize("name", ["zhenyang", "impostor"])
def test_firms_have_no_way_in(client_as: ClientOf, path: str, name: str) -> None:
    assert client_as(name).get(path).status_code == 403


def test_the_public_is_asked_to_sign_in(client: TestClient) -> None:
    assert client.get("/gov/parties").headers["location"] == "/sign-in?next=%2Fgov%2Fparties"


def test_the_operator_has_the_public_register(client_as: ClientOf) -> None:
    assert client_as("site").get("/gov/recalls").headers["location"] == "/recalls"


# Parties


def test_parties_of_the_territory_are_listed_by_state(client_as: ClientOf, world: World) -> None:
    county = client_as("county")
    assert str(world.parties["impostor"]) in county.get("/gov/parties").text
    verified = county.get("/gov/parties?status=verified").text
    assert str(world.parties["zhenyang"]) in verified
    assert str(world.parties["guhuai"]) not in verified
    assert str(world.parties["county"]) not in verified


def test_parties_are_found_by_name_or_credit_code(
    client_as: ClientOf, world: World, visit_as: VisitAs
) -> None:
    with visit_as("zhenyang") as visit:
        uscc = parties.own_party(visit).uscc
    site = client_as("site")
    for text in ("花生油有限", uscc):
        page = site.get("/gov/parties", params={"status": "verified", "q": text}).text
        assert str(world.parties["zhenyang"]) in page
        assert str(world.parties["guhuai"]) not in page


def test_a_long_list_of_parties_has_pages(client_as: ClientOf, visit_as: VisitAs) -> None:
    with visit_as("site") as visit:
        for _ in range(55):
            parties.enrol_party(visit, new_party(), new_member())
    county, url = client_as("county"), "/gov/parties?status=verified"
    seen: list[str] = []
    while url:
        page = county.get(url).text
        seen += re.findall(r'href="/gov/parties/([0-9a-f-]{36})"', page)
        following = re.search(r'href="(/gov/parties\?[^"]*cursor=[^"]+)"[^>]*rel="next"', page)
        url = following[1].replace("&amp;", "&") if following else ""
    assert len(seen) == len(set(seen)) == 57  # with zhenyang and the township's office


def test_a_party_of_elsewhere_is_as_good_as_absent(client_as: ClientOf, world: World) -> None:
    county = client_as("neighbour")
    for method in ("GET", "POST"):
        foreign = county.request(
            method, f"/gov/parties/{world.parties['impostor']}", data={"decision": "verified"}
        )
        absent = county.request(method, f"/gov/parties/{UUID(int=7)}", data={"decision": "verified"})
        assert foreign.status_code == absent.status_code == 404
        assert re.sub(REQUEST, "", foreign.text) == re.sub(REQUEST, "", absent.text)


def decide(client: TestClient, party_id: UUID, decision: str, note: str = "", **more: str) -> tuple[int, str]:
    form = SIGNED | {"decision": decision, "note": note} | more
    answer = client.post(f"/gov/parties/{party_id}", data=form, headers=ENGLISH)
    return answer.status_code, answer.headers.get("location", "") or answer.text


def test_a_county_verifies_and_the_party_may_publish(client_as: ClientOf, world: World) -> None:
    impostor = world.parties["impostor"]
    status, location = decide(client_as("county"), impostor, "verified", "营业执照原件")
    assert (status, location) == (303, f"/gov/parties/{impostor}?done=verified")
    assert "Verified" in client_as("impostor").get("/settings/party", headers=ENGLISH).text


def test_a_refusal_needs_a_note_that_the_party_reads(client_as: ClientOf, world: World) -> None:
    impostor = world.parties["impostor"]
    status, text = decide(client_as("county"), impostor, "rejected")
    assert status == 422
    assert 'id="field-note-error"' in text
    assert decide(client_as("county"), impostor, "rejected", "与营业执照不符")[0] == 303
    assert "与营业执照不符" in client_as("impostor").get("/welcome").text


def test_an_outdated_form_decides_nothing(client_as: ClientOf, world: World) -> None:
    status, text = decide(client_as("county"), world.parties["impostor"], "verified", "ok", version="99")
    assert status == 422
    assert "Somebody changed this record" in text
    assert "Nobody has confirmed" in client_as("impostor").get("/settings/party", headers=ENGLISH).text


def test_a_township_looks_and_does_not_decide(client_as: ClientOf, visit_as: VisitAs) -> None:
    with visit_as(PUBLIC) as visit:
        party, _ = parties.sign_up(visit, new_party(region_code="411724214"), new_account())
        party_id = party.id
    township = client_as("township")
    page = township.get(f"/gov/parties/{party_id}", headers=ENGLISH)
    assert page.status_code == 200
    assert "A township office looks and assists" in page.text
    assert 'name="decision"' not in page.text
    assert decide(township, party_id, "verified", "ok")[0] in (403, 422)
    with visit_as("site") as visit:
        assert parties.find_party(visit, party_id).status == "unverified"


def test_a_county_does_not_confirm_regulators(client_as: ClientOf, world: World) -> None:
    page = client_as("city").get(f"/gov/parties/{world.parties['county']}", headers=ENGLISH)
    assert "Regulators are confirmed by the operator of the site." in page.text
    assert 'name="decision"' not in page.text
    assert decide(client_as("city"), world.parties["county"], "rejected", "x y")[0] == 422


def test_a_second_party_of_a_credit_code_is_not_verified(
    client_as: ClientOf, visit_as: VisitAs, world: World
) -> None:
    with visit_as("zhenyang") as visit:
        uscc = parties.own_party(visit).uscc
    with visit_as(PUBLIC) as visit:
        party, _ = parties.sign_up(visit, new_party(uscc=uscc), new_account())
        party_id = party.id
    county = client_as("county")
    assert (
        "Another verified party already holds" in county.get(f"/gov/parties/{party_id}", headers=ENGLISH).text
    )
    status, text = decide(county, party_id, "verified", "ok")
    assert status == 422
    assert "Another party with this USCC is verified already." in text


def test_an_unverified_party_publishes_nothing(client_as: ClientOf, world: World) -> None:
    impostor = client_as("impostor")
    product = impostor.post("/api/v1/products", json={"name_zh": "花生油", "gtin": world.gtin}).json()
    new = new_recall(UUID(product["id"]), "X-1").model_dump(mode="json")
    recall = impostor.post("/api/v1/recalls", json=new).json()
    answer = impostor.post(f"/api/v1/recalls/{recall['id']}/publish")
    assert (answer.status_code, answer.json()["type"].rpartition("/")[2]) == (403, "party-unverified")
    page = client_as("county").get(f"/gov/parties/{world.parties['impostor']}", headers=ENGLISH)
    assert "barcodes that another verified party owns" in page.text


def test_a_party_whose_recalls_are_in_force_cannot_be_refused(
    client: TestClient, client_as: ClientOf, codes: dict[str, str], world: World
) -> None:
    status, text = decide(client_as("county"), world.parties["zhenyang"], "rejected", "营业执照已吊销")
    assert status == 422
    assert "only the operator of the site can refuse it" in text
    notice = client.get(f"/recalls/{codes['level-1']}")
    assert notice.status_code == 200
    assert "正阳花生油有限公司" in notice.text
    assert shown(client.get("/recalls").text) == set(codes.values())


# Enrolling


def test_the_operator_enrols_an_office(client: TestClient, client_as: ClientOf) -> None:
    form = {
        "type": "regulator",
        "name_zh": "泌阳县市场监督管理局",
        "uscc": valid_uscc(901),
        "region_code": "411726",
        "address_zh": "行政路1号",
        "phone": "0396-7920001",
        "person": "周强",
        "login": "zhou@trace.test",
    } | SIGNED
    answer = client_as("site").post("/gov/parties/new", data=form, headers=ENGLISH)
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    link = re.search(r"/join/[\w-]+", answer.text)
    assert link is not None
    assert client.post(link[0], data={"password": "a long enough password"}).headers["location"] == "/gov"
    assert "泌阳县" in client.get("/gov").text


@pytest.mark.parametrize("name", ["county", "city", "zhenyang"])
def test_nobody_else_enrols(client_as: ClientOf, name: str) -> None:
    assert client_as(name).get("/gov/parties/new").status_code == 403
    assert client_as(name).post("/gov/parties/new", data={}).status_code == 403


# Reads that are remembered


def test_who_opens_a_party_is_remembered(client_as: ClientOf, engine: Engine, world: World) -> None:
    impostor = world.parties["impostor"]
    assert client_as("county").get(f"/gov/parties/{impostor}").status_code == 200
    (entry,) = entries(engine, "party.read")
    assert (entry.subject_id, entry.actor_id) == (impostor, world.people["county"])
    assert entry.party_id == world.parties["county"]
    assert str(impostor) in entry.record


def test_the_json_door_remembers_too(client_as: ClientOf, engine: Engine, world: World) -> None:
    county = client_as("county")
    assert county.get(f"/api/v1/parties/{world.parties['zhenyang']}").status_code == 200
    assert county.get(f"/api/v1/batches/{world.batch_id}").status_code == 200
    assert county.get(f"/api/v1/batches/{world.batch_id}/history").status_code == 200
    assert len(entries(engine, "party.read")) == 1
    assert {entry.subject_id for entry in entries(engine, "batch.read")} == {world.batch_id}
    assert len(entries(engine, "batch.read")) == 2


def test_access_records_are_no_part_of_a_batch_s_history(client_as: ClientOf, world: World) -> None:
    county = client_as("county")
    for _ in range(2):
        acts = [entry["act"] for entry in county.get(f"/api/v1/batches/{world.batch_id}/history").json()]
    assert "batch.registered" in acts
    assert "batch.read" not in acts


def test_a_read_of_one_s_own_leaves_nothing(client_as: ClientOf, engine: Engine, world: World) -> None:
    owner = client_as("zhenyang")
    assert owner.get(f"/api/v1/batches/{world.batch_id}").status_code == 200
    assert owner.get(f"/api/v1/parties/{world.parties['zhenyang']}").status_code == 200
    assert not entries(engine, "batch.read")
    assert not entries(engine, "party.read")


def test_a_read_that_was_refused_leaves_nothing(client_as: ClientOf, engine: Engine, world: World) -> None:
    assert client_as("neighbour").get(f"/api/v1/batches/{world.batch_id}").status_code == 404
    assert client_as("neighbour").get(f"/gov/parties/{world.parties['impostor']}").status_code == 404
    assert not entries(engine, "batch.read")
    assert not entries(engine, "party.read")


def test_the_register_tells_the_clock_that_ends_first_and_who_answered(
    client_as: ClientOf, codes: dict[str, str], visit_as: VisitAs
) -> None:
    with visit_as("quality") as visit:
        recall = recalls.find_recall(visit, codes["level-1"])
        for step in ("dispose", "complete"):
            reporting.move_on(visit, recall.id, step)
        reporting.hand_in_report(visit, recall.id, NewReport(kind="final", text="全部追回"))
    page = client_as("county").get("/gov/recalls", headers=ENGLISH).text
    rows = {code: row for row in page.split("<tr>") for code in codes.values() if code in row}

    assert "Recall carried out" in rows[codes["level-3"]]
    assert "left" in rows[codes["level-3"]]
    assert "Recall carried out" not in rows[codes["level-1"]]  # it is done
    assert "Effectiveness" in page
    assert "Effectiveness" not in client_as("county").get("/gov/recalls?area=all", headers=ENGLISH).text
