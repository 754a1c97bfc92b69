"""How much of a batch that others made came to a firm, and from whom: what its recall or drill is counted from.

Whoever sent goods to the firm supplied it, but for those who sent back what the firm had sent them. What the firm
gave back went to no consignee, be it to its supplier or past that one to the maker.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from tracelot.rules.accounting import Account
from tracelot.rules.balancing import known_sum
from tracelot.rules.flows import Flow
from tracelot.rules.ledgers import Ledger
from tracelot.rules.places import facility_of, lane_of

BACK = "return"
Who = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Supply:
    """Who supplied, what came, what was given back to suppliers, and the flows from and to all others."""

    suppliers: frozenset[str]
    received: Decimal | None
    given_back: Decimal | None
    flows: tuple[Flow, ...]


def supply_of(ledger: Ledger, batch: str, flows: Sequence[Flow], who: Who) -> Supply:
    """The supply of a batch; `who` tells consignees apart, and calls the firm itself nothing."""
    acts = _acts(ledger, batch, who)
    sent_to = {flow.target for flow in flows if not flow.source and acts["", flow.target] != {BACK}}
    near = {flow.source or flow.target for flow in flows if not (flow.source and flow.target)}
    suppliers = {end for end in near - sent_to if BACK not in acts[end, ""]}
    came = [flow for flow in flows if not flow.target and flow.source in suppliers]
    back = [flow.moved for flow in flows if not flow.source and flow.target in suppliers]
    rest = tuple(flow for flow in flows if not suppliers & {flow.source, flow.target})
    return Supply(frozenset(suppliers), known_sum(_arrived(flow) for flow in came), known_sum(back), rest)


def _acts(ledger: Ledger, batch: str, who: Who) -> defaultdict[tuple[str, str], set[str]]:
    """By which acts goods were put on the ways from one to another."""
    found: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    for posting in ledger.book.postings:
        lane = lane_of(posting.place) if posting.batch == batch and posting.side == "put" else None
        if lane is not None:
            source, target = (who(facility_of(end) or end) for end in (lane.source, lane.target))
            found[source, target].add(posting.act)
    return found


def _arrived(flow: Flow) -> Decimal | None:
    return None if flow.moved is None or flow.way is None else flow.moved - flow.way


def as_supplied(told: Account, supply: Supply) -> Account:
    """The account of a batch that came to the firm instead of being made there."""
    return replace(
        told,
        introduced=supply.received,
        shipped=_moved(flow for flow in supply.flows if not flow.source),
        came_back=_moved(flow for flow in supply.flows if not flow.target),
    )


def _moved(flows: Iterable[Flow]) -> Decimal | None:
    return known_sum(flow.moved for flow in flows)
