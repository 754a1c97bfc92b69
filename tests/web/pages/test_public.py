"""The pages for everybody: home, search, the register of recalls, and the small addresses of the site."""

import csv
import io
import re
from typing import Any

import pytest
from fastapi.testclient import TestClient

from builders import new_batch, new_product, new_recall
from conftest import ClientOf
from tracelot.operations import batches, products, recalls
from tracelot.web.policy import SCAN_POLICY
from world import VisitAs, World

ENGLISH = {"accept-language": "en", "accept": "text/html"}
PAGES = [
    "/",
    "/search",
    "/scan",
    "/recalls",
    "/developers",
    "/api/docs",
    "/about",
    "/privacy",
    "/problems/bug",
]


def page(client: TestClient, address: str, status: int = 200) -> str:
    answer = client.get(address, headers=ENGLISH)
    assert answer.status_code == status, answer.text
    return str(answer.text)


def publish(visit_as: VisitAs, world: World, *codes: str, **given: Any) -> str:
    with visit_as("quality") as visit:
        recall = recalls.open_recall(visit, new_recall(world.product_id, *codes, **given))
        return recalls.publish_recall(visit, recall.id).code


@pytest.mark.parametrize("address", PAGES)
def test_every_page_opens_in_both_languages_without_inline_code(client: TestClient, address: str) -> None:
    for language in ("en", "zh"):
        answer = client.get(f"{address}?lang={language}")
        assert answer.status_code == 200
        assert "<h1" in answer.text
        assert not re.search(r"<style|\sstyle=|\son[a-z]+=|<script(?![^>]*\ssrc=)", answer.text)


def test_home_shows_level_1_first_and_each_recall_once(
    client: TestClient, world: World, visit_as: VisitAs
) -> None:
    grave = publish(visit_as, world, "G1", level=1)
    mild = publish(visit_as, world, "M1", level=3)
    home = page(client, "/")
    assert home.count(f"/recalls/{grave}") == home.count(f"/recalls/{mild}") == 1
    assert home.index(grave) < home.index(mild)
    assert "Peanut oil 5 L" in home


def test_home_opens_the_doors_to_strangers_only(
    client_as: ClientOf, client: TestClient, world: World
) -> None:
    assert 'href="/sign-up"' in page(client, "/")
    assert 'href="/sign-up"' not in page(client_as("quality"), "/")


def test_webassembly_may_run_on_the_scan_page_alone(client: TestClient) -> None:
    assert client.get("/scan").headers["content-security-policy"] == SCAN_POLICY
    for address in ("/", "/recalls", "/api/docs"):
        assert "wasm" not in client.get(address).headers["content-security-policy"]


# ── Search ────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "written", ["(01){gtin}(10){code}", "https://else.where/01/{gtin}/10/{code}", "01{gtin}10{code}"]
)
def test_one_match_leads_to_its_page(client: TestClient, world: World, written: str) -> None:
    answer = client.get("/search", params={"q": written.format(gtin=world.gtin, code=world.code)})
    assert (answer.status_code, answer.headers["location"]) == (303, f"/01/{world.gtin}/10/{world.code}")


def test_a_bare_batch_code_asks_for_the_product_or_the_firm(client: TestClient, world: World) -> None:
    asked = page(client, f"/search?q={world.code}")
    assert "Which product or firm?" in asked
    assert 'name="product"' in asked
    assert 'name="firm"' in asked
    answer = client.get("/search", params={"q": world.code, "firm": "正阳花生油"})
    assert answer.headers["location"] == f"/01/{world.gtin}/10/{world.code}"


def test_several_matches_are_listed(client: TestClient, world: World, visit_as: VisitAs) -> None:
    with visit_as("quality") as visit:
        other = products.register_product(visit, new_product(name_en="Peanut oil 1 L", own_code="P1"))
        batches.register_batch(visit, new_batch(other.id, code=world.code, release=True))
    listed = page(client, f"/search?q={world.code}&firm=正阳花生油")
    assert "Batches on record" in listed
    assert f'href="/01/{world.gtin}/10/{world.code}"' in listed
    assert re.search(r'href="/b/[0-9A-Z]{11}"', listed)


def test_a_code_that_reads_in_two_ways_is_asked_about(
    client: TestClient, world: World, visit_as: VisitAs
) -> None:
    with visit_as("quality") as visit:
        batches.register_batch(visit, new_batch(world.product_id, code="ABC17271231", release=True))
    asked = page(client, f"/search?q=01{world.gtin}10ABC17271231")
    assert "Which one is printed on the package?" in asked
    for code in ("ABC17271231", "ABC"):
        assert f'href="/01/{world.gtin}/10/{code}"' in asked


def test_a_barcode_alone_shows_the_products_recalls_and_asks_for_the_batch(
    client: TestClient, world: World, visit_as: VisitAs
) -> None:
    recall = publish(visit_as, world, "R1")
    asked = page(client, f"/search?q={world.gtin}")
    assert f"/recalls/{recall}" in asked
    assert "Which batch?" in asked
    answer = client.get("/search", params={"gtin": world.gtin, "batch": "A/1"})
    assert answer.headers["location"] == f"/01/{world.gtin}/10/A%2F1"


