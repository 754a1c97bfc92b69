"""Every written form of a code (link, element string, scan, URN, typing), read into one shape."""

import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from typing import Literal
from urllib.parse import SplitResult, parse_qsl, urlsplit

from biip import ParseConfig, ParseError
from biip.gs1_application_identifiers import GS1ApplicationIdentifier
from biip.gs1_element_strings import GS1ElementString

from tracelot.rules.identifiers import (
    batch_code,
    gln,
    gs1_check_digit,
    gtin14,
    read_short_code,
    sscc,
    unescaped,
)
from tracelot.rules.refusals import Unfit

LONGEST_CODE = 512

Kind = Literal[
    "digital_link",
    "element_string",
    "gtin_and_batch",
    "gtin",
    "private_link",
    "short_code",
    "epc_urn",
    "text",
]


@dataclass(frozen=True)
class CodeReading:
    """What a code says; `text` is what no identifier took, `faults` are kinds of refusals met on the way."""

    kind: Kind
    gtin: str | None = None
    batch: str | None = None
    serial: str | None = None
    expiry: date | None = None
    sscc: str | None = None
    short: str | None = None
    text: str = ""
    alternatives: tuple["CodeReading", ...] = ()
    faults: tuple[str, ...] = ()

    @property
    def ambiguous(self) -> bool:
        return bool(self.alternatives)


def read_code(text: str) -> CodeReading:
    """Reads any text; what is no code is `text`, and only an overlong one is refused."""
    if len(text) > LONGEST_CODE:
        raise Unfit("code-too-long", "A code has at most 512 characters.")
    code = _without_symbology(_cleaned(text))
    for read in (_read_link, _read_urn, _read_brackets, _read_scan, _read_typed, _read_short):
        try:
            reading = read(code)
        except Unfit as refusal:
            return replace(_as_text(code), faults=(refusal.kind,))
        if reading:
            return reading
    return _as_text(code)


def _as_text(code: str) -> CodeReading:
    return CodeReading("text", text=unicodedata.normalize("NFC", code.replace(_FNC1, " ")).strip())


# --- what scanners and clipboards add -------------------------------------------------------------------

_FNC1 = "\x1d"
_BLANKS = " \t\r\n\u00a0\u3000"

# Symbologies that carry element strings: GS1-128, DataBar and composites, DataMatrix, QR, DotCode.
_GS1_SYMBOLOGIES = frozenset({"C1", "e0", "e1", "e2", "d2", "Q3", "J1"})
_SYMBOLOGY = re.compile(r"\](?P<which>[A-Za-z][0-9A-Za-z])")


def _cleaned(text: str) -> str:
    if text.isascii() and text.isprintable():
        return text.strip()
    kept = (
        each for each in text if each in "\x1d\t\r\n" or unicodedata.category(each) not in ("Cc", "Cf", "Cs")
    )
    return "".join(kept).strip(_BLANKS)


def _without_symbology(code: str) -> str:
    symbology = _SYMBOLOGY.match(code)
    if symbology is None:
        return code
    lead = _FNC1 if symbology["which"] in _GS1_SYMBOLOGIES else ""
    return lead + code[symbology.end() :]


# --- elements: an application identifier and its value --------------------------------------------------

# A date of zeros is printed now and then; it must not hide the batch beside it.
_LENIENT = ParseConfig(gs1_element_strings_verify_date=False)
_GTINS = ("01", "02", "03", "8006")  # 02: the goods inside a logistic unit; 8006 adds the piece
_EXPIRY = "17"


@lru_cache(4096)  # a list of codes names few products, each of them often
def _element(ai: str, value: str) -> GS1ElementString:
    if ai in ("01", "02", "03"):
        value = gtin14(value)
    if not value.isascii():  # biip's patterns take the digits of other scripts
        raise Unfit("bad-element", "GS1 elements are written in ASCII.")
    try:
        return GS1ElementString.parse(ai + value, config=_LENIENT)
    except ParseError:
        raise Unfit(
            "bad-element", "A value does not have the form of its GS1 application identifier."
        ) from None


