"""Units in which results are told, and their exact conversion; a unit of another dimension is refused."""

import unicodedata
from dataclasses import dataclass
from decimal import Decimal, localcontext
from fractions import Fraction
from functools import lru_cache
from typing import Literal

from tracelot.rules.refusals import Unfit

Dimension = Literal[
    "mass share", "mass in volume", "amount in mass", "colonies in mass", "colonies in volume",
    "probable number in mass", "probable number in volume", "activity in mass", "activity in volume",
    "percent", "volume share", "mass on area", "acidity",
]  # fmt: skip


@dataclass(frozen=True)
class Measure:
    """A unit by how much it is of its dimension's base."""

    name: str
    dimension: Dimension
    size: Fraction


def _table() -> dict[str, Measure]:
    told: dict[Dimension, dict[str, str]] = {
        "mass share": {
            "g/g": "1", "kg/kg": "1", "g/100g": "1/100", "g/kg": "1/1000", "mg/g": "1/1000",
            "mg/100g": "1/100000", "mg/kg": "1/1000000", "µg/g": "1/1000000", "µg/100g": "1/100000000",
            "µg/kg": "1/1000000000", "ng/g": "1/1000000000", "ng/kg": "1/1000000000000",
        },
        "mass in volume": {
            "g/mL": "1000", "g/100mL": "10", "g/L": "1", "mg/mL": "1", "mg/100mL": "1/100",
            "mg/L": "1/1000", "µg/mL": "1/1000", "µg/L": "1/1000000", "ng/mL": "1/1000000",
        },
        "amount in mass": {"mmol/kg": "1", "mmol/100g": "10"},
        "colonies in mass": {"CFU/g": "1", "CFU/10g": "1/10", "CFU/25g": "1/25", "CFU/100g": "1/100"},
        "colonies in volume": {"CFU/mL": "1", "CFU/25mL": "1/25", "CFU/100mL": "1/100", "CFU/250mL": "1/250"},
        "probable number in mass": {"MPN/g": "1", "MPN/100g": "1/100"},
        "probable number in volume": {"MPN/mL": "1", "MPN/100mL": "1/100"},
        "activity in mass": {"Bq/kg": "1"},
        "activity in volume": {"Bq/L": "1"},
        "percent": {"%": "1"},
        "volume share": {"%vol": "1"},
        "mass on area": {"mg/dm²": "1", "mg/m²": "1/100"},
        "acidity": {"pH": "1"},
    }  # fmt: skip
    return {
        name: Measure(name, dimension, Fraction(size))
        for dimension, units in told.items()
        for name, size in units.items()
    }


MEASURES = _table()
LONGEST = 40  # of the texts whose units are remembered
_WRITTEN = {
    "毫克/千克": "mg/kg", "毫克/公斤": "mg/kg", "微克/千克": "µg/kg", "微克/公斤": "µg/kg",
    "克/千克": "g/kg", "克/公斤": "g/kg", "克/100克": "g/100g", "毫克/克": "mg/g", "毫克/100克": "mg/100g",
    "毫克/升": "mg/L", "微克/升": "µg/L", "mgkoh/g": "mg/g", "mg(koh)/g": "mg/g",
    "个/g": "CFU/g", "个/克": "CFU/g", "个/ml": "CFU/mL",
    "g/(100g)": "g/100g", "mg/dm2": "mg/dm²", "mg/m2": "mg/m²", "%(v/v)": "%vol", "%ol": "%vol",
}  # fmt: skip


def _bare(text: str) -> str:
    """One way to write a unit: no spaces, one kind of letter, µ for all that stands for micro."""
    text = unicodedata.normalize("NFC", text).replace("²", "2")
    text = "".join(unicodedata.normalize("NFKC", text).split()).replace("μ", "u").replace("µ", "u")
    return text.casefold()


_KNOWN = {_bare(name): name for name in MEASURES} | {_bare(way): name for way, name in _WRITTEN.items()}


def find_measure(text: str) -> Measure | None:
    """The unit that a text names in any of its usual writings."""
    return _named(text) if len(text) <= LONGEST else _named.__wrapped__(text)


@lru_cache(maxsize=1024)
def _named(text: str) -> Measure | None:
    name = _KNOWN.get(_bare(text))
    return None if name is None else MEASURES[name]


def read_measure(text: str) -> Measure:
    found = find_measure(text)
    if found is None:
        raise Unfit("unknown-unit", "This unit of a result is not known.", facts={"unit": text})
    return found


def convert(amount: Decimal, unit: str, to: str) -> Decimal:
    """An amount in another unit of the same dimension, exactly."""
    source, target = read_measure(unit), read_measure(to)
    if source.dimension != target.dimension:
        raise Unfit(
            "other-dimension",
            "These two units measure different things.",
            facts={"unit": source.name, "other": target.name},
        )
    factor = source.size / target.size
    with localcontext(prec=100) as context:  # factors are made of twos and fives alone, so they end
        context.clear_flags()
        return amount * factor.numerator / factor.denominator
