"""Lost updates, refused: a row that changed after it was read is not written over."""

from typing import Any, Final, TypeVar

from sqlalchemy.orm import Mapper
from sqlmodel import SQLModel

Model = TypeVar("Model", bound=type[SQLModel])

# FOR NO KEY UPDATE: who holds a row so does not make those wait who add rows that name it. Two who each held
# one record and named the other's would wait for each other, until PostgreSQL ends one of them after a second.
HELD: Final = {"key_share": True}


def versioned(model: Model) -> Model:
    """Count a table's changes in its `version` column; an UPDATE of an outdated row fails (StaleDataError)."""
    mapper: Mapper[Any] = getattr(model, "__mapper__")  # noqa: B009  (SQLModel does not declare it)
    mapper.version_id_col = mapper.local_table.c["version"]
    mapper.version_id_generator = lambda version: (version or 0) + 1
    return model
