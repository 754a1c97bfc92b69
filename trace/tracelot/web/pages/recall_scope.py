"""The block of a recall's page that shows its scope: what is in it and what not, its versions, what it misses."""

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from tracelot.operations import rescoping, scope_views
from tracelot.operations.visit import Visit
from tracelot.records.recalls import Recall
from tracelot.records.scopes import ScopeChoice
from tracelot.rules.downplaying import Finding, downplayed
from tracelot.rules.recalls import TOLD
from tracelot.web.forms import Form
from tracelot.web.rendering import reader_of
from tracelot.web.signatures import signed
from tracelot.web.wording import N_, field_errors

SHOWN = 150
TEXTS = tuple(f"{part}_{language}" for part in TOLD for language in ("zh", "en"))


def scope_values(visit: Visit, recall: Recall) -> dict[str, Any]:
    """What the block needs, whoever reads it: the firm, or an office of its territory."""
    scope = scope_views.scope_view(visit, recall)
    sides: dict[str, list[Any]] = {verdict: [] for verdict in ("chosen", "excluded", "open", "others")}
    for line in scope.lines if scope else ():
        sides[line.verdict].append(line)
    return {"scope": scope, "sides": sides, "most_lines": SHOWN, "played_down": findings(recall.model_dump())}


NONE_CHOSEN = N_("Tick the batches first.")
GRAVE = ("widen", "narrow")


def decide(visit: Visit, recall: Recall, form: Form) -> Recall | None:
    """What the form of the block asks for; a recall that is published is changed under a signature."""
    name = form["act"] if form["act"] in rescoping.ACTS else "leave_out"
    choice = _choice(form)
    if choice is None:
        return None

    def act() -> Recall:
        return rescoping.ACTS[name](visit, recall.id, choice, form.version)

    return signed(visit, form, act) if name in GRAVE else form.attempt(act)


def _choice(form: Form) -> ScopeChoice | None:
    gettext = reader_of(form.request).gettext
    try:
        return ScopeChoice.model_validate(
            {"batch_ids": form.lists.get("batch", []), "reason": form["scope_reason"]}
        )
    except ValidationError as error:
        faults = field_errors(error, gettext)
    if "reason" in faults:
        form.errors["scope_reason"] = faults.pop("reason")
    if faults:
        form.errors["batch_ids"] = gettext(NONE_CHOSEN)
    return None


def findings(texts: Mapping[str, Any]) -> dict[str, tuple[Finding, ...]]:
    """By field, the words that play the danger down."""
    found = {name: downplayed(texts[name] or "") for name in TEXTS}
    return {name: words for name, words in found.items() if words}
