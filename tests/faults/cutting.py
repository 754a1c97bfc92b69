"""A wire between Trace and PostgreSQL that can be cut in the moment of a COMMIT."""

import socket
import threading
from contextlib import suppress
from pathlib import Path
from typing import Literal

from sqlalchemy import make_url

Cut = Literal["before", "after", "at once"]  # the COMMIT is not sent; sent and carried out; sent


class Wire:
    """Passes bytes on between its own socket and the server's. `cut` says how to treat the next COMMIT."""

    def __init__(self, folder: Path, url: str) -> None:
        self._server = f"{make_url(url).query['host']}/.s.PGSQL.5432"
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._listener.bind(str(folder / ".s.PGSQL.5432"))
        self._listener.listen(64)
        self.url = make_url(url).set(query={"host": str(folder)}).render_as_string(hide_password=False)
        self.cut: Cut | None = None
        self.cuts = 0
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return  # closed
            self._threads.append(threading.Thread(target=self._pass_on, args=(client,), daemon=True))
            self._threads[-1].start()

    def _pass_on(self, client: socket.socket) -> None:
        with client, socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as server:
            server.connect(self._server)
            silent = threading.Event()
            back = threading.Thread(target=_copy, args=(server, client, silent), daemon=True)
            back.start()
            with suppress(OSError):
                while data := client.recv(65536):
                    cut = self.cut if b"COMMIT" in data else None
                    if cut:
                        self.cut, self.cuts = None, self.cuts + 1
                        silent.set()  # whatever the server says from here on is lost
                        if cut != "before":
                            server.sendall(data)
                        if cut == "after":
                            server.shutdown(socket.SHUT_WR)
                            back.join(10)  # the server hangs up once it has carried it out
                        break
                    server.sendall(data)
            for end in (client, server):
                with suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)
            back.join(10)

    def close(self) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join(10)


def _copy(source: socket.socket, target: socket.socket, silent: threading.Event) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            if not silent.is_set():
                target.sendall(data)
        if not silent.is_set():
            target.shutdown(socket.SHUT_WR)
