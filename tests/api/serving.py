"""The application behind a real listener in a thread of its own, for clients that are not asynchronous."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn

from ledger.app import create_app
from ledger.serve import server_config


@contextmanager
def listening(service_url: str, **more: Any) -> Iterator[str]:
    """Its address on a free port."""
    server = uvicorn.Server(server_config(create_app(service_url, pool_size=4), port=0, **more))
def listening(service_url: str, **settings: Any) -> Iterator[str]:
    """Its address on a free port."""
    server = uvicorn.Server(server_config(create_app(service_url, pool_size=4, **settings), port=0))
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
