"""The ledger of a recall of many batches: none is left out, and it is read page by page."""

import pytest
from sqlalchemy import Engine

from acts import firm, goods, new_firm, output
from builders import new_recall
from tracelot.operations import effectiveness as reckoning
from tracelot.operations import proceedings, recalls
from tracelot.rules.refusals import Unfit
from world import VisitAs, World


def test_the_ledger_is_read_page_by_page_and_its_sums_are_those_of_all_batches(
    visit_as: VisitAs, world: World, engine: Engine
) -> None:
    maker, shop = firm(visit_as, world, "zhenyang"), new_firm(visit_as, world, engine, "shop", "retailer")
    codes = [f"P{number}" for number in range(7)]
    maker.makes("paste")
    to = {"party_id": str(shop.party_id)}
    for number, code in enumerate(codes):
        maker.does("produce", outputs=[output(maker.products["paste"], code, 10 + number)])
        if number % 2:
            maker.does("ship", to=to, lines=[goods(maker.batch("paste", code), 1 + number)])
    with visit_as("zhenyang") as visit:
        new = new_recall(maker.products["paste"], *codes)
        recall = recalls.publish_recall(visit, recalls.open_recall(visit, new).id)
    pages, cursor = [], None
    for _ in codes:
        with visit_as("zhenyang") as visit:
            page = reckoning.effectiveness_of(visit, recalls.find_own_recall(visit, recall.id), 3, cursor)
        pages.append(page)
        if (cursor := page.cursor) is None:
            break

    assert [(len(page.figures), page.total, page.complete) for page in pages] == [
        (3, 7, True),
        (3, 7, True),
        (1, 7, True),
    ]
    found = [one for page in pages for one in page.figures]
    assert sorted(one.batch.code or "" for one in found) == codes
    assert [bool(one.shipped) for one in found] == [True] * 3 + [False] * 4
    assert all(page.curves == pages[0].curves for page in pages)
    with visit_as("zhenyang") as visit:
        [line] = proceedings.figures_of(visit, recalls.find_own_recall(visit, recall.id)).lines
    assert (line.batches, line.total, line.shipped) == (7, sum(range(10, 17)), 2 + 4 + 6)
    with visit_as("zhenyang") as visit, pytest.raises(Unfit):
        reckoning.effectiveness_of(visit, recalls.find_own_recall(visit, recall.id), 3, "bm8")
