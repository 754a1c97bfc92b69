"""A figure, how it is told, and the machine it was taken on."""

import json
import os
import platform
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
