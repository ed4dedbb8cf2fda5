"""Lists of commands: up to ten thousand each on its own, or up to five hundred all or nothing."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated

import msgspec
import structlog
from litestar import post
from litestar.di import NamedDependency
from litestar.params import JSONBody
from litestar.response import Response

from ledger.api.may_post import require_may_post
from ledger.api.wire import Wire, command_of
from ledger.core.command import Command, Group, Request
from ledger.core.refusal import Number, Refused
from ledger.core.title import Slug, Title
from ledger.core.transaction import Outcome, Receipt
from ledger.hall.answer import answer, answer_group, count_outcome
from ledger.hall.call import KEY_LENGTH, KEY_PATTERN, Call, OptionalIdempotencyKey
from ledger.hall.decode import IDEMPOTENCY_KEY
from ledger.hall.fault import Fault, Faulty, Spot
from ledger.hall.submit import DryRun, filled_requests, outcome_of, try_all
from ledger.lanes import UNAVAILABLE, OutcomeUnknown

_P = "/v1/programmes/{programme:str}"

BYTES_MAX = 8 * 1024 * 1024
ITEMS_MAX = 10_000
TRIED_MAX = 500
ITEM_SECONDS = 0.000_04  # kept back at the deadline, so that each item's answer can still be written
TOGETHER_MAX = 500
# After these nobody knows whether it was posted: the item is to be sent again under its key.
UNKNOWN = frozenset({Fault.OUTCOME_UNKNOWN, Fault.DATABASE_UNAVAILABLE, Fault.INTERNAL})

log = structlog.get_logger()


class Item(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One command under a key of its own; `effective_on` books it to an earlier day that is still open."""

    command: Wire
    idempotency_key: Annotated[str, msgspec.Meta(min_length=1, max_length=KEY_LENGTH, pattern=KEY_PATTERN)] | None = (
        None
    )
    effective_on: date | None = None


