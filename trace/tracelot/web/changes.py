"""What changed in the API since its first version, and what is on its way out; nothing is ever only removed.

`adds` holds names as the test of this file reads them from the OpenAPI document: `GET /api/v1/recalls` for an
operation, `GET /api/v1/recalls ?since` for a parameter, `GET /api/v1/recalls 200 since` for a field of an
answer, `POST /api/v1/batches body code` for one of a body. With a new operation come all its names.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from email.utils import format_datetime

from tracelot.web.wording import N_

PAGE = "/developers/changes"


@dataclass(frozen=True)
class Change:
    day: date
    what: str
    adds: tuple[str, ...] = ()


@dataclass(frozen=True)
class Deprecation:
    """Something that still works and should no longer be used: an operation, or one of its parameters."""

    method: str
    path: str
    since: date
    sunset: date | None  # from when on it may be gone; None until that is decided
    instead: str
    parameter: str | None = None

    @property
    def name(self) -> str:
        return f"{self.method} {self.path}" + (f" ?{self.parameter}" if self.parameter else "")

    def headers(self, site: str) -> dict[str, str]:
        """RFC 9745 and RFC 8594."""
        told = {
            "deprecation": f"@{int(_start(self.since).timestamp())}",
            "link": f'<{site}{PAGE}>; rel="deprecation"; type="text/html"',
        }
        return told | ({"sunset": format_datetime(_start(self.sunset), usegmt=True)} if self.sunset else {})


def _start(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


DEPRECATED = (
    Deprecation(
        "GET",
        "/api/v1/journal",
        date(2026, 11, 25),
        date(2028, 1, 1),
        N_("Use since from the link to the next entries: one entry's id does not tell all of the position."),
        parameter="after",
    ),
)
