"""Photos from outside: what is not one is refused, and what is one is drawn anew, without place, time or device."""

import io
import struct
import zlib
from threading import BoundedSemaphore

from PIL import Image, ImageOps

from tracelot.rules.refusals import TooMany, unfit

KINDS = ("JPEG", "PNG", "WEBP")
JPEGS = (
    "JPEG",
    "MPO",
)  # of which a fraction of the pixels can be read alone; phones put several into one file
MOST_PIXELS = dict.fromkeys(JPEGS, 89_000_000) | {"PNG": 30_000_000, "WEBP": 30_000_000}
SIDE = 1600
MOST_BYTES = 512 << 10
QUALITIES = (82, 70, 55, 40, 25)
_AT_ONCE = BoundedSemaphore(2)  # one of them may take a hundred megabytes
SECONDS = 8.0

BROKEN = (OSError, ValueError, SyntaxError, EOFError, IndexError, KeyError, TypeError, OverflowError, MemoryError,
          struct.error, zlib.error, Image.DecompressionBombError, Image.DecompressionBombWarning)  # fmt: skip


def redraw(content: bytes) -> tuple[bytes, int, int]:
    """A photo as a JPEG of at most 1600 pixels a side and half a megabyte, with its width and height."""
    if not _AT_ONCE.acquire(timeout=SECONDS):
        raise TooMany("too-many-requests", "Too many requests; wait a little.", facts={"retry_after": "5"})
    try:
        picture = _opened(content)
        return _written(picture), *picture.size
    finally:
        _AT_ONCE.release()


def _opened(content: bytes) -> Image.Image:
    try:
        with Image.open(io.BytesIO(content), formats=KINDS) as found:
            kind = found.format or ""
            if found.width * found.height > MOST_PIXELS.get(kind, 0):
                raise unfit("photo-too-large", "The photo has too many pixels.", "photo")
            if kind in JPEGS:
                found.draft("RGB", (SIDE, SIDE))
            found.load()
            upright = ImageOps.exif_transpose(found)
            return _fitted(upright)
    except BROKEN:
        raise unfit(
            "not-a-photo", "This is not a photo that can be read: JPEG, PNG or WebP.", "photo"
        ) from None


def _fitted(picture: Image.Image) -> Image.Image:
    """On white and no larger than needed; a new picture, which carries nothing but its pixels."""
    picture.thumbnail((SIDE, SIDE))
    ground = Image.new("RGB", picture.size, "white")
    seen = picture.convert("RGBA") if picture.mode not in ("RGB", "L") else picture
    ground.paste(seen.convert("RGB"), mask=seen.getchannel("A") if seen.mode == "RGBA" else None)
    return ground


def _written(picture: Image.Image) -> bytes:
    written = b""
    for quality in QUALITIES:
        file = io.BytesIO()
        picture.save(file, "JPEG", quality=quality, optimize=True)
        written = file.getvalue()
        if len(written) <= MOST_BYTES:
            break
    return written
