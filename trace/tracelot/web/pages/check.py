"""/check: a shop's whole list of codes, pasted or as a file, answered as a table with the recalled first."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import Depends, Request, Response
from starlette.datastructures import UploadFile

from tracelot.formats.code_lists import MOST_CODES, codes_of_file, codes_of_text
from tracelot.formats.spreadsheets import write_csv
from tracelot.operations.lookup import Answer
from tracelot.rules.refusals import Refusal, TooMany, Unfit
from tracelot.web.listing import answered
from tracelot.web.pace import demand_pace
from tracelot.web.public_page import state_of
from tracelot.web.rendering import Reader, reader_of, render, words_of
from tracelot.web.routers import pages
from tracelot.web.visits import AskingRoute, OpenVisit
from tracelot.web.wording import N_

router = pages(route_class=AskingRoute)

PAGE = "public/check.html"
SHOWN = 500  # rows of the page; the file holds all
ORDER = (
    "level-1",
    "level-2",
    "level-3",
    "seller",
    "unclear",
    "hold",
    "expired",
    "unknown",
    "pending",
    "clear",
)
SEVERAL = N_("It stands for several batches: look at the package.")
OF_SELLER = N_("Recalled is what %(name)s sold of it.")
NEEDS_MORE = N_("A batch code alone says too little: put the GTIN before it.")
HEAD = (N_("Code sent"), N_("Verdict"), N_("Product"), N_("Firm"), N_("Batch"), N_("Notice"), N_("Remark"))


@dataclass(frozen=True)
class Sent:
    """What was pasted or uploaded, and whether a file is wanted back."""

    text: str = ""
    content: bytes = b""
    as_file: bool = False

    def codes(self) -> list[str]:
        return codes_of_file(self.content) if self.content else codes_of_text(self.text)


@dataclass(frozen=True)
class Line:
    """One code of the list and its answer, in words."""

    code: str
    state: str
    product: str = ""
    firm: str = ""
    batch: str = ""
    path: str = ""
    notice: str = ""
    remark: str = ""


async def read_sent(request: Request) -> Sent:
    async with request.form(max_files=1, max_fields=5) as form:
        file, text = form.get("file"), form.get("codes")
        content = await file.read() if isinstance(file, UploadFile) else b""
        return Sent(text if isinstance(text, str) else "", content, form.get("format") == "csv")


@router.get("/check")
def show_check(request: Request, visit: OpenVisit) -> Response:
    visit.demand("lookup")
    return render(request, PAGE, lines=None, most=MOST_CODES)


@router.post("/check", dependencies=[demand_pace("list")])
def check_list(request: Request, visit: OpenVisit, sent: Annotated[Sent, Depends(read_sent)]) -> Response:
    """Nothing of the list is kept."""
    reader = reader_of(request)
    try:
        codes = sent.codes()
        if not codes:
            raise Unfit("list-needed", "Paste codes, one a line, or choose a file.")
        lines = _lines(visit, codes, reader)
    except (Unfit, TooMany) as refusal:
        request.state.refused = refusal.kind
        wrong = reader.gettext(refusal.reason)
        status = 429 if isinstance(refusal, TooMany) else 422
        return render(request, PAGE, status, lines=None, most=MOST_CODES, wrong=wrong, text=sent.text)
    if sent.as_file:
        return _spreadsheet(visit, lines, reader)
    counts = [(state, sum(line.state == state for line in lines)) for state in ORDER]
    return render(
        request,
        PAGE,
        lines=lines[:SHOWN],
        left=len(lines) - len(lines[:SHOWN]),
        total=len(lines),
        counts=[(state, count) for state, count in counts if count],
        again="\n".join(codes),
        most=MOST_CODES,
        now=visit.now,
    )


def _lines(visit: OpenVisit, codes: Sequence[str], reader: Reader) -> list[Line]:
    found = [
        _line(visit, code, answer, reader) for code, answer in zip(codes, answered(visit, codes), strict=True)
    ]
    return sorted(found, key=lambda line: ORDER.index(line.state))


def _line(visit: OpenVisit, code: str, answer: Answer | Refusal, reader: Reader) -> Line:
    if isinstance(answer, Refusal):
        return Line(code, "unclear", remark=reader.gettext(answer.reason))
    facts = [one.facts(visit.place.public_url) for one in answer.found]
    if not facts and answer.needs_more:
        search = f"/search?{urlencode({'q': code})}"
        return Line(code, "unclear", path=search, remark=reader.gettext(NEEDS_MORE))
    if not facts:
        return Line(code, "unknown")
    states = [state_of(one["verdict"], one["level"]) for one in facts]
    worst = min(range(len(facts)), key=lambda place: ORDER.index(states[place]))
    chosen = facts[worst]
    site = visit.place.public_url
    return Line(
        code,
        states[worst],
        product=_either(chosen["product"], "name", reader),
        firm=_either(chosen["product"], "producer", reader),
        batch=chosen["batch"]["code"],
        path=chosen["link"].removeprefix(site) if answer.found[worst].on_record else "",
        notice=next((recall["link"].removeprefix(site) for recall in chosen["recalls"]), ""),
        remark=reader.gettext(SEVERAL) if len(facts) > 1 else _seller(chosen, reader),
    )


def _seller(chosen: dict[str, Any], reader: Reader) -> str:
    """Who sold what is recalled, where that is not the batch as such."""
    if chosen["verdict"] != "seller_recall":
        return ""
    names = [_either(recall, "seller", reader) for recall in chosen["recalls"]]
    return reader.gettext(OF_SELLER) % {"name": ", ".join(dict.fromkeys(names))}


def _whole(visit: OpenVisit, path: str) -> str:
    return f"{visit.place.public_url}{path}" if path else ""


def _either(facts: dict[str, Any], name: str, reader: Reader) -> str:
    zh, en = facts[f"{name}_zh"], facts[f"{name}_en"]
    return str((zh if reader.language == "zh" else en or zh) or "")


def _spreadsheet(visit: OpenVisit, lines: Sequence[Line], reader: Reader) -> Response:
    words = words_of(reader.language, "_ui.html")
    rows = (
        (
            line.code,
            words.verdict_word(line.state).strip(),
            line.product,
            line.firm,
            line.batch,
            _whole(visit, line.notice),
            line.remark,
        )
        for line in lines
    )
    name = f"trace-check-{visit.today:%Y%m%d}.csv"
    return Response(
        write_csv([reader.gettext(title) for title in HEAD], rows),
        media_type="text/csv; charset=utf-8",
        headers={"content-disposition": f'attachment; filename="{name}"'},
    )
