"""Hashing passwords and secrets. Argon2id costs memory and time on purpose: never while a transaction is open."""

import secrets
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, Protocol

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher


class Hasher:
    """Argon2id at a price. A hash names its own, so that what was hashed at another one can still be checked."""

    def __init__(self, kibibytes: int, passes: int) -> None:
        argon2 = Argon2Hasher(memory_cost=kibibytes, time_cost=passes, parallelism=1)
        self._made = PasswordHash((argon2,))
        self._nobody = self._made.hash(secrets.token_hex())

    def hash(self, password: str) -> str:
        return self._made.hash(password)

    def verify(self, password: str, kept: str | None) -> bool:
        """Takes as long when nothing is kept."""
        right = self._made.verify(password, kept or self._nobody)
        return right and kept is not None


# OWASP's second profile: 36 ms of CPU where the library's default takes 264 ms.
OWASP = 19456, 2
hasher = Hasher(*OWASP)


class Work(Protocol):
    """What takes so long that a store must not wait for it; a guess at an account is counted before."""

    @property
    def login(self) -> str | None: ...

    def do(self) -> Any: ...


@dataclass(frozen=True)
class Hashing:
    password: str = field(repr=False)
    login: None = None

    def do(self) -> str:
        return hasher.hash(self.password)


@dataclass(frozen=True)
class Checking:
    """Whether a password is the one kept; takes as long when there is none."""

    login: str
    password: str = field(repr=False)
    kept: str | None = field(repr=False)

    def do(self) -> bool:
        return hasher.verify(self.password, self.kept)


@dataclass(frozen=True)
class Guess:
    """A code that somebody shows for theirs: nothing to be worked out, but it counts before it is looked at."""

    login: str
    code: str = field(repr=False)

    def do(self) -> bool:
        return True


class Aside(Exception):
    """A unit of work must be left, the work done without a transaction, and the unit begun anew."""

    def __init__(self, work: Work) -> None:
        super().__init__(type(work).__name__)
        self.work = work


class Passwords:
    """Hashes and checks passwords: at once, or aside where a door serves many at a time.

    What was worked out aside is known when the unit of work is begun anew. It answers that very question
    only: if the account changed meanwhile, the question is another one.
    """

    def __init__(self, *, aside: bool = False) -> None:
        self._aside = aside
        self._known: dict[Work, Any] = {}

    def hash(self, password: str) -> str:
        return str(self._result(Hashing(password)))

    def fits(self, login: str, password: str, kept: str | None) -> bool:
        return bool(self._result(Checking(login, password, kept)))

    def count_guess(self, login: str, code: str) -> None:
        self._result(Guess(login, code))

    def keep(self, work: Work, result: Any) -> None:
        self._known[work] = result

    def _result(self, work: Work) -> Any:
        if work in self._known:
            return self._known[work]
        if self._aside:
            raise Aside(work)
        return work.do()


def new_secret() -> str:
    """256 random bits as text."""
    return secrets.token_urlsafe(32)


def digest(secret: str) -> str:
    """How a random secret is kept; it is long enough that a plain hash cannot be turned back."""
    return sha256(secret.encode()).hexdigest()
