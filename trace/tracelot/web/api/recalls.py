"""/recalls"""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import Depends, Query, Response
from fastapi.responses import JSONResponse
from pydantic import BeforeValidator

from tracelot.operations import recalls, regrading, rescoping, scope_views, withdrawing
from tracelot.records.inputs import Reason, Shape
from tracelot.records.paging import Page
from tracelot.records.recall_search import RecallFilter, Sort
from tracelot.records.recalls import NewRecall, RecallChange, RecallSummary, RecallView
from tracelot.records.scopes import ScopeChoice, ScopeView
from tracelot.records.withdrawing import Regrading, Withdrawal
from tracelot.rules.identifiers import gtin14
from tracelot.rules.recalls import DRILL, ReasonCode, RecallKind, RecallState
from tracelot.rules.refusals import Unknown
from tracelot.rules.stages import Stage
from tracelot.web.api.shapes import Cursor, Limit, PageView, SearchText, day
from tracelot.web.partner_message import partner_message
from tracelot.web.routers import operations
from tracelot.web.signatures import GivenSignature, sign
from tracelot.web.visits import ExpectedVersion, OpenVisit, etag

RESTART = (
    "Go on with `since` of the last answer, while `total` is more than what came at once; 0 begins anew."
)


class RecallPage(PageView[RecallSummary]):
    """`since` is the position in the order of changes after all that this answer knows."""

    since: str


router = operations("recalls", "/recalls")
LevelText = Literal["1", "2", "3"]


class Cancellation(Shape):
    reason: Reason


class ScopeChange(ScopeChoice):
    """What is decided about batches: on a draft leave out or take in, once it is published widen or narrow."""

    act: Literal["leave_out", "take_in", "widen", "narrow"]
    signature: GivenSignature | None = None


class Publication(Shape):
    signature: GivenSignature | None = None


class SignedWithdrawal(Withdrawal):
    signature: GivenSignature | None = None


class SignedRegrading(Regrading):
    signature: GivenSignature | None = None


def _number(value: object) -> object:
    return str(value) if isinstance(value, int) else value


def _asked(
    text: SearchText = None,
    firm: SearchText = None,
    product: SearchText = None,
    gtin: Annotated[str | None, Query(max_length=14)] = None,
    batch: SearchText = None,
    level: Annotated[LevelText | None, BeforeValidator(_number)] = None,
    state: RecallState | None = None,
    stage: Stage | None = None,
    kind: RecallKind | None = None,
    reason: ReasonCode | None = None,
    region: Annotated[str | None, Query(pattern=r"^(\d{2}|\d{4}|\d{6}|\d{9})$")] = None,
    published_from: Annotated[str | None, Query(max_length=10)] = None,
    published_to: Annotated[str | None, Query(max_length=10)] = None,
) -> RecallFilter:
    return RecallFilter(
        text=text,
        firm=firm,
        product=product,
        gtin=gtin14(gtin) if gtin else None,
        batch=batch,
        level=int(level) if level else None,
        state=state,
        stage=stage,
        kind=kind,
        reason=reason,
        region=region,
        published_from=day(published_from, "published_from"),
        published_to=day(published_to, "published_to"),
    )


@router.get("")
def query_recalls(
    visit: OpenVisit,
    asked: Annotated[RecallFilter, Depends(_asked)],
    sort: Sort = "newest",
    limit: Limit = 50,
    cursor: Cursor = None,
    since: Annotated[str | None, Query(max_length=400, description=RESTART)] = None,
) -> RecallPage:
    """The regulators' query: what is published, and what the caller sees beyond that by role.

    `firm` is a part of a name, a USCC or an id; `region` a division code of any level; dates are of
    publication, both ends included; `total` is exact. With `since` it is the feed of changes: the recalls that
    were published or changed after that position, each as it stands now, in the order of the commits;
    `sort` and `cursor` have no place there.
    """
    if since is not None:
        return _paged(*recalls.changed_recalls(visit, asked, since, limit))
    here = recalls.newest_change(visit)
    return _paged(recalls.query_recalls(visit, asked, sort, limit, cursor), here)


def _paged(page: Page[RecallSummary], since: str) -> RecallPage:
    return RecallPage(items=list(page.items), total=page.total, cursor=page.cursor, since=since)


