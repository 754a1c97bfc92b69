"""The trace explorer as a page: drawing, table, lists and map of one answer, and all of it in the address."""

import html
import json
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine

from acts import Firm, firm, goods, new_firm
from conftest import ClientOf
from peanuts import deliver_all, produce
from tracelot.operations import sessions
from tracelot.records.accounts import Account
from tracelot.records.database import connect
from tracelot.rules.access import PUBLIC
from tracelot.rules.ids import new_id
from world import VisitAs, World, visiting, visits

HERE = "/app/trace"


@pytest.fixture(scope="module")
def store(cast_store: str) -> str:
    """One store with the peanuts and three customers for all of these tests; what they add is their own."""
    return cast_store


@pytest.fixture(scope="module")
def sold(store: str, cast: World) -> Iterator[Firm]:
    engine = connect(store)
    visit_as = visits(engine, cast)
    made = firm(visit_as, cast, "zhenyang")
    produce(replace(made, visit_as=lambda who: visit_as(who, datetime.now(UTC) - timedelta(seconds=5))))
    kinds = ("wholesaler", "retailer", "caterer")
    deliver_all(made, [new_firm(visit_as, cast, engine, f"buys-{kind}", kind) for kind in kinds])
    with visiting(engine, PUBLIC) as visit:
        buyer = visit.kernel().get_one(Account, cast.people["buys-retailer"])
        cast.cookies["buys-retailer"] = sessions.start_session(visit, buyer).secret
    yield made
    engine.dispose()


@pytest.fixture
def own(client_as: ClientOf) -> TestClient:
    return client_as("zhenyang")


def rows(page: str) -> dict[int, str]:
    return {int(number): text for number, text in re.findall(r'<tr id="b(\d+)"(.*?)</tr>', page, re.DOTALL)}


def nodes(page: str) -> list[str]:
    """The boxes of the drawing in its own order, each with its classes and its place in the table."""
    drawing = page[page.index('<g class="net-nodes"') : page.index('<g class="net-key"')]
    return re.findall(r"<(?:a|g)[^>]*class=\"net-node [^>]*>", drawing)


def wires(page: str) -> list[tuple[int, int]]:
    return [(int(one), int(other)) for one, other in re.findall(r'data-ends="(\d+) (\d+)"', page)]


def reachable(pairs: list[tuple[int, int]], start: int) -> set[int]:
    met = {start}
    for turned in (pairs, [(end, begin) for begin, end in pairs]):
        onward = defaultdict(set)
        for begin, end in turned:
            onward[begin].add(end)
        waiting, seen = [start], {start}
        while waiting:
            found = onward[waiting.pop()] - seen
            seen |= found
            waiting += found
        met |= seen
    return met


def test_drawing_and_table_hold_the_batches_of_the_answer(own: TestClient, sold: Firm) -> None:
    asked = f"?batch={sold.batch('kernels')}&direction=both"
    page = own.get(HERE + asked).text
    told = own.get(f"/api/v1/traces{asked}&limit=200").json()

    batches = {one["batch"]["id"] for one in told["items"]}
    assert {
        one for row in rows(page).values() for one in re.findall(r"/app/batches/([\w-]{36})", row)
    } == batches
    assert sorted(re.findall(r'href="#b(\d+)"', " ".join(nodes(page)))) == sorted(map(str, rows(page)))
    assert 'data-label="步数" class="numeric">−1' in page
    assert "4,000 kg" in page
    assert "8,520 kg" not in page  # how much was made of the start itself is not asked


def test_one_code_in_any_writing_begins_the_same_trace(own: TestClient, world: World) -> None:
    for code in (
        world.code,
        f"(01){world.gtin}(10){world.code}",
        f"https://id.gs1.org/01/{world.gtin}/10/{world.code}",
    ):
        answer = own.get(HERE, params={"code": code})

        assert answer.status_code == 200
        assert len(rows(answer.text)) == 1
        assert html.escape(code) in answer.text


