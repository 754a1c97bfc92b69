"""Links behind a code: RFC 9264's shape, GS1's link types, and the way to the notice."""

from typing import Any

import pytest
from fastapi.testclient import TestClient

from builders import new_batch, new_product, new_recall
from conftest import BASE
from tracelot.operations import batches, products, recalls
from world import VisitAs, World

LINKSET = {"accept": "application/linkset+json"}
GS1 = "https://gs1.org/voc/"
TARGET = {"href": str, "title": str, "title*": list, "type": str, "hreflang": list}


def publish(visit_as: VisitAs, world: World, *codes: str, **given: Any) -> str:
    with visit_as("quality") as visit:
        recall = recalls.open_recall(visit, new_recall(world.product_id, *codes, **given))
        return recalls.publish_recall(visit, recall.id).code


def demand_shape(document: Any) -> dict[str, Any]:
    """RFC 9264 section 4.2, with what GS1's standard for resolvers asks for beyond it."""
    assert set(document) == {"linkset"}
    [context] = document["linkset"]
    assert context["anchor"].startswith(BASE)
    relations = {name: targets for name, targets in context.items() if name != "anchor"}
    assert all(name.startswith(GS1) for name in relations)
    assert len(relations[f"{GS1}defaultLink"]) == 1
    for targets in relations.values():
        assert targets
        for target in targets:
            assert {"href", "title"} <= set(target) <= set(TARGET)
            assert all(isinstance(value, TARGET[name]) for name, value in target.items())
            assert all(isinstance(language, str) for language in target.get("hreflang", ()))
            assert all(set(title) == {"value", "language"} for title in target["title*"])
    return dict(context)


def test_a_batch_tells_its_links(client: TestClient, visit_as: VisitAs, world: World) -> None:
    address = f"/01/{world.gtin}/10/{world.code}"
    grave, mild = (publish(visit_as, world, world.code, level=level) for level in (1, 3))
    answers = [client.get(address, headers=LINKSET), client.get(f"{address}?linkType=linkset"),
               client.get(f"{address}?linkType=all", headers={"accept": "text/html"})]  # fmt: skip

    assert answers[0].content == answers[1].content == answers[2].content
    assert answers[0].headers["content-type"] == "application/linkset+json"
    assert 'rel="http://www.w3.org/ns/json-ld#context"' in answers[0].headers["link"]
    context = demand_shape(answers[0].json())
    assert context["anchor"] == BASE + address
    notices = [target["href"] for target in context[f"{GS1}recallStatus"]]
    assert notices == [
        f"{BASE}/recalls/{code}?lang={lang}" for code in (grave, mild) for lang in ("zh", "en")
    ]
    for targets in context.values():
        for target in targets if isinstance(targets, list) else ():
            there = client.get(target["href"].removeprefix(BASE), headers={"accept": target["type"]})
            assert there.status_code == 200
            assert there.headers["content-type"].partition(";")[0] == target["type"]


@pytest.mark.parametrize("written", ["gs1:{}", "{}", GS1 + "{}"])
def test_one_type_leads_to_its_link(
    client: TestClient, visit_as: VisitAs, world: World, written: str
) -> None:
    def location(kind: str) -> str:
        answer = client.get(f"/01/{world.gtin}/10/{world.code}", params={"linkType": written.format(kind)})
        assert answer.status_code == 307
        assert answer.headers["cache-control"] == "no-cache"
        return str(answer.headers["location"])

    page = f"{BASE}/01/{world.gtin}/10/{world.code}"
    assert location("recallStatus") == location("pip") == location("defaultLink") == page
    code = publish(visit_as, world, world.code)
    assert location("recallStatus") == f"{BASE}/recalls/{code}"
    assert location("pip") == location("traceability") == page


def test_a_batch_without_a_gtin_has_links_too(client: TestClient, visit_as: VisitAs, world: World) -> None:
    with visit_as("quality") as visit:
        product = products.register_product(visit, new_product(own_code="P1"))
        short = batches.register_batch(visit, new_batch(product.id, release=True)).short_code
    context = demand_shape(client.get(f"/b/{short.lower()}", headers=LINKSET).json())
    assert context["anchor"] == f"{BASE}/b/{short}"


def test_the_page_points_at_its_link_set(client: TestClient, world: World) -> None:
    for address in (f"/01/{world.gtin}/10/{world.code}", f"/01/{world.gtin}"):
        page = client.get(address, headers={"accept": "text/html"})
        assert page.headers["link"] == '<?linkType=linkset>; rel="linkset"; type="application/linkset+json"'
        assert f'href="{address}?format=json"' in page.text
        assert client.get(f"{address}?format=json").headers["content-type"] == "application/json"
        head = client.head(address, headers=LINKSET)
        assert (head.status_code, head.content) == (200, b"")
        assert head.headers["content-type"] == "application/linkset+json"


@pytest.mark.parametrize(
    "kind", ["linkset", "gs1:recallStatus", "gs1:epcis", "", "%00", "gs1:pip&linkType=x"]
)
def test_what_is_not_there_has_no_links(client: TestClient, world: World, kind: str) -> None:
    for address in (
        f"/01/{world.gtin}/10/NOBODY",
        "/b/00000000000",
        "/01/09520001000096",
        "/01/09520001000096/10/A",
    ):
        assert (
            client.get(f"{address}?linkType={kind}", headers={"accept": "application/json"}).status_code
            == 404
        )
    if kind not in ("linkset", "gs1:recallStatus"):
        refused = client.get(f"/01/{world.gtin}/10/{world.code}?linkType={kind}", headers=LINKSET)
        assert refused.json()["type"].endswith("/problems/unknown-link-type")


def test_a_gtin_alone_tells_the_product_and_its_recalls(
    client: TestClient, visit_as: VisitAs, world: World
) -> None:
    code = publish(visit_as, world, "R1")
    page = client.get(f"/01/{world.gtin}", headers={"accept": "text/html", "accept-language": "en"})
    assert page.status_code == 200
    assert "Peanut oil 5 L" in page.text
    assert f'href="/recalls/{code}"' in page.text
    told = client.get(f"/01/{world.gtin}", headers={"accept": "application/json"}).json()
    assert (told["product"]["name_en"], [one["code"] for one in told["recalls"]]) == (
        "Peanut oil 5 L",
        [code],
    )
    context = demand_shape(client.get(f"/01/{world.gtin}", headers=LINKSET).json())
    assert context["anchor"] == f"{BASE}/01/{world.gtin}"
    leads = client.get(f"/01/{world.gtin}?linkType=gs1:recallStatus")
    assert (leads.status_code, leads.headers["location"]) == (307, f"{BASE}/recalls/{code}")


def test_a_gtin_that_nobody_owns_is_clearly_unknown(client: TestClient, world: World) -> None:
    page = client.get("/01/09520001000096", headers={"accept": "text/html", "accept-language": "en"})
    assert page.status_code == 404
    assert "Product not on record" in page.text
    assert "That does not mean that it is in order" in page.text
    told = client.get("/01/09520001000096", headers={"accept": "application/json"})
    assert (told.status_code, told.json()["product"], told.json()["recalls"]) == (404, None, [])


def test_a_gtin_has_one_address(client: TestClient, world: World) -> None:
    shorter = client.get(f"/01/{world.gtin[1:]}?lang=en")
    assert (shorter.status_code, shorter.headers["location"]) == (307, f"/01/{world.gtin}?lang=en")
    for wrong in ("09520001000020", "1", "x" * 300, "%00", "00000000000000"):
        assert client.get(f"/01/{wrong}").status_code == 404
