"""Atom: valid XML whatever the words, and just the words that went in."""

import sys
import unicodedata
from datetime import UTC, datetime, timedelta, timezone
from xml.etree import ElementTree as ET

from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from tracelot.formats.atom import Entry, Feed, Link, Text, write_atom
from tracelot.records.inputs import Note

A = "{http://www.w3.org/2005/Atom}"
LANG = "{http://www.w3.org/XML/1998/namespace}lang"
NOW = datetime(2026, 11, 25, 20, 30, 15, 123456, tzinfo=timezone(timedelta(hours=8)))


class Said(BaseModel):
    words: Note


def entry(words: str, language: str = "zh-CN") -> Entry:
    text = Text(words, language)
    link = Link("alternate", "https://trace.test/recalls/R?a=1&b=2", language="en")
    return Entry("urn:uuid:1", text, text, text, NOW, NOW, [link], [("level-1", words)])


def written(*entries: Entry) -> ET.Element:
    feed = Feed("https://trace.test/recalls.atom", Text("召回", "zh-CN"), NOW, [], entries)
    return ET.fromstring(write_atom(feed))  # noqa: S314


def readable(words: str) -> str:
    """XML 1.0 section 2.2, said as it stands there: Char ::= #x9 | #xA | #xD | [#x20-#xD7FF] | …"""

    def char(letter: str) -> bool:
        n = ord(letter)
        return n in (9, 10, 13) or 0x20 <= n <= 0xD7FF or 0xE000 <= n <= 0xFFFD or 0x10000 <= n <= 0x10FFFF

    return "".join(letter if char(letter) else "\ufffd" for letter in words)


def admitted(words: str) -> str | None:
    try:
        return Said(words=words).words
    except ValidationError:
        return None


NO_MEANING = ("Cs", "Cn", "Co")  # surrogates, not assigned, private


def test_every_character_that_inputs_admit_makes_valid_xml() -> None:
    """All that Unicode has given a meaning, and the last two of each plane, which never get one."""
    given_one = [chr(n) for n in range(sys.maxunicode + 1) if unicodedata.category(chr(n)) not in NO_MEANING]
    ends = [chr(plane + last) for plane in range(0, sys.maxunicode, 0x10000) for last in (0xFFFE, 0xFFFF)]
    taken = [letter for letter in (*given_one, *ends) if admitted(f"a{letter}b") == f"a{letter}b"]
    assert len(taken) > 140_000

    for start in range(0, len(taken), 1500):
        words = "".join(taken[start : start + 1500])
        one = written(entry(words)).find(f"{A}entry")
        assert one is not None
        assert one.findtext(f"{A}summary") == readable(words)


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r")))
def test_text_comes_out_as_it_went_in_and_never_as_markup(words: str) -> None:
    one = written(entry(words)).find(f"{A}entry")
    assert one is not None
    assert one.findtext(f"{A}title") == one.findtext(f"{A}summary") == readable(words)
    assert one.findtext(f"{A}author/{A}name") == readable(words)
    assert [child.tag for child in one] == [
        f"{A}{tag}"
        for tag in ("id", "title", "published", "updated", "author", "link", "category", "summary")
    ]


def test_languages_and_times_are_told() -> None:
    feed = written(entry("aflatoxin", "en"), entry("黄曲霉毒素"))
    english, chinese = feed.findall(f"{A}entry")

    assert feed.get(LANG) == "zh-CN"
    assert english.find(f"{A}summary").get(LANG) == "en"  # type: ignore[union-attr]
    assert chinese.find(f"{A}summary").get(LANG) is None  # type: ignore[union-attr]
    told = english.findtext(f"{A}updated")
    assert told == "2026-11-25T12:30:15Z"
    assert datetime.fromisoformat(told) == NOW.astimezone(UTC).replace(microsecond=0)
    assert english.find(f"{A}link").get("href") == "https://trace.test/recalls/R?a=1&b=2"  # type: ignore[union-attr]
