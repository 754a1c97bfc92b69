"""When personal data may be forgotten, and what stands in its place.

Personal Information Protection Law (PIPL) art. 47: whoever handles personal data erases it once the purpose is
achieved, on withdrawal of consent, or on request where one of these holds, unless a law asks that it be kept.
"""

import secrets
from collections.abc import Collection
from typing import Literal, get_args

from tracelot.rules.refusals import Conflict, unfit

Basis = Literal["purpose-achieved", "retention-over", "consent-withdrawn", "asked-to-erase"]
BASES: tuple[Basis, ...] = get_args(Basis)

_ALPHABET = "ABCDEFGHJKMNPQRSTVWXYZ23456789"


def new_pseudonym() -> str:
    """A name that says nothing of anybody: not derived from the person, so nobody can compute it back."""
    return "person-" + "".join(secrets.choice(_ALPHABET) for _ in range(12))


def demand_basis(text: str) -> Basis:
    for basis in BASES:
        if text == basis:
            return basis
    raise unfit(
        "unknown-basis", "This is none of the reasons for which the law lets data be erased.", "basis"
    )


def demand_gone(*, disabled: bool) -> None:
    """A person who still works here is still named."""
    if not disabled:
        raise Conflict("still-a-member", "The account still works: disable it first.")


def demand_not_required(present: Collection[str], *, goods_kept: bool, archived: bool) -> None:
    """Refuse to forget who answers for a firm now, or for goods whose records must still be kept.

    Food Safety Law art. 4 and 44: a firm has somebody who answers for it, and can be reached.
    """
    if present and not archived:
        raise Conflict("still-responsible", "This person answers for the firm now: name another first.")
    if present and goods_kept:
        raise Conflict("goods-still-kept", "The law asks to keep who answered for goods on record.")
