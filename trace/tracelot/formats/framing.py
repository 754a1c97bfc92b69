"""A drawing that leaves its page: on a white ground, under the words that say what it shows, ready for any viewer."""

import re
from collections.abc import Sequence
from html import escape

from tracelot.formats.drawing_words import fitted, harmless

_MARGIN, _LINE, _GAP, _LEAST = 24, 22, 12, 720
_HALF = 6.6  # the width of half a Chinese character
_SIZE = re.compile(r'width="(\d+)" height="(\d+)"')


def size_of(drawing: str) -> tuple[int, int]:
    """Width and height of a drawing of ours."""
    found = _SIZE.search(drawing)
    assert found is not None
    return int(found[1]), int(found[2])


def framed(drawing: str, lines: Sequence[str], language: str) -> str:
    """The drawing under some lines of text, the first of which is its title."""
    width, height = size_of(drawing)
    top = _MARGIN + _LINE * len(lines) + _GAP
    width, height = max(width, _LEAST), height + top
    room = int((width - 2 * _MARGIN) / _HALF)
    text = "".join(
        f'<text x="{_MARGIN}" y="{_MARGIN + _LINE * number - 4}" font-size="{18 if number == 1 else 13}">'
        f"{escape(harmless(fitted(line, room)))}</text>"
        for number, line in enumerate(lines, 1)
    )
    inner = drawing.replace("<svg ", f'<svg y="{top}" ', 1)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" '
        f'xml:lang="{language}" font-family="system-ui, sans-serif" fill="#16202a"><rect width="{width}" '
        f'height="{height}" fill="#fff"/>{text}{inner}</svg>'
    )
