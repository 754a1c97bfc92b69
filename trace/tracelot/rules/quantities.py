"""Amounts: how much of a batch, in which unit, exactly."""

from decimal import Decimal

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