def test_an_unknown_batch_is_clearly_unknown_and_shows_the_products_recalls(
    client: TestClient, world: World, visit_as: VisitAs
) -> None:
    recall = publish(visit_as, world, "R1")
    unknown = page(client, f"/search?q=(01){world.gtin}(10)NOPE")
    assert "Not on record" in unknown
    assert "That does not mean that the product is in order" in unknown
    assert f"/recalls/{recall}" in unknown


def test_words_find_recalls(client: TestClient, world: World, visit_as: VisitAs) -> None:
    recall = publish(visit_as, world, "R1")
    assert f"/recalls/{recall}" in page(client, "/search?q=黄曲霉")
    assert "/recalls/ZH" not in page(client, "/search?q=牛奶")


def test_a_wrong_check_digit_is_pointed_out(client: TestClient, world: World) -> None:
    assert "check the typing" in page(client, "/search?q=(01)09520001000020(10)A1")


def test_a_firm_finds_its_own_batches_in_every_state(
    client_as: ClientOf, client: TestClient, world: World, visit_as: VisitAs
) -> None:
    with visit_as("quality") as visit:
        draft = batches.register_batch(visit, new_batch(world.product_id, code="DRAFT-1"))
    assert f'href="/app/batches/{draft.id}"' in page(client_as("quality"), "/search?q=DRAFT-1")
    assert "/app/batches/" not in page(client, "/search?q=DRAFT-1")
    assert "/app/batches/" not in page(client_as("guhuai"), "/search?q=DRAFT-1")


@pytest.mark.parametrize("text", ["\0", "<script>", "%", "a" * 400, "\uff0801\uff09", "\u202e", "' OR 1=1"])
def test_any_text_is_searched_for_and_nothing_breaks(client: TestClient, text: str) -> None:
    answer = client.get("/search", params={"q": text, "product": text, "firm": text}, headers=ENGLISH)
    assert answer.status_code == 200
    assert "<script>" not in answer.text


def test_strangers_search_at_a_bearable_pace(client: TestClient, client_as: ClientOf, world: World) -> None:
    statuses = {client.get("/search?q=x").status_code for _ in range(200)}
    assert statuses == {200, 429}
    assert client_as("quality").get("/search?q=x").status_code == 200


# ── The register of recalls ───────────────────────────────────────────────


def codes_in(listed: str) -> list[str]:
    return list(dict.fromkeys(re.findall(r'href="/recalls/(ZH-[0-9-]+)"', listed)))


def test_the_register_filters_by_what_stands_in_the_address(
    client: TestClient, world: World, visit_as: VisitAs
) -> None:
    one = publish(visit_as, world, "A1", level=1)
    two = publish(
        visit_as, world, "B1", level=2, reason_code="allergen", reason_zh="未标示大豆", reason_en="Soya"
    )
    assert codes_in(page(client, "/recalls")) == [two, one]
    assert codes_in(page(client, "/recalls?sort=oldest")) == [one, two]
    assert codes_in(page(client, "/recalls?sort=gravest")) == [one, two]
    assert codes_in(page(client, "/recalls?level=2")) == [two]
    assert codes_in(page(client, "/recalls?reason=allergen")) == [two]
    assert codes_in(page(client, "/recalls?q=大豆")) == [two]
    assert codes_in(page(client, "/recalls?batch=A1")) == [one]
    assert codes_in(page(client, "/recalls?firm=正阳花生油")) == [two, one]
    assert codes_in(page(client, f"/recalls?gtin={world.gtin}")) == [two, one]
    assert codes_in(page(client, "/recalls?region=4117")) == codes_in(page(client, "/recalls?region=正阳县"))
    assert codes_in(page(client, "/recalls?region=411723")) == []
    assert codes_in(page(client, "/recalls?from=2100-01-01")) == []


def test_facets_count_what_their_choice_would_leave(
    client: TestClient, world: World, visit_as: VisitAs
) -> None:
    for level in (1, 2, 2):
        publish(visit_as, world, f"L{level}", level=level)
    listed = page(client, "/recalls?level=1&q=黄曲霉")
    assert re.search(r'aria-current="true">Level I recall<span class="count">1<', listed)
    assert re.search(r'href="[^"]*level=2[^"]*">Level II recall<span class="count">2<', listed)
    assert "1 recall · as of" in listed


def test_pages_follow_each_other_without_gap_or_repetition(
    client: TestClient, world: World, visit_as: VisitAs
) -> None:
    published = [publish(visit_as, world, f"N{number}") for number in range(25)]
    first = page(client, "/recalls?level=1")
    following = re.search(r'href="([^"]*cursor=[^"]*)"', first)
    assert following
    second = page(client, following.group(1).replace("&amp;", "&"))
    assert codes_in(first) + codes_in(second) == published[::-1]
    assert "20 of 25 shown" in first
    assert "5 of 25 shown" in second


