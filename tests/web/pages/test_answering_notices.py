"""A consignee without an account answers by its link, whatever device it has; and a party by its own pages."""

import io
import re
import struct
import zlib
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from fastapi.testclient import TestClient
from PIL import Image
from sqlalchemy import Engine

from acts import Firm, firm
from conftest import ClientOf
from keeping import all_rows
from reached import Postbox, deliver, new_contact, notices_of, open_postbox, recalled, ship, sold, told_to_two
from tracelot.operations import answering, delivering
from tracelot.records.consignees import RecallAnswer, RecallAnswerLine, RecallNotice, RecallPhoto
from tracelot.records.recalls import Recall
from tracelot.rules.refusals import Unknown
from tracelot.web import pace
from tracelot.web.bodies import MOST_WITH_PHOTO
from world import Scene, VisitAs, World

ENGLISH = {"accept-language": "en"}
HIDDEN = re.compile(r'name="id" value="([^"]+)"')
TICKS = {"stop_sale": "1", "sealed": "1", "posted": "1"}
WHO = {"name": "王店长", "phone": "13900000001"}


tell = told_to_two


@pytest.fixture
def maker(visit_as: VisitAs, world: World, scene: Scene) -> Firm:
    return replace(firm(visit_as, world, "zhenyang"), products=scene.told["products"])


@pytest.fixture
def postbox() -> Iterator[Postbox]:
    with open_postbox() as box:
        yield box


@pytest.fixture
def recall(scene: Scene) -> UUID:
    return UUID(str(scene.told["recall"]))


@pytest.fixture
def link(scene: Scene) -> str:
    return str(scene.told["link"])


def amounts(**given: str) -> dict[str, str]:
    return {f"line-0-{name}": value for name, value in given.items()}


def opened(client: TestClient, url: str) -> dict[str, str]:
    page = client.get(url)
    assert page.status_code == 200, page.text
    found = HIDDEN.search(page.text)
    assert found is not None
    return {"id": found[1]} | WHO


def answers(engine: Engine) -> list[RecallAnswer]:
    return sorted(all_rows(engine, RecallAnswer), key=lambda one: one.number)


def photo(kind: str = "JPEG", size: tuple[int, int] = (64, 48), **how: object) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", size, "#a80f1c").save(file, kind, **how)
    return file.getvalue()


def test_the_page_says_what_to_stop_before_anything_else_in_both_languages(
    client: TestClient, link: str
) -> None:
    chinese, english = client.get(link), client.get(link, headers=ENGLISH)

    for page, said in ((chinese, "请立即停止销售"), (english, "Stop selling and using these goods now")):
        assert page.headers["cache-control"] == "no-store"
        assert page.headers["referrer-policy"] == "no-referrer"
        assert said in page.text
        assert page.text.index(said) < page.text.index(">X1<")
        assert "甲店" in page.text
        assert "60" in page.text
    assert "古槐" not in chinese.text  # who else got goods is nobody's business


def test_an_answer_that_adds_up_closes_the_notice(
    client: TestClient, link: str, engine: Engine, recall: UUID
) -> None:
    form = opened(client, link)

    sent = client.post(link, data=form | TICKS | amounts(on_hand="20", sold="15.5", returned="24.5"))

    assert sent.status_code == 303
    assert sent.headers["location"] == f"{link}?done=answered"
    notice = notices_of(engine, recall)["甲店"]
    assert (notice.state, notice.answers) == ("reconciled", 1)
    [line] = all_rows(engine, RecallAnswerLine)
    assert (line.on_hand, line.sold, line.returned, line.unit) == (
        20,
        Decimal("15.5"),
        Decimal("24.5"),
        "case",
    )
    [kept] = answers(engine)
    assert (kept.name, kept.phone, kept.stop_sale, kept.sealed, kept.posted) == (
        *WHO.values(),
        True,
        True,
        True,
    )
    assert "数量相符" in client.get(link).text


def test_more_than_was_shipped_is_kept_and_flagged(
    client: TestClient, link: str, engine: Engine, recall: UUID
) -> None:
    form = opened(client, link)

    sent = client.post(link, data=form | TICKS | amounts(on_hand="50", sold="11"))

    assert sent.status_code == 303
    assert notices_of(engine, recall)["甲店"].state == "discrepancy"
    page = client.get(link).text
    assert "多于发货数量" in page
    assert "比发货数量多 1 箱" in page


