"""What the scope of a recall should hold: the batches that its goods became, how much of each, and where.

A firm recalls what it made itself. What others made of it is reached as well, and theirs to recall.
"""

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal, get_args

from tracelot.rules.accounting import Account, accounts
from tracelot.rules.balancing import Hands, known_sum
from tracelot.rules.books import Stock
from tracelot.rules.flows import flows_of
from tracelot.rules.ledgers import ZERO, Totals, consignee_of
from tracelot.rules.links import Certainty
from tracelot.rules.places import facility_of, is_unit, lane_of
from tracelot.rules.questions import Traced
from tracelot.rules.supplying import as_supplied, supply_of

# chosen: recalled. excluded: left out, with a reason. open: reached, and nobody has decided.
# others: of somebody else's making, so that no recall of this firm can name it.
Verdict = Literal["chosen", "excluded", "open", "others"]
VERDICTS: tuple[Verdict, ...] = get_args(Verdict)

SOLD = "sell"
USED = "use"
CHUNK = re.compile(r"\d+|\D+", re.ASCII)


@dataclass(frozen=True, slots=True)
class Sent:
    """What went to one consignee; of that, `on_way` came to nobody yet. None is unknown."""

    end: str
    sent: Decimal | None
    on_way: Decimal | None


@dataclass(frozen=True, slots=True)
class Amounts:
    """Of one batch: made, on hand here, on the way, used for other batches, sold to consumers, and sent to whom.

    What came to the firm counts as made where others made it.
    """

    made: Decimal | None
    on_hand: Decimal | None
    on_way: Decimal | None
    used: Decimal | None
    sold: Decimal | None
    consignees: tuple[Sent, ...] = ()


@dataclass(frozen=True, slots=True)
class Proposed:
    """A batch that the traversal reaches. The named ones are its beginning, on record or not."""

    batch: str
    named: bool
    distance: int
    certainty: Certainty
    amounts: Amounts


def proposal(
    traced: Traced, hands: Hands, named: Iterable[str], own: Collection[str], bought: Collection[str] = ()
) -> tuple[Proposed, ...]:
    """All that the named batches became, nearest first; `own` are the places of the recalling firm.

    Of a batch that the firm `bought`, what came to it counts as made.
    """
    begun = set(named)
    reached = {
        one.batch: (one.distance, one.certainty) for answer in traced.answers for one in answer.reached
    }
    reached |= dict.fromkeys(begun, (0, Certainty.RECORDED))
    told = accounts(hands, reached, own)
    told |= {batch: _supplied(hands, batch, told[batch], own) for batch in reached if batch in bought}
    found = [
        Proposed(batch, batch in begun, distance, certainty, _amounts(hands, batch, told[batch], own))
        for batch, (distance, certainty) in reached.items()
    ]
    return tuple(sorted(found, key=lambda one: (not one.named, one.distance, one.batch)))


def _supplied(hands: Hands, batch: str, told: Account, own: Collection[str]) -> Account:
    def who(end: str) -> str:
        found = consignee_of(hands.ledger, end)
        return "" if found in own or end in own else found

    return as_supplied(told, supply_of(hands.ledger, batch, flows_of(hands, batch, who), who))


def _amounts(hands: Hands, batch: str, told: Account, own: Collection[str]) -> Amounts:
    sent = tuple(_sent(hands, batch, own))
    return Amounts(
        made=told.total,
        on_hand=known_sum((told.stock, told.returned)),
        on_way=known_sum(one.on_way for one in sent),
        used=told.ended.get(USED, ZERO),
        sold=told.ended.get(SOLD, ZERO),
        consignees=sent,
    )


def _sent(hands: Hands, batch: str, own: Collection[str]) -> Iterator[Sent]:
    """What was put on each lane that leads from the own places to somebody else, or into a unit that went there."""
    parts: dict[str, list[tuple[Decimal | None, Decimal | None]]] = {}
    for place in hands.ledger.places.get(batch, ()):
        totals = hands.ledger.totals(Stock(batch, place))
        for end in _targets(hands, place, own):
            parts.setdefault(end, []).append((_put(totals), _on_way(hands, place, totals)))
    for end in sorted(parts):
        yield Sent(end, known_sum(part[0] for part in parts[end]), known_sum(part[1] for part in parts[end]))


def _targets(hands: Hands, place: str, own: Collection[str]) -> set[str]:
    found = set()
    for way in hands.ledger.lanes.get(place, ()) if is_unit(place) else (place,):
        if lane := lane_of(way):
            source, target = (facility_of(end) or end for end in (lane.source, lane.target))
            if source in own and target not in own:
                found.add(target)
    return found


def _put(totals: Totals) -> Decimal | None:
    return None if totals.unknown_puts or totals.mixed else totals.put


def _on_way(hands: Hands, place: str, totals: Totals) -> Decimal | None:
    if not is_unit(place):
        taken = None if totals.unknown_takes or totals.mixed else totals.taken
        put = _put(totals)
        return None if put is None or taken is None else max(ZERO, put - taken)
    spots = hands.presence.get(place, ())
    if not spots:
        return None
    moving = {lane_of(spot) is not None for spot in spots}
    return _put(totals) if moving == {True} else ZERO if moving == {False} else None


# --- how two scopes differ ---------------------------------------------------------------------------------


# --- ranges of codes ---------------------------------------------------------------------------------------


def code_order(code: str) -> tuple[tuple[int, int, str], ...]:
    """The order in which people count codes: numbers inside a code by their value, so that L9 comes before L10."""
    return tuple(
        (0, int(chunk), chunk) if chunk.isdigit() else (1, 0, chunk) for chunk in CHUNK.findall(code)
    )


def code_within(code: str, first: str | None, last: str | None) -> bool:
    """Whether a code lies between two others, both included; None leaves an end open."""
    place = code_order(code)
    after = first is None or place >= code_order(first)
    return after and (last is None or place <= code_order(last))
