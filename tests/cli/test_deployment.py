"""README's page for a site of others: what it says to type is true of the commands, settings and programs."""

import re
import shutil
import subprocess
from pathlib import Path
from secrets import token_hex

import pytest
from typer.main import get_command

from tracelot.cli import main
from tracelot.settings import Settings

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
PAGE = README[README.index("## A site for others") : README.index("## The API")]


def written(path: str) -> str:
    """What the page puts into a file."""
    found = re.search(rf"cat >{re.escape(path)} <<'?END'?\n(.*?)^END$", PAGE, re.DOTALL | re.MULTILINE)
    assert found, path
    return found[1]


def test_the_settings_of_the_page_are_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in re.findall(r"^(TRACE_\w+)=(.*)$", written("/etc/trace.env"), re.MULTILINE):
        assert name.removeprefix("TRACE_").lower() in Settings.model_fields
        drawn = re.sub(r"\$\(openssl rand -hex (\d+)\)", lambda many: token_hex(int(many[1])), value)
        monkeypatch.setenv(name, drawn.strip("'"))
    settings = Settings()

    assert settings.https
    assert not settings.worker
    assert settings.metrics_token is not None


@pytest.mark.parametrize(
    "command",
    [*re.findall(r"^trace (.+)$", PAGE, re.MULTILINE), "serve --workers 2 --proxy 127.0.0.1", "work"],
)
def test_the_commands_of_the_page_are_commands(command: str) -> None:
    command = command.replace('"Your name"', "Name")
    words = command.split()
    group = get_command(main)
    while hasattr(group, "commands") and words:
        group = group.commands[words.pop(0)]

    assert group.make_context("trace", words).params is not None
    assert command.split()[0] in PAGE


def test_the_service_may_do_little() -> None:
    unit = written("/etc/systemd/system/trace.service")

    assert "ExecStart=/opt/trace/bin/trace serve --workers 2 --proxy 127.0.0.1\n" in unit
    for line in ("User=trace", "EnvironmentFile=/etc/trace.env", "NoNewPrivileges=yes", "CapabilityBoundingSet=",
                 "ProtectSystem=strict", "ProtectHome=yes", "PrivateTmp=yes", "KillMode=mixed"):  # fmt: skip
        assert f"{line}\n" in unit


@pytest.mark.skipif(
    not shutil.which("systemd-analyze"), reason="systemd-analyze is not here to read the unit"
)
def test_systemd_can_read_the_service(tmp_path: Path) -> None:
    unit = tmp_path / "trace.service"
    unit.write_text(
        re.sub(r"ExecStart=\S+", "ExecStart=/bin/true", written("/etc/systemd/system/trace.service"))
    )
    said = subprocess.run(["systemd-analyze", "verify", unit], capture_output=True, text=True, check=False)  # noqa: S607

    assert [line for line in said.stderr.splitlines() if "trace.service" in line] == []


def test_the_proxy_keeps_secrets_and_freshness() -> None:
    proxy = written("/etc/nginx/sites-available/trace")

    assert proxy.count("access_log off;") == proxy.count("\nserver {")
    assert "proxy_cache" not in proxy
    assert "proxy_set_header X-Forwarded-For $remote_addr;" in proxy  # not appended to what a caller made up
    assert "proxy_set_header Host $host;" in proxy
    assert "location = /metrics { return 404; }" in proxy
