"""A trace as a picture: all that was reached, as the visitor may know it, and what of it is drawn."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from tracelot.operations.naming import Names
from tracelot.operations.tracing import Asked, Whole, shelf_of, trace_whole, unit_of
from tracelot.operations.visit import Visit
from tracelot.records.traces import ReachedView, TraceView
from tracelot.rules.answers import Reached
from tracelot.rules.balancing import Hands, hands_of
from tracelot.rules.batches import status_on
from tracelot.rules.gaps import gaps, gaps_at
from tracelot.rules.grouping import Grouping, fitting, grouped
from tracelot.rules.pictures import Picture
from tracelot.rules.picturing import Facts, picture_of
from tracelot.rules.places import is_unit
from tracelot.rules.questions import Traced

Language = Literal["zh", "en"]  # in which of its two names a firm or a product is written on a batch


@dataclass(frozen=True)
class Drawn:
    """A trace in full: `view` is not cut into pages, and `rows` are its items, each with the key of its node.

    `whole` shows every batch, `shown` what is drawn: of a large one, groups.
    """

    view: TraceView
    rows: tuple[tuple[str, ReachedView], ...]
    whole: Picture
    shown: Picture
    facts: Mapping[str, Facts]
    traced: Traced
    names: Names


def picture(
    visit: Visit,
    asked: Asked,
    *,
    by: Grouping | None = None,
    language: Language = "zh",
) -> Drawn:
    """All of a trace or recall scope, and its picture. A regulator's is remembered, as every trace is."""
    found = trace_whole(visit, asked)
    traced = found.traced
    facts = _facts(visit, found, language)
    whole = picture_of(traced.answers, facts, gaps_at(gaps(traced.ledger), traced.stocks))
    return Drawn(
        view=found.view,
        rows=tuple((one.batch, item) for one, item in zip(_reached(traced), found.view.items, strict=True)),
        whole=whole,
        shown=grouped(whole, by) if by else fitting(whole),
        facts=facts,
        traced=traced,
        names=found.names,
    )


def _reached(traced: Traced) -> list[Reached]:
    return [one for answer in traced.answers for one in answer.reached]


def _facts(visit: Visit, found: Whole, language: Language) -> dict[str, Facts]:
    hands = hands_of(found.traced.ledger)
    batches = {one.batch for answer in found.traced.answers for one in answer.reached}
    return {batch: _of_batch(visit, found.names, hands, batch, language) for batch in batches}


def _of_batch(visit: Visit, names: Names, hands: Hands, batch: str, language: Language) -> Facts:
    """Its kind is its stage. Kind and status are told where the visitor sees the batch, or everybody may."""
    told, row = names.batch(batch), names.open_batch(batch)
    firm, product = told.firm, _said(told.product_zh, told.product_en, language)
    return Facts(
        label=told.code or product,
        party=str(firm.id) if firm and firm.id else "",
        party_name=_said(firm.name_zh, firm.name_en, language) if firm else "",
        stage=row.kind if row else "",
        status=status_on(visit.today, row.status, row.expiry_date) if row else "",
        unit=unit_of(hands, batch) or "",
        product=product if told.code else "",
    )


def _said(zh: str | None, en: str | None, language: Language) -> str:
    return (zh or en or "") if language == "zh" else (en or zh or "")


def moments(visit: Visit, asked: Asked, drawn: Drawn) -> tuple[datetime, ...]:
    """When something that touches the traced goods was recorded or declared void, in whole seconds, the first first.

    These are the moments at which the same question had, or has, another answer.
    """
    traced = drawn.traced
    if asked.as_of is not None:
        traced = trace_whole(visit, replace(asked, as_of=None)).traced
    book, batches = traced.ledger.book, {stock.batch for stock in traced.stocks}
    units = {stock.place for stock in traced.stocks if is_unit(stock.place)}
    told = {one.recorded_at for one in book.postings if one.batch in batches}
    told |= {one.recorded_at for one in book.moves if one.unit in units}
    told |= {one.recorded_at for one in book.sightings if one.subject in batches | units}
    told |= {one.recorded_at for one in book.voids}
    voided = {UUID(one.record) for one in book.voids}
    told |= {one.recorded_at for one in shelf_of(visit).events(voided)}
    return tuple(sorted({_whole_second(one) for one in told}))


def _whole_second(moment: datetime) -> datetime:
    """The first whole second at which it was on record."""
    return moment.replace(microsecond=0) + timedelta(seconds=moment.microsecond > 0)
