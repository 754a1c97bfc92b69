"""Shares that grew over time, drawn as steps (SVG): one line each, told apart by their dashes and their names."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape

_WIDTH, _HEIGHT = 460, 250
_LEFT, _RIGHT, _TOP, _FLOOR = 54, 12, 14, 198
_DASHES = ("none", "8 4", "2 4")
_COLOURS = ("#1d5fa8", "#a80f1c", "#2b6b2f")
_DAY = 24.0
_MARKS = 3  # of the time's axis


@dataclass(frozen=True)
class Line:
    """A named share, from 0 to 1, after each moment at which it grew."""

    name: str
    points: Sequence[tuple[datetime, float]]


@dataclass(frozen=True)
class CurveWords:
    """`hours` and `days` are units after a number."""

    title: str
    hours: str
    days: str


def curves_svg(lines: Sequence[Line], begin: datetime, end: datetime, words: CurveWords) -> str:
    """The lines from the beginning to the end, whichever the last point is; a screen reader is told the title.

    Colours stand in attributes, so that paper shows them too; the page's style may set others by the classes.
    """
    last = max([end, *(moment for line in lines for moment, _ in line.points)])
    hours = max(1.0, (last - begin).total_seconds() / 3600)
    return "".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{_HEIGHT}" '
            f'viewBox="0 0 {_WIDTH} {_HEIGHT}" class="curves" role="img" font-family="system-ui, sans-serif" '
            f'font-size="15"><title>{escape(words.title)}</title>',
            *_shares(),
            *_times(hours, words),
            *(_step(number, line, begin, hours) for number, line in enumerate(lines)),
            *(_key(number, line) for number, line in enumerate(lines)),
            "</svg>",
        ]
    )


def _y(share: float) -> float:
    return _FLOOR - (_FLOOR - _TOP) * min(1.0, max(0.0, share))


def _x(hours: float, whole: float) -> float:
    return _LEFT + (_WIDTH - _LEFT - _RIGHT) * min(1.0, hours / whole)


def _shares() -> Sequence[str]:
    return [
        f'<path class="curve-grid" d="M{_LEFT} {_y(share):g}H{_WIDTH - _RIGHT}" stroke="#c3ccd4" fill="none"/>'
        f'<text class="curve-text" x="{_LEFT - 6}" y="{_y(share) + 4:g}" text-anchor="end" '
        f'fill="#16202a">{share:.0%}</text>'
        for share in (0.0, 0.5, 1.0)
    ]


def _times(hours: float, words: CurveWords) -> Sequence[str]:
    in_days = hours > 2 * _DAY
    whole, unit = (hours / _DAY, words.days) if in_days else (hours, words.hours)
    found = []
    for mark in range(_MARKS + 1):
        part = whole * mark / _MARKS
        told = f"{part:.1f}".rstrip("0").rstrip(".")
        anchor = "start" if mark == 0 else "end" if mark == _MARKS else "middle"
        found.append(
            f'<text class="curve-text" x="{_x(mark, _MARKS):g}" y="{_FLOOR + 18}" text-anchor="{anchor}" '
            f'fill="#16202a">{told} {escape(unit)}</text>'
        )
    return found


def _step(number: int, line: Line, begin: datetime, hours: float) -> str:
    path = [f"M{_LEFT} {_y(0.0):g}"]
    for moment, share in line.points:
        path.append(f"H{_x((moment - begin).total_seconds() / 3600, hours):.1f}V{_y(share):.1f}")
    path.append(f"H{_WIDTH - _RIGHT}")
    return f'<path {_pen(number)} d="{"".join(path)}"/>'


def _pen(number: int) -> str:
    dash = _DASHES[number % len(_DASHES)]
    dashed = "" if dash == "none" else f' stroke-dasharray="{dash}"'
    return f'class="curve-{number}" fill="none" stroke="{_COLOURS[number % len(_COLOURS)]}" stroke-width="2.5"{dashed}'


def _key(number: int, line: Line) -> str:
    left = _LEFT + number * (_WIDTH - _LEFT) / 3
    return (
        f'<path {_pen(number)} d="M{left:g} 237h26"/>'
        f'<text class="curve-text" x="{left + 32:g}" y="242" fill="#16202a">{escape(line.name)}</text>'
    )
