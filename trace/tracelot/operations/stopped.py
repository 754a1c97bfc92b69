"""What a seller's recall stops for the actor's party, told before an act on it is refused."""

from collections.abc import Collection, Iterable
from uuid import UUID

from tracelot.operations.goods import mine
from tracelot.operations.scanning import Handled
from tracelot.operations.stocks import contents, nested
from tracelot.operations.visit import Visit
from tracelot.records.stops import Stop, list_stops


def stopped(visit: Visit, batch_ids: Collection[UUID]) -> dict[UUID, list[Stop]]:
    """Of batches those that the party may not move on because sellers recall them, with these recalls."""
    visit.demand("stock.read")
    return list_stops(visit.kernel(), mine(visit), batch_ids) if batch_ids else {}


def stopped_things(visit: Visit, things: Iterable[Handled]) -> dict[UUID, list[Stop]]:
    """The same of things by their ids; what is on a pallet stops the pallet."""
    held = {one.id: _batches(visit, one) for one in things}
    stops = stopped(visit, {batch for batches in held.values() for batch in batches})
    found = {
        id_: {stop: None for one in batches for stop in stops.get(one, [])} for id_, batches in held.items()
    }
    return {id_: list(some) for id_, some in found.items() if some}


def _batches(visit: Visit, thing: Handled) -> list[UUID]:
    if thing.kind == "unit":
        return [
            one.batch_id for one in contents(visit, nested(visit, thing.id)) if one.quantity or one.unknown
        ]
    return [thing.id] if thing.kind == "batch" else []
