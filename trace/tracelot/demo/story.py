"""The demo's story as data: who takes part, what they made, and what they had to recall."""

import json
from pathlib import Path
from typing import Any

from tracelot.rules.identifiers import suggest_batch_code

DATA = Path(__file__).parent / "data"

FIRST_USCC = (
    "91411724MA9FAKE3XG"  # of the firm that the story turns around: its party tells whether it was told
)
RECALLED = ("09520001000027", "ZY260915-HS02")
SAFE = ("09520001000010", "20261012A2")
OPERATOR = {"name": "演示平台运维", "email": "operator@trace.example", "role": "site"}


def _read(name: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads((DATA / f"{name}.json").read_text(encoding="utf-8"))
    return rows


def parties() -> list[dict[str, Any]]:
    """Regulators first: they confirm the others."""
    return _read("parties")


def batches() -> list[dict[str, Any]]:
    """Batches by production date. Where only a text is printed, the code is the one Trace offers."""
    told = _read("batches")
    for batch in told:
        batch.setdefault("code", suggest_batch_code(batch.get("printed_text", "")))
    return sorted(told, key=lambda batch: str(batch["production_date"]))


def acts() -> list[dict[str, Any]]:
    """What was sent, received, made and sold, each after what it rests on."""
    return _read("acts")


def recalls() -> list[dict[str, Any]]:
    return _read("recalls")


def findings() -> list[dict[str, Any]]:
    """What was inspected, sampled, complained of and looked into, and who answers for what."""
    return _read("findings")
