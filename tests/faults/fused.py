"""`trace` that dies (SIGKILL) at a chosen statement: when the fuse is lit, a file with their number, it counts."""

import os
import signal
from pathlib import Path
from threading import Lock
from typing import Any

from sqlalchemy import Engine, event

FUSE = Path(os.environ["XDG_DATA_HOME"]) / "fuse"
_lock = Lock()
_left = [0]


def burn(*_: Any) -> None:
    """One statement, or one commit, nearer to the end."""
    with _lock:
        if not _left[0] and FUSE.exists():
            _left[0] = int(FUSE.read_text(encoding="ascii"))
            FUSE.unlink()
        elif _left[0]:
            _left[0] -= 1
            if not _left[0]:
                os.kill(os.getpid(), signal.SIGKILL)


event.listen(Engine, "before_cursor_execute", burn)
event.listen(Engine, "commit", burn)

if __name__ == "__main__":
    from tracelot.cli import main

    main()
