"""Places in a form: names or codes of divisions, with commas between them."""

import re
from collections.abc import Iterable

from tracelot.operations import parties
from tracelot.operations.visit import Visit
from tracelot.rules.parties import area_prefix
from tracelot.web.forms import Form
from tracelot.web.pages.search import plain
from tracelot.web.rendering import reader_of
from tracelot.web.wording import N_

NO_SUCH = N_("No division of China is called “{name}”. Try the full name, or its code.")
SEVERAL = N_("Several places are called “{name}”: write the full name, such as {example}.")
BETWEEN = re.compile("[,;\u3001\uff0c\uff1b\n]+")  # the comma and semicolon of either language
MOST = 100


def areas_text(visit: Visit, codes: Iterable[str]) -> str:
    """Places as a form shows them."""
    return ", ".join(parties.region_names(visit, codes).values())


def read_areas(form: Form, visit: Visit, field: str) -> list[str]:
    """The codes of the places that were written; what is none, or several, is noted at the field."""
    found: list[str] = []
    gettext = reader_of(form.request).gettext
    for name in [plain(one) for one in BETWEEN.split(form[field])][:MOST]:
        if not name:
            continue
        text = name.ljust(6, "0") if name.isascii() and name.isdigit() else name
        near = list(parties.divisions(visit, text, 50))
        exact = [one for one in near if text in (one.code, one.path, one.name, one.name[:-1])] or near
        wide = min((len(area_prefix(one.code)) for one in exact), default=0)
        widest = [one for one in exact if len(area_prefix(one.code)) == wide]
        if len(widest) == 1:
            found.append(widest[0].code)
        elif near:
            form.errors[field] = gettext(SEVERAL).format(name=name, example=near[0].path)
        else:
            form.errors[field] = gettext(NO_SUCH).format(name=name)
    return list(dict.fromkeys(found))