def _is_known(ai: str) -> bool:
    try:
        return GS1ApplicationIdentifier.extract(ai).ai == ai
    except ParseError:
        return False


def _reading(kind: Kind, elements: Iterable[GS1ElementString], faults: Sequence[str] = ()) -> CodeReading:
    values: dict[str, GS1ElementString] = {}
    for element in elements:
        # biip would let the last one win.
        if values.setdefault(element.ai.ai, element).value != element.value:
            raise Unfit("repeated-identifier", "One GS1 application identifier has two values.")
        _check_key(element)
    expiry = values.get(_EXPIRY)
    if expiry and not expiry.date:
        faults = (*faults, "bad-date")
    batch = values.get("10")
    return CodeReading(
        kind,
        gtin=next((values[ai].value[:14] for ai in _GTINS if ai in values), None),
        batch=batch_code(batch.value) if batch else None,
        serial=values["21"].value if "21" in values else None,
        expiry=expiry.date if expiry else None,
        sscc=values["00"].value if "00" in values else None,
        faults=tuple(faults),
    )


def _check_key(element: GS1ElementString) -> None:
    """Refuses a wrong check digit, which biip only notes."""
    ai = element.ai.ai
    if ai in _GTINS:
        gtin14(element.value[:14])
    elif ai == "00":
        sscc(element.value)
    elif ai.startswith("41"):
        gln(element.value)


# --- links ----------------------------------------------------------------------------------------------

_LINK = re.compile(r"(?P<scheme>https?://)|/|[a-z0-9-]+(?:\.[a-z0-9-]+)+(?::[0-9]+)?/", re.IGNORECASE)
_PRIVATE_PATH = re.compile(r"/b/(?P<short>[^/]+)/?$")

# GS1 Digital Link URI syntax: keys, and the qualifiers that may follow them, in this order.
_QUALIFIERS = {"01": ("22", "10", "21"), "8006": ("22", "10", "21"), "00": ()}
_THIRD_PARTY_SERIAL = "235"  # follows a GTIN alone
_WORDS = {"gtin": "01", "itip": "8006", "sscc": "00", "cpv": "22", "lot": "10", "ser": "21"}


def _read_link(code: str) -> CodeReading | None:
    code = code.lstrip(_FNC1)
    start = _LINK.match(code)
    if start is None:
        return None
    bare_host = not start["scheme"] and not code.startswith("/")
    try:
        parts = urlsplit(f"https://{code}" if bare_host else code)
    except ValueError:  # brackets in the host that hold no address
        return None
    named = _path_elements(parts.path)
    if named:
        return _read_digital_link(named, parts)
    private = _PRIVATE_PATH.search(parts.path)
    if private is None:
        return None
    return CodeReading("private_link", short=read_short_code(unescaped(private["short"])))


def _path_elements(path: str) -> list[tuple[str, str]]:
    """The key and its qualifiers at the end of the path, still escaped; what precedes them is stem."""
    segments = path.split("/")
    for start, segment in enumerate(segments):
        if _WORDS.get(segment, segment) not in _QUALIFIERS:
            continue
        tail = segments[start:]
        identifiers = [_WORDS.get(word, word) for word in tail[::2]]
        if len(tail) % 2 == 0 and _in_order(*identifiers):
            return list(zip(identifiers, tail[1::2], strict=True))
    return []


def _in_order(key: str, *qualifiers: str) -> bool:
    if qualifiers == (_THIRD_PARTY_SERIAL,):
        return key == "01"
    return [each for each in _QUALIFIERS[key] if each in qualifiers] == list(qualifiers)


