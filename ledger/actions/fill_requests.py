"""Adds to requests what the register says, set-wise: a thousand awards cost as many look-ups as one."""

from collections.abc import Iterator, Mapping, Sequence

import asyncpg
import msgspec

from ledger.actions.fill_class import fill_sale, looks_at_class
from ledger.actions.fill_facts import fill_award, looks_at_register, named_in
from ledger.actions.open_owner import read_register
from ledger.core.command import Award, Command, Donate, Group, Hold, Redeem, Request
from ledger.core.refusal import Refused
from ledger.core.scheme import Scheme
from ledger.db.journal import claimed_keys
from ledger.db.owners import Owner


def asks_register(scheme: Scheme, command: Command | Group) -> bool:
    """Whether anything must be looked up for it; for most commands nothing must."""
    match command:
        case Award():
            return looks_at_register(scheme, command)
        case Donate():
            return looks_at_register(scheme, command.award)
        case Redeem() | Hold():
            return looks_at_class(scheme)
        case Group():
            return any(asks_register(scheme, one) for one in command.commands)
        case _:
            return False


async def fill_requests(
    connection: asyncpg.Connection, scheme: Scheme, requests: Sequence[Request]
) -> list[Request | Refused]:
    """In order; of one programme and one principal. A key that has been used stays as sent: its answer is a replay."""
    asking = [request for request in requests if asks_register(scheme, request.command)]
    if not asking:
        return list(requests)
    keys = [request.key for request in asking]
    claimed = await claimed_keys(connection, scheme.slug, asking[0].principal, keys)
    named = {owner for request in asking for owner in _named(request.command)}
    register = await read_register(connection, scheme.slug, named)
    return [request if request.key in claimed else _filled(scheme, request, register) for request in requests]


def _named(command: Command | Group) -> Iterator[str]:
    match command:
        case Award():
            yield from named_in(command)
        case Donate():
            yield from named_in(command.award)
        case Redeem() | Hold():
            yield command.owner
        case Group():
            for one in command.commands:
                yield from _named(one)


def _filled(scheme: Scheme, request: Request, register: Mapping[str, Owner]) -> Request | Refused:
    sent = request.command
    try:
        if isinstance(sent, Group):
            command: Command | Group = Group(tuple(_fill(scheme, one, register) for one in sent.commands))
        else:
            command = _fill(scheme, sent, register)
    except Refused as refused:
        return refused
    return request if command == sent else msgspec.structs.replace(request, command=command, sent=request.sent or sent)


def _fill(scheme: Scheme, command: Command, register: Mapping[str, Owner]) -> Command:
    if not asks_register(scheme, command):
        return command
    match command:
        case Award():
            return fill_award(command, register)
        case Donate():
            return msgspec.structs.replace(command, award=fill_award(command.award, register))
        case Redeem() | Hold():
            return fill_sale(command, register)
        case _:
            return command
