"""What a report prints as a result, read without loss: a number, a bound, a set of counts, or words; never a guess."""

import re
from decimal import Context, Decimal
from functools import lru_cache
from typing import Literal, NamedTuple

from tracelot.rules.measures import find_measure
from tracelot.rules.refusals import unfit

Censored = Literal["none", "below_lod", "below_loq", "above"]
Form = Literal["number", "not_detected", "count_set", "words"]

MOST_DIGITS = 15  # before the point, and after it
MOST_SAMPLES = 60
EXACT = Context(prec=4 * MOST_DIGITS)  # the usual one would round what is long

_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺", "0123456789-+")
_RAISED = re.compile(r"(?<![0-9.])10([⁻⁺]?[⁰¹²³⁴⁵⁶⁷⁸⁹]{1,2})(?![⁰¹²³⁴⁵⁶⁷⁸⁹])")
_STRAY = re.compile(r"(?:^|[0-9])\s*[⁰¹²³⁴⁵⁶⁷⁸⁹]")
_HALF_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | str.maketrans(
    "\u3000〈〉≦≧⩽⩾\u2212\u2013", " <>≤≥≤≥--"
)
_ABSENT = re.compile(
    r"(?:未检出|未檢出|不得检出|未检测出|阴性|n\.?d\.?|not\s*detected|none\s*detected|negative|absent)"
    r"(?:[(\[]?\s*(?:<|lod\s*[=:<]|定量限|检出限[为:=]?)\s*(?P<bound>[^()\[\]]+?)\s*[)\]]?)?"
)
_COUNTLESS = re.compile(r"多不可计|不可计|tntc|too\s*numerous(?:\s*to\s*count)?")
_NAMED = re.compile(r"(?P<lod>lod|检出限)|(?:loq|定量限)")
_NUMBER = re.compile(
    r"(?P<head>[+-]?[0-9][0-9,]*(?:\.[0-9]+)?)"
    r"(?:\s*(?:[x\u00d7*·]\s*10\s*\^\s*(?P<raised>[+-]?[0-9]{1,2})|e(?P<e>[+-]?[0-9]{1,2})))?"
)
# Most results: short enough to be exact in every context.
_USUAL = re.compile(r"(?P<sign>[<>≤≥])?(?P<number>[0-9]{1,13}(?:\.[0-9]{1,15})?)")
_POWER = re.compile(r"10\s*\^\s*(?P<raised>[+-]?[0-9]{1,2})")
_LOST = re.compile(r"[x\u00d7*·]\s*10")  # a power of ten whose exponent lost its place, as in 2.2x102
_THOUSANDS = re.compile(r"[1-9][0-9]{0,2}(?:,[0-9]{3})+")


class Measured(NamedTuple):
    """A result as read. `bound` is what an unknown value lies below or above; `closed` where it may equal it."""

    text: str
    value: Decimal | None = None
    censored: Censored = "none"
    bound: Decimal | None = None
    form: Form = "number"
    unit: str | None = None
    closed: bool = False
    counts: tuple["Measured", ...] = ()


def read_measured(text: str, samples: int | None = None, field: str = "measured_text") -> Measured:
    """Read a result. `samples` is how many units of sample the plan asks for, which tells commas apart."""
    usual = _USUAL.fullmatch(text)
    if usual:
        return _signed(text, usual["sign"] or "", Decimal(usual["number"]), None)
    return _read(text, samples, field)


@lru_cache(maxsize=1024)
def _read(text: str, samples: int | None, field: str) -> Measured:
    plain = _plain(text, field)
    parts = _parts(plain, samples, field)
    if len(parts) > 1:
        counts = tuple(_read_one(part.strip(), part.strip(), field) for part in parts)
        if all(one.form in ("number", "not_detected") for one in counts):
            return Measured(text, form="count_set", unit=_common_unit(counts), counts=counts)
        return Measured(text, form="words")
    return _read_one(text, plain, field)


def _plain(text: str, field: str) -> str:
    """One way to write it: half-width, lower case, powers with a caret. No other digit is taken for one of ours."""
    narrow = text.translate(_HALF_WIDTH).strip()
    raised = _RAISED.sub(lambda found: "10^" + found[1].translate(_SUPERSCRIPTS), narrow)
    if _STRAY.search(raised):
        raise _ambiguous(field)
    return raised.casefold()


