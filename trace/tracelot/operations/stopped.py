"""What recalls stop for the actor's party, told before an act on it is refused."""

from collections.abc import Iterable
from uuid import UUID

from tracelot.operations.scanning import Handled
from tracelot.operations.stocks import contents, nested, stopped
from tracelot.operations.visit import Visit
from tracelot.records.stops import StopOfGoods


def stopped_things(visit: Visit, things: Iterable[Handled]) -> dict[UUID, list[StopOfGoods]]:
    """Of things by their ids those that may not move on, with the recalls; what is on a pallet stops the pallet."""
    held = {one.id: _batches(visit, one) for one in things}
    stops = stopped(visit, {batch for batches in held.values() for batch in batches})
    found = {
        id_: {stop.recall_id: stop for one in batches for stop in stops.get(one, [])}
        for id_, batches in held.items()
    }
    return {id_: list(some.values()) for id_, some in found.items() if some}


def _batches(visit: Visit, thing: Handled) -> list[UUID]:
    if thing.kind == "unit":
        return [
            one.batch_id for one in contents(visit, nested(visit, thing.id)) if one.quantity or one.unknown
        ]
    return [thing.id] if thing.kind == "batch" else []
