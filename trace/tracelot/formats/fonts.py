"""The font in which drawings and papers leave the site: Noto Sans SC, or a font of the system for rarer names."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from fontTools.ttLib import TTFont
from PIL import ImageFont
from pylopdf_fonts_zh_cn import sans_path

# Names under which systems keep fonts with more characters, and which font of the file is the simplified Chinese one.
_OF_SYSTEMS = (("NotoSansCJK-Regular.ttc", 2), ("msyh.ttc", 0), ("PingFang.ttc", 0))


@dataclass(frozen=True)
class Font:
    """A file of one or more fonts, and which of them is meant."""

    family: str
    file: Path
    number: int = 0


OURS = Font("Noto Sans SC", sans_path())


@cache
def characters_of(font: Font) -> frozenset[int]:
    with TTFont(font.file, fontNumber=font.number, lazy=True) as opened:
        return frozenset(opened.getBestCmap())


@cache
def font_of_the_system() -> Font | None:
    for name, number in _OF_SYSTEMS:
        try:
            found = ImageFont.truetype(name, index=number)
        except OSError:
            continue
        return Font(str(found.getname()[0]), Path(str(found.path)), number)
    return None


def font_for(texts: Iterable[str]) -> Font:
    """Ours, unless it lacks a character of these texts and a font of the system lacks fewer."""
    needed = {ord(character) for text in texts for character in text}
    lacking = needed - characters_of(OURS)
    other = font_of_the_system() if lacking else None
    return other if other is not None and lacking & characters_of(other) else OURS
