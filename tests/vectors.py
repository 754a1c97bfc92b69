"""Inputs and right answers from the field, where the folder that TRACE_VECTORS names is there."""

import json
import os
from pathlib import Path
from typing import Any

import pytest


def vector(name: str) -> Any:
    folder = os.environ.get("TRACE_VECTORS")
    if not folder:
        pytest.skip("TRACE_VECTORS is not set")
    return json.loads((Path(folder) / name).read_text(encoding="utf-8"))