def _read_digital_link(named: list[tuple[str, str]], parts: SplitResult) -> CodeReading:
    elements = [_element(ai, unescaped(value)) for ai, value in named]
    key = named[0][0]
    taken = {key, *_QUALIFIERS[key]}  # these belong in the path, once
    for name, value in parse_qsl(parts.query, keep_blank_values=True):
        if not name.isdigit():
            continue
        if not _is_known(name):
            raise Unfit(
                "unknown-identifier", "The link names an application identifier that GS1 does not have."
            )
        if name in taken:
            raise Unfit(
                "repeated-identifier", "The link says one application identifier twice or out of place."
            )
        taken.add(name)
        elements.append(_element(name, value))
    return _reading("digital_link", elements)


# --- EPC URNs (GS1 EPC Tag Data Standard, clause 6) -----------------------------------------------------

_URN = re.compile(
    r"urn:epc:(?P<form>class|id|idpat):(?P<scheme>lgtin|sgtin|upui|itip|sscc):(?P<body>.+)", re.IGNORECASE
)
_LAST_FIELD = {"lgtin": "10", "sgtin": "21", "upui": _THIRD_PARTY_SERIAL, "itip": "21", "sscc": ""}
_ANY = "*"  # of a pattern: every serial number


def _read_urn(code: str) -> CodeReading | None:
    urn = _URN.fullmatch(code)
    if urn is None:
        return None
    scheme = urn["scheme"].lower()
    company, _, reference = urn["body"].partition(".")
    if scheme == "sscc":
        return _reading("epc_urn", [_element("00", _key_of(company, reference, 17))])
    item, *rest = reference.split(".", 3 if scheme == "itip" else 1)
    elements = [_element("01", _key_of(company, item, 13))]
    if len(rest) != (3 if scheme == "itip" else 1):
        raise Unfit("bad-urn", "The EPC URN has too few fields.")
    if rest[-1] != _ANY or urn["form"].lower() != "idpat":  # elsewhere * is a character as any other
        elements.append(_element(_LAST_FIELD[scheme], unescaped(rest[-1])))
    return _reading("epc_urn", elements)


def _key_of(company: str, reference: str, length: int) -> str:
    """The GS1 key: an EPC moves the first digit behind the company prefix and drops the check digit."""
    digits = reference[:1] + company + reference[1:]
    fits = len(digits) == length and 6 <= len(company) <= 12  # noqa: PLR2004 the standard's bounds
    if not (fits and digits.isascii() and digits.isdigit()):
        raise Unfit(
            "bad-urn", "Company prefix and reference of the EPC URN do not have the right number of digits."
        )
    return digits + gs1_check_digit(digits)


# --- element strings, in brackets and as scanned --------------------------------------------------------

_BRACKETED = re.compile(r"(?<!\\)\(([0-9]{2,4})\)")
_WIDE_BRACKETS = str.maketrans("\uff08\uff09", "()")  # as Chinese keyboards type them


def _read_brackets(code: str) -> CodeReading | None:
    written = "".join(code.lstrip(_FNC1).translate(_WIDE_BRACKETS).split())
    before, *pieces = _BRACKETED.split(written)
    identifiers, values = pieces[::2], pieces[1::2]
    if before or not pieces or not all(map(_is_known, identifiers)):
        return None
    elements = [
        _element(ai, value.replace("\\(", "(")) for ai, value in zip(identifiers, values, strict=True)
    ]
    return _reading("element_string", elements)


# What scanners, their manuals and people send for the separator that a keyboard cannot type.
_SEPARATOR = re.compile(r"\^\]|\^|\||␝|[<{\[](?:GS|FNC1)[>}\]]", re.IGNORECASE)
_GLUED_DATE = re.compile(r"1[1-35-7][0-9]{2}(?:0[1-9]|1[0-2])(?:[0-2][0-9]|3[01])$")


def _read_scan(code: str) -> CodeReading | None:
    data = _SEPARATOR.sub(_FNC1, code)
    if not data.isascii():
        return None
    try:
        elements, faults = _split(re.sub(r"[ \t\r\n]+", _FNC1, data))
    except ParseError:
        return None
    # Unmarked text may begin like an application identifier (10, 21): a whole key must be among the elements.
    marked = _FNC1 in data
    if not elements or not (marked or any(element.ai.ai in (*_GTINS, "00") for element in elements)):
        return None
    reading = _reading("element_string", elements, faults)
    if _FNC1 in data.strip(_FNC1):  # this scanner sends separators, so none is missing
        return reading
    return replace(reading, alternatives=_unglued(elements))


