"""A server within another program, for as long as that needs one."""

from __future__ import annotations

import fcntl
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import uvicorn

from lazuli.server.app import App
from lazuli.server.platform import Platform, open_platform
from lazuli.store.settings import LOOPBACK, Settings

__all__ = ["served"]


@contextmanager
def served(settings: Settings) -> Iterator[tuple[Platform, str]]:
    """A platform, and the address at which this process serves it, on a free port of this machine.

    Whoever comes while another process has the data folder waits until it is done. What serves endpoints, and jobs that
    run, go on afterwards.
    """
    settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    settings.data_dir.chmod(0o700)  # also where it was there, as that of a server
    with (settings.data_dir / "server.lock").open("a") as lock, socket.create_server(("127.0.0.1", 0)) as listener:
        fcntl.flock(lock, fcntl.LOCK_EX)
        settings = replace(settings, host="127.0.0.1", port=listener.getsockname()[1], database_url="")
        platform = open_platform(settings)
        app = App(platform.routes(), platform.access, hosts=LOOPBACK, spool=settings.data_dir / "uploads")
        server = uvicorn.Server(uvicorn.Config(app, ws="none", lifespan="off", access_log=False, log_config=None))
        thread = threading.Thread(target=server.run, args=([listener],), name="server", daemon=True)
        platform.start()
        thread.start()
        try:
            yield platform, settings.plain_url
        finally:
            server.should_exit = True
            thread.join()
            platform.stop()