def _parts(plain: str, samples: int | None, field: str) -> list[str]:
    """The samples that a text tells apart; one alone where it tells of one."""
    for mark in (";", "、", "|"):
        if mark in plain:
            return _bounded([part for part in plain.split(mark) if part.strip()], field)
    parts = plain.split(",")
    if len(parts) == 1 or not all(_starts_as_result(part) for part in parts):
        return [plain]
    if samples is not None and samples > 1 and len(parts) == samples:
        return _bounded(parts, field)
    if _THOUSANDS.match(plain) and all(re.match(r"[0-9]{3}(?![0-9])", part.strip()) for part in parts[1:]):
        return [plain]
    return _bounded(parts, field) if len(parts) > 2 else [plain]  # noqa: PLR2004


def _starts_as_result(part: str) -> bool:
    return bool(re.match(r"\s*(?:[<>≤≥]\s*)?[0-9]|\s*(?:未检出|n\.?d)", part))


def _bounded(parts: list[str], field: str) -> list[str]:
    if len(parts) > MOST_SAMPLES:
        raise unfit("too-many-samples", "No report tells of so many samples in one result.", field)
    return parts


def _common_unit(counts: tuple[Measured, ...]) -> str | None:
    units = {one.unit for one in counts if one.unit}
    return units.pop() if len(units) == 1 else None


def _read_one(text: str, plain: str, field: str) -> Measured:
    absent = _ABSENT.fullmatch(plain)
    if absent:
        told = absent["bound"]
        bound = _number(told, field) if told else (None, None)
        if bound is not None:
            return Measured(text, None, "below_lod", bound[0], "not_detected", bound[1])
    if _COUNTLESS.fullmatch(plain):
        return Measured(text, None, "above")
    sign, rest = (plain[0], plain[1:].strip()) if plain[:1] in tuple("<>≤≥") else ("", plain)
    named = _NAMED.fullmatch(rest) if sign in ("<", "≤") else None
    if named:
        return Measured(text, None, "below_lod" if named["lod"] else "below_loq", closed=sign == "≤")
    found = _number(rest, field)
    if found is None:
        return Measured(text, form="words")
    return _signed(text, sign, *found)


def _signed(text: str, sign: str, number: Decimal, unit: str | None) -> Measured:
    if not sign:
        return Measured(text, number, unit=unit)
    censored: Censored = "below_loq" if sign in ("<", "≤") else "above"
    return Measured(text, None, censored, number, unit=unit, closed=sign in ("≤", "≥"))


def _number(plain: str, field: str) -> tuple[Decimal, str | None] | None:
    """A number and the unit glued to it; None for words."""
    power = _POWER.match(plain)
    found = power or _NUMBER.match(plain)
    if found is None:
        return None
    rest = plain[found.end() :].strip()
    if _LOST.match(rest):
        raise _ambiguous(field)
    unit = find_measure(rest) if rest else None
    if rest and unit is None:
        return None
    head = "1" if power else _ungrouped(found["head"], field)
    raised = int(found["raised"] or ("0" if power else found["e"] or "0"))
    number = Decimal(head).scaleb(raised, EXACT)
    if abs(number) >= 10**MOST_DIGITS or -int(number.as_tuple().exponent) > MOST_DIGITS:
        raise unfit("number-out-of-range", "No result is so large, or so fine.", field)
    return Decimal(f"{number:f}"), unit.name if unit else None


def _ungrouped(head: str, field: str) -> str:
    """The digits without marks of thousands, where nothing else can be meant by the commas."""
    if "," not in head:
        return head
    whole, _, decimals = head.partition(".")
    if _THOUSANDS.fullmatch(whole.lstrip("+-")) and (decimals or whole.count(",") == 2):  # noqa: PLR2004
        return head.replace(",", "")
    raise _ambiguous(field)


def _ambiguous(field: str) -> Exception:
    return unfit(
        "ambiguous-number",
        "This can be read in two ways: write decimals with a point, samples with semicolons, powers as 10^2.",
        field,
    )
