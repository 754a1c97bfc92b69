"""The terms under which a text is found: character pairs for Chinese, words for the rest.

The same table of terms answers on every database, and two-character queries such as 花生 work.
"""

import re
import unicodedata
from collections.abc import Iterable

MAX_TERM = 40

_HAN = r"\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003134f"
_PIECES = re.compile(rf"[{_HAN}]+|[a-z0-9]+")
_CJK = re.compile(rf"[{_HAN}]")


def _pieces(text: str) -> list[str]:
    return _PIECES.findall(unicodedata.normalize("NFKC", text).casefold())


def _pairs(run: str) -> Iterable[str]:
    return (run[at : at + 2] for at in range(len(run) - 1)) if len(run) > 1 else (run,)


def terms(*texts: str | None) -> set[str]:
    """All terms of the texts. Chinese characters stand singly and in pairs, so that either finds them."""
    found: set[str] = set()
    for text in texts:
        for piece in _pieces(text or ""):
            if _CJK.match(piece):
                found.update(piece)
                found.update(_pairs(piece))
            else:
                found.add(piece[:MAX_TERM])
    return found


def query_terms(text: str) -> list[str]:
    """The terms that a query asks for, all of which must be there; at most twelve."""
    asked: list[str] = []
    for piece in _pieces(text):
        asked += _pairs(piece) if _CJK.match(piece) else [piece[:MAX_TERM]]
    return list(dict.fromkeys(asked))[:12]
