"""Reports of the public for tests: sent as their reporters would, about goods of the cast."""

from typing import Any
from uuid import UUID

from tracelot.operations import tipping
from tracelot.operations.passwords import new_secret
from tracelot.records.tips import NewTip
from world import VisitAs, World

NAME, REACH = "周秀兰", "13912345678"
WORDS = "瓶底有黑色颗粒，摇晃后散开。"


def new_tip(world: World, **given: Any) -> NewTip:
    """A foreign body in Zhengyang's oil, bought in its own county, by somebody who says who they are."""
    start = {
        "kind": "foreign_matter",
        "words": WORDS,
        "written": f"(01){world.gtin}(10){world.code}",
        "shop": "真阳大道便民超市",
        "place": "411724",
        "bought_on": "2026-11-20",
        "name": NAME,
        "reach": REACH,
    }
    return NewTip.model_validate(start | given)


def send_tip(visit_as: VisitAs, world: World, secret: str = "", **given: Any) -> tuple[UUID, str]:
    """A report that was taken in, and the secret of its address."""
    key = secret or new_secret()
    with visit_as() as visit:
        return tipping.receive_tip(visit, new_tip(world, **given), key).id, key