BAD = [
    ({"code": "NONE-1"}, 404, "code"),
    ({"batch": "nonsense"}, 422, "code"),
    ({"batch": str(new_id())}, 404, "code"),
    ({"batch": [str(new_id()) for _ in range(101)]}, 422, "code"),
    ({"shipment": str(new_id())}, 404, "code"),
    ({"unit": "%00"}, 422, "code"),
    ({"code": "X", "depth": "0"}, 422, "depth"),
    ({"code": "X", "depth": "1e3"}, 422, "depth"),
    ({"code": "X", "as_of": "soon"}, 422, "as_of"),
    ({"code": "X", "as_of": "9999-12-31T23:59:59"}, 422, "as_of"),
    ({"code": "X", "by": "colour"}, 422, "by"),
    ({"code": "X", "direction": "sideways"}, 422, "direction"),
    ({"code": "X", "kind": "guess"}, 422, "kind"),
    ({"facility": "{place}"}, 422, "since"),
    ({"facility": "{place}", "since": "2026-09-02T00:00", "until": "2026-09-01T00:00"}, 422, "until"),
]


@pytest.mark.parametrize(("asked", "status", "field"), BAD)
def test_what_cannot_be_meant_is_told_at_its_field(
    own: TestClient, world: World, asked: dict[str, Any], status: int, field: str
) -> None:
    sent = {
        name: value.format(place=world.facility_id) if isinstance(value, str) else value
        for name, value in asked.items()
    }
    answer = own.get(HERE, params=sent)

    assert answer.status_code == status
    assert f'<a href="#field-{field}">' in answer.text
    assert field in ("direction", "kind") or f'id="field-{field}-error"' in answer.text


def test_odd_values_of_what_only_changes_the_view_change_nothing(own: TestClient, sold: Firm) -> None:
    path = f"{HERE}?batch={sold.batch('kernels')}"
    plain = own.get(path).text
    for odd in ("on=%00", "on=nobody", "open=~~", "page=-1", "page=99999999999", "open=%FF&page=%E2"):
        answer = own.get(f"{path}&{odd}")

        assert answer.status_code == 200
        assert rows(answer.text).keys() == rows(plain).keys()
        assert 'class="lit"' not in answer.text


def test_a_chosen_batch_lights_its_ways_in_drawing_and_table(own: TestClient, sold: Firm) -> None:
    path = f"{HERE}?batch={sold.batch('raw', 'F2')}&direction=both"
    marks = dict(re.findall(r'<tr id="b(\d+)".*?name="on" value="(\w+)"', own.get(path).text, re.DOTALL))
    assert len(marks) == 8
    for number, mark in marks.items():
        page = own.get(f"{path}&on={mark}").text
        boxes = nodes(page)
        chosen = next(index for index, box in enumerate(boxes) if f'href="#b{number}"' in box)

        lit = {index for index, box in enumerate(boxes) if re.search(r'class="[^"]*\blit\b', box)}
        assert lit == reachable(wires(page), chosen)
        numbers = {int(re.findall(r'href="#b(\d+)"', boxes[index])[0]) for index in lit}
        assert {one for one, row in rows(page).items() if row.startswith(' class="lit"')} == numbers
        assert 'aria-current="true"' in rows(page)[int(number)].split(">")[0]
        assert 'id="way"' in page


def test_groups_open_and_the_address_says_which(own: TestClient, sold: Firm) -> None:
    path = f"{HERE}?batch={sold.batch('kernels')}&by=party"
    page = own.get(path).text
    assert len(rows(page)) == 3
    link = html.unescape(re.findall(r'href="(\?[^"]*open=[^"]*)"', page)[-1])

    opened = own.get(HERE + link).text

    assert len(rows(opened)) == 2 + 5
    assert "关闭" in opened or "收起该组" in opened


