"""Words and dates in tables of results, as laboratories write them."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Any

from tracelot.rules.inspections import Conclusion, InspectionKind
from tracelot.rules.inspections import Verdict as Said
from tracelot.rules.limits import Op
from tracelot.rules.measures import convert, find_measure
from tracelot.rules.refusals import Unfit

_KINDS: Mapping[InspectionKind, tuple[str, ...]] = {
    "outgoing": ("出厂检验", "出厂", "outgoing", "outgoing inspection", "release"),
    "type": ("型式检验", "type", "type inspection"),
    "incoming": ("进货检验", "进货查验", "来料检验", "incoming", "incoming inspection"),
    "in_process": ("过程检验", "半成品检验", "in process", "in-process"),
    "commissioned": ("委托检验", "委托", "commissioned"),
    "supervised": ("监督抽检", "监督抽查", "抽检", "supervised", "supervised sampling"),
    "risk_monitoring": ("风险监测", "risk monitoring"),
    "evaluation": ("评价性抽检", "评价抽检", "evaluation"),
    "rapid": ("快检", "快速检测", "快速检验", "rapid", "rapid test"),
    "retest": ("复检", "retest", "re-test"),
    "self_check": ("自查", "自检", "self check", "self-check"),
}
_CONCLUSIONS: Mapping[Conclusion, tuple[str, ...]] = {
    "pass": ("合格", "符合", "符合要求", "pass", "passed", "conform", "conforms", "compliant", "ok"),
    "fail": ("不合格", "不符合", "不符合要求", "fail", "failed", "non-conform", "non-compliant", "not ok"),
    "data_only": ("仅提供数据", "不判定", "实测", "data only", "no verdict"),
}
_SAID: Mapping[Said, tuple[str, ...]] = {
    "pass": _CONCLUSIONS["pass"],
    "fail": _CONCLUSIONS["fail"],
    "undecided": ("不判定", "未判定", "no verdict", "undecided"),
}
_DAY = re.compile(
    r"(?P<year>(?:19|20)\d\d)(?:\s*[-/.年]\s*(?P<month>\d{1,2})\s*[-/.月]\s*(?P<day>\d{1,2})\s*日?|(?P<rest>\d{4})(?!\d))"
)
_TIME = re.compile(r"[T\s]+\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?$")
_LOT = re.compile(r"^[\s/,;、|(]*(?:批号|批次号?|lot|batch)?\s*[:#]?\s*(?P<code>.*?)\)?$", re.IGNORECASE)
_FIGURE = r"(?P<{}>\d+(?:\.\d+)?)"
_BOUND = re.compile(
    r"(?P<op>≤|<=|<|≥|>=|不得超过|不超过|最大)\s*" + _FIGURE.format("value") + r"(?P<unit>.*)"
)
_BETWEEN = re.compile(
    _FIGURE.format("low") + r"\s*(?:~|-|—|\u2013|至|to)\s*" + _FIGURE.format("high") + r"(?P<unit>.*)"
)
_PLAN = re.compile(
    r"n\s*=\s*(?P<n>\d{1,2})\D+?c\s*=\s*(?P<c>\d{1,2})\D+?m\s*=\s*(?P<m>[^,;M]+?)(?:[,;\s]+M\s*=\s*(?P<most>[^,;(]+))?"
)
_ABSENT: Mapping[str, Op] = {
    "不得检出": "not_detected", "未检出": "not_detected", "not detected": "not_detected", "nd": "not_detected",
    "不得使用": "not_used", "不得添加": "not_used", "not to be used": "not_used",
}  # fmt: skip
LONGEST = 60  # of the limits that are remembered
_OPS: Mapping[str, Op] = {"≤": "<=", "<=": "<=", "<": "<", "≥": ">=", ">=": ">="}


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).strip().casefold()


def _table(told: Mapping[Any, tuple[str, ...]]) -> dict[str, str]:
    return {_plain(word): code for code, words in told.items() for word in (*words, code)}


KINDS, CONCLUSIONS, SAID = _table(_KINDS), _table(_CONCLUSIONS), _table(_SAID)


def read_choice(text: str, table: Mapping[str, str]) -> str | None:
    """The choice that a word stands for, in either language."""
    return table.get(_plain(text))


def read_day(text: str) -> date | None:
    """A date in any of its usual writings, with or without a time of day."""
    plain = _TIME.sub("", unicodedata.normalize("NFKC", text).strip())
    found = _DAY.fullmatch(plain)
    return _day(found) if found else None


def _day(found: re.Match[str]) -> date | None:
    month, day = found["month"] or found["rest"][:2], found["day"] or found["rest"][2:]
    try:
        return date(int(found["year"]), int(month), int(day))
    except ValueError:
        return None


def read_day_or_batch(text: str) -> tuple[date | None, str]:
    """What stands in the one column for both: `2026-09-15/ZY260915`, or one of them alone."""
    plain = _TIME.sub("", unicodedata.normalize("NFKC", text).strip())
    found = _DAY.match(plain)
    made_on = _day(found) if found else None
    if found is None or made_on is None:
        lot = _LOT.match(plain)
        return None, lot["code"].strip() if lot else plain
    rest = plain[found.end() :]
    if rest and rest[0].isalnum():  # a batch code that begins like a date
        return None, plain
    lot = _LOT.match(rest)
    return made_on, lot["code"].strip() if lot else ""


@dataclass(frozen=True)
class LimitText:
    """A limit as a report states it."""

    op: Op | None = None
    value: Decimal | None = None
    upper: Decimal | None = None
    plan: tuple[int, int, Decimal, Decimal | None] | None = None


def read_limit(text: str, unit: str | None) -> LimitText | None:
    """A limit in the unit of the result; None where it says something that is for people alone."""
    return _limit(text, unit) if len(text) <= LONGEST else _limit.__wrapped__(text, unit)


@lru_cache(maxsize=1024)
def _limit(text: str, unit: str | None) -> LimitText | None:
    plain = unicodedata.normalize("NFKC", text).strip()
    absent = _ABSENT.get(plain.casefold())
    if absent:
        return LimitText(absent)
    plan = _PLAN.search(plain)
    if plan:
        return _plan(plan)
    bound = _BOUND.fullmatch(plain)
    if bound:
        value = _in_unit(bound["value"], bound["unit"], unit)
        return None if value is None else LimitText(_OPS.get(bound["op"], "<="), value)
    between = _BETWEEN.fullmatch(plain)
    if between:
        ends = [_in_unit(between[name], between["unit"], unit) for name in ("low", "high")]
        return None if None in ends else LimitText("between", ends[0], ends[1])
    return None


def _in_unit(figure: str, written: str, unit: str | None) -> Decimal | None:
    told = find_measure(written) if written.strip() else None
    if written.strip() and told is None:
        return None
    if told is None or unit is None or told.name == unit:
        return Decimal(figure)
    try:
        return convert(Decimal(figure), told.name, unit)
    except Unfit:
        return None


def _plan(found: re.Match[str]) -> LimitText | None:
    least, most = _power(found["m"]), _power(found["most"]) if found["most"] else None
    if least is None or (found["most"] and most is None):
        return None
    return LimitText("<=", plan=(int(found["n"]), int(found["c"]), least, most))


def _power(text: str) -> Decimal | None:
    """A count of a plan: `100`, `10^2` or five times that; a unit behind it is left alone."""
    found = re.match(r"\s*(?:(?P<head>\d+(?:\.\d+)?)\s*[x\u00d7*]\s*)?10\s*\^\s*(?P<power>\d)", text)
    if found:
        return Decimal(found["head"] or 1).scaleb(int(found["power"]))
    number = re.match(r"\s*\d+(?:\.\d+)?(?!\d)", text)
    return Decimal(number.group()) if number else None


def read_figure(text: str, unit: str | None) -> Decimal | str | None:
    """A number with or without its unit, in the unit of the result; what is none stays as it is, to be refused."""
    if not text:
        return None
    found = re.fullmatch(
        r"(?P<figure>\d+(?:\.\d+)?)\s*(?P<unit>.*)", unicodedata.normalize("NFKC", text).strip()
    )
    value = _in_unit(found["figure"], found["unit"], unit) if found else None
    return text if value is None else value
