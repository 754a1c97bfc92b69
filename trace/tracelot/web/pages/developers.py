"""/developers: how programs do the main jobs, what may be kept of an answer, and what changed."""

from typing import NamedTuple

from fastapi import Request, Response

from tracelot.formats.gs1_recall import MAPPING
from tracelot.web.caching import TABLE
from tracelot.web.change_log import CHANGES
from tracelot.web.changes import DEPRECATED
from tracelot.web.rendering import reader_of, render, render_text
from tracelot.web.routers import pages
from tracelot.web.visits import OpenVisit

router = pages()


class Example(NamedTuple):
    """A job in two languages; each is run by a test just as it is printed."""

    shell: str
    python: str


EXAMPLES = {
    "lookup": Example("public/examples/lookup.sh.txt", "public/examples/lookup.py.txt"),
    "list": Example("public/examples/list.sh.txt", "public/examples/list.py.txt"),
    "query": Example("public/examples/query.sh.txt", "public/examples/query.py.txt"),
    "follow": Example("public/examples/follow.sh.txt", "public/examples/follow.py.txt"),
    "register": Example("public/examples/register.sh.txt", "public/examples/register.py.txt"),
    "correct": Example("public/examples/correct.sh.txt", "public/examples/correct.py.txt"),
    "csv": Example("public/examples/csv.sh.txt", "public/examples/csv.py.txt"),
    "openfda": Example("public/examples/openfda.sh.txt", "public/examples/openfda.py.txt"),
}


@router.get("/developers")
def developers(request: Request, visit: OpenVisit) -> Response:
    site = visit.place.public_url
    examples = {
        job: Example(*(render_text(request, template, site=site) for template in example))
        for job, example in EXAMPLES.items()
    }
    gettext = reader_of(request).gettext
    rules = [(gettext(rule.what), rule.cache_control, rule.vary) for rule in TABLE]
    return render(
        request, "public/developers.html", site=site, examples=examples, rules=rules, mapping=MAPPING.items()
    )


@router.get("/developers/changes")
def changes(request: Request, visit: OpenVisit) -> Response:
    gettext = reader_of(request).gettext
    return render(
        request,
        "public/changes.html",
        changes=[(change.day, gettext(change.what), change.adds) for change in CHANGES],
        deprecated=[(one.name, one.since, one.sunset, gettext(one.instead)) for one in DEPRECATED],
    )
