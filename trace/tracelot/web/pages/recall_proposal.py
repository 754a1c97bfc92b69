"""What a trace proposes to recall, on the form: drawing, batches with boxes, and those of others."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from fastapi import Request

from tracelot.formats.drawing_words import words_in
from tracelot.formats.drawings import svg
from tracelot.operations import picturing, scope_of_recall
from tracelot.operations.beginning import MOST_BATCHES, Named
from tracelot.operations.tracing import Asked
from tracelot.operations.visit import Visit
from tracelot.records.recalls import NewRange
from tracelot.records.scopes import RecallScopeLine, ScopeChoice, ScopeLineView
from tracelot.rules.recalls import DRILL, RecallKind, SellerCause
from tracelot.web.forms import Form
from tracelot.web.rendering import reader_of
from tracelot.web.wording import N_

MOST_BOXES, MOST_OTHERS = 300, 100
WHY_NEEDED = N_("Say why these batches are left out.")

Spared = Mapping[UUID, str]


@dataclass(frozen=True)
class Shown:
    """A proposal as the form shows it; `unlisted` batches have no box, and are recalled."""

    boxes: Sequence[tuple[ScopeLineView, bool]]
    unlisted: int
    others: Sequence[ScopeLineView]
    drawing: str
    complete: bool

    @property
    def ids(self) -> str:
        return " ".join(str(line.batch_id) for line, _ in self.boxes)


def shown(
    request: Request, visit: Visit, ranges: Sequence[NewRange], form: Form, spared: Spared
) -> Shown | None:
    """None where nothing that is registered is named."""
    found = scope_of_recall.propose(visit, ranges, kind_of(form), cause_of(form))
    own = [line for line in found.lines if line.verdict != "others"]
    others = [line for line in found.lines if line.verdict == "others"]
    if not own and not others:
        return None
    seen, chosen = form["shown"].split(), set(form.lists.get("chosen", ()))

    def ticked(line: RecallScopeLine) -> bool:
        id_ = str(line.batch_id)
        return id_ in chosen if id_ in seen else line.batch_id not in spared

    return Shown(
        boxes=[(_view(line), ticked(line)) for line in own[:MOST_BOXES]],
        unlisted=max(0, len(own) - MOST_BOXES),
        others=[_view(line) for line in others[:MOST_OTHERS]],
        drawing=_drawing(request, visit, found.starts),
        complete=found.complete,
    )


def kind_of(form: Form) -> RecallKind:
    """Whether it is a drill, which may name goods of others."""
    return DRILL if form["kind"] == DRILL else "recall"


def cause_of(form: Form) -> SellerCause | None:
    """Why a seller recalls; which cause it is makes no difference to what is proposed."""
    if form["seller"] != "1" or kind_of(form) == DRILL:
        return None
    return "maker_gone" if form["seller_cause"] == "maker_gone" else "own"


def _view(line: RecallScopeLine) -> ScopeLineView:
    return ScopeLineView.model_validate(line, from_attributes=True)


def _drawing(request: Request, visit: Visit, starts: Sequence[UUID]) -> str:
    """The same drawing as the explorer's; none of more starts than a trace begins at."""
    if not 0 < len(starts) <= MOST_BATCHES:
        return ""
    reader = reader_of(request)
    drawn = picturing.picture(
        visit, Asked(Named(batches=starts), "forward", "recall"), language=reader.language
    )
    if len(drawn.shown.nodes) < 2:  # noqa: PLR2004
        return ""
    return svg(
        drawn.shown,
        words_in(reader.gettext),
        lambda node: f"#scope-{node.key}" if node.kind == "batch" else "",
    )


def exclusions(form: Form, visit: Visit, ranges: Sequence[NewRange], spared: Spared) -> list[ScopeChoice]:
    """What the form leaves out, with the reasons; a missing one is noted at its field."""
    seen, chosen = form["shown"].split(), set(form.lists.get("chosen", ()))
    found = scope_of_recall.propose(visit, ranges, kind_of(form), cause_of(form))
    own = {str(line.batch_id): line.batch_id for line in found.lines if line.verdict != "others"}
    left = [own[one] for one in seen if one in own and one not in chosen]
    left += [id_ for id_ in spared if str(id_) in own and str(id_) not in seen]
    why, many = form["why"].strip(), len(set(spared.values())) > 1
    reasons: dict[str, list[UUID]] = {}
    for id_ in left:
        old = spared.get(id_, "")
        reasons.setdefault(old if old and (many or not why) else why, []).append(id_)
    if "" in reasons:
        form.errors["why"] = reader_of(form.request).gettext(WHY_NEEDED)
        return []
    return [ScopeChoice(batch_ids=ids, reason=reason) for reason, ids in reasons.items()]
