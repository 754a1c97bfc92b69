"""The demo: told once through the operations, and found again at every door."""

import stat
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine
from sqlmodel import col, func, select

from builders import new_account, new_party
from clocks import standing
from conftest import BASE
from databases import Databases
from tracelot.demo import story
from tracelot.demo.access import Access, read_access
from tracelot.demo.loading import load
from tracelot.operations import actors, parties, sessions
from tracelot.operations.visit import Visit
from tracelot.operations.working import visiting, writing
from tracelot.records.accounts import find_account
from tracelot.records.batches import Batch
from tracelot.records.database import connect
from tracelot.records.journal import JournalEntry
from tracelot.records.parties import Party, find_claimant
from tracelot.records.products import Product
from tracelot.records.sights import EVERYTHING
from tracelot.records.tenancy import ScopedSession
from tracelot.rules.access import PUBLIC, Actor
from tracelot.rules.identifiers import digital_link
from tracelot.rules.refusals import Conflict
from tracelot.settings import Settings
from tracelot.web.app import build
from world import PLACE

NOW = datetime(2026, 11, 22, 2, tzinfo=UTC)


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("demo") / "demo.access.json"


@pytest.fixture(scope="module")
def engine(databases: Databases, file: Path) -> Iterator[Engine]:
    """A store with the demo in it."""
    url = databases.make("bare")
    opened = connect(url)
    load(opened, PLACE, NOW, file)
    yield opened
    opened.dispose()
    databases.drop(url)


@pytest.fixture(scope="module")
def access(engine: Engine, file: Path) -> Access:
    kept = read_access(file)
    assert kept is not None
    return kept


@pytest.fixture(scope="module")
def client(engine: Engine) -> Iterator[TestClient]:
    url = engine.url.render_as_string(hide_password=False)
    app = build(Settings(database_url=url, public_url=BASE, worker=False))
    with standing(NOW), TestClient(app, base_url=BASE, follow_redirects=False) as opened:
        yield opened


@pytest.fixture
def kernel(engine: Engine) -> Iterator[ScopedSession]:
    with engine.connect() as connection, ScopedSession(connection, EVERYTHING) as session:
        yield session


def actor_of(visit: Visit, login: str) -> Actor:
    account = find_account(visit.kernel(), login)
    assert account is not None
    return actors.actor_of(visit.kernel(), account)


def how_many_batches() -> int:
    """Those that were registered, and those that came of the acts."""
    named = {(batch["product"], batch["code"]) for batch in story.batches()}
    return len(named | {tuple(one[:2]) for act in story.acts() for one in act.get("outputs", ())})


def found(client: TestClient, code: str) -> list[str]:
    answer = client.get("/api/v1/lookup", params={"code": code}).json()
    return [match["batch"]["code"] for match in answer["matches"]]


def test_told_twice_it_is_told_once(
    engine: Engine, access: Access, file: Path, kernel: ScopedSession
) -> None:
    entries = kernel.exec(select(func.count()).select_from(JournalEntry)).one()

    again = load(engine, PLACE, NOW + timedelta(days=1), file)

    assert again == access
    assert kernel.exec(select(func.count()).select_from(JournalEntry)).one() == entries
    assert kernel.exec(select(func.count()).select_from(Party)).one() == len(story.parties())
    assert kernel.exec(select(func.count()).select_from(Batch)).one() == how_many_batches()


def test_only_the_owner_of_the_file_reads_the_password(access: Access, file: Path) -> None:
    assert len(access.password) >= 12
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_store_that_others_use_is_refused(store: str, tmp_path: Path) -> None:
    used = connect(store)
    with writing(used) as connection, visiting(connection, PUBLIC, NOW, PLACE) as visit:
        parties.sign_up(visit, new_party(), new_account())
    with pytest.raises(Conflict, match="parties already"):
        load(used, PLACE, NOW, tmp_path / "demo.access.json")
    used.dispose()
    assert not (tmp_path / "demo.access.json").exists()


def test_everybody_signs_in_with_the_one_password(engine: Engine, access: Access) -> None:
    with writing(engine) as connection, visiting(connection, PUBLIC, NOW, PLACE) as visit:
        for person in access.people:
            assert sessions.sign_in(visit, person.login, access.password).account.role == person.role


def test_each_key_opens_its_party(client: TestClient, access: Access) -> None:
    for key in access.keys.values():
        answer = client.get("/api/v1/products", headers={"authorization": f"Bearer {key}"})
        assert answer.status_code == 200


