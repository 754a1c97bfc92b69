"""How to get into the demo: its accounts, their password and keys, kept in a file beside the database."""

import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Person:
    login: str
    role: str
    party_zh: str
    party_en: str | None


@dataclass
class Access:
    """Made when the demo is loaded; no part of it is known before."""

    password: str
    people: list[Person] = field(default_factory=list)
    keys: dict[str, str] = field(default_factory=dict)  # by the party's English name


def write_access(access: Access, file: Path) -> None:
    """Keep it where only its owner can read it."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.unlink(missing_ok=True)
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with open(descriptor, "w", encoding="utf-8") as stream:  # noqa: PTH123  (a path would lose the mode)
        json.dump(asdict(access), stream, ensure_ascii=False, indent=1)


def read_access(file: Path) -> Access | None:
    """What was kept, or None where there is no such file."""
    if not file.exists():
        return None
    kept = json.loads(file.read_text(encoding="utf-8"))
    return Access(kept["password"], [Person(**person) for person in kept["people"]], kept["keys"])
