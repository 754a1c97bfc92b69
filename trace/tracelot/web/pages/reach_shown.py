"""Who was told of a recall and what they answered, as a page: the same for all who see it, by whichever address."""

from dataclasses import dataclass

from fastapi import Request, Response

from tracelot.operations import delivering, reach_views
from tracelot.operations.reach_views import Asked, Reach
from tracelot.operations.reminding import Reminded
from tracelot.operations.visit import Visit
from tracelot.records.consignees import NoticeView, RecallNotice
from tracelot.records.inputs import MaybeEmail, Shape
from tracelot.records.paging import Page
from tracelot.records.recalls import Recall
from tracelot.rules.reaching import STATES
from tracelot.web.forms import Form
from tracelot.web.rendering import reader_of, render

PAGE = 100


class AgainFields(Shape):
    address: MaybeEmail = None


@dataclass(frozen=True)
class Where:
    """A recall, the address at which the reader sees whom it was told, and what may be done there.

    `looks`: have the books looked through again. `files`: take the list along, and see photos.
    """

    recall: Recall
    url: str
    crumbs: tuple[tuple[str, str], ...]
    sends: bool = False
    looks: bool = False
    files: bool = True


def asked_of(request: Request) -> Asked:
    state = request.query_params.get("state", "")
    return Asked(state if state in STATES else None, request.query_params.get("silent") == "1")


def show_counts(request: Request, at: Where, reached: Reach) -> Response:
    """The part of the list that follows by itself."""
    return render(request, "recall/_reach_counts.html", reached=reached, reach_url=at.url)


def show_list(request: Request, visit: Visit, at: Where, reached: Reach, page: Page[NoticeView]) -> Response:
    answer = render(
        request,
        "recall/reach.html",
        at=at,
        recall=at.recall,
        reached=reached,
        reach_url=at.url,
        crumbs=_crumbs(request, at),
        asked=asked_of(request),
        cursor=request.query_params.get("cursor"),
        states=STATES,
        page=page,
        passed=reach_views.passed_on(visit, page.items),
        parents=reach_views.parents(visit, page.items),
    )
    answer.headers["cache-control"] = "no-store"
    return answer


def show_notice(
    request: Request, visit: Visit, at: Where, notice: RecallNotice, form: Form, link: str = ""
) -> Response:
    view = reach_views.view(visit, notice)
    answer = render(
        request,
        "recall/notice.html",
        422 if form.errors else 200,
        at=at,
        recall=at.recall,
        notice=view,
        reach_url=at.url,
        crumbs=_crumbs(request, at),
        answers=reach_views.answers(visit, notice),
        letters=delivering.letters(visit, notice),
        passed=reach_views.passed_on(visit, [view]).get(view.id, {}),
        sends=at.sends and not notice.silent,
        form=form,
        link=link,
    )
    answer.headers["cache-control"] = "no-store"
    return answer


def reminded_where(at: Where, done: Reminded) -> str:
    """Where to go after reminding: what is said there tells whether anybody was written to."""
    return f"{at.url}?silent=1&done={'reminded' if done.written else 'nobody-reminded'}"


def _crumbs(request: Request, at: Where) -> list[tuple[str, str]]:
    gettext = reader_of(request).gettext
    return [(gettext(label), address) for label, address in at.crumbs]
