"""Numbers for names: what the arrays hold instead of text and of pairs.

What was loaded in bulk stands in arrays and is found by halving; what came later stands in a dictionary. A
number once given stays.
"""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Small = NDArray[np.signedinteger[Any]]
HALF = 32
MASK = (1 << HALF) - 1


def distinct(numbers: NDArray[np.integer[Any]], size: int) -> Ints:
    """Numbers below a size, each once and in order: marking them is many times as fast as sorting or hashing."""
    met = np.zeros(size, np.bool_)
    met[numbers] = True
    return np.flatnonzero(met)


class Growing:
    """An array that grows at its end, at constant cost for each value."""

    def __init__(self, dtype: str, values: NDArray[np.generic] | None = None) -> None:
        self.array = np.zeros(16, dtype) if values is None else np.array(values, dtype)
        self.used = 0 if values is None else len(self.array)

    def reach(self, size: int) -> None:
        """Make room for so many values; new ones are zero."""
        if size > len(self.array):
            grown = np.zeros(max(size, len(self.array) * 3 // 2 + 16), self.array.dtype)
            grown[: self.used] = self.array[: self.used]
            self.array = grown
        self.used = max(self.used, size)

    def add(self, value: int) -> None:
        self.reach(self.used + 1)
        self.array[self.used - 1] = value

    @property
    def values(self) -> NDArray[np.generic]:
        return self.array[: self.used]


def packed(name: str) -> tuple[int, int] | None:
    """The two halves of an id as it is written; None for any other name."""
    if len(name) != 36 or name[8] != "-":  # noqa: PLR2004
        return None
    try:
        number = UUID(name)
    except ValueError:
        return None
    return (number.int >> 64, number.int & (1 << 64) - 1) if str(number) == name else None


class Names:
    """Texts and their numbers; ids that were loaded in bulk take 16 bytes each."""

    def __init__(self, ids: bytes = b"") -> None:
        """`ids` are each given once, 16 bytes each; the number of an id is its place."""
        halves = np.frombuffer(ids, ">u8").astype(np.uint64).reshape(-1, 2)
        self._high = np.ascontiguousarray(halves[:, 0])
        self._low = np.ascontiguousarray(halves[:, 1])
        # Numbers in the order of the texts; as searching wants them, which would else copy them each time.
        self._order = np.lexsort((self._low, self._high)).astype(np.intp)
        self._later: dict[str, int] = {}
        self._texts: list[str] = []
        self._last = -1, ""  # the stocks of one batch are told one after another

    def __len__(self) -> int:
        return len(self._high) + len(self._texts)

    def __iter__(self) -> Iterator[str]:
        return (self.text(number) for number in range(len(self)))

    @property
    def nbytes(self) -> int:
        return self._high.nbytes + self._low.nbytes + self._order.nbytes

    def find(self, name: str) -> int | None:
        if (number := self._later.get(name)) is not None:
            return number
        halves = packed(name) if len(self._high) else None
        if halves is None:
            return None
        place = int(np.searchsorted(self._high, np.uint64(halves[0]), sorter=self._order))
        for number in map(int, self._order[place:]):
            if int(self._high[number]) != halves[0]:
                return None
            if int(self._low[number]) == halves[1]:
                return number
        return None

    def number(self, name: str) -> int:
        """The number of a name, a new one where it has none."""
        number = self.find(name)
        if number is None:
            number = self._later[name] = len(self)
            self._texts.append(name)
        return number

    @property
    def loaded(self) -> int:
        """How many ids were loaded in bulk."""
        return len(self._high)

    def ranks(self, numbers: Small) -> Small:
        """The places of ids that were loaded in bulk in the order of their texts."""
        rank = np.empty(self.loaded, np.int32)
        rank[self._order] = np.arange(self.loaded, dtype=np.int32)
        return rank[numbers]

    def texts(self, numbers: Small) -> list[str]:
        """The texts of many."""
        later = numbers >= self.loaded
        ids = self._written(numbers[~later])
        if not later.any():
            return ids
        rest = iter(ids)
        mixed = zip(numbers.tolist(), later.tolist(), strict=True)
        return [self.text(number) if came else next(rest) for number, came in mixed]

    def _written(self, loaded: Small) -> list[str]:
        """Ids that were loaded in bulk, as they are written: five groups of digits."""
        pairs = np.stack((self._high[loaded], self._low[loaded]), axis=1).astype(">u8")
        digits = np.frombuffer(pairs.tobytes().hex().encode(), "S1").reshape(-1, 32)
        joined = np.insert(digits, (8, 12, 16, 20), b"-", axis=1).tobytes().decode()
        return [joined[at : at + 36] for at in range(0, len(joined), 36)]

    def text(self, number: int) -> str:
        if number >= len(self._high):
            return self._texts[number - len(self._high)]
        last, text = self._last
        if last == number:
            return text
        high, low = f"{int(self._high[number]):016x}", f"{int(self._low[number]):016x}"
        text = f"{high[:8]}-{high[8:12]}-{high[12:]}-{low[:4]}-{low[4:]}"
        self._last = number, text
        return text


class Pairs:
    """Pairs of numbers and their own numbers: a stock is (batch, place), a hub is (event, line)."""

    def __init__(self, keys: Ints | None = None) -> None:
        """`keys` are sorted, each once; the number of a pair is its place."""
        self._keys = Growing("i8", keys)
        self.loaded = self._keys.used
        self._later: dict[int, int] = {}

    def copy(self) -> "Pairs":
        found = Pairs(self.keys)
        found.loaded, found._later = self.loaded, dict(self._later)
        return found

    def __len__(self) -> int:
        return self._keys.used

    @property
    def nbytes(self) -> int:
        return self._keys.array.nbytes

    @property
    def keys(self) -> Ints:
        return self._keys.array[: self._keys.used]

    def find(self, first: int, second: int) -> int | None:
        key = first << HALF | second
        if (number := self._later.get(key)) is not None:
            return number
        place = int(np.searchsorted(self._keys.array[: self.loaded], key))
        return place if place < self.loaded and int(self._keys.array[place]) == key else None

    def number(self, first: int, second: int) -> int:
        number = self.find(first, second)
        if number is None:
            key = first << HALF | second
            number = self._later[key] = len(self)
            self._keys.add(key)
        return number

    def of(self, number: int) -> tuple[int, int]:
        key = int(self._keys.array[number])
        return key >> HALF, key & MASK

    def span(self, first: int) -> tuple[int, int]:
        """The loaded pairs that begin so, from one number to before another."""
        loaded = self._keys.array[: self.loaded]
        return int(np.searchsorted(loaded, first << HALF)), int(np.searchsorted(loaded, first + 1 << HALF))
