"""A supermarket's counter in the small village: devices, shifts, and sales by them."""

from datetime import UTC, datetime

from ledger.actions.run_shift import Closed, close_shift, closing_document, load_shift, open_shift, shift_id
from ledger.core.command import Command, Line, Redeem, Request
from ledger.core.sheet import CloseShift, CountLine, OpenShift, WhyDiffers
from ledger.core.transaction import Outcome
from ledger.db.journal import show_programmes
from ledger.db.service_role import connect
from ledger.db.terminals import Terminal, insert_terminal
from ledger.posting import post
from tests.village import Village

SALE_MAX, DAY_MAX = 100, 10_000


def device(number: int) -> str:
    return f"trm_{number:018d}"


async def register(village: Village, *numbers: int, outlet: str = "out_shop", day_max: int = DAY_MAX) -> None:
    async with village.connection.transaction():
        await show_programmes(village.connection, [village.slug])
        for number in numbers:
            made = Terminal(
                device(number), outlet, f"till {number}", SALE_MAX, day_max, "active", "system:test", datetime.now(UTC)
            )
            await insert_terminal(village.connection, village.slug, made)


async def begin(village: Village, number: int, *, float_fen: int = 0, outlet: str = "out_shop", key: str = "") -> str:
    """Opens a shift; answers its id."""
    opening = OpenShift(outlet, device(number), "staff:li", float_fen)
    request = Request(village.slug, device(number), key or f"open {number}", opening)
    async with village.connection.transaction():
        outcome = await open_shift(village.connection, request, village.shelf)
    assert outcome.receipt is not None, outcome
    return shift_id(request)


async def end(
    village: Village,
    number: int,
    shift: str,
    *,
    fen: int = 0,
    why: WhyDiffers | None = None,
    lines: tuple[CountLine, ...] = (),
    key: str = "close",
    note: str | None = None,
) -> Outcome:
    """By a connection of its own, as a till would."""
    closing = CloseShift(
        "out_shop", lines, note, terminal=device(number), shift=shift, counted_fen=fen, cash_reason=why
    )
    connection = await connect(village.database.url)
    try:
        async with connection.transaction():
            request = Request(village.slug, device(number), f"{key} {number}", closing)
            return await close_shift(connection, request, village.shelf)
    finally:
        await connection.close()


async def document(village: Village, shift: str) -> Closed:
    async with village.connection.transaction():
        await show_programmes(village.connection, [village.slug])
        return closing_document(await load_shift(village.connection, village.slug, shift))


async def at_till(village: Village, number: int, *commands: tuple[str, Command]) -> list[Outcome]:
    """One batch in the terminal's own name, by a connection of its own."""
    connection = await connect(village.database.url)
    try:
        async with connection.transaction():
            requests = [Request(village.slug, device(number), key, command) for key, command in commands]
            return await post(connection, requests, village.shelf)
    finally:
        await connection.close()


def buy(owner: str = "hh_1", quantity: int = 1, *, item: str = "tissue", outlet: str = "out_shop") -> Redeem:
    return Redeem(owner, (Line(item, quantity),), outlet=outlet)
