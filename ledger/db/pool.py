"""A small pool for reads and actions; posting has connections of its own."""

import asyncpg

from ledger.db.service_role import SESSION, ssl_of

COMMAND_SECONDS = 5.0
OPEN_SECONDS = 5.0


async def open_pool(url: str, *, size: int) -> asyncpg.Pool:
    """Every statement has a deadline, so a database that hangs is an error in time and not a hanging till."""
    return await asyncpg.create_pool(
        url,
        min_size=1,
        max_size=size,
        command_timeout=COMMAND_SECONDS,
        timeout=OPEN_SECONDS,
        ssl=ssl_of(url),
        passfile="/dev/null",
        server_settings=SESSION,
        reset=_keep,
    )


async def _keep(_: asyncpg.Connection) -> None:
    """Settings are only ever made for one database transaction, so there is nothing to reset."""
