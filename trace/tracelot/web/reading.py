"""What one text of an address or of a form's field stands for, or None where it is none."""

from uuid import UUID


def read_id(text: str | None) -> UUID | None:
    try:
        return UUID(text or "")
    except ValueError:
        return None


def read_whole(text: str | None, digits: int) -> int | None:
    """A whole number of at most so many ASCII digits."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) <= digits else None
