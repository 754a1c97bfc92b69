"""What a deployment may choose, read from TRACE_* variables."""

import os
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict
from sqlalchemy import make_url

from tracelot.operations.sealing import Keyring, kept_key

SHORTEST_KEY, FEWEST_LETTERS = 32, 12
LOOPBACK = ("127.0.0.1", "localhost", "::1")


def data_folder() -> Path:
    """The user's own data folder, by the XDG base directory rules."""
    base = os.environ.get("XDG_DATA_HOME")
    return (Path(base) if base else Path.home() / ".local" / "share") / "trace"


def _parts(keys: SecretStr) -> list[str]:
    return [key.strip() for key in keys.get_secret_value().split(",")]


class Settings(BaseSettings):
    """Each field is a variable: `public_url` is TRACE_PUBLIC_URL."""

    model_config = SettingsConfigDict(env_prefix="TRACE_", hide_input_in_errors=True)

    database_url: str = Field(default_factory=lambda: f"sqlite:///{data_folder() / 'trace.db'}")
    public_url: str = "http://127.0.0.1:8000"
    allowed_hosts: list[str] = []
    secret_key: SecretStr | None = None  # or several, separated by commas, the newest first
    time_zone: str = "Asia/Shanghai"
    language: Literal["zh", "en"] = "zh"
    worker: bool = True  # drain the outbox in this process; off where `trace work` runs
    smtp_host: str | None = None
    smtp_port: int = 587
    smtp_user: str | None = None
    smtp_password: SecretStr | None = None
    smtp_tls: Literal["starttls", "tls", "none"] = "starttls"
    mail_from: str = "trace@localhost"
    log: Literal["json", "text"] | None = None  # None: text at a terminal, json elsewhere
    metrics_token: SecretStr | None = Field(default=None, min_length=16)
    drain_seconds: float = Field(default=0, ge=0, le=60)
    api_pace: int = Field(default=6000, ge=1, le=10_000_000)
    index_postings: int = Field(default=5_000_000, ge=0)  # as many at most are traced in memory; 0: none
    webhooks_anywhere: bool = False  # for tests and development: http and private addresses too
    privacy_contact: str | None = None  # whom people ask about their personal data

    @field_validator("public_url")
    @classmethod
    def _plain_address(cls, url: str) -> str:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.path.strip("/"):
            raise ValueError("TRACE_PUBLIC_URL is an address such as https://trace.example.org")
        return url.rstrip("/")

    @field_validator("secret_key")
    @classmethod
    def _strong(cls, keys: SecretStr | None) -> SecretStr | None:
        for key in _parts(keys) if keys is not None else ():
            if len(key) < SHORTEST_KEY or len(set(key)) < FEWEST_LETTERS:
                raise ValueError(
                    "A key is at least 32 random characters, such as `openssl rand -base64 32` gives."
                )
        return keys

    def keyring(self) -> Keyring:
        """The keys to seal with: those that are set, or one made for this deployment and kept beside its data."""
        if self.secret_key is not None:
            return Keyring(_parts(self.secret_key))
        url = make_url(self.database_url)
        if url.get_backend_name() == "sqlite" and url.database:
            return Keyring([kept_key(Path(url.database).with_suffix(".key"))])
        return Keyring([kept_key(data_folder() / "trace.key")])

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
