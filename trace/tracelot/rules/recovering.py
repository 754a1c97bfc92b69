"""What became of a recalled batch, consignee by consignee (21 CFR 7.53), and how much of it is still missing.

Postings come first. What a consignee answered fills only what its postings leave open, so the same goods never
count twice: an amount of which there is a posting is that of the postings, and answers together never account for
more than came to the consignee less what its postings account for. Goods that were sold or destroyed stay so;
goods on hand may have moved on since, so they are the last to be filled in. Whoever answers tells of all that is on
hand, what it set apart too.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from typing import Literal

from tracelot.rules.accounting import USED, Account, account, confirmed_places, nets_of, share
from tracelot.rules.balancing import Hands, known_sum
from tracelot.rules.books import Posting, Sighting
from tracelot.rules.flows import Flow, flows_of
from tracelot.rules.ledgers import ZERO, Ledger, consignee_of
from tracelot.rules.places import UNKNOWN, facility_of, is_unit
from tracelot.rules.supplying import BACK, as_supplied, supply_of

TOLERANCE = Decimal("0.005")  # of what was made: BRCGS and SQF drills ask for no less, and no law for more
Amount = Decimal | None  # None: nobody can say
Missing = Literal["on_the_way", "silent", "open", "unknown", "excess", "differs"]


@dataclass(frozen=True, slots=True)
class Answer:
    """What a consignee says it did with what came to it, in base units; None where it says nothing."""

    returned: Amount = None
    destroyed: Amount = None
    sold: Amount = None
    on_hand: Amount = None

    def said(self) -> dict[str, Decimal]:
        """In the order in which answers fill what is open."""
        told = {name: getattr(self, name) for name in ("returned", "destroyed", "sold", "on_hand")}
        return {name: amount for name, amount in told.items() if amount is not None}


Answers = Mapping[tuple[str, str], Answer]  # by the consignee (party:… or contact:…) and the batch
NO_ANSWERS: Answers = {}


@dataclass(frozen=True, slots=True)
class Entry:
    """One batch at one consignee. `told` names the amounts that rest on its answer; `way` did not arrive yet.

    `on_hand` was counted or sealed, `sealed` is set apart, `otherwise` was used, sampled, lost or counted short.
    """

    end: str
    batch: str
    direct: bool
    shipped: Amount = ZERO
    came: Amount = ZERO
    passed_on: Amount = ZERO
    way: Amount = ZERO
    on_hand: Amount = ZERO
    sealed: Amount = ZERO
    returned: Amount = ZERO
    destroyed: Amount = ZERO
    sold: Amount = ZERO
    otherwise: Amount = ZERO
    told: frozenset[str] = frozenset()
    missing: tuple[Missing, ...] = ()

    @property
    def received(self) -> Amount:
        return known_sum((self.shipped, self.came))

    @property
    def accounted(self) -> Amount:
        return known_sum(
            (self.on_hand, self.sealed, self.returned, self.destroyed, self.sold, self.otherwise)
        )

    @property
    def unaccounted(self) -> Amount:
        """What came and is neither told of nor passed on; below zero where more is told of than came."""
        return _less(self.received, known_sum((self.accounted, self.passed_on)))


@dataclass(frozen=True, slots=True)
class Figures:
    """One batch in sums: `own` is on hand at the recalling party, `own_ended` what left it there, by act."""

    batch: str
    made: Amount
    shipped: Amount
    own: Amount
    own_ended: Mapping[str, Amount]
    way: Amount
    way_back: Amount
    accounted: Amount
    recovered: Amount
    came_back: Amount
    destroyed_there: Amount
    entries: tuple[Entry, ...] = field(default=(), repr=False)
    suppliers: frozenset[str] = frozenset()  # of what the firm bought: what they send is no return

    @property
    def accounted_share(self) -> Amount:
        return share(self.accounted, self.made)

    @property
    def used(self) -> Amount:
        """What the firm made into other batches: it is recalled and recovered as those."""
        return self.own_ended.get(USED, ZERO)

    @property
    def recoverable(self) -> Amount:
        return _less(self.made, self.used)

    @property
    def recovered_share(self) -> Amount:
        return share(self.recovered, self.recoverable)

    @property
    def recovered_of_shipped(self) -> Amount:
        """Of what left the recalling party: what came back, and what was destroyed where it was."""
        return share(known_sum((self.came_back, self.destroyed_there)), self.shipped)

    @property
    def missing(self) -> Amount:
        return _less(self.made, self.accounted)

    def closes(self, tolerance: Decimal = TOLERANCE) -> bool:
        """Whether what is accounted for is what was made, give or take the tolerance."""
        return (
            self.made is not None and self.missing is not None and abs(self.missing) <= tolerance * self.made
        )


def effectiveness(
    hands: Hands,
    batches: Iterable[str],
    own: Collection[str],
    since: datetime | None = None,
    answers: Answers = NO_ANSWERS,
    bought: Collection[str] = (),
) -> tuple[Figures, ...]:
    """The ledger of each batch. Only what is counted, sealed or set apart from `since` on confirms a stock.

    Of a batch that the firm bought, what came to it counts as made, and its suppliers are no consignees.
    """
    pages = _pages(hands.ledger, set(batches))
    said = _by_consignee(hands.ledger, answers)
    return tuple(
        _Page(Hands(ledger, hands.presence), batch, frozenset(own), since, batch in bought).figures(
            said.get(batch, {})
        )
        for batch, ledger in pages
    )


def _by_consignee(ledger: Ledger, answers: Answers) -> dict[str, dict[str, Answer]]:
    """By batch and consignee. A party that answers as itself and as somebody's contact counts once: by its own word."""
    said: dict[str, dict[str, Answer]] = defaultdict(dict)
    for (end, batch), answer in sorted(answers.items(), key=lambda one: one[0]):
        said[batch][consignee_of(ledger, end)] = answer  # contact:… comes before party:…
    return said