def test_every_batch_answers_at_its_address(client: TestClient, kernel: ScopedSession) -> None:
    rows = kernel.exec(select(Batch, Product).where(Batch.product_id == Product.id)).all()
    assert len(rows) == how_many_batches()
    for batch, product in rows:
        public = batch.released_at is not None
        if product.gtin_claim:
            link = digital_link("", product.gtin_claim, batch.code)
        elif not product.gtin:
            link = f"/b/{batch.short_code}"
        else:
            continue  # the impostor's: its GTIN answers with the owner's batch
        for accept in ("text/html", "application/json"):
            answer = client.get(link, headers={"accept": accept})
            assert answer.status_code == (200 if public else 404), link
        if public:
            assert (
                client.get(link, headers={"accept": "application/json"}).json()["batch"]["code"] == batch.code
            )


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("01/09520001000034/10/2026/09/15-03", "2026/09/15-03"),
        (f"{BASE}/01/09520001000034/10/2026%2F09%2F15-03", "2026/09/15-03"),
        ("https://elsewhere.example/01/09520001000058/10/QM100%25-0918b", "QM100%-0918b"),
        ("(01)09520001000041(10)L15-3.2", "L15-3.2"),
        ("(01)09520001000010(10)20260915A1", "20260915A1"),
        ("urn:epc:class:lgtin:952000100.0002.ZY260915-HS02", "ZY260915-HS02"),
    ],
    ids=["slashes", "slashes in a link", "percent sign on another domain", "dot", "plain", "urn"],
)
def test_awkward_codes_are_found(client: TestClient, written: str, code: str) -> None:
    assert found(client, written) == [code]


def test_capitals_tell_batches_apart(client: TestClient) -> None:
    head = {"accept": "application/json"}
    small = client.get("/01/09520001000058/10/QM100%25-0918b", headers=head).json()
    large = client.get("/01/09520001000058/10/QM100%25-0918B", headers=head).json()
    assert (small["verdict"], large["verdict"]) == ("no_recall", "withdrawn_record")


def test_the_printed_text_finds_its_batch_for_the_maker(client: TestClient, access: Access) -> None:
    key = access.keys["Zhenyang Peanut Foods Co., Ltd."]
    answer = client.get(
        "/api/v1/lookup", params={"code": "2026-09-15 乙班"}, headers={"authorization": f"Bearer {key}"}
    )
    assert [own["status"] for own in answer.json()["own"]] == ["released"]


def test_the_batches_stand_in_many_states(kernel: ScopedSession) -> None:
    states = set(kernel.exec(select(Batch.status)))
    assert states == {"pending_inspection", "released", "held", "recalled", "void", "exhausted"}
    expired = select(Batch).where(Batch.status == "released", col(Batch.expiry_date) < NOW.date())
    assert len(kernel.exec(expired).all()) == 1


@pytest.mark.parametrize("words", ["花生", "花生油", "黄曲霉毒素", "aflatoxin", "peanut oil", "真阳"])
def test_the_peanut_recall_is_found_in_both_languages(client: TestClient, words: str) -> None:
    page = client.get("/api/v1/recalls", params={"text": words}).json()
    assert [(recall["level"], recall["batches"]) for recall in page["items"]] == [(1, 2)]


@pytest.mark.parametrize("words", ["芝麻油", "保质期", "shelf life", "sesame"])
def test_the_label_recall_is_found_in_both_languages(client: TestClient, words: str) -> None:
    page = client.get("/api/v1/recalls", params={"text": words}).json()
    assert [(recall["level"], recall["batches"]) for recall in page["items"]] == [(3, 1)]


def test_the_draft_is_nobodys_but_the_mills(client: TestClient) -> None:
    assert client.get("/api/v1/recalls", params={"text": "面粉"}).json()["total"] == 0
    assert client.get("/api/v1/recalls").json()["total"] == 2


def test_the_impostor_gains_nothing(engine: Engine, client: TestClient) -> None:
    with engine.connect() as connection:
        with visiting(connection, PUBLIC, NOW, PLACE) as visit:
            officer = actor_of(visit, "officer@zhengyang-samr.example")
            owner = find_claimant(visit.kernel(), story.FIRST_USCC)
            assert owner is not None
            assert owner.name_en == "Zhenyang Peanut Foods Co., Ltd."
        with visiting(connection, officer, NOW, PLACE) as visit:
            waiting = parties.waiting_parties(visit)
            doubts = {party.name_en: parties.doubts(visit, party) for party in waiting}
    assert doubts == {
        "Xiongzhai Peanut Workshop": [],
        "Zhenyang Peanut Foods (head office)": ["uscc-verified-elsewhere", "gtin-owned-elsewhere"],
    }
    page = client.get("/01/09520001000027/10/ZY260915-HS02", headers={"accept": "application/json"}).json()
    assert page["verdict"] == "recalled"


def test_the_raw_peanuts_add_up(kernel: ScopedSession) -> None:
    raw = kernel.exec(select(Batch).where(col(Batch.code).like("LQ-%"))).all()
    assert sum(batch.quantity or 0 for batch in raw) == 12000


