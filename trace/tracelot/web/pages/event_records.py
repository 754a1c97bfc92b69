"""An act on record as the values of its form, so that it can be corrected."""

from collections.abc import Iterator
from typing import Any

from tracelot.operations import receiving
from tracelot.operations.visit import Visit
from tracelot.records.acts import EventView, PostingView
from tracelot.rules.places import is_unit, lane_of
from tracelot.web.pages.event_plans import PLANS, Plan
from tracelot.web.pages.event_rows import CAME, GOODS, MADE, PAPERS, Group, row_values
from tracelot.web.pages.event_shaping import local_text

PAPER_TYPES = ("desadv", "bol", "inv", "po", "recadv", "cert", "manifest", "other")
Rows = list[dict[str, Any]]


def correctable(visit: Visit, view: EventView) -> bool:
    """Whether the form can hold all that a record says; receipts of shipments are corrected where they are."""
    if view.party_id != visit.actor.party_id or view.void is not None or view.kind in ("settled", "rejected"):
        return False
    received = view.act == "receive" and any(_from_a_party(posting) for posting in _postings(view))
    joined = any(line.event_id != view.id for line in view.lines)
    rows = rows_of_record(view)
    fits = all(len(some) <= group.most for group, some in rows)
    said = any(some for group, some in rows if group is not PAPERS) or bool(view.stops)
    return fits and said and not received and not joined


def _from_a_party(posting: PostingView) -> bool:
    """Whether a posting is on the way from somebody in Trace: a shipment of theirs, then."""
    lane = lane_of(posting.place)
    return lane is not None and lane.source.startswith(("facility:", "party:"))


def _postings(view: EventView) -> list[PostingView]:
    return [posting for line in view.lines for posting in line.postings]


def values_of(visit: Visit, view: EventView) -> dict[str, Any]:
    """The record as its form has it."""
    loss = next((line for line in view.lines if line.loss is not None), None)
    admitted = any(flag.startswith(("moved-", "left-")) for flag in view.flags)
    values: dict[str, Any] = {
        "event_time": local_text(view.event_time, visit),
        "facility_id": view.facility_id,
        "kind": view.kind,
        "happened": "1" if admitted else None,
        "apart": "1" if view.act == "receive" and view.kind == "return" else None,
        "carrier_id": _carrier(view),
        "loss": f"{loss.loss:f}" if loss else None,
        "loss_unit": loss.loss_unit if loss else None,
    }
    for name, value in view.key_data.items():
        values[f"kd-{name}"] = value
    for group, rows in rows_of_record(view):
        values |= row_values(group, rows)
    return values | _partner(visit, view)


def rows_of_record(view: EventView) -> list[tuple[Group, Rows]]:
    plan = PLANS[view.act]
    came = list(_came(view)) if view.act == "receive" else []
    made = [_batch(one) for one in _postings(view) if one.side == "put"] if plan.made == "outputs" else []
    goods = list(_goods(plan, view)) if plan.goods else []
    papers: Rows = [dict(one) for one in view.documents] or [{}]
    return [(GOODS, goods), (MADE, made), (CAME, came), (PAPERS, papers)]


def _goods(plan: Plan, view: EventView) -> Iterator[dict[str, Any]]:
    for posting in _postings(view):
        if posting.side == "take" or view.act == "count":
            what = f"batch:{posting.batch_id}" if posting.batch_id else f"product:{posting.product_id}"
            apart = "1" if plan.apart and posting.place.startswith("aside:") else ""
            result = "short" if posting.side == "take" else "found"
            yield {"what": what, "apart": apart, "result": result} | _amount(posting)
    for seen in view.sightings:
        if not plan.measured:
            yield {"what": f"unit:{seen.unit_id}" if seen.unit_id else f"batch:{seen.batch_id}"}
    for stop in view.stops:
        if plan.units and (lane_of(stop.place) or is_unit(stop.place)):
            yield {"what": f"unit:{stop.unit_id}"}


def _amount(posting: PostingView) -> dict[str, str]:
    if posting.quantity is None:
        return {"unit": "kg"}
    return {"quantity": f"{posting.quantity:f}", "unit": posting.unit or ""}


def _batch(posting: PostingView) -> dict[str, Any]:
    return {"product": posting.product_id, "code": posting.code} | _amount(posting)


def _came(view: EventView) -> Iterator[dict[str, Any]]:
    for line in view.lines:
        took = next((one for one in line.postings if one.side == "take"), None)
        put = next((one for one in line.postings if one.side == "put"), None)
        if took is None or put is None:
            continue
        row = {"batch": took.batch_id, "name": took.product_zh, "code": took.code} | _amount(took)
        if put.batch_id != took.batch_id:
            row |= {"into": put.product_id, "into_code": put.code}
        yield row


def _carrier(view: EventView) -> str | None:
    """The pallet that was packed or unpacked: its stop is where the act was."""
    if view.act not in ("pack", "unpack"):
        return None
    return next((str(one.unit_id) for one in view.stops if not is_unit(one.place)), None)


def _partner(visit: Visit, view: EventView) -> dict[str, Any]:
    """Whom the goods went to, by the shipment that the record opened; whom they came from, by the way."""
    if view.act == "receive":
        lanes = [lane for posting in _postings(view) if (lane := lane_of(posting.place))]
        source = lanes[0].source if lanes else ""
        return {"contact_id": source.removeprefix("contact:") if source.startswith("contact:") else None}
    if not view.shipment_ids:
        return {}
    shipment = receiving.find_shipment(visit, view.id)
    if shipment.to_contact_id:
        return {"to": f"contact:{shipment.to_contact_id}"}
    if shipment.to_party_id == visit.actor.party_id:
        return {"to": f"facility:{shipment.to_facility_id}"}
    return {"to": f"party:{shipment.to_party_id}", "to_facility": shipment.to_facility_id}
