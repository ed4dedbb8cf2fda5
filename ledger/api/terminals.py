"""Devices at counters: registered, blocked, and what they sold while they were offline."""

from datetime import date, datetime, timedelta
from typing import Annotated, Literal

import msgspec
from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter
from litestar.response import Response

from ledger.actions.register_terminal import block_terminal, register_terminal
from ledger.actions.run_shift import GAPS_MAX, load_terminal
from ledger.actions.take_late_sales import (
    LateItem,
    accepted_requests,
    is_fork,
    keep_forks,
    late_requests,
    refuse_future,
)
from ledger.core.balance import AMOUNT_MAX
from ledger.core.card import PresentedCard
from ledger.core.command import LateSale, Lines, OutletId, Points, RecipientId, Request
from ledger.core.refusal import Number, Reason, Refused
from ledger.core.till import is_terminal
from ledger.core.title import Text, Title
from ledger.core.transaction import Outcome, SoldLine
from ledger.db import terminals
from ledger.db.identity import derived_id, new_id
from ledger.db.terminals import Fork, LateLine, Sequences, Terminal
from ledger.hall.answer import answer, count_outcome
from ledger.hall.call import Call, Limit, OptionalIdempotencyKey
from ledger.hall.fault import Fault, Faulty, Spot
from ledger.lanes import UNAVAILABLE, OutcomeUnknown

_P = "/v1/programmes/{programme:str}"
CLOCK_AHEAD = timedelta(minutes=10)
SALES_MAX = 500


