"""Long, wide and tangled books: bounded work, no recursion, the same answers."""

import tracemalloc
from decimal import Decimal
from itertools import count

import pytest

from conftest import Rounds
from diaries import minute
from tracelot.index import columns
from tracelot.index.answering import batches_in_arrays
from tracelot.index.columns import Row
from tracelot.index.engine import Index
from tracelot.index.walking import Question
from tracelot.rules.books import Book, Hub, Posting, Side, Stock
from tracelot.rules.graphs import Limits
from tracelot.rules.ledgers import open_book
from tracelot.rules.tracing import follow, trace_map


@pytest.fixture
def many(rounds: Rounds) -> int:
    return rounds(30_000, 100_000)


def at(batch: int | str) -> Stock:
    return Stock(f"b{batch}", "facility:F")


def line(number: int, taken: list[Stock], put: list[Stock]) -> list[Posting]:
    sides: list[tuple[Side, Stock]] = [("take", one) for one in taken]
    sides += [("put", one) for one in put]
    return [
        Posting(f"{number}", Hub(f"{number}", 1), *one, side, Decimal(1), minute(0), minute(0))
        for side, one in sides
    ]


def reach(index: Index, start: Stock, limits: Limits = Limits()) -> list[int]:  # noqa: B008
    """How many batches there are at each distance."""
    traced = index.trace(Question("trace", "forward", limits), [start])
    _, distances, _ = batches_in_arrays(index.arrays, traced)
    return [int((distances == step).sum()) for step in range(int(distances.max()) + 1)]


def test_a_chain_of_many_thousands_is_followed_to_its_end(many: int) -> None:
    index = Index.of(
        Book(tuple(one for step in range(many) for one in line(step, [at(step)], [at(step + 1)])))
    )

    assert reach(index, at(0)) == [1] * (many + 1)
    assert len(reach(index, at(0), Limits(depth=7))) == 8


def test_a_star_of_many_thousands_is_one_step(many: int) -> None:
    index = Index.of(Book(tuple(line(0, [at(0)], [at(point) for point in range(1, many + 1)]))))

    assert reach(index, at(0)) == [1, many]
    cut = index.trace(Question("trace", "forward", Limits(budget=10)), [at(0)])
    assert (len(cut.stocks), cut.complete, cut.reason) == (10, False, "budget")


def test_a_line_of_many_into_many_costs_their_sum() -> None:
    size = 2_000
    sources, targets = [at(f"s{one}") for one in range(size)], [at(f"t{one}") for one in range(size)]
    index = Index.of(Book(tuple(line(0, sources, targets))))

    assert reach(index, sources[7]) == [1, size]
    assert index.arrays.adjacency.nbytes < 40 * 2 * size


def test_an_act_with_many_outputs_is_not_opened_anew_for_each_of_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    size, made = 500, count()
    index = Index.of(Book(tuple(line(1, [at("whole")], [at(number) for number in range(size)]))))
    monkeypatch.setattr(columns, "Row", lambda *values: (next(made), Row(*values))[1])

    answer = index.answer("trace", [at("whole")], "forward", edges=True)

    assert len(answer.reached) == size + 1
    assert next(made) < 10 * size


def test_a_diamond_of_sixty_layers_counts_each_batch_once() -> None:
    postings = []
    for layer in range(60):
        left, right, here, below = (at(f"{layer}l"), at(f"{layer}r"), at(layer), at(layer + 1))
        for number, (source, target) in enumerate(
            [(here, left), (here, right), (left, below), (right, below)]
        ):
            postings += line(layer * 4 + number, [source], [target])
    book = Book(tuple(postings))
    index = Index.of(book)
    tracemalloc.start()

    answer = index.answer("trace", [at(0)], "forward", edges=True)

    assert tracemalloc.get_traced_memory()[1] < 8 << 20
    tracemalloc.stop()
    assert answer == follow(trace_map(open_book(book)), [at(0)], "forward", edges=True)
    assert len(answer.reached) == 60 * 3 + 1