@router.post("", status_code=201)
def open_recall(visit: OpenVisit, new: NewRecall, answer: Response) -> RecallView:
    """Open a recall as a draft; name batches by code, by production date, or both."""
    view = recalls.view(visit, recalls.open_recall(visit, new))
    answer.headers["location"] = f"/api/v1/recalls/{view.code}"
    return _tagged(view, answer)


@router.get("/{code}", response_model=RecallView)
def find_recall(
    visit: OpenVisit,
    code: str,
    answer: Response,
    form: Annotated[Literal["gs1"] | None, Query(alias="format")] = None,
) -> RecallView | Response:
    """A recall by its code or its id.

    With `format=gs1` a published one comes as a message for trading partners after GS1's product recall
    notification; the names of its fields are not verified against GS1's schema.
    """
    view = recalls.view(visit, recalls.find_recall(visit, code))
    if form is None:
        return _tagged(view, answer)
    if view.published_at is None or view.kind == DRILL:
        raise Unknown("unknown-recall", "No such recall.")
    return JSONResponse(partner_message(view, visit.place.public_url), headers={"etag": etag(view.version)})


@router.patch("/{recall_id}")
def change_recall(
    visit: OpenVisit, recall_id: UUID, change: RecallChange, version: ExpectedVersion, answer: Response
) -> RecallView:
    return _tagged(recalls.view(visit, recalls.change_recall(visit, recall_id, change, version)), answer)


@router.post("/{recall_id}/publish")
def publish_recall(
    visit: OpenVisit,
    recall_id: UUID,
    version: ExpectedVersion,
    answer: Response,
    given: Publication | None = None,
) -> RecallView:
    """Publish the notice; its batches are recalled from this commit on. A person signs, a key signs by itself."""
    sign(visit, given.signature if given else None)
    return _tagged(recalls.view(visit, recalls.publish_recall(visit, recall_id, version)), answer)


@router.post("/{recall_id}/cancel")
def cancel_recall(
    visit: OpenVisit, recall_id: UUID, why: Cancellation, version: ExpectedVersion, answer: Response
) -> RecallView:
    return _tagged(recalls.view(visit, recalls.cancel_recall(visit, recall_id, why.reason, version)), answer)


@router.post("/{recall_id}/withdraw")
def withdraw_recall(
    visit: OpenVisit, recall_id: UUID, new: SignedWithdrawal, version: ExpectedVersion, answer: Response
) -> RecallView:
    """Take a published recall back that was a mistake, or that a re-test overturned; an ordered one is its office's.

    Batches that no other recall names stand as they stood before; all who were told are told. The notice stays and says
    that it was withdrawn.
    """
    sign(visit, new.signature)
    said = Withdrawal.model_validate(new.model_dump(exclude={"signature"}))
    return _tagged(recalls.view(visit, withdrawing.withdraw(visit, recall_id, said, version)), answer)


@router.post("/{recall_id}/level")
def change_level(
    visit: OpenVisit, recall_id: UUID, new: SignedRegrading, version: ExpectedVersion, answer: Response
) -> RecallView:
    """Make a published recall graver; its time limits are reckoned anew, and all who were told are told again.

    Only an office makes one milder.
    """
    sign(visit, new.signature)
    said = Regrading.model_validate(new.model_dump(exclude={"signature"}))
    return _tagged(recalls.view(visit, regrading.regrade(visit, recall_id, said, version)), answer)


@router.get("/{recall_id}/scope")
def read_scope(visit: OpenVisit, recall_id: UUID) -> ScopeView:
    """The scope by tracing with all its versions; for the firm, and once it is published for its regulators."""
    visit.demand("journal.read")
    view = scope_views.scope_view(visit, recalls.find_recall(visit, str(recall_id)))
    if view is None:
        raise Unknown("unknown-recall", "No such recall.")
    return view


@router.post("/{recall_id}/scope")
def change_scope(
    visit: OpenVisit, recall_id: UUID, change: ScopeChange, version: ExpectedVersion, answer: Response
) -> RecallView:
    """Decide about batches, with a reason. A person signs what changes a published recall."""
    sign(visit, change.signature)
    choice = ScopeChoice(batch_ids=change.batch_ids, reason=change.reason)
    return _tagged(recalls.view(visit, rescoping.ACTS[change.act](visit, recall_id, choice, version)), answer)


def _tagged(view: RecallView, answer: Response) -> RecallView:
    answer.headers["etag"] = etag(view.version)
    return view
