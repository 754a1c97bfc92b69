"""How much of a recalled batch there was, and what became of it: produced, shipped, recovered, accounted for."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from tracelot.rules.balancing import Hands, Range, known_sum
from tracelot.rules.books import Posting, Stock
from tracelot.rules.flows import Units
from tracelot.rules.ledgers import ZERO, Ledger, Totals
from tracelot.rules.places import facility_of, is_unit, lane_of, on_hand
from tracelot.rules.tracing import nets

CONFIRMING = frozenset({"count", "seal"})
MOVING = frozenset({"ship", "return", "receive", "pack", "unpack"})
USED = "use"  # the act of a line that made other batches of it, whatever the line is called
Nets = list[tuple[str, Decimal | None, str]]


@dataclass(frozen=True)
class Account:
    """The amounts of one batch, in its base unit; None is unknown, and then so is every sum with it.

    `produced` is net for each line (a repack may keep the code); `introduced` came off lanes into which nobody
    in these books put it; `found` was found by counting. `ended` is what left all stocks, by act. `stock` and
    `returned` are on hand at the recalling party, the latter set apart; `confirmed` is what consignees have and
    have counted or sealed. `shipped` and `came_back` are all that ever went out to others and came from them.
    """

    produced: Decimal | None
    introduced: Decimal | None
    found: Decimal | None
    ended: Mapping[str, Decimal | None]
    stock: Decimal | None
    returned: Decimal | None
    confirmed: Decimal | None
    shipped: Decimal | None
    came_back: Decimal | None

    @property
    def total(self) -> Decimal | None:
        return known_sum((self.produced, self.introduced, self.found))

    @property
    def recovered(self) -> Decimal | None:
        """Back in the recalling party's hands or destroyed."""
        return known_sum((self.stock, self.returned, self.ended.get("destroy", ZERO)))

    @property
    def accounted(self) -> Decimal | None:
        """What left all stocks, what the recalling party has, and what others have and confirmed."""
        return known_sum((*self.ended.values(), self.stock, self.returned, self.confirmed))


def share(part: Decimal | None, whole: Decimal | None) -> Decimal | None:
    """A part of a whole; None where either is unknown or the whole is nothing."""
    return None if part is None or not whole else part / whole


def account(hands: Hands, batch: str, own: Collection[str], since: datetime | None = None) -> Account:
    """The account of a batch for the party whose facilities are `own`; only counts and seals from `since` confirm."""
    return accounts(hands, (batch,), own, since)[batch]


def accounts(
    hands: Hands, batches: Collection[str], own: Collection[str], since: datetime | None = None
) -> dict[str, Account]:
    """The accounts of many batches; each line is read once."""
    told = nets_of(hands.ledger, batches)
    confirmed = confirmed_places(hands.ledger, batches, since)
    units = Units(hands.ledger)
    return {batch: _account(hands, units, batch, own, told[batch], confirmed[batch]) for batch in batches}


def _account(
    hands: Hands, units: Units, batch: str, own: Collection[str], told: Nets, confirmed: Collection[str]
) -> Account:
    ledger = hands.ledger
    made = {"produced": list[Decimal | None](), "found": list[Decimal | None]()}
    ended: dict[str, list[Decimal | None]] = defaultdict(list)
    for act, net, _place in told:
        if net is None:
            # Nobody can say on which side it stands.
            made["produced"].append(None)
        elif net > 0:
            made["found" if act == "count" else "produced"].append(net)
        elif net < 0:
            ended[act].append(-net)
    places = ledger.places.get(batch, ())
    over = _over_lanes(units, batch, own)
    return Account(
        produced=known_sum(made["produced"]),
        introduced=known_sum(over.introduced),
        found=known_sum(made["found"]),
        ended={act: known_sum(amounts) for act, amounts in sorted(ended.items())},
        stock=_at(hands, batch, own, aside=False),
        returned=_at(hands, batch, own, aside=True),
        confirmed=known_sum(hands.own(batch, place).least for place in places
                            if place in confirmed and facility_of(place) not in own),
        shipped=known_sum(over.shipped),
        came_back=known_sum(over.came_back),
    )  # fmt: skip


