"""What `trace doctor` looks at around the store: settings, secrets, mail, time, disk, files, backups."""

import os
import shutil
import smtplib
import ssl
import stat
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from pathlib import Path
from zoneinfo import ZoneInfoNotFoundError

from pydantic import SecretStr
from sqlalchemy import make_url

from tracelot.cli.saving import last_backups, name_of
from tracelot.operations.findings import Finding, Level, compare_clocks
from tracelot.settings import LOOPBACK, Settings, data_folder
from tracelot.web.mail import server_of

SHORTEST = {"key": 32, "password": 12}  # characters, by how the setting's name ends
FEW = 6  # different characters; fewer can be guessed
OLD, VERY_OLD = timedelta(hours=36), timedelta(days=7)
LITTLE, VERY_LITTLE = 2 << 30, 200 << 20
SHARED = stat.S_IRWXG | stat.S_IRWXO


def public_address(settings: Settings) -> Iterator[Finding]:
    if settings.https or settings.loopback:
        yield Finding("public address", "ok", settings.public_url)
    else:
        yield Finding(
            "public address",
            "bad",
            f"{settings.public_url} is not https: sessions can be read on the way.",
            "Put a reverse proxy with a certificate in front and set TRACE_PUBLIC_URL to its address.",
        )


def secrets(settings: Settings) -> Iterator[Finding]:
    """Every secret setting, and the database's password."""
    told = {f"TRACE_{name.upper()}": value for name, value in settings if isinstance(value, SecretStr)}
    password = make_url(settings.database_url).password
    if password:
        told["the password in TRACE_DATABASE_URL"] = SecretStr(str(password))
    weak = [name for name, value in told.items() if _weak(name, value.get_secret_value())]
    if weak:
        yield Finding(
            "secrets", "bad", f"Easily guessed: {', '.join(weak)}.", "Make a new one of random characters."
        )
    else:
        yield Finding("secrets", "ok", f"{len(told)} set, none of them short.")


def _weak(name: str, value: str) -> bool:
    shortest = SHORTEST["key" if name.endswith("_KEY") else "password"]
    return len(value) < shortest or len(set(value)) < FEW


def mail(settings: Settings) -> Iterator[Finding]:
    host = settings.smtp_host
    if host is None:
        yield Finding("mail", "warn", "No mail server is set: nothing is mailed.", "Set TRACE_SMTP_HOST.")
        return
    if settings.smtp_tls == "none" and settings.smtp_password and host not in LOOPBACK:
        yield Finding(
            "mail",
            "bad",
            "The mail password crosses the network in clear.",
            "Set TRACE_SMTP_TLS to starttls or tls.",
        )
        return
    try:
        with server_of(settings) as server:
            server.noop()
    except (OSError, smtplib.SMTPException, ssl.SSLError) as error:
        yield Finding(
            "mail",
            "bad",
            f"The mail server cannot be used: {type(error).__name__}.",
            "Check the TRACE_SMTP_* settings.",
        )
    else:
        yield Finding("mail", "ok", f"{host} answers.")


def time_zones(settings: Settings) -> Iterator[Finding]:
    try:
        now = datetime.now(settings.zone)
    except (ZoneInfoNotFoundError, ValueError):
        yield Finding(
            "time zone",
            "bad",
            "TRACE_TIME_ZONE is no time zone.",
            "Name one as Asia/Shanghai is named; update tzdata.",
        )
        return
    yield Finding("time zone", "ok", f"{settings.time_zone} is {now:%z}, tzdata {version('tzdata')}.")


def folder_of(settings: Settings) -> Path:
    """Where the store's file lies; beside a PostgreSQL, the data folder."""
    url = make_url(settings.database_url)
    sqlite = url.get_backend_name() == "sqlite" and url.database
    return Path(url.database or "").absolute().parent if sqlite else data_folder()


def disk(settings: Settings) -> Iterator[Finding]:
    folder = folder_of(settings)
    if folder.is_dir():
        yield judge_room(shutil.disk_usage(folder).free)


def judge_room(free: int) -> Finding:
    said = f"{free / (1 << 30):.1f} GB are free."
    if free > LITTLE:
        return Finding("disk", "ok", said)
    level: Level = "warn" if free > VERY_LITTLE else "bad"
    return Finding("disk", level, said, "Make room: a full disk stops every registration.")


def disk_clock(settings: Settings) -> Iterator[Finding]:
    """The clock of the file system, which may be another machine's."""
    folder = folder_of(settings)
    if not folder.is_dir():
        return
    try:
        with tempfile.NamedTemporaryFile(dir=folder) as file:
            theirs = datetime.fromtimestamp(Path(file.name).stat().st_mtime, UTC)
    except OSError as error:
        yield Finding(
            "disk clock", "bad", f"{folder} cannot be written: {error.strerror}.", "Give it to this user."
        )
    else:
        yield compare_clocks("disk clock", theirs, datetime.now(UTC))


def file_modes(settings: Settings) -> Iterator[Finding]:
    """A folder that is closed closes all that lies in it; in an open one each of our files must be."""
    for folder in sorted({folder_of(settings), data_folder()}):
        if not folder.is_dir():
            continue
        if not folder.stat().st_mode & SHARED:
            yield Finding("file modes", "ok", f"{folder} is closed to others.")
            continue
        ours = [path for kind in ("*.db*", "*.json") for path in folder.glob(kind)]
        shared = sorted(path.name for path in ours if path.is_file() and path.stat().st_mode & SHARED)
        if shared:
            said = f"Others on this machine can read {', '.join(shared)} in {folder}."
            yield Finding("file modes", "bad", said, f"chmod 700 {folder}; chmod 600 on the files.")
        else:
            yield Finding("file modes", "ok", f"The files in {folder} are closed to others.")
        if folder.stat().st_uid not in (os.geteuid(), 0):
            yield Finding(
                "file modes", "warn", f"{folder} belongs to another user.", "Run Trace as its owner."
            )


def last_backup(settings: Settings) -> Iterator[Finding]:
    noted = last_backups().get(name_of(settings.database_url))
    if noted is None:
        yield Finding(
            "backup", "warn", "No backup was made from here.", "Run `trace backup FOLDER` every day."
        )
        return
    age = datetime.now(UTC) - datetime.fromisoformat(noted)
    said = f"The last one is {age.total_seconds() / 3600:.0f} hours old."
    if age <= OLD:
        yield Finding("backup", "ok", said)
    else:
        yield Finding(
            "backup", "bad" if age > VERY_OLD else "warn", said, "Run `trace backup FOLDER` every day."
        )
