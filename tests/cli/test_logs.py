"""Log lines: one each, readable by machines, and without a value that somebody sent or that is secret."""

import json
import logging
import re
import secrets
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from sqlalchemy import Engine
from sqlalchemy.exc import IntegrityError

from builders import PASSWORD, new_facility, new_key, new_member
from processes import Line, answers, running, stop, wait_until
from tracelot.bench.servers import free_port
from tracelot.cli.logs import Form, Lines, log_form
from tracelot.operations import accounts, keys, parties
from tracelot.operations.working import writing
from tracelot.records.outbox import Task
from tracelot.records.sights import EVERYTHING
from tracelot.records.tenancy import ScopedSession
from tracelot.rules.ids import new_id
from tracelot.settings import Settings
from world import World, actor_of, visiting

FORGED = 'x\r\n{"level": "error"}\x1b[31m\u2028\x85 y'
KNOWN = {"time", "level", "logger", "message", "errors", "at", "request", "method", "route", "status", "ms", "bytes",
         "actor", "actor_id", "refused"}  # fmt: skip


def line(form: Form, message: str, *arguments: object, **more: Any) -> str:
    record = logging.LogRecord(
        "tracelot", logging.INFO, "", 0, message, arguments, more.pop("exc_info", None)
    )
    record.__dict__.update(more)
    return Lines(form).format(record)


@pytest.mark.parametrize("form", ["json", "text"])
def test_no_value_can_forge_a_line(form: Form) -> None:
    for written in (line(form, "a %s", FORGED), line(form, FORGED), line(form, "a", told={"method": FORGED})):
        assert written.isprintable()


def test_a_json_line_holds_its_fields() -> None:
    told = json.loads(line("json", "request", told={"status": 200, "route": "/recalls"}))

    assert (told["message"], told["status"], told["route"], told["level"]) == (
        "request",
        200,
        "/recalls",
        "info",
    )
    assert datetime.fromisoformat(told["time"]).tzinfo is not None


@pytest.mark.parametrize("form", ["json", "text"])
def test_an_exception_tells_its_kind_and_its_place_and_no_value(form: Form) -> None:
    def fails(password: str) -> None:
        try:
            raise KeyError(password)
        except KeyError as inner:
            raise IntegrityError("INSERT " + password, {"password": password}, inner) from inner

    try:
        fails("canary-canary")
    except IntegrityError as error:
        written = line(
            form, "a bug\nsecond canary-canary", exc_info=(type(error), error, error.__traceback__)
        )

    assert "canary" not in written
    assert "IntegrityError" in written
    assert "KeyError" in written
    assert "test_logs.py" in written


def test_the_form_is_chosen_or_follows_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    assert log_form("text") == "text"
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    assert log_form(None) == "text"
    monkeypatch.setattr("sys.stderr.isatty", lambda: False)
    assert log_form(None) == "json"
    with pytest.raises(ValueError, match="log"):
        Settings.model_validate({"log": "xml"})


class Hostile:
    """A run full of secrets and of bad manners; `canaries` is everything that no log line may hold."""

    def __init__(self, port: int, world: World, engine: Engine) -> None:
        self.port, self.world, self.engine = port, world, engine
        self.mark = secrets.token_hex(4)
        self.requests = 0
        self.canaries = [
            PASSWORD,
            "canary",
            *world.keys.values(),
            *world.cookies.values(),
            *world.logins.values(),
        ]

    def visit(self) -> None:
        self._sign_up_and_in()
        self._record()
        self._links()
        self._bad_manners()

    def _ask(self, method: str, path: str, body: str | None = None, **headers: str) -> int:
        with Line(self.port) as line:
            self.requests += not path.startswith(("/01/", "/b/"))
            return line.ask(method, path, body, headers).status

    def _sign_up_and_in(self) -> None:
        form = "application/x-www-form-urlencoded"
        login = self.world.logins["quality"]
        for name, password in (
            (login, PASSWORD),
            (login, "canary-wrong-pass"),
            ("canary@x.example", "canary-pass"),
        ):
            self._ask(
                "POST", "/sign-in", urlencode({"login": name, "password": password}), **{"Content-Type": form}
            )
        cookie = {"Cookie": f"trace={self.world.cookies['quality']}"}
        assert self._ask("GET", "/app/batches?code=canary", None, **cookie) == 200
        self._ask("POST", "/reset", urlencode({"login": login}), **{"Content-Type": form})

    def _record(self) -> None:
        key = {"Authorization": f"Bearer {self.world.keys['zhenyang']}", "Content-Type": "application/json"}
        code = f"CANARY-{self.mark}"
        self.canaries.append(code)
        new = {"product_id": str(self.world.product_id), "code": code, "production_date": "2026-09-15"}
        assert (
            self._ask("POST", "/api/v1/batches", json.dumps(new), **key, **{"Idempotency-Key": "canary-key"})
            == 201
        )
        assert self._ask("POST", "/api/v1/batches", json.dumps(new | {"unit": "canary"}), **key) in (409, 422)
        for sent in ("{canary", "[]", json.dumps(new | {"canary": "canary"}), "\x00canary"):
            assert 400 <= self._ask("POST", "/api/v1/batches", sent, **key) < 500
        self._ask("GET", f"/01/{self.world.gtin}/10/{code}?canary=1")
        self._ask("GET", f"/api/v1/lookup?code={code}")
        self._ask("GET", "/api/v1/recalls", None, Authorization="Bearer trc_canary_canary")

    def _links(self) -> None:
        with visiting(self.engine, actor_of(self.engine, self.world.people["zhenyang"])) as visit:
            account, link = accounts.invite_member(visit, new_member(name="canary 李", role="recorder"))
            key = keys.issue_key(visit, new_key(name="canary key")).key
            parties.register_facility(visit, new_facility(name_zh="canary 厂"))
        self.canaries += [account.login, link.rpartition("/")[2], key]
        assert self._ask("GET", f"/join/{link.rpartition('/')[2]}") == 200
        assert self._ask("GET", "/api/v1/batches", None, Authorization=f"Bearer {key}") == 200
        self._ask("GET", "/reset/canary-secret")

    def _bad_manners(self) -> None:
        self._ask("GET", "/" + quote('canary\r\n{"level":"error"}'))
        self._ask("GET", "/recalls", None, **{"User-Agent": "canary\x85", "Referer": "http://canary/"})
        self._ask("GET", "/recalls", None, Host="canary.example")
        self._ask("PUT", "/recalls", "canary")
        self._ask("GET", f"/api/v1/batches/{new_id()}?canary=canary")
        with self.engine.connect().execution_options(writes=True) as connection, connection.begin():
            connection.exec_driver_sql("ALTER TABLE journalentry RENAME TO broken")
        key = {"Authorization": f"Bearer {self.world.keys['zhenyang']}", "Content-Type": "application/json"}
        new = {"product_id": str(self.world.product_id), "code": "canary", "production_date": "2026-09-15"}
        assert self._ask("POST", "/api/v1/batches", json.dumps(new), **key) == 503


