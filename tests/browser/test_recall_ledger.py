"""The ledger of a recall, its checks and disposals, and the board of drills, in every dress."""

from dataclasses import dataclass
from random import Random

import pytest
from playwright.sync_api import expect
from sqlalchemy import Engine

from acts import WHEN, firm, goods, new_firm
from browser.test_access import DRESSES
from browser.visitors import VisitPage, keep_picture, violations
from builders import new_recall
from conftest import Rounds
from peanuts import deliver_all, produce
from tracelot.operations import checking, disposing, recalls
from tracelot.records.database import connect
from tracelot.records.effectiveness import NewDisposal, NewSample, Performed, list_checks
from world import VisitAs, World, visits


@dataclass(frozen=True)
class Work:
    """A recall at work, and a drill under way, by their addresses."""

    own: str
    office: str
    drill: str


@pytest.fixture(scope="module")
def work(cast_store: str, cast: World) -> Work:
    engine = connect(cast_store)
    try:
        return worked(engine, cast, visits(engine, cast))
    finally:
        engine.dispose()


def worked(engine: Engine, cast: World, visit_as: VisitAs) -> Work:
    maker = firm(visit_as, cast, "zhenyang")
    produce(maker)
    kinds = ("wholesaler", "retailer", "caterer")
    customers = [new_firm(visit_as, cast, engine, f"customer-{kind}", kind) for kind in kinds]
    deliver_all(maker, customers)
    oil, packs = maker.batch("bottled"), maker.batch("packs")
    customers[0].does("sell", lines=[goods(oil, 15, "case")])
    sent = customers[0].does("return", to={"party_id": str(maker.party_id)}, lines=[goods(oil, 45, "case")])
    maker.confirms(sent.id)
    customers[1].does("set_apart", lines=[goods(packs, 60, "case")])
    with visit_as("zhenyang") as visit:
        new = new_recall(maker.products["bottled"], "X1", knowledge_at=WHEN)
        more = new.ranges[0].model_copy(update={"product_id": maker.products["packs"]})
        id_ = recalls.open_recall(visit, new.model_copy(update={"ranges": [*new.ranges, more]})).id
    with visit_as("zhenyang", WHEN) as visit:
        code = recalls.publish_recall(visit, id_).code
    with visit_as("zhenyang") as visit:
        checking.draw_sample(visit, id_, NewSample(level="A", method="visit"))
        first = list_checks(visit.session, id_)[0]
        checking.perform_check(visit, id_, first.id, Performed(performed_at=WHEN, outcome="unreachable"))
        told = {"batch_id": oil, "quantity": "45", "unit": "case", "method": "destroy_central", "place": "县处理厂",
                "planned_at": "2026-12-01T09:00:00+08:00"}  # fmt: skip
        disposing.announce_disposal(visit, id_, NewDisposal.model_validate(told))
        new = new_recall(cast.product_id, cast.code, kind="mock_drill")
        drill = recalls.open_recall(visit, new).id
    with visit_as("zhenyang") as visit:
        recalls.publish_recall(visit, drill)
    at = f"/app/recalls/{id_}"
    return Work(f"{at}/effectiveness", f"/gov/recalls/{code}/effectiveness", f"/app/recalls/{drill}")


@pytest.mark.parametrize(("who", "name"), [
    ("zhenyang", "own"), ("county", "office"), ("zhenyang", "drill"), ("zhenyang", "/app/drills"),
])  # fmt: skip
def test_everybody_can_use_the_pages_of_a_recall_at_work(
    visit_page: VisitPage, work: Work, who: str, name: str, rounds: Rounds, random: Random
) -> None:
    path = getattr(work, name, name)
    for language, scheme, width in random.sample(DRESSES, rounds(1, len(DRESSES))):
        page = visit_page(path, who, language, color_scheme=scheme, viewport={"width": width, "height": 900})
        expect(page.get_by_role("heading", level=1)).to_have_count(1)
        for part in page.locator("details.disclosure").all():
            part.evaluate("one => one.open = true")
        keep_picture(page, f"ledger-{name.strip('/').replace('/', '-')}-{language}-{scheme}-{width}")
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert violations(page) == [], f"{language} {scheme} {width}"
