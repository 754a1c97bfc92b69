"""The question of the trace explorer, as it stands in the address: read, said back, and with its faults."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar, get_args
from urllib.parse import urlencode
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import Request

from tracelot.operations.beginning import MOST_BATCHES, Named
from tracelot.operations.tracing import Asked
from tracelot.operations.visit import Visit
from tracelot.rules.answers import Kind
from tracelot.rules.grouping import GROUPINGS, Grouping
from tracelot.rules.questions import Directions
from tracelot.web.reading import read_whole
from tracelot.web.rendering import reader_of
from tracelot.web.wording import N_

T = TypeVar("T")
FIELDS = ("code", "shipment", "unit", "facility", "since", "until", "direction", "kind", "depth", "as_of", "by",
          "on", "open", "page")  # fmt: skip
DEEPEST, LAST_PAGE, LONGEST = 1000, 10_000, 400
LINKED = frozenset({"batch", "shipment", "unit"})  # starts that have no field: their faults stand at the code
BAD_CHOICE = N_("This is none of the choices.")
BAD_ID = N_("This is not an id.")
BAD_TIME = N_("A date and time are needed.")
BAD_DEPTH = N_("A whole number from 1 to 1000.")


@dataclass
class TraceAsked:
    """The filled fields, the question that they make, and what is wrong with them."""

    path: str
    fields: dict[str, str]
    batches: list[str]
    question: Asked = field(default_factory=lambda: Asked(Named(), "both"))
    errors: dict[str, str] = field(default_factory=dict)

    def __getitem__(self, name: str) -> str:
        return self.fields.get(name, "")

    @property
    def begun(self) -> bool:
        """Whether anything was named at which to begin."""
        return bool(self.batches or any(self[name] for name in ("code", "shipment", "unit", "facility")))

    @property
    def by(self) -> Grouping | None:
        return next((one for one in GROUPINGS if one == self["by"]), None)

    @property
    def page(self) -> int:
        return min(read_whole(self["page"], 5) or 0, LAST_PAGE)

    def pairs(self, without: Sequence[str] = (), **changed: str) -> list[tuple[str, str]]:
        """The same question in names and values, with some fields changed; an empty one is dropped."""
        fields = {name: value for name, value in (self.fields | changed).items() if value}
        told = [(name, value) for name, value in fields.items() if name not in without]
        return [*(("batch", one) for one in self.batches), *told]

    def query(self, **changed: str) -> str:
        return "?" + urlencode(self.pairs((), **changed))

    def url(self, suffix: str = "", **changed: str) -> str:
        return self.path + suffix + self.query(**changed)


def read_asked(request: Request, visit: Visit, path: str) -> TraceAsked:
    """A typed code comes before a chosen facility, and both before what a link named."""
    sent = {name: _plain(request.query_params.get(name, "")) for name in FIELDS}
    asked = TraceAsked(path, {name: value for name, value in sent.items() if value},
                       [one for one in request.query_params.getlist("batch") if one])  # fmt: skip
    if asked["code"]:
        asked.batches = []
        _drop(asked, "shipment", "unit", "facility", "since", "until")
    elif asked["facility"]:
        asked.batches = []
        _drop(asked, "shipment", "unit")
    else:
        _drop(asked, "since", "until")
    asked.question = _question(asked, visit.place.zone)
    gettext = reader_of(request).gettext
    asked.errors = {name: gettext(text) for name, text in asked.errors.items()}
    return asked


def _plain(text: str) -> str:
    return text.replace("\0", "").strip()[:LONGEST]


def _drop(asked: TraceAsked, *names: str) -> None:
    for name in names:
        asked.fields.pop(name, None)


def _question(asked: TraceAsked, zone: ZoneInfo) -> Asked:
    def moment(text: str) -> datetime:
        local = datetime.fromisoformat(text)
        told = local if local.tzinfo else local.replace(tzinfo=zone)
        if not 1970 <= told.year <= 2100:  # noqa: PLR2004
            raise ValueError(text)
        return told

    named = Named(
        batches=_batches(asked),
        code=asked["code"] or None,
        shipment=_read(asked, "shipment", UUID, BAD_ID),
        unit=_read(asked, "unit", UUID, BAD_ID),
        facility=_read(asked, "facility", UUID, BAD_ID),
        since=_read(asked, "since", moment, BAD_TIME),
        until=_read(asked, "until", moment, BAD_TIME),
    )
    directions: tuple[Directions, ...] = get_args(Directions)
    kinds: tuple[Kind, ...] = get_args(Kind)
    _read(asked, "by", _among(GROUPINGS), BAD_CHOICE)
    return Asked(
        named=named,
        direction=_read(asked, "direction", _among(directions), BAD_CHOICE) or "both",
        kind=_read(asked, "kind", _among(kinds), BAD_CHOICE) or "trace",
        depth=_read(asked, "depth", _depth, BAD_DEPTH),
        as_of=_read(asked, "as_of", moment, BAD_TIME),
    )


def _batches(asked: TraceAsked) -> tuple[UUID, ...]:
    """No more than one too many are read: the operation says what is too many."""
    asked.batches = asked.batches[: MOST_BATCHES + 1]
    try:
        return tuple(map(UUID, asked.batches))
    except ValueError:
        asked.errors["code"] = BAD_ID
        return ()


def _among(choices: tuple[T, ...]) -> Callable[[str], T]:
    def chosen(text: str) -> T:
        return choices[[str(one) for one in choices].index(text)]

    return chosen


def _depth(text: str) -> int:
    depth = read_whole(text, 4)
    if depth is None or not 1 <= depth <= DEEPEST:
        raise ValueError(text)
    return depth


def _read(asked: TraceAsked, name: str, read: Callable[[str], T], wrong: str) -> T | None:
    if not asked[name]:
        return None
    try:
        return read(asked[name])
    except (ValueError, OverflowError):
        asked.errors["code" if name in LINKED else name] = wrong
        return None
