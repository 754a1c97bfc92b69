"""Delivery networks (facilities, deliveries, and which delivery went into which), read into a book."""

from collections.abc import Iterator
from datetime import datetime

from tracelot.rules.books import Book, Hub, Posting
from tracelot.rules.places import lane_place, named_place
from tracelot.rules.refusals import Fault, Unfit


def read_network(document: object, recorded_at: datetime) -> Book:
    """Each delivery becomes a batch of its own, whatever lot texts say: links outrank them, and say what it is of.

    A delivery is made at its sender out of those linked to it, shipped and received. Dates are not read: these
    networks write them in many ways or not at all. Malformed parts are refused with pointers to them.
    """
    faults: list[Fault] = []
    deliveries = _deliveries(document, faults)
    origins: dict[str, set[str]] = {name: set() for name in deliveries}
    for pointer, link in _entries(document, "links", faults):
        source, target = link if isinstance(link, list) and len(link) == 2 else (None, None)  # noqa: PLR2004
        if isinstance(source, str) and isinstance(target, str) and {source, target} <= deliveries.keys():
            origins[target].add(source)
        else:
            faults.append(Fault(pointer, "A link is a pair of ids of deliveries."))
    if faults:
        raise Unfit("bad-network", "This is no delivery network that can be read.", faults=faults)
    postings: list[Posting] = []
    for name, (sender, receiver) in deliveries.items():
        lane = lane_place(sender, receiver)
        used = [(origin, deliveries[origin][1]) for origin in sorted(origins[name])]
        postings += _line(name, "transform" if used else "produce", used, (name, sender), recorded_at)
        postings += _line(name, "ship", [(name, sender)], (name, lane), recorded_at)
        postings += _line(name, "receive", [(name, lane)], (name, receiver), recorded_at)
    return Book(postings=tuple(postings))


def _deliveries(document: object, faults: list[Fault]) -> dict[str, tuple[str, str]]:
    """The places of sender and receiver of each delivery."""
    found: dict[str, tuple[str, str]] = {}
    for pointer, entry in _entries(document, "deliveries", faults):
        parts = [entry.get(key) if isinstance(entry, dict) else None for key in ("id", "from", "to")]
        name, sender, receiver = (part if isinstance(part, str) and part else None for part in parts)
        if name is None or sender is None or receiver is None:
            faults.append(Fault(pointer, "A delivery has an id, a sender and a receiver."))
        elif name in found:
            faults.append(Fault(pointer, "Two deliveries have the same id."))
        else:
            found[name] = (named_place(sender), named_place(receiver))
    return found


def _entries(document: object, key: str, faults: list[Fault]) -> Iterator[tuple[str, object]]:
    entries = document.get(key) if isinstance(document, dict) else None
    if not isinstance(entries, list):
        faults.append(Fault(f"#/{key}", "A list is missing here."))
        return
    for index, entry in enumerate(entries):
        yield f"#/{key}/{index}", entry


def _line(
    name: str, act: str, taken: list[tuple[str, str]], put: tuple[str, str], moment: datetime
) -> Iterator[Posting]:
    record = f"{act}:{name}"
    hub = Hub(record, 1)
    for batch, place in taken:
        yield Posting(record, hub, batch, place, "take", None, moment, moment, act)
    yield Posting(record, hub, *put, "put", None, moment, moment, act)
