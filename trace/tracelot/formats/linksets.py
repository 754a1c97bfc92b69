"""Link sets (RFC 9264) as GS1 Digital Link resolvers give them: what there is to read about a batch or product."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from msgspec.json import encode

MEDIA_TYPE = "application/linkset+json"
GS1 = "https://gs1.org/voc/"
# What makes a link set readable as JSON-LD, by GS1's standard for resolvers.
CONTEXT = (
    "<https://ref.gs1.org/standards/resolver/linkset-context>; "
    'rel="http://www.w3.org/ns/json-ld#context"; type="application/ld+json"'
)


@dataclass(frozen=True)
class Target:
    """Where a link leads, and how the thing there is called, by language."""

    href: str
    titles: Mapping[str, str]
    media_type: str = "text/html"
    languages: Sequence[str] = ()

    def member(self) -> dict[str, Any]:
        titled = [{"value": title, "language": language} for language, title in self.titles.items()]
        return {
            "href": self.href,
            "title": next(iter(self.titles.values())),
            "title*": titled,
            "type": self.media_type,
        } | ({"hreflang": list(self.languages)} if self.languages else {})


def write_linkset(anchor: str, links: Mapping[str, Sequence[Target]]) -> bytes:
    """One set about `anchor`; `links` are by GS1's names of link types, such as "pip"."""
    told = {GS1 + name: [target.member() for target in targets] for name, targets in links.items()}
    return encode({"linkset": [{"anchor": anchor} | told]})
