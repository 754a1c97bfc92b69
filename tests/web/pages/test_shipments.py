"""Shipments on the pages of both ends: found, confirmed, counted, corrected, rejected, settled."""

import re
from dataclasses import replace
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine

from acts import Firm, firm, goods, output
from builders import new_facility
from conftest import ClientOf
from keeping import all_rows
from tracelot.operations import parties
from tracelot.records.batches import Batch
from tracelot.records.database import connect
from tracelot.records.events import Event, EventVoid
from tracelot.records.shipments import Shipment, ShipmentLine
from world import Scene, VisitAs, World, visits

ENGLISH = {"accept-language": "en"}
CAME = "2026-09-21T09:30"


def tell(url: str, world: World) -> dict[str, UUID]:
    """Zhenyang has oil and paste in stock."""
    engine = connect(url)
    made = firm(visits(engine, world), world, "zhenyang")
    for name in ("oil", "paste"):
        made.makes(name)
        made.does("produce", outputs=[output(made.products[name], "X1", 100, "case")])
    engine.dispose()
    return made.products


@pytest.fixture
def maker(visit_as: VisitAs, scene: Scene) -> Firm:
    return replace(firm(visit_as, scene.world, "zhenyang"), products=scene.told)


@pytest.fixture
def buyer(visit_as: VisitAs, world: World) -> Firm:
    return firm(visit_as, world, "guhuai")


@pytest.fixture
def buying(client_as: ClientOf, buyer: Firm) -> TestClient:
    assert buyer.facility_id
    return client_as("guhuai")


@pytest.fixture
def selling(client_as: ClientOf, maker: Firm) -> TestClient:
    assert maker.facility_id
    return client_as("zhenyang")


def send(maker: Firm, buyer: Firm, **quantities: Any) -> UUID:
    lines = [goods(maker.batch(name), many, "case") for name, many in (quantities or {"oil": 60}).items()]
    return maker.does("ship", to={"party_id": str(buyer.party_id)}, lines=lines).id


def hidden(text: str, action: str) -> dict[str, str]:
    """The fields of the form with this action that a person does not see, and the time that it offers."""
    form = re.search(rf'<form[^>]*action="{re.escape(action)}".*?</form>', text, re.DOTALL)
    assert form, action
    inputs = re.findall(r"<input[^>]*>", form.group())
    told = {}
    for one in inputs:
        name, value = re.search(r'name="([^"]+)"', one), re.search(r'value="([^"]*)"', one)
        if name and value and ('type="hidden"' in one or name[1] == "event_time"):
            told[name[1]] = value[1]
    return told


def url(id_: UUID, step: str = "") -> str:
    return f"/app/shipments/{id_}{step}"


def answer(client: TestClient, id_: UUID, step: str, **given: str) -> Any:
    page = client.get(url(id_, "/receipt" if step in ("count", "correct") else "")).text
    action = url(id_, "/confirm" if step == "count" else f"/{step}")
    return client.post(action, data=hidden(page, action) | {"event_time": CAME} | given)


def line(number: int, quantity: Any = "", came: str = "counted", **more: str) -> dict[str, str]:
    told = {"quantity": str(quantity), "unit": "case", "came": came} | more
    return {f"{name}-{number}": value for name, value in told.items()}


def stored(engine: Engine, id_: UUID) -> tuple[str, list[tuple[Decimal | None, Decimal | None]]]:
    (shipment,) = all_rows(engine, Shipment, id=id_)
    lines = sorted(all_rows(engine, ShipmentLine, shipment_id=id_), key=lambda one: one.number)
    return shipment.status, [(one.quantity, one.received) for one in lines]


def test_everything_is_confirmed_with_one_button_and_twice_is_once(
    maker: Firm, buyer: Firm, buying: TestClient, engine: Engine
) -> None:
    id_ = send(maker, buyer)
    assert "X1" in buying.get("/app/shipments").text
    page = buying.get(url(id_)).text
    sent = hidden(page, url(id_, "/confirm"))

    first, again = (buying.post(url(id_, "/confirm"), data=sent) for _turn in range(2))

    assert first.headers["location"] == again.headers["location"] == url(id_) + "?done=received"
    assert stored(engine, id_) == ("received", [(60, 60)])
    assert buyer.has(maker.batch("oil")) == {"stock": 60}
    assert len(all_rows(engine, Event, act="receive")) == 1
    assert url(id_, "/confirm") not in buying.get(url(id_)).text


