"""Whether the process lives, and whether it can work."""

import msgspec
from litestar import get
from litestar.di import NamedDependency
from litestar.response import Response

from ledger.hall.answer import answer
from ledger.hall.call import Call


class Health(msgspec.Struct, frozen=True):
    """`ok`, or the request is answered with a problem."""

    status: str
    waiting: int = 0


@get("/health/live")
async def live() -> Response[Health]:
    """The process answers; it says nothing about the database."""
    return answer(Health("ok"))


@get("/health/ready")
async def ready(call: NamedDependency[Call]) -> Response[Health]:
    """The database answers and commands are taken; 503 otherwise."""
    async with call.desk.connection() as connection:
        await connection.fetchval("SELECT 1")
    return answer(Health("ok", call.desk.lanes.waiting))