@pytest.mark.parametrize(
    "query", ["level=9", "reason=magic", "from=yesterday", "sort=best", "gtin=1", "region=nowhere"]
)
def test_what_cannot_be_meant_is_pointed_out_and_no_list_is_shown(client: TestClient, query: str) -> None:
    listed = page(client, f"/recalls?{query}", 422)
    assert 'role="alert"' in listed
    assert "No recall on record fits" not in listed


def test_drafts_are_not_in_the_register_even_for_their_firm(
    client_as: ClientOf, client: TestClient, world: World, visit_as: VisitAs
) -> None:
    with visit_as("quality") as visit:
        draft = recalls.open_recall(visit, new_recall(world.product_id, "D1")).code
    for reader in (client, client_as("quality")):
        assert codes_in(page(reader, "/recalls")) == []
        assert reader.get(f"/recalls/{draft}", headers=ENGLISH).status_code == 404
        assert reader.get("/qr.svg", params={"link": f"/recalls/{draft}"}).status_code == 404


def table(client: TestClient, address: str) -> list[list[str]]:
    answer = client.get(address, headers=ENGLISH)
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    return list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"), newline="")))


def test_the_spreadsheet_is_exactly_the_list(client: TestClient, world: World, visit_as: VisitAs) -> None:
    published = [publish(visit_as, world, f"N{number}", level=2) for number in range(23)]
    publish(visit_as, world, "OTHER", level=1)
    head, *rows = table(client, "/recalls.csv?level=2&sort=oldest")
    assert head[:3] == ["Recall", "Level", "Kind"]
    assert [row[0] for row in rows] == published
    assert {len(row) for row in rows} == {len(head)}
    told = [dict(zip(head, row, strict=True)) for row in rows]
    assert {(one["Stage"], one["Voluntary or ordered"], one["Withdrawn"]) for one in told} == {
        ("recovering", "voluntary", "")
    }


def test_a_formula_in_a_notice_stays_text(client: TestClient, world: World, visit_as: VisitAs) -> None:
    publish(visit_as, world, "N1", reason_zh='=HYPERLINK("http://evil.test")')
    [_, row] = table(client, "/recalls.csv")
    assert row[4] == '\'=HYPERLINK("http://evil.test")'


def test_a_notice_tells_verdict_remedy_harm_reason_batches_contact_firm(
    client: TestClient, world: World, visit_as: VisitAs
) -> None:
    code = publish(visit_as, world, world.code, "NOT-YET", remedy_en="Take it back.", harm_en="Liver.")
    notice = page(client, f"/recalls/{code}")
    order = [
        "Level I recall</h1>",
        "Take it back.",
        "Liver.",
        "Aflatoxin B1",
        "NOT-YET",
        "<h2>Contact",
        "<h2>Firm",
    ]
    places = [notice.index(text) for text in order]
    assert places == sorted(places)
    assert "原购买处退货" in notice


def test_a_reader_checks_a_batch_against_the_notice(
    client: TestClient, world: World, visit_as: VisitAs
) -> None:
    code = publish(visit_as, world, "A-10O")
    assert "A-10O is named in this recall" in page(client, f"/recalls/{code}?batch=A-10O")
    close = page(client, f"/recalls/{code}?batch=a100")
    assert "a100 is not in the list of this notice" in close
    assert "look much alike" in close


def test_a_notice_of_production_dates_says_that_the_list_is_not_all(
    client: TestClient, world: World, visit_as: VisitAs
) -> None:
    code = publish(visit_as, world)
    notice = page(client, f"/recalls/{code}?batch=UNLISTED")
    assert "All batches made from September 1, 2026 to September 30, 2026, whether listed or not." in notice
    assert "compare the date on the package" in notice


def test_a_long_notice_shows_all_batches_on_request(
    client: TestClient, world: World, visit_as: VisitAs
) -> None:
    code = publish(visit_as, world, *(f"L{number:03d}" for number in range(203)))
    notice = page(client, f"/recalls/{code}")
    assert "Show 3 more" in notice
    assert "L202" not in notice
    assert "L202" in page(client, f"/recalls/{code}?every=1")
    assert "L202 is named" in page(client, f"/recalls/{code}?batch=L202")


def test_a_notice_has_one_address(client: TestClient, world: World, visit_as: VisitAs) -> None:
    code = publish(visit_as, world, "A1")
    assert client.get(f"/recalls/{code.lower()}").headers["location"] == f"/recalls/{code}"


# ── Codes, and the site itself ────────────────────────────────────────────


def test_a_code_is_drawn_for_what_is_public_and_for_nothing_else(
    client: TestClient, world: World, visit_as: VisitAs
) -> None:
    recall = publish(visit_as, world, "NOT-YET")
    for link in (f"/01/{world.gtin}/10/{world.code}", f"/01/{world.gtin}/10/NOT-YET", f"/recalls/{recall}"):
        answer = client.get("/qr.svg", params={"link": link})
        assert (answer.status_code, answer.headers["content-type"]) == (200, "image/svg+xml")
    for link in (
        "https://evil.test",
        "/",
        f"/01/{world.gtin}/10/NOPE",
        "/recalls/NOPE",
        "/b/00000000000",
        "文",
    ):
        assert client.get("/qr.svg", params={"link": link}).status_code in (404, 422)