def test_what_is_sent_twice_counts_once_and_what_changed_counts_anew(
    client: TestClient, link: str, engine: Engine, recall: UUID
) -> None:
    form = opened(client, link) | TICKS | amounts(on_hand="60")
    for _ in range(3):
        assert client.post(link, data=form).status_code == 303
    assert [one.number for one in answers(engine)] == [1]

    assert client.post(link, data=form | amounts(on_hand="50", sold="10")).status_code == 303

    assert [one.number for one in answers(engine)] == [1, 2]
    page = client.get(link).text
    assert "以前的答复" in page
    assert 'value="50"' in page


@pytest.mark.parametrize(
    ("field", "value"),
    [("line-0-sold", "-1"), ("line-0-sold", "NaN"), ("line-0-sold", "1e400"), ("line-0-sold", "十"), ("name", ""),
     ("name", "甲\u202e乙"), ("note", "x" * 2001)],
)  # fmt: skip
def test_what_cannot_be_meant_is_told_at_its_field(
    client: TestClient, link: str, engine: Engine, field: str, value: str
) -> None:
    sent = client.post(link, data=opened(client, link) | {field: value})

    assert sent.status_code == 422
    assert f'id="field-{field}-error"' in sent.text
    told = {"line-0-sold": "已售给消费者", "name": "您的姓名", "note": ""}[field]
    assert re.search(rf'href="#field-{field}">{told}', sent.text)
    assert answers(engine) == []


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_photo_is_drawn_anew_without_place_and_device(
    client: TestClient, link: str, engine: Engine, kind: str, client_as: ClientOf
) -> None:
    exif = Image.Exif()
    exif[0x010F], exif[0x0110] = "SECRETCAM", "SECRETMODEL"
    exif.get_ifd(0x8825).update({1: "N", 2: (32.0, 36.0, 0.0), 3: "E", 4: (114.0, 23.0, 0.0)})
    sent = photo(kind, (1700, 170), exif=exif)
    assert b"SECRETCAM" in sent

    answer = client.post(link, data=opened(client, link), files={"photo": ("a.jpg", sent, "image/jpeg")})

    assert answer.status_code == 303, answer.text
    [kept] = all_rows(engine, RecallPhoto)
    shown = client_as("quality").get(f"/recall-photos/{kept.answer_id}.jpg")
    assert (shown.status_code, shown.headers["content-type"]) == (200, "image/jpeg")
    assert b"SECRET" not in shown.content
    picture = Image.open(io.BytesIO(shown.content))
    assert (picture.format, picture.size, dict(picture.getexif())) == ("JPEG", (1600, 160), {})
    assert client_as("guhuai").get(f"/recall-photos/{kept.answer_id}.jpg").status_code == 404
    assert client.get(f"/recall-photos/{kept.answer_id}.jpg").status_code in (303, 401)


