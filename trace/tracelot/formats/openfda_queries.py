"""The query language of openFDA: field:term, field:"phrase", ranges, AND, OR, NOT and brackets."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from tracelot.formats.openfda import FIELDS, Record, words

LONGEST = 1000
DEEPEST = 10
_TOKEN = re.compile(
    r"\s*(?:(?P<range>[\[{]\s*(?P<low>\S+)\s+TO\s+(?P<high>[^\s\]}]+)\s*[\]}])|(?P<open>\()|(?P<close>\))"
    r'|"(?P<phrase>(?:[^"\\]|\\.)*)"|(?P<colon>:)|(?P<word>[^\s+()":\[\]{}]+))'
)
_RESERVED = frozenset({"AND", "OR", "NOT", "TO"})
_EXISTS, _MISSING = "_exists_", "_missing_"


class BadSearch(ValueError):
    """A search that cannot be read; the message is told as it is."""


@dataclass(frozen=True)
class Test:
    """What one field must hold: words in their order, a prefix, a range, or anything at all."""

    field: str  # nothing: any field
    how: Literal["words", "exact", "prefix", "range", "exists", "missing"]
    low: str = ""
    high: str = ""

    def holds(self, record: Record) -> bool:
        names = (self.field,) if self.field else FIELDS
        return any(self._holds(record.get(name, "")) for name in names)

    def _holds(self, value: str) -> bool:
        match self.how:
            case "exists":
                return bool(value)
            case "missing":
                return not value
            case "exact":
                return value == self.low
            case "range":
                return bool(value) and self.low <= value and (self.high == "*" or value <= self.high)
            case "prefix":
                return any(word.startswith(self.low) for word in words(value)) or value.lower().startswith(
                    self.low
                )
            case "words":
                return _follow(words(self.low), words(value))


def _follow(wanted: list[str], held: list[str]) -> bool:
    size = len(wanted)
    return size > 0 and any(held[start : start + size] == wanted for start in range(len(held) - size + 1))


@dataclass(frozen=True)
class Join:
    """Several conditions together."""

    how: Literal["and", "or", "not"]
    parts: tuple["Query", ...]

    def holds(self, record: Record) -> bool:
        match self.how:
            case "and":
                return all(part.holds(record) for part in self.parts)
            case "or":
                return any(part.holds(record) for part in self.parts)
            case "not":
                return not self.parts[0].holds(record)


Query = Test | Join
Token = tuple[str, str, str]


def read_search(text: str) -> Query | None:
    """A search as openFDA writes it, in an address where + stands for a space; None for an empty one."""
    if len(text) > LONGEST:
        raise BadSearch(f"A search has at most {LONGEST} characters.")
    tokens = list(_tokens(text))
    if not tokens:
        return None
    reader = _Reader(tokens)
    query = reader.either(0)
    if reader.kind:
        raise BadSearch("A bracket is closed that was not opened.")
    return query


def _tokens(text: str) -> Iterator[Token]:
    place, text = 0, text.rstrip()
    while place < len(text):
        if text[place] == "+":  # sent as %2B
            place += 1
            continue
        found = _TOKEN.match(text, place)
        if found is None or found.end() == place:
            raise BadSearch(
                "The search cannot be read: look for brackets and quotation marks without a partner."
            )
        place = found.end()
        if found["range"]:
            yield ("range", found["low"], found["high"])
        else:
            kind = str(found.lastgroup)
            yield (kind, found[kind], "")


class _Reader:
    """Reads tokens from left to right. Without a word between them, either of two conditions is enough, as there."""

    def __init__(self, tokens: list[Token]) -> None:
        self._tokens = tokens
        self._place = 0

    @property
    def kind(self) -> str:
        return self._tokens[self._place][0] if self._place < len(self._tokens) else ""

    def _next(self) -> Token:
        if not self.kind:
            raise BadSearch("The search ends too early.")
        self._place += 1
        return self._tokens[self._place - 1]

    def _took(self, word: str) -> bool:
        if self.kind == "word" and self._tokens[self._place][1] == word:
            self._place += 1
            return True
        return False

    def either(self, depth: int) -> Query:
        parts = [self._both(depth)]
        while self.kind not in ("", "close"):
            self._took("OR")
            parts.append(self._both(depth))
        return parts[0] if len(parts) == 1 else Join("or", tuple(parts))

    def _both(self, depth: int) -> Query:
        parts = [self._one(depth)]
        while self._took("AND"):
            parts.append(self._one(depth))
        return parts[0] if len(parts) == 1 else Join("and", tuple(parts))

    def _one(self, depth: int) -> Query:
        if depth > DEEPEST:
            raise BadSearch("The search is nested too deep.")
        if self._took("NOT"):
            return Join("not", (self._one(depth + 1),))
        if self.kind == "open":
            return self._bracket("", depth)
        kind, text, _ = self._next()
        if kind == "word" and self.kind == "colon":
            self._next()
            return self._of_field(text, depth)
        self._place -= 1
        return self._value("", exact=False)

    def _bracket(self, field: str, depth: int) -> Query:
        self._next()
        inside = self._values(field) if field else self.either(depth + 1)
        if self._next()[0] != "close":
            raise BadSearch("A bracket is not closed.")
        return inside

    def _values(self, field: str) -> Query:
        """field:(a OR b)"""
        parts, how = [self._value(field, exact=False)], "or"
        while self.kind not in ("", "close"):
            how = "and" if self._took("AND") else how
            self._took("OR")
            parts.append(self._value(field, exact=False))
        return Join("and" if how == "and" else "or", tuple(parts))

    def _of_field(self, name: str, depth: int) -> Query:
        if name in (_EXISTS, _MISSING):
            field = _known(self._next()[1])
            return Test(field, "exists" if name == _EXISTS else "missing")
        field = _known(name.removesuffix(".exact"))
        if self.kind == "open":
            return self._bracket(field, depth)
        return self._value(field, exact=name.endswith(".exact"))

    def _value(self, field: str, *, exact: bool) -> Test:
        kind, low, high = self._next()
        if kind == "range":
            if not field:
                raise BadSearch("A range needs a field before it.")
            return Test(field, "range", low.replace("-", "") if low != "*" else "", high.replace("-", ""))
        if kind not in ("word", "phrase") or (kind == "word" and low in _RESERVED):
            raise BadSearch("A value is missing.")
        if exact:
            return Test(field, "exact", low)
        if kind == "word" and low.endswith("*") and len(low) > 1:
            return Test(field, "prefix", low[:-1].lower())
        if "*" in low or "?" in low or "~" in low or "^" in low:
            raise BadSearch("Of wildcards only * at the end of a word is served here.")
        return Test(field, "words", low)


def _known(name: str) -> str:
    if name not in FIELDS:
        raise BadSearch("The search names a field that these records do not have.")
    return name
