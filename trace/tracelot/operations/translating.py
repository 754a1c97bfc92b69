"""The facts of captured events in the names of the store, and as what an event on record says."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from uuid import UUID

from sqlmodel import Session, select

from tracelot.formats.epcis_acts import Facts
from tracelot.formats.epcis_names import UNITS
from tracelot.operations.posting import Amount, Draft, Entry, Seen, Sheet
from tracelot.operations.recognising import Known
from tracelot.records import events as kept
from tracelot.records.facts import pool_id
from tracelot.records.products import Product, list_factors
from tracelot.records.units import UnitStop
from tracelot.rules.books import Emptying, Hub, Move, Posting, Sighting
from tracelot.rules.places import is_unit, pooled_product
from tracelot.rules.quantities import BASE_LIMIT, STEP, factor_between, usual_base

SHARED = "transformation:"  # begins the name of a line that several events tell


@dataclass
class Said:
    """What one captured event says, in the names of the store; `units` are pallets and cases that it names."""

    record: str
    postings: list[Posting] = field(default_factory=list)
    moves: list[Move] = field(default_factory=list)
    sightings: list[Sighting] = field(default_factory=list)
    emptyings: list[Emptying] = field(default_factory=list)
    units: set[str] = field(default_factory=set)

    def places(self) -> set[str]:
        """Where it takes something out or puts something in, and the units themselves."""
        found = {one.place for one in self.postings} | {one.unit for one in self.moves}
        found |= {place for one in self.moves for place in (one.source, one.target) if place}
        return found | {one.place for one in self.emptyings}

    def batches(self) -> set[UUID]:
        return {batch_of(one.batch) for one in self.postings}


def translated(known: Known, facts: Facts, record: str) -> Said:
    """The facts of an event under the names of the store; the amounts as its goods are counted."""
    said = Said(record)
    for posting in facts.postings:
        unit, quantity = _counted(known, posting)
        hub = posting.hub if posting.hub.event.startswith(SHARED) else Hub(record, posting.hub.line)
        said.postings.append(
            posting._replace(record=record, hub=hub, batch=known.subject(posting.batch),
                    place=known.place(posting.place), quantity=quantity, unit=unit)
        )  # fmt: skip
    for move in facts.moves:
        ends = [known.place(place) if place else None for place in (move.source, move.target)]
        unit = known.place(move.unit)
        said.moves.append(replace(move, record=record, unit=unit, source=ends[0], target=ends[1]))
    for seen in facts.sightings:
        subject = known.place(seen.subject) if is_unit(seen.subject) else known.subject(seen.subject)
        said.sightings.append(replace(seen, record=record, subject=subject, place=known.place(seen.place)))
    for one in facts.emptyings:
        shared = one.hub is not None and one.hub.event.startswith(SHARED)
        said.emptyings.append(
            replace(
                one,
                record=record,
                place=known.place(one.place),
                target=known.place(one.target) if one.target else None,
                batch=known.subject(one.batch) if one.batch else None,
                hub=one.hub if shared or one.hub is None else Hub(record, one.hub.line),
            )
        )
    said.units = set(_units(facts))
    return said


def _units(facts: Facts) -> Iterator[str]:
    """The units that an event names; what is a single thing is one only where something is put into it."""
    single = {f"unit:{one.batch}" for one in facts.postings}
    single |= {f"unit:{one.subject}" for one in facts.sightings if not is_unit(one.subject)}
    yield from (one.unit for one in facts.moves if one.unit not in single)
    places = [one.place for one in facts.postings]
    places += [one.place for one in facts.sightings]
    places += [one.place for one in facts.emptyings]
    places += [place for one in facts.moves for place in (one.source, one.target) if place]
    yield from filter(is_unit, places)


def _counted(known: Known, posting: Posting) -> tuple[str, Decimal | None]:
    """An amount in the unit of its product; where nothing says how many that are, in its own."""
    word = UNITS.get(posting.unit, posting.unit)
    if posting.quantity is None:
        return "", None
    product = known.goods(posting.batch).product
    base = product.base_unit or usual_base(word)
    factor = factor_between(word, base, {}) or _own_factor(known, product, word, base)
    if factor is None or posting.quantity * factor >= BASE_LIMIT:
        base, factor = word, Decimal(1)
    return base, (posting.quantity * factor).quantize(STEP)


def _own_factor(known: Known, product: Product, unit: str, base: str) -> Decimal | None:
    own = {one.unit: one.factor for one in list_factors(known.visit.kernel(), product.id)}
    return factor_between(unit, base, own)


# --- as an event on record ---------------------------------------------------------------------------------


def drafted(said: Said, products: dict[str, UUID], hub: UUID | None) -> Draft:
    """What an event says beside its head. `hub` is the event whose first line is the one that several events tell."""
    lines: dict[Hub, list[Posting]] = {}
    for posting in sorted(said.postings, key=lambda one: one.hub):
        lines.setdefault(posting.hub, []).append(posting)
    return Draft(
        sheets=[
            Sheet(
                [_entry(one, products) for one in _merged(postings)],
                joins=(hub, 1) if hub is not None and line.event.startswith(SHARED) else None,
            )
            for line, postings in lines.items()
        ],
        seen=[_seen(one) for one in said.sightings],
        moves=[(UUID(one.unit[5:]), one.source, one.target) for one in said.moves],
    )


def _merged(postings: Iterable[Posting]) -> list[Posting]:
    """What a line says of one stock twice is one posting."""
    found: dict[tuple[str, str, str], Posting] = {}
    for one in postings:
        key = one.batch, one.place, one.side
        before = found.get(key)
        if before is None:
            found[key] = one
            continue
        known = before.quantity is not None and one.quantity is not None and before.unit == one.unit
        total = before.quantity + one.quantity if known else None  # type: ignore[operator]
        found[key] = before._replace(quantity=total, unit=before.unit if known else "")
    return list(found.values())


def _entry(posting: Posting, products: dict[str, UUID]) -> Entry:
    pool = pooled_product(posting.batch)
    unit = posting.unit or None
    amount = Amount()
    if posting.quantity is not None:
        amount = Amount(posting.quantity, unit or "piece", Decimal(1), posting.quantity, unit or "piece")
    product = UUID(pool) if pool else products[posting.batch]
    return Entry(posting.side, batch_of(posting.batch), product, posting.place, amount, pooled=bool(pool))


def batch_of(batch: str) -> UUID:
    pool = pooled_product(batch)
    return pool_id(UUID(pool)) if pool else UUID(batch)


def _seen(one: Sighting) -> Seen:
    if is_unit(one.subject):
        return Seen(one.place, unit_id=UUID(one.subject[5:]))
    return Seen(one.place, batch_of(one.subject))


def stored(session: Session, event_id: UUID) -> Draft:
    """What an event on record says of goods and units."""
    postings = session.exec(select(kept.Posting).where(kept.Posting.record_id == event_id)).all()
    stops = session.exec(select(UnitStop).where(UnitStop.event_id == event_id)).all()
    entries = [
        Entry("put" if one.side == "put" else "take", one.batch_id, one.batch_id, one.place,
              Amount(base=one.base_quantity, base_unit=one.base_unit))
        for one in postings
    ]  # fmt: skip
    return Draft([Sheet(entries)], moves=[(one.unit_id, one.source, one.place) for one in stops])


def same_sayings(one: Draft, other: Draft) -> bool:
    """Whether two drafts say the same of goods and units."""
    return _told(one) == _told(other)


def _told(draft: Draft) -> Sequence[object]:
    entries = sorted(
        (str(one.batch_id), one.place, one.side, str(one.amount.base), one.amount.base_unit or "")
        for one in draft.entries()
    )
    return entries, sorted((str(unit), source or "", target or "") for unit, source, target in draft.moves)
