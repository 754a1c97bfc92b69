"""/recalls/{code}/notices: who was told of a recall, and the answer of whoever was."""

from pydantic import BaseModel, Field

from tracelot.operations import answering, forwarding, reach_views, recalls
from tracelot.operations.reach_views import Asked
from tracelot.records.consignees import MOST_ROWS, AnswerView, NewAnswer, NewTarget, NoticeView
from tracelot.records.inputs import Name, Shape
from tracelot.rules.reaching import NoticeState
from tracelot.web.api.shapes import Cursor, Limit, PageView
from tracelot.web.routers import operations
from tracelot.web.visits import OpenVisit

router = operations("recalls", "/recalls")


class Targets(Shape):
    """Customers that got the goods: by the keys of those whom the books name, and others with an address."""

    keys: list[Name] = Field(default_factory=list, max_length=MOST_ROWS)
    targets: list[NewTarget] = Field(default_factory=list, max_length=MOST_ROWS)


class Proposed(BaseModel):
    key: str
    name: str
    name_en: str | None
    told: bool


class OwnNotice(NoticeView):
    """The caller's own notice, with the customers to whom its books say that the goods went on."""

    proposals: list[Proposed]


class Handed(BaseModel):
    name: str
    link: str


class Passed(BaseModel):
    """How many are told now and how many were already; links for those to whom nobody can write, shown this once."""

    told: int
    joined: int
    links: list[Handed]


@router.get("/{code}/notices")
def list_notices(
    visit: OpenVisit,
    code: str,
    state: NoticeState | None = None,
    silent: bool = False,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> PageView[NoticeView]:
    """Who was told of a recall, as far as the caller may know it: its own customers, or an office's territory.

    `silent` gives those who have not answered.
    """
    visit.demand("notice.read")
    recall = recalls.find_recall(visit, code)
    page = reach_views.notices(visit, recall, Asked(state, silent), limit, cursor)
    visit.remember("notice.read", recall, recall.party_id)
    return PageView(items=list(page.items), total=page.total, cursor=page.cursor)


@router.get("/{code}/notice")
def read_own_notice(visit: OpenVisit, code: str) -> OwnNotice:
    """The notice by which a recall was told to the caller's own party."""
    notice = answering.own_notice_of(visit, code)
    found = forwarding.proposals(visit, notice)
    told = [
        Proposed(key=one.wanted.key, name=one.wanted.name, name_en=one.wanted.name_en, told=one.told)
        for one in found
    ]
    return OwnNotice.model_validate(reach_views.view(visit, notice).model_dump() | {"proposals": told})


@router.post("/{code}/answers", status_code=201)
def answer_notice(visit: OpenVisit, code: str, new: NewAnswer) -> AnswerView:
    """Answer for the caller's own party. Each answer stays, the latest counts; under its `id` it may be sent again."""
    notice = answering.own_notice_of(visit, code)
    kept = answering.answer_own(visit, notice, new)
    return next(one for one in reach_views.answers(visit, notice) if one.id == kept.id)


@router.post("/{code}/forwards", status_code=201)
def forward_notice(visit: OpenVisit, code: str, new: Targets) -> Passed:
    """Pass a recall on to customers. Whoever was told already is not told twice."""
    notice = answering.own_notice_of(visit, code)
    done = forwarding.forward_own(visit, notice, new.keys, new.targets)
    links = [Handed(name=name, link=link) for name, link in done.links]
    return Passed(told=len(done.notices), joined=done.joined, links=links)
