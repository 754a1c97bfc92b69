"""The notice of a recall in full: what it must say beyond the recall's own words, and the whole of it on paper.

Food Recall Measures art. 16: the producer with its address, legal representative, person in charge and ways to reach
it; the goods with their brand; reason, level, dates and area; what sellers must do (art. 19) and what buyers get.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from tracelot.formats.drawing_words import harmless
from tracelot.formats.labels import qr_svg
from tracelot.formats.printing import pdf
from tracelot.formats.reports import Report
from tracelot.formats.spreadsheets import Cell, Sheet
from tracelot.operations.parties import region_names
from tracelot.operations.proceeding_papers import Paper, local_time, sheet_of, split
from tracelot.operations.products import brands_of
from tracelot.operations.trace_reports import Reader
from tracelot.operations.visit import Visit
from tracelot.records.parties import Party
from tracelot.records.proceedings import list_plans
from tracelot.records.recalls import RecallView
from tracelot.rules.identifiers import qr_text

MOST_LINES = 500  # on paper; the page holds all


@dataclass(frozen=True)
class Imprint:
    """Who answers for the goods, and their brands by product."""

    address_zh: str
    address_en: str | None
    legal_rep: str | None
    person: str | None
    email: str | None
    brands: Mapping[UUID, str]


def imprint_of(visit: Visit, view: RecallView) -> Imprint:
    """Of a published recall alone: the law makes these names public with the notice."""
    kernel = visit.kernel()
    firm = kernel.get_one(Party, view.firm_id)
    plans = [one for one in list_plans(kernel, view.id) if one.submitted_at is not None]
    return Imprint(
        firm.address_zh,
        firm.address_en,
        firm.legal_rep,
        (plans[-1].told.get("person") if plans else None) or firm.main_responsible_person,
        firm.email,
        brands_of(visit, {span.product_id for span in view.ranges}),
    )


def notice_paper(visit: Visit, view: RecallView, reader: Reader) -> Paper:
    """The notice as it stands, to be hung up in shops: verdict, code and QR on its first page."""
    _ = reader.gettext
    url = f"{visit.place.public_url}/recalls/{view.code}"
    imprint = imprint_of(visit, view)
    sheets = [
        sheet_of(_("What everybody must know"), (_("Part"), _("Text")), _texts(view, reader)),
        _goods(view, imprint, url, reader),
    ]
    over = view.state == "withdrawn"
    report = Report(
        title=f"{_('Recall withdrawn') if over else _('Recall notice')} · {level_words(_)[view.level]}",
        asked=[(name, harmless(text)) for name, text in _head(visit, view, imprint, url, reader) if text],
        found=[],
        warning=_warning(visit, view, _),
        sheets=sheets,
        made_at=visit.now.astimezone(visit.place.zone),
        language=reader.tag,
    )
    return Paper(f"{view.code}.pdf", pdf(report, "", _, corner=qr_svg(qr_text(url))))


def _warning(visit: Visit, view: RecallView, _: Any) -> str:
    if view.withdrawn_at is not None:
        day = local_time(visit, view.withdrawn_at)
        told = _("This recall was withdrawn on %(day)s: %(reason)s")
        return str(told % {"day": day, "reason": harmless(view.withdrawn_reason or "")})
    grave = view.level < 3  # noqa: PLR2004
    return str(
        _("Do not eat or use the batches below.") if grave else _("Check whether your batch is named below.")
    )


def level_words(_: Any) -> dict[int, str]:
    return {1: _("Level I recall"), 2: _("Level II recall"), 3: _("Level III recall")}


def _head(
    visit: Visit, view: RecallView, imprint: Imprint, url: str, reader: Reader
) -> Iterator[tuple[str, str]]:
    _ = reader.gettext
    yield _("Notice"), view.code
    if view.published_at:
        yield _("Published"), local_time(visit, view.published_at)
    if view.first_level and view.regraded_at:
        words = level_words(_)
        yield (
            _("Level changed"),
            f"{words[view.first_level]} → {words[view.level]}, {local_time(visit, view.regraded_at)}",
        )
    yield _("Begins on"), view.starts_on.isoformat() if view.starts_on else ""
    yield _("Done by"), view.ends_on.isoformat() if view.ends_on else ""
    yield _("Area of the recall"), ", ".join(region_names(visit, view.area_codes).values())
    firm = _told(reader, view.firm_zh, view.firm_en)
    seller = view.seller_cause is not None
    yield _("Seller") if seller else _("Producer"), ", ".join(filter(None, (firm, view.firm_sc_no)))
    if view.seller_cause is not None:
        yield _("Which goods"), _("What it sold of these batches; what came from elsewhere is not recalled.")
        yield _("Why the seller"), seller_words(_)[view.seller_cause]
    yield _("Address"), _told(reader, imprint.address_zh, imprint.address_en)
    yield _("Legal representative"), imprint.legal_rep or ""
    yield _("Person in charge"), imprint.person or ""
    yield _("Telephone"), ", ".join(filter(None, (view.contact, view.contact_hours)))
    yield _("E-mail"), imprint.email or ""
    for one in view.extensions:
        if one.state == "granted":
            yield (
                _("More time granted"),
                ", ".join(
                    filter(None, (local_time(visit, one.due_at), _told(reader, one.office_zh, one.office_en)))
                ),
            )
    yield _("This notice"), url


def _told(reader: Reader, zh: str | None, en: str | None) -> str:
    return ((zh or en) if reader.language == "zh" else (en or zh)) or ""


def _texts(view: RecallView, reader: Reader) -> list[tuple[str, Cell]]:
    _ = reader.gettext
    pairs = [
        (_("What to do"), _told(reader, view.remedy_zh, view.remedy_en)),
        (_("Possible harm"), _told(reader, view.harm_zh, view.harm_en)),
        (_("Why"), _told(reader, view.reason_zh, view.reason_en)),
        (_("Shops and other sellers"), duties_of_sellers(_)),
    ]
    return [row for name, text in pairs for row in split(name, text)]


def seller_words(_: Any) -> dict[str, str]:
    """Why it is a seller that recalls."""
    return {
        "own": _("its own cause: how it stored, carried, handled or labelled the goods"),
        "maker_gone": _("the producer is unknown, gone, or does not act"),
    }


def duties_of_sellers(_: Any) -> str:
    """Art. 19, in words for whoever sells the goods."""
    return str(
        _(
            "Stop buying and selling these goods at once, seal what you have, put this notice up, and help to get the "
            "goods back."
        )
    )


def _goods(view: RecallView, imprint: Imprint, url: str, reader: Reader) -> Sheet:
    _ = reader.gettext
    head = [
        _("Product"),
        _("Brand"),
        _("Specification"),
        _("Batch code"),
        _("Production date"),
        _("Expiry date"),
    ]
    rows: list[Sequence[Cell]] = [
        [
            _told(reader, line.product_name_zh, line.product_name_en),
            imprint.brands.get(line.product_id),
            line.spec,
            line.code,
            line.production_date.isoformat() if line.production_date else None,
            line.expiry_date.isoformat() if line.expiry_date else None,
        ]
        for line in view.batches[:MOST_LINES]
    ]
    for span in view.ranges:
        if not span.by_code:
            made = " … ".join(day.isoformat() if day else "" for day in (span.made_from, span.made_to))
            name = _told(reader, span.product_name_zh, span.product_name_en)
            rows.append([name, imprint.brands.get(span.product_id), span.spec, _("all batches"), made, None])
    if len(view.batches) > MOST_LINES:
        rows.append(
            [_("and %(num)s more") % {"num": len(view.batches) - MOST_LINES}, None, None, url, None, None]
        )
    sheet = sheet_of(_("Batches affected"), head, rows)
    return Sheet(sheet.name, sheet.head, sheet.rows, [26, 14, 14, 22, 16, 12])
