"""The developers' page keeps its word: each example is run against a real server just as it is printed."""

import json
import os
import re
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any

import httpx2 as httpx
import pytest
import uvicorn
from fastapi.testclient import TestClient

from builders import new_batch, new_recall
from tracelot.operations import batches, recalls
from tracelot.rules.webhooks import signature
from tracelot.settings import Settings
from tracelot.web.app import build
from tracelot.web.caching import TABLE
from tracelot.web.pages.developers import EXAMPLES
from world import VisitAs, World

CODE = "ZY260915-HS02"  # the demo's, and the one that the page asks for
SHOWN = re.compile(
    r'<pre tabindex="0" aria-label="[^"]*, (curl|Python)" role="region"><code>(.*?)</code>', re.DOTALL
)


@pytest.fixture
def recall(visit_as: VisitAs, world: World) -> str:
    with visit_as("quality") as visit:
        batches.register_batch(visit, new_batch(world.product_id, code=CODE, release=True))
        opened = recalls.open_recall(visit, new_recall(world.product_id, CODE))
        return recalls.publish_recall(visit, opened.id).code


@pytest.fixture
def site(store: str) -> Iterator[str]:
    listener = socket.create_server(("127.0.0.1", 0))
    address = f"http://127.0.0.1:{listener.getsockname()[1]}"
    app = build(Settings(database_url=store, public_url=address, worker=False))
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", ws="none", timeout_graceful_shutdown=2))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    yield address
    server.should_exit = True
    thread.join(timeout=20)


def printed(site: str) -> list[tuple[str, str, str]]:
    """Job, language and text of every example, as a browser shows them."""
    page = httpx.get(f"{site}/developers", headers={"accept-language": "en"}).text
    found = []
    for section in re.findall(r'<section class="panel" id="(\w+)">(.*?)</section>', page, re.DOTALL):
        found += [(section[0], kind, unescape(text)) for kind, text in SHOWN.findall(section[1])]
    return found


def run(kind: str, text: str, folder: Path, world: World) -> str:
    environment = os.environ | {
        "TRACE_KEY": world.keys["zhenyang"],
        "TRACE_PRODUCT": str(world.product_id),
        "TRACE_BATCH": str(world.batch_id),
        "PYTHONUTF8": "1",
    }
    command = ["bash", "-euo", "pipefail"] if kind == "curl" else [sys.executable, "-"]
    done = subprocess.run(
        command,
        input=text,
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_every_example_does_its_job_as_printed(site: str, world: World, recall: str, tmp_path: Path) -> None:
    examples = printed(site)
    assert [(job, kind) for job, kind, _ in examples] == [
        (job, kind)
        for job in ("lookup", "list", "query", "follow", "csv", "openfda", "register", "correct")
        for kind in ("curl", "Python")
    ]
    assert {job for job, _, _ in examples} == set(EXAMPLES)
    told = {(job, kind): run(kind, text, tmp_path, world) for job, kind, text in examples}

    direct, read = told["lookup", "curl"].replace("}{", "}\n{").splitlines()
    assert json.loads(direct)["verdict"] == json.loads(read)["verdict"] == "recalled"
    assert told["lookup", "Python"].startswith("recalled\n")
    several = json.loads(told["list", "curl"])["answers"]
    assert [one["answer"]["verdict"] for one in several] == ["recalled", "unknown"]
    assert told["list", "Python"].splitlines()[0].endswith(" recalled")
    assert [one["event_id"] for one in json.loads(told["openfda", "curl"])["results"]] == [recall]
    assert told["openfda", "Python"].startswith(recall)
    assert [one["code"] for one in json.loads(told["query", "curl"])["items"]] == [recall]
    assert recall in told["query", "Python"]
    assert [one["code"] for one in json.loads(told["follow", "curl"])["items"]] == [recall]
    assert recall in told["follow", "Python"]
    assert recall in (tmp_path / "recalls.csv").read_text("utf-8-sig")
    assert recall in told["csv", "Python"]
    assert json.loads(told["register", "curl"])["code"] == "2026/09/15-03"
    assert "pending_inspection" in told["register", "Python"]
    assert json.loads(told["correct", "curl"])["expiry_date"] == "2027-09-14"
    assert told["correct", "Python"].endswith("2027-09-13\n")


def test_who_follows_again_is_told_of_what_is_new_alone(
    site: str, world: World, recall: str, tmp_path: Path, visit_as: VisitAs
) -> None:
    examples = {(job, kind): text for job, kind, text in printed(site)}
    text = examples["follow", "Python"]
    assert recall in run("Python", text, tmp_path, world)
    assert run("Python", text, tmp_path, world) == ""
    assert json.loads(run("curl", examples["follow", "curl"], tmp_path, world))["items"] == []
    with visit_as("quality") as visit:
        newer = recalls.publish_recall(
            visit, recalls.open_recall(visit, new_recall(world.product_id, "N")).id
        )
        code = newer.code
    assert run("Python", text, tmp_path, world).split()[0] == code


def test_registering_again_under_the_same_key_does_nothing_twice(
    site: str, world: World, tmp_path: Path
) -> None:
    text = next(text for job, kind, text in printed(site) if (job, kind) == ("register", "Python"))
    assert run("Python", text, tmp_path, world) == run("Python", text, tmp_path, world)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_table_of_what_may_be_kept_is_shown(client: TestClient, language: str) -> None:
    page = client.get(f"/developers?lang={language}").text
    for rule in TABLE:
        assert rule.cache_control in page
        assert (rule.what in page) == (language == "en")


def test_the_check_of_a_webhook_s_message_holds_as_printed(site: str) -> None:
    page = httpx.get(f"{site}/developers", headers={"accept-language": "en"}).text
    code = unescape(re.findall(r"<code>(import hmac.*?)</code>", page, re.DOTALL)[0])
    scope: dict[str, Any] = {}
    exec(code, scope)  # noqa: S102
    now, body = int(time.time()), b'{"a": 1}'
    headers = {"Trace-Timestamp": str(now), "Trace-Signature": signature("whsec_x", now, body)}
    assert scope["is_genuine"]("whsec_x", headers, body)
    assert not scope["is_genuine"]("whsec_y", headers, body)
    assert not scope["is_genuine"]("whsec_x", headers, body + b" ")
    old = {"Trace-Timestamp": str(now - 999), "Trace-Signature": signature("whsec_x", now - 999, body)}
    assert not scope["is_genuine"]("whsec_x", old, body)
