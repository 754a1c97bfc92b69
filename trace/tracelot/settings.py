"""What a deployment may choose, read from TRACE_* variables."""

import os
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

LOOPBACK = ("127.0.0.1", "localhost", "::1")


def data_folder() -> Path:
    """The user's own data folder, by the XDG base directory rules."""
    base = os.environ.get("XDG_DATA_HOME")
    return (Path(base) if base else Path.home() / ".local" / "share") / "trace"


class Settings(BaseSettings):
    """Each field is a variable: `public_url` is TRACE_PUBLIC_URL."""

    model_config = SettingsConfigDict(env_prefix="TRACE_")

    database_url: str = Field(default_factory=lambda: f"sqlite:///{data_folder() / 'trace.db'}")
    public_url: str = "http://127.0.0.1:8000"
    allowed_hosts: list[str] = []
    time_zone: str = "Asia/Shanghai"
    language: Literal["zh", "en"] = "zh"
    worker: bool = True  # drain the outbox in this process; off where `trace work` runs
    smtp_host: str | None = None
    smtp_port: int = 587
    smtp_user: str | None = None
    smtp_password: SecretStr | None = None
    smtp_tls: Literal["starttls", "tls", "none"] = "starttls"
    mail_from: str = "trace@localhost"
    privacy_contact: str | None = None  # whom people ask about their personal data

    @field_validator("public_url")
    @classmethod
    def _plain_address(cls, url: str) -> str:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.path.strip("/"):
            raise ValueError("TRACE_PUBLIC_URL is an address such as https://trace.example.org")
        return url.rstrip("/")

    @property
    def https(self) -> bool:
        return self.public_url.startswith("https:")

    @property
    def loopback(self) -> bool:
        """Whether the public address is one that no other machine can reach."""
        return urlsplit(self.public_url).hostname in LOOPBACK

    @property
    def hosts(self) -> frozenset[str]:
        """The names under which the site may be asked for."""
        return frozenset({urlsplit(self.public_url).hostname or "", *LOOPBACK, *self.allowed_hosts})

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)
