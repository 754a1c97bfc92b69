"""Large traces on the page: a light drawing, groups that open, and a loud word where the answer was cut."""

import gzip
import html
import re

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import Engine

from conftest import ClientOf, Rounds
from diaries import Diary
from stored import batch_name, written_for
from world import World

HERE = "/app/trace"


@pytest.fixture
def own(client_as: ClientOf) -> TestClient:
    return client_as("zhenyang")


def rows(page: str) -> list[str]:
    return re.findall(r'<tr id="b\d+"', page)


def test_three_hundred_batches_are_a_light_drawing_and_thousands_open_in_groups(
    own: TestClient, engine: Engine, world: World, rounds: Rounds
) -> None:
    diary, size_of_many = Diary(), rounds(1000, 5000)
    for name, size in (("few", 290), ("many", size_of_many)):
        diary.produce(name, "A")
        diary.transform({(name, "A"): 1}, {(f"{name}-{number:04}", "A"): 1 for number in range(size)})
    written_for(engine, diary.book(), world.parties["zhenyang"])

    few, many = (own.get(f"{HERE}?batch={batch_name(name)}").text for name in ("few", "many"))

    drawing = few[few.index("<svg xmlns") : few.index("</svg>", few.index('<g class="net-key"'))]
    assert len(rows(few)) == 291
    assert len(gzip.compress(drawing.encode(), 6)) <= 20 * 1024
    assert len(rows(many)) < 60
    assert f"{size_of_many + 1:,}" in many or str(size_of_many + 1) in many
    link = html.unescape(re.findall(r'href="(\?[^"]*open=[^"]*)"', many)[-1])
    opened = own.get(HERE + link).text
    assert 200 < len(rows(opened)) <= 260
    assert f"已显示 200 条，共 {size_of_many} 条" in opened
    page = (size_of_many - 1) // 200
    last, beyond = (own.get(f"{HERE}{link}&page={page + more}").text for more in (0, 1))
    assert rows(last) == rows(beyond)
    assert len(opened) < 1_000_000


def written_chain(engine: Engine, world: World) -> str:
    """Longer than may be gathered at once; gives where to look at it."""
    diary = Diary()
    diary.produce("cut0", "A")
    for number in range(300):
        diary.transform({(f"cut{number}", "A"): 1}, {(f"cut{number + 1}", "A"): 1})
    written_for(engine, diary.book(), world.parties["zhenyang"])
    return f"{HERE}?batch={batch_name('cut0')}"


def test_an_answer_that_was_cut_says_so_loudly(
    app: FastAPI, own: TestClient, engine: Engine, world: World
) -> None:
    app.state.memory.close()

    answer = own.get(written_chain(engine, world))

    assert answer.status_code == 200
    assert "结果不完整" in answer.text
    assert '<div class="flash fail" role="alert">' in answer.text


def test_the_first_to_ask_for_more_than_is_gathered_waits_and_gets_it_whole(
    own: TestClient, engine: Engine, world: World
) -> None:
    answer = own.get(written_chain(engine, world))

    assert "结果不完整" not in answer.text
    assert "<dd>301 " in answer.text