def _split(data: str) -> tuple[list[GS1ElementString], list[str]]:
    elements: list[GS1ElementString] = []
    faults: list[str] = []
    for segment in filter(None, data.split(_FNC1)):
        rest = segment
        while rest:
            element = GS1ElementString.extract(rest, config=_LENIENT)
            if element.ai.separator_required and len(element) < len(rest):
                # biip would cut at the greatest length and read on in the middle of a value.
                element = _cut_before_date(element.ai.ai, rest)
                faults.append("missing-separator")
            elements.append(element)
            rest = rest[len(element) :]
    return elements, faults


def _cut_before_date(ai: str, rest: str) -> GS1ElementString:
    glued = _GLUED_DATE.search(rest)
    if ai != "10" or glued is None:
        raise ParseError("a value runs on without a separator")
    return GS1ElementString.parse(rest[: glued.start()], config=_LENIENT)


def _unglued(elements: list[GS1ElementString]) -> tuple[CodeReading, ...]:
    """The other reading of a batch that ends like a date: browsers and keyboards swallow the separator."""
    batch = next((element for element in elements if element.ai.ai == "10"), None)
    glued = _GLUED_DATE.search(batch.value) if batch else None
    if batch is None or glued is None or glued.start() == 0:
        return ()
    others = [element for element in elements if element is not batch]
    try:
        cut = [_element("10", batch.value[: glued.start()]), _element(glued[0][:2], glued[0][2:])]
        return (_reading("element_string", [*others, *cut], ("missing-separator",)),)
    except Unfit:
        return ()


# --- what people type -----------------------------------------------------------------------------------

_KEY = re.compile(r"01/(?P<number>[0-9]{14})/10/(?P<rest>.+)", re.DOTALL)
_PAIR = re.compile(r"(?P<number>[0-9]{12,14}|[0-9]{8})[\s,;/|\uff0c\uff1b\u3001]+(?P<rest>.+)", re.DOTALL)
_BARE = re.compile(r"(?P<number>[0-9]{12,14}|[0-9]{8})(?P<rest>)")
_PRINTED = re.compile(r"[0-9](?: ?[0-9]){11,13}")  # as under a bar code: 9 520001 000010
_SHORTEST = 8
_TYPED: tuple[Callable[[str], re.Match[str] | None], ...] = (_KEY.fullmatch, _PAIR.fullmatch, _BARE.fullmatch)


def _read_typed(code: str) -> CodeReading | None:
    typed = next(filter(None, (match(code) for match in _TYPED)), None)
    if typed is None and _PRINTED.fullmatch(code):
        typed = _BARE.fullmatch(code.replace(" ", ""))
    if typed is None:
        return None
    number, rest = typed.group("number", "rest")
    # Eight digits, or a 2 first (GS1 leaves those numbers to shops), may as well be a printed date and count.
    maybe_text = len(number) == _SHORTEST or number.startswith("2")
    try:
        reading = _goods(gtin14(number), rest)
    except Unfit:
        if maybe_text:
            return None
        raise
    return replace(reading, alternatives=(_as_text(code),)) if maybe_text else reading


def _goods(gtin: str, rest: str) -> CodeReading:
    if not rest:
        return CodeReading("gtin", gtin=gtin)
    try:
        return CodeReading("gtin_and_batch", gtin=gtin, batch=batch_code(rest))
    except Unfit:
        return replace(_as_text(rest), kind="gtin", gtin=gtin)


def _read_short(code: str) -> CodeReading | None:
    try:
        short = read_short_code(code)
    except Unfit:
        return None
    # One in thirty-two batch codes of eleven characters fits by chance.
    return CodeReading("short_code", short=short, alternatives=(_as_text(code),))
