"""Amounts: how much of a batch, in which unit, exactly."""

from collections.abc import Mapping
from decimal import Decimal, localcontext

# Amounts are kept as whole millionths, so that sums are exact on every database.
STEP = Decimal("0.000001")
LIMIT = Decimal(1_000_000_000)

# UN/ECE Recommendation 20 has codes for these; the words are what people print.
UNITS = ("kg", "g", "t", "L", "mL", "piece", "bottle", "bag", "box", "case", "pack")


def exact(amount: Decimal) -> bool:
    """Whether an amount can be kept without loss: positive, at most six decimals, below 10⁹."""
    return 0 < amount < LIMIT and amount == amount.quantize(STEP)


def plain(amount: Decimal) -> str:
    """The amount as text without exponent or needless zeros: 5000, 2.5."""
    return f"{amount.normalize():f}"


# Fixed measures, each by how many of its family's base it holds: mass in kg, volume in L.
FIXED: dict[str, tuple[str, Decimal]] = {
    "kg": ("kg", Decimal(1)),
    "g": ("kg", Decimal("0.001")),
    "t": ("kg", Decimal(1000)),
    "L": ("L", Decimal(1)),
    "mL": ("L", Decimal("0.001")),
}
BASE_LIMIT = LIMIT * 1000  # 10⁹ tonnes are 10¹² kg


def usual_base(unit: str) -> str:
    """The unit in which a product without an own base unit is counted: kg for g and t, else the unit itself."""
    return FIXED[unit][0] if unit in FIXED else unit


def factor_between(unit: str, base: str, own: Mapping[str, Decimal]) -> Decimal | None:
    """How many base units one unit is, by the product's own factors or the fixed measures; None where neither says.

    An own factor of one mass stands for all masses: a bottle base with `kg: 0.25` counts grams too.
    """
    if unit == base:
        return Decimal(1)
    family, size = FIXED.get(unit, ("", Decimal(0)))
    if base in FIXED and FIXED[base][0] == family:
        return size / FIXED[base][1]
    if unit in own or not family:
        return own.get(unit)
    for other, factor in own.items():
        if other in FIXED and FIXED[other][0] == family:
            return factor * size / FIXED[other][1]
    return None


def in_base(amount: Decimal, factor: Decimal) -> Decimal | None:
    """An amount in base units; None where it is finer than can be kept, or beyond what is kept."""
    with localcontext(prec=60):  # no product of two amounts is rounded here
        base = amount * factor
        if not 0 < base < BASE_LIMIT or base != base.quantize(STEP):
            return None
        return Decimal(plain(base))
