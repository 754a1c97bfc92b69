"""A report that leaves the site, whatever it is written as: what was asked, what was found, and how whole that is."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from tracelot.formats.spreadsheets import Sheet


@dataclass(frozen=True)
class Report:
    """`about` says in pairs what was asked, by when, and when this was made; `warning` what is missing, if anything."""

    title: str
    about: Sequence[tuple[str, str]]
    warning: str
    sheets: Sequence[Sheet]
    made_at: datetime
    language: str

    @property
    def lines(self) -> list[str]:
        """What stands above a drawing that leaves its page."""
        told = [f"{name}: {text}" for name, text in self.about if text]
        return [self.title, *([self.warning] if self.warning else []), *told]

    def texts(self) -> Iterator[str]:
        yield from self.lines
        for sheet in self.sheets:
            yield from (sheet.name, *sheet.head)
            yield from (cell for row in sheet.rows for cell in row if isinstance(cell, str))
