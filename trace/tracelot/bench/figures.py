"""A figure, how it is told, and the machine it was taken on."""

import json
import os
import platform
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median


@dataclass(frozen=True)
class Figure:
    """`value` and `baseline` in `unit`; `ratio` is what the goal is about. `over` says which side is good."""

    name: str
    value: float
    unit: str
    baseline: float | None
    ratio: float | None
    goal: str
    ok: bool

    def line(self) -> str:
        told = {
            "name": self.name,
            "value": round(self.value, 4),
            "unit": self.unit,
            "baseline": None if self.baseline is None else round(self.baseline, 4),
            "ratio": None if self.ratio is None else round(self.ratio, 3),
            "goal": self.goal,
            "ok": self.ok,
            "machine": machine(),
        }
        return json.dumps(told)


def machine() -> str:
    """The processor, its cores, the Python, and how busy the machine was."""
    lines = (
        Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        if Path("/proc/cpuinfo").exists()
        else []
    )
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    model = models[0] if models else platform.processor() or platform.machine()
    load = f"{os.getloadavg()[0]:.1f}"
    return f"{model}, {os.cpu_count()} cores, Python {platform.python_version()}, load {load}"


def at_least(name: str, values: list[float], baselines: list[float], unit: str, goal: float) -> Figure:
    """The median of paired ratios must reach the goal."""
    ratio = median(value / baseline for value, baseline in zip(values, baselines, strict=True))
    return Figure(name, median(values), unit, median(baselines), ratio, f"ratio >= {goal}", ratio >= goal)


def at_most(name: str, value: float, unit: str, goal: float) -> Figure:
    return Figure(name, value, unit, None, None, f"<= {goal}", value <= goal)


@dataclass(frozen=True)
class Spent:
    """How long something took, and how long it had the processor here."""

    seconds: float
    cpu_seconds: float

    @classmethod
    def on(cls, do: Callable[[], object]) -> "Spent":
        began, before = time.monotonic(), time.process_time()
        do()
        return cls(time.monotonic() - began, time.process_time() - before)


def within(name: str, turns: Sequence[tuple[Spent, Spent]], goal: float) -> Iterator[Figure]:
    """Each turn is a bare way and ours: seconds, which must keep to the goal, and processor time, which load spares."""
    for unit, sides in (
        ("s", [(bare.seconds, own.seconds) for bare, own in turns]),
        ("CPU s", [(bare.cpu_seconds, own.cpu_seconds) for bare, own in turns]),
    ):
        value, ratio = median(own for _, own in sides), median(own / bare for bare, own in sides)
        told, ok = (f"<= {goal} s", value <= goal) if unit == "s" else ("", True)
        yield Figure(name, value, unit, median(bare for bare, _ in sides), ratio, told, ok)
