"""Forms of acts as a browser without scripts has them: what stands in a form is sent back with it."""

import re
from dataclasses import dataclass, field
from html import unescape
from typing import Any
from uuid import UUID

from fastapi.testclient import TestClient
from httpx2 import Response
from sqlalchemy import Engine

from keeping import all_rows
from tracelot.records.events import Posting

TIME = "2026-09-20T10:00"
FIELD = re.compile(
    r"<(input|select|textarea)\b([^>]*)>(.*?)(?=<(?:input|select|textarea|button|/form))", re.DOTALL
)


@dataclass
class Sheet:
    """The form of a page as a browser without scripts has it: what stands in it is sent back with it."""

    client: TestClient
    url: str
    page: str = ""
    fields: dict[str, str] = field(default_factory=dict)

    def open(self, answer: Response) -> "Sheet":
        self.page = answer.text
        form = self.page[self.page.index('<form class="sheet') :]
        form = form[: form.index("</form>")]
        self.fields = {}
        for kind, attributes, inside in FIELD.findall(form):
            told = dict(re.findall(r'([\w-]+)="([^"]*)"', attributes))
            if "name" not in told or (
                told.get("type") in ("checkbox", "radio") and "checked" not in attributes
            ):
                continue
            value = told.get("value", "on" if told.get("type") == "checkbox" else "")
            if kind == "select":
                chosen = re.search(r'<option value="([^"]*)" selected', inside)
                first = re.search(r'<option value="([^"]*)"', inside)
                value = (chosen or first).group(1) if chosen or first else ""  # type: ignore[union-attr]
            elif kind == "textarea":
                value = inside.partition("</textarea>")[0]
            self.fields[told["name"]] = unescape(value)
        return self

    def press(self, name: str = "", value: str = "1", **typed: str) -> Response:
        sent = self.fields | typed | ({name: value} if name else {})
        return self.client.post(self.url, data=sent)

    def step(self, name: str = "", value: str = "1", **typed: str) -> "Sheet":
        answer = self.press(name, value, **typed)
        assert answer.status_code == 200, answer.text
        return self.open(answer)

    def record(self, **typed: str) -> str:
        """The address of the act on record."""
        answer = self.press("record", **typed)
        assert answer.status_code == 303, re.findall(r'class="error".*?<span>(.*?)</span>', answer.text)
        return answer.headers["location"].partition("?")[0]


def sheet(client: TestClient, act: str, query: str = "") -> Sheet:
    url = f"/app/events/new/{act}"
    opened = client.get(url + query)
    assert opened.status_code == 200
    return Sheet(client, url).open(opened)


def postings(engine: Engine, url: str) -> set[tuple[Any, ...]]:
    rows = all_rows(engine, Posting, record_id=UUID(url.rpartition("/")[2]))
    return {(row.side, row.place.partition(":")[0], row.quantity, row.unit) for row in rows}