def vast(side: int) -> bytes:
    """A PNG that says that it is so large; few bytes of it follow."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return (
            struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
        )

    head = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(bytes(1 << 20)))


NO_PHOTOS = {
    "text": lambda: b"hello",
    "html": lambda: b"<script>alert(1)</script>",
    "svg": lambda: b'<svg xmlns="http://www.w3.org/2000/svg"><script>1</script></svg>',
    "gif": lambda: photo("GIF"),
    "tiff": lambda: photo("TIFF"),
    "half a jpeg": lambda: photo(size=(800, 800))[:900],
    "head of a png": lambda: photo("PNG")[:30],
    "zip": lambda: b"PK\x03\x04" + b"\0" * 100,
    "bomb": lambda: vast(60_000),
    "large": lambda: vast(8_000),
}


@pytest.mark.parametrize("kind", NO_PHOTOS)
def test_what_is_no_photo_is_refused_at_its_field(
    client: TestClient, link: str, engine: Engine, kind: str
) -> None:
    files = {"photo": ("a.jpg", NO_PHOTOS[kind](), "image/jpeg")}

    sent = client.post(link, data=opened(client, link) | TICKS, files=files)

    assert sent.status_code == 422
    assert 'id="field-photo-error"' in sent.text
    assert "王店长" in sent.text  # nothing else has to be typed again
    assert answers(engine) == []


def test_a_photo_of_a_phone_fits_and_a_larger_file_is_refused(client: TestClient, link: str) -> None:
    form = opened(client, link)
    large = photo() + b"\0" * (4 << 20)  # what phones put behind the picture

    assert client.post(link, data=form, files={"photo": ("a.jpg", large, "image/jpeg")}).status_code == 303
    too_large = client.post(
        link, data=form, files={"photo": ("a.jpg", b"\0" * MOST_WITH_PHOTO, "image/jpeg")}
    )
    assert too_large.status_code == 413
    assert client.post("/sign-in", data={"login": "x" * (2 << 20)}).status_code == 413  # elsewhere as before


def test_guessed_links_are_refused_alike_and_counted(client: TestClient, link: str) -> None:
    guesses = ["x", "x" * 43, link.removeprefix("/n/")[:-1], "%00", "甲", "A" * 300]
    pages = [client.get(f"/n/{guess}", headers=ENGLISH) for guess in guesses]

    assert {page.status_code for page in pages} == {404}
    told = {re.search(r'<p class="lead">(.*?)</p>', page.text)[1] for page in pages if "lead" in page.text}  # type: ignore[index]
    assert len(told) == 1
    for _ in range(60):
        last = client.get("/n/guess")
    assert last.status_code == 429
    assert client.get(link).status_code == 200  # who has a link is never too many
    pace.meter.cache_clear()


def test_a_link_ends_with_its_time(client: TestClient, link: str, visit_as: VisitAs) -> None:
    secret = link.removeprefix("/n/")
    with visit_as(now=datetime.now(UTC) + timedelta(days=89)) as visit:
        assert answering.find_by_link(visit, secret).name == "甲店"
    with visit_as(now=datetime.now(UTC) + timedelta(days=91)) as visit, pytest.raises(Unknown):
        answering.find_by_link(visit, secret)


def test_a_letter_sent_again_ends_the_link_before_and_a_reminder_does_not(
    client: TestClient,
    link: str,
    engine: Engine,
    visit_as: VisitAs,
    postbox: Postbox,
    recall: UUID,
    client_as: ClientOf,
) -> None:
    with visit_as() as visit:
        delivering.remind(visit, recall, 1)
    deliver(engine, postbox.settings)
    first, (reminder,) = link.removeprefix("/n/"), postbox.secrets_of("a@shop.example")
    assert {client.get(f"/n/{secret}").status_code for secret in (first, reminder)} == {200}

    notice = notices_of(engine, recall)["甲店"]
    url = f"/app/recalls/{recall}/reach/{notice.id}"
    sent = client_as("quality").post(f"{url}/again", data={"address": "new@shop.example"})
    assert sent.headers["location"] == f"{url}?done=sent-again"
    deliver(engine, postbox.settings)

    assert {client.get(f"/n/{secret}").status_code for secret in (first, reminder)} == {404}
    assert client.post(f"/n/{first}", data=WHO).status_code == 404
    assert client.get(f"/n/{postbox.secrets_of('new@shop.example')[0]}").status_code == 200


def test_without_an_address_the_sender_is_shown_a_link_once(
    client: TestClient, visit_as: VisitAs, maker: Firm, engine: Engine, client_as: ClientOf
) -> None:
    product = sold(maker)
    ship(maker, maker.batch("paste"), 5, contact_id=new_contact(maker, "乙店", phone="13800000002"))
    recall_id = recalled(visit_as, product)
    notice = notices_of(engine, recall_id)["乙店"]
    assert notice.state == "unreachable"

    page = client_as("quality").post(f"/app/recalls/{recall_id}/reach/{notice.id}/again", data={})

    assert page.status_code == 200
    found = re.search(r"/n/[A-Za-z0-9_-]{20,}", page.text)
    assert found is not None
    assert client.get(found[0]).status_code == 200
    after = notices_of(engine, recall_id)["乙店"]
    assert (after.state, after.delivery) == ("notified", "handed")


def test_a_party_answers_on_its_own_pages(client_as: ClientOf, recall: UUID, engine: Engine) -> None:
    guhuai = client_as("guhuai")
    notice = notices_of(engine, recall)["古槐粮油有限公司"]
    url = f"/app/notices/{notice.id}"
    assert url in guhuai.get("/app").text
    assert url in guhuai.get("/app/notices").text
    assert 'href="/app/notices"' in guhuai.get("/app/recalls").text

    form = opened(guhuai, url)
    assert guhuai.post(url, data=form | TICKS | amounts(on_hand="40")).status_code == 303

    assert notices_of(engine, recall)["古槐粮油有限公司"].state == "reconciled"
    assert "待答复的召回" not in guhuai.get("/app").text
    for stranger in ("zhenyang", "impostor", "county"):
        assert client_as(stranger).get(url).status_code == 404


def test_the_firm_sees_the_answers_and_takes_them_along(
    client: TestClient, link: str, client_as: ClientOf, recall: UUID, engine: Engine
) -> None:
    client.post(link, data=opened(client, link) | TICKS | amounts(on_hand="61"))
    quality = client_as("quality")
    notice = notices_of(engine, recall)["甲店"]

    page = quality.get(f"/app/recalls/{recall}/reach", headers=ENGLISH).text
    assert "甲店" in page
    assert "Guhuai" in page
    fragment = quality.get(f"/app/recalls/{recall}/reach", headers=ENGLISH | {"hx-request": "true"}).text
    assert "<html" not in fragment
    assert "Do not add up" in fragment
    assert "王店长" in quality.get(f"/app/recalls/{recall}/reach/{notice.id}").text
    table = quality.get(f"/app/recalls/{recall}/reach.csv?state=discrepancy", headers=ENGLISH).text
    assert [line.split(",")[1] for line in table.splitlines()[1:] if line] == ["甲店"]
    assert "Who was told" in quality.get(f"/app/recalls/{recall}", headers=ENGLISH).text
    assert client_as("guhuai").get(f"/app/recalls/{recall}/reach").status_code == 404


def test_an_office_sees_what_lies_in_its_area(
    client: TestClient, link: str, client_as: ClientOf, recall: UUID, engine: Engine
) -> None:
    [code] = [one.code for one in all_rows(engine, Recall, id=recall)]
    seen = {
        who: client_as(who).get(f"/gov/recalls/{code}/reach").text for who in ("county", "neighbour", "city")
    }

    assert "甲店" in seen["county"]
    assert "甲店" not in seen["neighbour"]
    assert "古槐" in seen["neighbour"]
    assert "古槐" in seen["city"]
    outside = {who: "本辖区外" in page for who, page in seen.items()}
    assert outside == {"county": False, "neighbour": True, "city": False}
    own = {who: f'href="/gov/recalls/{code}"' in page for who, page in seen.items()}
    assert own == {"county": True, "neighbour": False, "city": True}  # the others read the public notice
    assert client_as("zhenyang").get(f"/gov/recalls/{code}/reach").status_code == 403
    [read] = [row for row in all_rows(engine, RecallNotice) if row.name == "甲店"]
    assert client_as("neighbour").get(f"/gov/recalls/{code}/reach/{read.id}").status_code == 404
    assert client_as("county").get(f"/gov/recalls/{code}/reach.csv").text.count("甲店") == 1


def test_programs_read_and_answer(
    program_of: ClientOf, client: TestClient, recall: UUID, engine: Engine
) -> None:
    [code] = [one.code for one in all_rows(engine, Recall, id=recall)]
    maker, customer = program_of("zhenyang"), program_of("guhuai")
    listed = maker.get(f"/api/v1/recalls/{code}/notices").json()
    assert (listed["total"], {one["name"] for one in listed["items"]}) == (2, {"甲店", "古槐粮油有限公司"})
    own = customer.get(f"/api/v1/recalls/{code}/notice").json()
    assert [line["quantity"] for line in own["lines"]] == ["40"]
    assert customer.get(f"/api/v1/recalls/{code}/notices").json()["total"] == 1
    told = {"id": "01a217ad-0000-7000-8000-000000000001", "stop_sale": True, "name": "ERP",
            "lines": [{"batch_id": own["lines"][0]["batch_id"], "on_hand": "30", "sold": "10"}]}  # fmt: skip

    first, again = (customer.post(f"/api/v1/recalls/{code}/answers", json=told) for _ in range(2))

    assert (first.status_code, first.json()["state"]) == (201, "reconciled")
    assert again.json() == first.json()
    changed = customer.post(f"/api/v1/recalls/{code}/answers", json=told | {"sealed": True})
    assert (changed.status_code, changed.json()["type"].rpartition("/")[2]) == (409, "id-taken")
    foreign = customer.post(f"/api/v1/recalls/{code}/answers", json=told | {
        "id": None, "lines": [{"batch_id": told["id"], "sold": "1"}]})  # fmt: skip
    assert (foreign.status_code, foreign.json()["errors"][0]["pointer"]) == (422, "#/lines/0/batch_id")
    assert maker.post(f"/api/v1/recalls/{code}/answers", json=told).status_code == 404
    assert client.get(f"/api/v1/recalls/{code}/notices").status_code == 401
