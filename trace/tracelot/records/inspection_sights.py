"""Who sees which inspection: the firm whose record it is, the laboratory, the offices of the area; never the public.

What the public may know of a batch's inspections is told by `records/public.py`, and no raw result is part of it.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from sqlalchemy import literal, true
from sqlalchemy import select as core_select
from sqlmodel import SQLModel, col

from tracelot.records.holding import HoldRequest
from tracelot.records.inspections import Finding, Inspection, InspectionFile
from tracelot.records.laboratories import LabScope
from tracelot.records.limits import Analyte, FoodLimit
from tracelot.records.retained import RetainedSample
from tracelot.records.sights import Condition, Sight, any_of, owned, parties_inside, table


def _inspection_of(inspection: Any, sight: Sight) -> Condition:
    """Its firm's and its laboratory's from the draft on; the offices' once it is issued, or where they tested.

    An official one is its office's, and its firm's as soon as it is opened to it.
    """
    inside = parties_inside(sight)
    mine = None if sight.party_id is None else literal(sight.party_id)
    opened = inspection.office_id.is_(None) | inspection.opened_at.is_not(None)
    return any_of(
        None if mine is None else (inspection.party_id == mine) & opened,
        None if mine is None else inspection.office_id == mine,
        None if mine is None else inspection.lab_id == mine,
        None if mine is None else inspection.issuer_id == mine,
        None if inside is None else inspection.party_id.in_(inside) & (inspection.state != "draft"),
    )


def _of_inspection(model: Any) -> Callable[[Sight], Condition]:
    inspection = table(Inspection)
    return lambda sight: col(model.inspection_id).in_(
        core_select(inspection.c.id).where(_inspection_of(inspection.c, sight))
    )


def _hold(sight: Sight) -> Condition:
    """Whoever is asked, the firm as far as it sent the goods itself, and the offices of both."""
    inside = parties_inside(sight)
    mine = None if sight.party_id is None else literal(sight.party_id)
    return any_of(
        None if mine is None else col(HoldRequest.to_party_id) == mine,
        None if mine is None else (col(HoldRequest.party_id) == mine) & col(HoldRequest.direct),
        None if inside is None else col(HoldRequest.party_id).in_(inside),
        None if inside is None else col(HoldRequest.to_party_id).in_(inside),
        *(col(HoldRequest.region_code).like(f"{area}%") for area in sight.territory),
    )


INSPECTION_RULES: dict[type[SQLModel], Callable[[Sight], Condition]] = {
    Inspection: lambda sight: _inspection_of(Inspection, sight),
    Finding: _of_inspection(Finding),
    InspectionFile: _of_inspection(InspectionFile),
    RetainedSample: lambda sight: owned(RetainedSample, replace(sight, published=False)),
    HoldRequest: _hold,
    LabScope: lambda _: true(),
    FoodLimit: lambda _: true(),
    Analyte: lambda _: true(),
}
