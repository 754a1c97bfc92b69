"""The processes that answer: one, or several on one socket that stop as one."""

import sys
from typing import Any

from uvicorn import Config, Server
from uvicorn.config import STARTUP_FAILURE
from uvicorn.supervisors import Multiprocess

from tracelot.cli.listening import BoundedProtocol, raise_file_limit

SECONDS_IDLE = 15
SECONDS_TO_FINISH = 20
SECONDS_TO_PONG = 60  # a process to its parent; on a busy machine even starting takes many


class Siblings(Multiprocess):
    """Several server processes on one socket; one that dies is replaced at once."""

    def keep_subprocess_alive(self) -> None:
        for process in self.processes:
            process.child_conn.close()  # the child has its own end: were ours open, its death would go unheard
        super().keep_subprocess_alive()

    def terminate_all(self) -> None:
        """Stop them all, and leave nobody who would keep new callers waiting."""
        super().terminate_all()
        for listening in self.sockets:
            listening.close()


def listen(host: str, port: int, workers: int, proxy: str | None, logs: dict[str, Any]) -> None:
    """Serve until a signal ends it."""
    raise_file_limit()
    config = Config(
        "tracelot.web.app:build",
        factory=True,
        host=host,
        port=port,
        workers=workers,
        http=BoundedProtocol,
        ws="none",
        log_config=logs,
        access_log=False,  # a path may hold the secret of a one-time link; web/watch.py notes requests
        server_header=False,
        proxy_headers=proxy is not None,
        forwarded_allow_ips=proxy,
        timeout_keep_alive=SECONDS_IDLE,
        timeout_graceful_shutdown=SECONDS_TO_FINISH,
        timeout_worker_healthcheck=SECONDS_TO_PONG,
    )
    if workers > 1:
        Siblings(config, sockets=[config.bind_socket()]).run()
        return
    server = Server(config)
    server.run()
    if not server.started:
        sys.exit(STARTUP_FAILURE)
