"""The types of everything that comes in from outside: bounded, finite, and free of what breaks a store.

NUL, control and bidirectional characters, lone surrogates, dates and numbers out of range are refused here,
once, for every door.
"""

import re
import unicodedata
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, StringConstraints
from pydantic_core import PydanticCustomError
from sqlalchemy import BigInteger, Dialect, TypeDecorator
from sqlmodel import SQLModel

from tracelot.rules import identifiers, licences, quantities
from tracelot.rules.refusals import Refusal

_BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_AMOUNT = re.compile(r"[0-9]{1,12}(\.[0-9]{1,12})?")
_MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}")


Unit = Literal["kg", "g", "t", "L", "mL", "piece", "bottle", "bag", "box", "case", "pack"]


class Shape(SQLModel):
    """A body that a caller sends: fields that it does not know are refused."""

    model_config = ConfigDict(extra="forbid")

    __init__ = BaseModel.__init__  # else SQLModel's own runs, in Python, for each body inside another


def _clean(text: str) -> str:
    text = unicodedata.normalize("NFC", text).strip()
    if text.isprintable():  # which none of these is
        return text
    if any((unicodedata.category(char) in ("Cc", "Cs") and char != "\n") or char in _BIDI for char in text):
        raise ValueError("Control characters are not allowed.")
    return text


def _one_line(text: str) -> str:
    if "\n" in text:
        raise ValueError("One line only.")
    return text


def _unix_lines(value: Any) -> Any:
    """Browsers send CR LF; empty fields of a form mean nothing was said."""
    return value.replace("\r\n", "\n") if isinstance(value, str) else value


def _empty_is_none(value: Any) -> Any:
    return None if isinstance(value, str) and not value.strip() else value


def _in_reach(day: date) -> date:
    if not 1970 <= day.year <= 2100:  # noqa: PLR2004
        raise ValueError("The year must lie between 1970 and 2100.")
    return day


def _aware(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError("The time needs a zone, such as +08:00.")
    _in_reach(moment.date())
    return moment


def _written_day(value: Any) -> Any:
    """2026-09-15 and nothing else: pydantic would read 20260915, and any number, as seconds since 1970."""
    if isinstance(value, datetime) or not isinstance(value, date | str):
        raise ValueError("A date is needed, such as 2026-09-15.")
    if isinstance(value, str) and not _DAY.fullmatch(value):
        raise ValueError("A date is needed, such as 2026-09-15.")
    return value


def _written_moment(value: Any) -> Any:
    """A date and a time of day; numbers would be read as seconds since 1970."""
    if not isinstance(value, datetime) and not (isinstance(value, str) and _MOMENT.match(value)):
        raise ValueError("A time with its zone is needed, such as 2026-09-15T08:00:00+08:00.")
    return value


def _exact(amount: Decimal) -> Decimal:
    if not amount.is_finite() or not quantities.exact(amount):
        raise ValueError("A positive number below 1,000,000,000 with at most six decimals.")
    return Decimal(quantities.plain(amount))


def _exact_or_nothing(amount: Decimal) -> Decimal:
    return Decimal(0) if amount == 0 else _exact(amount)


def _reading(read: Any) -> AfterValidator:
    """A rule of identifiers, told as a fault of the field; the rule's suggestion goes along."""

    def checked(text: str) -> str:
        try:
            return str(read(text))
        except Refusal as refusal:
            facts = {"reason": refusal.reason, **refusal.facts}
            raise PydanticCustomError(refusal.kind, "{reason}", facts) from None

    return AfterValidator(checked)


def _decimal_text(value: Any) -> Any:
    """Decimals travel as text such as 2.5; a JSON number is taken by its shortest writing."""
    if isinstance(value, bool) or (isinstance(value, str) and not _AMOUNT.fullmatch(value.strip())):
        raise ValueError("A number is needed.")
    return value.strip() if isinstance(value, str) else value


Cleaned = AfterValidator(_clean)
OneLine = AfterValidator(_one_line)
Name = Annotated[str, BeforeValidator(_unix_lines), StringConstraints(max_length=200), Cleaned, OneLine,
                 StringConstraints(min_length=1)]  # fmt: skip
Note = Annotated[str, BeforeValidator(_unix_lines), StringConstraints(max_length=2000), Cleaned]
Words = Annotated[Note | None, BeforeValidator(_empty_is_none)]
Label = Annotated[Name | None, BeforeValidator(_empty_is_none)]
Reason = Annotated[Note, StringConstraints(min_length=2)]
Day = Annotated[date, BeforeValidator(_written_day), AfterValidator(_in_reach)]
MaybeDay = Annotated[Day | None, BeforeValidator(_empty_is_none)]
Moment = Annotated[datetime, BeforeValidator(_written_moment), AfterValidator(_aware)]
Amount = Annotated[Decimal, BeforeValidator(_decimal_text), AfterValidator(_exact)]
MaybeAmount = Annotated[Amount | None, BeforeValidator(_empty_is_none)]
Tally = Annotated[Decimal, BeforeValidator(_decimal_text), AfterValidator(_exact_or_nothing)]
MaybeTally = Annotated[Tally | None, BeforeValidator(_empty_is_none)]
Degrees = Annotated[float | None, BeforeValidator(_empty_is_none)]

_Token = StringConstraints(max_length=100)
Gtin = Annotated[Annotated[str, _Token, _reading(identifiers.gtin14)] | None, BeforeValidator(_empty_is_none)]
Gln = Annotated[Annotated[str, _Token, _reading(identifiers.gln)] | None, BeforeValidator(_empty_is_none)]
Sscc = Annotated[Annotated[str, _Token, _reading(identifiers.sscc)] | None, BeforeValidator(_empty_is_none)]
BatchCode = Annotated[str, StringConstraints(max_length=200), _reading(identifiers.batch_code)]
Uscc = Annotated[str, _Token, _reading(licences.uscc)]
ScLicence = Annotated[
    Annotated[str, _Token, _reading(licences.sc_licence)] | None, BeforeValidator(_empty_is_none)
]
OwnCode = Annotated[
    Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._/-]{0,47}$")] | None,
    BeforeValidator(_empty_is_none),
]
RegionCode = Annotated[str, StringConstraints(pattern=r"^(\d{6}|\d{9})$")]
Email = Annotated[
    str, StringConstraints(max_length=200, pattern=r"^[^@\s]{1,64}@[^@\s]+\.[^@\s]+$"), Cleaned, OneLine
]
MaybeEmail = Annotated[Email | None, BeforeValidator(_empty_is_none)]
Mobile = Annotated[str, StringConstraints(pattern=r"^1[3-9]\d{9}$")]


class Millionths(TypeDecorator[Decimal]):
    """An exact amount, kept as a whole number of millionths: sums are exact on every database."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> int | None:
        return None if value is None else int(value / quantities.STEP)

    def process_result_value(self, value: int | None, dialect: Dialect) -> Decimal | None:
        return None if value is None else Decimal(quantities.plain(Decimal(value) * quantities.STEP))