def test_a_difference_is_told_in_words_to_both_until_the_sender_settles_it(
    maker: Firm, buyer: Firm, buying: TestClient, selling: TestClient, engine: Engine
) -> None:
    id_ = send(maker, buyer)
    assert answer(buying, id_, "count", **line(1, 55)).status_code == 303
    for client in (buying, selling):
        text = client.get(url(id_), headers=ENGLISH).text
        assert "5 cases less than was sent" in text
        assert "to be settled by Zhengyang Peanut Oil Co., Ltd." in text
    assert url(id_, "/settle") not in buying.get(url(id_)).text
    assert "/app/shipments?box=out&amp;status=discrepancy" in selling.get("/app").text

    refused = answer(selling, id_, "settle", reason=" ")
    assert refused.status_code == 422
    assert 'id="field-reason-error"' in refused.text
    assert answer(selling, id_, "settle", reason="漏装五箱").status_code == 303

    assert stored(engine, id_) == ("settled", [(60, 55)])
    text = buying.get(url(id_), headers=ENGLISH).text
    assert "settled by Zhengyang Peanut Oil Co., Ltd." in text
    assert "漏装五箱" in text


def test_of_each_line_something_else_can_have_come(
    maker: Firm, buyer: Firm, buying: TestClient, selling: TestClient, engine: Engine
) -> None:
    id_ = send(maker, buyer, oil=60, paste=20)

    told = answer(buying, id_, "count", **line(1, came="unknown"), **line(2, came="nothing"))

    assert told.status_code == 303
    assert stored(engine, id_) == ("discrepancy", [(60, None), (20, 0)])
    text = selling.get(url(id_), headers=ENGLISH).text
    assert "how much came is not known" in text
    assert "nothing of it came" in text
    assert "at least" not in buying.get("/app/stock", headers=ENGLISH).text
    assert buyer.has(maker.batch("paste")) == {}
    assert answer(selling, id_, "settle", reason="漏装").status_code == 303


def test_what_was_said_wrong_stands_at_its_field(maker: Firm, buyer: Firm, buying: TestClient) -> None:
    id_ = send(maker, buyer, oil=60, paste=20)

    bad = answer(buying, id_, "count", **line(1, "-3"), **line(2, "", unit="case"))
    assert bad.status_code == 422
    assert 'id="field-quantity-1-error"' in bad.text
    assert 'id="field-quantity-2-error"' in bad.text
    assert 'value="-3"' in bad.text

    unit = answer(buying, id_, "count", **line(1, 55) | {"unit-1": "kg"}, **line(2, 20))
    assert 'id="field-unit-1-error"' in unit.text
    when = answer(buying, id_, "count", **line(1, 55), **line(2, 20), event_time="gestern")
    assert 'id="field-event_time-error"' in when.text
    late = answer(buying, id_, "confirm", event_time="2099-01-01T00:00")
    assert 'id="field-event_time-error"' in late.text


def test_goods_are_kept_under_an_own_batch(
    maker: Firm, buyer: Firm, buying: TestClient, engine: Engine
) -> None:
    own = buyer.makes("own brand")
    id_ = send(maker, buyer)
    code = answer(buying, id_, "count", **line(1, 60, product=str(own), code="批号"))
    assert 'id="field-code-1-error"' in code.text
    half = answer(buying, id_, "count", **line(1, 60, code="GH-1"))
    assert 'id="field-product-1-error"' in half.text

    said = line(1, 60, product=str(own), code="GH-1", made="2026-09-01", kind="raw")
    assert answer(buying, id_, "count", **said).status_code == 303

    (batch,) = all_rows(engine, Batch, product_id=own)
    assert (batch.code, batch.kind, str(batch.production_date)) == ("GH-1", "raw", "2026-09-01")
    assert buyer.has(batch.id) == {"stock": 60}
    assert f"/app/batches/{batch.id}" in buying.get(url(id_)).text


def test_a_receipt_is_corrected_with_its_reason_and_what_it_does_not_touch_stays(
    maker: Firm, buyer: Firm, buying: TestClient, engine: Engine
) -> None:
    own = buyer.makes("own brand")
    id_ = send(maker, buyer, oil=60, paste=20)
    answer(buying, id_, "count", **line(1, 50, product=str(own), code="GH-1"), **line(2, 20))
    form = buying.get(url(id_, "/receipt")).text
    assert 'value="50"' in form
    assert 'value="GH-1"' in form

    kept = line(1, 58, product=str(own), code="GH-1")
    silent = answer(buying, id_, "correct", **kept, **line(2, 20))
    assert 'id="field-reason-error"' in silent.text
    assert answer(buying, id_, "correct", **kept, **line(2, 20), reason="数错了").status_code == 303

    assert stored(engine, id_) == ("discrepancy", [(60, 58), (20, 20)])
    assert buyer.has(buyer.batch("own brand", "GH-1")) == {"stock": 58}
    (void,) = all_rows(engine, EventVoid)
    assert void.reason == "数错了"