def _pages(ledger: Ledger, batches: set[str]) -> Iterator[tuple[str, Ledger]]:
    """For each batch the ledger of its own postings alone, so that many batches cost no more than their postings."""
    postings: dict[str, list[Posting]] = defaultdict(list)
    sightings: dict[str, list[Sighting]] = defaultdict(list)
    for posting in ledger.book.postings:
        postings[posting.batch].append(posting)
    for sighting in ledger.book.sightings:
        sightings[sighting.subject].append(sighting)
    for batch in sorted(batches):
        mine = tuple(postings[batch])
        book = replace(ledger.book, postings=mine, sightings=tuple(sightings[batch]))
        hubs = {hub: ledger.hubs[hub] for hub in sorted({posting.hub for posting in mine})}
        yield batch, replace(ledger, book=book, hubs=hubs)


@dataclass(frozen=True)
class _Page:
    hands: Hands
    batch: str
    own: frozenset[str]
    since: datetime | None
    bought: bool

    @property
    def ledger(self) -> Ledger:
        return self.hands.ledger

    def who(self, end: str) -> str:
        """The consignee behind an end; nothing for the recalling party."""
        found = consignee_of(self.ledger, end)
        return "" if found in self.own or end in self.own else found

    def figures(self, answers: Mapping[str, Answer]) -> Figures:
        told = account(self.hands, self.batch, self.own, self.since)
        flows = flows_of(self.hands, self.batch, self.who)
        ended, suppliers = self._ended(), frozenset[str]()
        if self.bought:
            supply = supply_of(self.ledger, self.batch, flows, self.who)
            told, flows, suppliers = as_supplied(told, supply), supply.flows, supply.suppliers
            ended[""] = {**ended.get("", {}), BACK: supply.given_back}
        posted = {
            end: self._posted(end, flows, ended.get(end, {})) for end in self._ends(flows, ended, answers)
        }
        active = self._active()
        entries = tuple(
            _filled(entry, answers.get(end), spoke=end in active) for end, entry in sorted(posted.items())
        )
        figures = _figures(told, self.batch, flows, ended.get("", {}), entries)
        return replace(figures, suppliers=suppliers)

    def _ends(self, flows: Iterable[Flow], ended: Iterable[str], answers: Iterable[str]) -> set[str]:
        """Everybody to whom it went, who has it or did something with it, or who answered."""
        met = {end for flow in flows for end in (flow.source, flow.target)} | set(ended) | set(answers)
        met |= {self.who(facility) for facility in self.hands.facilities(self.batch)}
        return met - {"", UNKNOWN}

    def _ended(self) -> dict[str, dict[str, Amount]]:
        """What left all stocks, by whose it was and by which act."""
        found: dict[str, dict[str, list[Amount]]] = defaultdict(lambda: defaultdict(list))
        for act, net, place in nets_of(self.ledger, [self.batch])[self.batch]:
            if net is not None and net < 0:
                found[self._holder(place)][act].append(-net)
        return {end: {act: known_sum(one) for act, one in acts.items()} for end, acts in found.items()}

    def _holder(self, place: str) -> str:
        """Who has what is at a place; of a pallet whoever it is with now. Nothing for the recalling party."""
        spots = self.hands.presence.get(place, ()) if is_unit(place) else (place,)
        found = {facility for spot in spots if (facility := facility_of(spot))}
        return self.who(found.pop()) if len(found) == 1 == len(spots) else ""

    def _posted(self, end: str, flows: Iterable[Flow], ended: Mapping[str, Amount]) -> Entry:
        to = [flow for flow in flows if flow.target == end]
        back = [flow for flow in flows if flow.source == end]
        on_hand, sealed = self._confirmed(end)
        rest = [amount for act, amount in ended.items() if act not in ("sell", "destroy")]
        return Entry(
            end, self.batch, any(not flow.source for flow in to),
            shipped=known_sum(flow.moved for flow in to if not flow.source),
            came=known_sum(flow.moved for flow in to if flow.source),
            passed_on=known_sum(flow.moved for flow in back if flow.target),
            way=known_sum(flow.way for flow in to),
            on_hand=on_hand, sealed=sealed,
            returned=known_sum(flow.moved for flow in back if not flow.target),
            destroyed=ended.get("destroy", ZERO), sold=ended.get("sell", ZERO), otherwise=known_sum(rest),
        )  # fmt: skip

    def _confirmed(self, end: str) -> tuple[Amount, Amount]:
        """What a consignee has, as far as it was counted, sealed or set apart since the recall."""
        seen = confirmed_places(self.ledger, [self.batch], self.since)[self.batch]
        apart = {
            posting.place
            for posting in self.ledger.book.postings
            if posting.place.startswith("aside:") and posting.side == "put" and self._is_new(posting)
        }
        mine = [
            place
            for place in sorted(seen | apart)
            if (facility := facility_of(place)) and self.who(facility) == end
        ]
        stocks = {place: self.hands.own(self.batch, place).least for place in mine}
        aside = [amount for place, amount in stocks.items() if place.startswith("aside:")]
        return known_sum(stocks[place] for place in mine if not place.startswith("aside:")), known_sum(aside)

    def _is_new(self, fact: Posting | Sighting) -> bool:
        return self.since is None or fact.event_time >= self.since

    def _active(self) -> set[str]:
        """Who recorded anything of the batch on its own hands since the recall."""
        facts: list[Posting | Sighting] = [*self.ledger.book.postings, *self.ledger.book.sightings]
        return {self._holder(place) for place in {fact.place for fact in facts if self._is_new(fact)}}


