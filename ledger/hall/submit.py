"""How every door hands commands to the ledger: filled from the register, within the deadline, or only tried."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Annotated

import asyncpg
from litestar.params import QueryParameter
from litestar.response import Response

from ledger.actions.dry_run import dry_run_all, tried
from ledger.actions.fill_requests import asks_register, fill_requests
from ledger.core.command import Command, Request
from ledger.core.refusal import Reason, Refused
from ledger.core.transaction import About, Outcome, Receipt
from ledger.db.identity import new_id
from ledger.db.journal import load_sources
from ledger.hall.access import Role
from ledger.hall.answer import answer_outcome, answer_trial
from ledger.hall.call import Call

DryRun = Annotated[bool, QueryParameter(name="dry_run")]


async def submit(call: Call, key: str, command: Command, *, dry_run: bool = False) -> Response[Receipt]:
    """One command for a receipt: 201, or 200 for what would be; raises `Declined` for a refusal."""
    return await submit_request(call, Request(call.programme, call.principal, key, command), dry_run=dry_run)


async def submit_request(call: Call, request: Request, *, dry_run: bool = False) -> Response[Receipt]:
    """The same for a request that was made already."""
    outcome = await outcome_of(call, request, dry_run=dry_run)
    return answer_trial(outcome) if dry_run else answer_outcome(outcome)


async def act(
    call: Call,
    key: str,
    action: Callable[[asyncpg.Connection, str], Awaitable[Outcome]],
    *,
    dry_run: bool = False,
) -> Response[Receipt]:
    """The same for an action that does more than post: in one database transaction, under the key that it is given."""
    async with call.desk.connection() as connection:
        if dry_run:
            return answer_trial(await tried(connection, lambda: action(connection, new_id("dry"))))
        async with connection.transaction():
            outcome = await action(connection, key)
    return answer_outcome(outcome)


async def outcome_of(call: Call, request: Request, *, dry_run: bool = False) -> Outcome:
    """After the commit, or after nothing was kept."""
    [filled] = await filled_requests(call, [request])
    if isinstance(filled, Refused):
        raise filled
    if dry_run:
        [outcome] = await try_all(call, [filled])
        return outcome
    return await call.desk.lanes.post(filled, timeout_seconds=call.seconds_left)


async def try_all(call: Call, requests: Sequence[Request]) -> list[Outcome]:
    """What these would do, one after another; nothing is kept."""
    async with call.desk.connection() as connection:
        return await dry_run_all(connection, requests, call.desk.shelf)


async def filled_requests(call: Call, requests: Sequence[Request]) -> list[Request | Refused]:
    """With what the register says of those whom they name, where rules or policies ask for it."""
    desk = call.desk
    scheme = desk.shelf.kept(call.programme)
    if scheme is not None and not any(asks_register(scheme, request.command) for request in requests):
        return list(requests)
    async with desk.reading(call.programme) as connection:
        scheme = await desk.shelf.current(connection, call.programme)
        return await fill_requests(connection, scheme, requests)


async def require_own_transactions(call: Call, transactions: Sequence[str]) -> None:
    """A till ends and refunds what was sold at its outlet, a shop what was bought there, a resident what it holds."""
    if call.sees_all or not transactions:
        return
    async with call.desk.reading(call.programme) as connection:
        sources = await load_sources(connection, call.programme, transactions)
    for id in transactions:
        source = sources.get(id)
        if source is None:
            raise Refused(Reason.NOT_FOUND, transaction=id)
        await call.require_own(_side_of(call, source.about), transaction=id)


def _side_of(call: Call, about: About) -> str | None:
    """Not whoever is named in it: a shop that bought at a counter must not refund itself there."""
    assert call.caller is not None, "public routes post nothing"
    match call.caller.role:
        case Role.CASHIER:
            return about.outlet
        case Role.MERCHANT:
            return about.merchant
        case _:
            return about.owner