class Commands(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Each on its own, answered in order; or `atomic`: all or nothing, under the key in the header.

    What is posted under a `batch` can be found and reversed together.
    """

    commands: Annotated[tuple[Item, ...], msgspec.Meta(min_length=1, max_length=ITEMS_MAX)]
    atomic: bool = False
    batch: Slug | None = None

    def __post_init__(self) -> None:
        if any(self.atomic == (item.idempotency_key is not None) for item in self.commands):
            raise ValueError("idempotency_key 须逐条填写,atomic 时不填 / each has an idempotency_key, unless atomic")
        if self.atomic and len(self.commands) > TOGETHER_MAX:
            raise ValueError(f"atomic 至多 {TOGETHER_MAX} 条 / at most {TOGETHER_MAX} are atomic")
        if self.atomic and len({item.effective_on for item in self.commands}) > 1:
            raise ValueError("atomic 时 effective_on 须相同 / atomic commands share one effective_on")


class ItemAnswer(msgspec.Struct, frozen=True, omit_defaults=True):
    """A receipt; or the reason word with its numbers, and the transaction under which the refusal stands.

    After `outcome_unknown`, `database_unavailable` or `internal`, send the item again under its key.
    """

    idempotency_key: str
    receipt: Receipt | None = None
    is_replayed: bool = False
    code: str | None = None
    numbers: dict[str, Number] = {}
    transaction: str | None = None


class Answers(msgspec.Struct, frozen=True):
    """One for each command, in the order in which they were sent."""

    posted: int
    refused: int
    unknown: int
    answers: tuple[ItemAnswer, ...]


class Together(msgspec.Struct, frozen=True):
    """All of them were posted; the first transaction stands for the whole."""

    transaction: str
    receipts: tuple[Receipt, ...]


@post(f"{_P}/commands", status_code=200, request_max_body_size=BYTES_MAX)
async def post_commands(
    data: JSONBody[Commands], call: NamedDependency[Call], key: OptionalIdempotencyKey = None, dry_run: DryRun = False
) -> Response[Answers | Together]:
    """Posts a list. A command that the key may not post refuses the whole list before anything is begun.

    A refusal of one item is answered in its place and harms no other, unless the list is `atomic`: then its number
    stands as `item` among the refusal's numbers. At the request's deadline, what is not known yet is `outcome_unknown`.
    """
    _require_key(data, key)
    commands = [command_of(item.command) for item in data.commands]
    await require_may_post(call, commands, is_backdated=any(item.effective_on for item in data.commands))
    if data.atomic:
        assert key is not None, "required above"
        return await _post_together(call, data, commands, key, dry_run=dry_run)
    requests = [
        Request(
            call.programme,
            call.principal,
            item.idempotency_key or "",
            command,
            effective_on=item.effective_on,
            batch=data.batch,
        )
        for item, command in zip(data.commands, commands, strict=True)
    ]
    return answer(await _post_each(call, requests, dry_run=dry_run), is_trial=dry_run)


async def _post_together(
    call: Call, data: Commands, commands: Sequence[Command], key: str, *, dry_run: bool
) -> Response[Answers | Together]:
    group = Group(tuple(commands))
    day = data.commands[0].effective_on
    request = Request(call.programme, call.principal, key, group, effective_on=day, batch=data.batch)
    outcome = await outcome_of(call, request, dry_run=dry_run)
    return answer_group(outcome, lambda receipts: Together(receipts[0].transaction, receipts), is_trial=dry_run)


async def _post_each(call: Call, requests: Sequence[Request], *, dry_run: bool) -> Answers:
    filled = await filled_requests(call, requests)
    posting = [request for request in filled if isinstance(request, Request)]
    if dry_run and len(requests) > TRIED_MAX:
        words = Title(f"试运行至多 {TRIED_MAX} 条", f"at most {TRIED_MAX} in a dry run")
        raise Faulty(Fault.MALFORMED, spots=[Spot(words, pointer="/commands")])
    if dry_run:
        outcomes: list[Outcome | Exception] = [*await try_all(call, posting)]
    else:
        seconds = max(0.01, call.seconds_left - len(posting) * ITEM_SECONDS)
        outcomes = await call.desk.lanes.post_many(posting, timeout_seconds=seconds)
    rest = iter(outcomes)
    answers = tuple(
        _item_answer(request.key, one if isinstance(one, Refused) else next(rest), is_trial=dry_run)
        for request, one in zip(requests, filled, strict=True)
    )
    posted = sum(one.receipt is not None for one in answers)
    unknown = sum(one.code in UNKNOWN for one in answers)
    return Answers(posted, len(answers) - posted - unknown, unknown, answers)


def _item_answer(key: str, outcome: Outcome | Exception, *, is_trial: bool) -> ItemAnswer:
    match outcome:
        case Outcome(receipt=None, refusal=refusal):
            assert refusal is not None, "an outcome is a receipt or a refusal"
            kept = None if is_trial else outcome.transaction
            told = ItemAnswer(key, None, outcome.is_replayed, refusal.reason, refusal.numbers, kept)
        case Outcome(receipt=receipt):
            told = ItemAnswer(key, receipt, outcome.is_replayed)
        case Refused(reason=reason, numbers=numbers):
            return ItemAnswer(key, code=reason, numbers=numbers)
        case _:
            return ItemAnswer(key, code=_fault_of(outcome))
    if not is_trial:
        count_outcome(outcome)
    return told


def _fault_of(error: Exception) -> Fault:
    if isinstance(error, OutcomeUnknown):
        return Fault.OUTCOME_UNKNOWN
    if isinstance(error, UNAVAILABLE):
        return Fault.DATABASE_UNAVAILABLE
    log.error("unexpected_error", exc_info=error)
    return Fault.INTERNAL


def _require_key(data: Commands, key: str | None) -> None:
    """Either each item has a key or the whole has; both would leave open which one counts."""
    if data.atomic and key is None:
        raise Faulty(Fault.IDEMPOTENCY_KEY_MISSING)
    if not data.atomic and key is not None:
        words = Title("每条命令各有自己的键", "each command has a key of its own")
        raise Faulty(Fault.MALFORMED, spots=[Spot(words, header=IDEMPOTENCY_KEY)])