def test_going_back_in_time_takes_away_what_was_not_yet_on_record(own: TestClient, sold: Firm) -> None:
    path = f"{HERE}?batch={sold.batch('kernels')}"
    moments = re.findall(r'data-at="([^"]+)"', own.get(path).text)
    assert moments == sorted(moments)

    then = own.get(f"{path}&as_of={moments[-1]}").text
    before = own.get(f"{path}&as_of=2020-01-01T00:00:00").text

    assert len(rows(then)) == 9
    assert f'name="as_of" type="datetime-local" step="1" value="{moments[-1]}"' in then
    assert "截至该时刻没有任何记录" in before
    assert rows(before) == {}


def test_only_who_may_trace_gets_there(client: TestClient, client_as: ClientOf, sold: Firm) -> None:
    path = f"?batch={sold.batch('kernels')}"
    assert client.get(HERE + path).headers["location"].startswith("/sign-in")
    assert client_as("zhenyang").get("/gov/trace").status_code == 403
    assert client_as("site").get("/gov/trace").status_code == 403
    stranger = client_as("guhuai")
    answers = [stranger.get(f"{HERE}?batch={one}") for one in (sold.batch("kernels"), new_id())]
    assert [one.status_code for one in answers] == [404, 404]
    assert len({re.sub(r"[0-9a-f-]{36}", "", one.text) for one in answers}) == 1


def test_an_office_s_look_is_remembered_before_it_is_answered(client_as: ClientOf, sold: Firm) -> None:
    office = client_as("county")
    page = office.get(f"/gov/trace?batch={sold.batch('kernels')}")
    assert page.status_code == 200
    assert len(rows(page.text)) == 9

    entries = office.get("/api/v1/journal?limit=200").json()
    told = [json.loads(one["record"]) for one in entries if one["act"] == "trace.read"]
    assert told[-1]["batches"] == [str(sold.batch("kernels"))]


def test_what_a_supplier_does_with_other_customers_changes_no_byte(
    client_as: ClientOf, sold: Firm, visit_as: VisitAs, world: World, engine: Engine
) -> None:
    rival = new_firm(visit_as, world, engine, "rival", "retailer")
    batch = sold.batch("bottled")

    def seen() -> list[str]:
        asked = [
            f"&direction={way}&kind={kind}" for way in ("both", "forward") for kind in ("trace", "recall")
        ]
        return [client_as("buys-retailer").get(f"{HERE}?batch={batch}{one}").text for one in asked]

    before = seen()
    sent = sold.does("ship", to={"party_id": str(rival.party_id)}, lines=[goods(batch, 3, "case")])
    rival.confirms(sent.id)
    rival.does("sell", lines=[goods(batch, 1, "case")])
    sold.does("ship", to={"party_id": str(rival.party_id)}, lines=[goods(sold.batch("packs"), 1, "case")])

    assert seen() == before
    assert all(len(rows(page)) == 1 for page in before)
    assert len(rows(client_as("zhenyang").get(f"{HERE}?batch={batch}&direction=forward").text)) == 1


def test_batches_and_recalls_lead_to_their_trace(own: TestClient, client_as: ClientOf, world: World) -> None:
    batch = own.get(f"/app/batches/{world.batch_id}").text
    assert f'href="/app/trace?batch={world.batch_id}"' in batch
    assert (
        f'href="/gov/trace?batch={world.batch_id}"'
        in client_as("county").get(f"/app/batches/{world.batch_id}").text
    )
    opened = own.post(
        "/app/recalls",
        data={"range-0-product": str(world.product_id), "range-0-codes": world.code, "kind": "recall", "level": "1",
              "reason_code": "other", "source_of_knowledge": "self_check", "knowledge_at": "2026-09-20T10:00"},
    )  # fmt: skip
    assert opened.status_code == 303, re.findall(r'class="error".*?</p>', opened.text, re.DOTALL)
    recall = own.get(opened.headers["location"].partition("?")[0]).text
    assert f"/app/trace?direction=forward&amp;kind=recall&amp;batch={world.batch_id}" in recall
