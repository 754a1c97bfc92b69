"""How an enterprise keeps its books, chosen on its page."""

from conftest import ClientOf
from tracelot.operations import books
from world import VisitAs

ENGLISH = {"accept-language": "en"}


def test_an_administrator_chooses_laws_refusals_and_what_customers_see(
    client_as: ClientOf, visit_as: VisitAs
) -> None:
    form = {"jurisdictions": ["US", "CN"], "refuse_overdrawn": "1", "share_origin": "1"}
    answer = client_as("zhenyang").post("/settings/books", data=form)
    assert answer.headers["location"] == "/settings/books?done=saved"
    with visit_as("zhenyang") as visit:
        told = books.own_books(visit)
    assert told.model_dump() == {
        "jurisdictions": ["CN", "US"],
        "refuse_incomplete": False,
        "refuse_overdrawn": True,
        "share_origin": True,
    }
    page = client_as("zhenyang").get("/settings/books", headers=ENGLISH).text
    assert page.count(" checked") == 4


def test_books_without_a_law_are_refused_at_the_field(client_as: ClientOf) -> None:
    answer = client_as("zhenyang").post("/settings/books", data={"share_origin": "1"}, headers=ENGLISH)
    assert answer.status_code == 422
    assert 'id="field-jurisdictions-error"' in answer.text
    assert 'name="share_origin" value="1" checked' in answer.text


def test_a_recorder_reads_and_does_not_choose(client_as: ClientOf) -> None:
    page = client_as("recorder").get("/settings/books", headers=ENGLISH)
    assert page.status_code == 200
    assert page.text.count("disabled") == 5
    assert client_as("recorder").post("/settings/books", data={"jurisdictions": "CN"}).status_code == 403


def test_an_office_keeps_no_books_of_goods(client_as: ClientOf) -> None:
    assert client_as("county").get("/settings/books").status_code == 403
    assert "/settings/books" not in client_as("county").get("/settings").text
