"""A trace as a report in the reader's language: its question, and as tables its batches, links, consignees and gaps."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Protocol
from uuid import UUID

from tracelot.formats.drawing_words import amount, counted, harmless, stage_of, summary, words_in
from tracelot.formats.reports import Report
from tracelot.formats.spreadsheets import Cell, Sheet
from tracelot.formats.trace_words import directions_in, ends_in, gaps_in, kinds_in, meanings_in
from tracelot.operations.picturing import Drawn, Language
from tracelot.operations.tracing import Asked
from tracelot.operations.visit import Visit
from tracelot.records.traces import EndView, OnHandView, PlaceView, TracedBatch
from tracelot.rules.links import Certainty
from tracelot.rules.places import pool_of

NAMED_STARTS = 5
MOST_LISTED = 500  # batches in one cell
CERTAINTIES = {certainty.name.lower(): certainty for certainty in Certainty}


class Reader(Protocol):
    """Who reads, in which language."""

    @property
    def language(self) -> Language: ...

    @property
    def tag(self) -> str: ...

    def gettext(self, text: str) -> str: ...

    def ngettext(self, one: str, many: str, number: int) -> str: ...


@dataclass(frozen=True)
class Telling:
    """A drawn trace, and how it is told to whom."""

    visit: Visit
    asked: Asked
    drawn: Drawn
    reader: Reader

    @cached_property
    def batches(self) -> Mapping[str, TracedBatch]:
        return {key: item.batch for key, item in self.drawn.rows}

    def said(self, zh: str | None, en: str | None) -> str:
        return (zh or en or "") if self.reader.language == "zh" else (en or zh or "")

    def time(self, moment: datetime) -> str:
        local = moment.astimezone(self.visit.place.zone)
        zone = local.strftime("%z")
        return f"{local:%Y-%m-%d %H:%M:%S} {zone[:3]}:{zone[3:]}"

    def end(self, one: EndView | None) -> str:
        kinds = ends_in(self.reader.gettext)
        return kinds["unknown"] if one is None else self.said(one.name_zh, one.name_en) or kinds[one.kind]

    def product(self, one: TracedBatch) -> str:
        return self.said(one.product_zh, one.product_en)

    def batch(self, batch_id: UUID | None, product_id: UUID | None = None) -> str:
        """Code and product: a code is unique for its product alone."""
        _ = self.reader.gettext
        key = str(batch_id) if batch_id else pool_of(str(product_id))
        one = self.batches.get(key)
        if one is None:
            return str(batch_id) if batch_id else _("no batch told")
        return f"{one.code or _('no batch told')} {self.product(one)}"

    def place(self, one: PlaceView) -> str:
        _ = self.reader.gettext
        match one.kind:
            case "lane":
                ends = {"source": self.end(one.source), "target": self.end(one.target)}
                return _("on the way from %(source)s to %(target)s") % ends
            case "unit":
                return _("in a logistic unit") + f" {one.unit_id}"
            case "whole":
                return _("anywhere: the batch as a whole")
            case "set_apart":
                return _("%(place)s, set apart") % {"place": self.end(one.at)}
        return self.end(one.at)


def report_of(told: Telling) -> Report:
    view = told.drawn.view
    return Report(
        title=kinds_in(told.reader.gettext)[view.kind],
        asked=_said(_asked(told)),
        found=_said(_answer(told)),
        warning="" if view.complete else _cut(told),
        sheets=[_batches(told), _links(told), _consignees(told), _gaps(told)],
        made_at=told.visit.now.astimezone(told.visit.place.zone),
        language=told.reader.tag,
    )


# --- the question ------------------------------------------------------------------------------------------


def _said(pairs: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    return [(name, harmless(text)) for name, text in pairs if text]


def _asked(told: Telling) -> Iterator[tuple[str, str]]:
    _, view, actor = told.reader.gettext, told.drawn.view, told.visit.actor
    yield _("Start"), _start(told)
    yield _("Question"), f"{directions_in(_)[view.direction]}; {meanings_in(_)[view.kind]}"
    yield _("Steps at most"), str(view.depth or "")
    yield _("As recorded by"), told.time(view.as_of or told.visit.now)
    yield _("Made at"), told.time(told.visit.now)
    yield _("Made for"), told.said(actor.party_zh, actor.party_en)
    yield _("Site"), told.visit.place.public_url
    yield _("Complete"), _("Yes: all that is recorded was read.") if view.complete else _cut(told)


def _answer(told: Telling) -> Iterator[tuple[str, str]]:
    _ = told.reader.gettext
    yield _("Found"), _found(told)
    yield _("Further upstream"), _upstream(told)
    yield _("Drawing"), summary(told.drawn.shown, words_in(_))


def _cut(told: Telling) -> str:
    _ = told.reader.gettext
    return _("No: there was more to read than may be read at once. What is missing is not shown here.")


def _found(told: Telling) -> str:
    _, view = told.reader.gettext, told.drawn.view
    counts = [counted(_("batches: {count}"), len({key for key, _item in told.drawn.rows}))]
    counts += (
        [counted(_("consignees: {count}"), len(view.consignees))] if view.direction != "backward" else []
    )
    return "; ".join([*counts, counted(_("open ends: {count}"), len(view.gaps))])


def _upstream(told: Telling) -> str:
    _, upstream = told.reader.gettext, told.drawn.view.upstream
    if upstream is None or not upstream.tiers:
        return ""
    tiers = counted(_("tiers of firms before these: {count}"), upstream.tiers)
    reach = _("their records reach the beginning") if upstream.complete else _("their records break off")
    return f"{tiers}; {reach}"


def _start(told: Telling) -> str:
    _, named = told.reader.gettext, told.asked.named
    starts = sorted({stock.batch for stock in told.drawn.traced.starts if stock.batch})
    shown = [_("Shipment") + f" {named.shipment}"] if named.shipment else []
    shown += [_("Logistic unit") + f" {named.unit}"] if named.unit else []
    if named.facility and named.since and named.until:
        span = f"{told.time(named.since)} → {told.time(named.until)}"
        shown.append(_("Facility") + f" {named.facility}, {span}")
    for one in map(told.drawn.names.batch, starts[:NAMED_STARTS]):
        firm = told.end(one.firm) if one.firm else ""
        shown.append(" · ".join(filter(None, (one.code, told.product(one), firm))))
    if len(starts) > NAMED_STARTS:
        shown.append(counted(_("and {count} more"), len(starts) - NAMED_STARTS))
    return "; ".join(shown)


# --- the tables --------------------------------------------------------------------------------------------


def _sheet(name: str, columns: Sequence[tuple[str, int]], rows: Iterable[Sequence[Cell]]) -> Sheet:
    """Its text holds no control characters, nor any that would make it read otherwise."""
    safe = [[harmless(cell) if isinstance(cell, str) else cell for cell in row] for row in rows]
    return Sheet(name, [title for title, _ in columns], safe, [width for _, width in columns])


def _batches(told: Telling) -> Sheet:
    _ = told.reader.gettext
    columns = (
        (_("Direction"), 8),
        (_("Steps"), 5),
        (_("Certainty"), 9),
        (_("Batch code"), 14),
        (_("Product"), 18),
        (_("GTIN"), 12),
        (_("Firm"), 18),
        (_("Kind"), 0),
        (_("Status"), 9),
        (_("Quantity"), 9),
        (_("Unit"), 5),
        (_("On hand"), 24),
        (_("Id"), 0),
    )
    return _sheet(_("Batches"), columns, _batch_rows(told))


def _batch_rows(told: Telling) -> Iterator[Sequence[Cell]]:
    words, directions = words_in(told.reader.gettext), directions_in(told.reader.gettext)
    nodes = told.drawn.whole.named
    for key, item in told.drawn.rows:
        batch, node = item.batch, nodes[key]
        yield (
            directions[item.direction],
            item.distance,
            words.certainties[CERTAINTIES[item.certainty]],
            batch.code,
            told.product(batch),
            batch.gtin,
            told.end(batch.firm) if batch.firm else None,
            stage_of(node, words),
            words.statuses.get(node.status, words.unknown),
            item.quantity,
            item.unit,
            "; ".join(_held(told, one) for one in item.on_hand),
            str(batch.id) if batch.id else None,
        )


def _held(told: Telling, one: OnHandView) -> str:
    least, most = amount(one.least, ""), amount(one.most, "")
    span = f"≥ {least}" if one.most is None else least if one.least == one.most else f"{least} … {most}"
    return f"{told.end(one.facility)}: {span} {one.unit or ''}".rstrip()


def _links(told: Telling) -> Sheet:
    _ = told.reader.gettext
    titles = (_("Out of"), _("Product"), _("Into"), _("Product"), _("Quantity"), _("Unit"), _("Lines"), _("Certainty"),
              _("From id"), _("To id"))  # fmt: skip
    return _sheet(_("Links"), [(title, 0) for title in titles], _link_rows(told))


def _link_rows(told: Telling) -> Iterator[Sequence[Cell]]:
    words, whole = words_in(told.reader.gettext), told.drawn.whole
    knots = [node.key for node in whole.nodes if node.kind == "knot"]
    ends = {key: (f"{words.knot} {number}", "") for number, key in enumerate(knots, 1)}
    ends |= {key: (one.code or "", told.product(one)) for key, one in told.batches.items()}
    for edge in whole.edges:
        certainty = words.certainties[edge.certainty]
        yield (*ends[edge.source], *ends[edge.target], edge.quantity, edge.unit, edge.count, certainty,
               edge.source, edge.target)  # fmt: skip


def _consignees(told: Telling) -> Sheet:
    _ = told.reader.gettext
    columns = (
        (_("Consignee"), 24),
        (_("Firm"), 24),
        (_("directly from here"), 8),
        (_("Certainty"), 9),
        (_("Number of batches"), 8),
        (_("Batches"), 40),
        (_("Id"), 0),
    )
    return _sheet(_("Consignees"), columns, _consignee_rows(told))


def _consignee_rows(told: Telling) -> Iterator[Sequence[Cell]]:
    _ = told.reader.gettext
    words = words_in(_)
    for one in told.drawn.view.consignees:
        batches = sorted(told.batch(batch) for batch in one.batches)
        more = len(batches) - MOST_LISTED
        yield (
            told.end(one.end),
            told.said(one.end.party_zh, one.end.party_en),
            _("Yes") if one.direct else _("No"),
            words.certainties[CERTAINTIES[one.certainty]],
            len(batches),
            "; ".join(
                [*batches[:MOST_LISTED], *([counted(_("and {count} more"), more)] if more > 0 else [])]
            ),
            str(one.end.id) if one.end.id else None,
        )


def _gaps(told: Telling) -> Sheet:
    _ = told.reader.gettext
    kinds = gaps_in(_)
    columns = (
        (_("Where the records do not close"), 40),
        (_("Batch code"), 16),
        (_("Place"), 44),
        (_("Quantity"), 10),
        (_("Event"), 0),
    )
    rows = (
        (kinds[gap.kind], told.batch(gap.batch_id, gap.product_id), told.place(gap.place), gap.quantity,
         str(gap.event_id) if gap.event_id else None)
        for gap in told.drawn.view.gaps
    )  # fmt: skip
    return _sheet(_("Open ends"), columns, rows)
