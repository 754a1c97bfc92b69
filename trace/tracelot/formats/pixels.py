"""A drawing in pixels (PNG), alike on every machine."""

import json
import subprocess
import sys
from math import sqrt

from tracelot.formats.fonts import OURS, font_for
from tracelot.formats.framing import size_of
from tracelot.rules.refusals import Unavailable

MOST_PIXELS = 16_000_000  # phones and browsers refuse larger pictures
LONGEST_SIDE = 32_000
SHARP = 1.5  # pixels for a unit of the drawing, where there is room
SECONDS = 50


def png(drawing: str) -> bytes:
    """The drawing as sharp as it can be and still open everywhere."""
    width, height = size_of(drawing)
    room = MOST_PIXELS - LONGEST_SIDE  # what is drawn may be a row higher than was asked for
    zoom = min(SHARP, sqrt(room / (width * height)), LONGEST_SIDE / max(width, height))
    font = font_for([drawing])
    return _rendered(
        drawing,
        width=max(1, int(width * zoom)),
        height=max(1, int(height * zoom)),
        skip_system_fonts=True,
        font_files=sorted({str(font.file), str(OURS.file)}),
        font_family=font.family,
        sans_serif_family=font.family,
    )


def _rendered(drawing: str, **how: int | str | list[str]) -> bytes:
    """The renderer holds the interpreter's lock until it is done: in a process of its own it makes nobody wait."""
    program = [sys.executable, "-I", "-m", "tracelot.formats.rasterising", json.dumps(how)]
    try:
        run = subprocess.run(  # noqa: S603  (our own program, by no shell)
            program, input=drawing.encode(), stdout=subprocess.PIPE, timeout=SECONDS, check=True
        )
    except subprocess.TimeoutExpired:
        raise Unavailable("picture-late", "The picture takes too long to draw: take the SVG of it.") from None
    return run.stdout