def test_a_hostile_run_leaves_no_secret_and_no_business_data_in_the_log(
    tmp_path: Path, store: str, world: World, engine: Engine
) -> None:
    port = free_port()
    mail = {"TRACE_SMTP_HOST": "127.0.0.1", "TRACE_SMTP_PORT": "1", "TRACE_SMTP_PASSWORD": "canary-smtp"}
    run = Hostile(port, world, engine)
    with running(tmp_path, "serve", "--port", str(port), TRACE_DATABASE_URL=store, **mail) as process:
        wait_until(process, lambda: answers(port))
        asked_before = requests_in(tmp_path)
        run.visit()
        wait_until(process, lambda: requests_in(tmp_path) >= asked_before + run.requests)
        wait_until(
            process, lambda: "failed: " in (tmp_path / "log").read_text("utf-8")
        )  # the mail that cannot go
        stop(process)
    written = (tmp_path / "log").read_text("utf-8")

    told = [json.loads(one) for one in written.splitlines()]
    assert [word for word in run.canaries if word.casefold() in written.casefold()] == []
    assert {name for one in told for name in one} <= KNOWN
    assert requests_in(tmp_path) == asked_before + run.requests
    actors = {one.get("actor") for one in told}
    assert {"public", "person", "program"} <= actors
    assert all(re.fullmatch(r"[0-9a-f-]{36}", one["actor_id"]) for one in told if one.get("actor_id"))
    assert {"/join/{secret}", "/reset/{secret}", "/api/v1/batches/{batch_id}"} <= {
        one.get("route") for one in told
    }
    assert any(one["logger"].startswith("uvicorn") for one in told)


def requests_in(folder: Path) -> int:
    return (folder / "log").read_text("utf-8").count('"logger": "tracelot.request"')


def test_the_worker_s_lines_have_the_same_form(tmp_path: Path, store: str, engine: Engine) -> None:
    now = datetime.now(UTC)
    payload = {
        "template": "reset",
        "to": "canary@x.example",
        "name": "canary",
        "link": "http://x/reset/canary",
    }
    with writing(engine) as connection, ScopedSession(connection, EVERYTHING) as kernel:
        kernel.add(Task(id=new_id(), kind="mail", payload=payload, due_at=now, recorded_at=now))
        kernel.flush()
    mail = {"TRACE_SMTP_HOST": "127.0.0.1", "TRACE_SMTP_PORT": "1"}
    with running(tmp_path, "work", TRACE_DATABASE_URL=store, TRACE_LOG="json", **mail) as process:
        wait_until(process, lambda: "failed: " in (tmp_path / "log").read_text("utf-8"))
        stop(process)

    [told] = [json.loads(one) for one in (tmp_path / "log").read_text("utf-8").splitlines()]
    assert (told["logger"], told["level"]) == ("tracelot.outbox", "warning")
    assert told["message"].endswith("of kind mail failed: ConnectionRefusedError")


def test_the_time_of_a_line_is_the_time_of_what_happened() -> None:
    told = json.loads(line("json", "now"))

    assert abs((datetime.now(UTC) - datetime.fromisoformat(told["time"])).total_seconds()) < 5