def nets_of(ledger: Ledger, batches: Collection[str]) -> dict[str, Nets]:
    """Of each batch what each line adds or takes: by which act, how much, and where."""
    found: dict[str, Nets] = {batch: [] for batch in batches}
    for postings in ledger.hubs.values():
        told: dict[str, list[Posting]] = defaultdict(list)
        for posting in postings:
            told[posting.batch].append(posting)
        put = {posting.batch for posting in postings if posting.side == "put"}
        for batch, own in told.items():
            if batch in found and not _stays(own) and not _half_seen(own):
                act = own[0].act if len(put) == (batch in put) else USED
                where = next((posting.place for posting in own if posting.side == "take"), own[0].place)
                found[batch].append((act, nets(own)[batch][0], where))
    return found


def _stays(postings: list[Posting]) -> bool:
    """A move without a quantity is still a move: whatever left one place came to another."""
    sides = {posting.side for posting in postings}
    return len(sides) == 2 and all(posting.quantity is None for posting in postings)  # noqa: PLR2004


def _half_seen(postings: list[Posting]) -> bool:
    """A move of which only the side on the way is known is still a move: whoever sees a part of the books has such."""
    away = all(lane_of(posting.place) or is_unit(posting.place) for posting in postings)
    return away and len({posting.side for posting in postings}) == 1 and postings[0].act in MOVING


@dataclass
class _Over:
    """Amounts by place: taken from lanes beyond what was put there, gone from own places to others, and come back."""

    introduced: list[Decimal | None] = field(default_factory=list)
    shipped: list[Decimal | None] = field(default_factory=list)
    came_back: list[Decimal | None] = field(default_factory=list)


def _over_lanes(units: Units, batch: str, own: Collection[str]) -> _Over:
    found, ledger = _Over(), units.ledger
    for place in ledger.places.get(batch, ()):
        stock = Stock(batch, place)
        totals = ledger.totals(stock)
        if is_unit(place):
            amounts = [(lane, moved, moved) for lane, moved in units.left(stock)]
        else:
            amounts = [(place, _put(totals), _taken(totals))]
            found.introduced += _introduced(totals) if lane_of(place) else []
        for way, put, taken in amounts:
            match _own_ends(way, own):
                case (True, False):
                    found.shipped.append(put)
                case (False, True):
                    found.came_back.append(taken)
    return found


def _own_ends(way: str, own: Collection[str]) -> tuple[bool, bool] | None:
    """Whether a lane begins and ends at the party's own; nothing where the place is no lane."""
    lane = lane_of(way)
    return None if lane is None else (
        (facility_of(lane.source) or lane.source) in own, (facility_of(lane.target) or lane.target) in own
    )  # fmt: skip


def _introduced(totals: Totals) -> Iterator[Decimal | None]:
    """What was taken from a lane beyond what was put on it."""
    if totals.takes:
        if totals.mixed or totals.unknown_takes:
            yield None if not totals.puts else ZERO
        elif not totals.unknown_puts:
            yield max(ZERO, totals.taken - totals.put)


def _at(hands: Hands, batch: str, own: Collection[str], *, aside: bool) -> Decimal | None:
    total = Range()
    for facility in sorted(own):
        if not on_hand(facility):
            continue
        apart = facility.replace("facility:", "aside:", 1)
        set_apart = hands.own(batch, apart)
        total += set_apart if aside else _less(hands.at(batch, facility), set_apart)
    return total.exact


def _less(all_of_it: Range, part: Range) -> Range:
    most = None if all_of_it.most is None or part.most is None else all_of_it.most - part.most
    return Range(all_of_it.least - part.least, most)


def confirmed_places(ledger: Ledger, batches: Collection[str], since: datetime | None) -> dict[str, set[str]]:
    """Of each batch the places where its stock was counted or sealed."""
    found: dict[str, set[str]] = {batch: set() for batch in batches}
    book = ledger.book
    seen = [(one.subject, one.place, one.act, one.event_time) for one in book.sightings]
    seen += [(one.batch, one.place, one.act, one.event_time) for one in book.postings]
    for batch, place, act, moment in seen:
        if batch in found and act in CONFIRMING and (since is None or moment >= since):
            found[batch].add(place)
    return found


def _put(totals: Totals) -> Decimal | None:
    return None if totals.unknown_puts or totals.mixed else totals.put


def _taken(totals: Totals) -> Decimal | None:
    return None if totals.unknown_takes or totals.mixed else totals.taken