def test_the_second_farm_lot_leads_to_both_products_and_three_customers(
    client: TestClient, access: Access
) -> None:
    key = access.keys["Zhenyang Peanut Foods Co., Ltd."]
    head = {"authorization": f"Bearer {key}"}
    told = client.get("/api/v1/traces", params={"code": "LQ-02"}, headers=head).json()

    assert {"2026/09/15-03", "ZY260915-HS02"} <= {item["batch"]["code"] for item in told["items"]}
    assert {one["end"]["party_en"] for one in told["consignees"] if one["direct"]} == {
        "Tianzhong Grain and Oil Wholesale",
        "Tianzhong Supermarket Co., Ltd.",
        "Tianzhong School Canteen Distribution Centre",
    }
    assert told["complete"] is True


CHIEF, OFFICER = "chief@zhengyang-samr.example", "officer@zhengyang-samr.example"
CITY, PINGYU = "officer@zhumadian-samr.example", "officer@pingyu-samr.example"
LANQING, LAB, QUALITY = (
    "officer@lanqing.example",
    "desk@tianzhong-testing.example",
    "quality@zhenyang.example",
)
FOUND = [
    ("", "/samplings", "48.6"),
    ("", "/samplings?verdict=pass", "2026/10/08-01"),
    (CHIEF, "/gov/inspections", "TZ-J-2611-0101"),
    (CHIEF, "/gov/samplings", "花生"),
    (CHIEF, "/gov/samplings/plans", "2026年第四季度花生制品监督抽检"),
    (CHIEF, "/gov/samplings/rates", "花生油"),
    (CHIEF, "/gov/tips", "真阳炒花生"),
    (CHIEF, "/gov/late", "县局监管员"),
    (OFFICER, "/gov/site", "ZH-411724"),
    (CHIEF, "/settings/duty", "县局监管员"),
    (CITY, "/gov/samplings", "挂面"),
    (CITY, "/gov/tips", "挂面"),
    (CITY, "/gov/laboratories", "231612050001"),
    (PINGYU, "/gov/tips", "芝麻油"),
    (LANQING, "/gov/tips", "真阳炒花生"),
    (LANQING, "/gov/samplings", "花生"),
    (LAB, "/app/inspections", "TZ-W-2611-0031"),
    (LAB, "/app/samplings", "挂面"),
    (QUALITY, "/app/inspections", "CJ260915-02"),
    (QUALITY, "/app/samplings", "CY411724"),
    (QUALITY, "/app/complaints", "许可证编号"),
    (QUALITY, "/app/owed", "ZH-411724"),
    (QUALITY, "/settings/duty", "真阳质量负责人"),
    ("store@tianzhong-wholesale.example", "/app/holds", "ZY260915-HS02"),
    ("quality@langling.example", "/app/samplings", "CY411725"),
]


@pytest.fixture(scope="module")
def cookies(engine: Engine, access: Access) -> dict[str, dict[str, str]]:
    """Who looks at the pages, signed in; the public is not."""
    with writing(engine) as connection, visiting(connection, PUBLIC, NOW, PLACE) as visit:
        return {"": {}} | {
            who: {"trace": sessions.sign_in(visit, who, access.password).secret}
            for who in {who for who, _, _ in FOUND if who}
        }


@pytest.mark.parametrize(("who", "path", "told"), FOUND)
def test_whoever_looks_around_finds_the_story_on_every_page(
    client: TestClient, cookies: dict[str, dict[str, str]], who: str, path: str, told: str
) -> None:
    heads = {
        "accept": "text/html",
        "cookie": "; ".join(f"{name}={value}" for name, value in cookies[who].items()),
    }
    page = client.get(path, headers=heads)
    assert page.status_code == 200
    assert told in page.text


def test_the_journal_tells_the_story_in_the_order_of_time(kernel: ScopedSession) -> None:
    entries = kernel.exec(select(JournalEntry).order_by(col(JournalEntry.seq), col(JournalEntry.id))).all()
    for bucket in {entry.bucket for entry in entries}:
        times = [entry.recorded_at for entry in entries if entry.bucket == bucket]
        assert times == sorted(times)
    assert max(entry.recorded_at for entry in entries) <= NOW


@pytest.mark.parametrize("year", [2026, 2030], ids=["before the batches were made", "when all are over"])
def test_the_story_can_be_told_on_any_day(databases: Databases, tmp_path: Path, year: int) -> None:
    url = databases.make("bare")
    opened = connect(url)
    told = load(opened, PLACE, datetime(year, 1, 5, tzinfo=UTC), tmp_path / "demo.access.json")
    with opened.connect() as connection, ScopedSession(connection, EVERYTHING) as session:
        recalled = session.exec(select(Batch.code).where(Batch.status == "recalled")).all()
    opened.dispose()
    databases.drop(url)
    assert told is not None
    assert sorted(recalled) == ["2026/09/15-03", "20260915A1", "ZY260915-HS02"]
