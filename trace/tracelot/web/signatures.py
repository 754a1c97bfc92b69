"""Signatures at the doors: the password, and the code where there is one, sent with the act itself."""

from collections.abc import Callable
from typing import Annotated, TypeVar

from pydantic import SecretStr, StringConstraints

from tracelot.operations.factors import prove
from tracelot.operations.visit import Visit
from tracelot.records.inputs import Shape
from tracelot.rules.refusals import Fault, Unfit
from tracelot.web.forms import Form

Done = TypeVar("Done")


class GivenSignature(Shape):
    """A person's password, and a code where their second factor is on. Programs sign by their key."""

    password: SecretStr
    code: Annotated[str, StringConstraints(max_length=40)] = ""


def sign(visit: Visit, given: GivenSignature | None) -> None:
    """Take the signature that came with a request, if one did; the act itself asks for it."""
    if given is None or visit.actor.scopes is not None:
        return
    try:
        prove(visit, given.password.get_secret_value(), given.code)
    except Unfit as refusal:  # a form has its fields side by side, a body has them inside
        faults = [
            Fault(fault.pointer.replace("#/sign_", "#/signature/"), fault.detail) for fault in refusal.faults
        ]
        raise Unfit(refusal.kind, refusal.reason, faults=faults) from None


def signed(visit: Visit, form: Form, act: Callable[[], Done]) -> Done | None:
    """Do a grave act under the signature that the form brings, or note why it is refused."""

    def both() -> Done:
        prove(visit, form["sign_password"], form["sign_code"])
        return act()

    return form.attempt(both)