def _filled(posted: Entry, answer: Answer | None, *, spoke: bool) -> Entry:
    """The postings of a consignee with what its answer adds, and what is missing."""
    said = answer.said() if answer else {}
    open_ = posted.unaccounted
    filled: dict[str, Decimal] = {}
    for name, amount in said.items():
        more = amount - (posted.sealed or ZERO) if name == "on_hand" else amount
        if getattr(posted, name) == ZERO and more > 0:
            filled[name] = more if open_ is None else min(more, max(ZERO, open_))
            open_ = None if open_ is None else open_ - filled[name]
    entry = replace(
        posted,
        returned=filled.get("returned", posted.returned),
        destroyed=filled.get("destroyed", posted.destroyed),
        sold=filled.get("sold", posted.sold),
        on_hand=filled.get("on_hand", posted.on_hand),
        told=frozenset(name for name, amount in filled.items() if amount),
    )
    return replace(entry, missing=tuple(_missing(posted, entry, said, spoke=spoke or answer is not None)))


def _missing(posted: Entry, entry: Entry, said: Mapping[str, Decimal], *, spoke: bool) -> Iterator[Missing]:
    if entry.way:
        yield "on_the_way"
    left = entry.unaccounted
    if left is None:
        yield "unknown"
    elif left > (entry.way or ZERO):
        yield "open" if spoke else "silent"
    came = entry.received
    if (left is not None and left < 0) or (came is not None and sum(said.values(), ZERO) > came):
        yield "excess"
    if any(_differs(posted, name, amount) for name, amount in said.items()):
        yield "differs"


def _differs(posted: Entry, name: str, amount: Decimal) -> bool:
    """Whether the books say otherwise. Only a count tells of all that is on hand; what is set apart is a part of it."""
    known = getattr(posted, name)
    if name == "on_hand" and posted.sealed:
        return amount < posted.sealed or (known != ZERO and amount not in (known, known + posted.sealed))
    return known not in (ZERO, None, amount)


def _figures(
    told: Account, batch: str, flows: Iterable[Flow], ended: Mapping[str, Amount], entries: tuple[Entry, ...]
) -> Figures:
    own = known_sum((told.stock, told.returned))
    way_back = known_sum(flow.way for flow in flows if not flow.target)
    # What came back from nobody knows whom may be what somebody answers to have sent back.
    nameless = known_sum(flow.moved for flow in flows if flow.source == UNKNOWN and not flow.target)
    back = known_sum(entry.returned for entry in entries if "returned" in entry.told)
    back = None if back is None or nameless is None else max(ZERO, back - nameless)
    there = [_less(entry.accounted, entry.returned) for entry in entries]  # what came back is in own stock
    said = known_sum(entry.destroyed for entry in entries if "destroyed" in entry.told)
    return Figures(
        batch, told.total, told.shipped, own, dict(sorted(ended.items())),
        way=known_sum(entry.way for entry in entries),
        way_back=way_back,
        accounted=known_sum((own, *ended.values(), way_back, back, *there)),
        recovered=known_sum((told.recovered, said)),
        came_back=told.came_back, destroyed_there=known_sum(entry.destroyed for entry in entries),
        entries=entries,
    )  # fmt: skip


def _less(whole: Amount, part: Amount) -> Amount:
    return None if whole is None or part is None else whole - part
