"""The application behind a real listener in a thread of its own, for clients that are not asynchronous."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import uvicorn

from ledger.app import create_app
from ledger.serve import server_config


@contextmanager
def listening(
    service_url: str, *, data_folder: Path | None = None, pepper: bytes | None = None, **more: Any
) -> Iterator[str]:
    """Its address on a free port; `data_folder` and `pepper` where it must share them with another application."""
    shared = {} if pepper is None else {"data_folder": data_folder, "pepper": pepper}
    server = uvicorn.Server(server_config(create_app(service_url, pool_size=4, **shared), port=0, **more))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive(), "the service did not start"
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(timeout=20)
