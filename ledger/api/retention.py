"""What a programme keeps of persons and for how long, and what would go by itself now."""

from typing import Annotated

import msgspec
from litestar import get
from litestar.di import NamedDependency
from litestar.params import QueryParameter
from litestar.response import Response

from ledger.actions.keep_retention import find_outdated
from ledger.core.programme import Retention
from ledger.hall.answer import answer
from ledger.hall.call import Call, Limit

COUNTED_MAX = 10_000

Cursor = Annotated[str, QueryParameter(pattern="^[a-z0-9_-]{0,60}$(?!\\n)")]


class RetentionView(msgspec.Struct, frozen=True):
    """The setting, and what it would take away now. Nothing goes by looking.

    `persons` are all of a family or nobody; a page may be short, `next_cursor` asks for the next one. Of `pictures` and
    `reasons` at most 10,000 are counted. `contacts` are shops whose person to speak to would be forgotten.
    """

    retention: Retention
    persons: tuple[str, ...]
    contacts: tuple[str, ...]
    pictures: int
    reasons: int
    next_cursor: str | None


@get("/v1/programmes/{programme:str}/retention")
async def retention(call: NamedDependency[Call], limit: Limit = 50, cursor: Cursor = "") -> Response[RetentionView]:
    """A dry run of what the service does every day: who would be forgotten, and how many pictures and reasons go."""
    setting = (await call.scheme()).policy.retention
    async with call.desk.reading(call.programme) as connection:
        found = await find_outdated(
            connection, call.programme, setting, after=cursor, limit=limit, counted_max=COUNTED_MAX
        )
    return answer(
        RetentionView(setting, found.persons, found.contacts, found.pictures, found.reasons, found.next_family)
    )
