"""What recalls stop for the actor's party, told before an act on it is refused."""

from collections.abc import Sequence
from uuid import UUID

from tracelot.operations.scanning import Handled
from tracelot.operations.stocks import contents, nested, stopped
from tracelot.operations.visit import Visit
from tracelot.records.stops import StopOfGoods
from tracelot.rules.places import unit_place


def stopped_things(visit: Visit, things: Sequence[Handled]) -> dict[UUID, list[StopOfGoods]]:
    """Of things by their ids those that may not move on, with the recalls; what is on a pallet stops the pallet."""
    held = _batches(visit, things)
    stops = stopped(visit, {batch for batches in held.values() for batch in batches})
    found = {
        id_: {stop.recall_id: stop for one in batches for stop in stops.get(one, [])}
        for id_, batches in held.items()
    }
    return {id_: list(some.values()) for id_, some in found.items() if some}


def _batches(visit: Visit, things: Sequence[Handled]) -> dict[UUID, list[UUID]]:
    """The batches that things are, or that are on them now."""
    found = {one.id: [one.id] if one.kind == "batch" else [] for one in things}
    units = nested(visit, [one.id for one in things if one.kind == "unit"])
    held: dict[str, list[UUID]] = {}
    for stock in contents(visit, list({id_ for inside in units.values() for id_ in inside})):
        if stock.quantity or stock.unknown:
            held.setdefault(stock.place, []).append(stock.batch_id)
    return found | {
        unit: [batch for id_ in inside for batch in held.get(unit_place(id_), [])]
        for unit, inside in units.items()
    }
