"""A report that leaves the site, whatever it is written as: what was asked, what was found, and how whole that is."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from tracelot.formats.spreadsheets import Sheet


def zoned(moment: datetime) -> str:
    """A local time with its zone: 2026-11-22 18:30 +08:00."""
    zone = f"{moment:%z}"
    return f"{moment:%Y-%m-%d %H:%M} {zone[:3]}:{zone[3:5]}"


@dataclass(frozen=True)
class Report:
    """`asked` says in pairs what was asked, by when, when this was made and how whole it is; so does `warning`."""

    title: str
    asked: Sequence[tuple[str, str]]
    found: Sequence[tuple[str, str]]
    warning: str
    sheets: Sequence[Sheet]
    made_at: datetime
    language: str

    @property
    def about(self) -> list[tuple[str, str]]:
        return [*self.asked, *self.found]

    @property
    def lines(self) -> list[str]:
        """What stands above a drawing that leaves its page."""
        colon = "\uff1a" if self.language.startswith("zh") else ": "
        told = [f"{name}{colon}{text}" for name, text in self.about]
        return [self.title, *([self.warning] if self.warning else []), *told]

    def texts(self) -> Iterator[str]:
        yield from self.lines
        for sheet in self.sheets:
            yield from (sheet.name, *sheet.head)
            yield from (cell for row in sheet.rows for cell in row if isinstance(cell, str))