class NewTerminal(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Where it stands, what is written on it, and for how many points it may sell at once and a day while offline.

    `terminal` is the name under which the device's key acts, where it has one already.
    """

    outlet: OutletId
    label: Text
    terminal: Annotated[str, msgspec.Meta(pattern=r"^trm_[0-9a-z]{18}$(?!\n)")] | None = None
    offline_sale_max: Points = 0
    offline_day_max: Points = 0

    def __post_init__(self) -> None:
        if self.offline_day_max < self.offline_sale_max:
            raise ValueError("每日上限不得低于单笔上限 / the bound of a day is not below that of a sale")


class TerminalList(msgspec.Struct, frozen=True):
    """By id. `next_cursor` asks for those after these."""

    terminals: tuple[Terminal, ...]
    next_cursor: str | None


class LateSold(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One sale as it happened, under the number that the terminal gave it. `label_points` is what the label showed.

    Exactly one of `owner` and `card`: the card as the terminal read it. A number that was only told needs a cashier who
    saw a document.
    """

    lines: Lines
    outlet: OutletId
    happened_at: Annotated[datetime, msgspec.Meta(tz=True)]
    sequence: Annotated[int, msgspec.Meta(ge=1, le=AMOUNT_MAX)]
    owner: RecipientId | None = None
    card: PresentedCard | None = None
    document_seen: bool = False
    cash_fen: Points = 0

    def __post_init__(self) -> None:
        if (self.owner is None) == (self.card is None):
            raise ValueError("owner 与 card 须恰好填一个 / name either an owner or a card")
        if self.card is None and self.document_seen:
            raise ValueError("document_seen 只随 card / document_seen goes with a card")

    def item(self, terminal: str) -> LateItem:
        sale = LateSale(
            owner=self.owner or "",
            lines=self.lines,
            outlet=self.outlet,
            cash_fen=self.cash_fen,
            happened_at=self.happened_at,
            terminal=terminal,
            sequence=self.sequence,
        )
        return LateItem(sale, self.card, self.document_seen)


class LateSales(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """In any order, again and again until all are answered.

    `accept_beyond_bound`: by somebody who answers for the programme, for sales that were refused for a bound.
    """

    sales: Annotated[tuple[LateSold, ...], msgspec.Meta(min_length=1, max_length=SALES_MAX)]
    accept_beyond_bound: bool = False


class LateAnswer(msgspec.Struct, frozen=True, omit_defaults=True):
    """`posted`; `repeated`: was posted before; `fork`: the number stands for another sale; `refused`; `unknown`: to be
    sent again. `shortfall` is what was missing in points.
    """

    sequence: int
    outcome: Literal["posted", "repeated", "fork", "refused", "unknown"]
    transaction: str | None = None
    number: int | None = None
    shortfall: int = 0
    code: str | None = None
    numbers: dict[str, Number] = {}


class LateAnswers(msgspec.Struct, frozen=True):
    """One for each sale in the order sent, and how the terminal's numbers stand now."""

    terminal: str
    answers: tuple[LateAnswer, ...]
    sequences: Sequences


class LateSaleView(msgspec.Struct, frozen=True):
    """A sale that came late. `found` are pieces that the books did not have; `code` tells why it was refused."""

    transaction: str
    terminal: str
    sequence: int | None
    number: int | None
    owner: str | None
    card: str | None
    accepted_by: str | None
    outlet: str | None
    happened_on: date | None
    recorded_at: datetime
    lines: tuple[SoldLine, ...]
    shortfall: int
    found: dict[str, int]
    code: str | None
    numbers: dict[str, Number]


class LateSaleList(msgspec.Struct, frozen=True):
    """Oldest first. `next_cursor` asks for those after these."""

    late_sales: tuple[LateSaleView, ...]
    next_cursor: str | None


class ForkList(msgspec.Struct, frozen=True):
    """By terminal and number. `next_cursor` asks for those after these."""

    forks: tuple[Fork, ...]
    next_cursor: str | None


@post(f"{_P}/terminals")
async def register(
    data: JSONBody[NewTerminal], call: NamedDependency[Call], key: OptionalIdempotencyKey = None
) -> Response[Terminal]:
    """Registers a device; the same key again answers the same device. Its API key is bound to it by its id."""
    id = data.terminal or new_id("trm")
    if data.terminal is None and key is not None:
        id = derived_id("trm", call.programme, call.principal, key)
    async with call.desk.connection() as connection:
        made, is_new = await register_terminal(
            connection,
            call.programme,
            id,
            outlet=data.outlet,
            label=data.label,
            bounds=(data.offline_sale_max, data.offline_day_max),
            by=call.principal,
        )
    return answer(made, status=201, is_replayed=not is_new)


@get(f"{_P}/terminals")
async def list_terminals(
    call: NamedDependency[Call],
    limit: Limit = 50,
    cursor: Annotated[str, QueryParameter(pattern="^[a-z0-9_]{0,40}$")] = "",
    outlet: Annotated[str | None, QueryParameter(pattern="^out_[0-9a-z-]{1,40}$")] = None,
) -> Response[TerminalList]:
    """All of the programme, or those of an outlet."""
    async with call.desk.reading(call.programme) as connection:
        found = await terminals.list_terminals(connection, call.programme, outlet=outlet, after=cursor, limit=limit + 1)
    page = tuple(found[:limit])
    return answer(TerminalList(page, page[-1].id if len(found) > limit else None))


@get(f"{_P}/terminals/{{terminal:str}}")
async def terminal(terminal: FromPath[str], call: NamedDependency[Call]) -> Response[Terminal]:
    """One device."""
    return answer(await own_terminal(call, terminal))


@post(f"{_P}/terminals/{{terminal:str}}/disable", status_code=200)
async def disable(terminal: FromPath[str], call: NamedDependency[Call]) -> Response[Terminal]:
    """From the answer on nothing is sold at it, also by calls that were on their way."""
    return await _set_state(call, terminal, "blocked")


@post(f"{_P}/terminals/{{terminal:str}}/enable", status_code=200)
async def enable(terminal: FromPath[str], call: NamedDependency[Call]) -> Response[Terminal]:
    """It may sell again."""
    return await _set_state(call, terminal, "active")


@post(f"{_P}/terminals/{{terminal:str}}/late-sales", status_code=200)
async def late_sales(
    terminal: FromPath[str], data: JSONBody[LateSales], call: NamedDependency[Call]
) -> Response[LateAnswers]:
    """Posts what was handed over while the counter was offline; what is missing is owed, never refused.

    A number that the terminal gave is its key: each sale is posted once, whatever comes twice or out of order. Only
    beyond the terminal's or the account's bound, or by a card that was blocked then, a sale is refused, until somebody
    who answers for the programme accepts it.
    """
    device = await own_terminal(call, terminal)
    if device.state == "blocked":
        raise Refused(Reason.TERMINAL_BLOCKED, terminal=terminal)
    if any(item.outlet != device.outlet for item in data.sales):
        words = Title(f"应为 {device.outlet}", f"should be {device.outlet}")
        raise Faulty(Fault.MALFORMED, spots=[Spot(words, pointer="/sales/*/outlet")])
    sales = [item.item(terminal) for item in data.sales]
    refuse_future([item.sale for item in sales], call.desk.shelf.now() + CLOCK_AHEAD)
    if data.accept_beyond_bound and not call.sees_all:
        raise Faulty(Fault.FORBIDDEN, numbers={"role": "cashier"})
    async with call.desk.connection() as connection:
        if data.accept_beyond_bound:
            requests = await accepted_requests(connection, call.programme, device, sales, by=call.principal)
        else:
            requests = await late_requests(connection, call.programme, device, sales)
    outcomes = await call.desk.lanes.post_many(requests, timeout_seconds=call.seconds_left)
    return answer(await _late_answers(call, device, requests, outcomes))


@get(f"{_P}/terminals/{{terminal:str}}/sequences")
async def sequences(terminal: FromPath[str], call: NamedDependency[Call]) -> Response[Sequences]:
    """Which of a terminal's numbers have come, and what is missing below the highest."""
    await own_terminal(call, terminal)
    async with call.desk.reading(call.programme) as connection:
        return answer(await terminals.read_sequences(connection, call.programme, terminal, limit=GAPS_MAX))


@get(f"{_P}/late-sales")
async def list_late_sales(
    call: NamedDependency[Call],
    limit: Limit = 50,
    cursor: Annotated[str, QueryParameter(pattern="^[a-z0-9_]{0,40}$")] = "",
    which: Annotated[str, QueryParameter(pattern="^(all|short|refused)$")] = "short",
) -> Response[LateSaleList]:
    """Sales that came late: those where points or goods were missing, those refused for a bound, or all."""
    async with call.desk.reading(call.programme) as connection:
        found = await terminals.list_late_sales(connection, call.programme, which, after=cursor, limit=limit + 1)
    page = tuple(_view(line) for line in found[:limit])
    return answer(LateSaleList(page, page[-1].transaction if len(found) > limit else None))


@get(f"{_P}/late-sales/forks")
async def list_forks(
    call: NamedDependency[Call],
    limit: Limit = 50,
    cursor: Annotated[str, QueryParameter(pattern="^([a-z0-9_]{1,40}:[0-9]{1,13}:[0-9a-f]{32})?$")] = "",
) -> Response[ForkList]:
    """Numbers under which a terminal sent two different sales; the first one counts, the other was not posted."""
    device, number, fingerprint = cursor.split(":") if cursor else ("", "0", "")
    after = (device, int(number), fingerprint)
    async with call.desk.reading(call.programme) as connection:
        found = await terminals.list_forks(connection, call.programme, after=after, limit=limit + 1)
    page = tuple(found[:limit])
    last = f"{page[-1].terminal}:{page[-1].sequence}:{page[-1].fingerprint}" if len(found) > limit else None
    return answer(ForkList(page, last))


async def own_terminal(call: Call, id: str) -> Terminal:
    """A cashier's own device, or one at its outlet if the key is bound to no device."""
    async with call.desk.reading(call.programme) as connection:
        found = await load_terminal(connection, call.programme, id)
    await call.require_own(found.outlet, terminal=id)
    is_device = not call.sees_all and is_terminal(call.principal)
    if is_device and call.principal != id:
        raise Refused(Reason.NOT_FOUND, terminal=id)
    return found


async def _set_state(call: Call, id: str, state: str) -> Response[Terminal]:
    async with call.desk.connection() as connection:
        return answer(await block_terminal(connection, call.programme, id, state))


async def _late_answers(
    call: Call, device: Terminal, requests: list[Request], outcomes: list[Outcome | Exception]
) -> LateAnswers:
    forked = [request for request, outcome in zip(requests, outcomes, strict=True) if is_fork(outcome)]
    async with call.desk.connection() as connection:
        if forked:
            await keep_forks(connection, call.programme, device, forked)
    async with call.desk.reading(call.programme) as connection:
        standing = await terminals.read_sequences(connection, call.programme, device.id, limit=GAPS_MAX)
    told = tuple(_answer_of(request, outcome) for request, outcome in zip(requests, outcomes, strict=True))
    return LateAnswers(device.id, told, standing)


def _answer_of(request: Request, outcome: Outcome | Exception) -> LateAnswer:
    sale = request.sent or request.command
    assert isinstance(sale, LateSale), "what a terminal sent"
    if isinstance(outcome, Exception):
        if not isinstance(outcome, (OutcomeUnknown, *UNAVAILABLE)):
            raise outcome
        return LateAnswer(sale.sequence, "unknown")
    count_outcome(outcome)
    if outcome.refusal is not None:
        word: Literal["fork", "refused"] = "fork" if is_fork(outcome) else "refused"
        code = None if word == "fork" else outcome.refusal.reason
        numbers = {} if word == "fork" else outcome.refusal.numbers
        return LateAnswer(sale.sequence, word, outcome.transaction, code=code, numbers=numbers)
    assert outcome.receipt is not None, "an outcome is a receipt or a refusal"
    about = outcome.receipt.about
    posted: Literal["repeated", "posted"] = "repeated" if outcome.is_replayed else "posted"
    return LateAnswer(sale.sequence, posted, outcome.receipt.transaction, about.number, about.shortfall)


def _view(line: LateLine) -> LateSaleView:
    return LateSaleView(
        transaction=line.transaction,
        terminal=line.about.terminal or line.principal,
        sequence=line.about.sequence,
        number=line.about.number,
        owner=line.about.owner,
        card=line.about.card,
        accepted_by=line.about.approved_by,
        outlet=line.about.outlet,
        happened_on=line.happened_on,
        recorded_at=line.recorded_at,
        lines=line.about.lines,
        shortfall=line.about.shortfall,
        found={unit.removeprefix("item:"): pieces for unit, pieces in line.found.items()},
        code=None if line.refusal is None else line.refusal.reason,
        numbers={} if line.refusal is None else line.refusal.numbers,
    )