def test_many_lines_are_named_by_their_numbers_and_a_correction_keeps_the_others(
    maker: Firm, buyer: Firm, buying: TestClient, engine: Engine
) -> None:
    lines = [goods(maker.batch("oil"), 1, "case") for _turn in range(25)]
    id_ = maker.does("ship", to={"party_id": str(buyer.party_id)}, lines=lines).id
    assert "quantity-7" not in buying.get(url(id_, "/receipt")).text
    asked = buying.get(url(id_, "/receipt?lines=3，7")).text
    assert "quantity-7" in asked
    assert "quantity-8" not in asked

    sent = hidden(asked, url(id_, "/confirm")) | {"event_time": CAME}
    buying.post(url(id_, "/confirm"), data=sent | line(3, 2) | line(7, came="nothing"))
    asked = buying.get(url(id_, "/receipt?lines=3")).text
    sent = hidden(asked, url(id_, "/correct")) | {"event_time": CAME, "reason": "数错了"}
    assert buying.post(url(id_, "/correct"), data=sent | line(3, 3)).status_code == 303

    received = [came for _sent, came in stored(engine, id_)[1]]
    assert received == [1, 1, 3, 1, 1, 1, 0] + [1] * 18


def test_everything_is_rejected_at_the_door_and_comes_back_set_apart(
    maker: Firm, buyer: Firm, buying: TestClient, selling: TestClient, engine: Engine
) -> None:
    id_ = send(maker, buyer)
    assert answer(buying, id_, "reject").status_code == 422
    assert answer(buying, id_, "reject", reason="包装破损").status_code == 303
    assert stored(engine, id_)[0] == "rejected"
    (back,) = [one for one in all_rows(engine, Shipment) if one.sent_back]
    assert "包装破损" in selling.get(url(back.id)).text

    assert answer(selling, back.id, "confirm").status_code == 303

    assert maker.has(maker.batch("oil")) == {"stock": 40, "aside": 60}
    assert "set apart" in selling.get("/app/stock", headers=ENGLISH).text


def test_an_answer_to_what_changed_meanwhile_is_refused(
    maker: Firm, buyer: Firm, buying: TestClient, engine: Engine
) -> None:
    id_ = send(maker, buyer)
    page = buying.get(url(id_)).text
    buyer.confirms(id_, lines=[{"number": 1, "quantity": "55", "unit": "case"}])

    late = buying.post(url(id_, "/confirm"), data=hidden(page, url(id_, "/confirm")))

    assert late.status_code == 422
    assert "data-focus" in late.text
    assert stored(engine, id_)[0] == "discrepancy"


def test_a_receipt_in_the_minute_of_the_sending_is_not_before_it(
    maker: Firm, buyer: Firm, buying: TestClient, engine: Engine
) -> None:
    at = "2026-09-21T01:30:40+00:00"  # 09:30:40 on the clock of the forms
    to = {"party_id": str(buyer.party_id)}
    id_ = maker.does("ship", to=to, lines=[goods(maker.batch("oil"), 1, "case")], event_time=at).id

    answer(buying, id_, "confirm", event_time=CAME)

    (receipt,) = all_rows(engine, Event, act="receive")
    assert receipt.event_time.isoformat() == at


def test_several_are_confirmed_at_once_each_for_itself(
    maker: Firm, buyer: Firm, buying: TestClient, engine: Engine
) -> None:
    first, second, third = (send(maker, buyer, oil=many) for many in (10, 20, 30))
    page = buying.get("/app/shipments").text
    buyer.confirms(second, lines=[{"number": 1, "quantity": "19", "unit": "case"}])
    sent = hidden(page, "/app/shipments/confirm") | {"chosen": [str(first), str(second)]}

    told = buying.post("/app/shipments/confirm", data=sent, headers=ENGLISH)

    assert told.status_code == 200
    assert "This shipment was answered already." in told.text
    assert [stored(engine, one)[0] for one in (first, second, third)] == [
        "received",
        "discrepancy",
        "in_transit",
    ]
    assert buyer.has(maker.batch("oil")) == {"stock": 29}
    assert len(all_rows(engine, Event, act="receive")) == 2
    again = buying.post("/app/shipments/confirm", data=sent | {"chosen": [str(first)]})
    assert again.status_code == 200
    assert len(all_rows(engine, Event, act="receive")) == 2


