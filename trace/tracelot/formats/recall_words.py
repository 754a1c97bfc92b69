"""Words for the ledger of a recall, in the language of a catalogue; pages and reports say the same."""

from collections.abc import Callable, Mapping
from decimal import Decimal

from tracelot.formats.drawing_words import Gettext

Counted = Callable[[str, str, int], str]


def amounts_in(_: Gettext) -> Mapping[str, str]:
    """What became of goods at a consignee."""
    return {
        "shipped": _("Sent to it"),
        "came": _("Came from others"),
        "way": _("On the way"),
        "on_hand": _("On hand, confirmed"),
        "sealed": _("Set apart"),
        "returned": _("Returned"),
        "destroyed": _("Destroyed"),
        "sold": _("Sold to consumers"),
        "otherwise": _("Used, sampled or lost"),
        "passed_on": _("Sold on to others"),
        "unaccounted": _("Not accounted for"),
    }


def unit_of(name: str, quantity: Decimal | None, ngettext: Counted) -> str:
    """A unit in the number that goes with an amount; units of measure have one form."""
    number = 1 if quantity == 1 else 2
    return {
        "piece": ngettext("piece", "pieces", number),
        "bottle": ngettext("bottle", "bottles", number),
        "bag": ngettext("bag", "bags", number),
        "box": ngettext("box", "boxes", number),
        "case": ngettext("case", "cases", number),
        "pack": ngettext("pack", "packs", number),
    }.get(name, name)


def missing_in(_: Gettext) -> Mapping[str, str]:
    """What does not close at a consignee."""
    return {
        "on_the_way": _("goods on the way"),
        "silent": _("no word yet"),
        "open": _("not all told"),
        "unknown": _("an amount is unknown"),
        "excess": _("more told than came"),
        "differs": _("answer and books differ"),
    }
