"""What waits to be written: however much it is, the memory holds some of it and a file that nobody sees the rest."""

import json
from collections.abc import Iterator, Sequence
from tempfile import SpooledTemporaryFile
from types import TracebackType
from typing import Any, Self

import msgspec

IN_MEMORY = 4 << 20
LENGTH = 4


def _written(value: Any) -> str:
    """What PostgreSQL's driver wraps as JSON, as the text that it becomes."""
    return json.dumps(value.obj, ensure_ascii=False)


_ENCODER = msgspec.msgpack.Encoder(enc_hook=_written)


class Spool:
    """Rows of plain values, put in and read back some at a time."""

    def __init__(self) -> None:
        self._file = SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115  (it lives as long as the spool)
        self.count = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None
    ) -> None:
        self._file.close()

    def add(self, rows: Sequence[Any]) -> None:
        if rows:
            written = _ENCODER.encode(rows)
            self._file.write(len(written).to_bytes(LENGTH, "big") + written)
            self.count += len(rows)

    def __iter__(self) -> Iterator[list[Any]]:
        self._file.seek(0)
        while size := self._file.read(LENGTH):
            yield msgspec.msgpack.decode(self._file.read(int.from_bytes(size, "big")))
        self._file.seek(0, 2)
