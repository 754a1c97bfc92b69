"""When a shelf life runs out."""

from datetime import date

import pytest

from tracelot.rules.batches import shelf_life_end


@pytest.mark.parametrize(
    ("made", "amount", "unit", "end"),
    [
        (date(2026, 9, 15), 10, "day", date(2026, 9, 25)),
        (date(2026, 9, 15), 18, "month", date(2028, 3, 15)),
        (date(2026, 8, 31), 6, "month", date(2027, 2, 28)),
        (date(2028, 2, 29), 1, "year", date(2029, 2, 28)),
        (date(2026, 12, 1), 1, "month", date(2027, 1, 1)),
        (date(2026, 1, 1), 10000, "year", None),
        (date(2100, 12, 31), 1, "day", None),
    ],
)
def test_it_ends_on_the_same_day_of_the_month_or_its_last(
    made: date, amount: int, unit: str, end: date | None
) -> None:
    assert shelf_life_end(made, amount, unit) == end
