"""Pages: templates, and words, dates and numbers as the reader's language has them."""

import io
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import cache, lru_cache
from hashlib import sha256
from pathlib import Path
from types import CodeType
from typing import Any, Literal

from babel import Locale
from babel.dates import format_date
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal
from babel.support import NullTranslations, Translations
from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import BytecodeCache, Environment, FileSystemLoader, StrictUndefined, pass_context
from jinja2.bccache import Bucket
from jinja2.runtime import Context

from tracelot.rules.signing import GRAVE

HERE = Path(__file__).parent
Language = Literal["zh", "en"]
LANGUAGES: tuple[Language, ...] = ("zh", "en")
TAGS: dict[Language, str] = {"zh": "zh-CN", "en": "en"}


@cache
def words(language: Language) -> NullTranslations:
    """The catalogue of a language. English is the language of the sources and needs none."""
    if language == "en":
        return NullTranslations()
    with (HERE / "words" / f"{language}.po").open("rb") as file:
        catalogue = read_po(file, locale=language)
    compiled = io.BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return Translations(compiled)


@cache
def bare(sentence: str) -> str:
    """A sentence in every language, for readers of whom there are too many to be asked for theirs."""
    return "".join(f"{words(language).gettext(sentence)}\n" for language in LANGUAGES)


@dataclass(frozen=True)
class Reader:
    """In which language and under which theme somebody reads."""

    language: Language
    theme: Literal["light", "dark"] | None

    @property
    def tag(self) -> str:
        return TAGS[self.language]

    def gettext(self, text: str) -> str:
        return words(self.language).gettext(text) if text else ""

    def ngettext(self, one: str, many: str, number: int) -> str:
        return words(self.language).ngettext(one, many, number)


def negotiate(accepted: str, default: Language) -> Language:
    """The language that a browser asks for most; every Chinese (zh-CN, zh-Hant, zh-TW) reads our zh."""
    best, weight = default, 0.0
    for part in accepted[:500].split(","):
        tag, _, parameters = part.strip().partition(";")
        quality = _quality(parameters)
        language = tag.partition("-")[0].strip().lower()
        if language in LANGUAGES and quality > weight:
            best, weight = ("zh" if language == "zh" else "en"), quality
    return best


def _quality(parameters: str) -> float:
    name, _, value = parameters.strip().partition("=")
    try:
        return min(1.0, max(0.0, float(value))) if name.strip() == "q" else 1.0
    except ValueError:
        return 0.0


def reader_of(request: Request) -> Reader:
    """The address says first (?lang=), then the cookie, then the browser."""
    default: Language = request.app.state.settings.language if "app" in request.scope else "zh"
    theme = request.cookies.get("theme")
    said = (request.query_params.get("lang"), request.cookies.get("lang"))
    asked = next((language for text in said for language in LANGUAGES if text == language), None)
    language = asked or negotiate(request.headers.get("accept-language", ""), default)
    return Reader(language, "light" if theme == "light" else "dark" if theme == "dark" else None)


@lru_cache
def static(path: str) -> str:
    """The address of a file of ours; it changes with the content, so browsers may keep it for ever."""
    return f"/static/{path}?v={sha256((HERE / 'static' / path).read_bytes()).hexdigest()[:12]}"


