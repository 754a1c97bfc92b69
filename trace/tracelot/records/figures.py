"""Figures of results and limits: exact decimals of any size that a report prints, kept as text."""

from decimal import Decimal
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator
from sqlalchemy import Dialect, String, TypeDecorator

from tracelot.rules.measured import MOST_DIGITS


def _as_text(value: Any) -> Any:
    """Figures travel as text such as 0.08; a JSON number is taken by its shortest writing."""
    if isinstance(value, str):
        value = value.strip()
        return value or None
    if isinstance(value, bool) or (value is not None and not isinstance(value, int | float | Decimal)):
        raise ValueError("A number is needed.")
    return str(value) if isinstance(value, float) else value


def _bounded(value: Decimal | None) -> Decimal | None:
    if value is None:
        return None
    places = value.as_tuple().exponent
    if not isinstance(places, int) or not 0 <= value < 10**MOST_DIGITS or places < -MOST_DIGITS:
        raise ValueError("A number of at most 15 digits before the point and after it.")
    return Decimal(f"{value:f}")


MaybeFigure = Annotated[Decimal | None, BeforeValidator(_as_text), AfterValidator(_bounded)]


class Figure(TypeDecorator[Decimal]):
    """Kept as it is written, so that 5.0 stays 5.0; sums are not made of it in SQL."""

    impl = String
    cache_ok = True

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> str | None:
        return None if value is None else f"{value:f}"

    def process_result_value(self, value: str | None, dialect: Dialect) -> Decimal | None:
        return None if value is None else Decimal(value)
