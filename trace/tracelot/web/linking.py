"""The links behind a code: as a link set, or as the one link of a type that was asked for."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import parse_qsl

from tracelot.formats.linksets import GS1, Target, write_linkset
from tracelot.records.public import PublicProduct
from tracelot.rules.refusals import Unknown
from tracelot.web.rendering import LANGUAGES, TAGS, words
from tracelot.web.wording import N_

WHOLE = ("linkset", "all")  # `all` is what GS1's first resolvers called it
PAGES = ("defaultLink", "pip", "traceability")
# The same for every page: a reference without a path is one to the page's own address.
LINKSET_HERE = '<?linkType=linkset>; rel="linkset"; type="application/linkset+json"'


def link_type(query: bytes) -> str | None:
    """The type of link that the address asks for: "linkset", or GS1's name of it, such as "recallStatus"."""
    if b"linkType=" not in query:
        return None
    fields = dict(parse_qsl(query.decode("latin-1"), max_num_fields=50))
    asked = fields.get("linkType", "")
    return "linkset" if asked in WHOLE else asked.removeprefix("gs1:").removeprefix(GS1)


def leads_to(asked: str, link: str, recalls: Sequence[str]) -> str:
    """The address of the one link; for `recallStatus` the gravest notice, and the page where there is none."""
    if asked == "recallStatus":
        return recalls[0] if recalls else link
    if asked in PAGES:
        return link
    raise Unknown("unknown-link-type", "There is no link of this type here.")


def linkset(link: str, product: PublicProduct, recalls: Sequence[Mapping[str, Any]]) -> bytes:
    """All links of a batch or product: its page and data, and the notices of its recalls."""
    names = {"zh": product.name_zh, "en": product.name_en or product.name_zh}
    pages = _in_each_language(link, names)
    data = Target(f"{link}?format=json", {TAGS[each]: names[each] for each in LANGUAGES}, "application/json")
    notices = [page for one in recalls for page in _in_each_language(one["link"], _called(one["code"]))]
    return write_linkset(
        link,
        {
            "defaultLink": [Target(link, data.titles, languages=[TAGS[each] for each in LANGUAGES])],
            "pip": pages,
            "recallStatus": notices or pages,
            "traceability": [data],
        },
    )


def _in_each_language(link: str, titles: Mapping[str, str]) -> list[Target]:
    return [
        Target(f"{link}?lang={each}", {TAGS[each]: titles[each]}, languages=[TAGS[each]])
        for each in LANGUAGES
    ]


def _called(code: str) -> dict[str, str]:
    return {each: f"{words(each).gettext(N_('Recall notice'))} {code}" for each in LANGUAGES}