class _Compiled(BytecodeCache):
    """Templates are compiled once for all languages: their words are asked for when they are shown."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str, object], CodeType | None] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self._kept.get(self._place(bucket))

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._kept[self._place(bucket)] = bucket.code

    def _place(self, bucket: Bucket) -> tuple[str, str, object]:
        return bucket.key, bucket.checksum, bucket.environment.autoescape


COMPILED = _Compiled()


def _environment(language: Language) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
        bytecode_cache=COMPILED,
    )
    environment.install_gettext_translations(words(language), newstyle=True)  # type: ignore[attr-defined]
    environment.globals |= {"static": static, "GRAVE": GRAVE}
    environment.globals["space"] = "" if language == "zh" else " "  # between sentences: Chinese has none
    environment.filters |= {"day": _day, "moment": _moment, "instant": _instant, "deadline": _deadline}
    environment.filters |= {"amount": _amount, "either": _either, "exact": _exact}
    return environment


@cache
def environment_of(language: Language) -> Environment:
    return _environment(language)


@cache
def mail_of(language: Language) -> Environment:
    """The same for mail, which is no HTML: a firm called A & B is called so."""
    return environment_of(language).overlay(autoescape=False)


@cache
def words_of(language: Language, template: str) -> Any:
    """The macros of a template, for words that stand outside of pages too."""
    return environment_of(language).get_template(template).module


@cache
def _locale(tag: str) -> Locale:
    """Read once: babel would look for its files each time that it is told a name."""
    return Locale.parse("zh_CN" if tag == "zh-CN" else "en")


@pass_context
def _moment(context: Context, moment: datetime | None) -> str:
    """A time in the site's zone, with the zone: 2026-11-22 18:30 +08:00."""
    if moment is None:
        return ""
    local = moment.astimezone(context["zone"])
    zone = local.strftime("%z")
    return f"{local:%Y-%m-%d %H:%M} {zone[:3]}:{zone[3:5]}"


@pass_context
def _deadline(context: Context, moment: datetime | None) -> str:
    """The end of a time limit: at midnight it is 24:00 of the day before, as the law counts."""
    if moment is None or moment.astimezone(context["zone"]).time() != time():
        return _moment(context, moment)
    before = _moment(context, moment - timedelta(minutes=1))
    return before.replace(" 23:59 ", " 24:00 ")


def _instant(text: str) -> datetime:
    """A time that was read as ISO text."""
    return datetime.fromisoformat(text)


@pass_context
def _day(context: Context, day: date | str | None) -> str:
    """A date in long form: 2026年11月22日, November 22, 2026."""
    if not day:
        return ""
    parsed = date.fromisoformat(day[:10]) if isinstance(day, str) else day
    return format_date(parsed, "long", locale=_locale(context["lang"]))


@pass_context
def _amount(context: Context, amount: Decimal | int | None) -> str:
    if amount is None:
        return ""
    return format_decimal(amount, locale=_locale(context["lang"]), decimal_quantization=False)


def _exact(figure: Decimal | None) -> str:
    """A figure as its report prints it: 5.0 stays 5.0."""
    return "" if figure is None else f"{figure:f}"


@pass_context
def _either(context: Context, pair: tuple[str | None, str | None]) -> str:
    """Of a Chinese and an English text the one to read; where it is missing, the other."""
    zh, en = pair
    return (zh or en or "") if context["lang"] == "zh-CN" else (en or zh or "")


def path_of(request: Request) -> str:
    """The path as it was sent: a link made of a decoded one would turn %2F into a step."""
    raw: bytes = request.scope.get("raw_path") or request.scope["path"].encode()
    return raw.decode("latin-1")


def render_text(request: Request, template: str, **values: Any) -> str:
    """A page as text, with what every page needs to know."""
    reader = reader_of(request)
    settings = request.app.state.settings if "app" in request.scope else None
    return (
        environment_of(reader.language)
        .get_template(template)
        .render(
            request=request,
            lang=reader.tag,
            theme=reader.theme,
            path=path_of(request),
            zone=settings.zone if settings else None,
            settings=settings,
            **{"account": None, "nav": []} | getattr(request.state, "frame", {}) | values,
        )
    )


def render(request: Request, template: str, status: int = 200, **values: Any) -> HTMLResponse:
    text = render_text(request, template, **values)
    answer = HTMLResponse(text, status)
    asked = request.query_params.get("lang")
    if asked in LANGUAGES:
        answer.set_cookie("lang", asked, max_age=31_536_000, samesite="lax", httponly=True)
    return answer
