"""What is asked of the register of recalls, as it stands in the address."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, get_args
from urllib.parse import urlencode

from fastapi import Request

from tracelot.operations import parties
from tracelot.records.divisions import Division
from tracelot.records.recall_search import SORTS, RecallFilter, Sort
from tracelot.rules.identifiers import gtin14
from tracelot.rules.recalls import LEVELS, PUBLIC_KINDS, REASON_CODES, RecallKind
from tracelot.rules.refusals import Unfit
from tracelot.rules.stages import STAGES
from tracelot.web.pages.search import plain
from tracelot.web.rendering import reader_of
from tracelot.web.visits import OpenVisit
from tracelot.web.wording import N_

FIELDS = (
    "q",
    "level",
    "stage",
    "reason",
    "kind",
    "product",
    "firm",
    "batch",
    "gtin",
    "region",
    "from",
    "to",
    "state",
    "sort",
)
MOST_PLACES = 12


PUBLIC_STATES = ("published", "withdrawn")
NO_CHOICE = N_("This is none of the choices.")
NO_DATE = N_("A date is needed, such as 2026-09-15.")
NO_PLACE = N_("No division of China is called so. Try a shorter part of the name.")
WHICH_PLACE = N_("Several places are called so: choose one below.")


@dataclass
class Asked:
    """The filled fields, the filter that they make, and what is wrong with them."""

    fields: dict[str, str]
    filter: RecallFilter = field(default_factory=RecallFilter)
    sort: Sort = "newest"
    errors: dict[str, str] = field(default_factory=dict)
    place: Division | None = None
    places: list[Division] = field(default_factory=list)

    def __getitem__(self, name: str) -> str:
        return self.fields.get(name, "")

    def url(self, path: str = "/recalls", **changed: str) -> str:
        """The same question with some fields changed; an empty one is dropped."""
        fields = {name: value for name, value in (self.fields | changed).items() if value}
        return f"{path}?{urlencode(fields)}" if fields else path


def read_asked(request: Request, visit: OpenVisit, kinds: Sequence[RecallKind] = PUBLIC_KINDS) -> Asked:
    sent = {name: plain(request.query_params.get(name)) for name in FIELDS}
    asked = Asked({name: value for name, value in sent.items() if value})
    level = _choice(asked, "level", [str(level) for level in LEVELS])
    sort = _choice(asked, "sort", SORTS)
    asked.sort = next((one for one in get_args(Sort) if one == sort), "newest")
    asked.filter = RecallFilter(
        text=asked["q"] or None,
        firm=asked["firm"] or None,
        product=asked["product"] or None,
        gtin=_gtin(asked),
        batch=asked["batch"] or None,
        level=int(level) if level else None,
        stage=_choice(asked, "stage", STAGES),
        kind=_choice(asked, "kind", kinds),
        reason=_choice(asked, "reason", REASON_CODES),
        region=_region(asked, visit),
        published_from=_day(asked, "from"),
        published_to=_day(asked, "to"),
        state=_choice(asked, "state", PUBLIC_STATES),
        public=True,
    )
    gettext = reader_of(request).gettext
    asked.errors = {name: gettext(text) for name, text in asked.errors.items()}
    return asked


def _choice(asked: Asked, name: str, choices: Any) -> str | None:
    value = asked[name]
    if not value:
        return None
    if value in choices:
        return value
    asked.errors[name] = NO_CHOICE
    return None


def _gtin(asked: Asked) -> str | None:
    try:
        return gtin14(asked["gtin"]) if asked["gtin"] else None
    except Unfit as refusal:
        asked.errors["gtin"] = refusal.reason
        return None


def _day(asked: Asked, name: str) -> date | None:
    text = asked[name]
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        asked.errors[name] = NO_DATE
        return None


def _region(asked: Asked, visit: OpenVisit) -> str | None:
    """The code of a place that was written as its code or as a part of its name."""
    text = asked["region"]
    if not text:
        return None
    code = text.ljust(6, "0") if text.isascii() and text.isdigit() else ""
    found = list(parties.divisions(visit, text, MOST_PLACES))
    # 正阳 is 正阳县, though every township in it has 正阳 in its full name.
    exact = [one for one in found if code == one.code or text in (one.path, one.name, one.name[:-1])]
    if len(exact or found) == 1:
        asked.place = (exact or found)[0]
        return asked.place.code
    asked.places = found
    asked.errors["region"] = WHICH_PLACE if found else NO_PLACE
    return None
