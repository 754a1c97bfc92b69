"""Atom feeds (RFC 4287) in pages (RFC 5005)."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from xml.etree import ElementTree as ET

ATOM = "http://www.w3.org/2005/Atom"
MEDIA_TYPE = "application/atom+xml"
XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
# XML 1.0, section 2.2: no other characters, not even as references.
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

ET.register_namespace("", ATOM)


@dataclass(frozen=True)
class Text:
    """What stands in a feed, and in which language."""

    words: str
    language: str


@dataclass(frozen=True)
class Link:
    rel: str
    href: str
    media_type: str = "text/html"
    language: str | None = None


@dataclass(frozen=True)
class Entry:
    """`id` stays for ever; `updated` moves with each change that a reader should hear of."""

    id: str
    title: Text
    summary: Text
    author: Text
    published: datetime
    updated: datetime
    links: Sequence[Link]
    categories: Sequence[tuple[str, str]] = ()  # term, label


@dataclass(frozen=True)
class Feed:
    id: str
    title: Text
    updated: datetime
    links: Sequence[Link]
    entries: Sequence[Entry]


def write_atom(feed: Feed) -> bytes:
    """The feed as XML; text stays text, whatever it holds."""
    root = ET.Element(_name("feed"), {XML_LANG: feed.title.language})
    _add(root, "id", feed.id)
    _say(root, "title", feed.title, feed.title.language)
    _add(root, "updated", _moment(feed.updated))
    _link(root, feed.links)
    for entry in feed.entries:
        _enter(root, entry, feed.title.language)
    return bytes(ET.tostring(root, encoding="utf-8", xml_declaration=True))


def _enter(root: ET.Element, entry: Entry, around: str) -> None:
    one = ET.SubElement(root, _name("entry"))
    _add(one, "id", entry.id)
    _say(one, "title", entry.title, around)
    _add(one, "published", _moment(entry.published))
    _add(one, "updated", _moment(entry.updated))
    author = ET.SubElement(one, _name("author"), _spoken(entry.author, around))
    _add(author, "name", entry.author.words)
    _link(one, entry.links)
    for term, label in entry.categories:
        ET.SubElement(one, _name("category"), {"term": _sound(term), "label": _sound(label)})
    _say(one, "summary", entry.summary, around)


def _name(tag: str) -> str:
    return f"{{{ATOM}}}{tag}"


def _add(parent: ET.Element, tag: str, words: str) -> None:
    ET.SubElement(parent, _name(tag)).text = _sound(words)


def _say(parent: ET.Element, tag: str, text: Text, around: str) -> None:
    element = ET.SubElement(parent, _name(tag), {"type": "text"} | _spoken(text, around))
    element.text = _sound(text.words)


def _spoken(text: Text, around: str) -> dict[str, str]:
    return {} if text.language == around else {XML_LANG: text.language}


def _link(parent: ET.Element, links: Sequence[Link]) -> None:
    for link in links:
        about = {"rel": link.rel, "href": _sound(link.href), "type": link.media_type}
        ET.SubElement(parent, _name("link"), about | ({"hreflang": link.language} if link.language else {}))


def _sound(words: str) -> str:
    """Text without what XML cannot hold; a reader sees that something stood there."""
    return _NOT_XML.sub("\ufffd", words)


def _moment(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
