"""Random worlds: what really happened, and the book that tells it, drawn from a seed.

Circles, partial and unknown quantities, units, nested and used without unpacking, lanes whose ends are vague,
goods set apart, sales without a batch. `truth` is kept apart from the book: which goods really fed which, so
that an answer from a damaged book can be held against it.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from random import Random

from diaries import Amount, Diary, end, lane, lose, place, stock
from tracelot.rules.books import Book, Note, Reason, Stock, Void
from tracelot.rules.places import facility_of, on_hand, pool_of

FACILITIES = ["A", "B", "C", "D", "E"]
PRODUCTS = ["P", "Q"]


@dataclass
class World:
    book: Book
    truth: dict[Stock, set[Stock]]  # what each stock fed; the goods of one transfer are a stock of their own
    transfers: list[tuple[str, str]]  # records of both sides
    shipments: dict[str, Stock]  # record of a sender → the goods on the way
    moves: list[str]  # all records that only move goods or units
    makings: list[str]  # records of transformations
    units: dict[str, str]  # unit → the facility where it really is
    told: dict[
        str, tuple[str, str]
    ]  # record of a sender → where the goods went, and what the sender told of it

    def true_reach(self, starts: Iterable[Stock]) -> set[Stock]:
        """Everything that some goods really fed."""
        met = set(starts)
        waiting = list(met)
        while waiting:
            found = self.truth.get(waiting.pop(), set()) - met
            met |= found
            waiting += found
        return met

    def true_stocks(self, batch: str) -> set[Stock]:
        stocks = {*self.truth, *(one for fed in self.truth.values() for one in fed)}
        return {one for one in stocks if one.batch == batch}


def batches_of(stocks: Iterable[Stock]) -> set[str]:
    return {one.batch for one in stocks if not one.batch.startswith("product:")}


def facilities_of(stocks: Iterable[Stock]) -> set[str]:
    return {str(facility_of(one.place)) for one in stocks if on_hand(one.place)}


@dataclass
class Maker:
    random: Random
    diary: Diary = field(default_factory=Diary)
    truth: dict[Stock, set[Stock]] = field(default_factory=lambda: defaultdict(set))
    transfers: list[tuple[str, str]] = field(default_factory=list)
    shipments: dict[str, Stock] = field(default_factory=dict)
    moves: list[str] = field(default_factory=list)
    told: dict[str, tuple[str, str]] = field(default_factory=dict)
    makings: list[str] = field(default_factory=list)
    present: list[tuple[str, str]] = field(default_factory=list)  # batches at places on hand
    units: dict[str, str] = field(default_factory=dict)  # unit → facility where it is
    contents: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    gone: dict[str, str] = field(default_factory=dict)  # emptied units
    inside: dict[str, str] = field(default_factory=dict)  # unit → unit that it is in
    made: int = 0

    def fed(self, sources: Iterable[Stock], targets: Iterable[Stock]) -> None:
        for source in sources:
            self.truth[source].update(targets)

    def amount(self) -> Amount:
        return self.random.choice([None, 1, 2, 3, 5])

    def arrive(self, batch: str, where: str) -> None:
        if (batch, where) not in self.present:
            self.present.append((batch, where))

    # --- acts ---

    def produce(self) -> None:
        self.made += 1
        batch, where = f"b{self.made}", self.random.choice(FACILITIES)
        if self.random.random() < 0.5:
            self.diary.products[batch] = self.random.choice(PRODUCTS)
        self.diary.produce(batch, where, self.amount())
        self.truth[stock(batch, where)].update()
        self.arrive(batch, where)

    def transform(self) -> None:
        _, where = self.random.choice(self.present)
        here = [batch for batch, at in self.present if at == where]
        taken = self.random.sample(here, min(len(here), self.random.randint(1, 3)))
        outputs = [self.output(here) for _ in range(self.random.randint(1, 2))]
        record = self.diary.transform(
            {(batch, where): self.amount() for batch in taken},
            {(batch, where): self.amount() for batch in outputs},
        )
        self.makings.append(record)
        self.fed([stock(one, where) for one in taken], [stock(one, where) for one in outputs])
        for batch in outputs:
            self.arrive(batch, where)

    def output(self, here: list[str]) -> str:
        """Mostly a new batch; sometimes one that is there already: rework, and the circles that it makes."""
        if self.random.random() < 0.25:
            return self.random.choice(here)
        self.made += 1
        if self.random.random() < 0.5:
            self.diary.products[f"b{self.made}"] = self.random.choice(PRODUCTS)
        return f"b{self.made}"

    def transfer(self) -> None:
        batch, source = self.random.choice(self.present)
        target = self.random.choice([one for one in FACILITIES if one != source.removesuffix("'")])
        arrival = f"{target}'" if self.random.random() < 0.15 else target
        self.send(batch, source, arrival)

    def send(self, batch: str, source: str, arrival: str) -> None:
        target = arrival.removesuffix("'")
        told, way = self.random.choice([target, target, f"party:{target}", "?"]), self.amount()
        seen = self.random.choice([source, source, f"party:{source.removesuffix(chr(39))}", "?"])
        shipped = self.diary.ship(batch, source, lane(source, told), way)
        came = self.diary.receive(
            batch, lane(seen, target), arrival, self.random.choice([way, self.amount()])
        )
        goods = Stock(batch, f"transfer:{shipped}")
        self.fed([stock(batch, source)], [goods])
        self.fed([goods], [stock(batch, arrival)])
        self.transfers.append((shipped, came))
        self.shipments[shipped] = goods
        self.told[shipped] = place(target), end(told)
        self.moves += [shipped, came]
        self.arrive(batch, arrival)

    def pack(self) -> None:
        batch, where = self.random.choice(self.present)
        here = [unit for unit, at in self.units.items() if at == where and unit not in self.inside]
        unit = self.random.choice([*here, f"u:{len(self.units) + len(self.gone)}"])
        self.units.setdefault(unit, where)
        self.contents[unit].append(batch)
        self.moves.append(self.diary.shift("pack", batch, where, unit, self.amount()))
        self.fed([stock(batch, where)], [stock(batch, unit)])

    def nest(self) -> None:
        pairs = [
            (inner, outer)
            for inner in self.units
            for outer in self.units
            if inner != outer
            and self.units[inner] == self.units[outer]
            and not {inner, outer} & self.inside.keys()
        ]
        if pairs:
            inner, outer = self.random.choice(pairs)
            self.inside[inner] = outer
            self.moves.append(self.diary.move(inner, self.units[inner], outer))

    def drive(self) -> None:
        free = [unit for unit in self.units if unit not in self.inside]
        if not free:
            return
        unit = self.random.choice(free)
        source = self.units[unit]
        target = self.random.choice([one for one in FACILITIES if one != source.removesuffix("'")])
        records = self.diary.drive(unit, source, target)
        self.transfers.append(records)
        self.moves += records
        carried = [unit]
        for one in carried:
            self.units[one] = target
            carried += [inner for inner, outer in self.inside.items() if outer == one]

    def unpack(self) -> None:
        full = [unit for unit in self.units if self.contents[unit]]
        if not full:
            return
        unit = self.random.choice(full)
        where = self.units[unit]
        for batch in set(
            self.random.sample(self.contents[unit], self.random.randint(1, len(self.contents[unit])))
        ):
            # Sometimes nobody tells that the goods came out, and they are used all the same.
            if self.random.random() < 0.6:
                self.moves.append(self.diary.shift("unpack", batch, unit, where, self.amount()))
            self.fed([stock(batch, unit)], [stock(batch, where)])
            self.arrive(batch, where)

    def empty(self) -> None:
        """Everything comes out of a unit, and nobody says what it was. Its next filling is another unit."""
        free = [unit for unit in sorted(self.units) if unit not in self.inside]
        if free:
            unit = self.random.choice(free)
            where = self.gone[unit] = self.units.pop(unit)
            self.moves.append(self.diary.empty(unit, where))
            for batch in self.contents[unit]:
                self.fed([stock(batch, unit)], [stock(batch, where)])
                self.arrive(batch, where)
            for inner in [one for one, outer in self.inside.items() if outer == unit]:
                del self.inside[inner]

    def claim(self) -> None:
        """Somebody says what did not happen."""
        batch, where = self.random.choice(self.present)
        self.diary.claim(batch, where, lane(where, self.random.choice(FACILITIES)))

    def sell(self) -> None:
        batch, where = self.random.choice(self.present)
        self.diary.take("sell", batch, where, self.amount())

    def use_any(self) -> None:
        """Goods of a product are used without saying of which batch."""
        batch, where = self.random.choice(self.present)
        product = self.diary.products.get(batch)
        if product is None:
            return
        self.made += 1
        pool, made = pool_of(product), f"b{self.made}"
        record = self.diary.transform({(pool, where): self.amount()}, {(made, where): self.amount()})
        self.makings.append(record)
        here = [
            stock(one, at)
            for one, at in self.present
            if at == where and self.diary.products.get(one) == product
        ]
        self.fed(here, [stock(made, where)])
        self.arrive(made, where)

    def sight(self) -> None:
        batch, where = self.random.choice(self.present)
        self.diary.sight(batch, where)


def make_world(random: Random, acts: int = 14, *, units: bool = True, pools: bool = True) -> World:
    """A world of some acts, with or without logistic units and uses of goods without a batch."""
    maker = Maker(random)
    for facility in FACILITIES:
        if random.random() < 0.8:
            maker.diary.owners[place(facility)] = f"party:{facility}"
    maker.produce()
    choices = [
        maker.produce,
        *[maker.transform] * 4,
        *[maker.transfer] * 5,
        maker.sell,
        maker.sight,
        maker.claim,
    ]
    if units:
        choices += (
            [maker.pack] * 3 + [maker.drive] * 2 + [maker.nest, maker.unpack, maker.unpack, maker.empty]
        )
    if pools:
        choices.append(maker.use_any)
    for _ in range(acts):
        random.choice(choices)()
    return World(
        maker.diary.book(), dict(maker.truth), maker.transfers, maker.shipments, maker.moves, maker.makings,
        {place(unit): place(where) for unit, where in (maker.units | maker.gone).items()}, maker.told,
    )  # fmt: skip


def damaged(random: Random, acts: int | None = None) -> Book:
    """The book of a random world, with records lost, and others declared wrong, some of them replaced."""
    world = make_world(random, random.randint(4, 14) if acts is None else acts)
    share = random.choice([0, 0.2, 0.5])
    book = lose(world.book, [record for record in world.moves if random.random() < share])
    packing = {one.record for one in book.postings if one.place.startswith("unit:")}
    records = sorted({one.record for one in book.postings} - packing - {"r1"})
    wrong = [record for record in records if random.random() < share / 4]
    reasons: list[Reason] = ["did_not_occur", "incorrect_data", "incorrect_data"]
    silent = Note(f"r{1_000_000 + len(records)}", random.choice(book.postings).recorded_at)
    records.append(silent.record)
    return replace(
        book,
        notes=(silent,),
        voids=tuple(
            Void(record, random.choice(reasons), random.choice(book.postings).recorded_at,
                 tuple(random.sample(records, random.choice([0, 0, 1]))))
            for record in wrong
        ),
    )  # fmt: skip
