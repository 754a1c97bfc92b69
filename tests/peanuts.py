"""Scenario A, entered act by act: farm lots, shelling, oil and roasting, and what three customers do with it."""

from decimal import Decimal

from acts import Firm, goods, output

FARM = {"F1": 5000, "F2": 4000, "F3": 3000}
SENT = {"bottled": (60, 40), "packs": (150, 100, 40)}
Amounts = list[tuple[str, str, str]]  # product, quantity, unit


def produce(made: Firm) -> None:
    """Three farm lots shelled, pressed, roasted, filled and packed."""
    for name in ("raw", "kernels", "shells", "oil", "cake", "bottled", "roasted", "packs"):
        made.makes(name)
    for code, quantity in FARM.items():
        made.does("harvest", outputs=[output(made.products["raw"], code, quantity)])
        assert made.has(made.batch("raw", code)) == {"stock": Decimal(quantity)}
    shell(made)
    turn(made, [("kernels", "5000", "kg")], [("oil", "2200", "kg"), ("cake", "2750", "kg")], "50")
    turn(made, [("oil", "2198.4", "kg")], [("bottled", "120", "case")])
    turn(made, [("kernels", "3500", "kg")], [("roasted", "3325", "kg")], "175")
    turn(made, [("roasted", "3320", "kg")], [("packs", "332", "case")])
    made.does("sample", lines=[goods(made.batch("oil"), 1600, "g")])
    made.does("sample", lines=[goods(made.batch("roasted"), 5)])


def shell(maker: Firm) -> None:
    inputs = [goods(maker.batch("raw", code), quantity) for code, quantity in FARM.items()]
    inputs[2] |= {"quantity": "3", "unit": "t"}
    outputs = [("kernels", 8520), ("shells", 3300)]
    made = [output(maker.products[name], "X1", quantity) for name, quantity in outputs]
    maker.does("transform", inputs=inputs, outputs=made, loss="180", loss_unit="kg")


def turn(maker: Firm, inputs: Amounts, outputs: Amounts, loss: str | None = None) -> None:
    maker.does(
        "transform",
        inputs=[goods(maker.batch(name), quantity, unit) for name, quantity, unit in inputs],
        outputs=[output(maker.products[name], "X1", quantity, unit) for name, quantity, unit in outputs],
        **({"loss": loss, "loss_unit": "kg"} if loss else {}),
    )


def deliver(maker: Firm, customer: Firm, name: str, quantity: int) -> None:
    to = {"party_id": str(customer.party_id)}
    sent = maker.does("ship", to=to, lines=[goods(maker.batch(name), quantity, "case")])
    assert customer.has(maker.batch(name)) == {}
    assert customer.confirms(sent.id).status == "received"
    assert customer.has(maker.batch(name)) == {"stock": Decimal(quantity)}


def deliver_all(maker: Firm, customers: list[Firm]) -> None:
    for name, quantities in SENT.items():
        for customer, quantity in zip(customers, quantities, strict=False):
            deliver(maker, customer, name, quantity)


def recover(maker: Firm, customers: list[Firm]) -> None:
    """The oil comes back, but for what consumers have."""
    bottles = maker.batch("bottled")
    for customer, sold, returned in zip(customers, (15, 7), (45, 33), strict=False):
        customer.does("sell", lines=[goods(bottles, sold, "case")])
        back = {"party_id": str(maker.party_id)}
        sent = customer.does("return", to=back, lines=[goods(bottles, returned, "case")])
        assert maker.confirms(sent.id).status == "received"
        assert customer.has(bottles) == {}
