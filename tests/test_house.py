"""The house keeps its own order: sizes, floors, words, and what is written down of it."""

import ast
import io
import re
import subprocess
import sys
import trace
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.pofile import read_po

from tracelot.settings import Settings

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "trace" / "tracelot"
MODULES = sorted(path for path in PACKAGE.rglob("*.py") if "versions" not in path.parts)
TESTS = sorted((ROOT / "tests").rglob("*.py"))
TEMPLATES = sorted(path for path in (PACKAGE / "web" / "templates").rglob("*") if path.is_file())
LONGEST_MODULE, LONGEST_FUNCTION = 400, 40

# Statements on bare tables and raw SQL escape tenancy, so only these modules may hold them.
BARE = {"records/tenancy.py", "records/sights.py", "records/recall_sights.py", "records/journal_sights.py",
        "records/inspection_sights.py", "records/sampling_sights.py", "records/tip_sights.py",
        "records/public.py", "records/reader.py", "records/database.py", "records/counters.py", "records/journal.py",
        "records/migrating.py", "records/copying.py", "records/proving.py", "records/filling.py"}  # fmt: skip
BARE_NAMES = {"text", "core_select", "insert"}
BARE_METHODS = {"exec_driver_sql", "raw_connection"}

REFUSALS = ("Unfit", "Conflict", "Forbidden", "Unknown", "Unidentified", "Stale", "TooMany", "Unavailable", "unfit",
            "PydanticCustomError", "Fault")  # fmt: skip
KEYWORDS = {**DEFAULT_KEYWORDS, "_": None, "ValueError": None, "_unreadable": None} | dict.fromkeys(
    REFUSALS, (2,)
)
SOURCES = [("**.py", "python"), ("**/templates/**.html", "jinja2"), ("**/templates/**.txt", "jinja2")]
OPTIONS = {"**/templates/**": {"newstyle_gettext": "true", "trimmed": "true"}}
pytestmark = pytest.mark.xdist_group("house")  # what one of them has read the next need not read again
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|\{\w+\}")


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def read(path: Path) -> str:
    return path.read_text(encoding="utf-8")


@cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(read(path))


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def tracked() -> list[Path]:
    """The files that git keeps or would keep."""
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"],  # noqa: S607
        cwd=ROOT, capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    return [path for path in map(ROOT.joinpath, listed.splitlines()) if path.is_file()]


def test_the_standard_library_s_trace_is_still_itself() -> None:
    assert not (ROOT / "trace" / "__init__.py").exists()
    assert trace.__file__ is not None
    assert Path(trace.__file__).is_relative_to(Path(sys.base_prefix).resolve())
    assert trace.Trace


def test_every_module_is_short_enough_to_read() -> None:
    lengths = {name_of(path): len(read(path).splitlines()) for path in [*MODULES, *TESTS]}

    assert {name: length for name, length in lengths.items() if length > LONGEST_MODULE} == {}


def test_every_function_does_one_thing() -> None:
    lengths = {
        f"{name_of(path)}: {one.name}": (one.end_lineno or 0) - one.lineno + 1
        for path in [*MODULES, *TESTS]
        for one in functions(path)
    }

    assert {name: length for name, length in lengths.items() if length > LONGEST_FUNCTION} == {}


def test_every_module_says_in_one_line_what_lives_there() -> None:
    written = {name_of(path): ast.get_docstring(parsed(path)) or "" for path in MODULES}

    assert [name for name, text in written.items() if not text.partition("\n")[0].strip()] == []


def bare_words(path: Path) -> set[str]:
    """What a module calls that reaches a store behind the rules of tenancy."""
    name = path.relative_to(PACKAGE).as_posix()
    if name in BARE or name.startswith(("bench/", "records/migrations/")):
        return set()
    calls = [node.func for node in ast.walk(parsed(path)) if isinstance(node, ast.Call)]
    names = {call.id for call in calls if isinstance(call, ast.Name)}
    methods = {call.attr for call in calls if isinstance(call, ast.Attribute)}
    return (names & BARE_NAMES) | (methods & BARE_METHODS)


def test_only_named_modules_write_statements_on_bare_tables() -> None:
    assert {name_of(path): words for path in MODULES if (words := bare_words(path))} == {}


@cache
def extracted() -> Catalog:
    """Every sentence that the sources mark for translation."""
    found = Catalog()
    for file, _, message, _, _ in extract_from_dir(str(PACKAGE), SOURCES, OPTIONS, keywords=KEYWORDS):
        if message and "migrations" not in Path(file).parts:
            found.add(message)
    return found


ONLY_FILLED = "{reason}"  # a refusal's own sentence stands in its place


def kept() -> Catalog:
    return read_po(io.BytesIO((PACKAGE / "web" / "words" / "zh.po").read_bytes()), locale="zh")


def test_every_sentence_has_its_chinese() -> None:
    words = kept()
    said = {message.id for message in words if message.id and message.string}

    assert {message.id for message in extracted() if message.id} - said - {ONLY_FILLED} == set()


def test_no_chinese_is_left_over() -> None:
    used = extracted()

    assert [message.id for message in kept() if message.id and used.get(message.id) is None] == []


def test_a_translation_keeps_the_placeholders() -> None:
    def placed(text: Any) -> list[str]:
        return sorted(PLACEHOLDER.findall(text if isinstance(text, str) else " ".join(text[:1])))

    wrong = [message.id for message in kept() if message.id and placed(message.id) != placed(message.string)]

    assert wrong == []


def test_every_template_is_rendered_or_included_somewhere() -> None:
    texts = {path: read(path) for path in [*MODULES, *TEMPLATES]}
    unused = []
    for path in TEMPLATES:
        name = path.relative_to(PACKAGE / "web" / "templates").as_posix()
        ways = [f'"{name}"'] + ["mail/{payload['template']}.txt"] * name.startswith("mail/")
        if not any(way in text for way in ways for file, text in texts.items() if file != path):
            unused.append(name)

    assert unused == []


@pytest.mark.parametrize("field", Settings.model_fields)
def test_every_setting_is_named_in_the_readme(field: str) -> None:
    assert f"TRACE_{field.upper()}" in read(ROOT / "README.md")


def test_every_command_is_named_in_the_readme() -> None:
    from typer.main import get_command  # noqa: PLC0415

    from tracelot.cli import main  # noqa: PLC0415

    commands = getattr(get_command(main), "commands", {})
    readme = read(ROOT / "README.md")

    assert [name for name in commands if f"trace {name}" not in readme] == []
    assert commands


def test_no_file_names_a_registry_or_a_place_on_somebody_s_machine() -> None:
    # Written in pieces, so that this file does not find itself.
    registry = re.compile(
        "|".join(
            ["registry" + r"\.npmjs", "pypi" + r"\.org", "files" + r"\.pythonhosted", "--index" + "-url"]
        )
    )
    place = re.compile("|".join(["/work" + "/", "/root" + "/", "/home" + "/", "/Users" + "/"]))
    found = []
    for path in tracked():
        if path.suffix in (".wasm", ".png", ".ico", ".woff2"):
            continue
        text = path.read_text(encoding="utf-8", errors="replace")
        found += [
            f"{name_of(path)}: {match.group()}"
            for match in (registry.search(text), place.search(text))
            if match
        ]

    assert found == []
