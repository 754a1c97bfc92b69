"""How far the way of goods upstream is told, beyond what a visitor may see: tiers of parties, and whether it ends.

Stock by stock backward over told lines alone. Only what was put into a stock is read, never what was taken out
of it, and no return is followed: who else got goods from the same suppliers cannot change what is counted. Of
enterprises that let their customers see where goods came from, the batches themselves are told, as far as all
on the way let it.
"""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from uuid import UUID

from sqlmodel import Session, col, select

from tracelot.records.events import BIRTH_ACTS, Event, Posting
from tracelot.records.facts import HubKey, PostingRow
from tracelot.records.shelves import Shelf, chunks
from tracelot.rules.places import facility_of, on_hand

MOST_TIERS = 100
MOST_STOCKS = 20_000
Key = tuple[UUID, str]


@dataclass(frozen=True)
class Held:
    """A batch that a party held, so many tiers before the visitor."""

    tier: int
    batch_id: UUID
    party: str


@dataclass(frozen=True)
class Upstream:
    """`tiers` of parties before the visitor; complete where every way ends at a harvest or a making of nothing."""

    tiers: int
    complete: bool
    shared: tuple[Held, ...] = ()


@dataclass
class Climb:
    """The stocks met, tier by tier; a stock is in the tier of whoever held it.

    `inside`: whether the visitor sees a party anyway; `shares`: whether a party lets its customers look on.
    """

    kernel: Session
    inside: Callable[[str], bool]
    shares: Callable[[str], bool]
    met: dict[Key, tuple[int, str | None]] = field(default_factory=dict)  # the tier of each, and who held it
    fed_by: dict[Key, set[Key]] = field(default_factory=dict)
    owners: dict[str, str] = field(default_factory=dict)
    complete: bool = True
    higher: dict[Key, str | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._shelf = Shelf(self.kernel)

    def tiers(self, starts: Iterable[Key]) -> Upstream:
        """Each start is a stock that the visitor knows; `None` stands for the visitor as its holder."""
        known = sorted(starts)
        level: dict[Key, str | None] = dict.fromkeys(known)
        tier = 0
        while level:
            self._tier(tier, level)
            level, self.higher = {key: who for key, who in self.higher.items() if key not in self.met}, {}
            if level:
                tier += 1
            if level and (tier == MOST_TIERS or len(self.met) > MOST_STOCKS):
                self.complete = False
                break
        return Upstream(tier, self.complete, self._shared(known))

    def _tier(self, tier: int, level: dict[Key, str | None]) -> None:
        """All stocks of one tier: whoever holds them, from place to place."""
        while level:
            self.met |= {key: (tier, who) for key, who in level.items()}
            level = self._before(level)

    def _shared(self, starts: Iterable[Key]) -> tuple[Held, ...]:
        """What is held by those that share, as far as it is reached over nobody who does not."""
        seen = set(starts)
        waiting = list(seen)
        while waiting:
            for key in self.fed_by.get(waiting.pop(), ()):
                holder = self.met[key][1] if key in self.met else None
                if key in self.met and key not in seen and (holder is None or self.shares(holder)):
                    seen.add(key)
                    waiting.append(key)
        found = ((*self.met[key], key[0]) for key in seen if key in self.met and on_hand(key[1]))
        held = {Held(tier, batch, who) for tier, who, batch in found if who is not None}
        return tuple(sorted(held, key=lambda one: (one.tier, one.batch_id, one.party)))

    def _before(self, level: dict[Key, str | None]) -> dict[Key, str | None]:
        puts = self._puts(level)
        wrong, acts = self._judge({row.record_id for row in puts})
        sound = [
            row for row in puts if row.record_id not in wrong and acts[row.record_id] != ("receive", True)
        ]
        sound = [row for row in sound if acts[row.record_id][0] != "return"]
        takes = self._takes({(row.event_id, row.line) for row in sound})
        self._know({row.place for rows in takes.values() for row in rows})
        found: dict[Key, str | None] = {}
        sourced: set[Key] = set()
        for row in sound:
            key = row.batch_id, row.place
            before = takes.get((row.event_id, row.line), [])
            if before or acts[row.record_id][0] in BIRTH_ACTS:
                sourced.add(key)
            for take in before:
                self.fed_by.setdefault(key, set()).add((take.batch_id, take.place))
                self._sort(found, (take.batch_id, take.place), level[key])
        self.complete = self.complete and sourced.issuperset(level)
        return found

    def _sort(self, found: dict[Key, str | None], key: Key, holder: str | None) -> None:
        """Put a stock into this tier, or into the next where somebody else held it."""
        who = self.owners.get(facility_of(key[1]) or "") if on_hand(key[1]) else holder
        who = None if who is not None and self.inside(who) else who
        if key in self.met:
            return
        if on_hand(key[1]) and who != holder:
            self.higher.setdefault(key, who)
        else:
            found.setdefault(key, who)

    def _puts(self, level: Collection[Key]) -> list[PostingRow]:
        batches, places = {key[0] for key in level}, {key[1] for key in level}
        wanted = set(level)
        rows = [
            row
            for some in chunks(places)
            for row in self._shelf.by(
                Posting,
                PostingRow,
                col(Posting.batch_id),
                batches,
                col(Posting.place).in_(some),
                Posting.side == "put",
            )
        ]
        return [row for row in rows if (row.batch_id, row.place) in wanted]

    def _judge(self, records: Collection[UUID]) -> tuple[set[UUID], dict[UUID, tuple[str, bool]]]:
        """Which records are void, and what each was: its act, and whether it took goods back."""
        chosen = select(Event.id, Event.act, Event.kind)
        acts = {
            row[0]: (row[1], row[2] == "return")
            for some in chunks(records)
            for row in self.kernel.exec(chosen.where(col(Event.id).in_(some)))
        }
        return {row.event_id for row in self._shelf.voids(records)}, acts

    def _takes(self, hubs: Collection[HubKey]) -> dict[HubKey, list[PostingRow]]:
        rows = [row for row in self._shelf.of_hubs(hubs) if row.side == "take"]
        wrong = {row.event_id for row in self._shelf.voids({row.record_id for row in rows})}
        found: dict[HubKey, list[PostingRow]] = {}
        for row in rows:
            if row.record_id not in wrong:
                found.setdefault((row.event_id, row.line), []).append(row)
        return found

    def _know(self, places: Collection[str]) -> None:
        ends = {end for place in places if (end := facility_of(place)) is not None} - set(self.owners)
        self.owners |= self._shelf.owners(ends)
