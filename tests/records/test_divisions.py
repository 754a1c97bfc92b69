"""China's divisions as they are searched for."""

import pytest

from tracelot.records.divisions import search_divisions
from world import VisitAs


@pytest.mark.parametrize(
    ("text", "found"),
    [("正阳 兰青", ["411724214"]), ("411724214", ["411724214"]), ("\0", []), ("正阳\0", []), ("%", [])],
)
def test_divisions_are_found_by_words_or_code_and_by_nothing_else(
    visit_as: VisitAs, text: str, found: list[str]
) -> None:
    with visit_as() as visit:
        assert [division.code for division in search_divisions(visit.session, text, 3)] == found
