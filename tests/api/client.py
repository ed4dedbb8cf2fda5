"""A caller of the real application in this process and this loop, over real PostgreSQL."""

import asyncio
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx

from ledger.app import Service, create_app
from ledger.db.keys import insert_key
from ledger.db.service_role import connect
from tests.village import Village

ADDRESS = "http://ledger.test"
PEPPER = b"pepper of the tests, 32 bytes long"[:32]


@asynccontextmanager
async def running(app: Service) -> AsyncIterator[httpx.AsyncClient]:
    """The application's lifespan around a client: started before the first request, stopped after the last."""
    asked, answered = asyncio.Queue[dict[str, Any]](), asyncio.Queue[dict[str, Any]]()
    life = asyncio.create_task(app({"type": "lifespan", "asgi": {"version": "3.0"}}, asked.get, answered.put))
    await asked.put({"type": "lifespan.startup"})
    started = await answered.get()
    assert started["type"] == "lifespan.startup.complete", started
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url=ADDRESS) as client:
        yield client
    await asked.put({"type": "lifespan.shutdown"})
    await life


class Office:
    """The application over a village, with a key for each role."""

    def __init__(self, village: Village, client: httpx.AsyncClient, app: Service, folder: Path) -> None:
        self.folder = folder
        self.village = village
        self.client = client
        self.app = app
        self.base = f"/v1/programmes/{village.slug}"
        self._numbers = iter(range(1_000_000))

    async def key(
        self,
        role: str,
        *,
        owner: str | None = None,
        programme: str | None = None,
        node: str = "nod_1",
        principal: str | None = None,
    ) -> str:
        """A new token; bound to the village's programme when it belongs to an owner."""
        connection = await connect(self.village.database.url)
        try:
            bound = programme or (self.village.slug if owner else None)
            named = principal or f"{role}:{owner or 'test'}"
            return await insert_key(connection, role=role, principal=named, node=node, programme=bound, owner=owner)
        finally:
            await connection.close()

    async def call(
        self, method: str, path: str, *, key: str | None, json: Any = None, idempotency: str | None = None, **more: Any
    ) -> httpx.Response:
        """A path that does not begin with a slash is below the village's programme."""
        headers = dict(more.pop("headers", {}))
        if key is not None:
            headers["Authorization"] = f"Bearer {key}"
        if idempotency is not None:
            headers["Idempotency-Key"] = idempotency
        where = path if path.startswith("/") else f"{self.base}/{path}"
        return await self.client.request(method, where, headers=headers, json=json, **more)

    async def post(
        self, path: str, body: Any, *, key: str, idempotency: str | None = None, **more: Any
    ) -> httpx.Response:
        """A command under a fresh key unless one is given."""
        idempotency = idempotency or f"key-{next(self._numbers)}"
        return await self.call("POST", path, key=key, json=body, idempotency=idempotency, **more)


@asynccontextmanager
async def open_office(village: Village) -> AsyncIterator[Office]:
    with tempfile.TemporaryDirectory(prefix="ledger-test-", dir="/tmp") as folder:
        app = create_app(village.database.url, pool_size=4, data_folder=Path(folder), pepper=PEPPER)
        async with running(app) as client:
            yield Office(village, client, app, Path(folder))
