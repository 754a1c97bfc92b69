"""A list of codes is answered code by code exactly as each of them is alone."""

from collections.abc import Iterator
from contextlib import contextmanager
from random import Random
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Engine, event
from sqlmodel import select

from builders import new_batch, new_product, new_recall
from tracelot.operations import batches, products, recalls
from tracelot.operations.lookup import Answer, look_up
from tracelot.operations.lookup_lists import look_up_all
from tracelot.records.batches import Batch, StatusChange
from tracelot.records.database import connect
from tracelot.rules.refusals import Refusal, Unfit
from world import VisitAs, World, visits

OTHER = "09520001000096"
CODES = [f"L{number}" for number in range(12)] + ["20260915", "A-1", "B/2", "ZY(1)", "L10261231"]


def tell(url: str, world: World) -> None:
    """Two firms' goods in every state, with recalls by code, by date, and of codes that nobody registered."""
    engine = connect(url)
    visit_as = visits(engine, world)
    with visit_as("quality") as visit:
        other = products.register_product(visit, new_product(name_zh="二级花生油", gtin=OTHER)).id
        made = {
            (product, code): batches.register_batch(
                visit, new_batch(product, code=code, release=number % 3 > 0)
            ).id
            for product in (world.product_id, other)
            for number, code in enumerate(CODES)
        }
        batches.hold_batch(visit, made[world.product_id, "L1"], StatusChange(reason="送检"))
        batches.void_batch(visit, made[world.product_id, "L2"], StatusChange(reason="录入错误"))
    publish(visit_as, world.product_id, "L4", "L5", "GHOST", "L2")
    publish(visit_as, other, "L5", level=3)
    publish(visit_as, other, "L5", "L6", level=2)
    with visit_as("guhuai") as visit:
        batches.register_batch(visit, new_batch(world.elsewhere_id, code="L5", release=True))
    engine.dispose()


def publish(visit_as: VisitAs, product: UUID, *codes: str, level: int = 1) -> None:
    with visit_as("quality") as visit:
        recalls.publish_recall(visit, recalls.open_recall(visit, new_recall(product, *codes, level=level)).id)


def forms(world: World, shorts: list[str], random: Random) -> Iterator[str]:
    gtin = random.choice([world.gtin, OTHER, "09520001000010", "09520001000028"])
    code = random.choice([*CODES, "GHOST", "NOBODY", world.code])
    yield from (
        f"https://shop.example/01/{gtin}/10/{code.replace('/', '%2F')}",
        f"(01){gtin}(10){code.replace('(', chr(92) + '(')}",
        f"]C101{gtin}10{code}",
        f"01{gtin}10{code}",
        f"01{gtin}10{code}17261231",
        f"{gtin} {code}",
        f"{gtin.lstrip('0')},{code}",
        gtin,
        code,
        f"(10){code}",
        f"urn:epc:class:lgtin:9520001.000002.{code}",
        random.choice(shorts),
        f"/b/{random.choice(shorts)}",
        random.choice(shorts)[:-1],
        f"  {code}\t",
        "(01)12345(10)A",
        "批号一",
        "x" * random.choice([511, 512, 513]),
        "\u0000\u202e" + code,
        "=cmd|'/c calc'!A1",
    )


def alone(visit: Any, text: str) -> Answer | Refusal:
    try:
        return look_up(visit, text)
    except Unfit as refusal:
        return refusal


def plain(answer: Answer | Refusal) -> Any:
    if isinstance(answer, Refusal):
        return "refused"
    return (
        answer.verdict, answer.reading, [one.facts("http://x") for one in answer.found], list(answer.own),
        [recall.code for recall in answer.product_recalls], answer.needs_more,
    )  # fmt: skip


@pytest.mark.parametrize("who", [None, "quality", "guhuai", "county"])
def test_the_list_says_of_each_code_what_it_is_told_alone(
    visit_as: VisitAs, world: World, engine: Engine, random: Random, who: str | None
) -> None:
    with visit_as("quality") as visit:
        shorts = list(visit.session.exec(select(Batch.short_code)).all())
    texts = [text for _ in range(12) for text in forms(world, shorts, random)]
    random.shuffle(texts)
    with visit_as(who) if who else visit_as() as visit:
        found = look_up_all(visit, texts)
        expected = {text: plain(alone(visit, text)) for text in set(texts)}

    assert [plain(answer) for answer in found] == [expected[text] for text in texts]
    assert len({repr(one) for one in expected.values()}) > 20


def test_what_is_no_text_is_told_in_its_place(visit_as: VisitAs, world: World) -> None:
    code = f"(01){world.gtin}(10){world.code}"
    with visit_as() as visit:
        first, *wrong, last = look_up_all(visit, [code, 1, None, ["x"], {"a": 1}, "", "y" * 513, code])

    assert isinstance(first, Answer)
    assert first is last
    kinds = [one.kind for one in wrong if isinstance(one, Refusal)]
    assert kinds == ["not-a-text"] * 4 + ["bad-length"] * 2


@contextmanager
def counted(engine: Engine) -> Iterator[list[str]]:
    said: list[str] = []

    def note(_c: Any, _cursor: Any, statement: str, *_: Any) -> None:
        said.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    yield said
    event.remove(engine, "before_cursor_execute", note)


def test_thousands_of_codes_take_a_few_statements(visit_as: VisitAs, world: World, engine: Engine) -> None:
    texts = [f"(01){world.gtin}(10)N{number}" for number in range(5000)] + [
        f"N{number}" for number in range(5000)
    ]
    with counted(engine) as said, visit_as("quality") as visit:
        assert len(look_up_all(visit, texts)) == 10_000

    assert len(said) < 100


@pytest.mark.parametrize("count", [0, 10_001])
def test_an_empty_list_and_one_too_long_are_refused(visit_as: VisitAs, world: World, count: int) -> None:
    assert world
    with visit_as() as visit, pytest.raises(Unfit):
        look_up_all(visit, ["x"] * count)
