"""Events of other systems: who may report, and what they report, signed and taken once."""

import time
from typing import Annotated

import msgspec
from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, HeaderParameter, JSONBody, RawBody
from litestar.response import Response

from ledger.actions.take_event import TakenEvent, Told, event_key, take_event
from ledger.core.refusal import Reason, Refused
from ledger.core.signature import refuse_unsigned, secret_of
from ledger.core.title import Slug, Title
from ledger.db import event_sources
from ledger.db.event_sources import EventSource
from ledger.db.journal import show_programmes
from ledger.hall.answer import answer
from ledger.hall.call import Call
from ledger.hall.decode import JSON, TAKES, spot_of
from ledger.hall.fault import Fault, Faulty, Spot

_P = "/v1/programmes/{programme:str}"
_told_decoder = msgspec.json.Decoder(Told, strict=True)


class NewSource(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A system that reports; `new_secret` makes the one before worthless."""

    source: Slug
    new_secret: bool = False


class SourceView(msgspec.Struct, frozen=True):
    """What the other system must be told: where its events go is `event-sources/{source}/events`."""

    source: str
    version: int
    secret: str


class SourceList(msgspec.Struct, frozen=True):
    """Which systems report, without their secrets."""

    sources: tuple[EventSource, ...]


@post(f"{_P}/event-sources", status_code=200)
async def declare_source(data: JSONBody[NewSource], call: NamedDependency[Call]) -> Response[SourceView]:
    """Lets a system report, and tells its secret; asked again, the same one."""
    async with call.desk.connection() as connection, connection.transaction():
        await show_programmes(connection, [call.programme])
        found = await event_sources.declare_source(
            connection, call.programme, data.source, by=call.principal, is_new_secret=data.new_secret
        )
    secret = secret_of(event_key(call.desk.data_folder), call.programme, found.source, found.version)
    return answer(SourceView(found.source, found.version, secret))


@post(f"{_P}/event-sources/{{source:str}}/withdraw", status_code=200)
async def withdraw_source(source: FromPath[str], call: NamedDependency[Call]) -> Response[EventSource]:
    """Nothing is taken from it any more."""
    async with call.desk.connection() as connection, connection.transaction():
        await show_programmes(connection, [call.programme])
        found = await event_sources.withdraw_source(connection, call.programme, source)
    if found is None:
        raise Refused(Reason.NOT_FOUND, source=source)
    return answer(found)


@get(f"{_P}/event-sources")
async def sources(call: NamedDependency[Call]) -> Response[SourceList]:
    """Which systems report to this programme."""
    async with call.desk.reading(call.programme) as connection:
        return answer(SourceList(tuple(await event_sources.list_sources(connection, call.programme))))


@post(f"{_P}/event-sources/{{source:str}}/events", opt={TAKES: (JSON,)})
async def take(
    source: FromPath[str],
    body: RawBody,
    call: NamedDependency[Call],
    timestamp: Annotated[str | None, HeaderParameter(name="Ledger-Timestamp", max_length=12)] = None,
    signature: Annotated[str | None, HeaderParameter(name="Ledger-Signature", max_length=100)] = None,
) -> Response[TakenEvent]:
    """A closed case of another system, taken once for ever.

    Signed instead of a key: `Ledger-Timestamp` (seconds since 1970, at most five minutes from ours) and
    `Ledger-Signature: sha256=` with the HMAC-SHA256 of timestamp, full stop and body, in hexadecimal.
    """
    async with call.desk.reading(call.programme) as connection:
        found = await event_sources.find_source(connection, call.programme, source)
    is_known = found is not None and found.withdrawn_at is None
    version = found.version if found is not None and is_known else 0  # no secret was ever made of it
    secret = secret_of(event_key(call.desk.data_folder), call.programme, source, version)
    refuse_unsigned(secret, source, timestamp=timestamp, signature=signature, body=body, now_seconds=time.time())
    try:
        told = _told_decoder.decode(body)
    except msgspec.ValidationError as error:
        raise Faulty(Fault.MALFORMED, spots=[spot_of(error)]) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Faulty(Fault.MALFORMED, spots=[Spot(Title("不是有效的 JSON", "not valid JSON"), pointer="")]) from error
    async with call.desk.connection() as connection:
        taken = await take_event(connection, call.programme, source, told, body, shelf=call.desk.shelf)
    return answer(msgspec.json.decode(taken.answer, type=TakenEvent), status=201, is_replayed=not taken.is_new)
