"""What the story's firms do with goods: acts, and answers to what others sent."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter

from tracelot.operations.acts import record_event
from tracelot.operations.receiving import confirm_shipment
from tracelot.operations.visit import Visit
from tracelot.records.acts import Confirmation, NewAct
from tracelot.records.shipments import shipments_of
from tracelot.rules.places import batch_id

ACTS: TypeAdapter[Any] = TypeAdapter(NewAct)


@dataclass
class Trade:
    """Names that the data uses: products, facilities by firm and code, firms, and what was sent so far."""

    products: dict[str, UUID]
    facilities: dict[tuple[str, str], UUID]
    parties: dict[str, UUID]
    registered: set[UUID] = field(default_factory=set)  # batches that were registered by hand
    sent: dict[str, UUID] = field(default_factory=dict)

    def do(self, visit: Visit, told: dict[str, Any], moment: datetime) -> None:
        """One act of `told["by"]`, or its answer to the shipment that `told["confirms"]` names."""
        common = {"event_time": moment, "facility_id": self.facilities[told["by"], told["facility"]]}
        if "confirms" in told:
            lines = [
                {"number": number, "quantity": quantity, "unit": unit}
                for number, quantity, unit in told.get("lines", ())
            ]
            new = Confirmation.model_validate(common | {"lines": lines})
            confirm_shipment(visit, self.sent[told["confirms"]], new)
            return
        given = {name: told[name] for name in ("act", "kind", "loss", "loss_unit") if name in told}
        event = record_event(visit, ACTS.validate_python(common | given | self._sides(told)))
        if "name" in told:
            (shipment,) = shipments_of(visit.session, event.id)
            self.sent[told["name"]] = shipment.id

    def _sides(self, told: dict[str, Any]) -> dict[str, Any]:
        sides: dict[str, Any] = {
            name: [self._goods(*one) for one in told[name]] for name in ("inputs", "lines") if name in told
        }
        if "outputs" in told:
            sides["outputs"] = [self._output(*one) for one in told["outputs"]]
        if "to" in told:
            firm, facility = told["to"]
            owner = {"party_id": self.parties[firm]} if firm else {}
            sides["to"] = owner | {"facility_id": self.facilities[firm or told["by"], facility]}
        return sides

    def _goods(self, product: str, code: str, quantity: str, unit: str) -> dict[str, Any]:
        return {"batch_id": batch_id(self.products[product], code), "quantity": quantity, "unit": unit}

    def _output(self, product: str, code: str, quantity: str, unit: str) -> dict[str, Any]:
        made = batch_id(self.products[product], code)
        named: dict[str, Any] = {"batch_id": made}
        if made not in self.registered:
            named = {"product_id": self.products[product], "code": code, "kind": "intermediate"}
            named["release"] = True
        return named | {"quantity": quantity, "unit": unit}