def test_what_is_refused_of_several_leaves_nothing_behind(
    maker: Firm, buyer: Firm, buying: TestClient, visit_as: VisitAs, engine: Engine
) -> None:
    first, second = send(maker, buyer, oil=10), send(maker, buyer, oil=20)
    text = buying.get("/app/shipments").text
    with visit_as("zhenyang") as visit:  # a line that no unit of the product fits
        row = visit.session.get_one(ShipmentLine, (first, 1))
        row.unit = "bottle"
        visit.session.add(row)
    sent = hidden(text, "/app/shipments/confirm") | {"chosen": [str(first), str(second)]}

    assert buying.post("/app/shipments/confirm", data=sent).status_code == 200

    assert stored(engine, first) == ("in_transit", [(10, None)])
    assert stored(engine, second) == ("received", [(20, 20)])
    nothing = buying.post("/app/shipments/confirm", data=hidden(text, "/app/shipments/confirm"))
    assert nothing.status_code == 422
    assert buying.post("/app/shipments/confirm", data=sent | {"chosen": [str(first)]}).status_code == 422


def test_goods_go_from_one_own_facility_to_another(
    maker: Firm, selling: TestClient, visit_as: VisitAs, engine: Engine
) -> None:
    with visit_as("zhenyang") as visit:
        other = parties.register_facility(visit, new_facility(name_zh="二库")).id
    sent = maker.does("ship", to={"facility_id": str(other)}, lines=[goods(maker.batch("oil"), 7, "case")])
    page = selling.get(url(sent.id), headers=ENGLISH).text
    assert "Between our own facilities" in page
    assert f'value="{other}" selected' in page
    assert 'id="field-facility_id-error"' in answer(selling, sent.id, "confirm").text
    assert answer(selling, sent.id, "confirm", facility_id=str(other)).status_code == 303

    assert stored(engine, sent.id) == ("received", [(7, 7)])
    assert "二库" in selling.get("/app/stock").text


def test_what_waits_stands_first_and_is_counted(maker: Firm, buyer: Firm, buying: TestClient) -> None:
    waits = send(maker, buyer, oil=1)
    done = send(maker, buyer, oil=2)
    buyer.confirms(done)
    text = buying.get("/app/shipments", headers=ENGLISH).text

    assert 0 < text.index(str(waits)) < text.index(f"/app/shipments/{done}")
    assert "1 waits for you" in text
    home = buying.get("/app").text
    assert f"/app/shipments/{waits}" in home
    assert f"/app/shipments/{done}" not in home


def test_shipments_are_found_by_status_and_batch(
    maker: Firm, buyer: Firm, buying: TestClient, selling: TestClient
) -> None:
    oil, paste = send(maker, buyer, oil=1), send(maker, buyer, paste=1)
    buyer.confirms(paste)

    def shown(client: TestClient, query: str) -> set[UUID]:
        text = client.get(f"/app/shipments?{query}").text
        return {one for one in (oil, paste) if f'"/app/shipments/{one}"' in text}

    assert shown(buying, "status=received") == {paste}
    assert shown(buying, f"batch={maker.batch('oil')}") == {oil}
    assert shown(buying, "code=X1") == {oil, paste}
    assert shown(buying, "code=X") == set()
    assert shown(buying, "box=out") == shown(selling, "") == set()
    assert shown(selling, "box=out&status=in_transit") == {oil}
    assert shown(buying, "status=nonsense&batch=nonsense&box=nonsense") == {oil, paste}


def test_pages_of_many_show_each_once(maker: Firm, buyer: Firm, buying: TestClient) -> None:
    sent = [send(maker, buyer, oil="0.1") for _turn in range(27)]
    for one in sent[:3]:
        buyer.confirms(one)
    first = buying.get("/app/shipments").text
    following = re.search(r'href="(/app/shipments\?[^"]*cursor=[^"]+)"', first)
    assert following
    second = buying.get(following[1].replace("&amp;", "&")).text

    pages = [{one for one in sent if f'"/app/shipments/{one}"' in text} for text in (first, second)]
    assert (len(pages[0]), pages[0] | pages[1], pages[0] & pages[1]) == (25, set(sent), set())
    assert set(sent[3:]) <= pages[0]


def test_nobody_else_reads_or_answers(
    maker: Firm, buyer: Firm, client_as: ClientOf, client: TestClient, selling: TestClient
) -> None:
    id_ = send(maker, buyer)
    stranger = client_as("impostor")
    sent = {"event_time": CAME, "reason": "不是我们的"}
    for one in (id_, uuid4()):
        assert stranger.get(url(one)).status_code == 404
        assert stranger.get(url(one, "/receipt")).status_code == 404
        for step in ("confirm", "correct", "reject", "settle"):
            assert stranger.post(url(one, f"/{step}"), data=sent).status_code == 404
    assert selling.post(url(id_, "/confirm"), data=sent).status_code == 404
    assert selling.get(url(id_, "/receipt")).headers["location"] == url(id_)
    assert client.get(url(id_)).status_code == 303
    assert client_as("county").post(url(id_, "/confirm"), data=sent).status_code == 422
    assert client_as("county").get(url(id_)).status_code == 200
