"""The effectiveness of a recall, or the result of a drill, as a report on paper in the reader's language."""

from datetime import datetime
from decimal import Decimal

from tracelot.formats.drawing_words import Gettext, amount
from tracelot.formats.printing import pdf
from tracelot.formats.recall_words import amounts_in, missing_in, unit_of
from tracelot.formats.reports import Report, zoned
from tracelot.formats.spreadsheets import Cell, Sheet
from tracelot.formats.trace_words import ends_in
from tracelot.operations.drills import drill_view
from tracelot.operations.trace_reports import Reader
from tracelot.operations.visit import Visit
from tracelot.records.effectiveness import EffectivenessView, EntryView, FiguresView
from tracelot.records.parties import Party
from tracelot.records.recalls import Recall
from tracelot.rules.recalls import DRILL

NO_DRAWING = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1" viewBox="0 0 1 1" '
    'font-family="system-ui, sans-serif"></svg>'
)
COLUMNS = (
    "shipped",
    "came",
    "on_hand",
    "sealed",
    "returned",
    "destroyed",
    "sold",
    "otherwise",
    "passed_on",
    "unaccounted",
)
ALWAYS = ("shipped", "unaccounted")


def report_pdf(visit: Visit, recall: Recall, view: EffectivenessView, reader: Reader, drawing: str) -> bytes:
    """The report; who took it is remembered in their own journal."""
    visit.demand("effectiveness.read")
    if visit.actor.party_id is not None:
        facts = {"recall": recall.code, "format": "pdf"}
        visit.note("effectiveness.exported", visit.actor.party_id, visit.actor.party_id, facts)
    return pdf(_report(visit, recall, view, reader), drawing or NO_DRAWING, reader.gettext)


def _report(visit: Visit, recall: Recall, view: EffectivenessView, reader: Reader) -> Report:
    _ = reader.gettext
    firm = visit.with_published().get_one(Party, recall.party_id)
    title = _("Recall drill %(code)s") if recall.kind == DRILL else _("Recall %(code)s")
    known = {"zh": firm.name_zh, "en": firm.name_en or firm.name_zh}
    return Report(
        title=title % {"code": recall.code},
        asked=[
            (_("Firm") if recall.seller_cause is None else _("Seller"), known[reader.language]),
            (_("Known since"), _time(visit, recall.knowledge_at)),
            (_("Began") if recall.kind == DRILL else _("Published"), _time(visit, recall.published_at)),
            (_("Made at"), _time(visit, visit.now)),
        ],
        found=_score(visit, recall, view, _),
        warning=""
        if view.complete
        else _("There is too much on record to read all of it here: these figures lack some of it."),
        sheets=[_batches(view, reader), _consignees(view, reader)],
        made_at=visit.now.astimezone(visit.place.zone),
        language=reader.tag,
    )


def _time(visit: Visit, moment: datetime | None) -> str:
    return "—" if moment is None else zoned(moment.astimezone(visit.place.zone))


def _score(visit: Visit, recall: Recall, view: EffectivenessView, _: Gettext) -> list[tuple[str, str]]:
    """What was measured, each with whether its goal was met."""
    score = drill_view(visit, recall.id)
    whole = _("Accounted for, of what came in") if _bought(view) else _("Accounted for, of what was made")
    told = {
        "scope": (_("Until the batches were named"), _span(score.scope_seconds)),
        "notify": (_("Until the notice went out"), _span(score.notify_seconds)),
        "accounted": (whole, _percent(score.accounted)),
        "balance": (_("Left unexplained by the mass balance"), _percent(score.unexplained)),
    }
    judged = {True: _("goal met"), False: _("goal missed"), None: _("not known")}
    return [(name, f"{value} · {judged[score.goals[goal]]}") for goal, (name, value) in told.items()]


def _span(seconds: int | None) -> str:
    if seconds is None:
        return "—"
    return f"{seconds // 3600}:{seconds // 60 % 60:02d}"


def _percent(share: Decimal | None) -> str:
    return "—" if share is None else f"{share:.2%}"


def _bought(view: EffectivenessView) -> bool:
    """Whether others made all of it, so that what came to the firm stands for what was made."""
    return bool(view.figures) and all(one.bought for one in view.figures)


def _batches(view: EffectivenessView, reader: Reader) -> Sheet:
    _ = reader.gettext
    came = _bought(view)
    made = _("Came in") if came else _("Made")
    recovered = _("Recovered, of what came in") if came else _("Recovered, of what was made")
    head = [_("Batch"), _("Product"), made, _("Shipped"), _("On hand at the firm"), _("On the way"),
            _("Accounted for"), recovered, _("Recovered, of what was shipped")]  # fmt: skip
    rows = [_batch(one, reader) for one in view.figures]
    return Sheet(_("Batches"), head, rows, (14, 20, 10, 10, 10, 10, 10, 10, 10))


def _batch(one: FiguresView, reader: Reader) -> list[Cell]:
    zh, en = one.batch.product_zh, one.batch.product_en
    amounts = (one.made, one.shipped, one.own, one.way)
    return [
        one.batch.code,
        zh if reader.language == "zh" else en or zh,
        *(amount(value, unit_of(one.unit or "", value, reader.ngettext)) for value in amounts),
        *(_percent(share) for share in (one.accounted_share, one.recovered_share, one.recovered_of_shipped)),
    ]


def _consignees(view: EffectivenessView, reader: Reader) -> Sheet:
    _ = reader.gettext
    names, kinds = amounts_in(_), missing_in(_)
    shown = _shown(view)
    head = [_("Consignee"), _("Batch"), *(names[name] for name in shown), _("What is missing")]
    rows = [
        [
            _named(entry, reader),
            one.batch.code,
            *(amount(getattr(entry, name), "") for name in shown),
            _(", ").join(kinds[kind] for kind in entry.missing),
        ]
        for one in view.figures
        for entry in one.entries
    ]
    return Sheet(_("Consignees"), head, rows, (20, 12, *([11] * len(shown)), 18))


def _shown(view: EffectivenessView) -> list[str]:
    """The columns that say something of any consignee, as on the page."""
    entries = [entry for one in view.figures for entry in one.entries]
    return [name for name in COLUMNS if name in ALWAYS or any(getattr(one, name) != 0 for one in entries)]


def _named(entry: EntryView, reader: Reader) -> str:
    _ = reader.gettext
    end = entry.consignee
    if end is None:
        return _("further on, all together")
    known = (end.name_zh or end.name_en) if reader.language == "zh" else (end.name_en or end.name_zh)
    return known or ends_in(_)[end.kind]
